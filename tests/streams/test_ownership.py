import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import CommandRejected, LostLease, StoreUnavailable
from gateway.model.ids import AccountId, EntryId, LineId
from gateway.streams import ownership
from gateway.streams.connection import Store
from gateway.streams.intake import Intake, Offer
from gateway.streams.keys import Keys
from gateway.streams.ownership import CursorMoved, Lease, commit, read_cursors, read_inboxes, trim

SALES, HELP = LineId("sales"), LineId("help")
SHOP = AccountId("shop")
Take = Callable[..., Awaitable[Lease]]
EntriesOf = Callable[[str], Awaitable[list[tuple[EntryId, bytes]]]]
Wrote = Callable[..., Offer]
Wire = Any
"""conftest's; test modules cannot import it."""


def journal(keys: Keys, number: int) -> tuple[str, ...]:
    return ("XADD", keys.journal, f"{number}-0", "p", f"event {number}")


async def test_a_commit_runs_its_commands_and_moves_its_cursors(
    store: Store, owner: Lease, keys: Keys, entries_of: EntriesOf
) -> None:
    cursors = [("inbox:sales", "0-0", "5-0"), ("inbox:staff", "", "6-1"), ("journal", "0", "2")]
    commands = [journal(keys, 1), journal(keys, 2), ("ZADD", keys.waiting, 5, "1"), ("SET", keys.staff + "x", b"\xff")]
    assert await commit(store, owner, cursors, commands) == "done"
    assert await read_cursors(store) == {"inbox:sales": "5-0", "inbox:staff": "6-1", "journal": "2"}
    assert await entries_of(keys.journal) == [("1-0", b"event 1"), ("2-0", b"event 2")]
    assert await store.ask("GET", keys.staff + "x") == b"\xff"


async def test_a_repeated_commit_changes_nothing_and_says_so(
    store: Store, owner: Lease, keys: Keys, entries_of: EntriesOf
) -> None:
    arguments = ([("inbox:sales", "0", "5-0"), ("journal", "0", "1")], [("XADD", keys.outbox(SHOP), "*", "p", "x")])
    assert await commit(store, owner, *arguments) == "done"
    assert await commit(store, owner, *arguments) == "already"
    assert len(await entries_of(keys.outbox(SHOP))) == 1


async def test_after_a_lost_reply_a_commit_repeats_itself_and_nothing_is_done_twice(
    wired: Store, wire: Wire, entries_of: EntriesOf
) -> None:
    async with await Lease.take(wired, "owner") as lease:  # type: ignore[union-attr]
        await commit(wired, lease, [("journal", "0", "1")], [])
        wire.losing = b"EVALSHA"
        outbox = wired.keys.outbox(SHOP)
        assert await commit(wired, lease, [("journal", "1", "2")], [("XADD", outbox, "*", "p", "x")]) == "already"
        assert wire.lost == 1
        assert len(await entries_of(outbox)) == 1


async def test_a_commit_survives_a_server_that_forgot_the_script(store: Store, owner: Lease) -> None:
    await commit(store, owner, [("journal", "0", "1")], [])
    await store.ask("SCRIPT", "FLUSH")
    assert await commit(store, owner, [("journal", "1", "2")], []) == "done"


async def test_who_read_from_an_old_position_commits_nothing(
    store: Store, owner: Lease, keys: Keys, entries_of: EntriesOf
) -> None:
    await commit(store, owner, [("inbox:sales", "0", "5-0"), ("journal", "0", "1")], [journal(keys, 1)])
    with pytest.raises(CursorMoved, match="inbox:sales"):
        await commit(store, owner, [("inbox:sales", "4-0", "6-0"), ("journal", "1", "2")], [journal(keys, 2)])
    assert await read_cursors(store) == {"inbox:sales": "5-0", "journal": "1"}
    assert len(await entries_of(keys.journal)) == 1
    assert not owner.alive


async def test_one_cursor_that_is_elsewhere_stops_the_whole_commit(store: Store, owner: Lease, keys: Keys) -> None:
    await commit(store, owner, [("inbox:sales", "0", "5-0"), ("inbox:help", "0", "5-0")], [])
    with pytest.raises(CursorMoved):
        await commit(store, owner, [("inbox:sales", "5-0", "6-0"), ("inbox:help", "4-0", "7-0")], [journal(keys, 1)])
    assert await read_cursors(store) == {"inbox:sales": "5-0", "inbox:help": "5-0"}


async def test_a_half_done_repeat_is_no_repeat(store: Store, owner: Lease) -> None:
    """All cursors at their new place mean done before; some of them mean that somebody else was here."""
    await commit(store, owner, [("inbox:sales", "0", "5-0")], [])
    with pytest.raises(CursorMoved):
        await commit(store, owner, [("inbox:sales", "0", "5-0"), ("inbox:help", "0", "5-0")], [])


async def test_a_commit_that_moves_nothing_is_refused(store: Store, owner: Lease) -> None:
    for cursors in ([], [("inbox:sales", "5-0", "5-0")]):
        with pytest.raises(ValueError, match="moves no cursor"):
            await commit(store, owner, cursors, [])


async def test_a_command_that_redis_refuses_leaves_the_cursor_where_it_was(
    store: Store, owner: Lease, keys: Keys
) -> None:
    await store.note([("SET", keys.people, "no hash")])
    with pytest.raises(CommandRejected, match=r"refused HSET on .*:people"):
        await commit(store, owner, [("inbox:sales", "0", "5-0")], [("HSET", keys.people, "a", "b")])
    assert await read_cursors(store) == {}
    assert owner.alive


async def test_an_owner_that_was_paused_cannot_commit_when_it_wakes(
    store: Store, stale: Lease, keys: Keys, entries_of: EntriesOf
) -> None:
    with pytest.raises(LostLease):
        await commit(store, stale, [("journal", "0", "1")], [journal(keys, 1)])
    assert not stale.alive
    assert stale.lost.is_set()
    assert await entries_of(keys.journal) == []
    assert await read_cursors(store) == {}


async def test_an_owner_that_was_paused_counts_nothing(store: Store, stale: Lease, keys: Keys) -> None:
    with pytest.raises(LostLease):
        await ownership.begin_careful(store, stale, keys.staff, EntryId("1-0"))
    assert await store.ask("EXISTS", keys.attempts_owner) == 0


async def test_an_owner_that_was_paused_trims_nothing(
    store: Store, stale: Lease, keys: Keys, entries_of: EntriesOf
) -> None:
    await ten(store, keys.staff)
    await store.note([("HSET", keys.cursors, "inbox:staff", "10-0")])
    with pytest.raises(LostLease):
        await trim(store, stale, keys.staff, "10-0")
    assert len(await entries_of(keys.staff)) == 10


async def test_a_really_paused_process_cannot_commit(
    store: Store, redis_url: str, keys: Keys, take: Take, entries_of: EntriesOf
) -> None:
    program = f"""
import asyncio
from gateway.errors import LostLease
from gateway.streams.connection import Store
from gateway.streams.keys import Keys
from gateway.streams.ownership import Lease, commit

async def main():
    store = Store({redis_url!r}, Keys({keys.prefix!r}, "main"))
    lease = await Lease.take(store, "owner", 500)
    print("took", flush=True)
    input()
    try:
        print(await commit(store, lease, [("journal", "0", "1")], [("XADD", store.keys.journal, "1-0", "p", "x")]))
    except LostLease:
        print("lost")
    await lease.release()
    await store.close()

asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    async with asyncio.timeout(20):
        assert await process.stdout.readline() == b"took\n"
        os.kill(process.pid, signal.SIGSTOP)
        while (lease := await Lease.take(store, "owner")) is None:
            await asyncio.sleep(0.02)
        await commit(store, lease, [("journal", "0", "5")], [journal(keys, 5)])
        os.kill(process.pid, signal.SIGCONT)
        process.stdin.write(b"\n")
        assert await process.stdout.readline() == b"lost\n"
        await process.communicate()
    assert [entry for entry, _ in await entries_of(keys.journal)] == ["5-0"]
    await lease.release()


async def test_while_redis_is_away_a_commit_is_unavailable_and_may_be_repeated_later(
    wired: Store, wire: Wire, store: Store
) -> None:
    lease = await Lease.take(wired, "owner", 60_000)
    assert lease is not None
    port = wire.port
    await wire.close()
    started = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await commit(wired, lease, [("journal", "0", "1")], [])
    assert time.monotonic() - started < 7
    await wire.open(port)
    assert await commit(wired, lease, [("journal", "0", "1")], []) == "done"
    await lease.release()


async def test_inboxes_are_read_together_each_in_its_order_from_its_own_position(store: Store, keys: Keys) -> None:
    sales, helps = keys.inbox(SALES), keys.inbox(HELP)
    for number in (1, 2, 3):
        await store.note([("XADD", sales, f"{number}-0", "p", f"s{number}"), ("XADD", helps, f"{number}-5", "p", "h")])
    read = await read_inboxes(store, {sales: "1-0", helps: "2-5", keys.staff: "0"}, 10, 0)
    assert [one for one in read if one[0] == sales] == [(sales, "2-0", b"s2"), (sales, "3-0", b"s3")]
    assert [one for one in read if one[0] == helps] == [(helps, "3-5", b"h")]
    assert len(read) == 3
    assert len(await read_inboxes(store, {sales: "0", helps: "0"}, 2, 0)) == 4


async def test_a_batch_of_several_inboxes_is_one_commit(
    store: Store, owner: Lease, keys: Keys, entries_of: EntriesOf
) -> None:
    sales, helps = keys.inbox(SALES), keys.inbox(HELP)
    await store.note([("XADD", sales, "1-0", "p", "s"), ("XADD", helps, "1-0", "p", "h")])
    read = await read_inboxes(store, {sales: "0-0", helps: "0-0"}, 10, 0)
    cursors = [(keys.name_of(stream), "0-0", str(entry)) for stream, entry, _ in read]
    commands = [("XADD", keys.journal, f"{n}-0", "p", payload) for n, (_, _, payload) in enumerate(read, 1)]
    for expected in ("done", "already"):
        assert await commit(store, owner, [*cursors, ("journal", "0", "2")], commands) == expected
    positions = await read_cursors(store)
    assert await read_inboxes(store, {sales: positions["inbox:sales"], helps: positions["inbox:help"]}, 10, 0) == []
    assert len(await entries_of(keys.journal)) == 2


async def test_a_reader_that_waits_hears_of_an_offer_at_once(
    store: Store, intake: Intake, keys: Keys, wrote: Wrote
) -> None:
    waiting = asyncio.create_task(read_inboxes(store, {keys.inbox(SALES): "0-0", keys.staff: "0-0"}, 10, 5000))
    await asyncio.sleep(0.05)
    started = time.monotonic()
    (taken,) = await intake.offer([wrote()])
    ((stream, entry, _),) = await waiting
    assert (stream, entry) == (keys.inbox(SALES), taken.entry)
    assert time.monotonic() - started < 4


async def test_an_entry_of_a_stranger_reads_as_empty_instead_of_stopping_the_reader(store: Store, keys: Keys) -> None:
    await store.note([("XADD", keys.staff, "1-0", "hello", "world")])
    assert await read_inboxes(store, {keys.staff: "0"}, 10, 0) == [(keys.staff, "1-0", b"")]


async def test_only_an_entry_begun_by_itself_is_counted_and_its_commit_forgets_it(
    store: Store, owner: Lease, keys: Keys
) -> None:
    inbox, first, second = keys.inbox(SALES), EntryId("1-0"), EntryId("2-0")
    assert [await ownership.begin_careful(store, owner, inbox, first) for _ in range(3)] == [1, 2, 3]
    assert await ownership.begin_careful(store, owner, keys.inbox(HELP), first) == 1
    assert await ownership.begin_careful(store, owner, inbox, second) == 1
    await commit(store, owner, [("inbox:sales", "0", "2-0")], [])
    assert list(await store.ask("HGETALL", keys.attempts_owner)) == [b"inbox:help"]


async def test_what_was_left_is_handled_at_once_but_not_where_somebody_died_of_it(
    store: Store, owner: Lease, keys: Keys
) -> None:
    assert await ownership.resume(store, owner)
    assert not await ownership.resume(store, owner)
    await commit(store, owner, [("inbox:sales", "0", "2-0")], [])
    assert await store.ask("EXISTS", keys.attempts_owner) == 0
    await ownership.begin_careful(store, owner, keys.staff, EntryId("1-0"))
    assert not await ownership.resume(store, owner)


async def test_a_lost_reply_is_nobodys_death(wired: Store, wire: Wire) -> None:
    async with await Lease.take(wired, "owner") as lease:  # type: ignore[union-attr]
        wire.losing = b"EVALSHA"
        assert await ownership.resume(wired, lease)
        assert wire.lost == 1


async def test_a_lost_reply_does_not_count_an_entry_twice(wired: Store, wire: Wire) -> None:
    async with await Lease.take(wired, "owner") as lease:  # type: ignore[union-attr]
        entry = EntryId("1-0")
        await ownership.begin_careful(wired, lease, wired.keys.staff, entry)
        wire.losing = b"EVALSHA"
        assert await ownership.begin_careful(wired, lease, wired.keys.staff, entry) == 2
        assert wire.lost == 1


async def test_a_count_is_taken_back_where_the_owner_lives(store: Store, owner: Lease, keys: Keys) -> None:
    inbox, first, second = keys.inbox(SALES), EntryId("1-0"), EntryId("2-0")
    await ownership.spare(store, inbox, first)
    assert await store.ask("EXISTS", keys.attempts_owner) == 0
    assert [await ownership.begin_careful(store, owner, inbox, first) for _ in range(2)] == [1, 2]
    await ownership.spare(store, inbox, second)
    await ownership.spare(store, inbox, first)
    assert await ownership.begin_careful(store, owner, inbox, first) == 2
    for _ in range(5):
        await ownership.spare(store, inbox, first)
    assert await ownership.begin_careful(store, owner, inbox, first) == 1


async def test_a_lost_reply_does_not_take_a_count_back_twice(wired: Store, wire: Wire) -> None:
    async with await Lease.take(wired, "owner") as lease:  # type: ignore[union-attr]
        inbox, entry = wired.keys.staff, EntryId("1-0")
        for _ in range(3):
            await ownership.begin_careful(wired, lease, inbox, entry)
        wire.losing = b"EVAL"
        await ownership.spare(wired, inbox, entry)
        assert wire.lost == 1
        assert await ownership.begin_careful(wired, lease, inbox, entry) == 3


async def ten(store: Store, stream: str) -> None:
    await store.note([("XADD", stream, f"{number}-0", "p", "x") for number in range(1, 11)])


async def test_an_inbox_is_trimmed_behind_its_cursor_and_never_past_it(
    store: Store, owner: Lease, keys: Keys, entries_of: EntriesOf
) -> None:
    inbox = keys.inbox(SALES)
    await ten(store, inbox)
    await trim(store, owner, inbox, "9-0")
    assert len(await entries_of(inbox)) == 10
    await commit(store, owner, [("inbox:sales", "0", "5-0")], [])
    await trim(store, owner, inbox, "3-0")
    assert (await entries_of(inbox))[0][0] == "3-0"
    await trim(store, owner, inbox, "9-0")
    assert (await entries_of(inbox))[0][0] == "5-0"


async def test_the_journal_is_kept_for_the_archive_and_the_notifier(
    store: Store, owner: Lease, keys: Keys, entries_of: EntriesOf
) -> None:
    await ten(store, keys.journal)
    await store.note([("HSET", keys.cursors, "notifier", "8", "journal", "10")])
    await trim(store, owner, keys.journal, "10-0")
    assert len(await entries_of(keys.journal)) == 10
    await store.note([("HSET", keys.cursors, "archive", "4")])
    await trim(store, owner, keys.journal, "10-0")
    assert (await entries_of(keys.journal))[0][0] == "4-0"


def test_no_stream_but_of_hints_and_live_logs_is_ever_cut_by_its_length() -> None:
    """Whoever missed some of those is told so, and looks for itself; of any other stream a cut is a loss."""
    found = [path for kind in ("*.py", "*.lua") for path in Path(ownership.__file__).parents[1].rglob(kind)]
    sources = [path for path in found if "node_modules" not in path.parts]
    assert len(sources) > 100, "the sources are where this test looks"
    cutting = sorted(path.name for path in sources if re.search("maxlen", path.read_text("utf-8"), re.IGNORECASE))
    assert cutting == ["append.lua", "hint.lua", "live.py"]
