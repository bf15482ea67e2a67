"""The whole way as it is used: six operators on duty, claimed dialogs, words going out and replies coming back.

Load and messenger live in this process, the gateway is a child. A message is recognised on the other side by a mark
in its text, and timed from the moment at which its webhook should have been posted.
"""

import asyncio
import re
import time
from collections.abc import Sequence

from bench.load import at_rate
from bench.messenger import DESK_TOKEN, SHOP_TOKEN, Messenger, Sent, Updates
from bench.product import OPERATORS, Gateway
from bench.run import until
from bench.wire import Caller, Window, request

_MARK = re.compile(r"\[([cdio]\d+)\]")
_CLAIM = re.compile(r"\b1:claim:(\d+):\d+")
_CONNECTIONS = 64
_OK = 200
PATIENCE = 120.0


class Play:
    """A gateway, a messenger, and everybody who writes. Dialogs are numbered from 0, as their customers are."""

    def __init__(self, gateway: Gateway, messenger: Messenger) -> None:
        self._gateway, self._messenger = gateway, messenger
        self._updates = Updates()
        self._expected: dict[str, asyncio.Future[float]] = {}
        self._claims: dict[str, tuple[int, str]] = {}
        """By a customer's mark: the card's message and the claim's data, as each owner-to-be got it."""
        self._copies: dict[int, int] = {}
        """Dialog to the message in its operator's chat that a reply answers."""
        self._entered: set[int] = set()
        self._caller = Caller(gateway.port, _CONNECTIONS)
        self._marks = 0
        self.sent_twice = 0
        """Marked messages that went out a second time."""
        self._gone: set[str] = set()
        messenger.listen = self._heard

    async def open(self, dialogs: int) -> None:
        """Lets the operators in, opens dialogs and has them claimed, so that each has a copy to answer."""
        await self._caller.__aenter__()
        for operator in OPERATORS:
            await self._post_desk(self._updates.words(operator, f"Operator {operator}", "/start"))
        await until(self._all_entered, "the operators are let in", seconds=60)
        for dialog in range(dialogs):
            await self._post_shop(self._words(dialog, f"[c{dialog}]"))

        async def all_have_cards() -> bool:
            return len(self._claims) == dialogs

        await until(all_have_cards, "every dialog has a card", seconds=PATIENCE)
        for dialog in range(dialogs):
            card, data = self._claims[f"c{dialog}"]
            await self._post_desk(self._updates.press(self._operator(dialog), "Operator", card, data))
        # Words behind the claim come as a copy; an operator may answer it.
        pending = dict.fromkeys(range(dialogs))
        deadline = time.monotonic() + PATIENCE
        while pending:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(pending)} dialogs were not claimed")
            for dialog in list(pending):
                await self._post_shop(self._words(dialog, f"[d{dialog}]"))
            await asyncio.sleep(1.0)
            pending = {dialog: None for dialog in pending if dialog not in self._copies}
        await self.settled()

    async def settled(self) -> None:
        """Waits until nothing has been sent for a second: cards, reactions and copies are out."""
        calls = -1
        while calls != self._messenger.calls:
            calls = self._messenger.calls
            await asyncio.sleep(1.0)

    async def close(self) -> None:
        await self._caller.__aexit__()

    async def inbound(self, dialogs: int, count: int, per_second: float) -> list[float]:
        """Customers write; answers how long after each post the operator's send left, in milliseconds."""
        return await self._paced([self._inbound(n % dialogs) for n in range(count)], per_second)

    async def outbound(self, dialogs: int, count: int, per_second: float) -> list[float]:
        """Operators answer; answers how long after each post the customer's send left, in milliseconds."""
        return await self._paced([self._outbound(n % dialogs) for n in range(count)], per_second)

    async def flood(self, dialogs: int, count: int, *, window: int) -> float:
        """Customers write as fast as it goes, `window` on their way at most; answers messages a second."""
        free = Window(window)
        made = [self._inbound(n % dialogs) for n in range(count)]
        began = time.perf_counter()

        async def one(mark: str, raw: bytes) -> None:
            await self._travel(mark, raw)
            free.give()

        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            for mark, raw in made:
                await free.take()
                group.create_task(one(mark, raw))
        return count / (time.perf_counter() - began)

    async def repeat(self) -> int:
        """One update delivered five times; answers how many sends came of it."""
        mark, raw = self._inbound(0)
        before = self.sent_twice
        await self._travel(mark, raw)
        for _ in range(4):
            await self._post(raw)
        await self.settled()
        return 1 + self.sent_twice - before

    async def troubled(self, statuses: Sequence[int]) -> float:
        """Words for an operator, refused with these statuses at first; answers after how many seconds they were taken.

        Raises:
            TimeoutError: they were never sent again.
        """
        mark, raw = self._inbound(0)
        self._messenger.troubles = list(statuses)
        began = time.perf_counter()
        async with asyncio.timeout(PATIENCE):
            ended = await self._travel(mark, raw)
        await self.settled()
        return ended - began

    # ── one message ───────────────────────────────────────────────────────────────────────────────────

    def _inbound(self, dialog: int) -> tuple[str, bytes]:
        mark = self._mark("i")
        return mark, self._request(SHOP_TOKEN, self._words(dialog, f"[{mark}] Есть ли в наличии размер 42?"))

    def _outbound(self, dialog: int) -> tuple[str, bytes]:
        mark = self._mark("o")
        body = self._updates.words(
            self._operator(dialog), "Operator", f"[{mark}] Да, есть. Отложить?", reply_to=self._copies[dialog]
        )
        return mark, self._request(DESK_TOKEN, body)

    async def _paced(self, made: Sequence[tuple[str, bytes]], per_second: float) -> list[float]:
        marks = {raw: mark for mark, raw in made}
        async with asyncio.timeout(PATIENCE):
            return await at_rate(lambda raw: self._travel(marks[raw], raw), [raw for _, raw in made], per_second)

    async def _travel(self, mark: str, raw: bytes) -> float:
        arrived = self._expected[mark] = asyncio.get_running_loop().create_future()
        await self._post(raw)
        moment: float = await arrived
        return moment

    def _heard(self, sent: Sent) -> None:
        text = sent.fields.get("text", "")
        if sent.token == DESK_TOKEN and sent.method == "sendMessage":
            self._heard_at_desk(sent, text)
        if sent.method != "sendMessage":
            return
        for mark in _MARK.findall(text):
            waiting = self._expected.pop(mark, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(sent.at)
                self._gone.add(mark)
            elif mark in self._gone:
                self.sent_twice += 1

    def _heard_at_desk(self, sent: Sent, text: str) -> None:
        operator = int(sent.fields["chat_id"])
        self._entered.add(operator)
        found = _MARK.search(text)
        if found is None:
            return
        mark, dialog = found[1], int(found[1][1:])
        if mark[0] == "c" and operator == self._operator(dialog):
            claim = _CLAIM.search(sent.fields.get("reply_markup", ""))
            if claim is not None:
                self._claims[mark] = (sent.message_id, claim[0])
        elif mark[0] == "d" and "reply_markup" not in sent.fields:
            self._copies[dialog] = sent.message_id

    # ── posting ───────────────────────────────────────────────────────────────────────────────────────

    def _words(self, dialog: int, text: str) -> bytes:
        return self._updates.words(100_000 + dialog, f"Client {dialog}", text)

    def _operator(self, dialog: int) -> int:
        return OPERATORS[dialog % len(OPERATORS)]

    def _mark(self, kind: str) -> str:
        self._marks += 1
        return f"{kind}{self._marks}"

    def _request(self, token: str, body: bytes) -> bytes:
        webhook = self._messenger.webhooks[token]
        path = "/" + webhook["url"].split("/", 3)[3]
        return request(path, body, {"X-Telegram-Bot-Api-Secret-Token": webhook["secret_token"]})

    async def _post_shop(self, body: bytes) -> None:
        await self._post(self._request(SHOP_TOKEN, body))

    async def _post_desk(self, body: bytes) -> None:
        await self._post(self._request(DESK_TOKEN, body))

    async def _post(self, raw: bytes) -> None:
        status = await self._caller.call(raw)
        if status != _OK:
            raise RuntimeError(f"a webhook was answered {status}: the figure would mean nothing")

    async def _all_entered(self) -> bool:
        return self._entered >= set(OPERATORS)
