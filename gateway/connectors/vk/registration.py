"""What VK is told to do with a community's events: hand them out on being asked, or deliver them to our address.

Idempotent: what is as it should be is not touched, and what somebody else has set up is left alone.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from yarl import URL

from gateway.connectors.contract import Registration
from gateway.connectors.vk.client import VERSION, Client
from gateway.errors import Refused, SettingsError, TryLater

EVENTS = (
    "message_new",
    "message_reply",
    "message_edit",
    "message_allow",
    "message_deny",
    "message_event",
    "message_read",
    "message_typing_state",
    "message_reaction_event",
    "user_block",
    "user_unblock",
)
"""What we read; the rest is not asked for."""
_TITLE = "Open Lines"
"""VK takes up to 14 signs."""
_READABLE = (5, 103)
"""From this version on an event tells everything that we show; older ones are read, with less in them."""

Json = Mapping[str, Any]


class Events:
    """How events of one community come."""

    def __init__(self, client: Client, group: int, mode: str, secret: str) -> None:
        self._client = client
        self._group = group
        self._mode = mode
        self._secret = secret

    async def register(self, address: str | None) -> None:
        """Sets Long Poll up, or our callback server; the other way is switched off where it was ours.

        Raises:
            SettingsError: webhook mode without an address.
            TryLater, Refused, Unauthorized: as every call.
        """
        if self._mode == "polling":
            await self._register_polling()
            return
        if not address:
            raise SettingsError('mode = "webhook" needs `public_url`, an https:// address under which we are reached')
        await self._register_server(address)

    async def registration(self, address: str | None) -> Registration:
        """Compares what VK has with what the settings want."""
        drift = await (self._drift_of_polling() if self._mode == "polling" else self._drift_of_server(address))
        return Registration(mode="Long Poll" if self._mode == "polling" else "Callback API", drift=drift)

    # ── Long Poll ─────────────────────────────────────────────────────────────────────────────────────

    async def _register_polling(self) -> None:
        settings = await self._asked("groups.getLongPollSettings")
        if _drift_of_events(settings) or not settings.get("is_enabled"):
            await self._client.call(
                "groups.setLongPollSettings", group_id=self._group, enabled=1, api_version=VERSION, **_all_on()
            )
        for server in await self._left_servers():
            if server.get("secret_key") == self._secret:
                # Left from webhook mode: VK would go on knocking at an address where nobody answers.
                await self._client.call("groups.deleteCallbackServer", group_id=self._group, server_id=server.get("id"))

    async def _drift_of_polling(self) -> str | None:
        settings = await self._asked("groups.getLongPollSettings")
        if not settings.get("is_enabled"):
            return "Long Poll is switched off in the community; `gateway run` will switch it on"
        if any(server.get("secret_key") == self._secret for server in await self._left_servers()):
            return "a callback server of ours is left in the community; `gateway run` will remove it"
        return _drift_of_events(settings)

    # ── Callback API ──────────────────────────────────────────────────────────────────────────────────

    async def _register_server(self, address: str) -> None:
        ours = await self._ours(address)
        if ours is None:
            told = await self._client.call(
                "groups.addCallbackServer", group_id=self._group, url=address, title=_TITLE, secret_key=self._secret
            )
            number = told.get("server_id") if isinstance(told, Mapping) else None
            if number is None:
                raise TryLater("VK added the callback server and did not say which it is", after=0.0)
        else:
            number = ours.get("id")
            if _drift_of_place(ours, address, self._secret) or ours.get("status") != "ok":
                # Also makes VK check an address anew that it has given up.
                await self._client.call(
                    "groups.editCallbackServer",
                    group_id=self._group,
                    server_id=number,
                    url=address,
                    title=_TITLE,
                    secret_key=self._secret,
                )
        settings = await self._asked("groups.getCallbackSettings", server_id=number)
        if _drift_of_events(settings):
            await self._client.call(
                "groups.setCallbackSettings", group_id=self._group, server_id=number, api_version=VERSION, **_all_on()
            )

    async def _drift_of_server(self, address: str | None) -> str | None:
        ours = await self._ours(address or "")
        if ours is None:
            return "no callback server of ours is set up yet; `gateway run` will add it"
        if (drift := _drift_of_place(ours, address or "", self._secret)) is not None:
            return drift
        status = ours.get("status")
        if status != "ok":
            return f"VK does not deliver to our address (status {str(status)[:20]}); `gateway run` makes it look again"
        return _drift_of_events(await self._asked("groups.getCallbackSettings", server_id=ours.get("id")))

    async def _ours(self, address: str) -> Json | None:
        """The server with our address, or else the one with our secret: the address was another then."""
        servers = await self._servers()
        by_address = (one for one in servers if one.get("url") == address)
        return next(by_address, next((one for one in servers if one.get("secret_key") == self._secret), None))

    async def _left_servers(self) -> list[Json]:
        """The servers, or none where the key has no right to see them: Long Poll needs none."""
        try:
            return await self._servers()
        except Refused:
            return []

    async def _servers(self) -> list[Json]:
        told = await self._asked("groups.getCallbackServers")
        listed = told.get("items")
        return [one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, Mapping)]

    async def _asked(self, method: str, **values: object) -> Json:
        told = await self._client.call(method, group_id=self._group, **values)
        return told if isinstance(told, Mapping) else {}


def _all_on() -> dict[str, object]:
    return dict.fromkeys(EVENTS, 1)


def _drift_of_place(server: Json, address: str, secret: str) -> str | None:
    if server.get("url") != address:
        # Only the host: the rest of somebody else's address may be a secret.
        host = URL(str(server.get("url", ""))).host
        return f"the callback server is set to {host}, not to our address; `gateway run` will change it"
    if server.get("secret_key") != secret:
        return "the callback server has another secret; `gateway run` will change it"
    return None


def _drift_of_events(settings: Json) -> str | None:
    events = settings.get("events")
    missing = list(_missing(events if isinstance(events, Mapping) else {}))
    if missing:
        return f"VK does not tell us of {', '.join(missing)}; `gateway run` will ask for it"
    version = str(settings.get("api_version", ""))
    steps = version.split(".")
    if not all(one.isdecimal() for one in steps) or tuple(map(int, steps)) < _READABLE:
        return f"events are written as in version {version[:10] or 'unknown'} of the API; `gateway run` will change it"
    return None


def _missing(events: Json) -> Iterator[str]:
    for one in EVENTS:
        # Some list what is on as 1, some as true; a kind that VK no longer knows is not listed at all.
        if one in events and not events[one]:
            yield one
