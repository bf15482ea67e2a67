"""Work in order: one thing at a time within a lane, the lanes beside each other."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")


class Lanes(Generic[Item]):
    """`deliver` does what is to be done with an item, and returns when it is done or given up."""

    def __init__(self, deliver: Callable[[Item], Awaitable[None]]) -> None:
        self._deliver = deliver
        self._lanes: dict[Hashable, deque[Item]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """How many lanes have something to do."""
        return len(self._lanes)

    def push(self, name: Hashable, item: Item) -> None:
        """Takes one more item; it waits for those before it in its lane."""
        if (lane := self._lanes.get(name)) is not None:
            lane.append(item)
            return
        self._lanes[name] = deque([item])
        self.run(self._work_off(name))

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs something in the background until `stop`."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Ends everything that runs, but for the task that asks for it."""
        tasks = self._tasks - {asyncio.current_task()}
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work_off(self, name: Hashable) -> None:
        lane = self._lanes[name]
        while lane:
            await self._deliver(lane[0])
            lane.popleft()
        del self._lanes[name]
