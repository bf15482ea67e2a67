"""A fault run: people write, operators answer, and meanwhile the gateway and its Redis are killed without a goodbye.

What people really said and saw is read at the sandbox; what the gateway remembers, in the archive's file. Whose
messenger it is, the run does not know: a client is somebody who can write, and whose screen can be read.
"""

import asyncio
import os
import random
import re
import signal
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tests.story.hands import Hands
from tests.story.ledger import Ledger
from tests.story.process import until
from tests.story.stage import Stage, words

QUIET_SECONDS = 90
_SAID = re.compile(r"сообщение Клиент\d+-\d+\.")


class Client(NamedTuple):
    """`name` is Клиент and a number, as it stands on the cards; `heard` is what the business has said, oldest first."""

    name: str
    write: Callable[[str], object]
    heard: Callable[[], Sequence[str]]


class Kills(NamedTuple):
    """How often; the first Redis dies while the gateway does so too, the last one alone."""

    gateway: int
    redis: int


class FaultRun:
    """`most`: messages that a client writes at most; `pause`: seconds between two of them, `hands_pause`: between two
    acts of an operator. `greets`: the first kill comes when every client has been answered.
    """

    def __init__(
        self,
        stage: Stage,
        chance: random.Random,
        clients: Sequence[Client],
        kills: Kills,
        *,
        most: int | None = None,
        pause: tuple[float, float] = (0.1, 0.5),
        hands_pause: tuple[float, float] = (0.05, 0.3),
        greets: bool = False,
    ) -> None:
        self.stage, self.chance = stage, chance
        self.clients, self.kills = clients, kills
        self.written: dict[str, list[str]] = {}
        self.replied: dict[str, list[str]] = {}
        self.gateway_kills = self.redis_kills = 0
        self.over = asyncio.Event()
        self._most, self._pause, self._hands_pause = most, pause, hands_pause
        self._greets = greets
        self._leftovers: list[str] = []
        self._shown: set[str] = set()
        self._looked = 0

    @property
    def said(self) -> int:
        return sum(map(len, self.written.values()))

    @property
    def answered(self) -> int:
        return sum(map(len, self.replied.values()))

    async def play(self) -> None:
        """Ends when all kills are done."""
        stage = self.stage
        acting = [asyncio.create_task(self._write(one, self._chance())) for one in self.clients]
        for operator in (stage.anna, stage.boris):
            hands = Hands(stage, operator, self.replied, self._chance(), client=r"Клиент\d+", pause=self._hands_pause)
            acting.append(asyncio.create_task(hands.work(self.over)))
        try:
            if self._greets:
                await until(self._all_are_answered, lambda: f"all are answered:\n{stage.gateway.log[-3000:]}")
            for number in range(self.kills.gateway):
                await asyncio.sleep(self.chance.uniform(0.5, 2.0))
                if number % 4 == 3:
                    await self._kill_redis()
                    await asyncio.sleep(self.chance.uniform(0.2, 1.0))
                await stage.gateway.kill()
                self.gateway_kills += 1
                await stage.gateway.start()
            while self.redis_kills < self.kills.redis:
                await self._kill_redis()
                await asyncio.sleep(1)
        finally:
            self.over.set()
        await asyncio.gather(*acting)

    async def settle(self, is_calm: Callable[[], bool] = lambda: True) -> None:
        """Waits until nobody has anything left to do; `is_calm` tells it of the messengers."""

        def counted() -> dict[str, int]:
            return dict(self.stage.rows("SELECT side, count(*) FROM messages GROUP BY side"))

        async def recorded() -> bool:
            rows = counted()
            return rows.get("client", 0) >= self.said and rows.get("operator", 0) >= self.answered

        async def quiet() -> bool:
            self._leftovers = await self.stage.gateway.unfinished()
            return is_calm() and not self._leftovers

        async def shown() -> bool:
            return not self._unseen()

        def told(what: str) -> str:
            return f"{what}\n{self.stage.gateway.log[-3000:]}"

        def wanted() -> str:
            return f"all in the archive: {counted()} of {self.said} and {self.answered}, missing {self._missing()}"

        await until(recorded, lambda: told(wanted()), seconds=QUIET_SECONDS)
        await until(shown, lambda: told(f"all shown, but {sorted(self._unseen())[:5]}"), seconds=QUIET_SECONDS)
        await until(quiet, lambda: told(f"nothing is left, but {self._leftovers}"), seconds=QUIET_SECONDS)

    def judge(self) -> Ledger:
        """What was said, against what arrived."""
        rows = self.stage.rows("SELECT side, text FROM messages ORDER BY seq")
        marks = self._marks()
        return Ledger(
            written=self.written,
            archived=[text for side, text in rows if side == "client"],
            shown=self._look(),
            replied=self.replied,
            delivered={one.name: list(one.heard()) for one in self.clients},
            archived_replies=[text for side, text in rows if side == "operator"],
            unknown={text for text, emojis in marks.items() if "🤔" in emojis},
            refused={text for text, emojis in marks.items() if "💔" in emojis},
            leftovers=self._leftovers,
        )

    # ── inside ────────────────────────────────────────────────────────────────────────────────────────

    def _chance(self) -> random.Random:
        """A seed of one's own, so that one person's chance does not change another's."""
        return random.Random(self.chance.random())

    async def _kill_redis(self) -> None:
        pid = int((self.stage.data / "redis" / "server.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        self.redis_kills += 1

    async def _write(self, client: Client, chance: random.Random) -> None:
        said = self.written.setdefault(client.name, [])
        while not self.over.is_set() and (self._most is None or len(said) < self._most):
            text = f"сообщение {client.name}-{len(said) + 1}."
            client.write(text)
            said.append(text)
            await asyncio.sleep(chance.uniform(*self._pause))

    async def _all_are_answered(self) -> bool:
        return all(one.heard() for one in self.clients)

    def _missing(self) -> list[str]:
        """What was said and is in no archive: the first of it."""
        there = {text for (text,) in self.stage.rows("SELECT text FROM messages")}
        spoken = [*self.written.values(), *self.replied.values()]
        return [text for said in spoken for text in said if text not in there][:5]

    def _unseen(self) -> set[str]:
        return {text for said in self.written.values() for text in said} - self._look()

    def _look(self) -> set[str]:
        """Clients' words that the messenger has shown to an operator, on a card or in its later version."""
        operators = {str(self.stage.anna), str(self.stage.boris)}
        for row in self.stage.sandbox.ledger.since(self._looked):
            self._looked = row["seq"]
            is_shown = row["kind"] == "call" and row["outcome"] == "accepted" and str(row.get("chat_id")) in operators
            if is_shown:
                self._shown.update(_SAID.findall(str(row.get("text", ""))))
        return self._shown

    def _marks(self) -> dict[str, set[str]]:
        return {
            words(message): {one.emoji for one in message.reactions if one.by == "bot"}
            for operator in (self.stage.anna, self.stage.boris)
            for message in self.stage.chat(operator)
            if not message.is_out
        }
