"""Mutated and forged bodies at the webhooks of a really running gateway, channel by channel, by its fixture folder.

A mutated body is proven like a genuine one: whatever is in it, it is answered below 500 and soon, what is stored of it
can be read, and nothing that stands behind (owner, notifier, archive) fails or stops. A forged one is refused, and
stores nothing. The operators' bot's own webhook is knocked at too: its updates are stored raw, and mean what an admin
says.
"""

import asyncio
import io
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

import aiohttp
import msgspec
from pydantic import SecretStr
from yarl import URL

from chaos.mutants import KINDS, mutants, renewed, written
from chaos.room import Injected, Outcome, Run
from chaos.server import RedisServer
from chaos.webhooks import Knock, Webhook, pointed, vendor_of, webhooks
from gateway.connectors.telegram.receiving import webhook_secret
from gateway.model.codec import decode
from gateway.model.commands import Entry
from gateway.model.ids import AccountId, DeskId, LineId
from gateway.streams.connection import Store
from gateway.streams.keys import Keys
from sandbox.cast import load_cast
from sandbox.server import Sandbox
from tests.story.process import Gateway, free_port, until

TITLE = "Mutated and forged bodies at every webhook"
_MUTATED, _SHORT_MUTATED = 20_000, 120
_FORGED, _SHORT_FORGED = 2_000, 40
_AT_ONCE = 8
_SECONDS, _SHORT_SECONDS = 1, 10
"""How long an answer may take; a short run stands beside other tests and measures nothing."""
_AGAIN = 2
"""How often a body that was answered late is given another chance."""
_DRAIN_SECONDS = 300.0
_LINE = LineId("sales")
_FEW = 5


class Yard:
    """One gateway with the accounts whose webhooks are knocked at, and what was seen of it."""

    def __init__(self, group: Sequence[Webhook], gateway: Gateway, store: Store, limit: float) -> None:
        self.group, self.gateway, self.limit = group, gateway, limit
        self.faults: list[str] = []
        self.kinds: Counter[str] = Counter()
        self.stored: Counter[str] = Counter()
        self.slowest, self.repeated = 0.0, 0
        self._store = store
        self._read = dict.fromkeys((store.keys.inbox(_LINE), store.keys.staff), "0-0")

    async def knock(self, http: aiohttp.ClientSession, webhook: Webhook, knock: Knock) -> int:
        """The answer's status; 0: there was none. Slow is what is slow each time: machines are busy by chance."""
        status, seconds = await self._knock(http, webhook, knock)
        self.slowest = max(self.slowest, seconds)
        for _ in range(_AGAIN):
            if seconds <= self.limit:
                return status
            self.repeated += 1
            seconds = (await self._knock(http, webhook, knock))[1]
        if seconds > self.limit:
            self._fault(
                f"{webhook.name}: answered {status} after more than {self.limit:.0f} s each time: {knock.body[:200]!r}"
            )
        return status

    async def _knock(self, http: aiohttp.ClientSession, webhook: Webhook, knock: Knock) -> tuple[int, float]:
        url = URL(f"{self.gateway.url}{webhook.address}").with_query(knock.query)
        began = time.perf_counter()
        try:
            async with http.post(url, data=io.BytesIO(knock.body), headers=knock.headers) as answer:
                await answer.read()
                status = answer.status
        except (aiohttp.ClientError, TimeoutError) as error:
            self._fault(f"{webhook.name}: no answer ({type(error).__name__})")
            return 0, 0.0
        return status, time.perf_counter() - began

    async def look(self) -> None:
        """Reads what was stored since the last look: all of it must be readable."""
        for key, last in self._read.items():
            found = await self._store.ask("XRANGE", key, f"({last}", "+", "COUNT", 1000)
            for entry, fields in found:
                self._read[key] = entry.decode()
                try:
                    read = decode(fields[b"p"], Entry)
                except Exception as error:  # noqa: BLE001 - whatever is wrong with it is what is looked for
                    self._fault(f"an entry of {self._store.keys.name_of(key)} cannot be read: {error}")
                else:
                    self.stored[read.account or "nobody"] += 1

    async def is_drained(self) -> bool:
        """Whether all that was stored is decided, told and archived."""
        await self.look()
        told = await self._store.ask("HGETALL", self._store.keys.cursors)
        cursors = {name.decode(): value.decode() for name, value in told.items()}
        journal = cursors.get("journal", "0")
        read = all(cursors.get(self._store.keys.name_of(key), "0-0") == last for key, last in self._read.items())
        return read and cursors.get("archive", "0") == journal == cursors.get("notifier", "0")

    async def judge(self) -> None:
        """What is left when everything is over."""
        dead = await self._store.ask("XRANGE", self._store.keys.dead, "-", "+")
        self.faults += [f"a dead letter: {fields[b'reason'].decode()}" for _, fields in dead[:_FEW]]
        if await self.gateway.status("/healthz") != 200:  # noqa: PLR2004 - HTTP's own
            self.faults.append("the gateway is not healthy")
        self.faults += [f"the log says {count} × {line}" for line, count in _errors(self.gateway.log).most_common(_FEW)]

    def _fault(self, told: str) -> None:
        if self.faults.count(told) < _FEW:
            self.faults.append(told)


async def enter(run: Run) -> Outcome:
    outcomes: list[Outcome] = []
    for group in _groups():
        folder = run.folder / group[0].name
        folder.mkdir()
        outcomes.append(await _one(run, group, folder))
    return Outcome(
        load=f"Each channel's own fixtures, spoilt by chance, {_AT_ONCE} at once, seed {run.seed}",
        said={what: count for one in outcomes for what, count in one.said.items()},
        injected={what: count for one in outcomes for what, count in one.injected.items()},
        faults=[fault for one in outcomes for fault in one.faults],
        notes=[note for one in outcomes for note in one.notes],
    )


def _groups() -> Iterator[tuple[Webhook, ...]]:
    """The webhooks of one gateway each: a channel's, and beside Telegram's that of the operators' bot."""
    for webhook in webhooks():
        if webhook.name != "telegram":
            yield (webhook,)
            continue
        token = SecretStr(_desk_token())
        shown = {"x-telegram-bot-api-secret-token": webhook_secret(token, AccountId("staff"))}
        settings = {"GATEWAY_OPERATOR_BOT__MODE": "webhook", "GATEWAY_OPERATOR_BOT__ADMINS": f"[{_writer(webhook)}]"}
        staff = msgspec.structs.replace(
            webhook,
            name="telegram, operators' bot",
            address="/hooks/telegram/staff",
            headers=shown,
            environment=settings,
            kept=webhook.kept | {str(_writer(webhook))},
        )
        yield (webhook, staff)


def _desk_token() -> str:
    return next(one.token for one in load_cast().bots if one.username == "desk_bot")


def _writer(webhook: Webhook) -> int:
    """Who writes in the genuine body: an admin, where it is the operators' bot that is written to."""
    writer: int = webhook.bodies[0]["message"]["from"]["id"]
    return writer


async def _one(run: Run, group: Sequence[Webhook], folder: Path) -> Outcome:
    chance = random.Random(f"{run.seed} {group[0].name}")  # noqa: S311 - a seed
    mutated, forged = run.pick(_MUTATED, _SHORT_MUTATED), run.pick(_FORGED, _SHORT_FORGED)
    said: dict[str, int] = {}
    injected: dict[str, Injected] = {}
    async with _yard(run, group, folder) as yard, aiohttp.ClientSession() as http:
        for webhook in group:
            before = Counter(yard.stored)
            came = list(islice(mutants(webhook.bodies, webhook.kept, chance), mutated))
            yard.kinds.update(kind for kind, _ in came)
            taken = await _knock_all(yard, http, webhook, [webhook.proven(body) for _, body in came])
            if wrong := {status: count for status, count in taken.items() if status >= 500 or status == 0}:  # noqa: PLR2004
                yard.faults.append(f"{webhook.name}: mutated bodies were answered {dict(wrong)}")
            await until(yard.is_drained, "what was stored is handled", seconds=_DRAIN_SECONDS)
            stored = sum((yard.stored - before).values())
            run.tell(f"{webhook.name}: {mutated} mutated, answered {dict(taken)}, {stored} entries")
            said[f"{webhook.name}: entries stored of mutated bodies"] = stored
            said |= {f"{webhook.name}: mutated, answered {status}": count for status, count in sorted(taken.items())}
            injected[f"{webhook.name}: mutated bodies"] = Injected(sum(taken.values()), mutated)
            before = Counter(yard.stored)
            whole = [
                written(renewed(json.loads(json.dumps(chance.choice(webhook.bodies))), webhook.kept, chance), chance)
                for _ in range(forged)
            ]
            refused = await _knock_all(yard, http, webhook, [webhook.forged(body, chance) for body in whole])
            if let_in := {status: count for status, count in refused.items() if status not in {400, 401, 403, 404}}:
                yard.faults.append(f"{webhook.name}: forged bodies were answered {dict(let_in)}")
            await until(yard.is_drained, "nothing more is stored", seconds=_DRAIN_SECONDS)
            if got_in := yard.stored - before:
                yard.faults.append(f"{webhook.name}: forged bodies stored {dict(got_in)} entries")
            injected[f"{webhook.name}: forged bodies"] = Injected(sum(refused.values()), forged)
            genuine = webhook.proven(json.dumps(webhook.bodies[0]).encode())
            if (status := await yard.knock(http, webhook, genuine)) != 200:  # noqa: PLR2004 - HTTP's own
                yard.faults.append(f"{webhook.name}: afterwards a genuine body is answered {status}")
        await until(yard.is_drained, "the genuine ones are handled", seconds=_DRAIN_SECONDS)
        await yard.judge()
        if not run.is_short:
            injected |= {f"{group[0].name}: {kind}": Injected(yard.kinds[kind], mutated // 100) for kind in KINDS}
    note = (
        f"{group[0].name}: the slowest answer took {yard.slowest * 1000:.0f} ms, "
        f"{yard.repeated} were asked for again because they took more than a second"
    )
    return Outcome(load="", said=said, injected=injected, faults=yard.faults, notes=[note])


async def _knock_all(
    yard: Yard, http: aiohttp.ClientSession, webhook: Webhook, knocks: Sequence[Knock]
) -> Counter[int]:
    """How often each status was answered."""
    statuses: Counter[int] = Counter()
    waiting = iter(knocks)

    async def work() -> None:
        for knock in waiting:
            statuses[await yard.knock(http, webhook, knock)] += 1

    async def watch() -> None:
        while True:
            await yard.look()
            await asyncio.sleep(0.1)

    watching = asyncio.create_task(watch())
    try:
        await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    return statuses


@asynccontextmanager
async def _yard(run: Run, group: Sequence[Webhook], folder: Path) -> AsyncIterator[Yard]:
    redis, port = RedisServer(folder / "redis"), free_port()
    await redis.start()
    store = Store(redis.url, Keys("gateway", DeskId("main")))
    async with Sandbox(limits=False) as sandbox, vendor_of(group) as vendor:
        environment = {
            "GATEWAY_DATA_DIR": str(folder / "data"),
            "GATEWAY_REDIS_URL": redis.url,
            "GATEWAY_HTTP__PORT": str(port),
            "GATEWAY_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "GATEWAY_LOG_FORMAT": "json",
            "GATEWAY_OPERATOR_BOT__TOKEN": sandbox.bot("desk_bot").token,
            "GATEWAY_OPERATOR_BOT__API_URL": sandbox.url,
            "GATEWAY_OPERATOR_BOT__ADMINS": f"[{sandbox.user('anna')}]",
            **{f"GATEWAY_OPERATOR_BOT__{name}": "1000" for name in ("PER_SECOND", "PER_CHAT_SECOND", "CHAT_BURST")},
            **{name: value for webhook in group for name, value in webhook.environment.items()},
            **pointed(group[0], vendor),
        }
        gateway = Gateway(environment, port, folder / "gateway.log")
        try:
            await gateway.start()
            if len(group) == 1:
                sandbox.people.start(sandbox.user("anna"), sandbox.bot("desk_bot").id)
            yield Yard(group, gateway, store, run.pick(_SECONDS, _SHORT_SECONDS))
            if await gateway.stop() != 0:
                raise RuntimeError(f"the gateway did not end well:\n{gateway.log[-2000:]}")
        finally:
            await gateway.kill()
            await store.close()
            await redis.stop()


def _errors(log: str) -> Counter[str]:
    """What the gateway logged as its own fault, without what differs."""
    found: Counter[str] = Counter()
    for line in log.rstrip("\n").split("\n") if log else ():
        try:
            told = json.loads(line)
        except ValueError:
            found[line[:200]] += 1
            continue
        if str(told.get("level", "")).lower() in {"error", "critical"}:
            found[f"{told.get('message') or told.get('event')} {told.get('error', '')}".strip()[:300]] += 1
    return found
