"""Runs what the queues give, several at once, each thing as one step. It knows nothing of what a step does.

An error of a step is an error of the whole: it ends `run`, and with it the sender's session.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from gateway.connectors.runtime.contact_queues import ContactQueues
from gateway.connectors.runtime.context import AccountContext
from gateway.connectors.runtime.outbox_entry import OutboxEntry

Step = Callable[[str, OutboxEntry], Coroutine[Any, Any, None]]


class Dispatcher:
    """Feeds `step` from `queues`, at most `at_once` at a time and never while the account is suspended."""

    def __init__(
        self, context: AccountContext, queues: ContactQueues, step: Step, at_once: int, ended: asyncio.Event
    ) -> None:
        """`ended` is set whenever a step has ended: there may be room for more."""
        self._context = context
        self._queues = queues
        self._step = step
        self._at_once = at_once
        self._one_ended = ended
        self._steps: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._failure: BaseException | None = None

    def wake(self) -> None:
        """Something was added to the queues."""
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled; steps that are on their way then go on, see `finish`."""
        while True:
            await self._context.working.wait()
            self._changed.clear()
            if self._failure is not None:
                raise self._failure
            now = self._context.clock()
            found = self._queues.next(now) if len(self._steps) < self._at_once else None
            if found is None:
                await self._wait(now)
                continue
            task = asyncio.create_task(self._step(*found), name=f"step:{self._context.account}")
            self._steps.add(task)
            task.add_done_callback(self._ended)

    async def finish(self, grace_seconds: float) -> None:
        """Gives steps on their way this long to end, then cancels them."""
        if self._steps:
            await asyncio.wait(self._steps, timeout=grace_seconds)
        left = list(self._steps)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _wait(self, now: int) -> None:
        full = len(self._steps) >= self._at_once
        wake_at = None if full else self._queues.wake_at(now)
        seconds = None if wake_at is None else max(wake_at - now, 1) / 1000
        # Not wait_for: before Python 3.12 it forgets a cancellation that comes together with the event.
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._steps.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and self._failure is None:
            self._failure = error
        self._changed.set()
        self._one_ended.set()
