"""What a message would lose on its way through a channel, foreseen from what the channel can carry. Pure.

Only what changes the content counts: formatting that is lost and a text that is cut into several messages do not, they
are mentioned once in a dialog (`operator_bot/reply_news.py`).
"""

from gateway.model.abilities import Abilities, Loss
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
    limits = can.media_limits
    if can.goes_as_file(media.kind) and (ending := ending_of(media.name or "").lower()) in can.refused:
        raise Refuse(Refusal.CANNOT_CARRY, dialog, detail=f"{media.kind} .{ending}")
    goes_as = can.turns.get(media.kind, media.kind)
    if limits is not None:
        if not _takes(can, media.kind, media):
            if media.kind in can.spoken and media.emoji:
                return Loss(media.kind, spoken=True)
            goes_as = _instead(can, media, dialog)
        limit = limits[goes_as if goes_as in limits else media.kind]
        as_file = limits.get(MediaKind.DOCUMENT, 0) if _takes(can, MediaKind.DOCUMENT, media) else 0
        most = max(limit, as_file)
        if (media.size or 0) > most:
            raise Refuse(Refusal.TOO_LARGE, dialog, detail=str(most // _MB))
        if (media.size or 0) > limit:
            goes_as = MediaKind.DOCUMENT
    return None if goes_as is media.kind else Loss(media.kind, goes_as)


def _instead(can: Abilities, media: Media, dialog: Dialog) -> MediaKind:
    """As what something goes that the channel does not take as what it is. Raises Refuse: not at all."""
    if media.kind in (can.media_limits or {}) and _takes(can, MediaKind.DOCUMENT, media):
        return MediaKind.DOCUMENT
    if _takes(can, MediaKind.PHOTO, media) and mime_of(media) in can.pictures:
        return MediaKind.PHOTO
    ending = ending_of(media.name or "")
    raise Refuse(Refusal.CANNOT_CARRY, dialog, detail=f"{media.kind} .{ending.lower()}" if ending else media.kind)


def _takes(can: Abilities, kind: MediaKind, media: Media) -> bool:
    """Whether the channel takes this content as that kind."""
    mime = mime_of(media)
    return kind in (can.media_limits or {}) and (not mime or mime in can.mimes.get(kind, (mime,)))


def _bare_kind(can: Abilities, message: Message) -> MediaKind | None:
    """The attachment that words cannot stand with."""
    if not message.text.strip() or not message.media:
        return None
    if can.caption_limit is not None and text_size(message.text, can.text_unit) > can.caption_limit:
        return message.media[0].kind
    return next((one.kind for one in message.media if one.kind in can.bare), None)
