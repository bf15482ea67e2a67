"""The messenger fails on a tenth of all calls, in every way it can; the sender is killed while a call is sent."""

import asyncio

from chaos.deployment import Slot
from chaos.play import Play
from chaos.room import Injected, Outcome, Run
from sandbox.telegram.faults import FaultRule

TITLE = "The messenger fails, and crashes around its calls"
_SECONDS, _SHORT_SECONDS = 75, 6
_CRASHES, _SHORT_CRASHES = 20, 1
_CALL_SECONDS = 20.0
_SHARE = 0.1
_SLOTS = {"web": ["web"], "connectors": ["connectors"], "rest": ["router", "operator-bot", "archive"]}


async def enter(run: Run) -> Outcome:
    wanted, seconds = run.pick(_CRASHES, _SHORT_CRASHES), run.pick(_SECONDS, _SHORT_SECONDS)
    crashes = {"accepted": 0, "refused": 0}
    async with Play(run, _SLOTS) as play:
        play.crowd.speak()
        rules = _rules(play)
        play.crowd.set_faults(rules)
        for second in range(seconds):
            await asyncio.sleep(1)
            play.crowd.check()
            if second % 20 == 19:  # noqa: PLR2004
                run.tell(f"{_failed(play)} calls failed, {play.crowd.said} messages, {play.crowd.waiting} wait")
        [slot] = play.gateway.with_role("connectors")
        for number in range(2 * wanted):
            outcome = "accepted" if number % 2 else "refused"
            crashes[outcome] += await _crash(play, slot, is_accepted=outcome == "accepted")
        await play.end()
        failed = _kinds(play)
        calls = sum(row["kind"] == "call" for row in play.sandbox.ledger.since())
        return play.outcome(
            {
                **{
                    f"call: {kind}": Injected(failed.get(kind, 0), run.pick(50, 1))
                    for kind in sorted({one.fault for one in rules})
                },
                "killed when a call was taken and not answered": Injected(crashes["accepted"], wanted),
                "killed when a call had left and was not taken": Injected(crashes["refused"], wanted),
            },
            notes=[f"{calls} calls that brought something"],
        )


def _rules(play: Play) -> list[FaultRule]:
    """A tenth of all calls; each rule draws from what those before have let pass."""
    kinds = [
        FaultRule(method="*", fault="lost_reply"),
        FaultRule(method="*", fault="500"),
        FaultRule(method="*", fault="429", retry_after=1),
        FaultRule(method="*", fault="reset"),
        FaultRule(method="*", fault="malformed"),
        FaultRule(method="*", fault="delay", delay_ms=1500),
    ]
    for one in kinds:
        one.probability, one.seed = _SHARE / len(kinds), play.chance.randrange(2**30)
    return kinds


async def _crash(play: Play, slot: Slot, *, is_accepted: bool) -> int:
    """One client's reply stays without an answer; the sender dies on it."""
    before = len(play.sandbox.ledger.since())
    bot = play.chance.choice(sorted({bot for _, bot in play.crowd.customers.values()}))
    play.crowd.set_faults([FaultRule(method="sendMessage", fault="timeout", accepted=is_accepted, times=1, bot_id=bot)])
    deadline = asyncio.get_running_loop().time() + _CALL_SECONDS
    while not any(row.get("fault") == "timeout" for row in play.sandbox.ledger.since(before)):
        if asyncio.get_running_loop().time() > deadline:
            return 0
        await asyncio.sleep(0.005)
    play.gateway.kill(slot)
    play.crowd.set_faults([])
    await play.gateway.restart(slot)
    play.crowd.check()
    return 1


def _kinds(play: Play) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in play.sandbox.ledger.since():
        if row["kind"] == "call" and (kind := row.get("fault")):
            found[kind] = found.get(kind, 0) + 1
    return found


def _failed(play: Play) -> int:
    return sum(count for kind, count in _kinds(play).items() if kind != "duplicate")
