"""Meta apps at our HTTP server: `/hooks/meta/<app>`, where one POST may carry the news of several accounts.

Nothing is parsed before the signature is proven, and 200 is said only after every account's part is stored: one call
per desk, and 503 for all of it otherwise, since Meta repeats a POST as a whole. A part of an account that nobody has
here is counted, logged and done with: repeating it would help nobody.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence

from aiohttp import web
from pydantic import SecretStr

from gateway.connectors.contract import Call, Connector, Routed
from gateway.connectors.runtime.context import AccountContext, described, log
from gateway.connectors.runtime.ingest import offers, publish, store_batch, unreadable
from gateway.connectors.runtime.live import STORE_SECONDS
from gateway.connectors.toolkit import meta
from gateway.connectors.toolkit.vendor_json import unpack
from gateway.errors import StoreError
from gateway.model.commands import Inbound
from gateway.model.ids import AccountId

CHANNEL = "meta"
"""What stands in an app's address where others have their channel."""
RETRY_AFTER = {"Retry-After": "1"}

Read = tuple[AccountContext, Sequence[Inbound]]


class App:
    """One app: its secrets, and the accounts that refer to it. `counts` says what was handled."""

    def __init__(self, name: str, secret: SecretStr, verify_token: SecretStr) -> None:
        self.name = name
        self.counts: Counter[str] = Counter()
        self._secret, self._verify_token = secret, verify_token
        self._contexts: list[AccountContext] = []
        self._connectors: list[Connector] = []
        self._known: dict[str, AccountContext] = {}

    def __repr__(self) -> str:
        return f"App({self.name})"

    def add(self, context: AccountContext) -> None:
        """Its parts of the app's updates are this account's from now on."""
        self._contexts.append(context)

    def remove(self, context: AccountContext) -> None:
        """They are nobody's any more."""
        self._contexts = [one for one in self._contexts if one is not context]

    async def answer(self, call: Call) -> web.Response:
        """Answers Meta. Never raises for what strangers send."""
        if call.method == "GET":
            return self._verified(call)
        if not meta.is_genuine(self._secret.get_secret_value(), call.headers.get(meta.SIGNATURE), call.body):
            return self._refused("a wrong signature: is `secret` the app's own?")
        try:
            parts = [part for update in unpack(call.body) for part in meta.split(update)]
        except ValueError as error:
            self.counts["refused 400"] += 1
            log.warning("app's webhook refused: %s", error, extra={"app": self.name})
            return web.Response(status=400)
        try:
            async with asyncio.timeout(STORE_SECONDS):
                read = await self._read(parts)
                await store_batch([(context, offers(context, items)) for context, items in read])
        except (StoreError, TimeoutError) as error:
            self.counts["not stored"] += 1
            problem = str(error) or "no answer from Redis"
            log.warning("app's webhook not stored: %s", problem, extra={"app": self.name})
            return web.Response(status=503, headers=RETRY_AFTER)
        self.counts["stored"] += 1
        for context, items in read:
            await publish(context, items)
        return web.Response(text="ok")

    def _verified(self, call: Call) -> web.Response:
        challenge = meta.challenge(self._verify_token.get_secret_value(), call.query)
        if challenge is None:
            return self._refused("a wrong verify token: is it the one that stands in the app?")
        self.counts["verified"] += 1
        return web.Response(text=challenge, headers={"X-Content-Type-Options": "nosniff"})

    def _refused(self, why: str) -> web.Response:
        self.counts["refused 403"] += 1
        log.warning("app's webhook refused: %s", why, extra={"app": self.name})
        return web.Response(status=403)

    async def _read(self, parts: Sequence[meta.Fragment]) -> Sequence[Read]:
        """The parts as items, each account's in their order; accounts do not wait for each other."""
        owners = self._owners()
        known: dict[AccountId, list[meta.Fragment]] = {}
        for part in parts:
            if part.address in owners:
                known.setdefault(owners[part.address].account, []).append(part)
            else:
                self._pass_over(part)
        contexts = {context.account: context for context in owners.values()}
        return await asyncio.gather(*(_items(contexts[account], own) for account, own in known.items()))

    def _owners(self) -> dict[str, AccountContext]:
        """Whose each address is; the first account gets what several could get."""
        connectors = [context.connector for context in self._contexts]
        # An account that was repaired has another connector since; else nothing needs to be looked at anew.
        if connectors != self._connectors:
            self._connectors, self._known = connectors, {}
            for context in self._contexts:
                if isinstance(context.connector, Routed):
                    for address in context.connector.addresses:
                        self._known.setdefault(address, context)
        return self._known

    def _pass_over(self, part: meta.Fragment) -> None:
        self.counts["nobody's"] += 1
        whose = part.address[:80] or "no account that could be made out"
        log.warning(
            "app's webhook: passed over a part for %s, which no account here has", whose, extra={"app": self.name}
        )


async def _items(context: AccountContext, parts: Sequence[meta.Fragment]) -> Read:
    """All parts at once: what each waits for its vendor must not add up, or a batch would never be stored in time."""
    found = await asyncio.gather(*(_read_one(context, part) for part in parts))
    return context, [item for items in found for item in items]


async def _read_one(context: AccountContext, part: meta.Fragment) -> Sequence[Inbound]:
    connector = context.connector
    assert isinstance(connector, Routed)
    try:
        return await connector.read(part.update)
    except Exception as error:  # noqa: BLE001 - one part must not keep the others from being stored
        log.error("webhook failed", extra={"account": context.account, "error": described(error)})
        return [unreadable(part.update, error)]
