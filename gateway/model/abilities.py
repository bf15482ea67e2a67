"""What an account's channel can carry, as plain data: rules and cards look at it, so that a loss is told beforehand.

A connector's capabilities (connectors/contract.py) are this and what concerns the runtime; nothing here knows a channel
by name.
"""

from collections.abc import Mapping

from msgspec import Struct

from gateway.model.messages import MediaKind


class TextRule(Struct, frozen=True, kw_only=True):
    """How words go."""

    limit: int
    """The most that one message holds, in `unit`; what is longer goes as several."""
    caption_limit: int
    """The same of words that stand with an attachment; 0: none can."""
    unit: str = "utf16"
    """`utf16` (code units), `chars` or `bytes`."""
    formatting: bool = True
    """Whether bold, italics and links hidden behind words arrive."""


class MediaRule(Struct, frozen=True, kw_only=True):
    """How attachments of one kind go."""

    limit: int
    """Bytes."""
    mimes: frozenset[str] | None = None
    """Types of content (`audio/mp4`) that it must be of, where its type is known; None: any. What is of another type
    goes as a document, if documents may be of it, and otherwise not at all.
    """
    goes_as: MediaKind | None = None
    """As which other kind it arrives, whatever is in it: the operator is asked before it goes. None: as what it is."""
    captioned: bool = True
    """Whether words can stand with it; otherwise they go as a message of their own."""
    or_emoji: bool = False
    """Whether its emoji goes where it cannot be sent itself."""
    files: frozenset[str] = frozenset()
    """Types of files (`image/png`) that arrive as this kind where the channel takes no documents."""
    refused_endings: frozenset[str] = frozenset()
    """Of documents: endings of names (`exe`) that are not taken whatever is in the file."""


class Reactions(Struct, frozen=True):
    """Which emojis we may put on a message; none by default."""

    emojis: frozenset[str] = frozenset()
    """Those that are put as they are."""
    near: frozenset[str] | None = frozenset()
    """Further ones that are put as the nearest of `emojis`; None: any emoji is put as it is."""

    def takes(self, emoji: str) -> bool:
        """Whether this emoji, or one near it, can be put on a message."""
        bare = emoji.replace("\ufe0f", "")
        return self.near is None or bare in self.emojis or bare in self.near

    @property
    def are_possible(self) -> bool:
        """Whether any emoji can be put on a message."""
        return self.near is None or bool(self.emojis)


class Abilities(Struct, frozen=True, kw_only=True):
    """An account whose channel is not known is taken to be able to do anything: the messenger will say otherwise."""

    text: TextRule | None = None
    media: Mapping[MediaKind, MediaRule] | None = None
    """By kind; one that is absent cannot be sent. None: all can."""
    reactions: Reactions = Reactions(near=None)
    edits: bool = True
    deletes: bool = True
    quotes: bool = True
    buttons: bool = True


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
