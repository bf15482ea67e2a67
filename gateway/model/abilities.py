"""What an account's channel can carry, as plain data: rules and cards look at it, so that a loss is told beforehand.

Made of a connector's capabilities where everything meets; nothing here knows a channel by name.
"""

from collections.abc import Mapping

from msgspec import Struct

from gateway.model.messages import MediaKind


class Abilities(Struct, frozen=True, kw_only=True):
    """An account whose channel is not known is taken to be able to do anything: the messenger will say otherwise."""

    text_limit: int | None = None
    text_unit: str = "utf16"
    """`utf16` (code units), `chars` or `bytes`."""
    caption_limit: int | None = None
    media_limits: Mapping[MediaKind, int] | None = None
    """Bytes per kind that can be sent; a kind that is absent cannot."""
    turns: Mapping[MediaKind, MediaKind] = {}
    """Kinds that arrive as another kind."""
    bare: frozenset[MediaKind] = frozenset()
    """Kinds whose words go as a message of their own."""
    mimes: Mapping[MediaKind, frozenset[str]] = {}
    """Types of content (`audio/mp4`) that a kind must be of, where it is known; one that is absent may be of any.
    What is of another type goes as a file, if files may be of it.
    """
    spoken: frozenset[MediaKind] = frozenset()
    """Kinds of which, where they cannot be sent, the emoji is."""
    pictures: frozenset[str] = frozenset()
    """Types of files (`image/png`) that arrive as photos where a file of their kind cannot be sent."""
    refused: frozenset[str] = frozenset()
    """Endings of files' names (`exe`) that cannot be sent at all."""
    edits: bool = True
    deletes: bool = True
    quotes: bool = True
    buttons: bool = True
    formatting: bool = True
    reactions: frozenset[str] = frozenset()
    near_reactions: frozenset[str] | None = None
    """Further emojis that are put as the nearest of `reactions`; None: any emoji is taken."""

    def goes_as_file(self, kind: MediaKind) -> bool:
        """Whether it arrives as a file under its own name."""
        return self.turns.get(kind, kind) is MediaKind.DOCUMENT or kind is MediaKind.ANIMATION

    def takes(self, emoji: str) -> bool:
        """Whether this emoji, or one near it, can be put on a message."""
        bare = emoji.replace("\ufe0f", "")
        return self.near_reactions is None or bare in self.reactions or bare in self.near_reactions

    @property
    def reacts(self) -> bool:
        """Whether any emoji can be put on a message."""
        return self.near_reactions is None or bool(self.reactions)


class Loss(Struct, frozen=True, omit_defaults=True):
    """What a client would get otherwise than it was written."""

    kind: MediaKind
    """Of the attachment concerned."""
    goes_as: MediaKind | None = None
    """As what it would arrive; None: as itself, and its words as a message of their own."""
    spoken: bool = False
    """Only its emoji would arrive."""

    @property
    def is_change(self) -> bool:
        """Whether something arrives as something else: words in a message of their own are the same words."""
        return self.spoken or self.goes_as is not None
