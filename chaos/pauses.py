"""The owner of the desk is stopped beyond its lease and wakes as if nothing had been; meanwhile the archive is locked.

The second router takes over; what the first one still wants to commit is refused by its token.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator

from chaos.deployment import Slot
from chaos.play import Play
from chaos.room import Injected, Outcome, Run
from tests.story.process import until

TITLE = "SIGSTOP of the owner beyond its lease, archive locked away meanwhile"
_PAUSES, _SHORT_PAUSES = 20, 1
_LOCKED, _SHORT_LOCKED = 120, 5
_BEHIND, _CATCH_UP_SECONDS = 100, 10.0
_TAKEN_SECONDS = 60.0
_SLOTS = {
    "web": ["web"],
    "connectors": ["connectors"],
    "router-1": ["router"],
    "router-2": ["router"],
    "operator-bot": ["operator-bot", "archive"],
}


async def enter(run: Run) -> Outcome:
    wanted = run.pick(_PAUSES, _SHORT_PAUSES)
    seconds = run.pick(_LOCKED, _SHORT_LOCKED)
    paused = 0
    async with Play(run, _SLOTS) as play:
        play.crowd.speak()
        locked = asyncio.create_task(_lock(play, seconds))
        while paused < wanted:
            owner = await _owner(play)
            play.gateway.pause(owner)
            now = await _owner(play, but=owner)
            await asyncio.sleep(play.chance.uniform(0.1, 0.5))
            play.gateway.go_on(owner)
            paused += 1
            await play.gateway.catch_up(_BEHIND, seconds=_CATCH_UP_SECONDS)
            play.crowd.check()
            run.tell(
                f"{paused} pauses, {now.name} owns the desk, {play.crowd.said} messages, {play.crowd.waiting} wait"
            )
        was_locked = await locked
        await play.end()
        return play.outcome(
            {
                "SIGSTOP until another process owned the desk": Injected(paused, wanted),
                "seconds for which the archive was locked": Injected(int(was_locked), seconds),
            }
        )


async def _owner(play: Play, *, but: Slot | None = None) -> Slot:
    """Who has the lease, by the token that each process has shown at its gate; waits until it is not `but`."""
    key = play.gateway.store.keys.lease("owner").encode()
    found: list[Slot] = []

    async def is_owned() -> bool:
        token = await play.gateway.ask("GET", key)
        found[:] = [
            slot
            for slot in play.gateway.with_role("router")
            if token is not None and slot is not but and slot.gate.leases.get(key) == token
        ]
        return bool(found)

    await until(is_owned, "the desk has an owner", seconds=_TAKEN_SECONDS)
    return found[0]


async def _lock(play: Play, seconds: int) -> float:
    async with _locked(play):
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(seconds)
        return asyncio.get_running_loop().time() - began


@contextlib.asynccontextmanager
async def _locked(play: Play) -> AsyncIterator[None]:
    """Somebody else writes into the archive's file and does not end; retried, for the recorder writes too."""
    archive = sqlite3.connect(play.gateway.data / "archive.db", isolation_level=None, timeout=0.05)
    try:
        async with asyncio.timeout(_TAKEN_SECONDS):
            while True:
                with contextlib.suppress(sqlite3.OperationalError):
                    archive.execute("BEGIN IMMEDIATE")
                    break
                await asyncio.sleep(0.01)
        yield
        archive.execute("ROLLBACK")
    finally:
        archive.close()
