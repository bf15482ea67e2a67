"""A seeded walk over all that people can do: whatever the order, the invariants hold after each step."""

import random

import pytest

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.abilities import Abilities, MediaRule, Reactions
from gateway.model.codec import decode, encode
from gateway.model.commands import Role
from gateway.model.ids import (
    AccountId,
    ContactId,
    DialogId,
    LineId,
    MessageId,
    NativeId,
    OperatorId,
    dialog_of,
    number_of,
)
from gateway.model.messages import Button, Media, MediaKind, Message, Origin, Profile, Visit, Window
from gateway.model.outgoing import (
    AnswerPress,
    DeliveryStatus,
    SendDelete,
    SendEdit,
    SendMessage,
    SendReaction,
    SendReadMark,
    SendTemplate,
    SendTyping,
    Template,
    Urgency,
)
from gateway.model.state import DialogState, Line
from gateway.model.timers import Timer
from gateway.router.rules.questions import MOST
from gateway.router.timers import deadlines

POOR = Abilities(
    media={
        MediaKind.PHOTO: MediaRule(limit=1_000_000, goes_as=MediaKind.DOCUMENT),
        MediaKind.DOCUMENT: MediaRule(limit=1_000_000),
    },
    edits=False,
    deletes=False,
    reactions=Reactions(),
)
"""A channel that carries little: every other walk goes through it."""
OPERATORS = [OperatorId("501"), OperatorId("502"), OperatorId("503")]
CONTACTS = [ContactId(f"90{number}") for number in range(4)]
SHOP = AccountId("shop")
LINES = (LineId("sales"), LineId("service"))
TEMPLATES = (Template("ready", "ru", "Заказ {{1}} готов", 1), Template("hello", "ru", "Здравствуйте!", 0))
STEPS = 400


def a_command(core, chance: random.Random, pending: list[e.ReplyAccepted | e.MessageReceived]) -> c.Command:
    """Any command that could arrive, sensible or not."""
    who, contact = chance.choice(OPERATORS), chance.choice(CONTACTS)
    number = DialogId(str(chance.randint(1, max(1, core.rows.number + 1))))
    row = core.rows.dialogs.get(number)
    version = chance.choice((row.version if row else 1, 1, 2))
    media = (Media(kind=MediaKind.PHOTO, remote="r"),) if chance.random() < 0.2 else ()
    buttons = ((Button("Да", data="q:Да"), Button("x", data="other")),) if chance.random() < 0.2 else ()
    native = NativeId(str(chance.randint(1, 10_000)))
    message = Message(native=native, text="слова", attachments=media, buttons=buttons)
    ends = core.now + chance.randint(-60_000, 600_000)
    window = chance.choice((None, Window(ends), Window(ends, ends + 300_000)))
    timers = deadlines(row, core.rows.line_of(row), core.rows.owner_of(row)) if row else {}
    visit = chance.choice((None, Visit(url=f"https://shop.example.com/{chance.randint(1, 3)}")))
    about = MessageId(f"{number}.{chance.randint(1, 6)}")
    if pending and chance.random() < 0.7:
        about = pending[-chance.randint(1, min(4, len(pending)))].id
        who = core.dialog(dialog_of(about)).owner or who
    profile = Profile(name=f"К{contact}", email=chance.choice((None, f"{contact}@example.com")))
    origin_native = NativeId(str(chance.randint(1, 10_000)))
    origin = Origin(contact=ContactId(who), native=origin_native)
    options = [
        lambda: c.Receive(contact=contact, message=message, profile=profile, visit=visit),
        lambda: c.Receive(contact=contact, message=message, profile=profile, visit=visit),
        lambda: c.Receive(contact=contact, message=message, profile=profile, window=window),
        lambda: c.ReceiveReaction(contact=contact, native=native, emojis=("👍",), window=window),
        lambda: c.ReceiveRead(contact=contact, message=about),
        lambda: c.ReceiveRead(contact=contact, message=MessageId(chance.choice(["", "1", "1.1#1", "1.0"]))),
        lambda: c.ReceiveStatus(contact, native, chance.choice(list(DeliveryStatus)), message=about),
        lambda: c.ReceiveStatus(contact, native, chance.choice(list(DeliveryStatus))),
        lambda: c.ReceiveAlias(contact=contact, former=chance.choice([*core.rows.contacts, (SHOP, "77")])[1]),
        lambda: c.Receive(contact=contact, message=message, also=ContactId(f"hidden {contact}")),
        lambda: c.ReceivePress(contact=contact, press=str(native), data=chance.choice(["q:Да", "q:", "1:claim:1"])),
        lambda: c.ReceiveProfile(contact=contact, profile=Profile(name=chance.choice(["", "Имя"]), link="l")),
        lambda: c.ReceiveReach(contact=contact, reachable=chance.random() < 0.7),
        lambda: c.Claim(operator=who, dialog=number, version=version, press="p"),
        lambda: c.Claim(operator=who, dialog=number, version=version, press="p"),
        lambda: c.Decline(operator=who, dialog=number, version=version),
        lambda: c.Close(operator=who, dialog=number, version=version),
        lambda: c.Close(operator=who, dialog=chance.choice([number, None]), origin=origin),
        lambda: c.Close(operator=who, dialog=number, version=version, press="p"),
        lambda: c.Undo(operator=who, dialog=number, version=row.version if row else 1, press="p"),
        lambda: c.Undo(operator=who, dialog=number, version=row.version if row else 1, press="p"),
        lambda: c.AddNote(operator=who, text="заметка", origin=origin),
        lambda: c.SayTemplate(operator=who, template="hello", origin=origin),
        lambda: c.Reply(operator=who, message=message, origin=origin, among=chance.choice([(), (number,)])),
        lambda: c.EditReply(operator=who, message_id=None, message=message, origin=origin),
        lambda: c.EditReply(operator=who, message_id=about, message=message),
        lambda: c.DeleteReply(operator=who, message_id=about, origin=origin),
        lambda: c.React(operator=who, message_id=about, emoji=chance.choice(["👍", None])),
        lambda: c.Block(operator=who, dialog=number, version=version),
        lambda: c.Unblock(operator=who, dialog=number),
        lambda: c.WriteAgain(operator=who, dialog=number),
        lambda: c.Focus(operator=who, dialog=number),
        lambda: c.Reply(operator=who, message=message, origin=origin),
        lambda: c.Reply(operator=who, message=message, origin=origin, dialog=number),
        lambda: c.AddNote(operator=who, text="заметка", dialog=number),
        lambda: c.SetDuty(operator=who, on=chance.random() < 0.5),
        lambda: c.Release(operator=who, dialog=number, version=version),
        lambda: c.Release(operator=who, dialog=chance.choice([number, None]), origin=origin),
        lambda: c.TakeOver(operator=who, dialog=number, version=version, press="p"),
        lambda: c.HandBack(operator=who, back=chance.random() < 0.5, press="p"),
        lambda: c.Leave(operator=who, gone=chance.random() < 0.3),
        lambda: c.Dismiss(operator=who, person=chance.choice(OPERATORS)),
        lambda: c.ChangePerson(operator=who, person=chance.choice(OPERATORS), role=chance.choice(list(Role))),
        lambda: c.ChangePerson(operator=who, person=chance.choice(OPERATORS), turns=chance.choice(LINES)),
        lambda: c.MakeInvite(
            operator=who, digest="d", role=chance.choice(list(Role)), lines=LINES[:1], expires_at=core.now + 10**8
        ),
        lambda: c.Enter(operator=chance.choice(OPERATORS), profile=Profile(name="Имя"), invite="d"),
        lambda: c.Enter(operator=chance.choice(OPERATORS), profile=Profile(name="Имя"), invite=None),
        lambda: c.Expire(dialog=number, timer="auto_close", due=core.now),
        lambda: c.Expire(dialog=number, timer=Timer.WINDOW, due=timers.get(Timer.WINDOW, core.now)),
        lambda: c.RecordTemplates(number, who, TEMPLATES, chance.choice((None, "later"))),
        lambda: c.Look(operator=who, view=c.View.TEMPLATES, dialog=number),
        lambda: c.PickTemplate(operator=who, dialog=number, template=chance.choice(TEMPLATES).id),
        lambda: c.SayTemplate(operator=who, dialog=number, template="ready", values=("5",), origin=origin),
    ]
    asks = core.rows.operators[who].asks
    if asks:
        one_asked = chance.choice(asks)
        options.append(lambda: c.Choose(operator=who, ask=asks[-1].ask, dialog=chance.choice([number, None])))
        options.append(
            lambda: c.Choose(operator=who, ask=one_asked.ask, dialog=number, by_template=chance.random() < 0.2)
        )
    if pending:
        one = pending[chance.randrange(len(pending))]
        media_of = one.message.media
        if media_of and media_of[0].file is not None:
            problem = "lost" if chance.random() < 0.2 else None
            options.append(lambda: c.RecordFile(message=one.id, file=media_of[0].file, size=1, problem=problem))
        elif isinstance(one, e.ReplyAccepted) and one.id not in {held.id for held in core.dialog(one.dialog).held}:
            status = chance.choice(list(DeliveryStatus))
            options.append(lambda: c.RecordDelivery(contact=contact, message=one.id, status=status))
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
        assert list(dialog.replies) == sorted(set(dialog.replies))
        assert not set(dialog.replies) & set(dialog.deleted)
        assert not {number_of(one.id) for one in dialog.held} - set(dialog.replies), "what is held was not taken back"
        assert all(number_of(one.id) > dialog.read_to or dialog.read_to == 0 for one in dialog.held[:1])
    assert all(count == 1 for count in open_by_contact.values())
    check_that_nobody_is_stranded(core)
    for operator in rows.operators.values():
        assert operator.current is None or operator.current in operator.dialogs
        assert len(operator.asks) <= MOST
    for event in events:
        if isinstance(event, e.ReplyAccepted):
            assert rows.dialogs[event.dialog].owner == event.operator
        if isinstance(event, e.CommandRefused):
            assert len(events) == 1, "a refusal changes nothing"
        if isinstance(event, e.DialogRestored):
            row = rows.dialogs[event.dialog]
            assert row.is_open
            assert row.undoable is None
            assert core.left == []
        if isinstance(event, e.MessageReceived):
            assert (
                rows.dialogs[event.dialog].client
                == rows.contacts[(SHOP, rows.dialogs[event.dialog].contact)].profile.name
            )


def check_that_nobody_is_stranded(core) -> None:
    """Every open dialog is shown to somebody who may answer it, or stands in the queue; and if not, a clock has it."""
    rows = core.rows
    queued = {one.id: one.line for one in rows.dialogs.values() if one.is_open and one.owner is None}
    assert {one: line for line, queue in rows.waiting.items() for one in queue} == queued
    for dialog in rows.dialogs.values():
        if not dialog.is_open:
            continue
        running, owner = core.deadlines(dialog.id), rows.owner_of(dialog)
        if owner is None:
            assert not dialog.waits or Timer.REVIEW in running, "a client who waits is looked after"
        elif not (owner.is_in and owner.serves(dialog.line)):
            assert running[Timer.ABSENCE] <= core.now, "who is away for good keeps no client"
        elif not owner.on_duty and dialog.waits:
            assert Timer.ABSENCE in running, "who is off duty keeps no client who waits for longer than the line allows"


def check_what_leaves(core, events: list[e.Event]) -> None:
    """Whatever goes to a client has a reason among the events, and only words are reported on."""
    kinds = {type(one) for one in events}
    for outbound in core.left:
        job = outbound.job
        assert outbound.report == isinstance(job, SendMessage | SendTemplate)
        if isinstance(job, SendMessage | SendEdit | SendReaction | SendReadMark | SendTyping):
            [window] = {one.window for key, one in core.rows.contacts.items() if key[1] == outbound.contact}
            ends = None if window is None else window.end if isinstance(job, SendMessage) else window.until
            assert ends is None or core.now < ends, "nothing but a template leaves when the window is over"
        if isinstance(job, SendReadMark | SendTyping):
            assert outbound.urgency is Urgency.COSMETIC
            assert kinds & {e.DialogClaimed, e.ReplyAccepted}
        if isinstance(job, AnswerPress):
            assert kinds & {e.MessageReceived, e.NoticeRaised}
        if isinstance(job, SendMessage):
            assert job.author
            assert all((one.data or "").startswith("q:") for row in job.message.buttons for one in row)


def check_what_is_lost(core, events: list[e.Event], agreed: set[str]) -> None:
    """Nothing that the channel cannot carry as it is goes unasked."""
    if not core.rows.abilities:
        return
    assert not [one for one in core.jobs if isinstance(one, SendEdit | SendDelete | SendReaction)]
    for event in events:
        if isinstance(event, e.LossAsked):
            assert not [one for one in core.jobs if isinstance(one, SendMessage)], "what is asked about waits"
        if isinstance(event, e.TargetChosen) and event.dialog is not None:
            agreed.add(event.ask)
        if isinstance(event, e.ReplyAccepted) and event.message.media:
            assert f"l{event.origin.native}" in agreed


@pytest.mark.parametrize("seed", range(40))
def test_the_invariants_hold_after_every_step(core, seed):  # noqa: PLR0915 - a ledger of all that was seen
    chance = random.Random(seed)
    pending: list[e.ReplyAccepted | e.MessageReceived] = []
    given: dict[DialogId, list[str]] = {}
    left: dict[DialogId, list[str]] = {}
    numbers: dict[DialogId, list[int]] = {}
    gone: set[str] = set()
    read: set[str] = set()
    emails: dict[ContactId, str] = {}
    agreed: set[str] = set()
    core.rows.lines[LINES[1]] = Line(id=LINES[1], title="Сервис")
    core.rows.abilities = {SHOP: POOR} if seed % 2 else {}
    ends: dict[ContactId, int] = {}
    for _ in range(STEPS):
        if chance.random() < 0.1:
            events, core.left = core.passes(chance.choice((0, 60_000, 20 * 60_000))), []
        else:
            events = core.when(a_command(core, chance, pending), after_ms=chance.randint(0, 30_000))
        check(core, events)
        check_what_leaves(core, events)
        check_what_is_lost(core, events, agreed)
        for job in (one.job for one in core.left):
            if isinstance(job, SendMessage | SendTemplate):
                assert job.sent not in gone, "what was taken back never leaves afterwards"
            if isinstance(job, SendDelete):
                assert job.sent in left[DialogId(job.sent.split(".")[0])], "only what has left is deleted at the client"
        for contact, row in core.rows.contacts.items():
            assert row.window is None or row.window.until >= ends.get(contact[1], 0), "a window never moves back"
            ends[contact[1]] = 0 if row.window is None else row.window.until
            open_one = core.rows.open_dialog(row)
            assert open_one is None or open_one.window == row.window
            assert row.profile.email is not None or contact[1] not in emails, "what is known stays known"
            if row.profile.email is not None:
                emails[contact[1]] = row.profile.email
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
            if isinstance(event, e.ReplyDeleted):
                assert event.id not in gone, "nothing is taken back twice"
                assert event.id in given[event.dialog], "nothing but replies is taken back"
                assert event.held == (event.id not in left.get(event.dialog, []))
                gone.add(event.id)
            if isinstance(event, e.DeliveryChanged):
                assert event.id not in read, "what was read stays read"
                if event.status is DeliveryStatus.READ:
                    read.add(event.id)
            if isinstance(event, e.ReactionPut):
                assert event.id not in given.get(event.dialog, []), "emojis are for clients' words"
    for dialog, order in left.items():
        assert order == [one for one in given[dialog] if one in order], "replies leave in the order they were given"
        assert len(set(order)) == len(order), "no reply leaves twice"
    for order in numbers.values():
        assert order == sorted(set(order)), "a message's number is used once and grows"
