"""Where Avito delivers to: one address per account, which a newer one replaces, whoever had set it up.

Idempotent: what is as it should be is not touched. The address holds a secret, so no sentence shows more than a host.
"""

from collections.abc import Iterator, Mapping

from yarl import URL

from gateway.connectors.avito.answers import Call
from gateway.connectors.avito.client import Client
from gateway.connectors.avito.webhook import KEY, with_secret
from gateway.connectors.contract import Registration
from gateway.connectors.toolkit.values import Json, words
from gateway.errors import Refused, SettingsError

_LIST = Call("POST", "/messenger/v1/subscriptions", "asking where it delivers to")
_SET = Call("POST", "/messenger/v3/webhook", "taking our address")
_REMOVE = Call("POST", "/messenger/v1/webhook/unsubscribe", "forgetting our address")
_VERSION = "3"


class Subscription:
    """How one account's messages come."""

    def __init__(self, client: Client, mode: str, secret: str) -> None:
        self._client = client
        self._mode = mode
        self._secret = secret

    async def register(self, address: str | None) -> None:
        """Has messages delivered to our address; or, in mode polling, no longer.

        Raises:
            SettingsError: webhook mode without an address.
            TryLater, Refused, Uncertain, Unauthorized: as every call.
        """
        if self._mode == "polling":
            for left in await self._left():
                await self._client.call(_REMOVE, json={"url": left})
            return
        if not address:
            raise SettingsError('mode = "webhook" needs `public_url`, an https:// address under which we are reached')
        if await self._drift(address) is not None:
            await self._client.call(_SET, json={"url": with_secret(address, self._secret)})

    async def registration(self, address: str | None) -> Registration:
        """Compares what Avito has with what the settings want. Raises as every call."""
        if self._mode == "polling":
            left = await self._left()
            drift = "Avito still delivers to an address of ours; `gateway run` will remove it" if left else None
            return Registration("asking for new messages", drift)
        return Registration("webhook", await self._drift(address or ""))

    async def _drift(self, address: str) -> str | None:
        wanted = with_secret(address, self._secret) if address else ""
        others = []
        for one in await self._listed():
            if one.get("url") == wanted:
                if words(one.get("version")).lstrip("v").partition(".")[0] == _VERSION:
                    return None
                return "Avito delivers to our address in an old form; `gateway run` will change it"
            # Only the host: the rest of somebody else's address may be a secret.
            others.append(_parsed(one).host or "an unknown address")
        if others:
            return f"Avito delivers to {', '.join(others)}, not to our address; `gateway run` will replace it"
        return "Avito does not deliver to our address; `gateway run` will ask for it"

    async def _left(self) -> list[str]:
        """Addresses with our secret, left from webhook mode; none where Avito does not list them."""
        try:
            return [
                words(one.get("url")) for one in await self._listed() if _parsed(one).query.get(KEY) == self._secret
            ]
        except Refused:
            return []

    async def _listed(self) -> Iterator[Json]:
        told = await self._client.call(_LIST, json={})
        listed = told.get("subscriptions") if isinstance(told, Mapping) else told
        return (one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, Mapping))


def _parsed(subscription: Json) -> URL:
    try:
        return URL(words(subscription.get("url")))
    except ValueError:
        return URL()
