"""A desk in Redis for measuring parts alone: lines, operators, clients' words and operators' replies, an owner.

Entries are made as the connectors make them, and go in by the same intake.
"""

import asyncio
import gc
import logging
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from bench.messenger import Updates
from bench.run import until
from gateway import logs
from gateway.connectors.telegram.parse import parse
from gateway.model import commands as c
from gateway.model.codec import encode
from gateway.model.commands import Entry, Role
from gateway.model.ids import AccountId, ContactId, DeskId, DialogId, LineId, MessageId, NativeId, OperatorId, copy_at
from gateway.model.state import Line, Operator
from gateway.operator_bot.inbound import targets
from gateway.operator_bot.inbound.buttons import Action, button_data
from gateway.router.owner import Owner
from gateway.streams.connection import Store
from gateway.streams.intake import Intake, Offer
from gateway.streams.keys import Keys
from gateway.streams.native_ids import native_commands
from gateway.streams.ownership import Lease, read_cursors

STAFF, SHOP = AccountId("staff"), AccountId("shop")
OPERATORS = [OperatorId(str(number)) for number in range(501, 507)]
_PAGE = 500


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


class Desk:
    """The desk `main` under the prefix `gateway`, as a gateway's own process would use it."""

    def __init__(self, redis_url: str, *, lines: int = 1) -> None:
        self.store = Store(redis_url, Keys("gateway", DeskId("main")))
        self.intake = Intake(self.store, patience_ms=30_000)
        self.lines = [LineId(f"line{number}") for number in range(1, lines + 1)]
        self.handled = 0
        """Entries that the owner has committed."""
        self.heard = asyncio.Event()
        self._updates = Updates()
        # A line for each entry, as in the product: what is measured without them would flatter.
        self._log = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - closed with the desk
        logs.start("json", to=self._log)

    async def close(self) -> None:
        await self.intake.close()
        await self.store.close()
        logs.start("text", level=logging.WARNING)
        self._log.close()

    async def furnish(self, *, on_duty: bool = True) -> None:
        """Lines and operators, as they stand after a first day."""
        keys = self.store.keys
        rows = [("HSET", keys.lines, line, encode(Line(id=line, title=line))) for line in self.lines]
        people = [
            Operator(id=one, name=f"Operator {one}", role=Role.ADMIN, on_duty=on_duty, entered=True)
            for one in OPERATORS
        ]
        await self.store.note([*rows, *(("HSET", keys.people, one.id, encode(one)) for one in people)])

    def words(self, client: int, *, line: LineId | None = None) -> list[Offer]:
        """A client writes to a line; clients are numbered."""
        raw = msgspec.json.decode(
            self._updates.words(100_000 + client, "Мария Иванова", "Добрый день! Есть ли размер 42 в наличии?")
        )
        return [
            Offer(
                inbox=self.store.keys.inbox(line or self.lines[0]),
                account=SHOP,
                key=one.key,
                entry=Entry(one.item, SHOP),
                contact=ContactId(str(100_000 + client)),
            )
            for one in parse(raw)
            if isinstance(one.item, c.Receive)
        ]

    def claim(self, operator: OperatorId, dialog: int) -> Offer:
        """An operator presses "answer" on a new dialog's card."""
        data = button_data(Action.CLAIM, DialogId(str(dialog)), version=1)
        return self._staff(self._updates.press(int(operator), "Operator", 1, data))

    def reply(self, operator: OperatorId, dialog: int) -> Offer:
        """An operator answers the copy of a dialog's first message, which `show` has put into their chat."""
        return self._staff(self._updates.words(int(operator), "Operator", "Здравствуйте! Да, есть.", reply_to=dialog))

    def chatter(self, dialogs: int, count: int) -> list[Offer]:
        """What goes on in claimed dialogs: two words of a client to one reply, over all dialogs in turn."""
        return [
            one
            for number in range(count)
            for dialog in (number % dialogs + 1,)
            for one in (
                [self.reply(self.operator_of(dialog), dialog)]
                if number % 3 == 2  # noqa: PLR2004 - every third
                else self.words(dialog, line=self.line_of(dialog))
            )
        ]

    async def show(self, dialogs: Sequence[int]) -> None:
        """Writes into the native map that each dialog's first message lies in its operator's chat under its number."""
        for start in range(0, len(dialogs), _PAGE):
            await self.store.note(
                [
                    command
                    for dialog in dialogs[start : start + _PAGE]
                    for command in native_commands(
                        self.store.keys,
                        STAFF,
                        ContactId(self.operator_of(dialog)),
                        copy_at(MessageId(f"{dialog}.1"), self.operator_of(dialog)),
                        (NativeId(str(dialog)),),
                        wall_ms(),
                    )
                ]
            )

    def operator_of(self, dialog: int) -> OperatorId:
        """Who answers this dialog."""
        return OPERATORS[dialog % len(OPERATORS)]

    async def offer(self, offers: Sequence[Offer]) -> None:
        """Puts all into the inboxes."""
        for start in range(0, len(offers), _PAGE):
            await self.intake.offer(offers[start : start + _PAGE])

    async def open(self, clients: int, *, claimed: bool = True) -> None:
        """Opens a dialog for each client, dialog n for client n (from 1), and lets the operators claim them.

        An owner must be at work.
        """
        before = self.handled
        await self.offer(
            [one for client in range(1, clients + 1) for one in self.words(client, line=self.line_of(client))]
        )
        await self.until_handled(before + clients)
        if claimed:
            await self.show(range(1, clients + 1))
            await self.offer([self.claim(self.operator_of(dialog), dialog) for dialog in range(1, clients + 1)])
            await self.until_handled(before + 2 * clients)

    def line_of(self, client: int) -> LineId:
        """Which line a client writes to."""
        return self.lines[client % len(self.lines)]

    async def until_handled(self, count: int) -> None:
        """Waits until the owner has committed so many entries in all."""

        async def done() -> bool:
            return self.handled >= count

        await until(done, f"{count} entries are handled", seconds=900)

    @asynccontextmanager
    async def owner(self) -> AsyncIterator[None]:
        """An owner at work in this process."""
        owner = Owner(
            self.store,
            self.intake,
            lines=self.lines,
            staff=STAFF,
            resolver=targets,
            clock=wall_ms,
            observe=self._observe,
        )
        # As the product does when it is up.
        gc.collect()
        gc.freeze()
        lease = await Lease.take(self.store, "owner", force=True)
        assert lease is not None
        task = asyncio.create_task(owner.run(lease))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await lease.release()
            gc.unfreeze()

    async def journal_end(self) -> int:
        return int((await read_cursors(self.store)).get("journal", "0"))

    def _observe(self, _inbox: str, _command: str, outcome: str, _waited_ms: int) -> None:
        if outcome != "ok":
            raise RuntimeError(f"an entry of the bench came out as {outcome}: the figure would mean nothing")
        self.handled += 1
        self.heard.set()

    def _staff(self, raw: bytes) -> Offer:
        update = msgspec.json.decode(raw)
        return Offer(
            inbox=self.store.keys.staff,
            account=STAFF,
            key=f"update:{update['update_id']}",
            entry=Entry(c.StaffUpdate(msgspec.Raw(raw)), STAFF),
        )
