"""`gateway dead list` and `replay` on a real Redis and archive: what is no id, what nobody reads, what is aside."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.archive.dialect import archive_url
from gateway.archive.migrations import upgrade
from gateway.archive.recorder import Recorder
from gateway.archive.writer import Writer
from gateway.connectors.registry import channel
from gateway.dead_letters import LIMIT, list_dead_letters, replay_dead_letters
from gateway.errors import GatewayError, NewerVersion, SettingsError, Undecodable
from gateway.model import events as e
from gateway.model.codec import VERSION, decode, encode
from gateway.model.commands import Entry, Notice
from gateway.model.ids import AccountId, DeskId, LineId
from gateway.settings import Settings, load
from gateway.streams.connection import Store
from gateway.streams.dead import list_dead
from gateway.streams.keys import Keys

SETTINGS = """
[operator_bot]
token = "111111:secret-of-the-operators-bot-000000"
[lines.sales.accounts.shop]
channel = "telegram"
token = "222222:secret-of-the-shops-own-bot-0000000"
"""
GOOD = encode(Entry(Notice("x"), AccountId("shop")))


@pytest.fixture
def settings(tmp_path: Path, redis_url: str, keys: Keys) -> Settings:
    file = tmp_path / "gateway.toml"
    given = f'redis_url = "{redis_url}"\nredis_prefix = "{keys.prefix}"\ndesk = "{keys.desk_id}"\n'
    file.write_text(f'data_dir = "{tmp_path / "data"}"\n{given}{SETTINGS}', encoding="utf-8")
    return load(file, {}, lambda name: channel(name).Settings)


async def put(store: Store, number: int, inbox: str = "inbox:sales", payload: bytes = GOOD) -> str:
    fields = ("p", payload, "from", inbox, "entry", "1-0", "reason", "ValueError: x")
    await store.note([("XADD", store.keys.dead, f"{number}-0", *fields)])
    return f"{number}-0"


@pytest.mark.parametrize(
    "wrong",
    [
        *("foo", "", "-", "+", "1", "(1-0", "1-0 ", "$", "1-*", "１-0", "0x1-0", f"{2**64}-0"),
        *("archive:", "archive:x", "archive:-1"),
    ],
)
async def test_what_is_no_id_is_said_so_and_nothing_is_put_back(store: Store, settings: Settings, wrong: str) -> None:
    letter = await put(store, 1)
    with pytest.raises(
        GatewayError, match=r"is not the id of a dead letter: .* Nothing was put back; gateway dead list"
    ):
        await replay_dead_letters(settings, [letter, wrong])
    assert [one.id for one in await list_dead(store)] == [letter]


async def test_letters_go_back_and_who_is_not_there_is_counted(store: Store, settings: Settings) -> None:
    letters = [await put(store, 1), await put(store, 2, "inbox:staff"), await put(store, 3, "outbox:shop")]
    assert await replay_dead_letters(settings, [*letters, "7-7"]) == 3
    assert await list_dead(store) == []
    for inbox in (store.keys.inbox(LineId("sales")), store.keys.staff, store.keys.outbox(AccountId("shop"))):
        assert await store.ask("XLEN", inbox) == 1


@pytest.mark.parametrize("inbox", ["inbox:gone", "outbox:gone", "journal", "", "people"])
async def test_a_letter_of_a_stream_that_nobody_reads_stays(store: Store, settings: Settings, inbox: str) -> None:
    letter = await put(store, 1, inbox)
    with pytest.raises(SettingsError, match="which nobody reads by these settings"):
        await replay_dead_letters(settings, [letter])
    assert [one.id for one in await list_dead(store)] == [letter]


@pytest.mark.parametrize(
    ("payload", "kind"), [(b"0:{}", Undecodable), (b"%d:{}" % (VERSION + 1), NewerVersion), (b"", Undecodable)]
)
async def test_a_letter_that_still_cannot_be_read_says_which(
    store: Store, settings: Settings, payload: bytes, kind: type[GatewayError]
) -> None:
    letter = await put(store, 1, payload=payload)
    with pytest.raises(kind, match="dead letter 1-0 still cannot be read, and stays"):
        await replay_dead_letters(settings, [letter])
    assert [one.id for one in await list_dead(store)] == [letter]


async def test_what_a_stranger_put_among_the_letters_is_listed(store: Store, settings: Settings) -> None:
    await store.note([("XADD", store.keys.dead, "1-0", "not", "ours")])
    letters, total = await list_dead_letters(settings)
    assert [(one.id, one.where) for one in letters] == [("1-0", "")]
    assert total == 1


async def test_a_list_that_is_cut_says_how_many_there_are(store: Store, settings: Settings) -> None:
    await store.note([("XADD", store.keys.dead, f"{number}-0", "p", "x") for number in range(1, LIMIT + 6)])
    letters, total = await list_dead_letters(settings)
    assert (len(letters), total) == (LIMIT, LIMIT + 5)


# ── what the archive put aside ────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def recording(store: Store, settings: Settings) -> AsyncIterator[Writer]:
    """A recorder at work; two of the journal's four entries were put aside."""
    settings.data_dir.mkdir(parents=True)
    url = archive_url("", settings.data_dir)
    await upgrade(url)
    writer = Writer(url, DeskId(settings.desk))
    await writer.open()
    told = encode(e.Recorded(e.NoticeRaised(None, "x"), 1, "c"))
    too_large = encode(e.Recorded(e.NoticeRaised(None, "y"), 2**70, "c"))
    journal = [(1, told), (2, b"0:{}"), (3, too_large), (4, told)]
    await store.note(
        [
            *(("XADD", store.keys.journal, f"{seq}-0", "p", payload) for seq, payload in journal),
            ("HSET", store.keys.cursors, "journal", "4"),
        ]
    )
    await writer.write(journal)
    task = asyncio.create_task(Recorder(store, writer).run())
    async with asyncio.timeout(20):
        while not await store.ask("EXISTS", store.keys.lease("recorder")):
            await asyncio.sleep(0.01)
    yield writer
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await writer.close()


async def test_what_the_archive_put_aside_is_listed_and_asked_for(
    store: Store, settings: Settings, recording: Writer
) -> None:
    letter = await put(store, 1)
    letters, total = await list_dead_letters(settings)
    assert [(one.id, one.where) for one in letters] == [
        (letter, "inbox:sales"),
        ("archive:2", "journal"),
        ("archive:3", "journal"),
    ]
    assert total == 3
    for number, why in ((2, "version 0"), (3, "while it was written"), (4, "no entry of that number")):
        with pytest.raises(GatewayError, match=f"archive:{number} still cannot be written, and stays aside: .*{why}"):
            await replay_dead_letters(settings, [f"archive:{number}"])
    assert await store.ask("EXISTS", store.keys.archive_again) == 0
    async with recording._engine.begin() as connection:
        payload = encode(e.Recorded(e.NoticeRaised(None, "now it can be read"), 5, "c"))
        await connection.exec_driver_sql("UPDATE unreadable SET payload = ? WHERE seq = 2", (payload,))
    assert await replay_dead_letters(settings, ["archive:2", letter]) == 2
    assert [one.id for one in (await list_dead_letters(settings))[0]] == ["archive:3"]
    async with recording._engine.begin() as connection:
        found = list(await connection.exec_driver_sql("SELECT payload FROM journal WHERE seq = 2"))
    assert decode(found[0][0].encode(), e.Recorded).at == 5


async def test_without_a_recorder_it_is_written_once_there_is_one(store: Store, settings: Settings) -> None:
    with pytest.raises(GatewayError, match="nobody writes the archive now: it is done as soon as gateway run"):
        await replay_dead_letters(settings, ["archive:2"])
    assert await store.ask("HGETALL", store.keys.archive_again) == {b"2": b""}
    assert not (settings.data_dir / "archive.db").exists()
