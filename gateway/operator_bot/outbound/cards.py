"""A dialog's card as one reader sees it: whose it is decides what stands there and which buttons it has. Pure.

A card tells the whole truth of its dialog at that moment and nothing else; it is drawn anew, never patched.
Moments are absolute, because a waiting time that counts would cost an edit each minute.
"""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Literal, assert_never
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from gateway.model.commands import View
from gateway.model.ids import OperatorId
from gateway.model.messages import Button, Entity, Message, Profile, Visit
from gateway.model.state import CloseReason, Dialog, Received
from gateway.model.text import is_blank
from gateway.operator_bot.inbound.buttons import Action, button_data
from gateway.operator_bot.texts.content_labels import draw_summary, known_as, name_channel, name_person, say_unreachable
from gateway.operator_bot.texts.formatted_text import (
    BOLD,
    CODE,
    ITALIC,
    QUOTE,
    FormattedText,
    cut,
    exact,
    one_line,
    plain,
    units,
)
from gateway.operator_bot.texts.phrases import Phrases
from gateway.operator_bot.texts.untrusted import is_page
from gateway.operator_bot.texts.windows import say_window

WORDS_LIMIT = 800
"""UTF-16 units of a client's words on a card: a screen of a phone. The rest is delivered by the claim."""
ONE_LIMIT = 400
"""Of these, units of one message."""
WORDS_MOST = 10
"""How many of their messages: the journal carries no more (`router/rules/journal_view.py`)."""
START_LIMIT = 64
"""UTF-16 units of a link's payload, as many as Telegram allows."""
PAGE_LIMIT = 120
"""UTF-16 units of a page's title and of its address."""
LINK_LIMIT = 300
"""Signs of an address that must stay whole to be one."""
PERSON_LIMIT = 64
"""UTF-16 units of a phone, an e-mail, an id that a site knows its customer by."""


class CardContext(Struct, frozen=True, kw_only=True):
    """What stands around a dialog when it is drawn. `now` in milliseconds."""

    channel: str
    line: str
    """The line's title."""
    names: Mapping[OperatorId, str]
    now: int
    zone: tzinfo
    blocked: bool = False
    stopped: int = 0
    """How many times a blocked client has written."""
    reachable: bool = True
    profile: Profile | None = None
    """What is known of the client by now."""
    templates: bool = False
    """The messenger has texts for who may not be written to otherwise."""
    seniors: frozenset[OperatorId] = frozenset()
    """Supervisors and admins of the line, who may take others' dialogs over."""
    words: tuple[Received, ...] = ()
    """A client's words that only the owner's card shows, because the claim sent no copy of them."""

    def name(self, operator: OperatorId | None) -> str:
        return name_person(self.names.get(operator, operator)) if operator is not None else ""


Menu = Literal[View.MORE, View.BLOCK]
"""What an open dialog's card shows in place of its buttons: what is done seldom, or a question."""


def draw_card(
    t: Phrases, reader: OperatorId, dialog: Dialog, context: CardContext, menu: Menu | None = None
) -> Message:
    """The card of `dialog` for `reader`; `menu` stands there until the card is drawn for another reason."""
    if menu is not None and dialog.is_open and dialog.owner in {None, reader}:
        return _with_menu(t, reader, dialog, context, menu)
    if not dialog.is_open:
        return _closed(t, dialog, context)
    if dialog.owner is None and reader in dialog.declined:
        return _declined(t, dialog, context)
    if dialog.owner is None:
        return _unclaimed(t, dialog, context)
    if dialog.owner == reader:
        return _owned(t, dialog, context)
    return _taken(t, dialog, context, may_take=reader in context.seniors)


def shows_wholly(backlog: Sequence[Received], cut_off: int) -> bool:
    """Whether the card of the unclaimed dialog showed all that the client has said so far."""
    if len(backlog) != 1 or cut_off:
        return False
    message = backlog[0].message
    is_plain = not (message.attachments or message.entities or message.reply_to or message.forwarded_from)
    return is_plain and not is_blank(message.text) and units(message.text) <= ONE_LIMIT


def _unclaimed(t: Phrases, dialog: Dialog, context: CardContext) -> Message:
    new = "🆕" if dialog.parent is None else ""
    formatted = _head(t, new if dialog.returned_at is None else "↩️", dialog, context)
    if dialog.waits or dialog.returned_at is None:
        since = t.moment(dialog.waiting_since or dialog.opened_at, context.now, context.zone)
        formatted.line(t("⏳ Waiting since {since}", since=since))
    if dialog.returned_at is not None:
        formatted.line(t("Back in the queue, {at}", at=t.moment(dialog.returned_at, context.now, context.zone)), ITALIC)
        if not dialog.waits:
            formatted.line(t("The client is answered and has not written since"), ITALIC)
    _origin(t, formatted, dialog, context)
    _words(t, formatted, dialog.backlog, dialog.backlog_cut)
    _warnings(t, formatted, dialog, context)
    return formatted.message(
        [
            [
                Button(t("Answer"), button_data(Action.CLAIM, dialog.id, version=dialog.version), style="success"),
                Button(t("Skip"), button_data(Action.DECLINE, dialog.id, version=dialog.version)),
            ],
            [_history(t, dialog), _more(dialog)],
        ]
    )


def _declined(t: Phrases, dialog: Dialog, context: CardContext) -> Message:
    formatted = _head(t, "▫️", dialog, context).line(t("You have skipped it"), ITALIC)
    return formatted.message([[Button(t("Answer"), button_data(Action.CLAIM, dialog.id, version=dialog.version))]])


def _owned(t: Phrases, dialog: Dialog, context: CardContext) -> Message:
    formatted = _head(t, "💬", dialog, context).line(t("You are answering"), ITALIC)
    _origin(t, formatted, dialog, context)
    _words(t, formatted, context.words, 0)
    _warnings(t, formatted, dialog, context)
    close = Button(t("Finish"), button_data(Action.CLOSE, dialog.id, version=dialog.version), style="primary")
    more = [_templates(t, dialog)] if _needs_template(dialog, context) else []
    return formatted.message([[close, _history(t, dialog)], [*more, _release(t, dialog), _more(dialog)]])


def _taken(t: Phrases, dialog: Dialog, context: CardContext, *, may_take: bool) -> Message:
    since = t.moment(dialog.claimed_at or context.now, context.now, context.zone)
    taken = t("Taken by {name}, {since}", name=context.name(dialog.owner), since=since)
    take = Button(t("Take over"), button_data(Action.TAKE_OVER, dialog.id, version=dialog.version))
    return _head(t, "🔒", dialog, context).line(taken, ITALIC).message([[take]] if may_take else ())


def _closed(t: Phrases, dialog: Dialog, context: CardContext) -> Message:
    at = t.moment(dialog.closed_at or context.now, context.now, context.zone)
    formatted = _head(t, "✅", dialog, context).line(f"{_reason(t, dialog.reason)}, {at}", ITALIC)
    if context.blocked:
        _stopped(t, formatted, context)
        last = Button(t("Unblock"), button_data(Action.UNBLOCK, dialog.id))
    else:
        _warnings(t, formatted, dialog, context)
        last = Button(t("Write again"), button_data(Action.WRITE_AGAIN, dialog.id))
        last = _templates(t, dialog) if _needs_template(dialog, context) else last
    _words(t, formatted, context.words, 0)
    return formatted.message([[_history(t, dialog), last]])


def _reason(t: Phrases, reason: CloseReason | None) -> str:
    match reason:
        case CloseReason.OPERATOR | None:
            return t("Dialog finished")
        case CloseReason.AUTO:
            return t("Dialog finished by itself: the client did not answer")
        case CloseReason.BLOCKED:
            return t("Dialog finished: the client was blocked")
    assert_never(reason)


def _head(t: Phrases, icon: str, dialog: Dialog, context: CardContext) -> FormattedText:
    formatted = FormattedText().write(f"{icon} " if icon else "").write(name_person(dialog.client), BOLD)
    if dialog.parent is not None and dialog.is_open:
        formatted.line(_returning(t, dialog, context))
    return formatted.line(f"{name_channel(t, context.channel)} · {name_person(context.line)} · №{dialog.id}")


def _returning(t: Phrases, dialog: Dialog, context: CardContext) -> str:
    """That the client has been here before, and whom they know."""
    known = t("↩️ Dialog no. {n}", n=dialog.nth) if dialog.nth > 1 else t("↩️ Writes again")
    return t("{known}, the last one: {name}", known=known, name=context.name(dialog.former)) if dialog.former else known


def _origin(t: Phrases, formatted: FormattedText, dialog: Dialog, context: CardContext) -> None:
    """Where the client comes from and who they say they are, as far as it is known."""
    if dialog.start:
        formatted.line(t("🔗 Came by the link: {start}", start=plain(dialog.start, START_LIMIT)))
    if dialog.visit is not None and (dialog.visit.price or dialog.visit.city):
        _listing(formatted, dialog.visit)
    elif dialog.visit is not None:
        _page(t, formatted, dialog.visit)
    if context.profile is not None:
        _person(t, formatted, context.profile, context)


def _page(t: Phrases, formatted: FormattedText, visit: Visit) -> None:
    """The page as its browser claims it. As code an address is neither a link nor does it draw a preview."""
    title, address = plain(visit.title or "", PAGE_LIMIT), exact(visit.url, PAGE_LIMIT)
    formatted.line("🌐 ").write(title or t("On the page:"))
    formatted.line(address, CODE)
    referrer = _host(visit.referrer or "")
    if referrer and referrer != _host(visit.url):
        formatted.line(t("↩️ Came from")).write(" ").write(exact(referrer, PERSON_LIMIT), CODE)


def _listing(formatted: FormattedText, listing: Visit) -> None:
    """What a client of a marketplace asks about; the marketplace itself says where it is, so its address is a link."""
    formatted.line("🏷 ").write(plain(listing.title or "", PAGE_LIMIT) or "…", BOLD)
    told = (plain(one, PERSON_LIMIT) for one in (listing.price, listing.city) if one)
    formatted.line(" · ".join(told))
    formatted.line().link(one_line(listing.url, LINK_LIMIT), listing.url)


def _person(t: Phrases, formatted: FormattedText, profile: Profile, context: CardContext) -> None:
    if profile.link and is_page(profile.link):
        page = exact(profile.link.partition("://")[2], PERSON_LIMIT)
        formatted.line("👤 ").link(page, profile.link)
    for icon, given in (("📞", profile.phone), ("✉️", profile.email)):
        if given:
            formatted.line(f"{icon} ").write(exact(given, PERSON_LIMIT), CODE)
    label = known_as(t, context.channel)
    if label and profile.username:
        formatted.line(f"🪪 {label} ").write(exact(profile.username, PERSON_LIMIT), CODE)
    if profile.consent is not None:
        at = t.moment(profile.consent.at, context.now, context.zone)
        formatted.line(t("☑️ Consent to data processing given, {at}", at=at))


def _host(address: str) -> str:
    """The host that an address names; empty for what is none."""
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _words(t: Phrases, formatted: FormattedText, words: Sequence[Received], cut_off: int) -> None:
    """The first words, as far as they fit, how many more there are, and the newest in any case."""
    if not words:
        return
    *first, newest = words
    end = _line(t, newest, ONE_LIMIT)
    left, shown = WORDS_LIMIT - end.size, 0
    for one in first[: WORDS_MOST - 1]:
        if left < ONE_LIMIT // 4:
            break
        line = _line(t, one, min(left, ONE_LIMIT))
        formatted.line().put(line, QUOTE)
        shown += 1
        left -= line.size
    more = len(first) - shown + cut_off
    if more:
        formatted.line(t.plural("and {n} more message", "and {n} more messages", more))
    formatted.line().put(end, QUOTE)


def _line(t: Phrases, one: Received, limit: int) -> FormattedText:
    plainly = not one.message.attachments and not is_blank(one.message.text)
    return FormattedText().write(cut(one.message.text, limit)) if plainly else draw_summary(t, one.message, limit)


def _warnings(t: Phrases, formatted: FormattedText, dialog: Dialog, context: CardContext) -> None:
    """Whether the client can be reached at all, and until when."""
    if dialog.window is not None:
        formatted.line(say_window(t, dialog.window, context.now, context.zone, templates=context.templates))
    if not context.reachable:
        why = say_unreachable(t, context.channel)
        formatted.line(t("⚠️ {why}: answers will not arrive", why=why[:1].upper() + why[1:]))


def _needs_template(dialog: Dialog, context: CardContext) -> bool:
    return context.templates and dialog.window is not None and context.now >= dialog.window.end


def _templates(t: Phrases, dialog: Dialog) -> Button:
    return Button(t("Templates"), button_data(Action.TEMPLATES, dialog.id, page=0))


def _release(t: Phrases, dialog: Dialog) -> Button:
    return Button(t("To the queue"), button_data(Action.RELEASE, dialog.id, version=dialog.version))


def _history(t: Phrases, dialog: Dialog) -> Button:
    return Button(t("History"), button_data(Action.HISTORY, dialog.id, page=0))


def _more(dialog: Dialog) -> Button:
    return Button("⋯", button_data(Action.MORE, dialog.id))


def _with_menu(t: Phrases, reader: OperatorId, dialog: Dialog, context: CardContext, menu: Menu) -> Message:
    """The card as it is, with other buttons under it; a question stands below its words."""
    card = draw_card(t, reader, dialog, context)
    back = Button(t("‹ Back"), button_data(Action.CARD, dialog.id))
    if menu is View.MORE:
        ask = Button(t("Block"), button_data(Action.ASK_BLOCK, dialog.id))
        return replace(card, buttons=FormattedText().message([[ask], [back]]).buttons)
    told = t("🚫 Block this client? The dialog ends, and what they write will not come here.")
    block = Button(t("Yes, block"), button_data(Action.BLOCK, dialog.id, version=dialog.version), style="danger")
    return replace(
        card,
        text=f"{card.text}\n{told}",
        entities=(*card.entities, Entity(BOLD, units(card.text) + 1, units(told))),
        buttons=FormattedText().message([[block, back]]).buttons,
    )


def _stopped(t: Phrases, formatted: FormattedText, context: CardContext) -> None:
    """What a block means, and how much has been written since, as far as the card knows."""
    formatted.line(t("🚫 The client is blocked: what they write does not come here, but is counted"))
    if context.stopped:
        formatted.write(f" ({context.stopped})")
