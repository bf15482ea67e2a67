"""Calls of one account's API: with a token that is good, and no faster than Avito allows.

A token that is not accepted (401, and 403 where it has expired) is replaced once and the call repeated; it had not been
done. Nothing else is repeated here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from time import monotonic, time
from typing import Any
from urllib.parse import quote, urlencode

from gateway.connectors.avito.answers import (
    CLOSED,
    FORBIDDEN,
    SLOWER,
    UNKNOWN_TOKEN,
    Call,
    result_of,
    unclear,
    wait_of,
)
from gateway.connectors.avito.tokens import Tokens
from gateway.connectors.avito.values import identity
from gateway.connectors.toolkit.answers import TOO_MANY
from gateway.connectors.toolkit.http import Answer, HttpClient
from gateway.connectors.toolkit.uploads import Upload
from gateway.connectors.toolkit.values import Json
from gateway.errors import GatewayError, Refused, TryLater, Uncertain

ANSWER_LIMIT = 16 * 1024 * 1024
"""Bytes: a hundred chats, each with two users' pictures in all their sizes."""
_SELF = Call("GET", "/core/v1/accounts/self", "asking who the account is")
_LOW = 0.1
"""The share of the minute's calls that are left when we begin to space them."""
_MINUTE = 60.0


class Client:
    """Calls the API of one account.

    Args:
        tokens: gives the access token.
        api_url: where the API is.
        http: the account's client; closed by whoever made it.
        clock: seconds that only grow.
        pause: waits so many of them.
        wall: seconds since the epoch.
    """

    def __init__(
        self,
        tokens: Tokens,
        api_url: str,
        http: HttpClient,
        *,
        clock: Callable[[], float] = monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        wall: Callable[[], float] = time,
    ) -> None:
        self._tokens = tokens
        self._api_url = api_url
        self._http = http
        self._clock = clock
        self._pause = pause
        self._account: Json | None = None
        self._asking = asyncio.Lock()
        self._not_before = 0.0
        self._gap = self._next_at = 0.0
        self._time = wall
        self._ahead = 0.0

    def __repr__(self) -> str:
        return "Client(Avito)"

    def now(self) -> int:
        """The moment by Avito's clock, in seconds; by ours until it has told."""
        return self.by_avito(self._time())

    def by_avito(self, moment: float) -> int:
        """A moment of our clock by Avito's, in seconds."""
        return int(moment + self._ahead)

    async def me(self) -> str:
        """The account's own id; it is in nearly every address."""
        return identity((await self.account())["id"])

    async def account(self, *, fresh: bool = False) -> Json:
        """The account as Avito describes it, with a usable `id`. Raises as `call`."""
        async with self._asking:
            if self._account is None or fresh:
                told = await self.call(_SELF)
                if not isinstance(told, Mapping) or not identity(told.get("id")):
                    raise TryLater("Avito did not say who the account is", after=0.0, everyone=True)
                self._account = told
            return self._account

    async def chats(self, **query: object) -> Any:  # noqa: ANN401 - any JSON
        """A page of the account's chats. Raises as `call`."""
        path = f"{await self._of_me('v2')}/chats"
        return await self.call(Call("GET", path, "reading the chats"), query=query)

    async def chat(self, chat: str) -> Any:  # noqa: ANN401 - any JSON
        """One chat. Raises as `call`; Refused: there is none."""
        path = f"{await self._of_me('v2')}/chats/{quoted(chat)}"
        return await self.call(Call("GET", path, "reading a chat", in_chat=True))

    async def messages(self, chat: str, **query: object) -> Any:  # noqa: ANN401 - any JSON
        """A page of a chat's messages, newest first; they do not count as read by it. Raises as `chat`."""
        path = f"{await self._of_me('v3')}/chats/{quoted(chat)}/messages/"
        return await self.call(Call("GET", path, "reading a chat's messages", in_chat=True), query=query)

    async def voice(self, voice: str) -> Any:  # noqa: ANN401 - any JSON
        """Where a voice message lies for the next hour. Raises as `call`."""
        path = f"{await self._of_me('v1')}/getVoiceFiles"
        return await self.call(
            Call("GET", path, "asking for a voice message", in_chat=True), query={"voice_ids": voice}
        )

    async def upload(self, upload: Upload) -> Any:  # noqa: ANN401 - any JSON
        """What Avito calls the picture. Raises as `call`; nothing of it reaches the client."""
        path = f"{await self._of_me('v1')}/uploadImages"
        return await self.call(Call("POST", path, "taking a picture", in_chat=True), upload=upload)

    async def act(self, chat: str, act: str, what: str, json: object = None, *, makes: bool = False) -> Any:  # noqa: ANN401 - any JSON
        """Does something in a chat: `act` is the end of its address. Raises as `call`."""
        path = f"{await self._of_me('v1')}/chats/{quoted(chat)}/{act}"
        return await self.call(Call("POST", path, what, makes=makes, in_chat=True), json=json)

    async def call(
        self,
        call: Call,
        *,
        query: Mapping[str, object] | None = None,
        json: object = None,
        upload: Upload | None = None,
    ) -> Any:  # noqa: ANN401 - any JSON
        """The result of one call.

        Raises:
            TryLater, Refused, Uncertain, Unauthorized: see answers.
        """
        answer, token = await self._asked(call, query, json, upload)
        if answer.status in {UNKNOWN_TOKEN, FORBIDDEN}:
            self._tokens.forget(token)
            answer, _ = await self._asked(call, query, json, upload)
            if answer.status == FORBIDDEN and call.in_chat and await self._is_let_in():
                raise Refused(CLOSED)
        return result_of(call, answer)

    async def _of_me(self, version: str) -> str:
        return f"/messenger/{version}/accounts/{await self.me()}"

    async def _is_let_in(self) -> bool:
        """Whether the account may read its chats at all: one closed chat is no reason to stop the others."""
        try:
            await self.chats(limit=1)
        except GatewayError:
            return False
        return True

    async def _asked(
        self, call: Call, query: Mapping[str, object] | None, json: object, upload: Upload | None
    ) -> tuple[Answer, str]:
        token = await self._tokens.get()
        await self._turn()
        url = f"{self._api_url}{call.path}{f'?{urlencode(query)}' if query else ''}"
        try:
            answer = await self._http.request(
                call.method,
                url,
                json=json,
                data=None if upload is None else upload.form,
                headers={"Authorization": f"Bearer {token}"},
                wait=0.0 if upload is None else upload.wait,
                limit=ANSWER_LIMIT,
            )
        except Uncertain as error:
            raise unclear(call, str(error)) from None
        self._heed(answer)
        return answer, token

    async def _turn(self) -> None:
        """Waits until one more call may go. Raises TryLater: not for as long as Avito has asked for."""
        now = self._clock()
        if now < self._not_before:
            raise TryLater(SLOWER, after=self._not_before - now, everyone=True, limited=True)
        wait, self._next_at = max(self._next_at - now, 0.0), max(self._next_at, now) + self._gap
        if wait:
            await self._pause(wait)

    def _heed(self, answer: Answer) -> None:
        """Avito says how many calls a minute has and how many are left (near the end they are spaced), and the time."""
        if answer.status == TOO_MANY:
            self._not_before = self._clock() + wait_of(answer)
        limit, left = (_count(answer.headers.get(f"x-ratelimit-{name}")) for name in ("limit", "remaining"))
        if limit and left is not None:
            self._gap = _MINUTE / limit if left <= limit * _LOW else 0.0
        with suppress(ValueError, TypeError):
            self._ahead = parsedate_to_datetime(answer.headers.get("date", "")).timestamp() - self._time()


def quoted(identity: str) -> str:
    """An opaque id as a step of an address."""
    return quote(identity, safe="")


def _count(value: str | None) -> int | None:
    return int(value) if value is not None and value.isdecimal() and len(value) < 10 else None  # noqa: PLR2004 - digits
