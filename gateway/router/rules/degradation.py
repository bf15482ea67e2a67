"""What a message would lose on its way through a channel, foreseen from what the channel can carry. Pure.

Only what changes the content counts: formatting that is lost and a text that is cut into several messages do not, they
are mentioned once in a dialog (`operator_bot/outbound/reply_news.py`).
"""

from collections.abc import Mapping

from gateway.model.abilities import Abilities, Loss, MediaRule
from gateway.model.events import Refusal
from gateway.model.file_types import ending_of, mime_of
from gateway.model.messages import Media, MediaKind, Message
from gateway.model.state import Dialog
from gateway.model.text import text_size
from gateway.router.rules.permissions import Refuse

_MB = 1024 * 1024


def foreseen(can: Abilities, message: Message, dialog: Dialog) -> tuple[Loss, ...]:
    """What the client would get otherwise.

    Raises:
        Refuse: something of it cannot go at all.
    """
    losses = [loss for media in message.media if (loss := _turned(can, media, dialog)) is not None]
    apart = _bare_kind(can, message)
    if apart is not None:
        losses.append(Loss(apart))
    return tuple(dict.fromkeys(losses))


def _turned(can: Abilities, media: Media, dialog: Dialog) -> Loss | None:
    if can.media is None:
        return None
    own, file = can.media.get(media.kind), can.media.get(MediaKind.DOCUMENT)
    goes_as = own.goes_as if own is not None and own.goes_as is not None else media.kind
    ending = ending_of(media.name or "").lower()
    if goes_as is MediaKind.DOCUMENT and file is not None and ending in file.refused_endings:
        raise Refuse(Refusal.CANNOT_CARRY, dialog, detail=f"{media.kind} .{ending}")
    if own is None or not _takes(own, media):
        if own is not None and own.or_emoji and media.emoji:
            return Loss(media.kind, spoken=True)
        goes_as = _instead(can.media, media, dialog)
    limit = can.media[goes_as if goes_as in can.media else media.kind].limit
    most = max(limit, file.limit) if file is not None and _takes(file, media) else limit
    if (media.size or 0) > most:
        raise Refuse(Refusal.TOO_LARGE, dialog, detail=str(most // _MB))
    if (media.size or 0) > limit:
        goes_as = MediaKind.DOCUMENT
    return None if goes_as is media.kind else Loss(media.kind, goes_as)


def _instead(rules: Mapping[MediaKind, MediaRule], media: Media, dialog: Dialog) -> MediaKind:
    """As what something goes that the channel does not take as what it is. Raises Refuse: not at all."""
    file = rules.get(MediaKind.DOCUMENT)
    if media.kind in rules and file is not None and _takes(file, media):
        return MediaKind.DOCUMENT
    other = _kind_for_file(rules, media)
    if other is not None:
        return other
    ending = ending_of(media.name or "")
    raise Refuse(Refusal.CANNOT_CARRY, dialog, detail=f"{media.kind} .{ending.lower()}" if ending else media.kind)


def _kind_for_file(rules: Mapping[MediaKind, MediaRule], media: Media) -> MediaKind | None:
    """As what a file goes where the channel takes no files of its kind."""
    mime = mime_of(media)
    return next((kind for kind, rule in rules.items() if mime in rule.files and _takes(rule, media)), None)


def _takes(rule: MediaRule, media: Media) -> bool:
    """Whether this content may go by this rule."""
    mime = mime_of(media)
    return not mime or rule.mimes is None or mime in rule.mimes


def _bare_kind(can: Abilities, message: Message) -> MediaKind | None:
    """The attachment that words cannot stand with."""
    if not message.text.strip() or not message.media:
        return None
    if can.text is not None and text_size(message.text, can.text.unit) > can.text.caption_limit:
        return message.media[0].kind
    rules = can.media or {}
    for one in message.media:
        kind = one.kind if one.kind in rules else _kind_for_file(rules, one)
        if kind is not None and not rules[kind].captioned:
            return one.kind
    return None
