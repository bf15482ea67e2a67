"""What Redis refuses, and what a newer gateway wrote, stops the notifier: nothing is passed over for it."""

from typing import Any

import pytest

from gateway.errors import CommandRejected, NewerVersion
from gateway.model.codec import VERSION
from gateway.model.ids import OperatorId
from gateway.model.outgoing import SendMessage

BORIS = OperatorId("502")
Desk = Any
NEWER = b"%d:{}" % (VERSION + 1)
TAG = b'1:{"event":{"type":"dialog_snoozed","dialog":"1"},"at":1,"cause":"x"}'


async def add(desk: Desk, payload: bytes) -> int:
    """Puts an entry behind the journal's, as a newer gateway's commit would."""
    keys = desk.store.keys
    end = int(await desk.store.ask("HGET", keys.cursors, "journal")) + 1
    await desk.store.note([("XADD", keys.journal, f"{end}-0", "p", payload), ("HSET", keys.cursors, "journal", end)])
    return end


@pytest.mark.parametrize("payload", [NEWER, TAG], ids=["a version", "a tag"])
async def test_the_notifier_stops_at_what_a_newer_gateway_wrote_and_tells_all_before_it(
    desk: Desk, payload: bytes
) -> None:
    await desk.writes()
    number = await add(desk, payload)
    for _ in range(4):
        with pytest.raises(NewerVersion, match="newer"):
            await desk.told()
    assert desk.notifier.position == number - 1
    assert desk.notifier.passed_over == 0
    # What stood before it was told; a newer gateway's notifier tells it and goes on.
    await desk.store.note([("HSET", desk.store.keys.cursors, "notifier", number)])
    told = await desk.told()
    assert isinstance(told.card(BORIS), SendMessage)
    assert desk.notifier.passed_over == 0


@pytest.mark.parametrize("name", ["people", "lines"])
async def test_the_notifier_stops_at_a_row_that_a_newer_gateway_wrote(desk: Desk, name: str) -> None:
    keys = desk.store.keys
    await desk.writes()
    get, put = {
        "people": (("HGET", keys.people, BORIS), ("HSET", keys.people, BORIS)),
        "lines": (("HGET", keys.lines, "sales"), ("HSET", keys.lines, "sales")),
    }[name]
    before = await desk.store.ask(*get)
    await desk.store.note([(*put, NEWER)])
    for _ in range(4):
        with pytest.raises(NewerVersion):
            await desk.told()
    assert desk.notifier.passed_over == 0
    await desk.store.note([(*put, before)])
    assert isinstance((await desk.told()).card(BORIS), SendMessage)
    assert desk.notifier.passed_over == 0


@pytest.mark.parametrize("name", ["outbox:staff", "people", "shown:1", "cursors"])
async def test_a_key_of_another_type_stops_the_notifier_and_everything_is_told_once(desk: Desk, name: str) -> None:
    keys = desk.store.keys
    await desk.writes()
    swap = "redis.pcall('RENAME', KEYS[1], KEYS[2]) redis.call('SET', KEYS[1], 'x')"
    back = "redis.call('DEL', KEYS[1]) redis.pcall('RENAME', KEYS[2], KEYS[1])"
    both = (keys.of_name(name), keys.of_name(f"aside:{name}"))
    await desk.store.ask("EVAL", swap, 2, *both)
    for _ in range(4):
        with pytest.raises(CommandRejected, match="another type stands under that key"):
            await desk.told()
    await desk.store.ask("EVAL", back, 2, *both)
    assert desk.notifier.passed_over == 0
    told = await desk.told()
    assert len([one for one in told.to(BORIS) if isinstance(one, SendMessage)]) == 1
