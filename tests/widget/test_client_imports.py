"""The import rules of the widget's client, read off its TypeScript: each part knows the parts below it and no circle.

From the bottom: `state` (what this browser knows), `transport` (the gateway), `views` (the page), and the
entry beside them.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from posixpath import normpath

import pytest

SOURCES = Path(__file__).parents[2] / "gateway/connectors/widget/client/src"
PARTS = ["state", "transport", "views", ""]
"""Folders of the client, the lowest one first; the entry's modules stand in none."""
MOST_LINES = 200
IMPORT = re.compile(
    r"""^\s*(?:import|export)\s[^"'`;=]*?\bfrom\s*["']([^"']+)["']"""  # import a from "b"; export * from "b"
    r"""|^\s*import\s*["']([^"']+)["']"""
    r"""|\b(?:import|require)\(\s*["'`]([^"'`]+)["'`]""",
    re.MULTILINE,
)

Modules = Mapping[str, str]
"""Path from `src` without its ending, and text."""


def imports(module: str, text: str) -> Iterator[str]:
    """Modules that a module names, types included, as paths from `src`; somebody else's as they are written."""
    for hit in IMPORT.finditer(re.sub(r"(?m)^\s*//.*|(?s:/\*.*?\*/)", "", text)):
        name = hit[1] or hit[2] or hit[3]
        path = normpath(str(PurePosixPath(module).parent / name)) if name.startswith(".") else name
        yield re.sub(r"\.[jt]s$", "", path)


def part(module: str) -> str:
    return module.rpartition("/")[0]


def circles(known: Mapping[str, set[str]]) -> Iterator[set[str]]:
    """Sets of modules each of which leads to each other one (Tarjan's strongly connected components)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []

    def visit(module: str) -> Iterator[set[str]]:
        number[module] = low[module] = len(number)
        stack.append(module)
        for other in known[module] & known.keys():
            if other not in number:
                yield from visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], number[other])
        if low[module] == number[module]:
            found = set(stack[stack.index(module) :])
            del stack[stack.index(module) :]
            if len(found) > 1 or module in known[module]:
                yield found

    for module in known:
        if module not in number:
            yield from visit(module)


def violations(modules: Modules) -> list[str]:
    known = {module: set(imports(module, text)) for module, text in modules.items()}
    found = [f"a circle: {' '.join(sorted(circle))}" for circle in circles(known)]
    for module, names in known.items():
        if part(module) not in PARTS:
            found.append(f"{module}: no part of the client is called {part(module)}")
            continue
        for name in sorted(names):
            if name in modules and part(name) in PARTS:
                if PARTS.index(part(name)) > PARTS.index(part(module)):
                    found.append(f"{module} imports upwards: {name}")
            elif not name.endswith(".css"):
                found.append(f"{module} imports {name}, which is not the client's own")
    return found


def client() -> dict[str, str]:
    return {
        path.relative_to(SOURCES).with_suffix("").as_posix(): path.read_text(encoding="utf-8")
        for path in SOURCES.rglob("*.ts")
        if not path.name.endswith(".d.ts")
    }


PLANTED = {
    "a circle: state/a state/b": {"state/a": 'import { b } from "./b";', "state/b": 'export * from "./a";'},
    "a circle: views/a views/b views/c": {
        "views/a": 'import * as b from "./b";',
        "views/b": 'import type { C } from "./c";\n',
        "views/c": 'const a = await import("./a");',
    },
    "a circle: views/a": {"views/a": 'import "./a";'},
    "state/a imports upwards: transport/b": {
        "state/a": 'import {\n  one,\n  other,\n} from "../transport/b.js";',
        "transport/b": "",
    },
    "transport/a imports upwards: views/b": {"transport/a": 'import b, { c } from "../views/b"', "views/b": ""},
    "views/a imports upwards: main": {"views/a": 'import type { Api } from "../main";', "main": ""},
    "common/a: no part of the client is called common": {"common/a": ""},
    "views/a imports react, which is not the client's own": {"views/a": "import { h } from 'react';"},
    "state/a imports state/gone, which is not the client's own": {"state/a": 'export { x } from "./gone";'},
}


def test_each_part_knows_the_parts_below_it_and_no_circle() -> None:
    modules = client()
    assert {part(one) for one in modules} == set(PARTS)
    assert sum(len(set(imports(*one))) for one in modules.items()) > len(modules), "no imports were read"
    assert violations(modules) == []


@pytest.mark.parametrize("problem", PLANTED)
def test_what_is_planted_is_found(problem: str) -> None:
    assert violations(PLANTED[problem]) == [problem]


@pytest.mark.parametrize(
    ("module", "line", "problem"),
    [
        ("state/page", 'import { draw } from "../views/chat";', "state/page imports upwards: views/chat"),
        (
            "transport/http",
            'import { say } from "./connection";',
            "a circle: transport/connection transport/http transport/session",
        ),
        ("views/dom", 'import { h } from "./host";', "a circle: views/dom views/host"),
        ("views/dom", 'import { begin } from "../widget";', "views/dom imports upwards: widget"),
    ],
)
def test_what_is_planted_among_the_clients_own_modules_is_found(module: str, line: str, problem: str) -> None:
    modules = client()
    modules[module] = f"{line}\n{modules[module]}"
    assert problem in violations(modules)


def test_what_imports_nothing_breaks_no_rule() -> None:
    fine = {
        "state/a": '// import { b } from "../views/b";\nconst words = "import from";',
        "views/b": 'import { a } from "../state/a";\nimport sheet from "./style.css";',
        "main": 'import { b } from "./views/b";',
    }
    assert violations(fine) == []


def test_a_module_is_read_at_one_go() -> None:
    long = {module: text.count("\n") for module, text in client().items() if text.count("\n") > MOST_LINES}
    assert long == {}
