"""One connection that everybody shares: commands go out as they come, answers come back in the same order.

What is asked in one turn of the event loop leaves in one write. Measured against a connection for each command: a third
of the processor time and half of the delay. It repeats nothing: a broken line is told to everybody who waits.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import hiredis
from redis import exceptions as redis_errors
from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection

Words = Sequence[bytes | str | int]
Answer = Any
Waiter = asyncio.Future[Answer]


class PendingRequest(NamedTuple):
    """A command on its way."""

    waiter: Waiter
    until: float
    """The loop's time at which it is given up; counted from when it was asked, before the line was opened."""
    heard: int
    """How many answers had come before it left."""


class MultiplexedConnection:
    """The shared connection, made by `pool` when it is first needed and again after it broke.

    `seconds`: how long an answer is waited for. A line that was silent for so long is given up.
    """

    def __init__(self, pool: ConnectionPool, seconds: float) -> None:
        self._pool, self._seconds = pool, seconds
        self._line: AbstractConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._opening = asyncio.Lock()
        self._unsent: list[bytes] = []
        self._waiting: deque[PendingRequest] = deque()
        self._watch: asyncio.TimerHandle | None = None
        """One for all who wait, since they wait equally long: a timer for each would cost as much as its command."""
        self._heard = 0
        """How many answers have come."""

    async def ask(self, words: Words) -> Answer:
        """The answer to one command.

        Raises:
            RedisError: the server's refusal.
            ConnectionError (Redis' or the system's), TimeoutError: nothing came back; it may be done or not.
        """
        until = asyncio.get_running_loop().time() + self._seconds
        answer = await self._send(self._line or await self._opened(), words, until)
        if isinstance(answer, redis_errors.RedisError):
            raise answer
        return answer

    async def ask_all(self, commands: Sequence[Words]) -> list[Answer | redis_errors.RedisError]:
        """The answers to all of them, a refusal in its own place.

        Raises:
            ConnectionError, TimeoutError: as `ask`, about any of them.
        """
        waiters = list[Waiter]()
        until = asyncio.get_running_loop().time() + self._seconds
        try:
            for words in commands:
                waiters.append(self._send(self._line or await self._opened(), words, until))
            return [await waiter for waiter in waiters]
        finally:
            for waiter in waiters:
                # What broke one broke all: nobody will ask the others any more.
                if not waiter.cancel() and not waiter.cancelled():
                    waiter.exception()

    async def close(self) -> None:
        """Breaks the line; the next command opens another."""
        async with self._opening:
            reader, self._reader = self._reader, None
            if reader is not None:
                reader.cancel()
                with suppress(asyncio.CancelledError):
                    await reader

    async def _opened(self) -> AbstractConnection:
        async with asyncio.timeout(self._seconds), self._opening:
            if self._line is None:
                line: AbstractConnection = self._pool.make_connection()  # type: ignore[no-untyped-call]
                await line.connect()  # type: ignore[no-untyped-call]
                self._line = line
                self._reader = asyncio.create_task(self._read(line), name="redis")
        return self._line

    def _send(self, line: AbstractConnection, words: Words, until: float) -> Waiter:
        loop = asyncio.get_running_loop()
        if not self._unsent:
            loop.call_soon(self._flush, line)
        self._unsent.append(hiredis.pack_command(tuple(words)))  # type: ignore[arg-type]
        waiter: Waiter = loop.create_future()
        self._waiting.append(PendingRequest(waiter, until, self._heard))
        self._watch_until(until)
        return waiter

    def _watch_until(self, until: float) -> None:
        # Whoever has waited for the line to be opened too is due before some who stand in front of them.
        if self._watch is None or until < self._watch.when():
            if self._watch is not None:
                self._watch.cancel()
            self._watch = asyncio.get_running_loop().call_at(until, self._look)

    def _look(self) -> None:
        """Whoever has waited too long hears it; the next one's moment is looked for."""
        self._watch = None
        now = asyncio.get_running_loop().time()
        for asked in self._waiting:
            if asked.waiter.done():
                continue
            if asked.until > now:
                self._watch_until(asked.until)
                continue
            if asked.heard == self._heard and self._reader is not None:
                # Not one answer to anybody: this line may be dead without a word, and would stay so.
                self._reader.cancel()
            asked.waiter.set_exception(TimeoutError("no answer in time"))

    def _flush(self, line: AbstractConnection) -> None:
        writer = line._writer  # noqa: SLF001 - its public way waits for each command to drain
        if line is self._line and writer is not None:
            unsent, self._unsent = self._unsent, []
            # One that has just gone down takes nothing, and its reader, which runs next, tells everybody.
            if not writer.is_closing():
                writer.writelines(unsent)

    async def _read(self, line: AbstractConnection) -> None:
        problem: Exception = redis_errors.ConnectionError("the connection was closed")
        try:
            while True:
                answer = await _answer(line)
                self._heard += 1
                waiter = self._waiting.popleft().waiter
                if not waiter.done():
                    waiter.set_result(answer)
        except (redis_errors.RedisError, OSError) as error:
            problem = error
        finally:
            # Before anything is awaited: whoever asks from now on opens a line of their own.
            self._line, self._unsent = None, []
            waiting, self._waiting = self._waiting, deque()
            for asked in waiting:
                if not asked.waiter.done():
                    asked.waiter.set_exception(problem)
            await line.disconnect(nowait=True)


async def _answer(line: AbstractConnection) -> Answer | redis_errors.ResponseError:
    try:
        return await line.read_response(disconnect_on_error=False)
    except redis_errors.ResponseError as refusal:
        return refusal
