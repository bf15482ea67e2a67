"""The Bots Long Poll server: `act=a_check` with key, ts and wait, and its three kinds of failure.

Source: CHANNELS.md 2.3. `ts` is a string in an answer with updates and a number in `failed: 1`.
"""

import asyncio
import hashlib
import hmac
from typing import NamedTuple

from aiohttp import web

from sandbox.toolkit.wire_faults import answer, hold_back
from sandbox.vk.faults import FaultRule, gateway_page
from sandbox.vk.records import Community, FeedEvent
from sandbox.vk.vk import Vk
from sandbox.wire import Json, encode

_KEY = b"sandbox-vk-longpoll"
_DEFAULT_WAIT_S = 25
_LONGEST_WAIT_S = 90
_REPEATED = 100
LOST_IN_PART, KEY_EXPIRED, LOST = 1, 2, 3


class Access(NamedTuple):
    """What groups.getLongPollServer gives."""

    key: str
    server: str
    ts: str


def access(vk: Vk, community: Community) -> Access:
    """A fresh key; those given before stay good for their time."""
    until = vk.clock.now_s() + vk.settings.vk_longpoll_key_ms // 1000
    return Access(
        key=f"{until}_{_sign(community, until)}",
        server=f"{vk.files.base}/vk/longpoll/{community.id}",
        ts=str(vk.feed.last(community)),
    )


class LongPoll:
    """The route that clients wait on."""

    def __init__(self, vk: Vk) -> None:
        self._vk = vk

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/vk/longpoll/{community}", self.check)

    async def check(self, request: web.Request) -> web.StreamResponse:
        """Answers one a_check."""
        number = request.match_info["community"]
        community = self._vk.world.communities.get(int(number)) if number.isdigit() else None
        if community is None or request.query.get("act") != "a_check":
            return web.Response(status=404, text="Not Found")
        fault = self._vk.faults.draw(community.id, "longpoll")
        await hold_back(fault)
        if fault is not None and fault.fault == "500":
            return gateway_page()
        return await answer(request, encode(await self._check(request, community, fault)), fault)

    async def _check(self, request: web.Request, community: Community, fault: FaultRule | None) -> Json:
        if fault is not None and fault.fault == "failed":
            return self._failed(community, fault.error_code)
        if not self._is_known(community, request.query.get("key", "")):
            return {"failed": KEY_EXPIRED}
        given = request.query.get("ts", "")
        if not community.longpoll.is_enabled or not given.isdigit():
            return {"failed": LOST}
        wait = request.query.get("wait", "")
        wait_s = min(int(wait), _LONGEST_WAIT_S) if wait.isdigit() else _DEFAULT_WAIT_S
        events = await self._wait(community, int(given), wait_s)
        if events is None:
            return self._failed(community, LOST_IN_PART)
        repeated = (
            self._vk.feed.newest(community, _REPEATED) if fault is not None and fault.fault == "duplicate" else []
        )
        shown = {event.seq: event for event in [*repeated, *events]}
        for event in shown.values():
            self._vk.ledger.add(
                "update_offered", messenger="vk", bot_id=community.id, update_id=event.seq, via="longpoll"
            )
        return {"ts": str(self._vk.feed.last(community)), "updates": [event.body for event in shown.values()]}

    async def _wait(self, community: Community, ts: int, wait_s: float) -> list[FeedEvent] | None:
        """What came behind `ts`, waiting up to `wait_s` for the first of it; None: it is lost."""
        news = self._vk.feed.news(community)
        events = self._vk.feed.after(community, ts)
        if events or events is None or wait_s <= 0:
            return events
        try:
            async with asyncio.timeout(wait_s):
                await news.wait()
        except TimeoutError:
            return []
        return self._vk.feed.after(community, ts)

    def _failed(self, community: Community, number: int) -> Json:
        return {"failed": number, "ts": self._vk.feed.last(community)} if number == LOST_IN_PART else {"failed": number}

    def _is_known(self, community: Community, key: str) -> bool:
        until, _, sign = key.partition("_")
        if not until.isdigit() or not hmac.compare_digest(sign, _sign(community, int(until))):
            return False
        return int(until) > self._vk.clock.now_s()


def _sign(community: Community, until: int) -> str:
    return hmac.new(_KEY, f"{community.id}:{until}:{community.token}".encode(), hashlib.sha256).hexdigest()[:32]
