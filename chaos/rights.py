"""Redis refuses the gateway single commands, keys or types for a while, as after somebody's change of its rights.

Whoever meets it stands still and says what to do. Nothing is put aside for it, nothing is half done, and when it is
mended everything goes on by itself.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from chaos.play import BY_ROLE, Play
from chaos.room import Injected, Outcome, Run
from tests.story.process import until

TITLE = "Rights taken from Redis' user and given back, keys of another type"
_ROUNDS, _SHORT_ROUNDS = 2, 1
_SAID_SECONDS, _MENDED_SECONDS = 60.0, 90.0
_HELD = (0.5, 3.0)
"""Seconds for which it stays after somebody has said it."""
_USER = "gateway"
_COMMANDS = ("xadd", "zadd", "hset", "set", "hdel", "xdel", "zrem", "xread", "hgetall", "get", "evalsha", "expire")
_SHORT_COMMANDS = ("xadd", "zadd", "xdel")
_TYPES = ("timers", "people", "cursors", "journal", "inbox:line0", "outbox:shop1", "outbox:staff", "dead")
_SHORT_TYPES = ("cursors", "outbox:staff")
_UNTOLD = ("dead",)
"""What nobody needs as long as nothing is put aside."""
_SWAP = """
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('RENAME', KEYS[1], KEYS[2]) end
redis.call('SET', KEYS[1], 'not the gateway’s')
"""
_SWAP_BACK = """
redis.call('DEL', KEYS[1])
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('RENAME', KEYS[2], KEYS[1]) end
"""


async def enter(run: Run) -> Outcome:
    commands, types = (_SHORT_COMMANDS, _SHORT_TYPES) if run.is_short else (_COMMANDS, _TYPES)
    told = [one for one in (*commands, *types, "every key") if one not in _UNTOLD]
    rounds = run.pick(_ROUNDS, _SHORT_ROUNDS)
    done = dict.fromkeys(("command", "pattern", "type"), 0)
    said = 0
    async with Play(run, BY_ROLE, user=_USER) as play:
        play.crowd.speak()
        for _ in range(rounds):
            faults = [("command", one) for one in commands] + [("type", one) for one in types] + [("pattern", "")]
            play.chance.shuffle(faults)
            for kind, what in faults:
                async with _refused(play, kind, what):
                    if what not in _UNTOLD:
                        await _is_said(play, kind, what)
                        said += 1
                    await asyncio.sleep(play.chance.uniform(*_HELD))
                done[kind] += 1
                await _goes_on(play)
                play.crowd.check()
                run.tell(f"{kind} {what}: {play.crowd.said} messages, {play.crowd.waiting} wait")
        refused = await _refusals(play)
        await play.end()
        return play.outcome(
            {
                "times that a command was forbidden": Injected(done["command"], rounds * len(commands)),
                "times that all keys were forbidden": Injected(done["pattern"], rounds),
                "times that something of another type stood under a key": Injected(done["type"], rounds * len(types)),
                "of all these, said on /readyz with what to do": Injected(said, rounds * len(told)),
                "commands that Redis refused meanwhile": Injected(refused, sum(done.values())),
            }
        )


@contextlib.asynccontextmanager
async def _refused(play: Play, kind: str, what: str) -> AsyncIterator[None]:
    gateway, keys = play.gateway, play.gateway.store.keys
    both = (keys.of_name(what), f"aside:{keys.of_name(what)}")
    if kind == "command":
        await gateway.take_rights(f"-{what}")
    elif kind == "pattern":
        await gateway.take_rights("resetkeys", "~somewhere-else:*")
    else:
        await gateway.ask("EVAL", _SWAP, 2, *both)
    try:
        yield
    finally:
        if kind == "type":
            await gateway.ask("EVAL", _SWAP_BACK, 2, *both)
        else:
            await gateway.give_rights()


async def _is_said(play: Play, kind: str, what: str) -> None:
    """Somebody stands still, and says so with the command or the key."""
    wanted = "another type stands under that key" if kind == "type" else "has no right to it"

    async def is_said() -> bool:
        told = await play.gateway.stalls()
        return any(wanted in one and (kind != "type" or what in one) for one in told.values())

    await until(is_said, f"somebody says that {what or 'every key'} is refused", seconds=_SAID_SECONDS)


async def _goes_on(play: Play) -> None:
    """Nobody stands still any more."""
    told: dict[str, str] = {}

    async def is_well() -> bool:
        told.clear()
        told.update(await play.gateway.stalls())
        return not told

    await until(is_well, lambda: f"all goes on: {told}", seconds=_MENDED_SECONDS)


async def _refusals(play: Play) -> int:
    """How often Redis has refused for a right or a type, by its own count; what our scripts found first included."""
    told = await play.gateway.ask("INFO", "errorstats")
    names = ("errorstat_NOPERM", "errorstat_WRONGTYPE", "errorstat_REFUSED")
    return sum(int(told.get(name, {}).get("count", 0)) for name in names)
