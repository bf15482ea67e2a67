"""Runs tests on a copy of the tree, changed or as it is, in a pytest of their own. The tree itself is never touched."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.variants.table import Variant

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 240
"""For a whole run; it is for failures only."""


def copied(to: Path, tests: Iterable[str]) -> Path:
    """The gateway and the folders of these tests, below `to`."""
    leave = shutil.ignore_patterns("node_modules", "__pycache__")
    # Others borrow the wire of tests/streams; a room goes whole, with the folders in it.
    folders = {"gateway", "tests/streams", *(Path(*Path(one).parts[:2]).as_posix() for one in tests)}
    for folder in folders:
        shutil.copytree(ROOT / folder, to / folder, ignore=leave)
    for file in ("pyproject.toml", "tests/conftest.py"):
        shutil.copy(ROOT / file, to / file)
    return to


def spoil(tree: Path, variant: Variant) -> None:
    """Makes the variant's mistake in a copy. Raises LookupError where its place is not to be found once."""
    file = tree / variant.file
    text = file.read_text("utf-8")
    found = text.count(variant.old)
    if found != 1:
        raise LookupError(
            f"{variant.name}: its old text stands {found} times in {variant.file}, which was rewritten. "
            "Make the same mistake in the new code, here in tests/variants/table.py, and see that a test finds it"
        )
    file.write_text(text.replace(variant.old, variant.new), "utf-8")


def failures(tree: Path, tests: Iterable[str]) -> dict[str, str | None]:
    """What each of the tests says when it fails in that tree; None: it passes.

    Raises:
        RuntimeError: a test did not come to an assertion of its own: it was not found, not imported, not set up.
    """
    ids = sorted(tests)
    report = tree / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", f"--junitxml={report}"]
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    run = subprocess.run(
        [*command, "-o", "junit_logging=no", "-o", "timeout=60", *ids],
        cwd=tree,
        env=ours | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    names = {one.split("::")[1]: one for one in ids}
    told: dict[str, str | None] = {}
    for case in ET.parse(report).getroot().iter("testcase") if report.is_file() else ():
        # Of a test with examples, asked for as a whole, one that fails is enough.
        name = names.get(case.get("name", "")) or names[case.get("name", "").split("[")[0]]
        failed = case.find("failure")
        if failed is not None:
            told[name] = failed.get("message", "")
        elif case.find("error") is None:
            told.setdefault(name, None)
    if told.keys() != set(ids):
        raise RuntimeError(f"{sorted(set(ids) - told.keys())} did not run:\n{run.stdout}{run.stderr}")
    return told


def caught(tree: Path, variant: Variant) -> dict[str, str | None]:
    """What the variant's tests say of it, in a fresh copy at `tree`. Raises as `spoil` and `failures` do."""
    spoil(copied(tree, variant.caught), variant)
    return failures(tree, variant.caught)
