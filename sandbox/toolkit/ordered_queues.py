"""Work in order: one thing at a time within a queue, the queues beside each other."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")


class OrderedQueues(Generic[Item]):
    """`deliver` does what is to be done with an item, and returns when it is done or given up."""

    def __init__(self, deliver: Callable[[Item], Awaitable[None]]) -> None:
        self._deliver = deliver
        self._queues: dict[Hashable, deque[Item]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """How many queues have something to do."""
        return len(self._queues)

    def push(self, key: Hashable, item: Item) -> None:
        """Takes one more item; it waits for those before it in its queue."""
        if (queue := self._queues.get(key)) is not None:
            queue.append(item)
            return
        self._queues[key] = deque([item])
        self.run(self._work_off(key))

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

    async def _work_off(self, key: Hashable) -> None:
        queue = self._queues[key]
        while queue:
            await self._deliver(queue[0])
            queue.popleft()
        del self._queues[key]
