"""The bot's questions to an operator: whom is it for, may it go like this; and their answers. Pure.

Words that wait for an answer are bounded, and what falls out is an event: nothing of an operator's is dropped in
silence.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.codec import dump
from gateway.model.commands import Purpose
from gateway.model.events import Refusal
from gateway.model.ids import DialogId
from gateway.model.messages import Message, Origin
from gateway.model.state import Operator, Waiting
from gateway.router.rules.permissions import Refuse, accepted
from gateway.router.rules.recipient import choices, is_filling
from gateway.router.state.rows import Rows

MOST = 50
"""Words of one operator that wait for an answer."""
MOST_BYTES = 64 * 1024
KEEP_MS = 24 * 3600 * 1000
"""How long words wait for it."""


def asked(
    rows: Rows,
    me: Operator,
    command: c.Staff,
    now: int,
    *,
    purpose: Purpose | None,
    message: Message,
    values: tuple[str, ...] = (),
) -> list[e.Event]:
    """Asks whom it is for; further pictures of an album join the question about its first.

    Raises:
        Refuse: there is nobody to choose from, or nowhere to ask.
    """
    found = choices(rows, me, command.among)
    says = purpose is None and command.among is None
    filling = me.filling if says and is_filling(me, now) else None
    album = _album(me, message)
    if command.origin is None or not (found or filling):
        raise Refuse(Refusal.NO_CURRENT if command.among is None else Refusal.NOT_OURS)
    question = e.TargetAsked(
        operator=me.id,
        ask=command.origin.native,
        message=message,
        origin=command.origin,
        choices=found,
        purpose=purpose,
        values=values,
        beside=album,
        filling=filling,
        among=command.among or (),
    )
    gone = forgotten(me, [question], now)
    if any(isinstance(one, e.TargetChosen) and one.ask == album for one in gone):
        question = replace(question, beside=None)
    return [*gone, question]


def forgotten(me: Operator, asking: Sequence[e.TargetAsked | e.LossAsked], now: int) -> list[e.Event]:
    """The questions that make room for new ones: those too old, then the oldest; each with all that hangs on it."""
    kept = list(me.asks)
    left = sum(size_of(one.message) for one in asking)
    gone: list[Waiting] = []
    while kept and (
        now - kept[0].at >= KEEP_MS
        or len(kept) + len(asking) > MOST
        or left + sum(size_of(one.message) for one in kept) > MOST_BYTES
    ):
        first = kept[0]
        gone += [one for one in kept if first.ask in {one.ask, one.beside}]
        kept = [one for one in kept if first.ask not in {one.ask, one.beside}]
    return [
        e.TargetChosen(operator=me.id, ask=one.ask, beside=one.beside, forgotten=one.message, origin=one.origin)
        for one in gone
    ]


def size_of(message: Message) -> int:
    """Bytes that words take in an operator's row."""
    return len(dump(message))


def waiting_at(me: Operator, origin: Origin | None) -> Waiting | None:
    """The words that were written there and wait for an answer."""
    return next((one for one in me.asks if origin is not None and one.origin == origin), None)


def asked_again(
    rows: Rows, me: Operator, one: Waiting, message: Message, *, values: tuple[str, ...] = (), page: int = 0
) -> e.TargetAsked:
    """The same question about the words as the operator has corrected them, or another page of its choices."""
    return e.TargetAsked(
        operator=me.id,
        ask=one.ask,
        message=message,
        origin=one.origin,
        choices=choices(rows, me, one.among),
        purpose=one.purpose,
        values=values,
        beside=one.beside,
        filling=one.filling,
        again=True,
        among=one.among,
        page=page,
    )


def turned_over(rows: Rows, me: Operator, command: c.TurnChoices) -> list[e.Event]:
    """Another page of the clients whom a question offers, as they are now.

    Raises:
        Refuse: the question is answered, or asks something else.
    """
    first = answered(me, command.ask)[0]
    if first.dialog is not None:
        raise Refuse(Refusal.ASK_GONE)
    again = asked_again(rows, me, first, first.message, values=first.values, page=command.page)
    return [again, *accepted(command, "look")]


def answered(me: Operator, ask: str) -> list[Waiting]:
    """The words that a question is about: those it names, and all that hangs on it. Raises Refuse."""
    waiting = next((one for one in me.asks if one.ask == ask), None)
    if waiting is None:
        raise Refuse(Refusal.ASK_GONE)
    return [waiting, *(one for one in me.asks if one.beside == waiting.ask)]


def chosen(me: Operator, several: Sequence[Waiting], dialog: DialogId | None, client: str = "") -> list[e.Event]:
    """The question is answered: for this client, or for nobody."""
    return [
        e.TargetChosen(operator=me.id, ask=one.ask, dialog=dialog, client=client, beside=one.beside) for one in several
    ]


def _album(me: Operator, message: Message) -> str | None:
    """The question about the album that this picture is of."""
    if message.group is None:
        return None
    same = (one for one in me.asks if one.dialog is None and one.beside is None and one.message.group == message.group)
    return next((one.ask for one in same), None)
