"""That a client is typing, shown in the chat of the operator who talks with them, while it is true.

It tails hints: none is stored, caught up with or sent late, and none goes before words.
"""

from collections.abc import Callable

from gateway.model.codec import encode
from gateway.model.ids import AccountId, ContactId, EntryId, OperatorId, moment_of
from gateway.model.outgoing import Outbound, SendTyping, Urgency
from gateway.model.state import Dialog, Operator
from gateway.streams import queries
from gateway.streams.connection import Store
from gateway.streams.lease import Lease
from gateway.streams.live import Typing, read_typing, typing_end

PAUSE_MS = 5_000
"""Telegram shows a chat action for about this long: another one any sooner would change nothing."""
FRESH_MS = 4_000
"""A hint that is older is no longer true."""
BATCH = 200
BLOCK_MS = 1000


class TypingRelay:
    """One per desk at a time, under the notifier's lease. `clock` gives milliseconds."""

    def __init__(self, store: Store, account: AccountId, clock: Callable[[], int]) -> None:
        """`account` is the operators' bot's."""
        self._store, self._account, self._clock = store, account, clock
        self._shown_at: dict[OperatorId, int] = {}
        self.position: EntryId | None = None
        """The last hint that was looked at; None: it does not listen yet."""

    async def run(self, lease: Lease) -> None:
        """Works until the lease is lost.

        Raises:
            LostLease: somebody else does it now.
            StoreUnavailable: Redis is away; begin anew when it is back.
        """
        after = self.position = await typing_end(self._store)
        while True:
            lease.check()
            hints = await read_typing(self._store, after, BATCH, BLOCK_MS)
            for hint in {(one.account, one.contact): one for one in hints}.values():
                await self._show(hint)
            if hints:
                after = self.position = hints[-1].id

    async def _show(self, hint: Typing) -> None:
        now = self._clock()
        if now - moment_of(hint.id) > FRESH_MS:
            return
        operator = await self._listener(hint.account, hint.contact)
        if operator is None or now - self._shown_at.get(operator, 0) < PAUSE_MS:
            return
        self._shown_at = {one: at for one, at in self._shown_at.items() if now - at < PAUSE_MS}
        self._shown_at[operator] = now
        outbound = Outbound(
            contact=ContactId(operator),
            job=SendTyping(),
            at=now,
            urgency=Urgency.COSMETIC,
            newest="typing",
            expires_at=moment_of(hint.id) + FRESH_MS,
        )
        await self._store.note([("XADD", self._store.keys.outbox(self._account), "*", "p", encode(outbound))])

    async def _listener(self, account: AccountId, contact: ContactId) -> OperatorId | None:
        """The operator to whom this typing is plainly that of whom they talk with."""
        row = await queries.contact(self._store, account, contact)
        dialog = await queries.dialog(self._store, row.dialog) if row is not None and row.dialog is not None else None
        if dialog is None or dialog.owner is None:
            return None
        person = (await queries.operators(self._store)).get(dialog.owner)
        return person.id if person is not None and _is_with(person, dialog) else None


def _is_with(person: Operator, dialog: Dialog) -> bool:
    alone = person.dialogs == (dialog.id,)
    return person.is_rung and (alone or person.current == dialog.id)
