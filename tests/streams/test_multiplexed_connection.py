"""The connection that everybody shares: each hears their own answer, and a broken line is told to all."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvloop
from redis import exceptions as redis_errors
from redis.asyncio import Redis

from gateway.streams.multiplexed_connection import MultiplexedConnection

Wire = Any
"""conftest's; test modules cannot import it."""
BROKEN = (redis_errors.ConnectionError, OSError)


@pytest.fixture
async def client(wire: Wire) -> AsyncIterator[Redis]:
    client = Redis.from_url(wire.url, protocol=3)
    yield client
    await client.aclose()


@pytest.fixture
async def connection(client: Redis) -> AsyncIterator[MultiplexedConnection]:
    connection = MultiplexedConnection(client.connection_pool, 60.0)
    yield connection
    await connection.close()


async def test_everybody_hears_their_own_answer(connection: MultiplexedConnection) -> None:
    answers = await asyncio.gather(*(connection.ask(("ECHO", str(number))) for number in range(500)))
    assert answers == [str(number).encode() for number in range(500)]


async def test_what_is_asked_together_is_answered_in_its_order(connection: MultiplexedConnection) -> None:
    assert await connection.ask_all([("ECHO", "a"), ("ECHO", "b"), ("ECHO", "c")]) == [b"a", b"b", b"c"]
    assert await connection.ask_all([]) == []


async def test_a_refusal_is_heard_by_who_asked_for_it_only(connection: MultiplexedConnection) -> None:
    wrong, right = await asyncio.gather(
        connection.ask(("NONSENSE",)), connection.ask(("PING",)), return_exceptions=True
    )
    assert isinstance(wrong, redis_errors.ResponseError)
    assert right == b"PONG"
    refusal, after = await connection.ask_all([("NONSENSE",), ("ECHO", "still")])
    assert isinstance(refusal, redis_errors.ResponseError)
    assert after == b"still"


async def test_who_goes_away_takes_nobodys_answer(connection: MultiplexedConnection, wire: Wire) -> None:
    await connection.ask(("PING",))
    wire.flowing.clear()
    gone = asyncio.create_task(connection.ask(("ECHO", "gone")))
    stays = asyncio.create_task(connection.ask(("ECHO", "stays")))
    await wire.holding.wait()
    gone.cancel()
    wire.flowing.set()
    assert await stays == b"stays"
    assert gone.cancelled()


async def test_a_broken_line_is_told_to_all_who_wait_and_the_next_one_works(
    connection: MultiplexedConnection, wire: Wire
) -> None:
    wire.losing = b"lost"
    answers = await asyncio.gather(
        connection.ask(("ECHO", "lost")), connection.ask(("ECHO", "too")), return_exceptions=True
    )
    assert [isinstance(one, BROKEN) for one in answers] == [True, True]
    assert await connection.ask(("ECHO", "again")) == b"again"


async def test_a_line_that_died_without_a_word_is_left_for_another(client: Redis, wire: Wire) -> None:
    connection = MultiplexedConnection(client.connection_pool, 0.05)
    wire.is_silent = True
    with pytest.raises((TimeoutError, *BROKEN)):
        await connection.ask(("PING",))
    wire.is_silent = False

    async def answered() -> bool:
        try:
            return bool(await connection.ask(("PING",)) == b"PONG")
        except (TimeoutError, *BROKEN):
            return False  # a slow machine may need longer than this line is given

    async with asyncio.timeout(60):
        while not await answered():
            pass
    await connection.close()


async def test_a_line_that_answered_and_then_died_is_given_up_too(client: Redis, wire: Wire) -> None:
    """The timer that was set for the first one is set again for whoever came after."""
    connection = MultiplexedConnection(client.connection_pool, 2.0)
    await connection.ask(("PING",))
    wire.is_silent = True
    async with asyncio.timeout(60):
        with pytest.raises((TimeoutError, *BROKEN)):
            await connection.ask(("PING",))
        with pytest.raises((TimeoutError, *BROKEN)):
            await connection.ask_all([("PING",), ("PING",)])
    await connection.close()


async def test_closing_ends_who_waits(connection: MultiplexedConnection, wire: Wire) -> None:
    await connection.ask(("PING",))
    wire.is_silent = True
    waiting = asyncio.create_task(connection.ask(("PING",)))
    await asyncio.sleep(0)
    await connection.close()
    with pytest.raises(redis_errors.ConnectionError):
        await waiting


def test_who_asks_a_line_that_has_just_gone_down_is_told_so_and_nobody_else_complains(redis_url: str) -> None:
    """On the event loop of `gateway run`, whose connections raise where asyncio's own keep silent."""
    complaints: list[dict[str, Any]] = []

    async def ask() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))
        client = Redis.from_url(redis_url, protocol=3)
        connection = MultiplexedConnection(client.connection_pool, 60.0)
        assert await connection.ask(("PING",)) == b"PONG"
        assert connection._line is not None
        connection._line._writer.transport.abort()  # type: ignore[union-attr]
        with pytest.raises(BROKEN):
            await connection.ask(("PING",))
        assert await connection.ask(("PING",)) == b"PONG"
        await connection.close()
        await client.aclose()

    uvloop.run(ask())
    assert complaints == []
