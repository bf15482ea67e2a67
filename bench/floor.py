"""The raw floor of the webhook figures, as a process of its own: a bare aiohttp handler over a durable append.

`python -m bench.floor <port> <address of Redis>`: every body goes into one stream, what comes together in one
pipeline, and 200 is answered once it is on disk. It checks, parses and remembers nothing.
"""

import asyncio
import sys
from collections import deque

from aiohttp import web
from redis.asyncio import Redis

_MAX_BATCH = 128


class Floor:
    """Appends bodies; those that come while an append is on its way share the next."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._pending: deque[tuple[bytes, asyncio.Future[None]]] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        stored = asyncio.get_running_loop().create_future()
        self._pending.append((body, stored))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await stored
        return web.Response()

    async def _write(self) -> None:
        while self._pending:
            batch = [self._pending.popleft() for _ in range(min(len(self._pending), _MAX_BATCH))]
            pipeline = self._redis.pipeline(transaction=False)
            for body, _ in batch:
                pipeline.execute_command("XADD", "floor", "*", "p", body)
            await pipeline.execute()
            for _, stored in batch:
                stored.set_result(None)


async def main() -> None:
    port, url = int(sys.argv[1]), sys.argv[2]
    redis = Redis.from_url(url)
    app = web.Application()
    app.router.add_post("/{tail:.*}", Floor(redis).handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
