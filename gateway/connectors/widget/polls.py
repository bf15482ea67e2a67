"""The same talk by plain requests, for networks that let no socket through: what is new, and frames to be heard.

A poll holds one listener while it waits and leaves nothing behind; presence and dismissal end it at once.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web

from gateway.connectors.live_contract import Listener
from gateway.connectors.widget.answers import HttpRejection, body_of, told_json
from gateway.connectors.widget.reading import Reading
from gateway.connectors.widget.site import Site
from gateway.connectors.widget.sockets import RENEW_AHEAD_SECONDS, ready
from gateway.connectors.widget.talk import Speaker, Talk
from gateway.connectors.widget.tokens import Claims
from gateway.errors import TryLater

_POLL_LIMIT = 16 * 1024
_FRAMES_LIMIT = 128 * 1024
_FRAMES_AT_ONCE = 20
_LONGEST_CURSOR = 64
_MOST_PIECES = 6
_AGAIN_SECONDS = 5


class Polls:
    """All of one account's."""

    def __init__(self, site: Site, talk: Talk) -> None:
        self._site = site
        self._talk = talk
        self._waiting: set[asyncio.Timeout] = set()
        self._visitors: Counter[str] = Counter()
        self._addresses: Counter[str] = Counter()

    def wake(self) -> None:
        """Ends all that wait: there is something to tell everybody."""
        now = asyncio.get_running_loop().time()
        for one in tuple(self._waiting):
            if not one.expired():
                one.reschedule(now)

    async def poll(self, request: web.Request, address: str) -> web.Response:
        """Answers as soon as there is news, or when the page's patience ends. Raises HttpRejection."""
        body = await body_of(request, _POLL_LIMIT, self._site.timings.body)
        claims = self.allowed(body.get("token"))
        after, wait = body.get("after"), body.get("wait", 0)
        if not (after is None or (isinstance(after, str) and len(after) <= _LONGEST_CURSOR)):
            raise HttpRejection(HTTPStatus.BAD_REQUEST, "bad")
        if isinstance(wait, bool) or not isinstance(wait, int | float):
            raise HttpRejection(HTTPStatus.BAD_REQUEST, "bad")
        visitor = claims.visitor
        if (
            self._visitors[visitor] >= self._site.settings.sockets_per_visitor
            or self._addresses[address] >= self._site.settings.sockets_per_address
        ):
            raise HttpRejection(HTTPStatus.TOO_MANY_REQUESTS, "too_many", retry_after=_AGAIN_SECONDS)
        self._visitors[visitor] += 1
        self._addresses[address] += 1
        try:
            async with self._site.reception.listen(visitor) as listener:
                reading = Reading(self._site, visitor, after)
                found = await self._news(reading, listener, claims, max(0.0, min(float(wait), self._site.timings.poll)))
        except TryLater:
            raise HttpRejection(HTTPStatus.SERVICE_UNAVAILABLE, "busy", retry_after=1) from None
        finally:
            for counter, key in ((self._visitors, visitor), (self._addresses, address)):
                counter[key] -= 1
                if not counter[key]:
                    del counter[key]
        return told_json({"frames": found})

    async def hear(self, request: web.Request, address: str) -> web.Response:
        """Frames as the socket would take them. Raises HttpRejection."""
        body = await body_of(request, _FRAMES_LIMIT, self._site.timings.body)
        claims = self.allowed(body.get("token"))
        sent = body.get("frames")
        if not isinstance(sent, list) or len(sent) > _FRAMES_AT_ONCE:
            raise HttpRejection(HTTPStatus.BAD_REQUEST, "bad")
        speaker = Speaker(claims.who, address)
        answers = [answer for one in sent for answer in await self._talk.hear(speaker, one)]
        if any(answer.get("why") == "too_fast" for answer in answers):
            await asyncio.sleep(self._site.timings.penalty)
        return told_json({"frames": answers})

    def allowed(self, token: object) -> Claims:
        """Who a token speaks for. Raises HttpRejection: it is none of ours that is still good."""
        claims = self._site.claims(token)
        if claims is None:
            raise HttpRejection(HTTPStatus.UNAUTHORIZED, "token")
        return claims

    async def _news(self, reading: Reading, listener: Listener, claims: Claims, wait: float) -> list[Mapping[str, Any]]:
        is_first = reading.cursor is None
        shown, torn, more = await self._pieces(reading)
        hints: Sequence[Mapping[str, Any]] | None = ()
        until = asyncio.get_running_loop().time() + wait
        # A wake-up may be one too many; only news, or the end of the wait, is worth an answer.
        while hints is not None and not (shown or torn or is_first or hints) and wait > 0:
            hints = await self._wait(listener, until)
            shown, torn, more = await self._pieces(reading)
        opening = ready(claims.visitor, self._site.reception.is_attended(), torn=torn)
        # An empty log gives no other place to go on from.
        answer: list[Mapping[str, Any]] = [{**opening, "after": reading.cursor}, *shown]
        if not more:
            answer.append({"type": "caught_up"})
        answer += hints or ()
        if self._site.now >= claims.expires - RENEW_AHEAD_SECONDS:
            answer.append({"type": "renew"})
        return answer

    async def _pieces(self, reading: Reading) -> tuple[list[Mapping[str, Any]], bool, bool]:
        shown: list[Mapping[str, Any]] = []
        torn = more = False
        for _ in range(_MOST_PIECES):
            piece = await reading.next()
            if piece.torn:
                shown.clear()
            shown += piece.frames
            torn, more = torn or piece.torn, piece.more
            if not more:
                break
        return shown, torn, more

    async def _wait(self, listener: Listener, until: float) -> Sequence[Mapping[str, Any]] | None:
        """The hints that came with the next wake-up; None: the wait is over."""
        try:
            async with asyncio.timeout_at(until) as bound:
                self._waiting.add(bound)
                try:
                    return await listener.heard()
                finally:
                    self._waiting.discard(bound)
        except TimeoutError:
            return None
