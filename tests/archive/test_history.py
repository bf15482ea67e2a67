"""What operators see when they press "История": pages over all of a client's dialogs, newest page first."""

import sqlite3
import threading
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.archive.history import History
from gateway.archive.writer import Writer
from gateway.errors import StoreUnavailable
from gateway.model import events as e
from gateway.model.ids import AccountId, ContactId, DialogId, MessageId, NativeId, OperatorId
from gateway.model.messages import Location, Message, Profile
from gateway.model.outgoing import DeliveryStatus

Tale = Any
"""conftest's."""
SHOP, IVAN = AccountId("shop"), ContactId("ivan")
START, SECOND = 1_700_000_000_000, 1000


def texts(page: Any) -> list[str]:
    return [line.message.text for line in page.lines]


async def test_pages_go_from_the_newest_back_over_all_dialogs_of_the_client(
    writer: Writer, history: History, tale: Tale
) -> None:
    tale.opened(1)
    for word in ("1а", "1б", "1в"):
        tale.received(1, word)
    tale.opened(2, "petr")
    tale.received(2, "чужое")
    tale.closed(1)
    tale.opened(3)
    tale.received(3, "3а")
    tale.replied(3, "3б")
    await writer.write(tale.payloads)
    first = await history.page(SHOP, IVAN, 0, 2)
    assert (texts(first), first.page, first.pages, first.total) == (["3а", "3б"], 0, 3, 5)
    assert texts(await history.page(SHOP, IVAN, 1, 2)) == ["1б", "1в"]
    assert texts(await history.page(SHOP, IVAN, 2, 2)) == ["1а"]
    beyond = await history.page(SHOP, IVAN, 99, 2)
    assert (texts(beyond), beyond.page) == (["1а"], 2)
    assert texts(await history.page(SHOP, IVAN, -1, 2)) == ["3а", "3б"]


async def test_a_client_who_goes_on_under_another_id_keeps_their_history(
    writer: Writer, history: History, tale: Tale
) -> None:
    tale.opened(1)
    tale.received(1, "раньше")
    tale.closed(1)
    await writer.write(tale.payloads)
    new, profile = ContactId("ivan2"), Profile(name="Иван")
    tale.add(e.ContactMoved(account=SHOP, contact=new, former=IVAN, profile=profile, told=True))
    tale.opened(2, "ivan2")
    tale.received(2, "теперь")
    tale.add(e.ContactMoved(account=SHOP, contact=ContactId("petr"), former=ContactId("nobody"), profile=profile))
    await writer.write(tale.payloads)
    assert texts(await history.page(SHOP, new, 0, 10)) == ["раньше", "теперь"]
    assert (await history.page(SHOP, IVAN, 0, 10)).total == 0


async def test_a_stranger_has_one_empty_page(history: History) -> None:
    page = await history.page(SHOP, ContactId("nobody"), 0, 10)
    assert (page.lines, page.pages, page.total) == ((), 1, 0)


async def test_the_same_contact_id_at_another_account_is_another_person(
    writer: Writer, history: History, tale: Tale
) -> None:
    tale.opened(1)
    tale.received(1, "наше")
    await writer.write(tale.payloads)
    assert (await history.page(AccountId("other"), IVAN, 0, 10)).total == 0


async def test_a_line_says_who_when_and_what_became_of_it(writer: Writer, history: History, tale: Tale) -> None:
    anna = OperatorId("1001")
    tale.add(e.OperatorEntered(operator=anna, name="Анна", role="operator", lines=(), language="ru", new=True))
    tale.opened(1)
    place = Message(native="n1", attachments=(Location(55.7, 37.6, title="Склад"),))
    first = tale.received(1, place)
    second = tale.replied(1, "Едем", anna)
    tale.noted(1, "постоянный клиент")
    tale.add(e.DeliveryChanged(dialog="1", id=second, status=DeliveryStatus.DELIVERED), 1)
    tale.add(e.ReactionChanged(dialog="1", id=second, emojis=("👍",)), 1)
    tale.add(e.MessageDeleted(dialog="1", id=first), 1)
    await writer.write(tale.payloads)
    client, reply, note = (await history.page(SHOP, IVAN, 0, 10)).lines
    assert (client.side, client.operator, client.author, client.message) == ("client", None, None, place)
    assert (client.deleted_at, client.at, client.status) == (START + 7 * SECOND, START + 2 * SECOND, None)
    assert (reply.side, reply.operator, reply.author) == ("operator", anna, "Анна")
    assert (reply.status, reply.reactions, reply.dialog) == (DeliveryStatus.DELIVERED, ("👍",), DialogId("1"))
    assert (note.side, note.message.text, note.author) == ("note", "постоянный клиент", "Анна")


async def test_an_answer_in_the_messenger_itself_is_nobodys_answer(
    writer: Writer, history: History, tale: Tale
) -> None:
    tale.opened(1)
    tale.received(1, "вопрос")
    said = Message(native=NativeId("n9"), text="ответ из мессенджера")
    tale.add(e.AnsweredElsewhere(DialogId("1"), MessageId("1.2"), said, "vk.com/id7"), 1, messages=2)
    await writer.write(tale.payloads)
    found = await history.dialog(DialogId("1"))
    assert found is not None
    assert [(one.side, one.author, one.message.text) for one in found.lines] == [
        ("client", None, "вопрос"),
        ("elsewhere", None, "ответ из мессенджера"),
    ]
    assert (found.row.operator_messages, found.row.answers, found.row.first_reply_by) == (0, 0, None)


async def test_one_dialog_with_its_row(writer: Writer, history: History, tale: Tale) -> None:
    tale.opened(12)
    tale.received(12, "одно")
    tale.replied(12, "два")
    await writer.write(tale.payloads)
    found = await history.dialog(DialogId("12"))
    assert found is not None
    assert (found.row.contact, found.row.client_messages) == (IVAN, 1)
    assert [line.message.text for line in found.lines] == ["одно", "два"]
    assert await history.dialog(DialogId("13")) is None


async def test_history_is_read_while_the_archive_is_being_written(url: str, writer: Writer, history: History) -> None:
    with closing(sqlite3.connect(url.split("///", 1)[1])) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE positions SET seq = 5")
        assert (await history.page(SHOP, IVAN, 0, 10)).total == 0
        assert await history.check() == 0
        other.commit()
    assert await history.check() == 5


async def test_a_page_of_a_long_history_reads_an_index_and_sorts_nothing(url: str) -> None:
    with closing(sqlite3.connect(url.split("///", 1)[1])) as file:
        plan = file.execute(
            "EXPLAIN QUERY PLAN SELECT * FROM messages JOIN dialogs ON dialogs.number = messages.dialog "
            "WHERE dialogs.account = 'shop' AND dialogs.contact = 'ivan' "
            "ORDER BY dialogs.number DESC, messages.seq DESC LIMIT 10"
        ).fetchall()
    told = " | ".join(step[-1] for step in plan)
    assert "ix_dialogs_account_contact_number" in told
    assert "ix_messages_dialog_seq" in told
    assert "TEMP B-TREE" not in told


async def test_history_cannot_write(history: History) -> None:
    async with history._engine.connect() as connection:
        with pytest.raises(Exception, match="readonly"):
            await connection.exec_driver_sql("DELETE FROM messages")


async def test_an_archive_that_is_away_is_a_sentence(tmp_path: Path, until: Callable[..., Awaitable[None]]) -> None:
    history = History(f"sqlite+aiosqlite:///{tmp_path}/none/archive.db")
    with pytest.raises(StoreUnavailable, match="the archive cannot be read: unable to open"):
        await history.page(SHOP, IVAN, 0, 10)
    await history.close()

    async def threads_ended() -> bool:
        return not any("_connection_worker_thread" in one.name for one in threading.enumerate())

    await until(threads_ended)  # aiosqlite does not wait for the thread of a connection that failed


async def test_an_edited_message_stands_there_with_what_it_said_before(
    writer: Writer, history: History, tale: Tale
) -> None:
    tale.opened(1)
    tale.received(1, "Мира 3")
    about = (DialogId("1"), MessageId("1.1"), SHOP, IVAN)
    tale.add(e.MessageEdited(*about, Message(text="Мира 5")))
    tale.add(e.MessageEdited(*about, Message(text="Мира 7")))
    tale.received(1, "жду")
    await writer.write(tale.payloads)
    page = await history.page(SHOP, IVAN, 0, 10)
    dialog = await history.dialog(DialogId("1"))
    assert dialog is not None
    for lines in (page.lines, dialog.lines):
        assert [(one.message.text, one.former and one.former.text) for one in lines] == [
            ("Мира 7", "Мира 5"),
            ("жду", None),
        ]
