"""What must be true of the repository as a whole: its locks, its commands, its image, and what may stand in no file."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from gateway.cli import main

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "ARCHITECTURE.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "sandbox/README.md",
    "docs/promises.md",
    "docs/redis-keys.md",
)

# Written so that this file does not find itself.
HOSTS = [
    re.escape(host.replace(" ", "."))
    for host in ("pypi org", "files pythonhosted org", "registry npmjs org", "deb debian org", "security debian org")
]
MACHINE = [
    r"(?<![\w.~-])/(?:work|root)/[\w.]",
    r"(?<![\w.~-])/home/(?!gateway)\w",
    r"/opt/(?:wheels|pypi)",
]


def tracked() -> list[Path]:
    """Every file that is, or is about to be, in the repository."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def found(patterns: list[str]) -> list[str]:
    shape = re.compile("|".join(patterns))
    return [
        f"{path.relative_to(ROOT)}: {hit[0]}"
        for path in tracked()
        for hit in [shape.search(text_of(path))]
        if hit is not None
    ]


def test_no_file_names_a_package_registry() -> None:
    assert found(HOSTS) == []


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    assert found(MACHINE) == []


def test_no_test_is_skipped() -> None:
    assert found([r"pytest\.(?:mark\.)?(?:skip|importorskip|xfail)"]) == []


# ── locks ─────────────────────────────────────────────────────────────────────────────────────────────


def wanted(requirements: list[str]) -> set[str]:
    return {re.sub(r"[-_.]+", "-", re.split(r"[\s\[<>=~!;]", one, maxsplit=1)[0]).lower() for one in requirements}


def pins(lock: str) -> dict[str, set[str]]:
    """Every pinned `name==version ; marker` of a lock, with its hashes."""
    lines = text_of(ROOT / lock).replace("\\\n", " ").splitlines()
    entries = [line for line in lines if line and not line.lstrip().startswith("#")]
    return {entry.split("--hash")[0].strip(): set(re.findall(r"--hash=(\S+)", entry)) for entry in entries}


def names(lock: str) -> set[str]:
    return {pin.split("==")[0] for pin in pins(lock)}


PROJECT = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]


def test_the_locks_hold_what_the_project_asks_for() -> None:
    assert wanted(PROJECT["dependencies"]) - names("requirements.txt") == set()
    assert wanted(PROJECT["optional-dependencies"]["dev"]) - names("requirements-dev.txt") == set()


def test_the_test_lock_has_the_pins_of_the_other() -> None:
    # setup.sh relies on it: an environment for the tests runs the product too.
    run, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {pin: hashes for pin, hashes in run.items() if dev.get(pin) != hashes} == {}


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_every_pin_is_exact_and_hashed(lock: str) -> None:
    assert [pin for pin, hashes in pins(lock).items() if "==" not in pin or not hashes] == []
    assert "index-url" not in text_of(ROOT / lock)


def test_what_runs_does_not_lean_on_what_only_the_tests_bring() -> None:
    # SQLAlchemy's asynchronous half imports greenlet and does not ask for it by itself; playwright brings it by chance.
    assert "greenlet" in names("requirements.txt"), "ask for SQLAlchemy[asyncio]"


def test_every_dependency_has_both_bounds() -> None:
    # Without a lower one the resolver falls back to majors of years ago, and says nothing.
    assert [one for one in PROJECT["dependencies"] if not re.search(r"==|>=.*<", one)] == []


# ── what the documents promise ────────────────────────────────────────────────────────────────────────


def commands(document: str) -> list[str]:
    """Everything in a document that is to be typed: lines of code blocks and inline code."""
    text = text_of(ROOT / document)
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return [line.strip().removeprefix("$ ") for line in [*"\n".join(blocks).splitlines(), *inline]]


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):(?!=)", text_of(ROOT / "Makefile"), re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_that_a_document_names_exists(document: str) -> None:
    typed = commands(document)
    targets = {one[1] for line in typed if (one := re.match(r"make ([a-z]+)", line))}
    shape = re.compile(r"(?:\.venv/bin/|python -m )?gateway ([a-z]+(?:-[a-z]+)*)")
    subcommands = {one[1] for line in typed if (one := shape.match(line))}
    assert targets - make_targets() == set()
    assert subcommands - set(main.commands) == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_links_to_exists(document: str) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text_of(ROOT / document))
    assert [link for link in links if not (ROOT / document).parent.joinpath(link).exists()] == []


def test_every_test_that_proves_a_promise_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text_of(ROOT / "docs/promises.md"))
    assert len(named) > 10
    lost = [
        (file, test)
        for file, test in named
        if not re.search(rf"^(async )?def {test}\(", text_of(ROOT / file), re.MULTILINE)
    ]
    assert lost == []


def test_every_make_target_is_told() -> None:
    told = {one for document in ("README.md", "CONTRIBUTING.md") for one in commands(document)}
    assert {one for one in make_targets() if not any(line.startswith(f"make {one}") for line in told)} == {"help"}


def test_the_change_log_speaks_of_this_version() -> None:
    text = text_of(ROOT / "CHANGELOG.md")
    assert re.search(r"^## \[(?:Unreleased|\d+\.\d+\.\d+)\]", text, re.MULTILINE)


# ── the image ─────────────────────────────────────────────────────────────────────────────────────────


def dockerfile() -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", text_of(ROOT / "Dockerfile"), flags=re.MULTILINE).replace("\\\n", " ")
    return [(words[0], words[1]) for line in text.splitlines() if len(words := line.split(maxsplit=1)) == 2]


def test_the_image_is_built_as_images_should_be() -> None:
    steps = dockerfile()
    bases = [text.split()[0] for step, text in steps if step == "FROM"]
    final = steps[max(number for number, (step, _) in enumerate(steps) if step == "FROM") :]
    said = dict(final)
    assert len(bases) > 1, "what builds does not ship"
    assert [base for base in bases if not re.search(r":\d+\.\d+", base)] == [], "bases are pinned"
    assert "ADD" not in {step for step, _ in steps}
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", said["USER"]), "not root, and by number, so that Kubernetes can tell"
    assert said["VOLUME"] == "/data"
    assert "HEALTHCHECK" in said
    assert [text for step, text in final if step in {"CMD", "ENTRYPOINT"} and not text.startswith("[")] == []
    assert "--require-hashes" in " ".join(text for _, text in steps)


def test_no_secret_and_no_data_reaches_the_builder() -> None:
    lines = text_of(ROOT / ".dockerignore").splitlines()
    assert "*" in lines, "everything is left out but what is named"
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = {text.split()[0] for step, text in dockerfile() if step == "COPY" and "--from" not in text}
    assert copied <= let_in
    assert not {"gateway.toml", "data", ".git", ".venv"} & let_in
