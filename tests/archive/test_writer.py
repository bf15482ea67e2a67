"""Batches into a real SQLite file: every entry and every message once, whatever is repeated or cannot be written."""

import sqlite3
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.archive.rows import join_message
from gateway.archive.writer import Writer
from gateway.errors import StoreRefused, StoreUnavailable
from gateway.model import events as e
from gateway.model.codec import decode, encode
from gateway.model.ids import AccountId, ContactId, DeskId, FileId, LineId, NativeId, OperatorId
from gateway.model.messages import Entity, FileState, Media, MediaKind, Message, Profile, ReplyTo
from gateway.model.outgoing import DeliveryStatus
from gateway.model.state import Line

Tale = Any
"""conftest's."""
RowsOf = Callable[..., Awaitable[list[dict[str, Any]]]]
Until = Callable[..., Awaitable[None]]

START, SECOND = 1_700_000_000_000, 1000


def path_of(url: str) -> str:
    return url.split("///", 1)[1]


async def test_a_dialogs_life_is_one_row_with_its_figures(writer: Writer, tale: Tale, rows_of: RowsOf) -> None:
    tale.opened(7)  # 0 s
    tale.received(7, "Здравствуйте")  # 1
    tale.claimed(7)  # 2
    tale.replied(7, "Добрый день")  # 3: waited 2 s
    tale.received(7, "Есть вопрос")  # 4
    tale.received(7, "Ау")  # 5
    tale.noted(7, "ждёт склад")  # 6
    tale.replied(7, "Слушаю")  # 7: waited 3 s
    tale.replied(7, "И ещё")  # 8: nobody waited
    tale.closed(7)  # 9
    await writer.write(tale.payloads)
    (row,) = await rows_of("dialogs")
    assert row == {
        "number": 7,
        "line": "sales",
        "account": "shop",
        "channel": "telegram",
        "contact": "ivan",
        "client": "ivan P.",
        "start": "ad-7",
        "visit_url": None,
        "visit_title": None,
        "visit_referrer": None,
        "parent": None,
        "state": "closed",
        "owner": "1001",
        "opened_at": START,
        "opened_by": None,
        "claimed_at": START + 2 * SECOND,
        "claimed_by": "1001",
        "first_reply_at": START + 3 * SECOND,
        "first_reply_by": "1001",
        "last_message_at": START + 8 * SECOND,
        "waiting_since": None,
        "closed_at": START + 9 * SECOND,
        "closed_by": "1001",
        "reason": "operator",
        "client_messages": 3,
        "operator_messages": 3,
        "notes": 1,
        "answers": 2,
        "answers_ms": 5 * SECOND,
        "longest_answer_ms": 3 * SECOND,
    }


async def test_every_entry_is_one_row_of_the_journal_without_the_dialogs_picture(
    writer: Writer, tale: Tale, rows_of: RowsOf
) -> None:
    tale.opened(7)
    tale.received(7, "Здравствуйте")
    tale.claimed(7)
    await writer.write(tale.payloads)
    rows = await rows_of("journal")
    assert [(row["seq"], row["kind"], row["dialog"], row["line"], row["operator"]) for row in rows] == [
        (1, "dialog_opened", 7, "sales", None),
        (2, "message_received", 7, "sales", None),
        (3, "dialog_claimed", 7, "sales", "1001"),
    ]
    read = [decode(row["payload"].encode(), e.Recorded) for row in rows]
    assert [one.event for one in read] == [recorded.event for _, recorded in tale.entries]
    assert [one.dialog for one in read] == [None, None, None]


async def test_a_message_comes_back_as_it_was(writer: Writer, tale: Tale, rows_of: RowsOf) -> None:
    message = Message(
        native=NativeId("55"),
        at=START,
        text="Смотрите: жирный 👍",
        entities=(Entity("bold", 10, 6),),
        attachments=(Media(MediaKind.PHOTO, remote="abc", width=10, height=20, file=FileId("7.1.0")),),
        reply_to=ReplyTo(native=NativeId("3"), quote="что"),
        group="album-1",
    )
    tale.opened(7)
    tale.received(7, message)
    await writer.write(tale.payloads)
    (row,) = await rows_of("messages")
    assert join_message(row["text"], row["content"]) == message
    assert "жирный" not in row["content"]
    assert (row["side"], row["native"], row["attachments"], row["at"]) == ("client", "55", 1, START + SECOND)


async def test_an_edit_keeps_what_was_said_before(writer: Writer, tale: Tale, rows_of: RowsOf) -> None:
    tale.opened(7)
    identity = tale.received(7, "одно")
    for text in ("два", "три"):
        message = Message(native=NativeId("n1"), text=text)
        event = e.MessageEdited(
            dialog="7", id=identity, account=AccountId("shop"), contact=ContactId("ivan"), message=message
        )
        tale.add(event, 7)
    await writer.write(tale.payloads[:3])
    await writer.write(tale.payloads[3:])
    (row,) = await rows_of("messages")
    assert (row["text"], row["edited_at"]) == ("три", START + 3 * SECOND)
    versions = await rows_of("message_versions")
    assert [(one["seq"], one["message"], one["text"]) for one in versions] == [
        (3, identity, "одно"),
        (4, identity, "два"),
    ]


async def test_an_edit_that_the_native_map_forgot_finds_its_message_in_the_archive(
    writer: Writer, tale: Tale, rows_of: RowsOf
) -> None:
    tale.opened(7)
    tale.received(7, "одно")
    tale.opened(8, "petr")
    tale.received(8, "того же номера, но другого клиента")
    edit = Message(native=NativeId("n1"), text="исправлено")
    event = e.MessageEdited(dialog=None, id=None, account=AccountId("shop"), contact=ContactId("ivan"), message=edit)
    tale.add(event)
    await writer.write(tale.payloads[:4])
    await writer.write(tale.payloads[4:])
    assert [row["text"] for row in await rows_of("messages")] == ["исправлено", "того же номера, но другого клиента"]
    assert await rows_of("orphan_edits") == []


async def test_an_edit_of_something_never_seen_is_kept_as_an_orphan(
    writer: Writer, tale: Tale, rows_of: RowsOf
) -> None:
    edit = Message(native=NativeId("999"), text="исправлено")
    event = e.MessageEdited(dialog=None, id=None, account=AccountId("shop"), contact=ContactId("ivan"), message=edit)
    tale.add(event)
    await writer.write(tale.payloads)
    (row,) = await rows_of("orphan_edits")
    assert (row["native"], row["contact"], row["text"]) == ("999", "ivan", "исправлено")


async def test_deletes_and_reactions_mark_a_message(writer: Writer, tale: Tale, rows_of: RowsOf) -> None:
    tale.opened(7)
    identity = tale.received(7, "одно")
    tale.add(e.ReactionChanged(dialog="7", id=identity, emojis=("👍", "🔥")), 7)
    tale.add(e.MessageDeleted(dialog="7", id=identity), 7)
    await writer.write(tale.payloads)
    (row,) = await rows_of("messages")
    assert (row["reactions"], row["deleted_at"], row["text"]) == ("👍 🔥", START + 3 * SECOND, "одно")


async def test_a_reply_goes_from_held_to_delivered(writer: Writer, tale: Tale, rows_of: RowsOf) -> None:
    photo = Media(MediaKind.PHOTO, remote="abc", file=FileId("7.1.0"))
    tale.opened(7, by=OperatorId("1001"))
    identity = tale.replied(7, Message(text="фото", attachments=(photo,)), held=True)
    stored = Media(MediaKind.PHOTO, file=FileId("7.1.0"), size=9, mime="image/png", state=FileState.STORED)
    tale.add(e.AttachmentStored(dialog="7", message=identity, file=FileId("7.1.0"), size=9, mime="image/png"), 7)
    tale.add(e.ReplyReleased(dialog="7", id=identity, message=Message(text="фото", attachments=(stored,))), 7)
    tale.add(e.DeliveryChanged(dialog="7", id=identity, status=DeliveryStatus.FAILED, problem="клиент ушёл"), 7)
    await writer.write(tale.payloads[:2])
    (row,) = await rows_of("messages")
    assert (row["status"], row["operator"]) == ("queued", "1001")
    await writer.write(tale.payloads[2:])
    (row,) = await rows_of("messages")
    assert (row["status"], row["problem"]) == ("failed", "клиент ушёл")
    assert join_message(row["text"], row["content"]).attachments == (stored,)
    (dialog,) = await rows_of("dialogs")
    assert (dialog["opened_by"], dialog["answers"], dialog["first_reply_by"]) == ("1001", 0, "1001")


async def test_a_file_that_cannot_be_had_is_marked(writer: Writer, tale: Tale, rows_of: RowsOf) -> None:
    tale.opened(7)
    photo = Media(MediaKind.PHOTO, remote="abc", file=FileId("7.1.0"))
    identity = tale.received(7, Message(native=NativeId("1"), attachments=(photo,)))
    tale.add(e.AttachmentFailed(dialog="7", message=identity, file=FileId("7.1.0"), problem="больше 20 МБ"), 7)
    await writer.write(tale.payloads)
    (row,) = await rows_of("messages")
    (media,) = join_message(row["text"], row["content"]).media
    assert (media.state, media.problem) == (FileState.FAILED, "больше 20 МБ")


async def test_an_operators_correction_leaves_the_files_of_the_message(
    writer: Writer, tale: Tale, rows_of: RowsOf
) -> None:
    stored = Media(MediaKind.PHOTO, file=FileId("7.1.0"), state=FileState.STORED)
    tale.opened(7, by=OperatorId("1001"))
    identity = tale.replied(7, Message(text="фтоо", attachments=(stored,)))
    correction = Message(text="фото", attachments=(Media(MediaKind.PHOTO, remote="operators"),))
    tale.add(e.ReplyEdited(dialog="7", id=identity, operator=OperatorId("1001"), message=correction), 7)
    await writer.write(tale.payloads)
    (row,) = await rows_of("messages")
    assert join_message(row["text"], row["content"]) == Message(text="фото", attachments=(stored,))


async def test_contacts_operators_and_lines_are_kept_as_they_are_now(
    writer: Writer, tale: Tale, rows_of: RowsOf
) -> None:
    shop, ivan, anna = AccountId("shop"), ContactId("ivan"), OperatorId("1001")
    tale.add(e.AdminConfigured(operator=anna))
    tale.add(e.OperatorEntered(operator=anna, name="Анна", role="admin", lines=(), language="ru", new=True))
    tale.add(e.DutyChanged(operator=anna, on=True))
    tale.add(e.LineConfigured(line=Line(id=LineId("sales"), title="Продажи")))
    tale.add(e.ContactStarted(account=shop, contact=ivan, profile=Profile(name="Иван", phone="+7"), start="ad"))
    tale.opened(7)
    tale.add(e.ProfileChanged(account=shop, contact=ivan, profile=Profile(name="Иван П.", username="ivan2")))
    tale.add(e.ContactBlocked(dialog="7", account=shop, contact=ivan, operator=anna), 7)
    tale.add(e.ReachChanged(account=shop, contact=ivan, reachable=False))
    for entry in tale.payloads:
        await writer.write([entry])
    (contact,) = await rows_of("contacts")
    assert contact == {
        "account": "shop",
        "id": "ivan",
        "name": "Иван П.",
        "username": "ivan2",
        "language": None,
        "phone": "+7",
        "link": None,
        "email": None,
        "consent_at": None,
        "consent_policy": None,
        "first_seen_at": START + 4 * SECOND,
        "blocked": True,
        "reachable": False,
    }
    (operator,) = await rows_of("operators")
    assert (operator["name"], operator["role"], operator["on_duty"]) == ("Анна", "admin", True)
    assert await rows_of("lines") == [{"id": "sales", "title": "Продажи"}]


async def test_a_dialog_whose_beginning_was_lost_is_still_written(writer: Writer, tale: Tale, rows_of: RowsOf) -> None:
    tale.opened(7)
    tale.received(7, "одно")
    await writer.write(tale.payloads[1:])
    (row,) = await rows_of("dialogs")
    assert (row["number"], row["client"], row["client_messages"], row["start"]) == (7, "ivan P.", 1, None)


async def test_a_batch_written_before_changes_nothing(url: str, writer: Writer, tale: Tale, rows_of: RowsOf) -> None:
    tale.opened(7)
    tale.received(7, "одно")
    await writer.write(tale.payloads)
    before = [await rows_of(name) for name in ("dialogs", "messages", "journal", "contacts")]
    tale.received(7, "два")
    await writer.write(tale.payloads[:2])
    assert [await rows_of(name) for name in ("dialogs", "messages", "journal", "contacts")] == before
    again = Writer(url, DeskId("main"))
    await again.open()
    await again.write(tale.payloads)
    await again.close()
    assert [row["text"] for row in await rows_of("messages")] == ["одно", "два"]
    assert (await rows_of("dialogs"))[0]["client_messages"] == 2


async def test_undecodable_entries_are_put_aside_with_their_payload(
    writer: Writer, tale: Tale, rows_of: RowsOf, caplog: pytest.LogCaptureFixture
) -> None:
    tale.opened(7)
    tale.received(7, "очень личное")
    foreign = b'0:{"event":{"type":"of_the_future"}}'
    await writer.write([tale.payloads[0], (2, foreign), (3, tale.payloads[1][1]), (4, b"\xff\x00")])
    assert [row["seq"] for row in await rows_of("journal")] == [1, 3]
    aside = await rows_of("unreadable")
    assert [(row["seq"], row["payload"], row["set_aside_at"]) for row in aside] == [
        (2, foreign, START),
        (4, b"\xff\x00", START),
    ]
    assert "version 0" in aside[0]["reason"]
    assert writer.set_aside == 2
    assert caplog.text.count("journal entry put aside") == 2
    assert "личное" not in caplog.text


async def test_an_entry_that_the_database_refuses_is_put_aside_and_the_others_are_written(
    writer: Writer, tale: Tale, rows_of: RowsOf
) -> None:
    tale.opened(7)
    for number in range(20):
        tale.received(7, f"слово {number}")
    entries = tale.payloads
    seq, recorded = tale.entries[9]
    too_large = e.Recorded(event=recorded.event, at=2**70, cause=recorded.cause, line=recorded.line)
    entries[9] = (seq, encode(too_large))
    await writer.write(entries)
    assert [row["seq"] for row in await rows_of("journal")] == [one for one in range(1, 22) if one != seq]
    assert [(row["seq"], row["payload"]) for row in await rows_of("unreadable")] == [(seq, encode(too_large))]
    assert len(await rows_of("messages")) == 19
    assert writer.position == 21


async def test_a_locked_database_is_unavailable_and_nothing_is_lost_or_put_aside(
    url: str, tale: Tale, rows_of: RowsOf
) -> None:
    writer = Writer(f"{url}?timeout=0.05", DeskId("main"))
    await writer.open()
    tale.opened(7)
    with closing(sqlite3.connect(path_of(url))) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="locked"):
            await writer.write(tale.payloads)
        other.rollback()
    assert writer.position == 0
    await writer.write(tale.payloads)
    await writer.close()
    assert len(await rows_of("dialogs")) == 1
    assert await rows_of("unreadable") == []


async def test_a_second_recorder_cannot_write_what_the_first_has_written(
    url: str, writer: Writer, tale: Tale, rows_of: RowsOf
) -> None:
    stale = Writer(url, DeskId("main"))
    await stale.open()
    tale.opened(7)
    await writer.write(tale.payloads)
    with pytest.raises(StoreUnavailable, match="another recorder"):
        await stale.write(tale.payloads)
    await stale.close()
    assert len(await rows_of("journal")) == 1


async def test_another_desks_archive_is_refused(url: str, writer: Writer) -> None:
    other = Writer(url, DeskId("second"))
    with pytest.raises(StoreRefused, match="belongs to desk main"):
        await other.open()
    await other.close()


async def test_a_file_that_is_away_is_a_sentence(tmp_path: Path, until: Until) -> None:
    writer = Writer(f"sqlite+aiosqlite:///{tmp_path}/none/archive.db", DeskId("main"))
    with pytest.raises(StoreUnavailable, match="unable to open database file"):
        await writer.open()
    await writer.close()

    async def threads_ended() -> bool:
        return not any("_connection_worker_thread" in one.name for one in threading.enumerate())

    await until(threads_ended)  # aiosqlite does not wait for the thread of a connection that failed


async def test_a_commit_survives_a_power_loss(url: str, writer: Writer) -> None:
    async with writer._engine.connect() as connection:
        assert (await connection.exec_driver_sql("PRAGMA synchronous")).scalar() == 2, "FULL"
        assert (await connection.exec_driver_sql("PRAGMA journal_mode")).scalar() == "wal"
