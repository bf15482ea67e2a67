"""Folding is total and does not depend on how the journal is cut into batches, repeated or restarted."""

import asyncio
import copy
from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from gateway.archive import tables
from gateway.archive.dialect import open_reader
from gateway.archive.entry import ArchiveRows
from gateway.archive.projection import HANDLERS, JOURNAL_ONLY, project
from gateway.archive.wanted import wanted
from gateway.archive.writer import Writer
from gateway.model import events as e
from gateway.model.commands import Role
from gateway.model.ids import AccountId, ContactId, DeskId, DialogId, FileId, NativeId, OperatorId
from gateway.model.messages import Media, MediaKind, Message, Profile
from gateway.model.outgoing import DeliveryStatus
from gateway.model.state import DialogState

Tale = Any
"""conftest's."""
SHOP = AccountId("shop")


def test_every_event_is_folded_or_said_to_be_the_journals_only() -> None:
    kinds = set(get_args(e.Event))
    assert kinds == {*HANDLERS, *JOURNAL_ONLY}
    assert not HANDLERS.keys() & set(JOURNAL_ONLY)


def test_an_ending_that_is_undone_leaves_no_trace_in_the_dialogs_row(tale: Tale) -> None:
    tale.opened(1)
    rows = ArchiveRows()
    tale.closed(1)
    open_again = {"state": DialogState.NEW, "closed_at": None, "reason": None}
    tale.add(e.DialogRestored(dialog=DialogId("1"), operator=OperatorId("anna")), 1, **open_again)
    for seq, recorded in tale.entries:
        project(rows, seq, recorded)
    row = rows.dialogs[1]
    assert (row.closed_by, row.closed_at, row.reason) == (None, None, None)


def test_folding_changes_no_entry(tale: Tale) -> None:
    tale.opened(1)
    tale.received(1, "одно")
    tale.closed(1)
    before = copy.deepcopy(tale.entries)
    rows = ArchiveRows()
    for seq, recorded in tale.entries:
        project(rows, seq, recorded)
    assert tale.entries == before
    assert wanted([recorded for _, recorded in tale.entries]).dialogs == {1}


def tell(tale: Tale, choices: list[tuple[int, int]]) -> None:
    """A walk through dialogs of two clients, by numbers that hypothesis chose."""
    tale.opened(1)
    said: list[tuple[int, str]] = []
    for what, which in choices:
        number = 1 + which % len(tale.dialogs)
        dialog, identity = said[which % len(said)] if said else (1, "1.99")
        match what:
            case 0:
                tale.opened(len(tale.dialogs) + 1, ("ivan", "petr")[which % 2])
            case 1:
                media = Media(MediaKind.PHOTO, remote="r", file=FileId("f")) if which % 3 == 0 else None
                message = Message(native=NativeId(f"n{len(said)}"), text="слово", attachments=(media,) if media else ())
                said.append((number, tale.received(number, message)))
            case 2:
                tale.claimed(number, OperatorId(f"100{which % 3}"))
            case 3:
                said.append((number, tale.replied(number, "ответ", OperatorId(f"100{which % 3}"))))
            case 4:
                edit = Message(native=NativeId(f"n{which}"), text=f"правка {which}")
                known = None if which % 2 else identity
                about = str(dialog) if known else None
                contact = tale.dialogs[str(dialog)].contact
                event = e.MessageEdited(dialog=about, id=known, account=SHOP, contact=contact, message=edit)
                tale.add(event, dialog if known else None)
            case 5:
                status = list(DeliveryStatus)[which % len(DeliveryStatus)]
                tale.add(e.DeliveryChanged(dialog=str(dialog), id=identity, status=status), dialog)
            case 6:
                tale.add(e.AttachmentStored(dialog=str(dialog), message=identity, file=FileId("f"), size=which), dialog)
            case 7:
                tale.add(e.ReactionChanged(dialog=str(dialog), id=identity, emojis=("👍",) * (which % 2)), dialog)
            case 8:
                tale.closed(number)
            case 11:
                tale.add(e.ReplyDeleted(dialog=str(dialog), id=identity, operator=OperatorId("1001")), dialog)
            case 12:
                emoji = ("👍", None)[which % 2]
                put = e.ReactionPut(str(dialog), identity, OperatorId("1001"), NativeId(f"n{which}"), emoji)
                tale.add(put, dialog)
            case 9:
                profile = Profile(name=f"Имя {which}")
                tale.add(e.ProfileChanged(account=SHOP, contact=ContactId("ivan"), profile=profile))
            case _:
                said.append((number, tale.noted(number, "заметка")))


async def record(url: str, entries: list[tuple[int, bytes]], cuts: list[tuple[int, bool]]) -> dict[str, list[Any]]:
    """Writes in batches of the sizes given; True: the process dies after the commit and repeats the batch."""
    writer = Writer(url, DeskId("main"), clock=lambda: 0)
    await writer.open()
    start = 0
    for size, dies in [*cuts, (len(entries), True)]:
        batch = entries[start : start + size]
        await writer.write(batch)
        if dies:
            await writer.close()
            writer = Writer(url, DeskId("main"), clock=lambda: 0)
            await writer.open()
            await writer.write(batch)
        start += size
    await writer.close()
    engine = open_reader(url)
    async with engine.connect() as connection:
        found = {
            name: [tuple(row) for row in await connection.execute(select(table).order_by(*table.primary_key))]
            for name, table in tables.metadata.tables.items()
        }
    await engine.dispose()
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    choices=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 30)), min_size=1, max_size=40),
    cuts=st.lists(st.tuples(st.integers(1, 7), st.booleans()), max_size=30),
    bad=st.sets(st.integers(1, 40), max_size=3),
)
def test_batches_repeats_and_crashes_give_the_same_archive(
    new_archive: Callable[[], str],
    new_tale: type[Tale],
    choices: list[tuple[int, int]],
    cuts: list[tuple[int, bool]],
    bad: set[int],
) -> None:
    tale = new_tale()
    tell(tale, choices)
    entries = [(seq, b"no entry" if seq in bad else payload) for seq, payload in tale.payloads]
    at_once = asyncio.run(record(new_archive(), entries, []))
    cut = asyncio.run(record(new_archive(), entries, cuts))
    assert cut == at_once
    seqs = sorted(row[0] for name in ("journal", "unreadable") for row in at_once[name])
    assert seqs == [seq for seq, _ in entries], "every entry exactly once"
    said = [
        recorded.event.id
        for seq, recorded in tale.entries
        if seq not in bad and isinstance(recorded.event, e.MessageReceived | e.ReplyAccepted | e.NoteAdded)
    ]
    assert sorted(row[0] for row in at_once["messages"]) == sorted(said), "every message exactly once"


@pytest.mark.parametrize("kind", sorted(HANDLERS, key=lambda one: one.__name__))
def test_an_event_about_rows_that_are_not_there_changes_the_journal_only(kind: type[Any], tale: Tale) -> None:
    if kind in {e.MessageReceived, e.AnsweredElsewhere, e.ReplyAccepted, e.NoteAdded}:
        return  # they bring the row
    if kind in {e.DialogOpened, e.ContactStarted, e.ProfileChanged}:
        return
    if kind in {e.OperatorEntered, e.AdminConfigured, e.LineConfigured}:
        return
    known = {
        "dialog": "1",
        "id": "1.1",
        "message": "1.1",
        "file": FileId("1.1.1"),
        "size": 1,
        "problem": "нет",
        "emojis": ("👍",),
        "account": SHOP,
        "contact": ContactId("ivan"),
        "former": ContactId("vanya"),
        "profile": Profile(name="Иван"),
        "operator": OperatorId("1"),
        "status": DeliveryStatus.SENT,
        "reason": "operator",
        "gone": True,
        "on": True,
        "by": OperatorId("1"),
        "role": Role.OPERATOR,
        "was": Role.OPERATOR,
        "lines": (),
        "reachable": False,
        "native": NativeId("n1"),
    }
    if kind in {e.MessageEdited, e.ReplyReleased, e.ReplyEdited}:
        known["message"] = Message(native=NativeId("1"), text="слово")
    event = kind(**{name: known[name] for name in kind.__struct_fields__ if name in known})
    rows = ArchiveRows()
    project(rows, 1, e.Recorded(event=event, at=1, cause="x"))
    assert len(rows.journal) == 1
    assert (rows.dialogs, rows.messages, rows.contacts, rows.operators, rows.versions) == ({}, {}, {}, {}, [])
    assert len(rows.orphan_edits) == (1 if kind is e.MessageEdited else 0)
