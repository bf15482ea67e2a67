"""The owner is killed around the trimming of its streams, which comes by every ten seconds: on several desks at once.

Each desk has a router of its own and a few entries; they must be in the journal once each, in the order in which they
were accepted, whatever became of the routers meanwhile.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence

from chaos.deployment import Deployment, Slot
from chaos.forks import Forks
from chaos.gate import MOMENTS, Point
from chaos.room import Injected, Outcome, Run
from gateway.model import events as e
from gateway.model.codec import decode
from gateway.model.commands import Entry, Notice
from gateway.model.events import Recorded
from gateway.model.ids import DeskId
from gateway.streams.connection import Store
from gateway.streams.intake import Intake, Offer
from gateway.streams.keys import Keys
from tests.story.process import until

TITLE = "Crash points around the trimming of streams, on eight desks"
_HITS, _SHORT_HITS = 20, 1
_DESKS = 8
_NOTICES = 20
"""Entries that come between two trimmings."""
_PATIENCE = 40.0
_SETTINGS = {
    "GATEWAY_OPERATOR_BOT__TOKEN": "7000000002:AAchaos-token-that-nobody-gave-desk-bot",
    "GATEWAY_OPERATOR_BOT__API_URL": "http://127.0.0.1:9",
    "GATEWAY_LINES__SALES__TITLE": "Продажи",
}


async def enter(run: Run) -> Outcome:
    wanted = run.pick(_HITS, _SHORT_HITS)
    chance = random.Random(run.seed)  # noqa: S311 - a seed
    hits: Counter[str] = Counter()
    faults: list[str] = []
    slots = {f"desk{number}": ["router"] for number in range(_DESKS)}
    own = {name: {"GATEWAY_DESK": name} for name in slots}
    async with Forks() as forks, Deployment(run.folder, forks, _SETTINGS, slots, chance, own=own) as gateway:
        said = await asyncio.gather(*(_watch(gateway, slot, hits, wanted) for slot in gateway.slots.values()))
        for slot, offered in zip(gateway.slots.values(), said, strict=True):
            faults += await _judge(gateway, slot, offered)
    return Outcome(
        load=f"{_DESKS} desks with a router each, {_NOTICES} entries between two trimmings, seed {run.seed}",
        said={"entries": sum(map(len, said))},
        injected={f"killed at trim.{moment}": Injected(hits[moment], wanted) for moment in MOMENTS},
        faults=faults,
    )


async def _watch(gateway: Deployment, slot: Slot, hits: Counter[str], wanted: int) -> list[str]:
    """Entries come in, and the router of this desk dies at its next trimming, until there were enough of them."""
    store = _store(gateway, slot)
    intake = Intake(store)
    offered: list[str] = []
    try:
        while left := [moment for moment in MOMENTS if hits[moment] < wanted]:
            await _offer(store, intake, offered)
            moment = min(left, key=lambda one: hits[one])
            hits[moment] += 1  # taken before it happens: the other desks look for another one
            if not await gateway.strikes(slot, Point("trim", moment), seconds=_PATIENCE):
                hits[moment] -= 1
            await _offer(store, intake, offered)
            if slot.gate.struck.is_set():
                await gateway.restart(slot, wait=False)
        return offered
    finally:
        await intake.close()
        await store.close()


async def _offer(store: Store, intake: Intake, offered: list[str]) -> None:
    new = [f"notice {len(offered) + number}" for number in range(_NOTICES)]
    inbox = store.keys.of_name("inbox:sales")
    await intake.offer(
        [
            Offer(inbox=inbox, account=None, key=one, entry=Entry(command=Notice(about="chaos", detail=one)))
            for one in new
        ]
    )
    offered += new


async def _judge(gateway: Deployment, slot: Slot, offered: Sequence[str]) -> list[str]:
    store = _store(gateway, slot)
    found: list[str | None] = []

    async def all_is_told() -> bool:
        entries = await store.ask("XRANGE", store.keys.journal, "-", "+")
        happened = [decode(fields[b"p"], Recorded).event for _, fields in entries]
        found[:] = [one.detail for one in happened if isinstance(one, e.NoticeRaised) and one.about == "chaos"]
        return len(found) >= len(offered)

    try:
        await until(all_is_told, "all entries are in the journal", seconds=_PATIENCE)
    except AssertionError:
        return [f"{slot.name}: {len(found)} of {len(offered)} entries are in the journal"]
    finally:
        await store.close()
    return (
        []
        if found == list(offered)
        else [f"{slot.name}: the journal has other entries than were accepted, or others' order"]
    )


def _store(gateway: Deployment, slot: Slot) -> Store:
    return Store(gateway.redis.url, Keys("gateway", DeskId(slot.name)))
