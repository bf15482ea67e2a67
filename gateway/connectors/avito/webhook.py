"""What Avito's servers bring to our address, one message a request.

Avito signs its requests by a rule that it tells nobody, so two other things stand for it: the address holds a secret,
and each message is read back from the API before it is believed. What cannot be read back now is answered 503, which
makes the runtime read the chats anew (backfill) as soon as the API answers, and until then nobody could answer anyway.
"""

import asyncio
import hmac
import logging
from collections.abc import Mapping

from pydantic import SecretStr
from yarl import URL

from gateway.connectors.avito.chat_reader import ChatReader
from gateway.connectors.avito.client import Client
from gateway.connectors.avito.own_messages import OwnMessages
from gateway.connectors.avito.parse import parse
from gateway.connectors.avito.values import identity
from gateway.connectors.contract import Call, Served
from gateway.connectors.toolkit.values import Json, inner
from gateway.connectors.toolkit.vendor_json import decode
from gateway.errors import ChannelError, Refused
from gateway.model.commands import Ignored, Inbound, Notice
from gateway.model.ids import AccountId

KEY = "key"
"""The parameter of our address that holds its secret."""
_SIGNATURE = "x-avito-messenger-signature"
_PURPOSE = b"open-lines-gateway avito webhook "
_SECRET_SIGNS = 48
_AGAIN = Served(status=503, body="try again")

log = logging.getLogger(__name__)


class Webhook:
    """Receives for one account.

    Args:
        client: calls the API.
        chat_reader: reads messages back.
        own_messages: tells our own sends from what somebody wrote in Avito itself.
        secret: what our address must come with.
        seconds: what reading back may take.
        account: for the log.
    """

    def __init__(
        self,
        client: Client,
        chat_reader: ChatReader,
        own_messages: OwnMessages,
        *,
        secret: str,
        seconds: float,
        account: AccountId,
    ) -> None:
        self._client = client
        self._chat_reader = chat_reader
        self._own_messages = own_messages
        self._secret = secret.encode()
        self._seconds = seconds
        self._account = account
        self._signed: bool | None = None

    async def serve(self, call: Call) -> Served:
        """Refuses a stranger before anything else is looked at; what is believed is what the API says."""
        shown = call.query.get(KEY, "").encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(shown, self._secret):
            return Served(status=403, body="not from Avito")
        self._look_for_signature(call)
        try:
            update = decode(call.body)
        except ValueError as error:
            return Served(status=400, body=str(error))
        if not isinstance(update, Mapping):
            return Served(status=400, body="not an update")
        payload = inner(update, "payload")
        value = inner(payload, "value")
        if payload.get("type") != "message" or not value:
            return Served(items=parse(update))
        chat, native = identity(value.get("chat_id")), identity(value.get("id"))
        if not chat or not native:
            notice = Notice("Unsupported(message)", "it does not tell its chat and its id, so it cannot be read back")
            return Served(items=(Inbound(f"nameless:{identity(update.get('id')) or 'unknown'}", notice),))
        try:
            async with asyncio.timeout(self._seconds):
                return await self._read_back(value, chat, native)
        except TimeoutError:
            log.info("a message is not read back in time", extra={"account": self._account})
        except Refused:
            return _unconfirmed(native)
        except ChannelError as error:
            log.warning("a message cannot be read back: %s", error, extra={"account": self._account})
        return _AGAIN

    async def _read_back(self, told: Json, chat: str, native: str) -> Served:
        me = await self._client.me()
        if identity(told.get("user_id")) != me:
            return Served(status=403, body="another account's")
        if identity(told.get("author_id")) == me:
            # Perhaps the message that we are just sending: its id comes with the answer.
            await self._own_messages.settled(chat)
            if self._own_messages.has(native):
                return Served(
                    items=(Inbound(f"message:{native}", Ignored("an echo of what was sent through the API")),)
                )
            if self._own_messages.is_undecided(chat):
                return _AGAIN
        messages = await self._chat_reader.up_to(chat, native)
        if not messages:
            return _unconfirmed(native)
        about: Json | None = None
        try:
            about = await self._chat_reader.about(chat)
        except ChannelError as error:
            log.info("the chat is not described: %s", error, extra={"account": self._account})
        known = {name: told[name] for name in ("chat_type", "item_id", "user_id") if name in told}
        updates = [self._chat_reader.update(one, chat, about, **known) for one in messages]
        return Served(items=tuple(item for update in updates for item in parse(update)))

    def _look_for_signature(self, call: Call) -> None:
        """Tells when it begins or ceases to come: who knows the rule one day can use it."""
        signed = bool(call.headers.get(_SIGNATURE))
        if signed is not self._signed:
            self._signed = signed
            log.info("webhook signature is %s", "present" if signed else "absent", extra={"account": self._account})


def _unconfirmed(native: str) -> Served:
    """Nothing of it is believed, and Avito hears no complaint: its API may just be behind its webhook.

    The chats are read again at once, and from where they were read to, so what is genuine comes that way.
    """
    told = "Avito's webhook told of a message that its API does not know; the chats are read again"
    return Served(items=(Inbound(f"unconfirmed:{native}", Notice("unconfirmed message", told)),), missed=True)


def webhook_secret(client_secret: SecretStr, account: AccountId) -> str:
    """The secret of the account's address: derived from the key's, so one setting less to lose."""
    return hmac.digest(client_secret.get_secret_value().encode(), _PURPOSE + account.encode(), "sha256").hex()[
        :_SECRET_SIGNS
    ]


def with_secret(address: str, secret: str) -> str:
    """The address as Avito is told it."""
    return str(URL(address).update_query({KEY: secret}))
