"""No module imports itself by way of others, not even for its types: what is needed from both sides lies below both."""

import ast
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("gateway", "sandbox", "bench", "chaos")

Graph = dict[str, set[str]]


def module_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported(path: str, source: str, modules: set[str]) -> set[str]:
    """The modules that a file imports; `from a import b` is a.b where that is a module, else a."""
    package = path.rpartition("/")[0].split("/")
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            up = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*up, *([node.module] if node.module else [])])
            found |= {name if (name := f"{base}.{one.name}") in modules else base for one in node.names}
    return found & modules


def graph(sources: Mapping[str, str]) -> Graph:
    """Each module with those of the sources that it imports."""
    modules = {module_of(path) for path in sources}
    return {
        own: imported(path, source, modules) - {own} for path, source in sources.items() for own in [module_of(path)]
    }


def circles(known: Graph) -> list[list[str]]:
    """The groups of modules that reach each other, each in alphabetical order."""
    reached = {start: reachable(known, start) for start in known}
    groups = {
        tuple(sorted(other for other in reached[start] if start in reached[other]))
        for start in known
        if start in reached[start]
    }
    return [list(group) for group in sorted(groups)]


def reachable(known: Graph, start: str) -> set[str]:
    found: set[str] = set()
    todo = list(known[start])
    while todo:
        module = todo.pop()
        if module not in found:
            found.add(module)
            todo += known[module]
    return found


def test_nothing_imports_itself_by_way_of_others() -> None:
    sources = {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }
    known = graph(sources)
    assert sum(len(names) for names in known.values()) > 1000, "the imports are where this test looks"
    assert circles(known) == []


def test_a_planted_circle_is_found_even_where_only_types_are_wanted() -> None:
    planted = {
        "sandbox/server.py": "from sandbox.control import Control\nfrom sandbox.store import Store",
        "sandbox/control.py": "from sandbox import views",
        "sandbox/views.py": "import typing\nif typing.TYPE_CHECKING:\n    from sandbox.server import Sandbox",
        "sandbox/store.py": "import asyncio",
        "sandbox/product.py": "from sandbox.server import Sandbox",
    }
    assert circles(graph(planted)) == [["sandbox.control", "sandbox.server", "sandbox.views"]]


def test_a_circle_through_a_package_and_a_relative_import_is_found() -> None:
    planted = {
        "sandbox/vk/__init__.py": "from sandbox.vk.api import Api",
        "sandbox/vk/api.py": "from . import Version",
        "sandbox/vk/other.py": "from .api import Api",
    }
    assert circles(graph(planted)) == [["sandbox.vk", "sandbox.vk.api"]]


def test_a_tree_is_no_circle() -> None:
    planted = {
        "sandbox/methods/__init__.py": "from sandbox.methods import one, two",
        "sandbox/methods/one.py": "from sandbox.calls import method",
        "sandbox/methods/two.py": "from sandbox.calls import method",
        "sandbox/calls.py": "import json",
    }
    assert circles(graph(planted)) == []
