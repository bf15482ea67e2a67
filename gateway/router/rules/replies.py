"""What operators say to clients: replies, their corrections, what is taken back, and emojis. Pure rules.

Words go where it is plain that they belong, or the bot asks; nothing of anybody else's is ever changed.
"""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.abilities import Loss
from gateway.model.commands import Purpose
from gateway.model.events import Refusal
from gateway.model.ids import MessageId, dialog_of, message_id, number_of
from gateway.model.messages import BUTTON_BYTES, QUICK_REPLY, Button, Message, Origin, ReplyTo, Unsupported
from gateway.model.state import Dialog, Operator, Waiting
from gateway.model.text import is_blank
from gateway.router.rules.degradation import foreseen
from gateway.router.rules.delivery import released
from gateway.router.rules.dialogs import taken
from gateway.router.rules.message_entry import with_files
from gateway.router.rules.permissions import Refuse, accepted, need_owner, still_open
from gateway.router.rules.questions import asked, asked_again, forgotten, waiting_at
from gateway.router.rules.quick_replies import mistyped
from gateway.router.rules.recipient import focus_changes, is_filling, recipient
from gateway.router.rules.windows import need_window
from gateway.router.state.rows import Rows

_LOSS = "l"
"""What the name of a question about a loss begins with: the same words may have been asked about before."""


def reply(rows: Rows, me: Operator, command: c.Reply, now: int) -> list[e.Event]:
    """Words to a client: by reply-to, to the current dialog, or the bot asks where it is not plain."""
    quoted = None if command.answers is None else ReplyTo(message=command.answers)
    message = replace(_sayable(command.message), reply_to=quoted)
    waits = (waiting for waiting in me.asks if message.group and waiting.message.group == message.group)
    album = next((one for one in waits if one.dialog is not None), None)
    if command.dialog is None and album is not None and album.dialog is not None:
        # Of an album only the first picture may say whom it answers.
        return _say(rows, me, still_open(rows, me, album.dialog), _Words(message, command.origin), now)
    fills = command.dialog is None and command.among is None and is_filling(me, now)
    dialog = None if fills else recipient(rows, me, command, group=message.group)
    if dialog is None:
        return asked(rows, me, command, now, purpose=None, message=message)
    said = _say(rows, me, dialog, _Words(message, command.origin), now)
    return [*said, *(focus_changes(me, dialog) if command.dialog is not None else ())]


def say_chosen(rows: Rows, me: Operator, dialog: Dialog, several: Sequence[Waiting], now: int) -> list[e.Event]:
    """Words that the bot has asked about, for the client whom the operator has chosen: all of them in their order.

    Raises:
        Refuse: it is somebody else's client, or one that cannot be told it.
    """
    _need_reach(rows, me, dialog, now)
    words = [_Words(one.message, one.origin) for one in several]
    losses = [(one, foreseen(rows.abilities_of(dialog), one.message, dialog)) for one in several]
    if any(mistyped(one.message) for one in several) or any(loss.is_change for _, found in losses for loss in found):
        # Of an album none goes before all may: its pictures belong together.
        first = _loss_asked(
            me, dialog, several[0].message, several[0].origin, tuple({loss: 0 for _, found in losses for loss in found})
        )
        further = [_loss_asked(me, dialog, one.message, one.origin, found) for one, found in losses[1:]]
        return [replace(first, beside=None), *(replace(one, beside=first.ask) for one in further)]
    return _said(me, dialog, words)


def edit_reply(rows: Rows, me: Operator, command: c.EditReply, now: int) -> list[e.Event]:
    """The operator corrected their own words: the client's copy is corrected too."""
    if command.message_id is None:
        return _edit_waiting(rows, me, command)
    dialog = still_open(rows, me, dialog_of(command.message_id))
    need_owner(dialog, me)
    _need_there(dialog, command.message_id)
    if not rows.abilities_of(dialog).edits and not _is_held(dialog, command.message_id):
        raise Refuse(Refusal.NO_EDITS, dialog)
    if number_of(command.message_id) in dialog.by_template:
        raise Refuse(Refusal.TEMPLATE_FIXED, dialog)
    if not _is_held(dialog, command.message_id):
        need_window(rows.contacts.get((dialog.account, dialog.contact)), dialog, now, words=False)
    message = replace(_sayable(command.message), reply_to=None)
    return [e.ReplyEdited(dialog=dialog.id, id=command.message_id, operator=me.id, message=message)]


def _edit_waiting(rows: Rows, me: Operator, command: c.EditReply) -> list[e.Event]:
    """Words that wait for an answer are corrected where they wait, and the question shows the new ones."""
    waiting = waiting_at(me, command.origin)
    if waiting is None or waiting.purpose not in {None, Purpose.NOTE}:
        raise Refuse(Refusal.NOT_OURS)
    new = _sayable(replace(command.message, attachments=waiting.message.attachments))
    message = replace(waiting.message, text=new.text, entities=new.entities, buttons=new.buttons)
    if waiting.dialog is None:
        return [asked_again(rows, me, waiting, message)]
    dialog = still_open(rows, me, waiting.dialog)
    losses = foreseen(rows.abilities_of(dialog), message, dialog)
    asked_about = _loss_asked(me, dialog, message, waiting.origin, losses)
    return [replace(asked_about, ask=waiting.ask, beside=waiting.beside, again=True)]


def delete_reply(rows: Rows, me: Operator, command: c.DeleteReply, now: int) -> list[e.Event]:
    """The operator takes their words back at the client; what still waited for its files never leaves."""
    if command.message_id is None:
        raise Refuse(Refusal.NOT_OURS)
    dialog = still_open(rows, me, dialog_of(command.message_id))
    need_owner(dialog, me)
    _need_there(dialog, command.message_id)
    if number_of(command.message_id) not in dialog.replies:
        raise Refuse(Refusal.NOT_OURS, dialog)
    if command.stop and command.message_id not in dialog.unsettled:
        # It has gone: what was meant as "do not send" must not become "take back".
        raise Refuse(Refusal.STALE, dialog)
    if not (command.stop or rows.abilities_of(dialog).deletes or _is_held(dialog, command.message_id)):
        raise Refuse(Refusal.NO_DELETES, dialog)
    behind = [one for one in dialog.held if one.id != command.message_id]
    deleted = e.ReplyDeleted(
        dialog=dialog.id,
        id=command.message_id,
        operator=me.id,
        origin=command.origin,
        held=len(behind) < len(dialog.held),
    )
    return [deleted, *released(rows, dialog, behind, now), *accepted(command, "delete_reply")]


def react(rows: Rows, me: Operator, command: c.React, now: int) -> list[e.Event]:
    """One emoji on a client's message, or none: only where the messenger's own id of it is still known."""
    if command.message_id is None:
        raise Refuse(Refusal.NOT_THEIRS)
    dialog = still_open(rows, me, dialog_of(command.message_id))
    need_owner(dialog, me)
    native = rows.originals.get((dialog.account, dialog.contact, command.message_id))
    number = number_of(command.message_id)
    if not native or number in dialog.replies or number in dialog.deleted:
        raise Refuse(Refusal.NOT_THEIRS, dialog)
    reactions = rows.abilities_of(dialog).reactions
    if not reactions.are_possible:
        raise Refuse(Refusal.NO_REACTIONS, dialog)
    if command.emoji and not reactions.takes(command.emoji):
        raise Refuse(Refusal.NO_SUCH_REACTION, dialog, detail=" ".join(sorted(reactions.emojis)))
    need_window(rows.contacts.get((dialog.account, dialog.contact)), dialog, now, words=False)
    put = e.ReactionPut(
        dialog=dialog.id,
        id=command.message_id,
        operator=me.id,
        native=native,
        emoji=command.emoji or None,
        origin=command.origin,
    )
    return [put, *accepted(command, "react")]


class _Words(NamedTuple):
    """What an operator wants a client to be told, and where they wrote it."""

    message: Message
    origin: Origin | None


def _say(rows: Rows, me: Operator, dialog: Dialog, words: _Words, now: int) -> list[e.Event]:
    """The words leave, or the bot asks first: what the channel changes must be known before it goes."""
    _need_reach(rows, me, dialog, now)
    if not rows.abilities_of(dialog).quotes and _only_addresses(me, dialog, words.message):
        words = words._replace(message=replace(words.message, reply_to=None))
    losses = foreseen(rows.abilities_of(dialog), words.message, dialog)
    if words.origin is not None and (mistyped(words.message) or any(one.is_change for one in losses)):
        question = _loss_asked(me, dialog, words.message, words.origin, losses)
        return [*forgotten(me, [question], now), question]
    return _said(me, dialog, [words])


def _only_addresses(me: Operator, dialog: Dialog, message: Message) -> bool:
    """Whether what is answered says whom the words are for, and no more: then no quote is missed at the client.

    It does where the operator has several clients, and where it is the newest that the client has written.
    """
    answered = message.reply_to.message if message.reply_to is not None else None
    if answered is None:
        return False
    ours = {*dialog.replies, *dialog.deleted}
    newer = range(number_of(answered) + 1, dialog.messages + 1)
    return len(me.dialogs) > 1 or all(number in ours for number in newer)


def say_agreed(rows: Rows, me: Operator, dialog: Dialog, agreed: Sequence[Waiting], now: int) -> list[e.Event]:
    """Words that may go as the channel takes them: the operator has said so. Raises Refuse."""
    _need_reach(rows, me, dialog, now)
    for one in agreed:
        foreseen(rows.abilities_of(dialog), one.message, dialog)
    chosen = [
        e.TargetChosen(operator=me.id, ask=one.ask, dialog=dialog.id, client=dialog.client, beside=one.beside)
        for one in agreed
    ]
    return [*chosen, *_said(me, dialog, [_Words(one.message, one.origin) for one in agreed], agreed=True)]


def _said(me: Operator, dialog: Dialog, several: Sequence[_Words], *, agreed: bool = False) -> list[e.Event]:
    events: list[e.Event] = [] if dialog.owner is not None else taken(dialog, me)
    waits = bool(dialog.held)
    for number, words in enumerate(several, dialog.messages + 1):
        identity = message_id(dialog.id, number)
        waits = waits or bool(words.message.media)
        events.append(
            e.ReplyAccepted(
                dialog=dialog.id,
                id=identity,
                operator=me.id,
                message=with_files(words.message, identity),
                origin=words.origin,
                held=waits,
                agreed=agreed,
                reads=None if dialog.owner is None or number > dialog.messages + 1 else dialog.unread,
            )
        )
    return events


def _need_reach(rows: Rows, me: Operator, dialog: Dialog, now: int) -> None:
    """Raises Refuse: it is not this operator's to say, or the client cannot be told anything."""
    if dialog.owner not in (me.id, None):
        raise Refuse(Refusal.TAKEN, dialog)
    contact = rows.contacts.get((dialog.account, dialog.contact))
    if contact is not None and not contact.reachable:
        raise Refuse(Refusal.UNREACHABLE, dialog)
    need_window(contact, dialog, now)


def _loss_asked(
    me: Operator, dialog: Dialog, message: Message, origin: Origin, losses: tuple[Loss, ...]
) -> e.LossAsked:
    """A question of its own, or one more picture of an album that is being asked about."""
    album = next(
        (
            one.ask
            for one in me.asks
            if one.dialog == dialog.id and one.beside is None and message.group and one.message.group == message.group
        ),
        None,
    )
    return e.LossAsked(
        operator=me.id,
        ask=f"{_LOSS}{origin.native}",
        dialog=dialog.id,
        client=dialog.client,
        message=message,
        origin=origin,
        losses=losses,
        beside=album,
        mistyped=mistyped(message),
    )


def _sayable(message: Message) -> Message:
    """The message, if a client can be told it.

    Raises:
        Refuse: it is empty, or holds something that cannot be passed on.
    """
    strange = next((one for one in message.attachments if isinstance(one, Unsupported)), None)
    if strange is not None:
        raise Refuse(Refusal.CANNOT_SEND_KIND, detail=strange.of)
    if is_blank(message.text) and not message.attachments:
        raise Refuse(Refusal.EMPTY)
    return replace(message, forwarded_from=None, buttons=_quick_replies(message))


def _quick_replies(message: Message) -> tuple[tuple[Button, ...], ...]:
    """The rows of quick replies; any other button (of a forwarded message, of some bot) stays behind.

    Raises:
        Refuse: one is longer than a button can carry.
    """
    rows = []
    for row in message.buttons:
        kept = tuple(one for one in row if (one.data or "").startswith(QUICK_REPLY))
        long = next((one for one in kept if len((one.data or "").encode()) > BUTTON_BYTES), None)
        if long is not None:
            raise Refuse(Refusal.BUTTON_TOO_LONG, detail=long.text)
        if kept:
            rows.append(kept)
    return tuple(rows)


def _is_held(dialog: Dialog, message: MessageId) -> bool:
    """Whether it has not left yet, and so can still be changed wherever it goes."""
    return any(one.id == message for one in dialog.held)


def _need_there(dialog: Dialog, message: MessageId) -> None:
    if number_of(message) in dialog.deleted:
        raise Refuse(Refusal.ALREADY_DELETED, dialog)
