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
```

Texts stand in every language that the gateway speaks. Sentences about what went wrong are in `locale/` beside it.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from gateway.connectors.registry import channel_names

LANGUAGES = ("ru", "en")
"""In which every text of a manifest stands."""
_FOLDER = Path(__file__).parent

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
    for place, labels in [("name", found.name), *((f"kinds.{kind}", one) for kind, one in found.kinds.items())]:
        if set(labels) != set(LANGUAGES) or not all(labels.values()):
            raise ValueError(
                f"{file}: {place} needs a text in each of {', '.join(LANGUAGES)}, and in no other language"
            )
    return found


@cache
def kind_labels(language: str) -> Mapping[str, str]:
    """How every channel's kinds of content are called in this language. A test holds that no two channels call the
    same kind otherwise, for a stored kind does not say of which channel it is.
    """
    return {kind: labels[language] for name in channel_names() for kind, labels in manifest(name).kinds.items()}
