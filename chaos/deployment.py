"""A gateway in several processes on one Redis, as somebody would deploy it who wants it to survive.

Each process has a way of its own to Redis (a gate) and an HTTP port of its own; visitors come in by one front, which
takes them to whichever process listens. A process that is killed leaves its leases; the run may take them off, because
it knows that their holder is dead, as a gateway with its embedded server does.
"""

import asyncio
import contextlib
import json
import random
import signal
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import aiohttp

from chaos.forks import Forks
from chaos.front import Front, free_port
from chaos.gate import Gate, Point
from chaos.server import RedisServer
from gateway.errors import StoreUnavailable
from gateway.model.codec import decode
from gateway.model.ids import DeskId, DialogId
from gateway.model.state import Dialog
from gateway.streams.connection import Store
from gateway.streams.keys import Keys
from gateway.streams.lag import lag
from tests.story.process import until

ROLES = ("web", "connectors", "router", "operator-bot", "archive")
_READY_SECONDS = 90.0
_STOP_SECONDS = 60.0
_AGAIN_SECONDS = 0.2
_ASK_SECONDS = 60.0
_MANY = 1_000_000


class Slot:
    """A place for a process: its roles, and what is its own whoever fills it."""

    def __init__(  # noqa: PLR0917 - what a process is given
        self,
        name: str,
        roles: Sequence[str],
        gate: Gate,
        environment: Mapping[str, str],
        log: Path,
        forks: Forks,
        user: str = "",
    ) -> None:
        self.name, self.roles, self.gate, self.log = name, roles, gate, log
        self.forks = forks
        """What it is started by: its version of the gateway."""
        who = f"{user}:{user}@" if user else ""
        self.port = free_port()
        self.pid = 0
        self.environment = {
            **environment,
            "GATEWAY_REDIS_URL": f"redis://{who}127.0.0.1:{gate.port}",
            "GATEWAY_HTTP__PORT": str(self.port),
        }
        self.starts = 0


class Deployment:
    """`slots` names each process and its roles."""

    def __init__(
        self,
        folder: Path,
        forks: Forks,
        environment: Mapping[str, str],
        slots: Mapping[str, Sequence[str]],
        chance: random.Random,
        *,
        own: Mapping[str, Mapping[str, str]] | None = None,
        user: str = "",
    ) -> None:
        """`own` has settings of single processes, by their names; `user` is whom they are to Redis."""
        self.data = folder / "data"
        self.redis = RedisServer(folder / "redis")
        self.front = Front()
        self.slots: dict[str, Slot] = {}
        self.began_again = 0
        """How often a process ended before it was ready, and was started again."""
        self._folder, self._forks, self._chance = folder, forks, chance
        self._environment = {"GATEWAY_DATA_DIR": str(self.data), "GATEWAY_LOG_FORMAT": "json", **environment}
        self._wanted, self._own, self._user = slots, own or {}, user
        self.store = Store(self.redis.url, Keys("gateway", DeskId("main")))
        """Straight to the server, past every gate."""

    async def __aenter__(self) -> Self:
        self.data.mkdir(parents=True)
        await self.redis.start()
        if self._user:
            await self.give_rights()
        await self.front.open()
        for name, roles in self._wanted.items():
            gate = Gate(self.redis.socket, random.Random(self._chance.random()))  # noqa: S311 - a seed
            await gate.open()
            environment = {**self._environment, **self._own.get(name, {})}
            slot = Slot(name, roles, gate, environment, self._folder / f"{name}.log", self._forks, self._user)
            gate.strike = lambda slot=slot: slot.forks.signal(slot.pid, signal.SIGKILL)  # type: ignore[misc]
            self.slots[name] = slot
        self.front.ports = [slot.port for slot in self.slots.values() if "web" in slot.roles]
        for slot in self.slots.values():
            await self.start(slot)
        await self.ready()
        return self

    async def __aexit__(self, *_: object) -> None:
        for slot in self.slots.values():
            slot.forks.signal(slot.pid, signal.SIGCONT)
            slot.forks.signal(slot.pid, signal.SIGKILL)
        await self.front.close()
        for slot in self.slots.values():
            await slot.gate.close()
        await self.store.close()
        await self.redis.stop()

    @property
    def url(self) -> str:
        """Where visitors go."""
        return f"http://127.0.0.1:{self.front.port}"

    def with_role(self, role: str) -> list[Slot]:
        return [slot for slot in self.slots.values() if role in slot.roles]

    # ── processes ─────────────────────────────────────────────────────────────────────────────────────

    async def start(self, slot: Slot) -> None:
        slot.pid = await slot.forks.start(["run", *slot.roles], slot.environment, slot.log)
        slot.starts += 1

    def kill(self, slot: Slot) -> None:
        slot.forks.signal(slot.pid, signal.SIGKILL)

    def pause(self, slot: Slot) -> None:
        slot.forks.signal(slot.pid, signal.SIGSTOP)

    def go_on(self, slot: Slot) -> None:
        slot.forks.signal(slot.pid, signal.SIGCONT)

    async def ended(self, slot: Slot) -> int:
        async with asyncio.timeout(_STOP_SECONDS):
            return await slot.forks.ended(slot.pid)

    async def stop(self, slot: Slot) -> int:
        """SIGTERM; answers the exit code."""
        slot.forks.signal(slot.pid, signal.SIGTERM)
        return await self.ended(slot)

    async def replace(self, slot: Slot, forks: Forks) -> int:
        """Stops a process, and starts another version in its place; answers the exit code."""
        code = await self.stop(slot)
        slot.forks = forks
        await self.start(slot)
        return code

    async def restart(self, slot: Slot, *, wait: bool = True, leases: bool = True) -> None:
        """Starts what was killed again; `leases`: those of the dead are taken off."""
        await self.ended(slot)
        if leases:
            await self.take_off(slot)
        await self.start(slot)
        if wait:
            await self.ready([slot])

    async def take_off(self, slot: Slot) -> None:
        """Ends the leases of a process that is dead."""
        held, slot.gate.leases = slot.gate.leases, {}
        for key, token in held.items():
            with contextlib.suppress(Exception):  # where Redis is away they run out by themselves
                if await self.ask("GET", key) == token:
                    await self.ask("DEL", key)

    async def ready(self, slots: Iterable[Slot] | None = None, *, seconds: float = _READY_SECONDS) -> None:
        """Waits until all of these run. One that does not find Redis in time is started again, as an init system does.

        Raises:
            RuntimeError: one never is ready.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + seconds
        for slot in slots or self.slots.values():
            while not await _is_up(slot):
                if clock() > deadline:
                    raise RuntimeError(f"{slot.name} is not ready:\n{tail(slot.log)}")
                if slot.forks.code(slot.pid) is not None:
                    self.began_again += 1
                    await asyncio.sleep(_AGAIN_SECONDS)
                    await self.start(slot)
                await asyncio.sleep(0.02)

    async def strikes(self, slot: Slot, point: Point, *, seconds: float) -> bool:
        """Arms a point and waits until the process has been killed there; False: it did not come by in time."""
        slot.gate.arm(point)
        return await self.struck(slot, seconds=seconds)

    async def struck(self, slot: Slot, *, seconds: float) -> bool:
        """Waits until the process has been killed at the point that is armed; False: disarmed, it did not come by."""
        try:
            async with asyncio.timeout(seconds):
                await slot.gate.struck.wait()
        except TimeoutError:
            slot.gate.arm(None)
            return False
        return True

    async def give_rights(self) -> None:
        """The processes' user of Redis may do everything."""
        await self.ask("ACL", "SETUSER", self._user, "on", f">{self._user}", "~*", "&*", "+@all")

    async def take_rights(self, *rules: str) -> None:
        await self.ask("ACL", "SETUSER", self._user, *rules)

    async def stalls(self) -> dict[str, str]:
        """Which processes say that a part of them stands still, and what they say."""
        slots = list(self.slots.values())
        told = [one.get("parts", {}) for one in await asyncio.gather(*map(_readiness, slots))]
        said = {slot.name: one.get("stalled", {}).get("detail", "") for slot, one in zip(slots, told, strict=True)}
        return {name: detail for name, detail in said.items() if detail}

    async def ask(self, *command: bytes | str | int) -> Any:  # noqa: ANN401 - whatever Redis answers
        """A command of the run's own, given all the time that a busy machine takes; once, for it may write."""
        async with asyncio.timeout(_ASK_SECONDS):
            return await self.store.redis.execute_command(*command)  # type: ignore[no-untyped-call]

    # ── what is left ──────────────────────────────────────────────────────────────────────────────────

    async def unfinished(self) -> list[str]:
        """Work in Redis that is still to be done."""
        keys, found = self.store.keys, []
        cursors = {name.decode(): value.decode() for name, value in (await self.ask("HGETALL", keys.cursors)).items()}
        counted = [
            (key, command, what)
            for pattern, command, what in (("outbox:*", "XLEN", "entries"), ("attempts:*", "HLEN", "begun attempts"))
            for key in await self._keys(pattern)
        ]
        for key, command, what in counted:
            if count := await self.ask(command, key):
                found += [f"{count} {what} in {keys.name_of(key)}"]
        for key in await self._keys("inbox:*"):
            last = await self.ask("XREVRANGE", key, "+", "-", "COUNT", 1)
            name = keys.name_of(key)
            if last and cursors.get(name, "0-0") != last[0][0].decode():
                found.append(f"{name} is read up to {cursors.get(name)} of {last[0][0].decode()}")
        journal = cursors.get("journal", "0")
        found += [
            f"{reader} is at {cursors.get(reader, '0')} of {journal} in the journal"
            for reader in ("archive", "notifier")
            if cursors.get(reader, "0") != journal
        ]
        return found

    async def behind(self) -> int:
        """Entries that wait in the inboxes; while Redis does not tell, many."""
        try:
            return sum(one.entries for one in await lag(self.store) if one.name.startswith("inbox:"))
        except StoreUnavailable:
            return _MANY

    async def fears(self) -> bool:
        """Whether somebody has died of what the router has in its hands, so that it goes entry by entry."""
        return bool(await self.ask("HLEN", self.store.keys.attempts_owner))

    async def settled_down(self, *, seconds: float) -> None:
        """Waits until the entry that somebody died of is done, or for so long."""

        async def is_so() -> bool:
            return not await self.fears()

        with contextlib.suppress(AssertionError):
            await until(is_so, "what somebody died of is done", seconds=seconds)

    async def catch_up(self, entries: int, *, seconds: float) -> None:
        """Waits until no more than so many wait in the inboxes, or for so long."""

        async def is_close() -> bool:
            return await self.behind() <= entries

        with contextlib.suppress(AssertionError):
            await until(is_close, "the router has caught up", seconds=seconds)

    async def dead_letters(self) -> int:
        return int(await self.ask("XLEN", self.store.keys.dead))

    async def timers_of_closed(self) -> list[str]:
        """Timers of dialogs that are closed."""
        keys, found = self.store.keys, []
        for member in await self.ask("ZRANGE", keys.timers, 0, -1):
            row = await self.ask("GET", keys.dialog(DialogId(member.decode().split("|")[1])))
            if row is None or not decode(row, Dialog).is_open:
                found.append(f"the timer {member.decode()} of a closed dialog")
        return found

    async def _keys(self, pattern: str) -> list[str]:
        found: Any = await self.ask("KEYS", self.store.keys.of_name(pattern).replace("{", "\\{"))
        return sorted(one.decode() for one in found)

    def counted(self, what: str) -> dict[str, int]:
        """A counter of all gates together."""
        total: dict[str, int] = {}
        for slot in self.slots.values():
            for name, count in getattr(slot.gate, what).items():
                total[name] = total.get(name, 0) + count
        return total


async def _is_up(slot: Slot) -> bool:
    """Started, whether or not something waits long in a stream."""
    told = await _readiness(slot)
    return bool(told) and '"starting"' not in json.dumps(told)


async def _readiness(slot: Slot) -> dict[str, Any]:
    """What a process says of itself; nothing, where it does not answer."""
    try:
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://127.0.0.1:{slot.port}/readyz", timeout=aiohttp.ClientTimeout(5)) as answer,
        ):
            return dict(await answer.json(content_type=None))
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return {}


def tail(log: Path) -> str:
    return log.read_text(errors="replace")[-3000:] if log.exists() else ""
