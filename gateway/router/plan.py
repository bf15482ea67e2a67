"""A batch's decisions as ordinary Redis commands: data for commit.lua, which runs all of them or none. Pure.

All policy about what is written where stands here; the script knows none.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from msgspec import Struct

from gateway.model import events as e
from gateway.model.codec import encode
from gateway.model.ids import (
    AccountId,
    ContactId,
    DialogId,
    LineId,
    MessageId,
    NativeId,
    OperatorId,
    SentId,
    naming,
    notice_at,
    sent_to_client,
)
from gateway.model.messages import FileState, Media, Message
from gateway.model.outgoing import (
    AnswerPress,
    Fetch,
    ListTemplates,
    Outbound,
    Outgoing,
    SendDelete,
    SendEdit,
    SendMessage,
    SendReaction,
    SendReadMark,
    SendTemplate,
    SendTyping,
    Urgency,
)
from gateway.model.state import Contact, Dialog
from gateway.router import timers
from gateway.router.rules.journal_view import view_of
from gateway.router.rules.windows import window_of
from gateway.router.state.rows import Changes, Rows
from gateway.streams.keys import Keys
from gateway.streams.message_texts import message_text_commands
from gateway.streams.native_ids import native_commands
from gateway.streams.scripts import RedisCommand

KEEP_CLOSED_SECONDS = 30 * 24 * 3600
"""How long a closed dialog's row stays, for stale buttons and for writing again; the archive remembers longer."""
KEEP_CONTACT_SECONDS = 180 * 24 * 3600
"""How long a contact's row stays when their dialog is over; the archive remembers longer. Who writes again after that
is met anew, and their history is there.
"""
TYPING_MS = 5_000
"""How long it is worth saying that somebody is about to answer."""
ANSWER_MS = 15_000
"""How long a press waits for its answer; vendors take none that is much later."""

HASH_WORDS = 2000
"""Fields and values in one HSET: pairs, and well below the limit of a script's command."""


class EventInContext(Struct, frozen=True):
    """An event with its moment and cause, and its dialog's row right after it."""

    event: e.Event
    at: int
    cause: str
    line: LineId | None
    dialog: Dialog | None


def plan(
    keys: Keys, rows: Rows, changes: Changes, happened: Sequence[EventInContext], *, sequence: int
) -> list[RedisCommand]:
    """The commands of one commit. `sequence` is the journal's last number; entries get the next ones."""
    said = {one.event.dialog for one in happened if isinstance(one.event, e.ReplyAccepted) and not one.event.held}
    return [
        *_rows(keys, rows, changes),
        *_journal(keys, happened, sequence),
        *_one_for_each_hash(command for one in happened for command in _natives(keys, one, rows)),
        *_one_for_each_hash(command for one in happened for command in _said(keys, one)),
        *(command for one in happened for command in _outbox(keys, rows, one)),
        *(command for one in happened for command in _typing_and_read_marks(keys, one, said)),
        *(command for one in happened for command in _blocked(keys, one.event)),
    ]


def _rows(keys: Keys, rows: Rows, changes: Changes) -> Iterator[RedisCommand]:
    for number, before in changes.dialogs.items():
        yield from _dialog(keys, rows, before, rows.dialogs[number])
    for contact in changes.contacts:
        yield from _contact(keys, rows.contacts[contact])
    for operator in changes.operators:
        yield ("HSET", keys.people, operator, encode(rows.operators[operator]))
    for line in changes.lines:
        yield ("HSET", keys.lines, line, encode(rows.lines[line]))
        yield from timers.line_timers(keys, rows.lines[line])
    for digest in changes.invites:
        invite = rows.invites.get(digest)
        yield ("HDEL", keys.invites, digest) if invite is None else ("HSET", keys.invites, digest, encode(invite))
    for account in changes.templates:
        yield ("HSET", keys.templates, account, encode(rows.templates[account]))
    if changes.number is not None:
        yield ("HSET", keys.desk, "number", changes.number)


def _contact(keys: Keys, row: Contact) -> Iterator[RedisCommand]:
    """One whose dialog is open and one who is blocked stay; anybody else's row goes when nobody has heard of them for
    long. The ids before are theirs for as long as they are here themselves.
    """
    key = keys.contact(row.account, row.id)
    yield ("HSET", key, "row", encode(row), "blocked", int(row.blocked))
    if row.blocked or row.dialog is not None:
        yield ("PERSIST", key)
    else:
        yield ("EXPIRE", key, KEEP_CONTACT_SECONDS)
    stays = row.blocked or row.dialog is not None
    for former in row.former if row.now is None else ():
        one = keys.contact(row.account, former)
        yield ("PERSIST", one) if stays else ("EXPIRE", one, KEEP_CONTACT_SECONDS)


def _blocked(keys: Keys, event: e.Event) -> Iterator[RedisCommand]:
    """A block counts from its own beginning."""
    if isinstance(event, e.ContactBlocked):
        yield ("HDEL", keys.contact(event.account, event.contact), "stopped")
        yield ("DEL", keys.stopped(event.account, event.contact))


def _dialog(keys: Keys, rows: Rows, before: Dialog | None, after: Dialog) -> Iterator[RedisCommand]:
    if after.is_open:
        yield ("SET", keys.dialog(after.id), encode(after))
    else:
        yield ("SET", keys.dialog(after.id), encode(after), "EX", KEEP_CLOSED_SECONDS)
    yield from _queued(keys, before, after)
    yield from _owned(keys, before, after)
    yield from timers.changed(keys, timers.armed(rows, before), timers.armed(rows, after))


def _queued(keys: Keys, before: Dialog | None, after: Dialog) -> Iterator[RedisCommand]:
    """The queue of all lines, and the line's own."""
    stood = None if before is None else before.queued_since
    stands, moves = after.queued_since, before is not None and before.line != after.line
    if before is not None and stood is not None and (stands is None or moves):
        yield ("ZREM", keys.waiting_on(before.line), after.id)
    if stands is None and stood is not None:
        yield ("ZREM", keys.waiting, after.id)
    elif stands is not None and (stands != stood or moves):
        yield ("ZADD", keys.waiting, stands, after.id)
        yield ("ZADD", keys.waiting_on(after.line), stands, after.id)


def _owned(keys: Keys, before: Dialog | None, after: Dialog) -> Iterator[RedisCommand]:
    had = before.owner if before is not None and before.is_open else None
    has = after.owner if after.is_open else None
    if had is not None and had != has:
        yield ("ZREM", keys.mine(had), after.id)
    if has is not None and had != has:
        yield ("ZADD", keys.mine(has), after.claimed_at or after.opened_at, after.id)


def _journal(keys: Keys, happened: Sequence[EventInContext], sequence: int) -> Iterator[RedisCommand]:
    for number, one in enumerate(happened, sequence + 1):
        view = view_of(one.dialog, one.event)
        recorded = e.Recorded(event=one.event, at=one.at, cause=one.cause, line=one.line, dialog=view)
        yield ("XADD", keys.journal, f"{number}-0", "p", encode(recorded))


def _natives(keys: Keys, one: EventInContext, rows: Rows) -> Iterator[RedisCommand]:
    """What later edits, quotes and reactions will find their message by."""
    match one.event:
        case e.MessageReceived(id=identity, message=message, press=None) if one.dialog is not None and message.native:
            # A pressed button is no message at the messenger: nothing there could be quoted or reacted to.
            dialog = one.dialog
            yield from native_commands(
                keys, dialog.account, dialog.contact, SentId(identity), (message.native,), one.at
            )
        case e.AnsweredElsewhere(id=identity, message=message) if one.dialog is not None and message.native:
            dialog = one.dialog
            yield from native_commands(
                keys, dialog.account, dialog.contact, SentId(identity), (message.native,), one.at
            )
        case e.DeliveryChanged(id=identity, native=str() as native) if one.dialog is not None:
            # The answer to its send may be lost; several ids of one message stand as its send told them.
            if rows.message_known_as(one.dialog.account, one.dialog.contact, native) is None:
                yield from native_commands(
                    keys, one.dialog.account, one.dialog.contact, sent_to_client(identity), (native,), one.at
                )
        case e.EchoKnown(id=str() as identity, natives=natives) if one.dialog is not None:
            dialog, sent = one.dialog, sent_to_client(identity)
            yield from native_commands(keys, dialog.account, dialog.contact, sent, natives, one.at)
        case e.NoteAdded(dialog=number, operator=operator, origin=origin) if origin is not None:
            # An answer to a note is for the client that it is about; the note itself never is.
            sent = naming(notice_at("note", operator), [number])
            yield from native_commands(keys, rows.staff, origin.contact, sent, (origin.native,), one.at)
        case e.ReplyAccepted(id=identity, origin=origin) if origin is not None:
            yield from native_commands(
                keys, rows.staff, origin.contact, sent_to_client(identity), (origin.native,), one.at
            )
        case _:
            return


def _said(keys: Keys, one: EventInContext) -> Iterator[RedisCommand]:
    """What a later edit of a client's words will be compared with."""
    match one.event:
        case e.MessageReceived(id=identity, message=message, press=None) if message.native:
            yield from message_text_commands(keys, identity, message)
        case e.MessageEdited(id=str() as identity, message=message) if one.dialog is not None:
            yield from message_text_commands(keys, MessageId(identity), message)
        case _:
            return


def _one_for_each_hash(commands: Iterable[RedisCommand]) -> Iterator[RedisCommand]:
    """The same of HSET and EXPIRE in few commands, for a batch's messages mostly share a hash."""
    pairs: dict[str | int | bytes, list[bytes | str | int]] = {}
    others: dict[RedisCommand, None] = {}
    for command in commands:
        if command[0] == "HSET":
            pairs.setdefault(command[1], []).extend(command[2:])
        else:
            others[command] = None
    for key, words in pairs.items():
        for start in range(0, len(words), HASH_WORDS):
            yield ("HSET", key, *words[start : start + HASH_WORDS])
    yield from others


def _outbox(keys: Keys, rows: Rows, one: EventInContext) -> Iterator[RedisCommand]:
    """What people are told, and what must be fetched for them."""
    dialog, event = one.dialog, one.event
    if isinstance(event, e.NoticeRaised) and event.account is not None and event.press and event.contact:
        answer = AnswerPress(event.press) if event.chosen is None else _chosen(event.press, event.chosen, event.native)
        yield _answer(keys, event.account, event.contact, answer, one.at)
    if dialog is None:
        return
    match event:
        case e.MessageReceived(message=message, press=press):
            yield from _fetches(keys, dialog.account, one, message)
            if press is not None:
                native = None if message.reply_to is None else message.reply_to.native
                yield _answer(keys, dialog.account, dialog.contact, _chosen(press, message.text, native), one.at)
        case e.MessageEdited(message=message) | e.AnsweredElsewhere(message=message):
            yield from _fetches(keys, dialog.account, one, message)
        case e.ReplyAccepted(message=message, held=held):
            yield from _fetches(keys, rows.staff, one, message)
            if not held:
                yield _send(keys, rows, dialog, event, one.at)
        case e.ReplyReleased():
            yield _send(keys, rows, dialog, event, one.at)
        case e.ReplyEdited(id=identity, message=message) if all(held.id != identity for held in dialog.held):
            job = SendEdit(sent=sent_to_client(identity), message=message)
            yield _put(keys, dialog, job, one.at, expires_at=_ordinary_end(dialog))
        case e.TemplatesAsked(operator=operator):
            yield _list_templates(keys, dialog, operator, one.at)
        case e.ReplyDeleted(id=identity, held=False):
            yield _put(keys, dialog, SendDelete(sent=sent_to_client(identity)), one.at)
        case e.ReactionPut(id=identity, native=native, emoji=emoji):
            put = SendReaction(native=native, emoji=emoji)
            how = {"urgency": Urgency.COSMETIC, "newest": f"reaction:{identity}"}
            yield _put(keys, dialog, put, one.at, expires_at=_ordinary_end(dialog), **how)
        case _:
            return


def _typing_and_read_marks(keys: Keys, one: EventInContext, said: AbstractSet[DialogId]) -> Iterator[RedisCommand]:
    """That their words were read, and that somebody is about to answer. `said`: dialogs where the answer leaves now."""
    dialog, event = one.dialog, one.event
    if dialog is None or not isinstance(event, e.DialogClaimed | e.ReplyAccepted):
        return
    ends = _ordinary_end(dialog)
    if ends is not None and one.at >= ends:
        return
    if event.reads is not None:
        mark, how = SendReadMark(native=event.reads), {"urgency": Urgency.COSMETIC, "newest": "read"}
        yield _put(keys, dialog, mark, one.at, expires_at=ends, **how)
    if isinstance(event, e.DialogClaimed):
        types = dialog.id not in said
    else:
        # A version above the first was claimed, so there were words; else these may be the first of either side.
        types = event.held and (event.reads is not None or dialog.version > 1)
    if types:
        until = min(one.at + TYPING_MS, ends or one.at + TYPING_MS)
        yield _put(
            keys, dialog, SendTyping(event.reads), one.at, urgency=Urgency.COSMETIC, newest="typing", expires_at=until
        )


def _send(keys: Keys, rows: Rows, dialog: Dialog, said: e.ReplyAccepted | e.ReplyReleased, at: int) -> RedisCommand:
    if (template := said.template) is not None:
        approved = SendTemplate(sent_to_client(said.id), template.name, template.language, template.values)
        return _put(keys, dialog, approved, at, report=True)
    message, operator = said.message, said.operator
    quoted = message.reply_to.message if message.reply_to is not None else None
    author = rows.operators.get(operator) if operator is not None else None
    job = SendMessage(
        sent=sent_to_client(said.id),
        message=message,
        reply_to_sent=None if quoted is None else SentId(quoted),
        author=None if author is None else author.name,
        agreed=said.agreed,
    )
    return _put(keys, dialog, job, at, report=True, window=window_of(rows, dialog))


def _ordinary_end(dialog: Dialog) -> int | None:
    """Until when the vendor takes what no person's hand is needed for."""
    return None if dialog.window is None else dialog.window.until


def _list_templates(keys: Keys, dialog: Dialog, operator: OperatorId, at: int) -> RedisCommand:
    """Has the vendor asked."""
    outbound = Outbound(contact=dialog.contact, job=ListTemplates(dialog.id, operator), at=at)
    return ("XADD", keys.outbox(dialog.account), "*", "p", encode(outbound))


def _chosen(press: str, words: str, native: NativeId | None) -> AnswerPress:
    """Shows what was chosen, at once and in the place of the buttons."""
    return AnswerPress(press, f"✅ {words}", native=native, chosen=words)


def _answer(keys: Keys, account: AccountId, contact: ContactId, answer: AnswerPress, at: int) -> RedisCommand:
    """Ends a pressed button's spinner."""
    outbound = Outbound(contact=contact, job=answer, at=at, expires_at=at + ANSWER_MS)
    return ("XADD", keys.outbox(account), "*", "p", encode(outbound))


def _put(keys: Keys, dialog: Dialog, job: Outgoing, at: int, **how: Any) -> RedisCommand:  # noqa: ANN401 - Outbound's
    """One thing for the dialog's client."""
    outbound = Outbound(contact=dialog.contact, job=job, at=at, **how)
    return ("XADD", keys.outbox(dialog.account), "*", "p", encode(outbound))


def _fetches(keys: Keys, account: AccountId, one: EventInContext, message: Message) -> Iterator[RedisCommand]:
    """A durable job per attachment whose bytes are still at the vendor."""
    said = e.MessageReceived | e.MessageEdited | e.AnsweredElsewhere | e.ReplyAccepted
    if not isinstance(one.event, said) or one.event.id is None:
        return
    for media in message.attachments:
        if isinstance(media, Media) and media.state is FileState.REMOTE and media.file is not None:
            job = Fetch(message=one.event.id, file=media.file, media=media)
            contact = one.dialog.contact if one.dialog is not None else ContactId("")
            yield ("XADD", keys.outbox(account), "*", "p", encode(Outbound(contact=contact, job=job, at=one.at)))
