"""Entries that nobody can handle: one that cannot be read, one on which the owner hangs, one that takes it down.

Each is put aside with its reason, and costs the entries beside it nothing. What is put back afterwards is handled.
"""

import asyncio
import signal

from chaos.deployment import Slot
from chaos.gate import Point
from chaos.play import Play
from chaos.room import Injected, Outcome, Run
from tests.story.process import until

TITLE = "Poison: entries that raise, hang, or kill the process"
_EACH, _SHORT_EACH = 3, 1
_DEADLY = 3
_BEYOND_LEASE = 11.0
_HIT_SECONDS = 60.0
_SLOTS = {
    "web": ["web"],
    "connectors": ["connectors"],
    "router": ["router"],
    "operator-bot": ["operator-bot"],
    "archive": ["archive"],
}


async def enter(run: Run) -> Outcome:
    wanted = run.pick(_EACH, _SHORT_EACH)
    raised = hung = killed = 0
    async with Play(run, _SLOTS) as play:
        play.crowd.speak()
        [router] = play.gateway.with_role("router")
        for number in range(wanted):
            await _unreadable(play, number)
            raised += 1
        await _are_dead(play, raised)
        for number in range(wanted):
            killed += await _deadly(play, router, hangs=False)
            run.tell(f"{killed} deaths by poison, {play.crowd.said} messages, {play.crowd.waiting} wait")
            if number == 0:
                hung += await _deadly(play, router, hangs=True)
                run.tell(f"{hung} hangs on poison, {play.crowd.said} messages, {play.crowd.waiting} wait")
        buried = await play.gateway.dead_letters()
        replayed = await _replay(play)
        play.dead = raised
        await play.end()
        return play.outcome(
            {
                "entries that cannot be read": Injected(raised, wanted),
                "deaths of the owner on an entry": Injected(killed, _DEADLY * wanted),
                "hangs of the owner on an entry": Injected(hung, _DEADLY),
                "dead letters": Injected(buried, 2 * wanted + 1),
                "of them put back and handled": Injected(replayed, wanted + 1),
            }
        )


async def _unreadable(play: Play, number: int) -> None:
    """No gateway of ours has written it: a version to come, or a hand in the wrong place."""
    keys = play.gateway.store.keys
    payloads = (b"\x00 no JSON", b'{"v":1,"command":{"type":"NoSuchCommand"}}', b"")
    inbox = keys.of_name(f"inbox:line{number % 4}")
    await play.gateway.ask("XADD", inbox, "*", "p", payloads[number % len(payloads)])


async def _deadly(play: Play, router: Slot, *, hangs: bool) -> int:
    """A client's message on which the owner ends each time that it would commit it, until it is put aside."""
    dead, hits, gate = await play.gateway.dead_letters(), 0, router.gate
    name = play.crowd.add_customer()
    play.crowd.silent.add(name)
    kill = gate.strike
    if hangs:
        gate.strike = lambda: play.forks.signal(router.pid, signal.SIGSTOP)
    words = f"сообщение {name}-1.".encode()
    point = Point("commit", "before", marker=words, spared=play.gateway.store.keys.dead.encode())
    gate.arm(point)
    play.crowd.write(name)
    while await _is_struck(play, router, dead):
        if hangs:
            await asyncio.sleep(_BEYOND_LEASE)
            play.gateway.kill(router)
        hits += 1
        await play.gateway.ended(router)
        gate.arm(point)
        await play.gateway.restart(router, wait=False)
        play.crowd.check()
    gate.arm(None)
    gate.strike = kill
    return hits


async def _is_struck(play: Play, router: Slot, dead: int) -> bool:
    """Waits until the owner meets the entry (True), or has put it aside."""
    async with asyncio.timeout(_HIT_SECONDS):
        while not router.gate.struck.is_set():
            if await play.gateway.dead_letters() > dead:
                return False
            await asyncio.sleep(0.02)
    return True


async def _are_dead(play: Play, count: int) -> None:
    async def are_they() -> bool:
        return await play.gateway.dead_letters() >= count

    await until(are_they, f"{count} entries are put aside", seconds=_HIT_SECONDS)


async def _replay(play: Play) -> int:
    """What killed the owner is put back by the command line, as an admin would do who has mended it."""
    before = await play.gateway.dead_letters()
    letters = await play.gateway.ask("XRANGE", play.gateway.store.keys.dead, "-", "+")
    for number, (letter, fields) in enumerate(letters):
        if fields[b"reason"].startswith(b"took the owner down"):
            slot = next(iter(play.gateway.slots.values()))
            log = slot.log.with_name(f"replay-{number}.log")
            pid = await play.forks.start(["dead", "replay", letter.decode()], slot.environment, log)
            await play.forks.ended(pid)
    return before - await play.gateway.dead_letters()
