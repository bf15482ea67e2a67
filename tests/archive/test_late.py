"""What was put aside is written in its place later: nothing of it is missing then, and nothing newer is taken back."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import make_url

from gateway.archive.late import subject_of
from gateway.archive.recorder import Recorder
from gateway.archive.writer import NOT_ASIDE, Writer
from gateway.model import events as e
from gateway.model.codec import VERSION
from gateway.model.commands import Role
from gateway.model.ids import AccountId, ContactId, DeskId, DialogId, FileId, LineId, NativeId, OperatorId
from gateway.model.messages import Media, MediaKind, Message, Profile
from gateway.model.outgoing import DeliveryStatus
from gateway.model.state import Line
from gateway.streams.connection import Store
from gateway.streams.journal import answer_again, ask_again, asked_again

D7 = DialogId("7")
SHOP, IVAN, ANNA = AccountId("shop"), ContactId("ivan"), OperatorId("1001")
Tale = Any
"""conftest's."""
RowsOf = Callable[..., Awaitable[list[dict[str, Any]]]]
TABLES = ("journal", "dialogs", "messages", "message_versions", "contacts", "operators", "lines", "orphan_edits")


def whole_story(tale: Tale) -> None:
    tale.add(e.LineConfigured(Line(id=LineId("sales"), title="Продажи")))
    tale.add(e.OperatorEntered(operator=ANNA, name="Анна", role=Role.OPERATOR, lines=(), language="ru", new=True))
    tale.add(e.DutyChanged(operator=ANNA, on=True))
    tale.opened(7)
    photo = Media(kind=MediaKind.PHOTO, remote="r", file=FileId("f1"))
    first = tale.received(7, Message(native=NativeId("n1"), text="раз", attachments=(photo,)))
    tale.claimed(7)
    tale.add(e.AttachmentStored(dialog=D7, message=first, file=FileId("f1"), size=3, mime="image/jpeg"), 7)
    reply = tale.replied(7, "ответ")
    tale.add(e.DeliveryChanged(dialog=D7, id=reply, status=DeliveryStatus.DELIVERED), 7)
    tale.add(e.DeliveryChanged(dialog=D7, id=reply, status=DeliveryStatus.READ), 7)
    edit = Message(native=NativeId("n1"), text="раз и два")
    tale.add(e.MessageEdited(dialog=D7, id=first, account=SHOP, contact=IVAN, message=edit), 7)
    tale.add(e.ReactionChanged(dialog=D7, id=first, emojis=("👍",)), 7)
    tale.add(e.ProfileChanged(account=SHOP, contact=IVAN, profile=Profile(name="Иван", username="ivan")))
    tale.noted(7, "заметка")
    tale.received(7, "ещё")
    tale.add(e.DutyChanged(operator=ANNA, on=False))
    tale.closed(7)


async def tables(rows_of: RowsOf, url: str) -> dict[str, Any]:
    found = {name: await rows_of(name, url) for name in TABLES}
    for row in found["dialogs"]:
        for sum_ in ("answers", "answers_ms", "longest_answer_ms"):
            row.pop(sum_)
    for row in found["message_versions"]:
        row.pop("content")
    return found


ENTRIES = 17


@pytest.mark.parametrize("at", range(ENTRIES))
async def test_an_entry_that_is_written_late_leaves_the_archive_as_if_it_had_been_in_time(
    at: int, tale: Tale, new_archive: Callable[[], str], rows_of: RowsOf
) -> None:
    """But for sums of waiting times, and how far a file was at an edit: nobody knows any more how it was then."""
    whole_story(tale)
    assert len(tale.payloads) == ENTRIES
    seq, payload = tale.payloads[at]
    in_time, late = new_archive(), new_archive()
    async with opened(in_time) as writer:
        await writer.write(tale.payloads)
    async with opened(late) as writer:
        await writer.write([*tale.payloads[:at], (seq, b"\xff"), *tale.payloads[at + 1 :]])
        assert await writer.write_again(seq) is not None
        await mend(writer, seq, payload)
        assert await writer.write_again(seq) is None
        assert await writer.write_again(seq) == NOT_ASIDE
    assert await tables(rows_of, late) == await tables(rows_of, in_time)
    assert await rows_of("unreadable", late) == []


@contextlib.asynccontextmanager
async def opened(url: str) -> AsyncIterator[Writer]:
    writer = Writer(url, DeskId("main"), channels={SHOP: "telegram"})
    await writer.open()
    yield writer
    await writer.close()


async def mend(writer: Writer, seq: int, payload: bytes) -> None:
    """As if this gateway could read what is there."""
    path = str(make_url(str(writer._engine.url)).database)
    with closing(sqlite3.connect(path)) as archive, archive:
        archive.execute("UPDATE unreadable SET payload = ? WHERE seq = ?", (payload, seq))


async def test_what_a_newer_gateway_wrote_stays_aside_with_a_sentence(writer: Writer, rows_of: RowsOf) -> None:
    await writer.write([(1, b"\xff")])
    await mend(writer, 1, b"%d:{}" % (VERSION + 1))
    assert "newer gateway" in str(await writer.write_again(1))
    assert [row["seq"] for row in await rows_of("unreadable")] == [1]


async def test_who_asks_the_recorder_is_answered_while_the_journal_goes_on(
    *, store: Store, writer: Writer, tale: Tale, rows_of: RowsOf, write_journal: Any, until_told: Any
) -> None:
    tale.opened(7)
    tale.received(7, "раз")
    tale.received(7, "два")
    payloads = tale.payloads
    await write_journal([payloads[0], (2, b"\xff"), payloads[2], (4, b"0:{}")])
    recorder = asyncio.create_task(Recorder(store, writer).run())
    try:
        await until_told(4)
        await mend(writer, 2, payloads[1][1])
        await ask_again(store, 2)
        await ask_again(store, 4)
        async with asyncio.timeout(20):
            while (answers := await asked_again(store)) != {4: answers.get(4)} or not answers[4]:
                await asyncio.sleep(0.02)
        assert "version 0" in answers[4]
        await answer_again(store, 4, None)
        assert await asked_again(store) == {}
        assert [row["text"] for row in await rows_of("messages")] == ["раз", "два"]
        assert [row["seq"] for row in await rows_of("unreadable")] == [4]
    finally:
        recorder.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await recorder


def test_edits_of_messages_that_nobody_knows_are_told_apart() -> None:
    one, other = (
        e.MessageEdited(dialog=None, id=None, account=SHOP, contact=IVAN, message=Message(native=NativeId(name)))
        for name in ("n1", "n2")
    )
    assert subject_of(one) != subject_of(other)
