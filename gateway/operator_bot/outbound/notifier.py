"""Turns the journal into sends to operators, exactly once: the outbox and the position move in one commit.

It never stops at an entry that cannot be told: after three tries that one is passed over, logged, counted, and
the admins hear of it once. While Redis is away or refuses something, and at what a newer gateway wrote, it waits.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from gateway.errors import LostLease, NewerVersion, StoreUnavailable
from gateway.model import events as e
from gateway.model.codec import decode
from gateway.model.events import Recorded
from gateway.model.ids import DialogId, OperatorId, SentId, dialog_of
from gateway.operator_bot.outbound import (
    block_news,
    desk_news,
    dialog_news,
    ending_news,
    file_news,
    mirroring_failures,
    people_news,
    queue_news,
    removals,
    reply_news,
    template_news,
    window_news,
)
from gateway.operator_bot.outbound.batch_view import BatchView
from gateway.operator_bot.outbound.entry_notifier import EntryNotifier, NotifierContext
from gateway.operator_bot.outbound.pending_attachments import advance
from gateway.operator_bot.outbound.pinned import pin
from gateway.operator_bot.texts.sentences import say_passed_over
from gateway.streams.connection import Store
from gateway.streams.journal import read_journal
from gateway.streams.ownership import Lease, commit, read_cursors

log = logging.getLogger("gateway.notifier")

NAME = "notifier"
"""The lease, and the cursor."""
PENDING = "coming"
"""The cursor that moves when something has waited long enough: the moment when it did."""
BATCH = 100
COMMANDS = 1000
"""Commands in one commit, about: a busy desk's batch is committed in pieces."""
BLOCK_MS = 1000
WAITING_BLOCK_MS = 200
"""While something waits for its files: how late it may be given at most."""
TRIES = 3
PAUSE_SECONDS = 0.2

Handler = Callable[[EntryNotifier, Any], Awaitable[None]]

HANDLERS: Mapping[type[Any], Handler] = {
    e.DialogOpened: dialog_news.opened,
    e.MessageReceived: dialog_news.received,
    e.MessageEdited: dialog_news.edited,
    e.AnsweredElsewhere: dialog_news.answered_elsewhere,
    e.MessageDeleted: dialog_news.deleted,
    e.ReactionChanged: dialog_news.reaction_changed,
    e.AttachmentStored: file_news.attachment_stored,
    e.AttachmentFailed: file_news.attachment_failed,
    e.DialogClaimed: dialog_news.claimed,
    e.DialogReleased: queue_news.released,
    e.DialogReviewed: queue_news.reviewed,
    e.LineUnattended: queue_news.line_unattended,
    e.HandedBack: queue_news.handed_back,
    e.PersonChanged: people_news.person_changed,
    e.OperatorDismissed: people_news.dismissed,
    e.DialogDeclined: dialog_news.declined,
    e.DialogClosed: dialog_news.closed,
    e.DialogRestored: ending_news.restored,
    e.ReplyAccepted: reply_news.reply_accepted,
    e.ReplyDeleted: reply_news.reply_deleted,
    e.ReactionPut: reply_news.reaction_put,
    e.ProfileChanged: dialog_news.profile_changed,
    e.DeliveryChanged: reply_news.delivery_changed,
    e.NoteAdded: reply_news.note_added,
    e.ContactBlocked: block_news.contact_blocked,
    e.ContactUnblocked: block_news.contact_blocked,
    e.ReachChanged: dialog_news.reach_changed,
    e.ContactMoved: dialog_news.contact_moved,
    e.WindowMoved: window_news.window_moved,
    e.WindowEnding: window_news.window_ending,
    e.WindowEnded: window_news.window_ended,
    e.TemplatesListed: template_news.templates_listed,
    e.TemplatePicked: template_news.template_picked,
    e.AccountParked: desk_news.account_parked,
    e.AccountResumed: desk_news.account_resumed,
    e.NoticeRaised: desk_news.notice_raised,
    e.OperatorEntered: desk_news.entered,
    e.OperatorGone: desk_news.gone,
    e.DutyChanged: desk_news.duty_changed,
    e.FocusChanged: desk_news.focus_changed,
    e.TargetAsked: desk_news.target_asked,
    e.LossAsked: desk_news.loss_asked,
    e.TargetChosen: desk_news.target_chosen,
    e.ViewAsked: desk_news.view_asked,
    e.CommandRefused: desk_news.command_refused,
    e.CopyRefused: mirroring_failures.copy_refused,
    e.PressAccepted: desk_news.press_accepted,
}
NOT_ANNOUNCED: tuple[type[Any], ...] = (
    e.ContactStarted,
    e.StatusHeard,
    e.ReplyReleased,
    e.ReplyEdited,
    e.EchoHeld,
    e.EchoKnown,
    e.AdminConfigured,
    e.InviteMade,
    e.InviteUsed,
    e.LineConfigured,
    e.TemplatesAsked,
)
"""Events that nobody is told of, on purpose; a test holds that every event is either here or above."""


class Notifier:
    """One per desk at a time, under the lease `notifier`."""

    def __init__(self, store: Store, context: NotifierContext) -> None:
        self._store, self._context = store, context
        self._position, self._moment, self._looked = 0, 0, -1
        self._failing, self._tries = 0, 0
        self._admins_told = False
        self._removed_at = 0
        self.passed_over = 0
        """Entries that could not be told since this process began."""

    @property
    def position(self) -> int:
        """The number of the last journal entry that is told and committed."""
        return self._position

    @property
    def looked(self) -> int:
        """Behind which entry it last looked for what had waited long enough; -1: not yet."""
        return self._looked

    async def run(self, lease: Lease) -> None:
        """Works until the lease is lost.

        Raises:
            LostLease: somebody else tells the journal now.
            StoreUnavailable: Redis is away, or refuses something, or a newer gateway wrote what comes next; take the
                lease again after a while.
        """
        self._looked = -1
        cursors = await read_cursors(self._store)
        self._position, self._moment = int(cursors.get(NAME, "0")), int(cursors.get(PENDING, "0"))
        log.info("notifier begins behind journal entry %d", self._position)
        while True:
            lease.check()
            is_waiting = await self._give_what_waited(lease)
            self._looked = self._position
            block_ms = WAITING_BLOCK_MS if is_waiting else BLOCK_MS
            entries = await read_journal(self._store, self._position, BATCH, block_ms)
            if entries:
                await self._tell_all(lease, entries)

    async def _give_what_waited(self, lease: Lease) -> bool:
        """Gives owners what has waited long enough for its files, and takes away what has been shown long enough.

        Answers whether more waits for files.
        """
        now, keys = self._context.clock(), self._store.keys
        due = ("ZRANGE", keys.removals, "-inf", now, "BYSCORE", "LIMIT", 0, removals.AT_ONCE, "WITHSCORES")
        is_waiting, overdue = await self._store.ask_all([("EXISTS", keys.coming), due])
        if now < self._removed_at + removals.EVERY_MS:
            overdue = []
        if not is_waiting and not overdue:
            return False
        view = await BatchView.open(self._store)
        for member, since in overdue:
            await self._remove(view, member.decode(), now - int(since))
            self._removed_at = now
        waiting = list(await view.waiting())
        for number in dict.fromkeys(dialog_of(one) for one in waiting):
            try:
                await self._advance(view, number, now)
            except (LostLease, StoreUnavailable):
                raise
            except Exception:
                log.exception("what waited in dialog %s cannot be told and is passed over", number)
                self.passed_over += 1
                for one in (one for one in waiting if dialog_of(one) == number):
                    await view.wait_no_more(one)
        if view.plan:
            moment = max(now, self._moment + 1)
            await commit(self._store, lease, [(PENDING, str(self._moment), str(moment))], view.plan)
            self._moment = moment
        return bool(await view.waiting())

    async def _remove(self, view: BatchView, member: str, late_ms: int) -> None:
        """Takes away from an operator's chat what a colleague takes care of, once."""
        view.plan.append(("ZREM", self._store.keys.removals, member))
        number, operator, sent = member.split(" ", 2)
        dialog = await view.dialog(DialogId(number))
        if dialog is not None:
            about = Recorded(event=e.NoticeRaised(None, NAME), at=self._context.clock(), cause="", dialog=dialog)
            notifier = EntryNotifier(self._context, view, self._position, about)
            await removals.remove(notifier, dialog, OperatorId(operator), SentId(sent), late_ms)

    async def _advance(self, view: BatchView, number: DialogId, now: int) -> None:
        dialog = await view.dialog(number)
        if dialog is not None:
            about = Recorded(event=e.NoticeRaised(None, NAME), at=now, cause="", dialog=dialog)
            await advance(EntryNotifier(self._context, view, self._position, about), dialog, now)
        else:
            for one in [one for one in await view.waiting() if dialog_of(one) == number]:
                await view.wait_no_more(one)

    async def _tell_all(self, lease: Lease, entries: Sequence[tuple[int, bytes]]) -> None:
        """Tells as many of the entries as go into one commit; the rest is read again."""
        view, told = await BatchView.open(self._store), self._position
        again, renamed, at = set[OperatorId](), False, 0
        for number, payload in entries:
            try:
                recorded = await self._tell(view, number, payload)
                at = recorded.at
                again |= _may_have_lost_the_line(recorded)
                renamed = renamed or isinstance(recorded.event, e.ProfileChanged | e.ContactMoved)
            except NewerVersion:
                await self._tell_before(lease, entries, number, told)
                raise
            except (LostLease, StoreUnavailable):
                raise
            except Exception as error:  # noqa: BLE001 - told, counted and passed over below
                # What the failed entry had planned already must not go out: those before it are told again, alone.
                await self._tell_before(lease, entries, number, told)
                await self._stumble(lease, number, error)
                return
            told = number
            if len(view.plan) > COMMANDS:
                break
        await pin(self._context, view, told, at, again=again, renamed=renamed)
        await self._commit(lease, view, told)

    async def _tell_before(self, lease: Lease, entries: Sequence[tuple[int, bytes]], number: int, told: int) -> None:
        """Tells what stands before an entry that cannot be told."""
        if told > self._position:
            await self._tell_all(lease, [one for one in entries if one[0] < number])

    async def _tell(self, view: BatchView, number: int, payload: bytes) -> Recorded:
        recorded = decode(payload, Recorded)
        news = HANDLERS.get(type(recorded.event))
        if news is not None:
            await news(EntryNotifier(self._context, view, number, recorded), recorded.event)
        return recorded

    async def _stumble(self, lease: Lease, number: int, error: Exception) -> None:
        self._tries = self._tries + 1 if self._failing == number else 1
        self._failing = number
        if self._tries < TRIES:
            log.warning("journal entry %d cannot be told, try %d", number, self._tries, exc_info=error)
            await asyncio.sleep(PAUSE_SECONDS)
            return
        log.error("journal entry %d cannot be told and is passed over", number, exc_info=error)
        self.passed_over += 1
        view = await BatchView.open(self._store)
        if not self._admins_told:
            notifier = EntryNotifier(
                self._context, view, number, Recorded(event=e.NoticeRaised(None, NAME), at=0, cause="")
            )
            notifier.tell_admins("passed", lambda t: say_passed_over(t, number))
        await self._commit(lease, view, number)
        self._admins_told = True

    async def _commit(self, lease: Lease, view: BatchView, told: int) -> None:
        await commit(self._store, lease, [(NAME, str(self._position), str(told))], view.plan)
        self._position = told


def _may_have_lost_the_line(recorded: Recorded) -> set[OperatorId]:
    """Who begins to work, and may have cleared their chat: the pinned line is told again, though it is the same."""
    match recorded.event:
        case e.DutyChanged(operator=operator, on=True) | e.OperatorEntered(operator=operator):
            return {operator}
        case _:
            return set()
