"""Fetches the rows that a batch needs, a round trip for each round. It reads and never writes."""

from collections.abc import Container, Mapping, Sequence
from typing import Any, TypeVar

from gateway.model.abilities import Abilities
from gateway.model.ids import AccountId, ContactId, DialogId, MessageId, NativeId, SentId
from gateway.router.state.needs import PAGE, Needs
from gateway.router.state.rows import ContactKey, NativeKey, OriginalKey, PageKey, Rows
from gateway.streams import native_ids, queries
from gateway.streams.connection import Store
from gateway.streams.message_texts import message_texts_of
from gateway.streams.scripts import RedisCommand

K = TypeVar("K", bound=Any)
"""What a row is found by."""


class Loader:
    """Fills `Rows` from Redis."""

    def __init__(self, store: Store, staff: AccountId, abilities: Mapping[AccountId, Abilities] | None = None) -> None:
        self._store, self._staff, self._abilities = store, staff, abilities or {}
        self._asked: dict[str, set[Any]] = {}
        """By kind of row: what was asked for in this batch, whether Redis had it or not."""

    async def desk(self) -> Rows:
        """What is always at hand: people, lines, the last dialog's number."""
        rows = Rows(self._staff, await queries.last_number(self._store), self._abilities)
        rows.operators = dict(await queries.operators(self._store))
        rows.lines = dict(await queries.lines(self._store))
        rows.waiting = dict(await queries.queues(self._store, sorted(rows.lines)))
        return rows

    async def repairs(self) -> list[RedisCommand]:
        """What makes each line's queue agree with the queue of all lines again.

        A version before knows the latter only: what it changed is to be found after it.
        """
        lines = sorted(await queries.lines(self._store))
        queues = await queries.queues(self._store, lines)
        right = await queries.queue(self._store)
        stands = {one: (line, since) for line, rows in queues.items() for one, since in rows.items()}
        wrong = [one for one, since in right.items() if stands.get(one, ("", -1))[1] != since]
        commands: list[RedisCommand] = [
            ("ZREM", self._store.keys.waiting_on(line), one) for one, (line, _) in stands.items() if one not in right
        ]
        for start in range(0, len(wrong), PAGE):
            found = await queries.dialogs(self._store, wrong[start : start + PAGE])
            commands += [("ZADD", self._store.keys.waiting_on(row.line), right[one], one) for one, row in found.items()]
        return commands

    async def natives(self, rows: Rows, pairs: Sequence[tuple[ContactId, NativeId]]) -> None:
        """What the messages in operators' chats are; what was known and asked for the batch before is let go."""
        rows.forget_natives()
        self._asked.clear()
        if pairs:
            found = await native_ids.sent_of(self._store, self._staff, pairs)
            rows.natives.update({(self._staff, *pair): sent for pair, sent in found.items()})

    async def load(self, rows: Rows, wanted: Sequence[Needs]) -> bool:
        """Loads what is wanted, not at hand, and not asked for in this batch yet; answers whether there was anything.

        What Redis does not have is asked for once: only the owner, or who tells it by an entry, could write it.
        """
        asks = [
            await self._rows(rows, wanted),
            await self._natives(rows, wanted),
            await self._messages(rows, wanted),
        ]
        return any(asks)

    async def _rows(self, rows: Rows, wanted: Sequence[Needs]) -> bool:
        dialogs = self._new("dialog", set[DialogId]().union(*[one.dialogs for one in wanted]), rows.dialogs)
        contacts = self._new("contact", set[ContactKey]().union(*[one.contacts for one in wanted]), rows.contacts)
        invites = self._new("invite", set[str]().union(*[one.invites for one in wanted]), rows.invites)
        accounts = self._new("templates", set[AccountId]().union(*[one.templates for one in wanted]), rows.templates)
        pages = self._new("page", set[PageKey]().union(*[one.pages for one in wanted]), rows.pages)
        every = self._new("invites", {True for needs in wanted if needs.all_invites}, ())
        if dialogs:
            rows.dialogs.update(await queries.dialogs(self._store, dialogs))
        if contacts:
            rows.contacts.update(await queries.contacts(self._store, contacts))
        if accounts:
            rows.templates.update(await queries.templates(self._store, accounts))
        if every:
            rows.invites = {**await queries.invites(self._store), **rows.invites}
        for digest in invites:
            invite = await queries.invite(self._store, digest)
            if invite is not None:
                rows.invites[digest] = invite
        for page in pages:
            rows.pages[page] = await self._open_dialogs(rows, page)
        return bool(dialogs or contacts or invites or accounts or pages or every)

    async def _natives(self, rows: Rows, wanted: Sequence[Needs]) -> bool:
        natives = self._new("native", set[NativeKey]().union(*[one.natives for one in wanted]), rows.natives)
        by_account: dict[AccountId, list[tuple[ContactId, NativeId]]] = {}
        for account, contact, native in natives:
            by_account.setdefault(account, []).append((contact, native))
        for account, pairs in by_account.items():
            found = await native_ids.sent_of(self._store, account, pairs)
            rows.natives.update({(account, *pair): sent for pair, sent in found.items()})
        return bool(natives)

    async def _messages(self, rows: Rows, wanted: Sequence[Needs]) -> bool:
        said = self._new("said", set[MessageId]().union(*[one.said for one in wanted]), rows.said)
        if said:
            rows.said.update(await message_texts_of(self._store, said))
        originals = self._new("original", set[OriginalKey]().union(*[one.originals for one in wanted]), rows.originals)
        for account, contact, message in originals:
            known = await native_ids.natives_of(self._store, account, contact, SentId(message))
            if known:
                rows.originals[(account, contact, message)] = known[0]
        return bool(said or originals)

    def _new(self, kind: str, wanted: set[K], at_hand: Container[K]) -> list[K]:
        """Of what is wanted, in order, that which is neither at hand nor asked for already; it is from now on."""
        if not wanted:
            return []
        asked = self._asked.setdefault(kind, set())
        new = sorted(one for one in wanted if one not in at_hand and one not in asked)
        asked.update(new)
        return new

    async def _open_dialogs(self, rows: Rows, after: int) -> tuple[DialogId, ...]:
        """The next open dialogs behind this number: those that wait, and those that somebody has."""
        found = set(await queries.waiting(self._store, -1))
        for one in rows.operators.values():
            found.update(one.dialogs)
        return tuple(sorted((one for one in found if int(one) > after), key=int)[:PAGE])
