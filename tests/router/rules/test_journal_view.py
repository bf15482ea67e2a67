"""What a journal entry carries of its dialog: enough for every card and every row of the archive, and little more."""

import asyncio
import random
import sys
from datetime import UTC

import pytest
from msgspec.structs import replace

from gateway.archive.entry import ArchiveRows
from gateway.archive.projection import project
from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.codec import decode, encode
from gateway.model.commands import Entry
from gateway.model.ids import AccountId, ContactId, DialogId, LineId, MessageId, NativeId, OperatorId
from gateway.model.messages import Media, MediaKind, Message, Origin, Profile, Visit, Window
from gateway.model.outgoing import DeliveryStatus
from gateway.model.state import Dialog, DialogState, EarlyStatus, HeldEcho, HeldReply, Received
from gateway.operator_bot.inbound import targets
from gateway.operator_bot.outbound.cards import CardContext, draw_card
from gateway.operator_bot.texts.phrases import Texts
from gateway.router.owner import Owner
from gateway.router.rules.journal_view import view_of
from gateway.streams.intake import Intake, Offer
from gateway.streams.journal import read_journal
from gateway.streams.ownership import Lease

ANNA, BORIS = OperatorId("501"), OperatorId("502")
SALES, SHOP, STAFF = LineId("sales"), AccountId("shop"), AccountId("staff")
CLOSED = e.DialogClosed(dialog=DialogId("1"), reason="operator")
FAMILY = "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL} "
WORDS = ("да", "   ", "Добрый день! Есть ли размер 42? ", "смотрите https://shop.example.com/p/", FAMILY, "слово ")
LISTING = Visit(url="https://shop.example.com/p/5", title="Кроссовки", price="5 000 ₽")


def words(chance: random.Random, number: int) -> Received:
    text = chance.choice(WORDS) * chance.choice((0, 1, 1, 5, 40, 300))
    media = Media(kind=chance.choice(list(MediaKind)), remote="r" * 300, name="прайс.pdf", size=5, file=None)
    attachments = (media,) * chance.choice((0, 0, 0, 1, 3))
    return Received(MessageId(f"1.{number}"), Message(NativeId("5"), 5, text or " ", attachments=attachments))


def heavy(chance: random.Random, **more: object) -> Dialog:
    """A dialog in the middle of much."""
    count = chance.choice((0, 1, 2, 5, 30))
    message = Message(native=NativeId("9"), text="ж" * 3000)
    numbers = tuple(range(1, 201))
    return Dialog(
        **{  # type: ignore[arg-type]
            "id": DialogId("1"),
            "line": SALES,
            "account": SHOP,
            "contact": ContactId("9001"),
            "client": "Мария",
            "opened_at": 1_700_000_000_000,
            "waiting_since": 1_700_000_000_000,
            "messages": 250,
            "backlog": tuple(words(chance, number) for number in range(1, count + 1)),
            "backlog_cut": chance.choice((0, 0, 7)),
            "held": tuple(HeldReply(MessageId(f"1.{n}"), ANNA, message) for n in range(5)),
            "unsettled": {MessageId(f"1.{n}"): Origin(ContactId(ANNA), NativeId("7")) for n in numbers},
            "leaving": {MessageId(f"1.{n}"): "f" * 16 for n in numbers},
            "doubtful": {MessageId(f"1.{n}"): "f" * 16 for n in numbers},
            "echoes": (HeldEcho(message, None, 5),) * 5,
            "replies": numbers,
            "deleted": numbers,
            "heard": dict.fromkeys(numbers, DeliveryStatus.READ),
            "ended": dict.fromkeys(numbers, DeliveryStatus.FAILED),
            "early": (EarlyStatus(NativeId("7"), DeliveryStatus.READ),) * 5,
            "by_template": numbers,
            "start": "flyer",
            "visit": chance.choice((None, LISTING)),
            "window": chance.choice((None, Window(1_700_000_100_000))),
            **more,
        }
    )


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("seed", range(40))
def test_every_card_is_drawn_as_from_the_whole_row(language, seed):
    chance = random.Random(seed)
    t = Texts.load().of(language)
    setting = CardContext(
        channel="telegram", line="Продажи", names={ANNA: "Анна"}, now=1_700_000_050_000, zone=UTC, templates=True
    )
    for state, owner in ((DialogState.NEW, None), (DialogState.ANSWERED, ANNA), (DialogState.CLOSED, ANNA)):
        dialog = heavy(chance, state=state, owner=owner, closed_at=1_700_000_050_000)
        view = view_of(dialog, CLOSED)
        assert view is not None
        for reader in (ANNA, BORIS):
            assert draw_card(t, reader, view, setting) == draw_card(t, reader, dialog, setting)


def test_the_archive_reads_the_same_off_it():
    whole, slim = ArchiveRows(channels={}), ArchiveRows(channels={})
    for number, state in enumerate(DialogState, 1):
        dialog = heavy(random.Random(number), state=state, owner=ANNA, claimed_at=5, first_reply_at=6, parent="7")
        for rows, row in ((whole, dialog), (slim, view_of(dialog, CLOSED))):
            project(rows, number, e.Recorded(event=CLOSED, at=number, cause="x", dialog=row))
    assert slim.dialogs == whole.dialogs


def test_what_was_taken_back_is_told_of_the_message_that_the_event_is_about():
    dialog = heavy(random.Random(1))
    sent = e.DeliveryChanged(DialogId("1"), MessageId("1.7"), DeliveryStatus.SENT)
    about, other = view_of(dialog, sent), view_of(replace(dialog, deleted=(8,)), sent)
    assert about is not None and about.deleted == (7,)
    assert other is not None and other.deleted == ()
    assert view_of(None, CLOSED) is None


@pytest.mark.parametrize("seed", range(10))
def test_it_is_slim_whatever_the_row_holds_and_reads_as_the_same_kind(seed):
    dialog = heavy(random.Random(seed))
    payload = encode(e.Recorded(event=CLOSED, at=1, cause="x", dialog=view_of(dialog, CLOSED)))
    assert len(payload) < 16_000 < len(encode(dialog))
    # An entry of before, with the whole row, reads all the same.
    before = encode(e.Recorded(event=CLOSED, at=1, cause="x", dialog=dialog))
    assert decode(before, e.Recorded).dialog == dialog
    assert type(decode(payload, e.Recorded).dialog) is Dialog


@pytest.mark.parametrize(
    ("text", "clients", "each", "most"),
    [("ж" * 2000, 1, 100, 2.0), ("да", 1, 60, 6.0), ("Добрый день! Есть ли размер 42 в наличии?", 200, 1, 5.0)],
    ids=["a flood of long words", "a flood of short words", "many who write once"],
)
async def test_the_journal_weighs_little_more_than_the_inbox(store, intake: Intake, keys, text, clients, each, most):
    """Bytes of journal for each byte of inbox: at 079a5ef they were 28, 14 and 4."""
    offers = []
    for client in range(clients):
        for number in range(each):
            who = ContactId(f"c{client}")
            message = Message(NativeId(f"{client}.{number}"), at=1_700_000_000_000, text=text)
            command = c.Receive(who, message, Profile("Мария"))
            offers.append(Offer(keys.inbox(SALES), SHOP, f"{client}.{number}", Entry(command, SHOP), who))
    await intake.offer(offers)
    handled: list[str] = []
    owner = Owner(
        store,
        intake,
        lines=[SALES],
        staff=STAFF,
        resolver=targets,
        clock=lambda: 0,
        observe=lambda _inbox, command, *_: handled.append(command),
    )
    lease = await Lease.take(store, "owner", force=True)
    task = asyncio.create_task(owner.run(lease))
    async with asyncio.timeout(30):
        while len(handled) < len(offers):
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await lease.release()
    inbox = sum(len(fields[b"p"]) for _, fields in await store.ask("XRANGE", keys.inbox(SALES), "-", "+"))
    journal = sum(len(payload) for _, payload in await read_journal(store, 0, 10_000, 0))
    told = f"{len(offers)} messages of {len(text)} signs from {clients}: inbox {inbox} B, journal {journal} B"
    sys.stdout.write(f"{told}, {journal / inbox:.1f} for each of the inbox\n")
    assert journal / inbox < most
