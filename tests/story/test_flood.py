"""One address floods the site's chat: it is told so, and nobody else notices."""

import asyncio
import json
import time

import aiohttp

from tests.story.process import until
from tests.story.site import Site
from tests.story.stage import Stage
from tests.story.visitor import Visitor

FLOODERS, FLOOD = 10, 30
"""Sockets of the one address, and messages that each of them sends without waiting for an answer."""
GUESTS, WORDS = 6, 4
PER_MINUTE = 120
"""The settings' own `address_per_minute`."""


async def test_a_flood_from_one_address_is_refused_and_everyone_elses_words_are_kept(tmp_path):
    async with Stage(tmp_path, widget={}) as stage:
        await stage.open()
        began = time.monotonic()
        flood = [await Flooder.come(stage.site_url) for _ in range(FLOODERS)]
        guests = [await Guest.come(stage.site_url, number) for number in range(GUESTS)]
        try:
            flooding = [asyncio.create_task(one.flood()) for one in flood]
            await asyncio.gather(*(guest.talk() for guest in guests))
            await asyncio.gather(*flooding)
            minutes = (time.monotonic() - began) / 60
            stored = sum(one.stored for one in flood)
            why = {reason for one in flood for reason in one.refused}
            assert why == {"too_fast"}
            assert all(one.least_wait > 0 for one in flood if one.refused), "who is refused is told when to come again"
            assert 0 < stored <= PER_MINUTE * (1 + minutes), "no more than the address may say"
            for guest in guests:
                assert guest.visitor.refused == []
                assert guest.visitor.screen.texts("visitor") == guest.words
        finally:
            for one in (*flood, *guests):
                await one.leave()
        wanted = sorted(word for guest in guests for word in guest.words)

        async def recorded():
            return (
                sorted(text for (text,) in stage.rows("SELECT text FROM messages WHERE text LIKE 'слово%'")) == wanted
            )

        await until(recorded, lambda: str(stage.rows("SELECT text FROM messages WHERE text LIKE 'слово%'")))


class Flooder:
    """A socket that says all it has at once."""

    def __init__(self, http, socket):
        self.http, self.socket = http, socket
        self.stored, self.refused, self.least_wait = 0, [], float("inf")

    @classmethod
    async def come(cls, url):
        http = address(9)
        visitor = Visitor(Site(url, http), "Назойливый")
        await visitor.open()
        socket = await http.ws_connect(f"{url}/socket", origin=visitor.site.origin)
        await socket.send_str(json.dumps({"type": "hello", "token": visitor.token, "after": None}))
        return cls(http, socket)

    async def flood(self):
        for number in range(FLOOD):
            await self.socket.send_str(json.dumps({"type": "message", "id": f"f{number}", "text": f"шум {number}"}))
        while self.stored + len(self.refused) < FLOOD:
            frame = json.loads(await self.socket.receive_str())
            if frame["type"] == "stored":
                self.stored += 1
            elif frame["type"] == "refused":
                self.refused.append(frame["why"])
                self.least_wait = min(self.least_wait, frame.get("retry_after", 0))

    async def leave(self):
        await self.socket.close()
        await self.http.close()


class Guest:
    """Somebody at an address of their own who says a few words."""

    def __init__(self, visitor, number):
        self.visitor = visitor
        self.words = [f"слово {number}-{word}" for word in range(WORDS)]
        self.living = asyncio.create_task(visitor.run())

    @classmethod
    async def come(cls, url, number):
        visitor = Visitor(Site(url, address(20 + number)), f"Гость{number}")
        await visitor.open()
        return cls(visitor, number)

    async def talk(self):
        for word in self.words:
            self.visitor.write(word)
            await until(self.is_told, lambda: f"{self.visitor.name} is confirmed; refused: {self.visitor.refused}")
        await until(self.is_shown, lambda: str(self.visitor.screen.texts()))

    async def is_told(self):
        return not self.visitor.unsent

    async def is_shown(self):
        return len(self.visitor.screen.messages) >= len(self.words)

    async def leave(self):
        await self.visitor.close()
        self.living.cancel()
        await asyncio.gather(self.living, return_exceptions=True)
        await self.visitor.site.http.close()


def address(number):
    """A client of a loopback address of its own."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, local_addr=(f"127.0.0.{number}", 0)))
