"""The people of the fault run: clients of four lines over Telegram and the site widget, and six operators.

They write and answer at given rates, whatever happens to the gateway meanwhile; every text is unique, so the judge can
tell afterwards what became of each. Somewhat is said twice: Telegram delivers a part of its updates again, and
visitors send a part of their frames again.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping
from typing import Any, Self

import aiohttp

from chaos import cast
from chaos.cast import Size
from chaos.operators import Operator
from sandbox.server import Sandbox
from sandbox.telegram.faults import FaultRule
from tests.story.process import until
from tests.story.site import Site, WidgetError
from tests.story.visitor import LOST_WAYS, Visitor

_REPEATED = 0.1
_TICK = 0.05
_AGAIN = 0.2
_MOST_WAITING = 1500
"""Messages of a kind that no gateway has taken: above it no more of it are said, until some are taken."""


class Crowd:
    """Made before the gateway, whose settings for it are `environment`; enters when it runs."""

    def __init__(self, sandbox: Sandbox, size: Size, chance: random.Random) -> None:
        self.sandbox, self.size, self.chance = sandbox, size, chance
        self.written: dict[str, list[str]] = {}
        self.replied: dict[str, list[str]] = {}
        self.customers: dict[str, tuple[int, int]] = {}
        """Clients over Telegram: the user, and the bot that they write to."""
        self.visitors: dict[str, Visitor] = {}
        self.silent: set[str] = set()
        """Clients who say only what they are made to say."""
        self.repeated_frames = 0
        self.held_back = 0
        """Messages and replies that were not said, because too many waited."""
        self.spoke_seconds = 0.0
        self.desk = sandbox.bot("desk_bot")
        self._bots = [cast.shop_bot(number) for number in range(cast.LINES)]
        for bot in self._bots:
            sandbox.world.add_bot(bot)
        operators = [sandbox.add_user(cast.operator(number)) for number in range(cast.OPERATORS)]
        self.operators = [Operator(sandbox, one.id, self.desk.id, self._chance()) for one in operators]
        self._url = ""
        self._http: aiohttp.ClientSession
        self._living: list[asyncio.Task[None]] = []
        self._speaking: list[asyncio.Task[None]] = []
        self._over = asyncio.Event()

    @property
    def environment(self) -> dict[str, str]:
        """Settings of a gateway that serves these people."""
        return cast.environment(self.sandbox.url, self.desk.token, [one.user for one in self.operators])

    @property
    def said(self) -> int:
        return sum(map(len, self.written.values()))

    @property
    def answered(self) -> int:
        return sum(map(len, self.replied.values()))

    @property
    def waiting(self) -> int:
        """Messages that no gateway has taken yet."""
        return self._queued(*(one.id for one in self._bots), self.desk.id) + self._unsent()

    # ── coming and going ──────────────────────────────────────────────────────────────────────────────

    async def enter(self, url: str) -> None:
        """Operators begin their shifts, clients say a first word, and every dialog is claimed."""
        self._url = url
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self.set_faults([])
        for one in self.operators:
            self.sandbox.people.start(one.user, self.desk.id)
        await self.until_true(lambda: all(one.is_on_duty() for one in self.operators), "operators are on duty")
        for number in range(self.size.clients):
            if number % 2:
                await self.add_visitor()
            else:
                self.add_customer()
        for name in self.clients():
            self.write(name)
        self._living += [asyncio.create_task(self._operate(one)) for one in self.operators]
        await self.until_true(
            lambda: len(self.owners()) >= self.size.clients,
            lambda: f"{len(self.owners())} of {self.size.clients} dialogs are claimed",
            seconds=180,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        await self.leave()
        for task in (*self._speaking, *self._living):
            task.cancel()
        await asyncio.gather(*self._speaking, *self._living, return_exceptions=True)
        if self._url:
            await self._http.close()

    async def leave(self) -> None:
        """Visitors shut their tabs."""
        await asyncio.gather(*(one.close() for one in self.visitors.values()), return_exceptions=True)

    def clients(self) -> list[str]:
        """Everybody's names."""
        return [*self.customers, *self.visitors]

    def owners(self) -> Mapping[str, Operator]:
        """Who answers whom."""
        return {name: one for one in self.operators for name in one.mine}

    def add_customer(self) -> str:
        """A client over Telegram, of whom nobody has heard."""
        user = self.sandbox.add_user(cast.customer(len(self.customers)))
        self.customers[user.name] = user.id, self._bots[len(self.customers) % cast.LINES].id
        return user.name

    async def add_visitor(self) -> str:
        """Opens a tab of a new visitor; tried until it is open."""
        number = len(self.visitors)
        site = Site(f"{self._url}/widget/site{number % cast.LINES}", self._http)
        visitor = self.visitors[f"Гость{number}"] = Visitor(site, f"Гость{number}", self._chance())
        is_open = False
        while not is_open:
            try:
                await visitor.open()
                is_open = True
            except (*LOST_WAYS, WidgetError):
                await asyncio.sleep(_AGAIN)
        self._living.append(asyncio.create_task(visitor.run()))
        return visitor.name

    # ── saying ────────────────────────────────────────────────────────────────────────────────────────

    def write(self, name: str) -> None:
        """A client writes."""
        said = self.written.setdefault(name, [])
        text = f"сообщение {name}-{len(said) + 1}."
        if name in self.customers:
            user, bot = self.customers[name]
            self.sandbox.people.text(user, bot, text)
        else:
            self.visitors[name].write(text)
        said.append(text)

    def reply(self, operator: Operator, name: str) -> None:
        """An operator answers."""
        said = self.replied.setdefault(name, [])
        text = f"ответ {name}-{len(said) + 1}."
        operator.reply(name, text)
        said.append(text)

    def speak(self) -> None:
        """From now on everybody talks at the rates of the size, until `hush`."""
        self._over.clear()
        self._speaking = [
            asyncio.create_task(self._keep_time()),
            asyncio.create_task(self._keep_saying(self.size.messages, self._say_anything)),
            asyncio.create_task(self._keep_saying(self.size.replies, self._answer_anybody)),
            asyncio.create_task(self._keep_saying(self.size.messages * _REPEATED / 2, self._repeat_a_frame)),
        ]

    async def hush(self) -> None:
        """Nobody says anything new."""
        self._over.set()
        await asyncio.gather(*self._speaking)
        self._speaking = []

    def set_faults(self, rules: list[FaultRule]) -> None:
        """The messenger's faults, beside the updates that it always delivers again."""
        again = FaultRule(
            method="getUpdates", fault="duplicate", probability=_REPEATED, seed=self.chance.randrange(2**30)
        )
        self.sandbox.telegram.faults.replace([*rules, again])

    def check(self) -> None:
        """Raises what somebody of the crowd died of: then the play is at fault, not the gateway."""
        for task in (*self._speaking, *self._living):
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def until_true(
        self, is_so: Callable[[], bool], what: str | Callable[[], str], *, seconds: float = 60.0
    ) -> None:
        async def condition() -> bool:
            self.check()
            return is_so()

        await until(condition, what, seconds=seconds)

    # ── inside ────────────────────────────────────────────────────────────────────────────────────────

    def _chance(self) -> random.Random:
        """A seed of one's own, so that one person's chance does not change another's."""
        return random.Random(self.chance.random())  # noqa: S311 - a seed

    async def _keep_saying(self, rate: float, act: Callable[[], None]) -> None:
        now = asyncio.get_running_loop().time
        due, last = 0.0, now()
        while not self._over.is_set():
            await asyncio.sleep(_TICK)
            passed, last = now() - last, now()
            due = min(due + passed * rate, max(rate, 1.0))
            while due >= 1 and not self._over.is_set():
                due -= 1
                act()

    async def _keep_time(self) -> None:
        now = asyncio.get_running_loop().time
        last = now()
        while not self._over.is_set():
            await asyncio.sleep(_TICK)
            passed, last = now() - last, now()
            self.spoke_seconds += passed

    def _say_anything(self) -> None:
        # Of one whom nobody has claimed for long an operator sees the newest words only: so it is meant.
        name = self.chance.choice([one for one in self.owners() if one not in self.silent])
        waiting = self._unsent() if name in self.visitors else self._queued(*(one.id for one in self._bots))
        if waiting > _MOST_WAITING:
            self.held_back += 1
        else:
            self.write(name)

    def _answer_anybody(self) -> None:
        operator = self.chance.choice(self.operators)
        if self._queued(self.desk.id) > _MOST_WAITING:
            self.held_back += 1
        elif operator.mine:
            self.reply(operator, self.chance.choice(list(operator.mine)))

    def _queued(self, *bots: int) -> int:
        return sum(len(self.sandbox.telegram.queue(self.sandbox.world.bots[one])) for one in bots)

    def _unsent(self) -> int:
        return sum(len(one.unsent) for one in self.visitors.values())

    def _repeat_a_frame(self) -> None:
        visitor = self.chance.choice(list(self.visitors.values()))
        if visitor.stored:
            cid = next(reversed(visitor.stored))
            text = next((one["text"] for one in reversed(visitor.screen.messages) if one["id"] == cid), None)
            if text is not None:
                frame = {"type": "message", "id": cid, "text": text, "profile": {"name": visitor.name}}
                self._living.append(asyncio.create_task(self._send(visitor, frame)))

    async def _send(self, visitor: Visitor, frame: dict[str, Any]) -> None:
        with contextlib.suppress(*LOST_WAYS):
            await visitor.send(frame)
            self.repeated_frames += 1

    async def _operate(self, operator: Operator) -> None:
        while True:
            await operator.look()
            await asyncio.sleep(0.1)
