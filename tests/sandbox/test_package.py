"""The sandbox as others install it: its wheel in an environment that holds what the wheel asks for and nothing else.

No network: the packages asked for are links to those that the tests run on, and pip judges whether they are enough.
"""

import asyncio
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import aiohttp
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "sandbox"
README = (FOLDER / "README.md").read_text("utf-8").partition("## For a bot of your own")[2].partition("\n## ")[0]
PROJECT = tomllib.loads((FOLDER / "pyproject.toml").read_text("utf-8"))
NOT_INSTALLED = {"LICENSE", "README.md", "pyproject.toml"}

# No index, no settings of this machine's pip, and no module of this repository by the side.
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))},
    "PIP_NO_INDEX": "1",
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}


def run(*command: object, folder: Path) -> str:
    """What a command prints; fails with all of it where the command does."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, env=ENVIRONMENT, cwd=folder, check=False
    )
    assert done.returncode == 0, f"{shlex.join(map(str, command))}:\n{done.stdout}{done.stderr}"
    return done.stdout


def block(language: str, number: int = 0) -> str:
    """A code block of the README's section about one's own bot."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)[number]


def closure(requirements: list[str]) -> dict[str, Distribution]:
    """The distributions that these requirements bring, by name, taken from where the tests run."""
    found: dict[str, Distribution] = {}
    todo = requirements
    while todo:
        wanted = Requirement(todo.pop())
        name = canonicalize_name(wanted.name)
        if name not in found and (wanted.marker is None or wanted.marker.evaluate({"extra": ""})):
            found[name] = distribution(name)
            todo += found[name].requires or []
    return found


def link(one: Distribution, site: Path) -> None:
    """Puts a distribution into another site-packages: its folders and files of the uppermost level, as links."""
    files = one.files
    assert files, f"{one.name} does not say what it consists of"
    for name in {file.parts[0] for file in files} - {"..", "__pycache__"}:
        site.joinpath(name).symlink_to(Path(str(one.locate_file(name))).resolve())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    run(*pip, "--wheel-dir", folder, FOLDER, folder=folder)
    (wheel,) = folder.iterdir()
    return wheel


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel in it: the folder of its commands."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder, folder=folder)
    python = folder / "bin" / "python"
    purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(run(python, "-I", "-c", purelib, folder=folder).strip())
    assert list(site.iterdir()) == [], "the environment is empty"
    for one in closure(list(PROJECT["project"]["dependencies"])).values():
        link(one, site)
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", wheel, folder=folder)
    run(sys.executable, "-m", "pip", "--python", python, "check", folder=folder)
    return folder / "bin"


class Started:
    """`open-lines-sandbox` as the README starts it, but on a free port; `url` is the address of its first line."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.process = process
        self.url = url


@pytest.fixture
async def started(environment: Path, tmp_path: Path) -> AsyncIterator[Started]:
    program, *arguments = shlex.split(block("sh").splitlines()[1].replace("--port 8080", "--port 0"), comments=True)
    assert arguments == ["--port", "0"]
    process = await asyncio.create_subprocess_exec(
        environment / program, *arguments,
        cwd=tmp_path, env=ENVIRONMENT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(30):
        line = (await process.stdout.readline()).decode()
        address = re.search(r"http://\S+", line)
        assert address, line + (await process.stdout.read()).decode()
    yield Started(process, address.group())
    if process.returncode is None:
        process.terminate()
    rest, _ = await process.communicate()
    assert (process.returncode, rest) == (0, b"")


def test_the_wheel_holds_every_file_of_the_folder(wheel: Path) -> None:
    command = ["git", "-C", str(FOLDER), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    there = {name for name in listed if name and (FOLDER / name).is_file()} - NOT_INSTALLED
    with ZipFile(wheel) as packed:
        held = {name.removeprefix("sandbox/") for name in packed.namelist() if ".dist-info/" not in name}
    assert held == there
    assert len([name for name in held if name.startswith("page/")]) > 20


def test_the_package_is_of_the_gateways_version_and_licence() -> None:
    gateway = re.search(r'^__version__ = "(.+)"', (ROOT / "gateway" / "__init__.py").read_text("utf-8"), re.MULTILINE)
    assert gateway is not None
    assert PROJECT["project"]["version"] == gateway[1]
    assert (FOLDER / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_every_dependency_has_both_bounds() -> None:
    assert [one for one in PROJECT["project"]["dependencies"] if not re.search(r">=.*<", one)] == []


def test_nothing_of_the_gateway_is_beside_it(environment: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [environment / "python", "-m", "sandbox", "--port", "0"],
        capture_output=True, text=True, env=ENVIRONMENT, cwd=tmp_path, check=False,
    )  # fmt: skip
    sentence = "Open Lines Gateway is not installed in this Python. Add --only to run the sandbox without it.\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, sentence, "")
    assert list(tmp_path.iterdir()) == [], "nothing was begun"


async def test_the_page_and_the_shop_come_from_the_wheel(started: Started) -> None:
    async with aiohttp.ClientSession(started.url, raise_for_status=True) as session:
        async with session.get("/") as answer:
            page = await answer.text()
        assert answer.content_type == "text/html"
        parts = re.findall(r'(?:src|href)="([^"#:]+\.(?:js|css))"', page)
        assert {Path(part).suffix for part in parts} == {".js", ".css"}
        for part in [*parts, "/shop/"]:
            async with session.get(part) as answer:
                assert await answer.read(), part


async def test_one_conversation_with_the_bot_of_the_readme(started: Started, environment: Path, tmp_path: Path) -> None:
    install, _, play = block("sh").splitlines()
    assert shlex.split(install, comments=True) == ["pip", "install", f"./{FOLDER.name}"]
    program, name = shlex.split(play, comments=True)
    tmp_path.joinpath(name).write_text(block("python").replace("http://127.0.0.1:8080", started.url), "utf-8")
    act, chat = (
        shlex.split(line) for line in block("sh", 1).replace("http://127.0.0.1:8080", started.url).splitlines()
    )
    bot = await asyncio.create_subprocess_exec(environment / program, name, cwd=tmp_path, env=ENVIRONMENT)
    try:
        async with aiohttp.ClientSession(raise_for_status=True) as session:
            await session.post(act[1], data=act[3])
            async with asyncio.timeout(20):
                while len(said := await texts(session, chat[1])) < 2:
                    assert bot.returncode is None, "the bot ended"
                    await asyncio.sleep(0.05)
    finally:
        if bot.returncode is None:
            bot.kill()
        await bot.wait()
    assert said == ["Hello", "You said: Hello"]


async def texts(session: aiohttp.ClientSession, address: str) -> list[Any]:
    async with session.get(address) as answer:
        return [message["text"] for message in (await answer.json())["messages"]]
