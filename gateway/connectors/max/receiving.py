"""How updates reach us: asked for by our own long poll, or delivered to our webhook, with one parser behind.

MAX's marker confirms all that came before it, so it is passed on only once a batch is stored, and kept on empty batches
too: what a poll without one gives is described in two ways.
"""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import monotonic
from typing import Any

from pydantic import SecretStr

from gateway.connectors.contract import Call as Request
from gateway.connectors.contract import Polled, Served
from gateway.connectors.max import problems
from gateway.connectors.max.answers import Call, NotAllowed
from gateway.connectors.max.client import Client
from gateway.connectors.max.parse import parse
from gateway.connectors.max.values import count, identity, table
from gateway.connectors.toolkit.vendor_json import decode
from gateway.errors import ChannelError, Refused, TryLater
from gateway.model.ids import AccountId

_BATCH = 100
_LONGEST_WAIT = 30
_GAP_SECONDS = 0.5
"""MAX allows two polls a second."""
_HEADER = "x-max-bot-api-secret"
_PURPOSE = b"open-lines-gateway max webhook "
_UPDATES = Call("GET", "/updates")
_ME = Call("GET", "/me")
_ASKED_SECONDS = 1.0
"""What looking up may cost an update that MAX waits for us to accept."""

log = logging.getLogger(__name__)


class LongPoll:
    """`GET /updates`, as raw JSON.

    Args:
        client: calls the API.
        chats: names the chat of what came without one.
        clock: seconds that only grow.
        pause: waits so many of them.
    """

    def __init__(
        self,
        client: Client,
        chats: "Chats",
        *,
        clock: Callable[[], float] = monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._chats = chats
        self._clock = clock
        self._pause = pause
        self._next = 0.0

    async def poll(self, cursor: str | None, wait_seconds: float) -> Polled:
        """The next updates. Raises as every call; Refused: a webhook takes them."""
        if (early := self._next - self._clock()) > 0:
            await self._pause(early)
        self._next = self._clock() + _GAP_SECONDS
        wait = max(min(int(wait_seconds), _LONGEST_WAIT), 0)
        query: dict[str, object] = {"limit": _BATCH, "timeout": wait}
        if cursor:
            query["marker"] = cursor
        try:
            told = await self._client.call(_UPDATES, query=query, wait=wait)
        except NotAllowed:
            raise Refused(problems.WEBHOOK_TAKES_ALL) from None
        if not isinstance(told.get("updates"), list):
            raise TryLater(problems.UNREADABLE.format(status=200), after=0.0)
        updates = [one if isinstance(one, dict) else {"update": one} for one in told["updates"]]
        updates = [await self._chats.named(one) for one in in_order(updates)]
        return Polled(updates=tuple(updates), cursor=identity(told.get("marker")) or cursor)


class Webhook:
    """What MAX brings to our address: one update a request, behind a secret that only MAX and we know."""

    def __init__(self, secret: str, chats: "Chats") -> None:
        self._secret = secret.encode()
        self._chats = chats

    async def serve(self, request: Request) -> Served:
        """Refuses a stranger before it looks at what they sent."""
        shown = request.headers.get(_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(shown, self._secret):
            return Served(status=401, body="not from MAX")
        try:
            update = decode(request.body)
        except ValueError as error:
            return Served(status=400, body=str(error))
        if not isinstance(update, Mapping):
            return Served(status=400, body="not an update")
        try:
            async with asyncio.timeout(_ASKED_SECONDS):
                update = await self._chats.named(update)
        except TimeoutError:
            log.info("a press is stored without its chat: MAX is slow")
        return Served(items=parse(update))


class Chats:
    """Names the chat of a press whose message is gone: MAX tells who pressed, and nothing else.

    A private chat's id is the person's exclusive-or the bot's. That is published nowhere; where it were otherwise the
    press would belong to nobody whom the gateway knows, and be counted as such.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._me = 0

    async def named(self, update: Mapping[str, Any]) -> dict[str, Any]:
        """The same update, with `chat_id` beside what it has where that was missing. MAX's failures are not raised."""
        user = table(table(update.get("callback")).get("user")).get("user_id")
        if update.get("update_type") != "message_callback" or update.get("message") or not isinstance(user, int):
            return dict(update)
        try:
            self._me = self._me or count((await self._client.call(_ME)).get("user_id")) or 0
        except ChannelError as error:
            log.info("a press is stored without its chat: %s", error)
        return {**update, "chat_id": self._me ^ user} if self._me and "chat_id" not in update else dict(update)


def webhook_secret(token: SecretStr, account: AccountId) -> str:
    """The secret of the account's subscription: derived from the token, so one setting less to lose.

    MAX allows 5 to 256 of `A-Z a-z 0-9 _ -`.
    """
    return hmac.digest(token.get_secret_value().encode(), _PURPOSE + account.encode(), "sha256").hex()


def in_order(updates: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The updates with each chat's new messages in the order of their `seq`; everything else keeps its place."""
    places: dict[str, list[int]] = {}
    for number, one in enumerate(updates):
        if _seq(one):
            places.setdefault(_chat(one), []).append(number)
    found = list(updates)
    for numbers in places.values():
        ordered = sorted((updates[number] for number in numbers), key=_seq)
        for number, one in zip(numbers, ordered, strict=True):
            found[number] = one
    return found


def _seq(update: Mapping[str, Any]) -> int:
    seq = table(table(update.get("message")).get("body")).get("seq")
    is_new = update.get("update_type") == "message_created"
    return seq if is_new and isinstance(seq, int) and not isinstance(seq, bool) else 0


def _chat(update: Mapping[str, Any]) -> str:
    return identity(table(table(update.get("message")).get("recipient")).get("chat_id"))
