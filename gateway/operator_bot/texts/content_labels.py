"""Attachments, channels and people in a few words, as cards, copies and lists name them. Pure."""

import re
from typing import assert_never

from gateway.connectors.manifests import Manifest, manifest
from gateway.connectors.toolkit.files import cut_name
from gateway.connectors.toolkit.text import ELLIPSIS, Unit
from gateway.model.messages import Attachment, ContactCard, Location, Media, MediaKind, Message, Unsupported
from gateway.model.text import is_blank
from gateway.operator_bot.texts.content_kinds import name_call, name_kind
from gateway.operator_bot.texts.formatted_text import FormattedText, one_line, plain, units
from gateway.operator_bot.texts.phrases import Phrases
from gateway.operator_bot.texts.reasons import say_reason
from gateway.operator_bot.texts.untrusted import is_page, plain_name

NAME_LIMIT = 60
"""Longer names of people and files are cut: a card must be read at a glance."""
_OLD_HINT = re.compile(r"(?:^|\s)(https?://[^\s<>\"«»]+)$")
"""An address at the end of a hint: where it stood before it had a field of its own."""
PICTURED = frozenset({"story_mention", "story_reply", "ig_story", "ig_post", "share", "ig_reel", "reel"})
"""Content of a messenger's own whose picture or film, where there is one, is the attachment after it."""


def name_channel(t: Phrases, channel: str) -> str:
    """The channel's icon and name, by its manifest; a channel that this gateway no longer has is called as it is."""
    found = _manifest(channel)
    return f"💬 {channel}" if found is None else f"{found.icon} {found.name[t.language]}"


def icon_of(channel: str) -> str:
    """The channel's icon alone, for where a client is named in a line of text; empty for one that is not known."""
    found = _manifest(channel)
    return "" if found is None else found.icon


def _manifest(channel: str) -> Manifest | None:
    try:
        return manifest(channel)
    except LookupError:
        return None


def say_unreachable(t: Phrases, channel: str) -> str:
    """Why a client cannot be written to, as their messenger has it."""
    found = _manifest(channel)
    if found is None or not found.unreachable:
        return t("the client does not accept our messages")
    return t.fill(found.unreachable[t.language])


def known_as(t: Phrases, channel: str) -> str:
    """What stands before a client's username in a channel where that is no public name; empty: it is not shown."""
    found = _manifest(channel)
    return "" if found is None else found.known_as.get(t.language, "")


def name_person(name: str) -> str:
    """A person as they call themselves."""
    return plain(name, NAME_LIMIT) or "…"


def name_attachment(t: Phrases, one: Attachment) -> str:
    """What was attached: kind, and name or length where there is one."""
    if isinstance(one, Media):
        return _name_media(t, one)
    if isinstance(one, Location):
        place = " · ".join(part for part in (one.title, one.address) if part)
        return t("📍 Location") + (f": {plain(place, NAME_LIMIT * 2)}" if place else "")
    if isinstance(one, ContactCard):
        person = " ".join(part for part in (one.name, one.phone) if part)
        return t("👤 Contact: {person}", person=plain(person, NAME_LIMIT * 2))
    if isinstance(one, Unsupported):
        return name_unsupported(t, one, "❔" if address_of(one) is None else "🔗")
    assert_never(one)


def _name_media(t: Phrases, one: Media) -> str:
    called = cut_name(plain_name(one.name or ""), NAME_LIMIT, Unit.UTF16, ELLIPSIS)
    name = f" «{called}»" if called else ""
    length = f" {one.duration // 60}:{one.duration % 60:02}" if one.duration is not None else ""
    match one.kind:
        case MediaKind.PHOTO:
            return t("📷 Photo")
        case MediaKind.DOCUMENT:
            return t("📎 File") + name
        case MediaKind.VOICE:
            return t("🎤 Voice message") + length
        case MediaKind.AUDIO:
            return t("🎵 Audio") + name + length
        case MediaKind.VIDEO:
            return t("🎬 Video") + length
        case MediaKind.VIDEO_NOTE:
            return t("⏺ Video message") + length
        case MediaKind.ANIMATION:
            return t("🎞 Animation")
        case MediaKind.STICKER:
            return t("{emoji} Sticker", emoji=one.emoji or "🙂")
    assert_never(one.kind)


def name_unsupported(t: Phrases, one: Unsupported, icon: str = "❔") -> str:
    """Content that cannot be shown, called by what it is; another icon where its picture stands beside it."""
    if (one.of, one.hint) == ("call", "missed"):
        return f"❔ {t('a missed call')}"
    title = name_call(t, _title_of(one)) if one.of == "call" else say_reason(t, _title_of(one))
    hint = f" ({plain(title, NAME_LIMIT * 2)})" if title else ""
    return f"{icon} {name_kind(t, one.of)}{hint}"


def address_of(one: Unsupported) -> str | None:
    """Where the messenger shows it: a page's address, whole, or None."""
    link = one.link
    if link is None and one.hint and (found := _OLD_HINT.search(one.hint)) is not None:
        link = found[1]
    return link if link and is_page(link) else None


def _title_of(one: Unsupported) -> str:
    """The hint without an address: that is shown as a link, and never cut."""
    hint = one.hint or ""
    if address_of(one) is None:
        return hint
    return _OLD_HINT.sub("", hint).rstrip(" ·")


def say_empty(t: Phrases) -> str:
    """In the place of words that show nothing."""
    return t("(empty message)")


def say_size(t: Phrases, size: int) -> str:
    """Bytes as megabytes, without a needless nought."""
    return t.number(round(size / 1024 / 1024, 1))


def summarize(t: Phrases, message: Message, limit: int) -> str:
    """The message in one line: its words, else what is attached."""
    names = ", ".join(name_attachment(t, one) for one in message.attachments)
    text = "" if is_blank(message.text) else message.text
    return one_line(" ".join(part for part in (text, names) if part), limit) or say_empty(t)


def draw_summary(t: Phrases, message: Message, limit: int) -> FormattedText:
    """The same to be shown: what its messenger shows on a page leads there, however long the words before it are."""
    addresses = [address_of(one) if isinstance(one, Unsupported) else None for one in message.attachments]
    if not any(addresses):
        return FormattedText().write(summarize(t, message, limit))
    names = [name_attachment(t, one) for one in message.attachments]
    needed = units(", ".join(names)) + 1
    words = "" if is_blank(message.text) else one_line(message.text, max(limit - needed, limit // 3))
    formatted = FormattedText().write(words)
    between = " " if words else ""
    for name, address in zip(names, addresses, strict=True):
        left = limit - formatted.size - len(between)
        if left <= len(ELLIPSIS):
            break
        formatted.write(between).link(one_line(name, left), address or "")
        between = ", "
    return formatted
