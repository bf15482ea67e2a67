"""How updates reach us: asked for by our own getUpdates loop, or delivered to our webhook; and the change between both.

aiogram's dispatcher is not used: it confirms updates before anybody has stored them. An offset is sent only right
after a batch that was stored, for a bot that was silent for a week gets new ids at random, maybe smaller ones, and
an old offset would confirm them unseen.
"""

import hmac
from collections.abc import Mapping
from typing import Any

from aiogram.methods import DeleteWebhook, GetWebhookInfo, SetWebhook
from pydantic import SecretStr
from yarl import URL

from gateway.connectors.contract import Call, Polled, Registration, Served
from gateway.connectors.telegram.calls import Calls
from gateway.connectors.telegram.parse import parse
from gateway.connectors.toolkit.vendor_json import decode
from gateway.errors import SettingsError, TryLater
from gateway.model.ids import AccountId

ALLOWED_UPDATES = (
    "message",
    "edited_message",
    "callback_query",
    "my_chat_member",
    "message_reaction",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
)
"""Asked for by name: Telegram keeps the last list that it was given, and leaves reactions out of its default."""
_BATCH = 100
_LONGEST_WAIT = 50
_CONNECTIONS = 40
_HEADER = "x-telegram-bot-api-secret-token"
_PURPOSE = b"open-lines-gateway telegram webhook "


class PollingUpdates:
    """getUpdates, as raw JSON."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._unconfirmed: str | None = None
        """The cursor of the last batch, until the server has heard it."""

    async def poll(self, cursor: str | None, wait_seconds: float) -> Polled:
        """The next batch. A cursor that is not the last batch's own (one from before a restart) is not sent:
        at worst a stored batch comes again, and what is stored twice is kept once.
        """
        wait = min(int(wait_seconds), _LONGEST_WAIT)
        request: dict[str, Any] = {"timeout": wait, "limit": _BATCH, "allowed_updates": ALLOWED_UPDATES}
        if cursor is not None and cursor == self._unconfirmed:
            request["offset"] = int(cursor)
        batch = await self._calls.call_raw("getUpdates", request, wait=wait)
        if not isinstance(batch, list) or not all(isinstance(one, dict) and "update_id" in one for one in batch):
            raise TryLater("Telegram's server answered getUpdates with something else than updates", after=0.0)
        newest = max((int(one["update_id"]) for one in batch), default=None)
        self._unconfirmed = None if newest is None else str(newest + 1)
        return Polled(updates=tuple(batch), cursor=self._unconfirmed)


class ServedUpdates:
    """The webhook: one update a request, behind a secret that only Telegram and we know."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    async def serve(self, call: Call) -> Served:
        """Refuses a stranger before it looks at what they sent."""
        shown = call.headers.get(_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(shown, self._secret):
            return Served(status=401, body="not from Telegram")
        try:
            update = decode(call.body)
        except ValueError as error:
            return Served(status=400, body=str(error))
        if not isinstance(update, Mapping) or "update_id" not in update:
            return Served(status=400, body="not an update")
        return Served(items=parse(update))


class Webhook:
    """What Telegram is told to do with updates."""

    def __init__(self, calls: Calls, mode: str, secret: str) -> None:
        self._calls = calls
        self._mode = mode
        self._secret = secret

    async def register(self, address: str | None) -> None:
        """Sets the webhook, or takes it away where the settings say polling. No update is dropped by it.

        Raises:
            SettingsError: webhook mode without an address.
        """
        if self._mode == "polling":
            await self._calls.call(DeleteWebhook(drop_pending_updates=False))
            return
        if not address:
            raise SettingsError('mode = "webhook" needs `public_url`, an https:// address under which we are reached')
        await self._calls.call(
            SetWebhook(
                url=address,
                secret_token=self._secret,
                allowed_updates=list(ALLOWED_UPDATES),
                max_connections=_CONNECTIONS,
                drop_pending_updates=False,
            )
        )

    async def registration(self, address: str | None) -> Registration:
        """Compares what Telegram has with what the settings want."""
        info = await self._calls.call(GetWebhookInfo())
        info = info if isinstance(info, Mapping) else {}
        return Registration(mode=self._mode, drift=self._drift(info, address))

    def _drift(self, info: Mapping[str, Any], address: str | None) -> str | None:
        url = str(info.get("url", ""))
        if self._mode == "polling":
            return f"a webhook at {URL(url).host} takes the updates; `gateway run` will remove it" if url else None
        if not url:
            return "no webhook is set yet; `gateway run` will set it"
        if url != address:
            # Only the host: the rest of somebody else's address may be a secret.
            return f"the webhook is set to {URL(url).host}, not to our address; `gateway run` will change it"
        if set(info.get("allowed_updates", ())) != set(ALLOWED_UPDATES):
            return "the webhook is set for other kinds of updates; `gateway run` will change it"
        waiting = info.get("pending_update_count", 0)
        if waiting and (failure := info.get("last_error_message")):
            return f"Telegram could not deliver lately ({failure}); {waiting} updates wait"
        return None


def webhook_secret(token: SecretStr, account: AccountId) -> str:
    """The secret of the account's webhook: derived from the token, so one setting less to lose.

    Telegram allows 1 to 256 of `A-Z a-z 0-9 _ -`.
    """
    return hmac.digest(token.get_secret_value().encode(), _PURPOSE + account.encode(), "sha256").hex()
