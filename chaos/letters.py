"""What cannot be read in an outbox is put aside, what was put aside is put back, and both are killed on the way.

However often: an entry becomes one dead letter, and a letter comes back once. The person who was killed while putting
one back tries again until it is gone from the dead letters.
"""

import asyncio
import random
import signal
from collections import Counter

from chaos.deployment import Deployment, Slot
from chaos.forks import Forks
from chaos.gate import MOMENTS, Gate, Point
from chaos.room import Injected, Outcome, Run
from gateway.model import events as e
from gateway.model.codec import decode, encode
from gateway.model.commands import Entry, Notice
from gateway.model.events import Recorded
from gateway.model.ids import AccountId
from tests.story.process import until

TITLE = "Crash points around dead letters"
_HITS, _SHORT_HITS = 20, 1
_PATIENCE = 60.0
_SHOP = AccountId("shop")
_SETTINGS = {
    "GATEWAY_OPERATOR_BOT__TOKEN": "7000000002:AAchaos-token-that-nobody-gave-desk-bot",
    "GATEWAY_OPERATOR_BOT__API_URL": "http://127.0.0.1:9",
    "GATEWAY_LINES__SALES__TITLE": "Продажи",
    "GATEWAY_LINES__SALES__ACCOUNTS__SHOP__CHANNEL": "telegram",
    "GATEWAY_LINES__SALES__ACCOUNTS__SHOP__TOKEN": "7000000001:AAchaos-token-that-nobody-gave-shop-bot",
    "GATEWAY_LINES__SALES__ACCOUNTS__SHOP__API_URL": "http://127.0.0.1:9",
}
"""Nobody listens at the messenger's address: nothing is sent here."""


async def enter(run: Run) -> Outcome:
    wanted = run.pick(_HITS, _SHORT_HITS)
    chance = random.Random(run.seed)  # noqa: S311 - a seed
    slots = {"connectors": ["connectors"], "router": ["router"]}
    async with Forks() as forks, Deployment(run.folder, forks, _SETTINGS, slots, chance) as gateway:
        gate = Gate(gateway.redis.socket, chance)
        await gate.open()
        try:
            [connectors] = gateway.with_role("connectors")
            await asyncio.gather(_put_aside(gateway, connectors, wanted), _put_back(gateway, forks, gate, wanted))
            faults = [*await _judge_aside(gateway, wanted), *await _judge_back(gateway, wanted)]
        finally:
            await gate.close()
        hits = Counter(gateway.counted("hits")) + gate.hits
    return Outcome(
        load=f"Unreadable entries in an outbox and letters put back by the command line, one by one, seed {run.seed}",
        said={"entries put aside": len(MOMENTS) * wanted, "letters put back": len(MOMENTS) * wanted},
        injected={
            f"killed at {script}.{moment}": Injected(hits[f"{script}.{moment}"], wanted)
            for script in ("bury", "replay")
            for moment in MOMENTS
        },
        faults=faults,
    )


async def _put_aside(gateway: Deployment, connectors: Slot, wanted: int) -> None:
    for number in range(len(MOMENTS) * wanted):
        point = Point("bury", MOMENTS[number % len(MOMENTS)])
        struck = asyncio.create_task(gateway.strikes(connectors, point, seconds=_PATIENCE))
        await gateway.ask("XADD", gateway.store.keys.outbox(_SHOP), "*", "p", f"\x00 no entry {number}")
        if await struck:
            await gateway.restart(connectors, wait=False)


async def _put_back(gateway: Deployment, forks: Forks, gate: Gate, wanted: int) -> None:
    [slot] = gateway.with_role("router")
    environment = {**slot.environment, "GATEWAY_REDIS_URL": f"redis://127.0.0.1:{gate.port}"}
    log = slot.log.with_name("replay.log")
    for number in range(len(MOMENTS) * wanted):
        payload = encode(Entry(command=Notice(about="chaos", detail=f"letter {number}")))
        inbox = gateway.store.keys.name_of(gateway.store.keys.of_name("inbox:sales"))
        fields = ("p", payload, "from", inbox, "entry", "1-1", "reason", "by the fault run")
        letter = await gateway.ask("XADD", gateway.store.keys.dead, "*", *fields)
        pids: list[int] = []
        gate.strike = lambda pids=pids: forks.signal(pids[-1], signal.SIGKILL)  # type: ignore[misc]
        gate.arm(Point("replay", MOMENTS[number % len(MOMENTS)]))
        while await gateway.ask("XRANGE", gateway.store.keys.dead, letter, letter):
            pids.append(await forks.start(["dead", "replay", letter.decode()], environment, log))
            await forks.ended(pids[-1])
        gate.arm(None)


async def _judge_aside(gateway: Deployment, wanted: int) -> list[str]:
    """Each entry is one letter, and nothing of them is left."""
    keys = gateway.store.keys

    async def is_empty() -> bool:
        return not await gateway.ask("XLEN", keys.outbox(_SHOP))

    try:
        await until(is_empty, "the outbox is empty", seconds=_PATIENCE)
    except AssertionError as error:
        return [str(error)]
    letters = [fields[b"p"] for _, fields in await gateway.ask("XRANGE", keys.dead, "-", "+")]
    expected = [f"\x00 no entry {number}".encode() for number in range(len(MOMENTS) * wanted)]
    return [] if letters == expected else [f"{len(letters)} dead letters of {len(expected)} entries, or other ones"]


async def _judge_back(gateway: Deployment, wanted: int) -> list[str]:
    """Each letter is in the journal once."""
    expected = Counter(f"letter {number}" for number in range(len(MOMENTS) * wanted))
    found: Counter[str | None] = Counter()

    async def are_there() -> bool:
        found.clear()
        for _, fields in await gateway.ask("XRANGE", gateway.store.keys.journal, "-", "+"):
            event = decode(fields[b"p"], Recorded).event
            if isinstance(event, e.NoticeRaised) and event.about == "chaos":
                found[event.detail] += 1
        return found.total() >= expected.total()

    try:
        await until(are_there, lambda: f"{found.total()} of {expected.total()} letters came back", seconds=_PATIENCE)
    except AssertionError as error:
        return [str(error)]
    return [] if found == expected else ["a letter came back more than once"]
