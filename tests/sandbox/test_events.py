import asyncio

from sandbox.clock import Clock
from sandbox.events import Events


async def test_a_reader_gets_what_comes_after_its_number() -> None:
    events = Events(Clock())
    events.publish("a")
    reader = events.follow(events.last - 1)
    assert (await anext(reader)).kind == "a"
    waiting = asyncio.create_task(anext(reader))
    await asyncio.sleep(0)
    events.publish("b")
    assert (await waiting).kind == "b"
    await reader.aclose()


async def test_a_reader_that_fell_behind_is_told_to_look_anew() -> None:
    events = Events(Clock(), kept=2)
    first = events.last
    for kind in "abc":
        events.publish(kind)
    reader = events.follow(first)
    assert (await anext(reader)).kind == "state"
    events.publish("d")
    assert (await anext(reader)).kind == "d"
    await reader.aclose()


async def test_closing_ends_every_reader() -> None:
    events = Events(Clock())
    reading = asyncio.create_task(anext(events.follow(), None))
    await asyncio.sleep(0)
    events.close()
    assert await reading is None
