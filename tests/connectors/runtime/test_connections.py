"""Requests that are slow or broken at the wire: each ends soon, with an answer, and without a traceback in the log."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from gateway.connectors.runtime.webhook_server import WebhookServer

Account = Any
"""conftest's; test modules cannot import it."""
HEAD = b"POST /hooks/scripted/shop HTTP/1.1\r\nHost: desk.example.com\r\nX-Secret: a-secret-of-the-tests\r\n"
NOBODY = b"GET /hooks/scripted/nobody HTTP/1.1\r\nHost: desk.example.com\r\n\r\n"
SOON = 15.0


@pytest.fixture
async def port(account: Account) -> AsyncIterator[int]:
    server = WebhookServer("127.0.0.1", 0, head_seconds=0.3, body_seconds=0.3)
    port = await server.start()
    server.add(account.start(address="https://desk.example.com").context)
    yield port
    await server.stop()


async def ends(port: int, *pieces: bytes, pause: float = 0.0) -> bytes:
    """What is answered until the server closes the connection; pieces go one by one, and ours stays open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def write() -> None:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(pause)

    writing, answered = asyncio.create_task(write()), b""
    try:
        async with asyncio.timeout(SOON):
            while given := await reader.read(4096):
                answered += given
                if b"HTTP/1.1 408" in answered:
                    writing.cancel()  # what comes behind the end would be answered by a reset
            return answered
    except ConnectionError:
        return answered
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        writer.close()


def drips(data: bytes) -> list[bytes]:
    return [bytes([one]) for one in data]


@pytest.mark.parametrize(
    "pieces",
    [(), (b"POST /hooks/scr",), drips(HEAD + b"X-Slow: " + b"a" * 10_000)],
    ids=["nothing", "half a line", "dripped"],
)
async def test_a_head_that_does_not_come_is_cut(port: int, pieces: Sequence[bytes]) -> None:
    assert (await ends(port, *pieces, pause=0.02)).startswith(b"HTTP/1.1 408")


async def test_a_second_head_is_cut_too(port: int) -> None:
    answered = await ends(port, NOBODY, *drips(HEAD + b"X-Slow: " + b"a" * 10_000), pause=0.02)
    first, _, second = answered.partition(b"HTTP/1.1 408")
    assert first.startswith(b"HTTP/1.1 404")
    assert second


async def test_an_idle_connection_between_requests_stays(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(NOBODY)
        assert (await reader.readline()).startswith(b"HTTP/1.1 404")
        await reader.readuntil(b"\r\n\r\n")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.6):
                while await reader.read(100):
                    pass
                raise AssertionError("it was closed")
    writer.close()


BROKEN = {
    "gzip": HEAD + b"Content-Encoding: gzip\r\nContent-Length: 7\r\n\r\nno gzip",
    "deflate": HEAD + b"Content-Encoding: deflate\r\nContent-Length: 7\r\n\r\n\xff\xff\xff\xff\xff\xff\xff",
    "chunks": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nno number\r\n",
    "huge header": HEAD + b"X-Huge: " + b"a" * 100_000 + b"\r\n\r\n",
    "many headers": HEAD + b"".join(b"X-%d: a\r\n" % n for n in range(5000)) + b"\r\n",
    "length": HEAD + b"Content-Length: many\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "no request": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "bad json": HEAD + b"Content-Length: 3\r\nConnection: close\r\n\r\n{]}",
    "short body": HEAD + b"Content-Length: 300\r\n\r\n{",
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
async def test_what_is_broken_is_refused_without_a_traceback(
    port: int, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        answered = await ends(port, sent)
    assert re.match(rb"HTTP/1\.[01] 4", answered)
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR or one.exc_info] == []
