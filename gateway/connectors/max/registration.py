"""What MAX is told to do with a bot's updates: hand them out on being asked, or deliver them to our address.

Subscriptions have been seen to vanish without a word, and MAX ends one itself that could not be delivered to for eight
hours; so they are looked at on the runtime's timer, told to the admins when they are gone, and made again. Idempotent:
what other programs have subscribed to beside us is left alone, unless we are to ask for updates: a subscription of
anybody stops that.
"""

from collections.abc import Iterator, Mapping

from yarl import URL

from gateway.connectors.contract import Registration
from gateway.connectors.max import problems
from gateway.connectors.max.answers import Call
from gateway.connectors.max.client import Client
from gateway.connectors.max.values import Json, listed, table, words
from gateway.errors import SettingsError

UPDATES = (
    "message_created",
    "message_edited",
    "message_removed",
    "message_callback",
    "bot_started",
    "bot_stopped",
    "dialog_removed",
    "dialog_cleared",
    "bot_added",
    "bot_removed",
)
"""What we read and are told of; the rest is about groups."""
_LIST = Call("GET", "/subscriptions")
_MAKE = Call("POST", "/subscriptions")
_END = Call("DELETE", "/subscriptions")


class Subscriptions:
    """How updates of one bot come."""

    def __init__(self, client: Client, mode: str, secret: str) -> None:
        self._client = client
        self._mode = mode
        self._secret = secret
        self._address = ""
        self.is_missing = False
        """Our subscription is to be made, once what waits without it is read (backfill.py)."""

    async def register(self, address: str | None) -> None:
        """Sees to our subscription, or ends every one where the settings say polling. One that is missing is only
        noted: see backfill.py.

        Raises:
            SettingsError: webhook mode without an address.
            TryLater, Refused, Unauthorized: as every call.
        """
        if self._mode == "polling":
            for one in await self._all():
                await self._end(one)
            return
        if not address:
            raise SettingsError('mode = "webhook" needs `public_url`, an https:// address under which we are reached')
        self._address = address
        found = await self._all()
        for one in found:
            if one != address and URL(one).path == URL(address).path:
                # Ours of before, at a host where nobody answers any more.
                await self._end(one)
        self.is_missing = address not in found
        if not self.is_missing:
            await self.subscribe()

    async def subscribe(self) -> None:
        """Makes our subscription, or puts it in the place of itself: MAX does not show whether its secret is ours."""
        body = {"url": self._address, "update_types": list(UPDATES), "secret": self._secret}
        await self._client.call(_MAKE, json=body)
        self.is_missing = False

    async def registration(self, address: str | None) -> Registration:
        """Compares what MAX has with what the settings want."""
        told = await self._client.call(_LIST)
        found = {words(table(one).get("url")): table(one) for one in listed(told.get("subscriptions"))}
        if self._mode == "polling":
            # Only the host: the rest of somebody else's address may be a secret.
            hosts = sorted({URL(one).host or "?" for one in found})
            drift = problems.LEFT_WEBHOOK.format(host=", ".join(hosts)) if hosts else None
            return Registration(mode=self._mode, drift=drift)
        ours = found.get(address or "")
        return Registration(mode=self._mode, drift=problems.NO_WEBHOOK if ours is None else _drift(ours))

    async def _all(self) -> list[str]:
        told = await self._client.call(_LIST)
        return list(filter(None, (words(table(one).get("url")) for one in listed(told.get("subscriptions")))))

    async def _end(self, url: str) -> None:
        await self._client.call(_END, query={"url": url})


def _drift(subscription: Mapping[str, object]) -> str | None:
    missing = list(_missing(subscription))
    return problems.OTHER_KINDS.format(fields=", ".join(missing)) if missing else None


def _missing(subscription: Json) -> Iterator[str]:
    """Kinds that we want to hear of; a subscription that names none is for all."""
    kinds = subscription.get("update_types")
    if isinstance(kinds, list) and kinds:
        yield from (one for one in UPDATES if one not in kinds)
