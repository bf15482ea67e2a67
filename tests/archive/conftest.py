"""An archive in a real SQLite file, a real server for its journal, and a tale of what happened to write into both."""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from gateway.archive import tables
from gateway.archive.dialect import archive_url, open_reader
from gateway.archive.history import History
from gateway.archive.migrations import upgrade
from gateway.archive.writer import Writer
from gateway.model import events as e
from gateway.model.codec import encode
from gateway.model.ids import AccountId, ContactId, DeskId, LineId, NativeId, OperatorId, dialog_id, message_id
from gateway.model.messages import Message, Profile
from gateway.model.state import CloseReason, Dialog, DialogState
from gateway.streams.connection import Store
from gateway.streams.embedded import EmbeddedServer
from gateway.streams.keys import Keys

SALES, SHOP = LineId("sales"), AccountId("shop")
ANNA, BORIS = OperatorId("1001"), OperatorId("1002")
START = 1_700_000_000_000
SECOND = 1000


class Tale:
    """Journal entries as the router would make them, one second apart, with each dialog's row right after."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, e.Recorded]] = []
        self.dialogs: dict[str, Dialog] = {}

    @property
    def payloads(self) -> list[tuple[int, bytes]]:
        return [(seq, encode(recorded)) for seq, recorded in self.entries]

    @property
    def now(self) -> int:
        return START + len(self.entries) * SECOND

    def add(self, event: e.Event, number: int | None = None, **changed: object) -> None:
        dialog = None
        if number is not None:
            dialog = self.dialogs[dialog_id(number)] = replace(self.dialogs[dialog_id(number)], **changed)
        line = dialog.line if dialog else None
        recorded = e.Recorded(event=event, at=self.now, cause="inbox:sales:1-0", line=line, dialog=dialog)
        self.entries.append((len(self.entries) + 1, recorded))

    def opened(self, number: int, contact: str = "ivan", *, by: OperatorId | None = None) -> None:
        name = dialog_id(number)
        self.dialogs[name] = Dialog(
            id=name,
            line=SALES,
            account=SHOP,
            contact=ContactId(contact),
            client=f"{contact} P.",
            opened_at=self.now,
            owner=by,
            claimed_at=self.now if by else None,
            state=DialogState.CLAIMED if by else DialogState.NEW,
        )
        profile = Profile(name=f"{contact} P.", username=contact, language="ru")
        event = e.DialogOpened(
            dialog=name,
            line=SALES,
            account=SHOP,
            contact=ContactId(contact),
            client=f"{contact} P.",
            profile=profile,
            start="ad-7",
            owner=by,
        )
        self.add(event, number)

    def received(self, number: int, message: Message | str) -> str:
        dialog = self.dialogs[dialog_id(number)]
        identity = message_id(dialog.id, dialog.messages + 1)
        if isinstance(message, str):
            message = Message(native=NativeId(f"n{dialog.messages + 1}"), at=self.now, text=message)
        state = DialogState.WAITING_AGAIN if dialog.first_reply_at else dialog.state
        event = e.MessageReceived(dialog=dialog.id, id=identity, message=message, state=state)
        waiting = dialog.waiting_since or self.now
        self.add(event, number, state=state, messages=dialog.messages + 1, waiting_since=waiting)
        return identity

    def claimed(self, number: int, operator: OperatorId = ANNA) -> None:
        event = e.DialogClaimed(dialog=dialog_id(number), operator=operator)
        self.add(event, number, owner=operator, claimed_at=self.now, state=DialogState.CLAIMED)

    def replied(self, number: int, message: Message | str, operator: OperatorId = ANNA, **more: bool) -> str:
        dialog = self.dialogs[dialog_id(number)]
        identity = message_id(dialog.id, dialog.messages + 1)
        message = Message(text=message) if isinstance(message, str) else message
        self.add(
            e.ReplyAccepted(dialog=dialog.id, id=identity, operator=operator, message=message, **more),
            number,
            messages=dialog.messages + 1,
            state=DialogState.ANSWERED,
            first_reply_at=dialog.first_reply_at or self.now,
            waiting_since=None,
        )
        return identity

    def noted(self, number: int, text: str) -> str:
        dialog = self.dialogs[dialog_id(number)]
        identity = message_id(dialog.id, dialog.messages + 1)
        event = e.NoteAdded(dialog=dialog.id, id=identity, operator=ANNA, text=text)
        self.add(event, number, messages=dialog.messages + 1)
        return identity

    def closed(self, number: int, operator: OperatorId | None = ANNA) -> None:
        event = e.DialogClosed(dialog=dialog_id(number), reason=CloseReason.OPERATOR, operator=operator)
        changed = {"state": DialogState.CLOSED, "closed_at": self.now, "reason": CloseReason.OPERATOR}
        self.add(event, number, waiting_since=None, **changed)


@pytest.fixture
def tale() -> Tale:
    return Tale()


@pytest.fixture
def new_tale() -> type[Tale]:
    return Tale


@pytest.fixture(scope="session")
def empty_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive's file as `upgrade` leaves it, to be copied."""
    folder = tmp_path_factory.mktemp("empty")
    with asyncio.Runner() as runner:
        runner.run(upgrade(archive_url("", folder)))
    return folder / "archive.db"


@pytest.fixture
def new_archive(empty_archive: Path, tmp_path: Path) -> Callable[[], str]:
    """Makes one more empty archive."""

    def new_archive() -> str:
        folder = tmp_path / secrets.token_hex(4)
        url = archive_url("", folder)
        shutil.copy(empty_archive, folder / "archive.db")
        return url

    return new_archive


@pytest.fixture
def url(new_archive: Callable[[], str]) -> str:
    return new_archive()


@pytest.fixture
async def writer(url: str) -> AsyncIterator[Writer]:
    writer = Writer(url, DeskId("main"), channels={SHOP: "telegram"}, clock=lambda: START)
    await writer.open()
    yield writer
    await writer.close()


@pytest.fixture
async def history(url: str) -> AsyncIterator[History]:
    history = History(url)
    yield history
    await history.close()


async def read_table(url: str, name: str) -> list[dict[str, Any]]:
    """All rows of a table, in the order of its key."""
    engine = open_reader(url)
    table = tables.metadata.tables[name]
    async with engine.connect() as connection:
        found = await connection.execute(select(table).order_by(*table.primary_key))
        rows = [dict(row) for row in found.mappings()]
    await engine.dispose()
    return rows


@pytest.fixture
def rows_of(url: str) -> Callable[..., Any]:
    async def rows_of(name: str, where: str = url) -> list[dict[str, Any]]:
        return await read_table(where, name)

    return rows_of


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = EmbeddedServer()
    with asyncio.Runner() as runner:
        yield runner.run(server.start(tmp_path_factory.mktemp("data")))
        runner.run(server.stop())


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    store = Store(redis_url, Keys(f"test-{secrets.token_hex(4)}", DeskId("main")))
    yield store
    await store.close()


@pytest.fixture
def write_journal(store: Store) -> Callable[..., Any]:
    """Puts entries into the journal in Redis, as a commit would."""

    async def write_journal(entries: list[tuple[int, bytes]]) -> None:
        keys = store.keys
        added = [("XADD", keys.journal, f"{seq}-0", "p", payload) for seq, payload in entries]
        await store.note([*added, ("HSET", keys.cursors, "journal", entries[-1][0])])

    return write_journal


@pytest.fixture
def told(store: Store) -> Callable[..., Any]:
    """What the recorder told Redis about its position."""

    async def told() -> int:
        return int(await store.ask("HGET", store.keys.cursors, "archive") or 0)

    return told


@pytest.fixture
def until() -> Callable[..., Any]:
    async def until(condition: Callable[[], Any], seconds: float = 20) -> None:
        async with asyncio.timeout(seconds):
            while not await condition():
                await asyncio.sleep(0.02)

    return until


@pytest.fixture
def until_told(told: Callable[..., Any], until: Callable[..., Any]) -> Callable[..., Any]:
    """Waits until Redis was told that the archive has everything up to a number."""

    async def until_told(seq: int) -> None:
        async def is_told() -> bool:
            return await told() >= seq

        await until(is_told)

    return until_told
