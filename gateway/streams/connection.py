"""The store's two clients and the only place where Redis' errors become ours.

redis-py's own retries are off: a repeated write whose first reply was lost would happen twice. Scripts are
repeated here instead, because each of ours is safe to repeat. Nothing here may put a URL into an error: it
holds the password.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from redis import exceptions as redis_errors
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.maint_notifications import MaintNotificationsConfig

from gateway.errors import CommandRejected, SettingsError, StoreError, StoreRefused, StoreUnavailable
from gateway.streams.keys import Keys
from gateway.streams.multiplexed_connection import MultiplexedConnection
from gateway.streams.rejections import rejection
from gateway.streams.scripts import NOTE, Call, RedisCommand
from gateway.streams.server_requirements import ServerInfo, judge

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 2.0
"""How long one answer is waited for. A script that took longer did its work, and its repeat says so."""
BLOCK_LIMIT_MS = 5000
"""The longest blocking read; the client's timeout lies well above, or it would kill an idle reader."""
PATIENCE_MS = 5000
"""How long a script is repeated while Redis does not answer."""
PAUSE_SECONDS = 0.05
BLOCKED_SECONDS = BLOCK_LIMIT_MS / 1000 + 5
BLOCKED_CONNECTIONS = 1024
"""Each reader blocks its own; they are opened when needed."""

_SILENT = (redis_errors.ConnectionError, redis_errors.TimeoutError, OSError)
"""Nothing came back: the work may be done or not."""
_NOT_NOW = (
    redis_errors.OutOfMemoryError,
    redis_errors.ReadOnlyError,
    redis_errors.ClusterDownError,
    redis_errors.TryAgainError,
)
_NOT_NOW_CODES = ("MISCONF", "NOREPLICAS", "BUSY", "UNBLOCKED", "MASTERDOWN")
T = TypeVar("T")
Answer = Any
"""Whatever a Redis command answers; its reader knows the shape."""
Execute = Callable[..., Awaitable[Answer]]


class Store:
    """Redis as the gateway uses it: scripts write, plain commands read, blocking reads have their own client."""

    def __init__(self, redis_url: str, keys: Keys) -> None:
        """Opens nothing yet. Raises SettingsError for an address that is none."""
        self.keys = keys
        self.address = _address(redis_url)
        """Where it is, without user and password."""
        self.redis = _client(redis_url)
        self.blocking = _client(redis_url)
        self._connection = MultiplexedConnection(self.redis.connection_pool, ANSWER_SECONDS)
        self._execute_blocking: Execute = self.blocking.execute_command

    async def close(self) -> None:
        """Closes every connection."""
        await self._connection.close()
        for client in (self.redis, self.blocking):
            await client.aclose()
            await client.connection_pool.disconnect()

    async def check(self, *, allow_everysec: bool = False, allow_volatile: bool = False) -> ServerInfo:
        """Looks whether this server may be used at all.

        Raises:
            StoreRefused: it would lose messages as it is set up, or does not let us in; says what to change.
            StoreUnavailable: it does not answer.
        """
        try:
            info: dict[str, Any] = self._read("INFO", await self._connection.ask(("INFO",)))
        except (redis_errors.AuthenticationError, redis_errors.NoPermissionError) as error:
            raise StoreRefused(f"Redis at {self.address} does not let us in: {error}; check redis_url") from error
        except (redis_errors.RedisError, OSError) as error:
            raise self._ours(error, ("INFO",)) from error
        try:
            answer = await self.ask("CONFIG", "GET", "appendfsync")
        except StoreError as error:
            if not isinstance(error, CommandRejected):
                raise
            answer = {}  # managed servers hide CONFIG: INFO must do
        found = {_text(name): _text(value) for name, value in answer.items()}
        return judge(
            info,
            fsync=found.get("appendfsync"),
            address=self.address,
            allow_everysec=allow_everysec,
            allow_volatile=allow_volatile,
        )

    async def ask(self, *command: bytes | str | int) -> Answer:
        """One reading command, once. Raises StoreUnavailable."""
        with self._translated(command):
            return self._read(command[0], await self._connection.ask(command))

    async def ask_all(self, commands: Sequence[RedisCommand]) -> list[Answer]:
        """Reading commands in one round trip. Raises StoreUnavailable."""
        if not commands:
            return []
        with self._translated(commands[0]):
            answers = await self._connection.ask_all(commands)
            for command, answer in zip(commands, answers, strict=True):
                if isinstance(answer, redis_errors.RedisError):
                    raise self._ours(answer, command)
            return [self._read(command[0], answer) for command, answer in zip(commands, answers, strict=True)]

    async def ask_and_wait(self, block_ms: int, before: RedisCommand, after: RedisCommand) -> Answer:
        """A reading command around `BLOCK`, which waits up to `block_ms` for news; 0 does not wait."""
        if block_ms <= 0:
            return await self.ask(*before, *after)
        with self._translated((*before, *after)):
            return await _within(
                BLOCKED_SECONDS, self._execute_blocking(*before, "BLOCK", min(block_ms, BLOCK_LIMIT_MS), *after)
            )

    async def run(self, call: Call, *, patience_ms: int = PATIENCE_MS) -> Answer:
        """Runs a script, repeating it while nothing comes back. Raises StoreUnavailable after `patience_ms`."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + patience_ms / 1000
        while True:
            try:
                return await self._run_once(call)
            except _SILENT as error:
                if clock() + PAUSE_SECONDS >= deadline:
                    raise self._ours(error, call.named) from error
                await asyncio.sleep(PAUSE_SECONDS)
            except redis_errors.RedisError as error:
                raise self._ours(error, call.named) from error

    async def run_batch(self, calls: Sequence[Call]) -> list[Answer | StoreError]:
        """Runs scripts in one round trip, once; what is refused stands in its place of the answers.

        Raises:
            StoreUnavailable: nothing came back; any of them may be done or not.
        """
        answers = await self._pipelined(calls, full=False)
        unknown = [at for at, answer in enumerate(answers) if isinstance(answer, redis_errors.NoScriptError)]
        if unknown:
            repeated = await self._pipelined([calls[at] for at in unknown], full=True)
            for at, answer in zip(unknown, repeated, strict=True):
                answers[at] = answer
        return [
            self._ours(one, call.named) if isinstance(one, redis_errors.RedisError) else one
            for call, one in zip(calls, answers, strict=True)
        ]

    async def note(self, commands: Sequence[RedisCommand]) -> None:
        """Writes what is no decision and may be repeated as it is, even with the memory full."""
        call = Call(NOTE)
        call.add_commands(commands)
        await self.run(call)

    async def _run_once(self, call: Call) -> Answer:
        try:
            return await self._connection.ask(call.words())
        except redis_errors.NoScriptError:
            return await self._connection.ask(call.words(full=True))

    async def _pipelined(self, calls: Sequence[Call], *, full: bool) -> list[Answer]:
        with self._translated(calls[0].named):
            return await self._connection.ask_all([call.words(full=full) for call in calls])

    def _read(self, name: bytes | str | int, answer: Answer) -> Answer:
        """The answer in redis-py's shape for this command."""
        shape = self.redis.response_callbacks.get(str(name))
        return answer if shape is None else shape(answer)

    @contextmanager
    def _translated(self, command: Sequence[object]) -> Iterator[None]:
        try:
            yield
        except (redis_errors.RedisError, OSError) as error:
            raise self._ours(error, command) from error

    def _ours(self, error: BaseException, command: Sequence[object]) -> StoreUnavailable:
        """The same in our words; `command`: what was asked (of a script its name), then the key."""
        if isinstance(error, redis_errors.OutOfMemoryError):
            return StoreUnavailable(
                f"Redis at {self.address} has no memory left: give it more, or let the gateway drain"
            )
        if isinstance(error, redis_errors.AuthenticationError) or "invalid username-password" in str(error):
            return rejection(f"WRONGPASS {error}", command, self.address, self.keys)
        if isinstance(error, (*_SILENT, *_NOT_NOW)) or str(error).startswith(_NOT_NOW_CODES):
            return StoreUnavailable(f"Redis at {self.address} does not answer: {str(error) or type(error).__name__}")
        return rejection(str(error), command, self.address, self.keys)


async def _within(seconds: float, answer: Awaitable[T]) -> T:
    """Waits so long for an answer.

    redis-py's own `socket_timeout` is off: with it commands are sent through `asyncio.wait_for`, and that of Python
    3.11 drops a cancellation that comes as its work ends (python/cpython#86296). A reader could not be stopped.
    """
    async with asyncio.timeout(seconds):
        return await answer


def connect(redis_url: str, keys: Keys) -> Store:
    """The store of one desk at this address (`redis://`, `rediss://`, `unix://`)."""
    return Store(redis_url, keys)


def _client(redis_url: str) -> Redis:
    pool = BlockingConnectionPool.from_url(
        redis_url,
        max_connections=BLOCKED_CONNECTIONS,
        timeout=ANSWER_SECONDS,
        socket_timeout=None,
        socket_connect_timeout=CONNECT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        decode_responses=False,
        protocol=3,
        legacy_responses=False,
        maint_notifications_config=MaintNotificationsConfig(enabled=False),
    )
    return Redis(connection_pool=pool)


def _address(redis_url: str) -> str:
    parts = urlsplit(redis_url)
    if parts.scheme == "unix" and parts.path:
        return unquote(parts.path)
    try:
        port = parts.port or 6379
    except ValueError:
        port = 0
    if parts.scheme not in {"redis", "rediss"} or not port:
        raise SettingsError(
            "redis_url is not an address of Redis: write redis://host:port/0, rediss:// or unix:///path"
        )
    return f"{parts.hostname or 'localhost'}:{port}"


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
