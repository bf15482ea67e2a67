"""A visitor's tab as the site widget plays one, over the public protocol and nothing else.

What the server gives twice stands twice on its screen. What it wants to say goes one by one, each again until the
server has it, so nothing overtakes.
"""

import asyncio
import contextlib
import json
import random
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import aiohttp

from tests.story.screen import LOGGED, Frame, Screen
from tests.story.site import Site, WidgetError

CONNECT_SECONDS = 10.0
POLL_SECONDS = 20.0
CUT_SECONDS = (0.0, 0.03)
TEMPORARY = frozenset({"busy", "too_fast"})
"""Refusals after which the same frame may be said again."""
LOST_WAYS = (aiohttp.ClientError, ConnectionError, TimeoutError)


class Visitor:
    """One tab of one visitor. `open` it, let `run` (or `run_by_polls`) go on in a task, and write."""

    def __init__(self, site: Site, name: str, chance: random.Random | None = None) -> None:
        self.site, self.name = site, name
        self.screen = Screen()
        self.token = self.renew = self.id = ""
        self.look: Mapping[str, Any] = {}
        self.after: str | None = None
        self.stored: dict[str, str] = {}
        """Client's id → seq, as the server confirmed it."""
        self.refused: list[tuple[str | None, str]] = []
        """Client's id and why, for each refusal."""
        self.drops = self.resent = 0
        self.cuts = 0.0
        """On how many of what it says the network dies just behind, before or after the answer: a share."""
        self.troubles: Counter[str] = Counter()
        """What went wrong on the way, by its name."""
        self.closes: Counter[int | None] = Counter()
        """How sockets ended, by their codes."""
        self.is_caught_up = False
        self._outbox: dict[str, Frame] = {}
        self._said: set[str] = set()
        self._in_flight: str | None = None
        self._chance = chance or random.Random(name)
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._news = asyncio.Event()
        self._pause = 0.0
        self._is_over = False

    # ── who writes ────────────────────────────────────────────────────────────────────────────────────

    async def open(self, *, token: str | None = None, user: Mapping[str, Any] | None = None) -> None:
        """Begins a session, renews one, or says who it is."""
        given = {"token": token or self.renew or None, "user": user, "language": "ru"}
        answer = await self.site.post("session", {key: value for key, value in given.items() if value is not None})
        self.token, self.renew, self.id = answer["token"], answer["renew"], answer["visitor"]
        self.look = answer["look"]

    def tab(self) -> "Visitor":
        """Another tab of the same visitor, or a later visit: with the same token and an empty screen."""
        other = type(self)(self.site, self.name)
        other.token, other.renew, other.id, other.look = self.token, self.renew, self.id, self.look
        return other

    # ── saying ────────────────────────────────────────────────────────────────────────────────────────

    def write(self, text: str, **more: Any) -> str:
        """Puts a message into the outbox, and answers its id; it goes as soon as there is a way."""
        cid = f"c{secrets.token_hex(8)}"
        return self.say({"type": "message", "id": cid, "text": text, "profile": {"name": self.name}, **more})

    def press(self, message: str, data: str) -> str:
        """Presses a quick reply."""
        return self.say({"type": "press", "id": f"p{secrets.token_hex(8)}", "message": message, "data": data})

    def say(self, frame: Frame) -> str:
        """Puts a frame with an id of its own into the outbox."""
        self._outbox[frame["id"]] = frame
        self._news.set()
        return str(frame["id"])

    @property
    def unsent(self) -> Sequence[str]:
        """Ids that the server has neither stored nor refused for good."""
        return list(self._outbox)

    async def send(self, frame: Frame) -> None:
        """Sends a frame right now, outside of the outbox. Raises ConnectionError without a socket."""
        if self._socket is None:
            raise ConnectionError("there is no socket")
        await self._socket.send_str(json.dumps(frame))

    async def upload(self, name: str, data: bytes, upload_id: str | None = None) -> Frame:
        """Uploads bytes; what is answered goes into a message's `files`."""
        answer: Frame = await self.site.post(
            "upload",
            data,
            **{
                "Authorization": f"Bearer {self.token}",
                "X-Upload-Id": upload_id or secrets.token_hex(8),
                "X-File-Name": quote(name),
                "Content-Type": "application/octet-stream",
            },
        )
        return answer

    async def fetch(self, file: Mapping[str, Any]) -> tuple[Mapping[str, str], bytes]:
        """A file of a message on the screen."""
        return await self.site.get(
            f"file/{file['file']}", **{"Authorization": f"Bearer {self.token}", "X-File-Grant": file["grant"]}
        )

    # ── living ────────────────────────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        """Comes back after every lost socket, until `close`."""
        saying = asyncio.create_task(self._keep_saying())
        try:
            while not self._is_over:
                await self._try(self._attend)
                self.is_caught_up, self._in_flight = False, None
                if not self._is_over:
                    await asyncio.sleep(self._chance.uniform(0.02, 0.2))
        finally:
            await _ended(saying)

    async def run_by_polls(self) -> None:
        """The same without sockets."""
        saying = asyncio.create_task(self._keep_posting())
        try:
            while not self._is_over:
                if not await self._try(self._poll):
                    await asyncio.sleep(self._chance.uniform(0.05, 0.3))
        finally:
            await _ended(saying)

    def drop(self) -> bool:
        """Cuts the socket as a dying network does: no goodbye. False: there is none."""
        response = None if self._socket is None else self._socket._response
        if response is None or response.connection is None or response.connection.transport is None:
            return False
        response.connection.transport.abort()
        self.drops += 1
        return True

    async def close(self) -> None:
        """Shuts the tab."""
        self._is_over = True
        if self._socket is not None:
            await self._socket.close()

    async def _try(self, way: Callable[[], Awaitable[None]]) -> bool:
        try:
            await way()
        except WidgetError as error:
            self.troubles[str(error)] += 1
            if error.code == "token":
                with contextlib.suppress(*LOST_WAYS, WidgetError):
                    await self.open()
        except LOST_WAYS as error:
            self.troubles[type(error).__name__] += 1
        else:
            return True
        return False

    async def _attend(self) -> None:
        async with asyncio.timeout(CONNECT_SECONDS):
            socket = await self.site.http.ws_connect(f"{self.site.url}/socket", origin=self.site.origin)
        try:
            self._socket = socket
            await self.send({"type": "hello", "token": self.token, "after": self.after, "language": "ru"})
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self._hear(json.loads(message.data))
            self.closes[socket.close_code] += 1
            if socket.close_code == 4001:
                raise WidgetError(401, "token")
        finally:
            self._socket = None
            with contextlib.suppress(*LOST_WAYS):
                async with asyncio.timeout(CONNECT_SECONDS):
                    await socket.close()

    async def _hear(self, frame: Frame) -> None:
        self._take(frame)
        if frame["type"] == "renew":
            await self.open()
            await self.send({"type": "token", "token": self.token})

    async def _poll(self) -> None:
        async with asyncio.timeout(POLL_SECONDS + CONNECT_SECONDS):
            asked = {"token": self.token, "after": self.after, "wait": POLL_SECONDS}
            answer = await self.site.post("poll", asked)
        for frame in answer["frames"]:
            self._take(frame)

    async def _keep_saying(self) -> None:
        """One of the outbox at a time: the next leaves when the server has it, so nothing overtakes."""
        while True:
            await self._wanted()
            if self.is_caught_up and self._in_flight is None and self._outbox:
                first = self._in_flight = next(iter(self._outbox))
                self.resent += first in self._said
                self._said.add(first)
                with contextlib.suppress(*LOST_WAYS):
                    await self.send(self._outbox[first])
                if self._chance.random() < self.cuts:
                    asyncio.get_running_loop().call_later(self._chance.uniform(*CUT_SECONDS), self.drop)

    async def _keep_posting(self) -> None:
        while True:
            await self._wanted()
            while self._outbox:
                first = next(iter(self._outbox))
                await self._try(lambda first=first: self._post(self._outbox[first]))  # type: ignore[misc]
                if first in self._outbox:
                    await asyncio.sleep(self._chance.uniform(0.1, 0.3))

    async def _post(self, frame: Frame) -> None:
        answer = await self.site.post("frames", {"token": self.token, "frames": [frame]})
        for one in answer["frames"]:
            self._take(one)

    async def _wanted(self) -> None:
        await self._news.wait()
        self._news.clear()
        if self._pause:
            await asyncio.sleep(self._pause)
            self._pause = 0.0

    def _take(self, frame: Frame) -> None:
        kind = frame["type"]
        self.screen.heard[kind] += 1
        if kind in LOGGED:
            self.screen.apply(frame)
            self.after = frame["seq"]
            return
        if kind in {"ready", "online"}:
            self.screen.online = frame["online"]
        if kind == "ready" and "after" in frame:
            self.after = frame["after"]  # the place to wait behind, where a poll's log is empty
        if kind == "ready" and frame["torn"]:
            self.screen.heard["torn"] += 1
            self.screen.messages.clear()
        elif kind == "caught_up":
            self.is_caught_up = True
        elif kind == "stored":
            self.stored[frame["id"]] = frame.get("seq", "")
            self._done(frame["id"])
        elif kind == "refused":
            self.refused.append((frame.get("id"), frame["why"]))
            if frame["why"] not in TEMPORARY:
                self._done(frame.get("id"))
            elif frame.get("id") == self._in_flight:
                self._in_flight, self._pause = None, min(float(frame.get("retry_after") or 0.2), 1.0)
        self._news.set()

    def _done(self, cid: str | None) -> None:
        if cid is not None:
            self._outbox.pop(cid, None)
            if self._in_flight == cid:
                self._in_flight = None


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
