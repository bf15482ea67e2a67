"""What the notifier works with while it tells a batch: people, what is shown where, and what is to be written.

Reads are cached for the batch and see what the batch itself has planned, so that two events of one commit agree.
Nothing here writes: the plan is committed by the notifier together with its position.
"""

from collections.abc import Mapping
from typing import Self

from gateway.model.codec import decode, encode
from gateway.model.ids import AccountId, ContactId, DialogId, LineId, MessageId, OperatorId, SentId
from gateway.model.outgoing import Outbound
from gateway.model.state import Contact, Dialog, Line, Operator, Received
from gateway.streams import queries
from gateway.streams.connection import Store
from gateway.streams.scripts import RedisCommand

KEEP_SECONDS = 30 * 24 * 3600
"""How long it is remembered what was shown where."""
ON_CARD = MessageId("card")
"""Under this name stand the client's words that only the owner's card shows."""


class BatchView:
    """One batch's view of the desk, and the plan that grows."""

    def __init__(self, store: Store, people: Mapping[OperatorId, Operator], lines: Mapping[LineId, Line]) -> None:
        self.store, self.people, self.lines = store, people, lines
        self.plan: list[RedisCommand] = []
        self._shown: dict[DialogId, set[OperatorId]] = {}
        self._drawn: dict[DialogId, dict[MessageId, Received]] = {}
        self._rings: dict[DialogId, set[tuple[OperatorId, SentId]]] = {}
        self._mentioned: dict[DialogId, set[str]] = {}
        self._waiting: dict[MessageId, int] | None = None
        self._pinned: dict[OperatorId, tuple[str, str]] | None = None
        self._contacts: dict[tuple[AccountId, ContactId], Contact | None] = {}

    @classmethod
    async def open(cls, store: Store) -> Self:
        """Looks at the desk as it is now. Raises StoreUnavailable."""
        return cls(store, await queries.operators(store), await queries.lines(store))

    async def dialog(self, dialog: DialogId) -> Dialog | None:
        """The dialog as it is now, which may be later than what is told."""
        return await queries.dialog(self.store, dialog)

    async def contact(self, account: AccountId, contact: ContactId) -> Contact | None:
        """The contact as it is now."""
        key = (account, contact)
        if key not in self._contacts:
            self._contacts[key] = await queries.contact(self.store, account, contact)
        return self._contacts[key]

    async def shown(self, dialog: DialogId) -> set[OperatorId]:
        """Who has the dialog's card."""
        if dialog not in self._shown:
            self._shown[dialog] = await queries.shown(self.store, dialog)
        return self._shown[dialog]

    async def show(self, dialog: DialogId, operator: OperatorId) -> None:
        """Remembers that this operator has the card."""
        (await self.shown(dialog)).add(operator)
        key = self.store.keys.shown(dialog)
        self.plan += [("SADD", key, operator), ("EXPIRE", key, KEEP_SECONDS)]

    async def hide(self, dialog: DialogId, operator: OperatorId) -> None:
        """This operator has the card no more."""
        (await self.shown(dialog)).discard(operator)
        self.plan.append(("SREM", self.store.keys.shown(dialog), operator))

    async def rings(self, dialog: DialogId) -> set[tuple[OperatorId, SentId]]:
        """How operators were rung about the dialog."""
        if dialog not in self._rings:
            found: set[bytes] = await self.store.ask("SMEMBERS", self.store.keys.rings(dialog))
            pairs = [one.decode().split(" ", 1) for one in found]
            self._rings[dialog] = {(OperatorId(operator), SentId(sent)) for operator, sent in pairs}
        return self._rings[dialog]

    async def ring(self, dialog: DialogId, operator: OperatorId, sent: SentId, *, most: int) -> None:
        """Remembers one, if there are not `most` already."""
        rings = await self.rings(dialog)
        if len(rings) < most:
            rings.add((operator, sent))
            key = self.store.keys.rings(dialog)
            self.plan += [("SADD", key, f"{operator} {sent}"), ("EXPIRE", key, KEEP_SECONDS)]

    async def unring(self, dialog: DialogId, operator: OperatorId, sent: SentId) -> None:
        """It need not be taken away any more."""
        self._rings[dialog] = await self.rings(dialog) - {(operator, sent)}
        self.plan += [
            ("SREM", self.store.keys.rings(dialog), f"{operator} {sent}"),
            ("ZREM", self.store.keys.removals, f"{dialog} {operator} {sent}"),
        ]

    async def mention(self, dialog: DialogId, operator: OperatorId, what: str) -> bool:
        """Whether this is to be mentioned to them now: it has not been in this dialog."""
        key, member = self.store.keys.mentioned(dialog), f"{operator} {what}"
        if dialog not in self._mentioned:
            self._mentioned[dialog] = {one.decode() for one in await self.store.ask("SMEMBERS", key)}
        if member in self._mentioned[dialog]:
            return False
        self._mentioned[dialog].add(member)
        self.plan += [("SADD", key, member), ("EXPIRE", key, KEEP_SECONDS)]
        return True

    def remove_at(self, moment: int, dialog: DialogId, operator: OperatorId, sent: SentId) -> None:
        """Lets something be taken away from an operator's chat at that moment, in milliseconds."""
        self.plan.append(("ZADD", self.store.keys.removals, moment, f"{dialog} {operator} {sent}"))

    async def pinned(self) -> dict[OperatorId, tuple[str, str]]:
        """Of each operator the dialog (or nothing) and the words that their pinned line shows."""
        if self._pinned is None:
            found: Mapping[bytes, bytes] = await self.store.ask("HGETALL", self.store.keys.pinned)
            read = {OperatorId(one.decode()): shown.decode().partition("|") for one, shown in found.items()}
            self._pinned = {operator: (parts[0], parts[2]) for operator, parts in read.items()}
        return self._pinned

    async def pin(self, operator: OperatorId, dialog: DialogId | None, told: str) -> None:
        """Remembers what the pinned line shows."""
        (await self.pinned())[operator] = (dialog or "", told)
        self.plan.append(("HSET", self.store.keys.pinned, operator, f"{dialog or ''}|{told}"))

    async def drawn(self, dialog: DialogId) -> dict[MessageId, Received]:
        """Words that were given to the owner and may have to be drawn again."""
        if dialog not in self._drawn:
            found: Mapping[bytes, bytes] = await self.store.ask("HGETALL", self.store.keys.drawn(dialog))
            self._drawn[dialog] = {MessageId(name.decode()): decode(row, Received) for name, row in found.items()}
        return self._drawn[dialog]

    async def remember(self, dialog: DialogId, name: MessageId, words: Received) -> None:
        """Keeps words under their message's id, or under ON_CARD."""
        (await self.drawn(dialog))[name] = words
        key = self.store.keys.drawn(dialog)
        self.plan += [("HSET", key, name, encode(words)), ("EXPIRE", key, KEEP_SECONDS)]

    async def forget(self, dialog: DialogId, name: MessageId) -> None:
        """Words that need not be drawn again."""
        (await self.drawn(dialog)).pop(name, None)
        self.plan.append(("HDEL", self.store.keys.drawn(dialog), name))

    async def waiting(self) -> dict[MessageId, int]:
        """Words that wait for their files before their owner gets them, and until when, in milliseconds."""
        if self._waiting is None:
            found = await self.store.ask("ZRANGE", self.store.keys.coming, 0, -1, "WITHSCORES")
            self._waiting = {MessageId(name.decode()): int(until) for name, until in found}
        return self._waiting

    async def wait_for(self, message: MessageId, until: int) -> None:
        """Lets remembered words wait."""
        (await self.waiting())[message] = until
        self.plan.append(("ZADD", self.store.keys.coming, until, message))

    async def wait_no_more(self, message: MessageId) -> None:
        (await self.waiting()).pop(message, None)
        self.plan.append(("ZREM", self.store.keys.coming, message))

    def send(self, account: AccountId, outbound: Outbound) -> None:
        """Plans an entry of the account's outbox."""
        self.plan.append(("XADD", self.store.keys.outbox(account), "*", "p", encode(outbound)))
