"""A seeded walk over all that people can do: whatever the order, the invariants hold after each step."""

import random

import pytest

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.codec import decode, encode
from gateway.model.ids import AccountId, ContactId, DialogId, NativeId, OperatorId
from gateway.model.messages import Media, MediaKind, Message, Profile
from gateway.model.outgoing import DeliveryStatus
from gateway.model.state import DialogState

OPERATORS = [OperatorId("501"), OperatorId("502"), OperatorId("503")]
CONTACTS = [ContactId(f"90{number}") for number in range(4)]
SHOP = AccountId("shop")
STEPS = 400


def a_command(core, chance: random.Random, pending: list[e.ReplyAccepted | e.MessageReceived]) -> c.Command:
    """Any command that could arrive, sensible or not."""
    who, contact = chance.choice(OPERATORS), chance.choice(CONTACTS)
    number = DialogId(str(chance.randint(1, max(1, core.rows.number + 1))))
    row = core.rows.dialogs.get(number)
    version = chance.choice((row.version if row else 1, 1, 2))
    media = (Media(kind=MediaKind.PHOTO, remote="r"),) if chance.random() < 0.2 else ()
    message = Message(native=NativeId(str(chance.randint(1, 10_000))), text="слова", attachments=media)
    origin_native = NativeId(str(chance.randint(1, 10_000)))
    origin = c.Origin(contact=ContactId(who), native=origin_native)
    options = [
        lambda: c.Receive(contact=contact, message=message, profile=Profile(name=f"К{contact}")),
        lambda: c.Receive(contact=contact, message=message, profile=Profile(name=f"К{contact}")),
        lambda: c.ReceiveReach(contact=contact, reachable=chance.random() < 0.7),
        lambda: c.Claim(operator=who, dialog=number, version=version, press="p"),
        lambda: c.Claim(operator=who, dialog=number, version=version, press="p"),
        lambda: c.Decline(operator=who, dialog=number, version=version),
        lambda: c.Close(operator=who, dialog=number, version=version),
        lambda: c.Block(operator=who, dialog=number, version=version),
        lambda: c.Unblock(operator=who, dialog=number),
        lambda: c.WriteAgain(operator=who, dialog=number),
        lambda: c.Focus(operator=who, dialog=number),
        lambda: c.Reply(operator=who, message=message, origin=origin),
        lambda: c.Reply(operator=who, message=message, origin=origin, dialog=number),
        lambda: c.AddNote(operator=who, text="заметка", dialog=number),
        lambda: c.SetDuty(operator=who, on=chance.random() < 0.5),
        lambda: c.Expire(dialog=number, timer="auto_close", due=core.now),
    ]
    asks = core.rows.operators[who].asks
    if asks:
        options.append(lambda: c.Choose(operator=who, ask=asks[-1].ask, dialog=chance.choice([number, None])))
    if pending:
        one = pending[chance.randrange(len(pending))]
        media_of = one.message.media
        if media_of and media_of[0].file is not None:
            problem = "lost" if chance.random() < 0.2 else None
            options.append(lambda: c.RecordFile(message=one.id, file=media_of[0].file, size=1, problem=problem))
        elif isinstance(one, e.ReplyAccepted):
            options.append(lambda: c.RecordDelivery(contact=contact, message=one.id, status=DeliveryStatus.SENT))
    return chance.choice(options)()


def check(core, events: list[e.Event]) -> None:
    rows = core.rows
    open_by_contact: dict[tuple[str, str], int] = {}
    for dialog in rows.dialogs.values():
        if dialog.is_open:
            key = (dialog.account, dialog.contact)
            open_by_contact[key] = open_by_contact.get(key, 0) + 1
            assert rows.contacts[key].dialog == dialog.id
            assert (dialog.owner is None) == (dialog.state in (DialogState.NEW, DialogState.RETURNED))
        if dialog.owner is not None:
            assert dialog.backlog == ()
        owners = [one.id for one in rows.operators.values() if dialog.id in one.dialogs]
        assert owners == ([dialog.owner] if dialog.is_open and dialog.owner is not None else [])
        assert decode(encode(dialog), type(dialog)) == dialog
    assert all(count == 1 for count in open_by_contact.values())
    for operator in rows.operators.values():
        assert operator.current is None or operator.current in operator.dialogs
        assert operator.former is None or operator.former in operator.dialogs
    for event in events:
        if isinstance(event, e.ReplyAccepted):
            assert rows.dialogs[event.dialog].owner == event.operator
        if isinstance(event, e.CommandRefused):
            assert len(events) == 1, "a refusal changes nothing"


@pytest.mark.parametrize("seed", range(40))
def test_the_invariants_hold_after_every_step(core, seed):
    chance = random.Random(seed)
    pending: list[e.ReplyAccepted | e.MessageReceived] = []
    given: dict[DialogId, list[str]] = {}
    left: dict[DialogId, list[str]] = {}
    numbers: dict[DialogId, list[int]] = {}
    for _ in range(STEPS):
        events = core.when(a_command(core, chance, pending), after_ms=chance.randint(0, 30_000))
        check(core, events)
        for event in events:
            if isinstance(event, e.ReplyAccepted | e.MessageReceived):
                pending.append(event)
                numbers.setdefault(event.dialog, []).append(int(event.id.split(".")[1]))
            if isinstance(event, e.ReplyAccepted):
                given.setdefault(event.dialog, []).append(event.id)
                if not event.held:
                    left.setdefault(event.dialog, []).append(event.id)
            if isinstance(event, e.ReplyReleased):
                left.setdefault(event.dialog, []).append(event.id)
            if isinstance(event, e.DeliveryChanged) and event.status is DeliveryStatus.FAILED:
                given[event.dialog].remove(event.id)
    for dialog, order in left.items():
        assert order == [one for one in given[dialog] if one in order], "replies leave in the order they were given"
        assert len(set(order)) == len(order), "no reply leaves twice"
    for order in numbers.values():
        assert order == sorted(set(order)), "a message's number is used once and grows"
