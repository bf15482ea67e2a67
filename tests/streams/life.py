"""One owner's process as a machine starts and kills it, what its operators' updates mean, and what may be planted."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from copy import copy
from dataclasses import dataclass, field

from gateway.model import commands as c
from gateway.model.ids import AccountId, ContactId, DialogId, LineId, NativeId, OperatorId
from gateway.model.messages import Message, Origin
from gateway.router.owner import Owner
from gateway.streams import outbox
from gateway.streams.connection import Store
from gateway.streams.intake import DAY_MS
from gateway.streams.lease import Lease
from tests.streams.fates import Wire

SALES, SHOP, STAFF = LineId("sales"), AccountId("shop"), AccountId("staff")
ANNA = OperatorId("501")


class Killed(BaseException):
    """What an entry does that takes its process down: no `except Exception` stops it."""


class Words:
    """A resolver: an update says in its own words what it is."""

    @staticmethod
    def lookups(update):
        return ContactId(ANNA), []

    @staticmethod
    def resolve(update, sent):
        match update["do"]:
            case "kill":
                raise Killed
            case "raise":
                raise RuntimeError("this update cannot be handled")
            case "claim":
                return c.Claim(operator=ANNA, dialog=DialogId(update["dialog"]), version=1)
            case "close":
                return c.Close(operator=ANNA, dialog=DialogId(update["dialog"]))
            case _:
                origin = Origin(ContactId(ANNA), NativeId(str(update["number"])))
                said = Message(text=str(update["number"]))
                return c.Reply(operator=ANNA, origin=origin, message=said, dialog=DialogId(update["dialog"]))


@dataclass
class Life:
    """An owner's process: its own way to Redis, its lease, its work."""

    wire: Wire
    store: Store
    beside: Store
    """Another way, past the wire; not the process's to close."""
    owner: Owner
    lease: Lease
    task: asyncio.Task[None]

    async def halt(self) -> None:
        """It keeps what it holds, and works no further."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    def go_on(self) -> None:
        self.task = asyncio.create_task(self.owner.run(self.lease))

    async def end(self) -> BaseException | None:
        """Drops everything without a release, as SIGKILL does; how the work had ended, if it had."""
        ended = self.task.exception() if self.task.done() and not self.task.cancelled() else None
        self.task.cancel()
        self.lease.mark_lost()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.store.close()
        await self.wire.close()
        return ended


async def trimmed(life: Life) -> None:
    # By a way of its own: the process has one connection, and what stands on its wire may be a commit.
    beside = copy(life.owner)
    beside._store = life.beside
    await beside._trim(life.lease)


@dataclass(frozen=True)
class Parts:
    """What the machine works with; a test plants a fault by giving another."""

    clock: Callable[[], int] = lambda: 20_000 * DAY_MS
    trim: Callable[[Life], Awaitable[None]] = trimmed
    settle: Callable[..., Awaitable[str]] = outbox.settle
    struck: Counter[str] = field(default_factory=Counter)
    """How often what fate there was: a walk past all dangers proves nothing."""
    found: list[str] = field(default_factory=list)
    """What was wrong."""
