"""(f) Three hundred customers write at once, and six operators have Telegram's true limits: who sees what, and when.

The sandbox plays Telegram with its limits on, the gateway keeps its usual pace and asks for updates. Each operator
takes the first client they see and is written to further, in the middle of it all.
"""

import asyncio
import re
import time

from bench.product import OPERATORS, Gateway
from bench.run import Bench, percentile, until
from bench.table import Row
from sandbox.cast import Cast, CastBot, CastUser
from sandbox.server import Sandbox

TITLE = "(f) A burst under Telegram's limits"
_SHOP = CastBot(7000000001, "7000000001:AAbench-token-that-nobody-gave-shop-bot", "shop_bot", "Shop")
_DESK = CastBot(7000000002, "7000000002:AAbench-token-that-nobody-gave-desk-bot", "desk_bot", "Desk")
_FIRST_CUSTOMER = 100_000
_CLIENT = re.compile(r"Client(\d+)")
_WORDS, _APART_SECONDS = 5, 3.0
_REST_SECONDS = 10.0
"""The bot's greetings count against the same limits; a burst does not begin right after them."""
_TOO_MANY = 429
_PATIENCE = 900.0


async def rows(bench: Bench) -> list[Row]:
    customers = bench.pick(300, 24)
    people = [CastUser(_FIRST_CUSTOMER + n, f"Client{n}") for n in range(customers)]
    staff = [CastUser(one, f"Operator{one}", role="operator") for one in OPERATORS]
    async with Sandbox(cast=Cast(bots=[_SHOP, _DESK], users=[*people, *staff]), limits=True) as sandbox:
        gateway = Gateway(bench.fresh(), sandbox.url, settings=_AS_USUAL)
        try:
            await gateway.start()
            return await _Burst(sandbox, customers).rows()
        finally:
            await gateway.stop()


class _Burst:
    """One burst: what came into the operators' chats and when, by the sandbox's own ledger."""

    def __init__(self, sandbox: Sandbox, customers: int) -> None:
        self._sandbox, self._customers = sandbox, customers
        self._cards: dict[tuple[int, int], tuple[int, int]] = {}
        """Operator and client to the card's moment, in milliseconds, and its message."""
        self._texts: dict[int, list[tuple[int, str]]] = {operator: [] for operator in OPERATORS}
        """What each operator was sent and when."""
        self._pressed: list[float] = []
        self._copied: list[float] = []
        self._read = 0
        self._calls = self._refused = 0

    async def rows(self) -> list[Row]:
        sandbox = self._sandbox
        for operator in OPERATORS:
            sandbox.people.start(operator, _DESK.id)
        await until(self._all_entered, "the operators are let in", seconds=60)
        await asyncio.sleep(_REST_SECONDS)
        began = sandbox.clock.now_ms()
        for number in range(self._customers):
            sandbox.people.text(_FIRST_CUSTOMER + number, _SHOP.id, f"Здравствуйте, это Client{number}!")
        async with asyncio.TaskGroup() as group:
            for position, operator in enumerate(OPERATORS):
                group.create_task(self._work(operator, position))
            await until(self._all_there, "every operator has every client's card", seconds=_PATIENCE, every=0.05)
        since = {pair: (at - began) / 1000 for pair, (at, _) in self._cards.items()}
        first = [min(since[operator, client] for operator in OPERATORS) for client in range(self._customers)]
        load = f"{self._customers} customers at once, {len(OPERATORS)} operators"
        own = "one client claimed by each operator meanwhile"
        return [
            Row("first card at an operator", load, (min(first),), "s"),
            Row("half of the clients seen by somebody", load, (percentile(first, 0.5),), "s"),
            Row("every client seen by somebody", load, (max(first),), "s"),
            Row("every client's card at every operator", load, (max(since.values()),), "s"),
            Row("from a press to the bot's answer, p50", own, (percentile(self._pressed, 0.5),), "s"),
            Row("from a press to the bot's answer, worst", own, (max(self._pressed),), "s"),
            Row("further words of a claimed client at their operator, p50", own, (percentile(self._copied, 0.5),), "s"),
            Row("further words of a claimed client at their operator, worst", own, (max(self._copied),), "s"),
            Row("429 caused by us", f"{self._calls:,} calls", (float(self._refused),), "", 0.0, "less"),
        ]

    async def _work(self, operator: int, position: int) -> None:
        """Claims a client whom no colleague claims, and hears more of them in the middle of the burst."""

        async def has_card() -> bool:
            return (operator, position) in self._cards

        await until(has_card, "an operator sees a card", seconds=_PATIENCE)
        began = time.perf_counter()
        await self._sandbox.people.press(operator, _DESK.id, self._cards[operator, position][1], 0, 0)
        self._pressed.append(time.perf_counter() - began)
        for number in range(_WORDS):
            words = f"Ещё кое-что, {operator}/{number}."
            written = self._sandbox.clock.now_ms()
            self._sandbox.people.text(_FIRST_CUSTOMER + position, _SHOP.id, words)
            arrived: list[int] = []

            async def is_copied(words: str = words, arrived: list[int] = arrived) -> bool:
                arrived[:] = [at for at, text in self._texts[operator] if words in text]
                return bool(arrived)

            await until(is_copied, "an operator has a copy", seconds=_PATIENCE)
            self._copied.append((arrived[0] - written) / 1000)
            await asyncio.sleep(_APART_SECONDS)

    async def _all_entered(self) -> bool:
        self._follow()
        return all(self._texts.values())

    async def _all_there(self) -> bool:
        self._follow()
        return len(self._cards) == len(OPERATORS) * self._customers

    def _follow(self) -> None:
        """Takes in what the ledger has of new."""
        for row in self._sandbox.ledger.since(self._read):
            self._read = row["seq"]
            if row["kind"] != "call":
                continue
            self._calls += 1
            self._refused += row.get("error_code") == _TOO_MANY
            operator, text = int(row.get("chat_id") or 0), row.get("text")
            if row["bot_id"] != _DESK.id or operator not in self._texts or not text:
                continue
            self._texts[operator].append((row["at"], text))
            for client in _CLIENT.findall(text):
                self._cards.setdefault((operator, int(client)), (row["at"], row["message_ids"][0]))


_AS_USUAL = {
    f"{place}__{name}": value
    for place in ("GATEWAY_OPERATOR_BOT", "GATEWAY_LINES__LINE1__ACCOUNTS__SHOP")
    for name, value in (("MODE", "polling"), ("PER_SECOND", "25"), ("PER_CHAT_SECOND", "1"), ("CHAT_BURST", "4"))
}
"""What the settings of a Telegram account are without a word about them."""
