"""What a channel's folder says of itself, in words and data: `manifest.toml`. Nothing of the channel is imported.

```toml
icon = "🔵"
guide = "README.md#set-up"             # where the channel's own guide says how an account is made
required = ["token", "group_id"]       # settings without which an account cannot be

[name]
ru = "VK"
en = "VK"

[defaults]                             # settings that people change most, as they are when nothing is said
mode = "polling"

[kinds]                                # how content is called that has no attachment of ours (`Unsupported.of`)
wall = { ru = "публикация", en = "a post" }

[unreachable]                          # why a client cannot be written to; without it the gateway's own sentence stands
ru = "клиент запретил сообщения"
en = "the client has forbidden messages"

[known_as]                             # what stands before a username that is no public name; without it none is shown
ru = "Учётная запись на сайте:"
en = "Known to the site as"

[alerts]                               # what admins read of an alarming `Notice`, by its `about`; "x: *" is for every
"shop: *" = { ru = "…", en = "…" }     # "x: topic"; {account}, {detail} and {topic} are filled in
```

Texts stand in every language that the gateway speaks. Sentences about what went wrong are in `locale/<language>.po`
beside it; those that several channels use are in `toolkit/locale/`.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from gateway.connectors.registry import channel_names

LANGUAGES = ("ru", "en")
"""In which every text of a manifest stands."""
_FOLDER = Path(__file__).parent
_SHARED_ALERTS = _FOLDER / "toolkit" / "alerts.toml"

Labels = Mapping[str, str]
"""A text by its language."""


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """One channel's."""

    icon: str
    name: Labels
    guide: str
    required: tuple[str, ...]
    defaults: Mapping[str, str | int | float | bool] = {}
    kinds: Mapping[str, Labels] = {}
    unreachable: Labels = {}
    known_as: Labels = {}
    alerts: Mapping[str, Labels] = {}

    def texts(self) -> Iterator[tuple[str, Labels]]:
        """Every text of it that stands in each language, with its place."""
        yield "name", self.name
        yield from ((f"kinds.{kind}", labels) for kind, labels in self.kinds.items())
        yield from ((f"alerts.{about}", labels) for about, labels in self.alerts.items())
        yield from ((place, one) for place, one in self._if_any() if one)

    def _if_any(self) -> tuple[tuple[str, Labels], ...]:
        return ("unreachable", self.unreachable), ("known_as", self.known_as)


@cache
def manifest(channel: str) -> Manifest:
    """The channel's manifest.

    Raises:
        LookupError: there is no such channel.
        ValueError: its manifest is not as the head of this file says.
    """
    if channel not in channel_names():
        raise LookupError(f"there is no channel {channel!r}; there are {', '.join(channel_names())}")
    return read_manifest(_FOLDER / channel / "manifest.toml")


def read_manifest(file: Path) -> Manifest:
    """The manifest in a file.

    Raises:
        ValueError: it is not there, no TOML, or not as the head of this file says.
    """
    try:
        found = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), Manifest)
    except (OSError, ValueError) as error:
        raise ValueError(f"{file} cannot be used: {error}") from error
    for place, labels in found.texts():
        if set(labels) != set(LANGUAGES) or not all(labels.values()):
            raise ValueError(
                f"{file}: {place} needs a text in each of {', '.join(LANGUAGES)}, and in no other language"
            )
    return found


def catalog_files(language: str) -> tuple[Path, ...]:
    """The catalogs of problems that channels tell: the one that they share, then each channel's, if it has one."""
    folders = (_FOLDER / "toolkit", *(_FOLDER / name for name in channel_names()))
    files = (folder / "locale" / f"{language}.po" for folder in folders)
    return tuple(file for file in files if file.is_file())


@cache
def kind_labels(language: str) -> Mapping[str, str]:
    """How every channel's kinds of content are called in this language. A test holds that no two channels call the
    same kind otherwise, for a stored kind does not say of which channel it is.
    """
    return {kind: labels[language] for name in channel_names() for kind, labels in manifest(name).kinds.items()}


@cache
def alert_labels(language: str) -> Mapping[str, str]:
    """The alerts that all channels share, and every channel's own, in this language, by what they are about. A test
    holds that no two channels share one.
    """
    shared = msgspec.convert(tomllib.loads(_SHARED_ALERTS.read_text(encoding="utf-8")), dict[str, Labels])
    own = {about: labels[language] for name in channel_names() for about, labels in manifest(name).alerts.items()}
    return {about: labels[language] for about, labels in shared.items()} | own
