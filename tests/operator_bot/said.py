"""Every sentence that the code may tell as a problem, found in the code itself, so that a new one is found too.

What is looked through is taken for a sentence wherever words stand beside each other; what nobody sees is left out by
what it is given to (a log, a notice that alarms nobody, a key), or by name in `UNSEEN`.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

import gateway
from gateway.model.messages import MediaKind

ROOT = Path(gateway.__file__).parent
ROOMS = ("connectors", "files", "errors.py", "model/codec.py", "streams/rejections.py", "monitor.py")
VALUE = "7"
"""In the place of whatever is not written in the code: a number fits where a name does."""
_SENTENCE = re.compile(r"[A-Za-z]{2,}'?s? [A-Za-z(`]|[A-Za-z]{2,} [0-9]+ [A-Za-z]|[a-z]: [a-z0-9]|[)\d] [a-z]{2,}")
_LOGS = frozenset({"debug", "info", "warning", "error", "exception", "compile", "sub", "search", "match", "fullmatch"})
_UNSHOWN = frozenset({
    "Ignored", "leave_out", "ValueError", "TypeError", "RuntimeError", "AssertionError", "SettingsError", "Field",
    "HttpRejection", "Call", "getLogger", "TypeVar", "Undecodable", "SystemExit", "Response", "match", "Probe",
    "Measure",
})  # fmt: skip
_KEYS = frozenset({"Inbound", "key"})


CHANNELS = Path(__file__).parent.parent / "connectors"
"""Each channel's folder of fixtures has a `sentences.toml`: what of its own sentences is special, and why."""


def of_channels(what: str) -> frozenset[str]:
    """One list of every channel's `sentences.toml`."""
    files = sorted(CHANNELS.glob("*/sentences.toml"))
    return frozenset(one for file in files for one in tomllib.loads(file.read_text(encoding="utf-8"))[what])


_UNSEEN_ANYWHERE = frozenset({
    # a webhook's answers, which its vendor reads
    "a wrong signature: is `secret` the app's own?", "not stored", "no answer from Redis",
    "a wrong verify token: is it the one that stands in the app?", "no account that could be made out", "try again",
    "not an update",
    # logs and figures
    "left out", "arrived after all", "has not arrived", "not profiled", "not fetched",
    # what a body was, in errors that are logged as unreadable
    "an update", "the body", "item 7 of the list", "an event",
    # settings, and what `gateway check` says of them
    "there is no channel 7; there are 7",
    # names of forms and kinds that no sentence shows
    "video note.7", "empty message",
    # the server's own words, by which its refusals are known
    "ACL failure", "executing the script", "invalid username-password", "No permissions", "no permissions",
    "Operation against a key", "equal or smaller than the target stream top item",
    # pieces of sentences that are looked at whole
    "Nothing is lost, and the gateway goes on by itself then",
})  # fmt: skip
UNSEEN = _UNSEEN_ANYWHERE | of_channels("unseen")
"""What is a sentence, and nothing that a person sees in a chat."""
GIVEN = (
    "7: no answer in time",
    "7 (7 of its 7 parts arrived)",
    "XADD on desk:7",
    "contact 7",
    "unknown",
    "inbox:7: 7, 7 s",
    "7 MB",
    *sorted(of_channels("given")),
)
"""What is put together where no reader of the code sees it; each is tested where it is made."""


def sentences() -> Mapping[str, str]:
    """Each sentence with `VALUE` in its places, and where it stands."""
    found: dict[str, str] = {}
    for room in ROOMS:
        path = ROOT / room
        for file in sorted(path.rglob("*.py")) if path.is_dir() else (path,):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            for line, text in _Reader(tree).read():
                found.setdefault(text, f"{file.relative_to(ROOT)}:{line}")
    return found


def sentences_of(source: str) -> dict[str, int]:
    """The same of one module, with the lines."""
    return {text: line for line, text in reversed(list(_Reader(ast.parse(source)).read()))}


def alarms() -> set[str]:
    """What the notices are about that admins hear of."""
    return {
        text
        for node, reader in _calls("Notice")
        if _alarms(node) and node.args
        for text in reader.texts(node.args[0])
        if text != VALUE
    }


def kinds() -> set[str]:
    """Every kind of content that the code itself names."""
    return {
        text
        for node, reader in _calls("Unsupported")
        for value in (*node.args[:1], *(one.value for one in node.keywords if one.arg == "of"))
        for text in reader.texts(value)
        if text != VALUE
    }


def _calls(name: str) -> Iterator[tuple[ast.Call, "_Reader"]]:
    for file in sorted((ROOT / "connectors").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        reader = _Reader(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield node, reader


class _Reader:
    """One module."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name) and isinstance(node.value, ast.Constant | ast.JoinedStr)
        }

    def read(self) -> Iterator[tuple[int, str]]:
        yield from self._walk(self._tree)

    def _walk(self, node: ast.AST) -> Iterator[tuple[int, str]]:
        match node:
            case ast.Expr(value=ast.Constant()):
                return  # a docstring
            case ast.JoinedStr() | ast.Constant(value=str()):
                for text in dict.fromkeys(self.texts(node)):
                    if _SENTENCE.search(text) and "\n" not in text:
                        yield node.lineno, text
                for value in getattr(node, "values", ()):
                    if isinstance(value, ast.FormattedValue):
                        yield from self._walk(value.value)
            case ast.Call():
                yield from self._call(node)
            case ast.Assign(targets=[ast.Name(id="key")]):
                return
            case _:
                for child in ast.iter_child_nodes(node):
                    yield from self._walk(child)

    def _call(self, node: ast.Call) -> Iterator[tuple[int, str]]:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _UNSHOWN or (name in _LOGS and isinstance(node.func, ast.Attribute)):
            return
        children = [*node.args, *node.keywords]
        if name == "Notice":
            children = children[1:] if _alarms(node) else []
        elif name in _KEYS:
            children = children[1:]
        for child in (node.func, *children):
            yield from self._walk(child)

    def texts(self, node: ast.expr) -> list[str]:
        """What may stand there, with `VALUE` for what only the running code knows."""
        match node:
            case ast.Constant(value=str() as text):
                return [re.sub(r"{\w+}", VALUE, text)]  # what `format` fills in
            case ast.JoinedStr(values=values):
                return ["".join(parts) for parts in product(*(self.texts(one) for one in values))]
            case ast.FormattedValue(value=value) if "kind" in ast.unparse(value):
                return [one.value.replace("_", " ") for one in MediaKind] if "media" in ast.unparse(value) else [VALUE]
            case ast.FormattedValue(value=value):
                return self.texts(value)
            case ast.IfExp(body=body, orelse=orelse):
                return [*self.texts(body), *self.texts(orelse)]
            case ast.BoolOp(op=ast.Or(), values=values):
                return [text for one in values for text in self.texts(one)]
            case ast.Name(id=name) if name in self._constants:
                return self.texts(self._constants[name])
        return [VALUE]


def _alarms(node: ast.Call) -> bool:
    return any(
        one.arg == "alarming" and not (isinstance(one.value, ast.Constant) and one.value.value is False)
        for one in node.keywords
    )
