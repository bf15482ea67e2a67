"""Fetches the rows that a batch needs, a round trip for each round. It reads and never writes."""

from collections.abc import Mapping, Sequence

from gateway.model.abilities import Abilities
from gateway.model.ids import AccountId, ContactId, DialogId, NativeId, SentId
from gateway.router.state.needs import PAGE, Needs
from gateway.router.state.rows import Rows
from gateway.streams import native_ids, queries
from gateway.streams.connection import Store
from gateway.streams.message_texts import message_texts_of
from gateway.streams.scripts import RedisCommand


class Loader:
    """Fills `Rows` from Redis."""

    def __init__(self, store: Store, staff: AccountId, abilities: Mapping[AccountId, Abilities] | None = None) -> None:
        self._store, self._staff, self._abilities = store, staff, abilities or {}

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
        """What the messages in operators' chats are; the map of the batch before is let go."""
        rows.forget_natives()
        if pairs:
            found = await native_ids.sent_of(self._store, self._staff, pairs)
            rows.natives.update({(self._staff, *pair): sent for pair, sent in found.items()})

    async def load(self, rows: Rows, wanted: Sequence[Needs]) -> None:
        """Loads what is wanted and not there yet."""
        dialogs = {one for needs in wanted for one in needs.dialogs} - rows.dialogs.keys()
        contacts = {one for needs in wanted for one in needs.contacts} - rows.contacts.keys()
        invites = {one for needs in wanted for one in needs.invites} - rows.invites.keys()
        if dialogs:
            rows.dialogs.update(await queries.dialogs(self._store, sorted(dialogs)))
        if contacts:
            rows.contacts.update(await queries.contacts(self._store, sorted(contacts)))
        accounts = {one for needs in wanted for one in needs.templates} - rows.templates.keys()
        if accounts:
            rows.templates.update(await queries.templates(self._store, sorted(accounts)))
        if any(one.all_invites for one in wanted):
            rows.invites = {**await queries.invites(self._store), **rows.invites}
        for digest in invites:
            invite = await queries.invite(self._store, digest)
            if invite is not None:
                rows.invites[digest] = invite
        for page in {one for needs in wanted for one in needs.pages} - rows.pages.keys():
            rows.pages[page] = await self._open_dialogs(rows, page)
        by_account: dict[AccountId, list[tuple[ContactId, NativeId]]] = {}
        for needs in wanted:
            for account, contact, native in needs.natives:
                by_account.setdefault(account, []).append((contact, native))
        for account, pairs in by_account.items():
            found = await native_ids.sent_of(self._store, account, pairs)
            rows.natives.update({(account, *pair): sent for pair, sent in found.items()})
        said = {one for needs in wanted for one in needs.said} - rows.said.keys()
        rows.said.update(await message_texts_of(self._store, sorted(said)))
        for account, contact, message in {one for needs in wanted for one in needs.originals} - rows.originals.keys():
            originals = await native_ids.natives_of(self._store, account, contact, SentId(message))
            if originals:
                rows.originals[(account, contact, message)] = originals[0]

    async def _open_dialogs(self, rows: Rows, after: int) -> tuple[DialogId, ...]:
        """The next open dialogs behind this number: those that wait, and those that somebody has."""
        found = set(await queries.waiting(self._store, -1))
        for one in rows.operators.values():
            found.update(one.dialogs)
        return tuple(sorted((one for one in found if int(one) > after), key=int)[:PAGE])
