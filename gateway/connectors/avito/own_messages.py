"""Which of the shop's messages in a chat are our own sends: Avito tells of them as of all that the shop writes there.

Known only to the process that sends, and only for a while: the router knows them for weeks by the native map, as soon
as a send is settled. What comes before that is decided here, or waits.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

_REMEMBERED = 5000
_UNDECIDED_SECONDS = 180.0
"""How long a chat's new messages of the shop may be the send whose answer was lost."""


class OwnMessages:
    """What is being sent and was sent by this process.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._sending: Counter[str] = Counter()
        self._undecided: dict[str, float] = {}
        self._natives: dict[str, bool] = {}
        """Messages of ours, and whether an answer to a send has named them."""
        self._changed = asyncio.Event()

    @contextmanager
    def sending(self, chat: str) -> Iterator[None]:
        """While a message is on its way into the chat; one that ends without `sent` or `refused` is in doubt."""
        self._sending[chat] += 1
        self._undecided[chat] = float("inf")
        try:
            yield
        finally:
            self._sending[chat] -= 1
            if not self._sending[chat]:
                del self._sending[chat]
            if chat in self._undecided:
                self._undecided[chat] = self._clock() + _UNDECIDED_SECONDS
            self._changed.set()
            self._changed = asyncio.Event()

    def sent(self, chat: str, native: str) -> None:
        """The message that was on its way is this one, as the answer has told."""
        self._keep(chat, native, is_named=True)

    def found(self, chat: str, native: str) -> None:
        """It is this one, as the chat shows: to be found again by who could not note it the first time."""
        self._keep(chat, native, is_named=self.is_named(native))

    def _keep(self, chat: str, native: str, *, is_named: bool) -> None:
        while len(self._natives) >= _REMEMBERED:
            self._natives.pop(next(iter(self._natives)))
        self._natives[native] = is_named
        self._undecided.pop(chat, None)

    def refused(self, chat: str) -> None:
        """Nothing came of it."""
        self._undecided.pop(chat, None)

    def has(self, native: str) -> bool:
        """Whether we sent it."""
        return native in self._natives

    def is_named(self, native: str) -> bool:
        """Whether the answer to a send of ours has named it."""
        return self._natives.get(native, False)

    def is_undecided(self, chat: str) -> bool:
        """Whether an unknown message of the shop in this chat may be one of ours."""
        until = self._undecided.get(chat)
        if until is not None and until <= self._clock():
            del self._undecided[chat]
            return False
        return until is not None

    async def settled(self, chat: str) -> None:
        """Waits until nothing is on its way into the chat; whoever asks bounds it."""
        while self._sending[chat]:
            await self._changed.wait()
