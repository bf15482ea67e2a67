"""What a new channel may be called: its name is a folder, a package, a setting and a word that only it may use."""

import ast
import keyword
import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from gateway.errors import GatewayError

_SHAPE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_SHORTEST, _LONGEST = 2, 20


class Spellings(Struct, frozen=True):
    """One name in the forms that the files need."""

    name: str
    """`my_chat`: of folders and settings."""

    @property
    def title(self) -> str:
        """`MyChat`: of classes, and for people until somebody writes it better."""
        return "".join(part.capitalize() for part in self.name.split("_"))

    @property
    def slug(self) -> str:
        """`my-chat`: of headers and hosts."""
        return self.name.replace("_", "-")

    def filled(self, text: str) -> str:
        """A template with the name in its places."""
        return text.replace("@name@", self.name).replace("@Name@", self.title).replace("@slug@", self.slug)


def spelled(name: str) -> Spellings:
    """The name in its forms.

    Raises:
        GatewayError: it cannot be that of a package.
    """
    if not _SHAPE.fullmatch(name) or not _SHORTEST <= len(name) <= _LONGEST:
        raise GatewayError(
            f"{name!r} cannot be a channel's name: take {_SHORTEST} to {_LONGEST} small Latin letters, digits and "
            "single underscores, a letter first, such as my_chat"
        )
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise GatewayError(f"{name!r} is a word of Python's own and cannot be a package: take another name")
    return Spellings(name)


def require_unsaid(names: Spellings, root: Path) -> None:
    """Raises GatewayError where the gateway's code already says the name for something else."""
    shape = re.compile(rf"\b{names.title}\b")
    for path in sorted((root / "gateway").rglob("*.py")):
        if any(text == names.name or shape.search(text) for text in _texts(path)):
            raise GatewayError(
                f"{path.relative_to(root)} says {names.name!r} for something else, and a channel's name stands in its "
                f"own folder only (tests/test_architecture.py): take another, such as {names.name[: _LONGEST - 5]}_chat"
            )


def _texts(path: Path) -> Iterator[str]:
    """The texts in a module's code; what only explains it is left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value
