"""`gateway new-channel` in a copy of this tree: what it writes passes what every channel must, and what it refuses."""

import os
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMES = ("tea_house", "z2", "acmecustomerchatnine")
"""An ordinary one, the shortest, and the longest: lines and the order of imports depend on it."""
FIRST = NAMES[0]
TOO_LARGE = 2500
"""Bytes that no file may have where the disk is said to be full: some of the templates do, and not the first ones."""


def places(name: str) -> tuple[str, ...]:
    return (
        f"sandbox/{name}",
        f"tests/connectors/{name}",
        f"tests/connectors/test_{name}.py",
        f"gateway/connectors/{name}",
    )


def run(tree: Path, *arguments: str, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    """A module of Python's in the tree, whose packages are those of the tree; `limit`: the largest file, in bytes."""

    def confine() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    environ = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "PYTEST_", "COV"))}
    return subprocess.run(
        [sys.executable, "-B", "-m", *arguments],
        cwd=tree,
        env={**environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=confine,
    )


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    """What a refusal says; never a traceback, and nothing on standard output."""
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert done.stderr.startswith("gateway: ")
    assert "Traceback" not in done.stderr
    return done.stderr


def files(tree: Path) -> set[str]:
    return {path.relative_to(tree).as_posix() for path in tree.rglob("*")}


def copy_tree(tree: Path) -> None:
    """Every file that is, or is about to be, in the repository."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    for name in listed:
        if name and (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this tree, for refusals: nothing is ever written in it."""
    tree = tmp_path_factory.mktemp("refusing")
    copy_tree(tree)
    return tree


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this tree with the channels in it."""
    tree = tmp_path_factory.mktemp("written")
    copy_tree(tree)
    for name in NAMES:
        done = run(tree, "gateway", "new-channel", name)
        assert done.returncode == 0, done.stderr
        assert all(one in done.stdout.split() for one in places(name))
        assert "CONTRIBUTING.md" in done.stdout
    return tree


# ── what is written ───────────────────────────────────────────────────────────────────────────────────


STAND_INS = "test_every_channel_with_a_vendor_has_its_stand_in"


def test_the_folders_are_written_and_nothing_else(tree: Path, written: Path) -> None:
    new = files(written) - files(tree)
    assert all(any(one.startswith(place) for name in NAMES for place in places(name)) for one in new), new
    for name in NAMES:
        assert all((written / place).exists() for place in places(name))
    for one in new:
        if (written / one).is_file():
            assert not re.search(r"@\w+@", (written / one).read_text("utf-8")), one
    assert all(
        (tree / one).read_bytes() == (written / one).read_bytes() for one in files(tree) if (tree / one).is_file()
    )


def test_what_is_written_is_in_the_houses_style(written: Path) -> None:
    there = [place for name in NAMES for place in places(name)]
    for arguments in (("ruff", "check", "--no-cache"), ("ruff", "format", "--no-cache", "--check")):
        done = run(written, *arguments, *there)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(600)
def test_what_is_written_has_types(written: Path, tmp_path: Path) -> None:
    packages = [part for name in NAMES for part in ("-p", f"gateway.connectors.{name}", "-p", f"sandbox.{name}")]
    done = run(written, "mypy", "--cache-dir", str(tmp_path), *packages)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(600)
def test_what_is_written_passes_the_tests_of_every_channel(written: Path) -> None:
    done = run(
        written, "pytest", "-q", "-p", "no:cacheprovider", "-k", " or ".join(NAMES),
        "tests/connectors", "tests/chaos/test_mutants.py",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) > 200 * len(NAMES)


@pytest.mark.timeout(600)
def test_a_new_channel_breaks_no_rule_of_the_tree_and_speaks_each_language(written: Path) -> None:
    done = run(
        written, "pytest", "-q", "-p", "no:cacheprovider",
        "tests/test_architecture.py", "tests/test_import_circles.py", "tests/operator_bot/texts/test_problems.py",
        "tests/connectors/test_manifests.py", "tests/connectors/test_stand_ins.py::" + STAND_INS,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr


# ── what is refused ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "take 2 to 20 small Latin letters"),
        ("a", "take 2 to 20 small Latin letters"),
        ("a" * 21, "take 2 to 20 small Latin letters"),
        ("a" * 10_000, "take 2 to 20 small Latin letters"),
        ("Chat", "such as my_chat"),
        ("чат", "such as my_chat"),
        ("my-chat", "such as my_chat"),
        ("my__chat", "such as my_chat"),
        ("_chat", "such as my_chat"),
        ("chat_", "such as my_chat"),
        ("2chat", "such as my_chat"),
        ("chat\n", "such as my_chat"),
        ("../chat", "such as my_chat"),
        ("class", "a word of Python's own"),
        ("match", "a word of Python's own"),
        ("telegram", "sandbox/telegram is there already"),
        ("runtime", "tests/connectors/runtime is there already"),
        ("toolkit", "sandbox/toolkit is there already"),
        ("shop", "sandbox/shop is there already"),
        ("store", "sandbox/store.py is there already"),
        ("stand_ins", "tests/connectors/test_stand_ins.py is there already"),
        ("web", "says 'web' for something else"),
    ],
)
def test_a_name_that_will_not_do_is_refused_with_what_to_do(tree: Path, name: str, says: str) -> None:
    before = files(tree)
    told = sentence(run(tree, "gateway", "new-channel", "--", name))
    assert says in told
    assert "take " in told
    assert files(tree) == before


def test_what_exists_is_never_written_over(written: Path) -> None:
    before = {one: (written / one).read_bytes() for one in files(written) if (written / one).is_file()}
    told = sentence(run(written, "gateway", "new-channel", FIRST))
    assert f"sandbox/{FIRST} is there already: take another name, or remove what was begun" in told
    assert {one: (written / one).read_bytes() for one in files(written) if (written / one).is_file()} == before


@pytest.mark.parametrize("place", places("begun"))
def test_a_part_of_it_is_enough_to_refuse(tree: Path, place: str) -> None:
    (tree / place).symlink_to("nowhere")
    try:
        before = files(tree)
        assert f"{place} is there already" in sentence(run(tree, "gateway", "new-channel", "begun"))
        assert files(tree) == before
    finally:
        (tree / place).unlink()


def test_an_installed_gateway_is_no_clone_to_write_into(tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "gateway", tmp_path / "gateway", ignore=shutil.ignore_patterns("__pycache__", "node_modules")
    )
    before = files(tmp_path)
    told = sentence(run(tmp_path, "gateway", "new-channel", FIRST))
    assert "is no clone of the repository (pyproject.toml is not there)" in told
    assert "`sh setup.sh`" in told
    assert files(tmp_path) == before


def test_a_full_disk_leaves_nothing_behind(tree: Path) -> None:
    before = files(tree)
    told = sentence(run(tree, "gateway", "new-channel", FIRST, limit=TOO_LARGE))
    assert "could not be written, and none of them is left" in told
    assert files(tree) == before
