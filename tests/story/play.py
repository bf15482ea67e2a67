"""A site's visitors and the operators who answer them, under whatever a test does to them meanwhile.

Everybody writes texts that are unique over the play, so that the ledger can tell afterwards what became of each.
"""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self

import aiohttp

from tests.story.hands import Hands
from tests.story.ledger import Ledger
from tests.story.process import until
from tests.story.site import Site
from tests.story.stage import Stage, words
from tests.story.visitor import Visitor

_CUT_BEHIND = 0.25
"""Of the messages: only there a resend finds the first one stored."""
_CLIENT = r"Гость\d+"
_SAID = re.compile(r"сообщение Гость\d+-\d+\.")


class SitePlay:
    """`tabs` sockets: every tenth visitor has two; `polls` visitors more have none and ask by long poll."""

    def __init__(
        self,
        stage: Stage,
        chance: random.Random,
        *,
        tabs: int,
        polls: int = 0,
        pause: tuple[float, float] = (8.0, 16.0),
        hands_pause: tuple[float, float] = (0.15, 0.3),
        tab: type[Visitor] = Visitor,
    ) -> None:
        """`pause`: seconds between two messages of a visitor; `hands_pause`: between two acts of an operator."""
        self._tab = tab
        self.stage, self.chance = stage, chance
        self.written: dict[str, list[str]] = {}
        self.replied: dict[str, list[str]] = {}
        self.tabs: list[list[Visitor]] = []
        self.leftovers: list[str] = []
        self._counts = (tabs, polls)
        self._pause, self._hands_pause = pause, hands_pause
        self._over = asyncio.Event()
        self._http: aiohttp.ClientSession
        self._living: list[asyncio.Task[None]] = []
        self._acting: list[asyncio.Task[None]] = []
        self._returns: dict[str, list[str]] = {}

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        await self._arrive()
        for operator in (self.stage.anna, self.stage.boris):
            hands = Hands(
                self.stage,
                operator,
                self.replied,
                random.Random(self.chance.random()),
                client=_CLIENT,
                pause=self._hands_pause,
            )
            self._acting.append(asyncio.create_task(hands.work(self._over)))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        for visitor in self.everyone():
            await visitor.close()
        for task in (*self._acting, *self._living):
            task.cancel()
        await asyncio.gather(*self._acting, *self._living, return_exceptions=True)
        await self._http.close()

    def everyone(self) -> list[Visitor]:
        """All tabs of all visitors."""
        return [tab for tabs in self.tabs for tab in tabs]

    def sockets(self) -> list[Visitor]:
        """The tabs that have sockets."""
        return self.everyone()[: self._counts[0]]

    @property
    def said(self) -> int:
        """How many messages the server has confirmed."""
        return sum(len(tabs[0].stored) for tabs in self.tabs)

    @property
    def answered(self) -> int:
        return sum(map(len, self.replied.values()))

    @property
    def drops(self) -> int:
        """How many sockets have been cut."""
        return sum(tab.drops for tab in self.everyone())

    @property
    def resent(self) -> int:
        """How often a message was sent once more, as nobody had confirmed it."""
        return sum(tab.resent for tab in self.everyone())

    # ── acts ──────────────────────────────────────────────────────────────────────────────────────────

    async def hears(self, more: int, *, seconds: float = 60.0) -> None:
        """Waits until so many further messages are confirmed: the talk is in full swing."""
        wanted = self.said + more

        async def is_said() -> bool:
            self._check()
            return self.said >= wanted

        await until(is_said, lambda: f"{self.said} of {wanted} messages are confirmed", seconds=seconds)

    def drop(self, every: tuple[float, float]) -> None:
        """Cuts each socket again and again, at intervals of its own, and some of them just behind a message."""
        for tab in self.sockets():
            tab.cuts = _CUT_BEHIND
            self._acting.append(asyncio.create_task(self._drop(tab, random.Random(self.chance.random()), every)))

    async def end(self, *, seconds: float) -> None:
        """Nobody says anything new; waits until nobody has anything left to do, or for so long: the ledger judges."""
        self._over.set()
        await asyncio.gather(*self._acting)
        self._check()
        deadline = asyncio.get_running_loop().time() + seconds
        while waits := [name for name, ask in self._wanted().items() if not await ask()]:
            if asyncio.get_running_loop().time() > deadline:
                self.leftovers.append(f"after {seconds:.0f} s still waiting until {', '.join(waits)}")
                break
            await asyncio.sleep(0.2)
        self.leftovers += await self.stage.gateway.unfinished()
        await asyncio.gather(*(self._come_back(tabs[0]) for tabs in self.tabs))

    def judge(self) -> Ledger:
        """What was said, against what arrived."""
        rows = self.stage.rows("SELECT side, text FROM messages ORDER BY seq")
        marks = self._marks()
        return Ledger(
            written=self.written,
            archived=[text for side, text in rows if side == "client"],
            shown=self._shown(),
            replied=self.replied,
            delivered={tabs[0].name: tabs[0].screen.texts("operator") for tabs in self.tabs},
            archived_replies=[text for side, text in rows if side == "operator"],
            unknown={text for text, emojis in marks.items() if "🤔" in emojis},
            refused={text for text, emojis in marks.items() if "💔" in emojis},
            screens={tabs[0].name: [tab.screen.texts() for tab in tabs] for tabs in self.tabs},
            returns=self._returns,
            leftovers=self.leftovers,
        )

    def told(self, faults: Sequence[str]) -> str:
        """A failed play in words: the first faults, what visitors met, the end of the gateway's log."""
        first = "\n".join(faults[:30])
        return f"{len(faults)} faults:\n{first}\n{dict(self.troubles())}\n{self.stage.gateway.log[-2000:]}"

    def troubles(self) -> Counter[str]:
        """What visitors met on the way, by its name."""
        found: Counter[str] = Counter()
        for tab in self.everyone():
            found += tab.troubles
            found += Counter({f"closed {code}": number for code, number in tab.closes.items()})
            found += Counter({f"refused {why}": 1 for _, why in tab.refused})
            found["torn"] += tab.screen.heard["torn"]
        return +found

    # ── inside ────────────────────────────────────────────────────────────────────────────────────────

    async def _arrive(self) -> None:
        sockets, polls = self._counts
        site = Site(self.stage.site_url, self._http)
        while sockets:
            visitor = await self._opened(site)
            self.tabs.append([visitor])
            sockets -= 1
            if sockets and len(self.tabs) % 10 == 1:
                self.tabs[-1].append(visitor.tab())
                sockets -= 1
        for _ in range(polls):
            self.tabs.append([await self._opened(site)])
        living = self.sockets()
        for tab in self.everyone():
            self._living.append(asyncio.create_task(tab.run() if tab in living else tab.run_by_polls()))
        for tabs in self.tabs:
            self._acting.append(asyncio.create_task(self._write(tabs[0], random.Random(self.chance.random()))))

    async def _opened(self, site: Site) -> Visitor:
        visitor = self._tab(site, f"Гость{len(self.tabs)}")
        await visitor.open()
        return visitor

    async def _write(self, visitor: Visitor, chance: random.Random) -> None:
        said = self.written.setdefault(visitor.name, [])
        pause = chance.uniform(0, self._pause[0])
        while not await _is_set(self._over, pause):
            said.append(f"сообщение {visitor.name}-{len(said) + 1}.")
            visitor.write(said[-1])
            pause = chance.uniform(*self._pause)

    async def _drop(self, tab: Visitor, chance: random.Random, every: tuple[float, float]) -> None:
        while not await _is_set(self._over, chance.uniform(*every)):
            tab.drop()

    async def _come_back(self, visitor: Visitor) -> None:
        later = visitor.tab()
        living = asyncio.create_task(later.run())

        async def is_caught_up() -> bool:
            return later.is_caught_up

        try:
            await until(is_caught_up, f"{later.name} is told the history", seconds=60)
            self._returns[later.name] = later.screen.texts()
        finally:
            await later.close()
            living.cancel()
            await asyncio.gather(living, return_exceptions=True)

    def _check(self) -> None:
        """Whoever plays must not have died of a fault of the play."""
        for task in (*self._acting, *self._living):
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error

    def _wanted(self) -> dict[str, Callable[[], Awaitable[bool]]]:
        said = sum(map(len, self.written.values()))

        async def all_is_confirmed() -> bool:
            return not any(tabs[0].unsent for tabs in self.tabs)

        async def all_is_archived() -> bool:
            [found] = [dict(self.stage.rows("SELECT side, count(*) FROM messages GROUP BY side"))]
            return (found.get("client", 0), found.get("operator", 0)) == (said, self.answered)

        async def all_is_shown() -> bool:
            return len(self._shown()) >= said

        async def all_screens_are_full() -> bool:
            return all(
                len(tab.screen.messages) >= len(self.written[tab.name]) + len(self.replied.get(tab.name, ()))
                for tab in self.everyone()
            )

        async def nothing_is_left() -> bool:
            return not await self.stage.gateway.unfinished()

        return {
            "all is confirmed": all_is_confirmed,
            "all is archived": all_is_archived,
            "operators were shown all": all_is_shown,
            "visitors' tabs show all": all_screens_are_full,
            "nothing is left": nothing_is_left,
        }

    def _shown(self) -> set[str]:
        operators = {str(self.stage.anna), str(self.stage.boris)}
        return {
            text
            for row in self.stage.sandbox.ledger.since()
            if str(row.get("chat_id")) in operators and row["kind"] == "call"
            for text in _SAID.findall(str(row.get("text", "")))
        }

    def _marks(self) -> dict[str, set[str]]:
        return {
            words(message): {one.emoji for one in message.reactions if one.by == "bot"}
            for operator in (self.stage.anna, self.stage.boris)
            for message in self.stage.chat(operator)
            if not message.is_out
        }


async def _is_set(event: asyncio.Event, seconds: float) -> Any:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
