"""Who writes, looked up beside everything else: a contact whose message came without a profile is asked about.

Nothing waits for it and nothing is lost by it: a name that is not to be had stays the contact's id, and is asked for
again when they write later. What was asked is remembered for a while, and both memories are bounded.
"""

import asyncio
from collections.abc import Callable, Iterable
from hashlib import blake2b

from gateway.connectors.contract import Profiling, follows
from gateway.connectors.runtime.context import AccountContext, described, log
from gateway.connectors.runtime.ingest import is_nameless, offer, store
from gateway.errors import GatewayError, StoreUnavailable, TryLater
from gateway.model.codec import encode
from gateway.model.commands import ReceiveProfile
from gateway.model.ids import ContactId
from gateway.model.messages import Profile
from gateway.streams.intake import Offer

FRESH_MS = 6 * 3600 * 1000
"""How long an answer is good."""
AGAIN_MS = 10 * 60 * 1000
"""After how long somebody is asked about again who could not be found out."""
WAITING = 1_000
REMEMBERED = 20_000
TRIES = 3
_LONGEST_SECONDS = 60.0
"""No longer wait is worth it: they are asked about again."""


class ProfileQueue:
    """Whom to ask about, each once while an answer is fresh. `clock` gives milliseconds."""

    def __init__(self, clock: Callable[[], int], *, waiting: int = WAITING, remembered: int = REMEMBERED) -> None:
        self._clock, self._most, self._remembered = clock, waiting, remembered
        self._waiting: dict[ContactId, None] = {}
        self._until: dict[ContactId, int] = {}
        self._news = asyncio.Event()

    def notice(self, stored: Iterable[Offer]) -> None:
        """Looks through what was stored for contacts who came without a name."""
        for one in stored:
            contact = one.contact
            if contact is None or not is_nameless(one.entry.command) or self._clock() < self._until.get(contact, 0):
                continue
            if len(self._waiting) < self._most:
                self._waiting[contact] = None
                self._news.set()

    async def next(self) -> ContactId:
        """Waits for somebody to ask about."""
        while not self._waiting:
            self._news.clear()
            await self._news.wait()
        contact = next(iter(self._waiting))
        del self._waiting[contact]
        return contact

    def settle(self, contact: ContactId, for_ms: int) -> None:
        """They are not asked about for so long."""
        self._until.pop(contact, None)
        while len(self._until) >= self._remembered:
            self._until.pop(next(iter(self._until)))
        self._until[contact] = self._clock() + for_ms


class Profiles:
    """Asks for one account, one contact at a time."""

    def __init__(self, context: AccountContext) -> None:
        self._context = context
        self._strangers = ProfileQueue(context.clock)
        context.on_stored = self._noticed

    async def run(self) -> None:
        """Until cancelled; whatever waits then is asked about when they write again."""
        while True:
            contact = await self._strangers.next()
            await self._context.working.wait()
            told = await self._asked(contact)
            is_kept = told is not None and await self._kept(contact, told)
            self._strangers.settle(contact, FRESH_MS if is_kept else AGAIN_MS)

    def _noticed(self, stored: Iterable[Offer]) -> None:
        if follows(type(self._context.connector), Profiling):
            self._strangers.notice(stored)

    async def _asked(self, contact: ContactId) -> Profile | None:
        """What the channel tells; None: nothing, or it cannot be asked now."""
        context, problem = self._context, ""
        for failures in range(1, TRIES + 1):
            connector = context.connector
            if not isinstance(connector, Profiling):
                return None
            try:
                found = await connector.profile(contact)
            except TryLater as later:
                problem = str(later)
                if later.limited and later.everyone:
                    context.on_limit(context.clock() + int(later.after * 1000), problem)
                if later.after > _LONGEST_SECONDS:
                    break
                await asyncio.sleep(later.after or context.backoff_ms(failures) / 1000)
                continue
            except GatewayError as error:
                # A revoked token is found by those who send and receive, who suspend the account.
                problem = str(error)
            except Exception as error:  # noqa: BLE001 - a connector's fault must not cost more than a name
                problem = described(error)
            else:
                context.counts["profiled"] += found is not None
                return found
            break
        context.counts["not profiled"] += 1
        log.info("a profile is not to be had: %s", problem, extra={"account": context.account})
        return None

    async def _kept(self, contact: ContactId, told: Profile) -> bool:
        """Into the inbox; the same answer twice in its time is one entry."""
        context = self._context
        digest = blake2b(encode(told), digest_size=8).hexdigest()
        key = f"profile:{contact}:{context.clock() // FRESH_MS}:{digest}"
        new = [offer(context, key, ReceiveProfile(contact=contact, profile=told))]
        for failures in range(1, TRIES + 1):
            try:
                await store(context, new)
            except StoreUnavailable:
                await context.pause(failures)
            else:
                return True
        return False
