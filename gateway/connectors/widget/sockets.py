"""Visitors' sockets: a reader that takes frames, a writer that follows the visitor's log, and nothing else a socket.

Thousands of them stand idle, so each holds as little as can be; what is read is bounded by quotas, what is written by
the connection's own buffer, and who does not read in time is cut.
"""

import asyncio
import contextlib
import json
from collections import Counter, defaultdict
from collections.abc import Coroutine, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from gateway.connectors.live_contract import Listener
from gateway.connectors.toolkit.rates import Bucket
from gateway.connectors.widget import frames
from gateway.connectors.widget.answers import HttpRejection
from gateway.connectors.widget.frames import FRAME_LIMIT, Hello, Unreadable
from gateway.connectors.widget.reading import Reading
from gateway.connectors.widget.site import Site, Timings
from gateway.connectors.widget.talk import Speaker, Talk
from gateway.errors import TryLater
from gateway.model.ids import ContactId

GONE, BAD_TOKEN, TOO_SLOW, TOO_MANY, RESTART = 4004, 4001, 4008, 4009, 1001
RENEW_AHEAD_SECONDS = 300
_FRAMES_PER_SECOND = 20.0
_FRAMES_AT_ONCE = 60


class Socket:
    """One page's connection."""

    __slots__ = ("_patience", "_response", "_slow", "_transport", "bucket", "expires", "is_asked", "speaker")

    def __init__(
        self, request: web.Request, response: web.WebSocketResponse, speaker: Speaker, timings: Timings
    ) -> None:
        self._response = response
        self._transport = request.transport
        self._slow = timings.slow
        self._patience = timings.close
        self.speaker = speaker
        self.expires = 0
        self.is_asked = False
        """Whether it was told that its token is about to end."""
        self.bucket = Bucket(_FRAMES_PER_SECOND, _FRAMES_AT_ONCE)

    @property
    def is_closed(self) -> bool:
        return self._response.closed

    async def send(self, frame: Mapping[str, Any]) -> None:
        """Raises ConnectionError: it is closed, or was cut for not reading."""
        try:
            async with asyncio.timeout(self._slow):
                await self._response.send_str(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))
        except TimeoutError:
            await self.close(TOO_SLOW)
            raise ConnectionResetError from None

    async def close(self, code: int, last: Mapping[str, Any] | None = None) -> None:
        """Ends it within a moment, whatever the other side does."""
        try:
            async with asyncio.timeout(self._patience):
                if last is not None:
                    await self._response.send_str(json.dumps(last))
                await self._response.close(code=code)
        except (TimeoutError, ConnectionError):
            pass
        finally:
            self.cut()

    def cut(self) -> None:
        """Without a word."""
        if self._transport is not None:
            self._transport.abort()


class Sockets:
    """All of one account's."""

    def __init__(self, site: Site, talk: Talk) -> None:
        self._site = site
        self._talk = talk
        self._open: dict[ContactId, set[Socket]] = defaultdict(set)
        self._addresses: Counter[str] = Counter()
        self._told: set[asyncio.Task[None]] = set()
        self._ended: tuple[int, Mapping[str, Any] | None] | None = None

    async def serve(self, request: web.Request, address: str) -> web.StreamResponse:
        """One socket, for as long as it lives. Raises HttpRejection: it is no WebSocket's request."""
        timings = self._site.timings
        response = web.WebSocketResponse(
            timeout=timings.close, heartbeat=timings.heartbeat, compress=False, max_msg_size=FRAME_LIMIT
        )
        if not response.can_prepare(request).ok:
            raise HttpRejection(HTTPStatus.BAD_REQUEST, "bad")
        await response.prepare(request)
        self._addresses[address] += 1
        try:
            if self._addresses[address] > self._site.settings.sockets_per_address:
                await response.close(code=TOO_MANY)
            else:
                await self._greet(request, response, address)
        finally:
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]
        return response

    async def end(self, code: int, last: Mapping[str, Any] | None = None) -> None:
        """Closes all at once, and whoever has not said hello yet as soon as they do."""
        self._ended = code, last
        await asyncio.gather(*(one.close(code, last) for one in self._all()))

    async def forget(self) -> None:
        """Leaves no task behind."""
        for task in self._told:
            task.cancel()
        await asyncio.gather(*self._told, return_exceptions=True)

    def tell(self, frame: Mapping[str, Any]) -> None:
        """To everybody; who is slow delays nobody."""
        for one in self._all():
            self._send(one.send(frame))

    def look_at_tokens(self) -> None:
        """Asks for a new token in time, and closes who has none."""
        now = self._site.now
        for one in self._all():
            if now >= one.expires:
                self._send(one.close(BAD_TOKEN))
            elif now >= one.expires - RENEW_AHEAD_SECONDS and not one.is_asked:
                one.is_asked = True
                self._send(one.send({"type": "renew"}))

    def _all(self) -> list[Socket]:
        return [one for group in self._open.values() for one in group]

    def _send(self, sending: Coroutine[Any, Any, None]) -> None:
        async def quietly() -> None:
            with contextlib.suppress(ConnectionError):
                await sending

        task = asyncio.create_task(quietly())
        self._told.add(task)
        task.add_done_callback(self._told.discard)

    # ── one socket ────────────────────────────────────────────────────────────────────────────────────

    async def _greet(self, request: web.Request, response: web.WebSocketResponse, address: str) -> None:
        hello = await self._hello(response)
        claims = None if hello is None else self._site.claims(hello.token)
        if hello is None or claims is None:
            await response.close(code=BAD_TOKEN)
            return
        who = claims.who
        if (language := frames.language(hello.language)) is not None:
            who = msgspec.structs.replace(who, language=language)
        speaker = Speaker(who, address)
        speaker.visit = frames.visit(hello.visit)
        socket = Socket(request, response, speaker, self._site.timings)
        socket.expires = claims.expires
        visitor = claims.visitor
        if self._ended is not None:
            await socket.close(*self._ended)
            return
        if len(self._open.get(visitor, ())) >= self._site.settings.sockets_per_visitor:
            await response.close(code=TOO_MANY)
            return
        self._open[visitor].add(socket)
        try:
            await self._attend(socket, response, Reading(self._site, visitor, hello.after))
        finally:
            self._open[visitor].discard(socket)
            if not self._open[visitor]:
                del self._open[visitor]

    async def _hello(self, response: web.WebSocketResponse) -> Hello | None:
        try:
            async with asyncio.timeout(self._site.timings.hello):
                message = await response.receive()
            found = frames.read(frames.decode(message.data)) if message.type is WSMsgType.TEXT else None
        except (TimeoutError, Unreadable):
            return None
        return found if isinstance(found, Hello) else None

    async def _attend(self, socket: Socket, response: web.WebSocketResponse, reading: Reading) -> None:
        async with self._site.reception.listen(socket.speaker.who.visitor) as listener:
            writer = asyncio.create_task(self._write(socket, reading, listener))
            try:
                await self._read(socket, response)
            finally:
                writer.cancel()
                await asyncio.gather(writer, return_exceptions=True)

    async def _write(self, socket: Socket, reading: Reading, listener: Listener) -> None:
        try:
            is_ready = False
            while True:
                is_ready = await self._catch_up(socket, reading, is_ready=is_ready)
                for hint in await listener.heard():
                    await socket.send(hint)
        except ConnectionError:
            # Where it is being closed, the other side is still to hear why.
            if not socket.is_closed:
                socket.cut()

    async def _catch_up(self, socket: Socket, reading: Reading, *, is_ready: bool) -> bool:
        """Sends what stands behind the cursor, and `ready` before it where the page is to begin."""
        is_beginning = not is_ready
        while True:
            try:
                piece = await reading.next()
            except TryLater:
                await asyncio.sleep(self._site.timings.again)
                continue
            if not is_ready or piece.torn:
                is_ready = is_beginning = True
                await socket.send(
                    ready(socket.speaker.who.visitor, self._site.reception.is_attended(), torn=piece.torn)
                )
            for frame in piece.frames:
                await socket.send(frame)
            if not piece.more:
                break
        if is_beginning:
            await socket.send({"type": "caught_up"})
        return True

    async def _read(self, socket: Socket, response: web.WebSocketResponse) -> None:
        while True:
            message = await response.receive()
            if message.type is WSMsgType.TEXT:
                await self._keep_pace(socket)
                if not await self._hear(socket, message.data):
                    return
            elif message.type is not WSMsgType.BINARY:
                return

    async def _hear(self, socket: Socket, text: str) -> bool:
        """Does what a frame says; whether to read on."""
        try:
            raw = frames.decode(text)
        except Unreadable:
            raw = None
        if isinstance(raw, dict) and raw.get("type") == "token":
            return await self._renew(socket, str(raw.get("token")))
        try:
            for answer in await self._talk.hear(socket.speaker, raw):
                await socket.send(answer)
                if answer.get("why") == "too_fast":
                    await asyncio.sleep(self._site.timings.penalty)
        except ConnectionError:
            return False
        return True

    async def _renew(self, socket: Socket, token: str) -> bool:
        claims = self._site.claims(token)
        if claims is None or claims.visitor != socket.speaker.who.visitor:
            await socket.close(BAD_TOKEN)
            return False
        socket.expires, socket.is_asked = claims.expires, False
        return True

    async def _keep_pace(self, socket: Socket) -> None:
        """Leaves a page that floods us unread for a while; its own connection then holds it back."""
        now = self._site.clock()
        wait = socket.bucket.ready_at(now) - now
        socket.bucket.take(now)
        if wait > 0:
            await asyncio.sleep(wait / 1000)


def ready(visitor: ContactId, online: bool, *, torn: bool) -> dict[str, Any]:  # noqa: FBT001 - a field of the frame
    """The frame that opens a log."""
    return {"type": "ready", "visitor": visitor, "online": online, "torn": torn}
