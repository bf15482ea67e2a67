"""One journal entry being told: to whom it may be said, in their language, and as which kind of message.

Whoever blocked the bot or never pressed Start is passed over silently here, so that nobody above has to ask.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import tzinfo
from typing import Protocol

from msgspec import Struct

from gateway.archive.history import HistoryPage
from gateway.model.abilities import Abilities
from gateway.model.commands import Role
from gateway.model.events import Recorded
from gateway.model.ids import (
    MOST_NAMED,
    AccountId,
    ContactId,
    DialogId,
    LineId,
    MessageId,
    NativeId,
    OperatorId,
    SentId,
    card_at,
    copy_at,
    is_last_word,
    notice_at,
    sent_to_client,
)
from gateway.model.messages import Media, Message, Origin, ReplyTo
from gateway.model.outgoing import (
    AnswerPress,
    Outbound,
    Outgoing,
    SendDelete,
    SendEdit,
    SendMessage,
    SendReaction,
    Urgency,
)
from gateway.model.state import Dialog, Operator, Received
from gateway.operator_bot.outbound.batch_view import ON_CARD, BatchView
from gateway.operator_bot.outbound.cards import CardContext, Menu, draw_card
from gateway.operator_bot.outbound.mirrored_messages import draw_album, draw_copy, draw_header
from gateway.operator_bot.texts.formatted_text import TOAST_LIMIT, FormattedText, cut
from gateway.operator_bot.texts.phrases import Phrases, Texts
from gateway.operator_bot.texts.untrusted import defused
from gateway.streams import queries
from gateway.streams.intake import Intake
from gateway.streams.native_ids import natives_of, sent_of

DONE = "👌"
LATE_MS = 120_000
"""Words that are given later than that after they were written carry the moment when they were."""
PRESS_MS = 15_000
"""An answer to a press that is older than this is refused by Telegram."""


class History(Protocol):
    """The archive's question that an operator asks."""

    async def page(self, account: AccountId, contact: ContactId, page: int, size: int) -> HistoryPage:
        """All that was said with a contact; page 0 is the newest. Raises StoreUnavailable."""
        ...


class NotifierContext(Struct, kw_only=True):
    """What does not change while the notifier runs, but for the bot's name, which is learnt beside the work."""

    account: AccountId
    """The operators' bot's."""
    username: str
    """The operators' bot's public name, for invite links; empty until Telegram has told it."""
    channels: Mapping[AccountId, str]
    """Which channel each account is of."""
    abilities: Mapping[AccountId, Abilities] = {}
    """What these channels can carry; of an account that is not here nothing is said."""
    templating: AbstractSet[AccountId] = frozenset()
    """Accounts whose messenger has templates."""
    texts: Texts
    zone: tzinfo
    history: History
    offers: Intake
    clock: Callable[[], int]
    """Milliseconds; says only when something has waited long enough."""


class EntryNotifier:
    """One entry, told to operators through the view's plan."""

    def __init__(self, context: NotifierContext, view: BatchView, number: int, recorded: Recorded) -> None:
        self.context, self.view, self.number = context, view, number
        self.at, self.dialog = recorded.at, recorded.dialog

    # ── people ────────────────────────────────────────────────────────────────────────────────────────

    def reader(self, operator: OperatorId | None) -> Operator | None:
        """The operator, if the bot may write to them."""
        person = self.view.people.get(operator) if operator is not None else None
        return person if person is not None and person.is_in else None

    def owner(self) -> Operator | None:
        """The dialog's owner, if the bot may write to them."""
        return self.reader(self.dialog.owner) if self.dialog is not None else None

    def rung(self, dialog: Dialog) -> list[Operator]:
        """Whom a new card of this dialog goes to."""
        return [one for one in self.view.people.values() if one.is_rung and one.serves(dialog.line)]

    def admins(self, but: OperatorId | None = None) -> list[Operator]:
        return [
            one
            for one in self.view.people.values()
            if one.role is Role.ADMIN and one.id != but and self.reader(one.id) is not None
        ]

    def seniors(self, line: LineId) -> list[Operator]:
        """Supervisors and admins whom the bot may write to and whose concern this line is."""
        return [one for one in self.view.people.values() if one.is_senior and one.is_in and one.serves(line)]

    def notice(self, operator: OperatorId, cause: str) -> SentId:
        """How a sentence of the bot is called."""
        return notice_at(cause, operator)

    def phrases(self, operator: OperatorId) -> Phrases:
        person = self.view.people.get(operator)
        return self.context.texts.of(person.language if person is not None else None)

    def name(self, operator: OperatorId | None) -> str:
        """An operator's name; empty for nobody."""
        person = self.view.people.get(operator) if operator is not None else None
        return person.name if person is not None else (operator or "")

    @property
    def limits(self) -> Abilities:
        """What the operators' bot itself can show."""
        return self.context.abilities.get(self.context.account, Abilities())

    def has_templates(self, dialog: Dialog) -> bool:
        """Whether the client can be written to when nothing else may be."""
        return dialog.account in self.context.templating

    # ── cards ─────────────────────────────────────────────────────────────────────────────────────────

    async def card(
        self,
        operator: OperatorId,
        dialog: Dialog,
        *,
        anew: bool = False,
        silent: bool = False,
        urgency: Urgency = Urgency.CARD,
        menu: Menu | None = None,
    ) -> None:
        """Shows the card as it is now: edits the one that is there, or sends one (`anew`: sends in any case)."""
        if self.reader(operator) is None:
            return
        message = draw_card(self.phrases(operator), operator, dialog, await self._card_context(dialog), menu)
        sent, newest = card_at(dialog.id, operator), f"card:{dialog.id}"
        if not anew and operator in await self.view.shown(dialog.id):
            self.put(operator, SendEdit(sent, message), Urgency.CARD, newest=newest)
            return
        # As urgent as words it stands before a client's, and has its place.
        shared = newest if urgency is Urgency.CARD else None
        self.put(operator, SendMessage(sent, message, silent=silent), urgency, shared=shared)
        await self.view.show(dialog.id, operator)

    async def redraw(self, operators: Iterable[OperatorId], dialog: Dialog) -> None:
        """Edits the card for those of them who have it."""
        shown = await self.view.shown(dialog.id)
        for operator in sorted(shown.intersection(operators)):
            await self.card(operator, dialog)

    async def _card_context(self, dialog: Dialog) -> CardContext:
        line = self.view.lines.get(dialog.line)
        contact = await self.view.contact(dialog.account, dialog.contact)
        words = (await self.view.drawn(dialog.id)).get(ON_CARD) if dialog.owner is not None else None
        blocked = contact is not None and contact.blocked
        stopped = await queries.count_stopped(self.view.store, dialog.account, dialog.contact) if blocked else 0
        return CardContext(
            channel=self.channel(dialog),
            line=line.title if line is not None else dialog.line,
            names={one.id: one.name for one in self.view.people.values()},
            now=self.at,
            zone=self.context.zone,
            blocked=blocked,
            stopped=stopped,
            reachable=contact is None or contact.reachable,
            profile=None if contact is None else contact.profile,
            words=() if words is None else (words,),
            seniors=frozenset(one.id for one in self.seniors(dialog.line)),
            templates=self.has_templates(dialog),
        )

    # ── copies ────────────────────────────────────────────────────────────────────────────────────────

    def header(self, operator: Operator, dialog: Dialog) -> str | None:
        """What tells a copy from those of the operator's other dialogs; None where it could be no other's."""
        alone = operator.dialogs in ((), (dialog.id,)) and operator.current in (None, dialog.id)
        return None if alone else self.client(dialog)

    def client(self, dialog: Dialog) -> str:
        """The dialog's client as a line of text names them: where they write, who they are, which dialog."""
        return draw_header(dialog, self.channel(dialog))

    def channel(self, dialog: Dialog) -> str:
        """The kind of messenger that the dialog's client writes from; empty where the account is not known any more."""
        return self.context.channels.get(dialog.account, "")

    def _dated(self, operator: Operator, header: str | None, written: int) -> str | None:
        """The header with the moment of writing, where that was not just now."""
        if not written or self.at - written < LATE_MS:
            return header
        moment = self.phrases(operator.id).moment(written, self.at, self.context.zone)
        return f"🕓 {moment}" if header is None else f"{header} · {moment}"

    async def copy(self, operator: Operator, dialog: Dialog, run: Sequence[Received], *, changed: bool = False) -> None:
        """Gives the operator a client's message, or several that are one album; files are remembered, to follow."""
        for words in run:
            if words.message.media:
                await self.view.remember(dialog.id, words.id, words)
        header = self.header(operator, dialog)
        t, limits = self.phrases(operator.id), self.limits
        dated = self._dated(operator, header, run[0].message.at)
        album = None if changed else draw_album(t, [one.message for one in run], dated, limits=limits)
        if album is not None:
            first, *further = _places(run, operator.id)
            reply = await self._answered(run[0], operator.id)
            job = SendMessage(first, album, reply_to_sent=reply, album=tuple(further))
            self.put(operator.id, job)
            return
        for words in run:
            reply = copy_at(words.id, operator.id) if changed else await self._answered(words, operator.id)
            dated = self._dated(operator, header, words.message.at)
            for copy in draw_copy(t, words.message, dated, changed=changed, limits=limits):
                sent = copy_at(words.id, operator.id, copy.part)
                silent = copy.silent or words is not run[0]
                self.put(operator.id, SendMessage(sent, copy.message, silent=silent, reply_to_sent=reply))
                reply = None

    async def _answered(self, words: Received, operator: OperatorId) -> SentId | None:
        """What a client's message quotes, in the operator's chat."""
        quoted = words.message.reply_to.message if words.message.reply_to is not None else None
        return None if quoted is None else await self.place(operator, quoted)

    async def place(self, operator: OperatorId, message: MessageId) -> SentId:
        """Where a message stands in the operator's chat: their own words, or the copy of the client's."""
        copy = copy_at(message, operator)
        for one in (sent_to_client(message), copy, copy_at(message, operator, 1)):
            if await self.natives(operator, one):
                return one
        return copy

    async def natives(self, operator: OperatorId, sent: SentId) -> tuple[NativeId, ...]:
        return await natives_of(self.view.store, self.context.account, ContactId(operator), sent, self.at)

    async def sent(self, contact: ContactId, native: NativeId) -> SentId | None:
        """What a message in an operator's chat is."""
        found = await sent_of(self.view.store, self.context.account, [(contact, native)], self.at)
        return found.get((contact, native))

    # ── sentences, reactions, answers ─────────────────────────────────────────────────────────────────

    def say(
        self,
        operator: OperatorId,
        cause: str,
        told: str | Message,
        *,
        silent: bool = True,
        about: SentId | None = None,
        answers: NativeId | None = None,
        newest: str | None = None,
        urgency: Urgency = Urgency.WORDS,
        names: Sequence[DialogId] | None = None,
    ) -> None:
        """A sentence of the bot: in answer to something sent (`about`) or to a message in that chat (`answers`).

        `names`: whose clients stand in it, so that whoever answers it writes to them; None: the entry's own.
        """
        if isinstance(told, str):
            told = FormattedText().write(told).message(reply_to=None if answers is None else ReplyTo(native=answers))
        if names is None:
            names = () if self.dialog is None else (self.dialog.id,)
        job = SendMessage(
            notice_at(cause, operator), told, silent=silent, reply_to_sent=about, names=tuple(names[: MOST_NAMED + 1])
        )
        self.put(operator, job, urgency, newest=newest)

    def tell_admins(self, cause: str, draw: Callable[[Phrases], str], *, but: OperatorId | None = None) -> None:
        """The same sentence to every admin, each in their language."""
        for admin in self.admins(but):
            self.say(admin.id, f"{cause}{self.number}", draw(self.phrases(admin.id)), silent=False)

    def react(self, contact: ContactId, native: NativeId, emoji: str, newest: str) -> None:
        """Shows a state on the operator's own message."""
        job = SendReaction(native, emoji)
        self.put(OperatorId(contact), job, Urgency.COSMETIC, newest=newest)

    def confirm(self, origin: Origin | None) -> None:
        """Marks a typed command as done."""
        if origin is not None:
            self.react(origin.contact, origin.native, DONE, f"state:{origin.native}")

    def answer(self, operator: OperatorId, press: str, toast: str) -> None:
        """Ends a button's spinner, with a toast or without."""
        job = AnswerPress(press, cut(defused(toast), TOAST_LIMIT))
        self.put(operator, job, Urgency.NOW, expires_at=self.at + PRESS_MS)

    def delete(self, operator: OperatorId, sent: SentId) -> None:
        self.put(operator, SendDelete(sent), Urgency.CARD)

    def edit(self, operator: OperatorId, sent: SentId, message: Message) -> None:
        self.put(operator, SendEdit(sent, message), Urgency.CARD, newest=f"edit:{sent}")

    def put(
        self,
        operator: OperatorId,
        job: Outgoing,
        urgency: Urgency = Urgency.WORDS,
        *,
        newest: str | None = None,
        expires_at: int | None = None,
        shared: str | None = None,
        returns: bool = True,
    ) -> None:
        """Plans one send to this operator's chat; `returns`: they hear of it if it cannot be shown."""
        outbound = Outbound(
            contact=ContactId(operator),
            job=job,
            at=self.at,
            urgency=urgency,
            newest=newest,
            expires_at=expires_at,
            shared=shared,
            returns=returns and isinstance(job, SendMessage | SendEdit) and not is_last_word(job.sent),
        )
        self.view.send(self.context.account, outbound)


def _places(run: Sequence[Received], operator: OperatorId) -> list[SentId]:
    """How each picture of an album is known: a message of its own by its message, one of several by its number."""
    found = []
    for words in run:
        several = len(words.message.media) > 1
        found += [
            copy_at(words.id, operator, place if several else 0)
            for place, one in enumerate(words.message.attachments, 1)
            if isinstance(one, Media)
        ]
    return found
