"""A client's words as an operator gets them: a text, and each attachment as a message of its own. Pure.

A copy can be answered, so it is never merged with another one. What a client wrote is shown wholly; a file that is
still on its way is announced in words, and one that is lost is said to be lost.
"""

from collections.abc import Sequence
from itertools import zip_longest

from msgspec import Struct

from gateway.model.abilities import Abilities
from gateway.model.events import AnsweredElsewhere
from gateway.model.messages import (
    NAMELESS,
    Attachment,
    ContactCard,
    FileState,
    Location,
    Media,
    MediaKind,
    Message,
    ReplyTo,
    Unsupported,
)
from gateway.model.state import Dialog
from gateway.model.text import is_blank
from gateway.operator_bot.texts.content_labels import (
    PICTURED,
    address_of,
    draw_summary,
    icon_of,
    name_attachment,
    name_channel,
    name_person,
    name_unsupported,
    say_empty,
    say_size,
    summarize,
)
from gateway.operator_bot.texts.formatted_text import (
    BOLD,
    CAPTION_LIMIT,
    CODE,
    ITALIC,
    QUOTE,
    TEXT_LIMIT,
    FormattedText,
    cut,
    plain,
)
from gateway.operator_bot.texts.phrases import Phrases
from gateway.operator_bot.texts.reasons import say_reason

QUOTE_LIMIT = 200
TRANSCRIPT_LIMIT = 2000
"""UTF-16 units of what a messenger has heard in a voice message."""
RING_LIMIT = 200
"""UTF-16 units of the client's words in a short message that rings."""
ALBUM_LEAST = 2
"""Files that make an album; the connector cuts one that is too long."""
_ALBUMS = (
    frozenset((MediaKind.PHOTO, MediaKind.VIDEO)),
    frozenset((MediaKind.DOCUMENT,)),
    frozenset((MediaKind.AUDIO,)),
)
"""Kinds that can stand together."""
_ANY = Abilities()
_MB = 1024 * 1024
_WITHOUT_CAPTION = frozenset((MediaKind.STICKER, MediaKind.VIDEO_NOTE))


class MirroredMessage(Struct, frozen=True):
    """One message of a copy. `part` 0 is the text, n the n-th attachment (from 1)."""

    part: int
    message: Message
    silent: bool = False


def draw_copy(
    t: Phrases, message: Message, header: str | None, *, changed: bool = False, limits: Abilities = _ANY
) -> list[MirroredMessage]:
    """A client's message for an operator.

    `header` names the dialog where the operator could take it for another one's; `changed`: the client corrected it.
    `limits`, here and below, is what the operators' bot itself can show: what is beyond is named in words.
    """
    ready = [(place, one) for place, one in enumerate(message.attachments, 1) if is_shown(one, limits)]
    text = _text(t, message, changed=changed, limits=limits)
    whole = _one_message(text, ready, header)
    if whole is not None:
        return [whole]
    copies = [MirroredMessage(0, one) for one in _texts(text, header)] if text.size else []
    for place, one in ready:
        told = header if not copies else None
        if told is not None and not _takes_caption(one):
            copies.append(MirroredMessage(0, _headed(told).message()))
            told = None
        copies.append(draw_attachment(place, one, told, silent=bool(copies)))
    return copies


def draw_album(
    t: Phrases, messages: Sequence[Message], header: str | None, *, limits: Abilities = _ANY
) -> Message | None:
    """The messages as one album with one caption; None where they cannot be shown so."""
    files = [one for message in messages for one in message.attachments]
    if len(files) < ALBUM_LEAST or not any(_alike(files, kinds, limits) for kinds in _ALBUMS):
        return None
    spoken = [text for text in (_text(t, one, changed=False, limits=limits) for one in messages) if text.size]
    if len(spoken) > 1:
        return None
    formatted = _headed(header) if header is not None else FormattedText()
    for text in spoken:
        formatted.append(text)
    return formatted.message(attachments=files) if formatted.size <= CAPTION_LIMIT else None


def _alike(files: Sequence[Attachment], kinds: frozenset[MediaKind], limits: Abilities) -> bool:
    return all(isinstance(one, Media) and one.kind in kinds and is_shown(one, limits) for one in files)


def draw_attachment(place: int, one: Attachment, header: str | None, *, silent: bool) -> MirroredMessage:
    """An attachment as a message of its own; `place` is its number, from 1."""
    formatted = _headed(header) if header is not None and _takes_caption(one) else FormattedText()
    return MirroredMessage(place, formatted.message(attachments=[one], limit=CAPTION_LIMIT), silent=silent)


def draw_text(
    t: Phrases, message: Message, header: str | None, *, changed: bool = False, limits: Abilities = _ANY
) -> list[Message]:
    """The text of a copy as it is now; empty where nothing is left to say in words."""
    text = _text(t, message, changed=changed, limits=limits)
    return _texts(text, header) if text.size else []


def draw_header(dialog: Dialog, channel: str = "") -> str:
    """Which dialog a copy is of, and by the channel's icon where the client writes."""
    return f"{icon_of(channel)} {name_person(dialog.client)} · №{dialog.id}".lstrip()


def draw_ring(t: Phrases, dialog: Dialog, message: Message, channel: str = "") -> Message:
    """A short message that rings for further words of a client whom nobody has claimed."""
    where = icon_of(channel)
    formatted = FormattedText().write(f"🔔 {where} " if where else "🔔 ").write(f"{name_person(dialog.client)}: ", BOLD)
    return formatted.put(draw_summary(t, message, RING_LIMIT)).message()


def draw_change(t: Phrases, message: Message, before: Message | None = None, *, wholly: bool = False) -> list[Message]:
    """Says in answer to a copy what the client has changed it from and to, in as many messages as that needs.

    `before`: what it was, if that is known; `wholly`: the copy shows it no longer.
    """
    formatted = FormattedText().write(t("✏️ The client changed this message"), ITALIC)
    was = "" if before is None or before.text == message.text else _said_before(t, before, message)
    if was:
        formatted.line(f"{t('Was:')} ", BOLD).write(was if wholly else cut(was, QUOTE_LIMIT))
    if is_blank(message.text) and message.attachments and before is not None and not is_blank(before.text):
        formatted.line(t("The words with it are taken away"), ITALIC)
    elif was and not message.entities and not is_blank(message.text):
        formatted.line(f"{t('Now:')} ", BOLD).write(message.text)
    else:
        if was:
            formatted.line(t("Now:"), BOLD)
        _write_now(t, formatted, message)
    _write_attached(t, formatted, message)
    return formatted.messages()


def _said_before(t: Phrases, before: Message, now: Message) -> str:
    """The words that are no longer; of what was no words its name."""
    if not is_blank(before.text):
        return before.text
    return "" if before.media or now.media or not before.attachments else summarize(t, before, QUOTE_LIMIT)


def _write_now(t: Phrases, formatted: FormattedText, message: Message) -> None:
    if not is_blank(message.text):
        formatted.words(message.text, message.entities)
    elif not message.attachments:
        formatted.line(say_empty(t), ITALIC)


def _write_attached(t: Phrases, formatted: FormattedText, message: Message) -> None:
    for one in message.attachments:
        if isinstance(one, Unsupported):
            _write_unsupported(t, formatted, one, None)
        elif not isinstance(one, Media):
            formatted.line(name_attachment(t, one))


def draw_move(t: Phrases, message: Message) -> Message:
    """Where a place that moves is now; the same sign is corrected with each further move."""
    (place,) = message.attachments
    assert isinstance(place, Location)
    where = f"{place.latitude:.6f},{place.longitude:.6f}"
    formatted = FormattedText().write(t("📍 The place has moved, the client is now at:"), ITALIC)
    formatted.line(where, CODE)
    return formatted.line(f"https://maps.google.com/?q={where}").message()


def is_same(before: Message, now: Message) -> bool:
    """Whether a correction changes nothing that is shown."""
    if (before.text, before.entities) != (now.text, now.entities):
        return False
    if before.media or now.media:
        return looks_same(before, now)
    return before.attachments == now.attachments


def draw_old_change(t: Phrases, client: str, message: Message) -> list[Message]:
    """The same of a message so old that nobody remembers which it was."""
    formatted = FormattedText().write(t("✏️ {client} changed an old message", client=name_person(client)), ITALIC)
    _write_now(t, formatted, message)
    for media in message.media:
        formatted.line(name_attachment(t, media))
    _write_attached(t, formatted, message)
    return formatted.messages()


def draw_elsewhere(t: Phrases, client: str, channel: str, event: AnsweredElsewhere) -> Message:
    """Says what somebody answered this client in the messenger itself."""
    author = f" · {plain(event.author, QUOTE_LIMIT)}" if event.author else ""
    formatted = FormattedText().write(t("↪️ Answer from {channel}", channel=name_channel(t, channel)), ITALIC)
    formatted.write(f"{author} · {client}", ITALIC)
    return formatted.line().put(draw_summary(t, event.message, TEXT_LIMIT // 2)).message()


def is_pending(one: Attachment) -> bool:
    """Whether the attachment's bytes are still on their way."""
    return isinstance(one, Media) and one.state is FileState.REMOTE


def looks_same(old: Message, new: Message) -> bool:
    """Whether the new version has the attachments of the old one, as far as a vendor's description tells."""
    return [_described(one) for one in old.attachments] == [_described(one) for one in new.attachments]


def _described(one: Attachment) -> object:
    if isinstance(one, Media):
        return (one.kind, one.name, one.width, one.height, one.duration, one.emoji)
    return one


def is_shown(one: Attachment, limits: Abilities) -> bool:
    """Whether the attachment stands in the operator's chat as what it is, now."""
    if isinstance(one, Media):
        return one.state is FileState.STORED and not _is_empty(one) and not _is_over(one, limits)
    return isinstance(one, Location | ContactCard)


def _is_empty(one: Media) -> bool:
    return one.size == 0


def _is_over(one: Media, limits: Abilities) -> bool:
    most = _most(one, limits)
    return most is not None and (one.size or 0) > most


def _most(one: Media, limits: Abilities) -> int | None:
    """Bytes that the operators' bot may send of it: what is too large for its kind goes as a file."""
    if limits.media is None:
        return None
    rules = (limits.media.get(kind) for kind in (one.kind, MediaKind.DOCUMENT))
    return max((rule.limit for rule in rules if rule is not None), default=0)


def _takes_caption(one: Attachment) -> bool:
    return isinstance(one, Media) and one.kind not in _WITHOUT_CAPTION


def _one_message(
    text: FormattedText, ready: list[tuple[int, Attachment]], header: str | None
) -> MirroredMessage | None:
    """A text and its only file as Telegram shows them: one message, if it fits a caption."""
    if len(ready) != 1 or not text.size or not _takes_caption(ready[0][1]):
        return None
    formatted = _headed(header).append(text) if header is not None else text
    if formatted.size > CAPTION_LIMIT:
        return None
    return MirroredMessage(0, formatted.message(attachments=[ready[0][1]], limit=CAPTION_LIMIT))


def _texts(text: FormattedText, header: str | None) -> list[Message]:
    return (text if header is None else _headed(header).append(text)).messages()


def _headed(header: str) -> FormattedText:
    return FormattedText().write(cut(header, QUOTE_LIMIT), BOLD)


def _text(t: Phrases, message: Message, *, changed: bool, limits: Abilities) -> FormattedText:
    """All of the message that is words, and what of its attachments must be told in words."""
    formatted = FormattedText()
    if message.forwarded_from == NAMELESS:
        formatted.line(t("Forwarded; whose words these were is not known: the account may be deleted"), ITALIC)
    elif message.forwarded_from:
        formatted.line(t("Forwarded from {name}", name=name_person(message.forwarded_from)), ITALIC)
    if message.reply_to is not None:
        _write_answered(t, formatted, message.reply_to)
    if not is_blank(message.text):
        formatted.words(message.text, message.entities)
    elif not message.attachments:
        formatted.line(say_empty(t), ITALIC)
    for one, beside in zip_longest(message.attachments, message.attachments[1:]):
        if isinstance(one, Unsupported):
            _write_unsupported(t, formatted, one, beside)
        elif (told := _told(t, one, limits)) is not None:
            formatted.line(told)
        if isinstance(one, Media) and one.transcript:
            formatted.line("📝 ").write(cut(plain(one.transcript, TRANSCRIPT_LIMIT), TRANSCRIPT_LIMIT), ITALIC)
    if changed:
        formatted.line(t("✏️ changed"), ITALIC)
    return formatted


def _write_answered(t: Phrases, formatted: FormattedText, answered: ReplyTo) -> None:
    """What the words answer, as far as the operator does not see it by the copy's own reply."""
    if answered.message is None and answered.brought:
        formatted.line(t("↩️ In answer to a message that is not here: what is attached was in it"), ITALIC)
    elif answered.message is None and not answered.quote:
        formatted.line(t("↩️ In answer to a message that is not here"), ITALIC)
    if answered.quote:
        formatted.line(cut(answered.quote, QUOTE_LIMIT), QUOTE)


def _write_unsupported(t: Phrases, formatted: FormattedText, one: Unsupported, beside: Attachment | None) -> None:
    """What it is, as a link to where the messenger shows it; `beside` is the attachment after it."""
    link = address_of(one)
    if one.of in PICTURED and isinstance(beside, Media) and beside.state is not FileState.FAILED:
        named = name_unsupported(t, one, "🎬" if beside.kind is MediaKind.VIDEO else "🖼")
    elif link is not None:
        named = name_unsupported(t, one, "🔗")
    else:
        named = t("{what}: cannot be shown here", what=name_unsupported(t, one))
    formatted.line()
    if link is not None:
        formatted.link(named, link)
    else:
        formatted.write(named)


def _told(t: Phrases, one: Attachment, limits: Abilities) -> str | None:
    if not isinstance(one, Media):
        return None
    if one.state is FileState.REMOTE:
        return t("{what} is loading…", what=name_attachment(t, one))
    if one.state is FileState.FAILED:
        problem = say_reason(t, one.problem) if one.problem else t("unknown reason")
        return t("{what} could not be loaded: {problem}", what=name_attachment(t, one), problem=cut(problem, 300))
    if _is_empty(one):
        return t("{what}: the file is empty, there is nothing in it", what=name_attachment(t, one))
    if _is_over(one, limits):
        what, most = name_attachment(t, one), (_most(one, limits) or 0) // _MB
        told = t("{what}, {size} MB: cannot be shown here", what=what, size=say_size(t, one.size or 0))
        return " ".join((f"{told}.", t("A bot may send {n} MB at most; the file is kept on the server.", n=most)))
    return None
