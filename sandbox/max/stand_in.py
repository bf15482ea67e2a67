"""The stand-in of MAX: the bot API, its webhooks and files, and the people who write to bots.

It registers itself: sandbox/registry.py finds `STAND_IN` by the folder.
"""

from typing import ClassVar

from aiohttp import web

from sandbox.cast import Cast, CastUser
from sandbox.max.api import MaxApi
from sandbox.max.control import MaxControl
from sandbox.max.files import ROOT
from sandbox.max.max import Max
from sandbox.max.people import People
from sandbox.max.presses import Presses
from sandbox.max.records import Bot
from sandbox.max.staff import Staff
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.stand_in import SelfRegistered, Stage, account_settings


class MaxStandIn(SelfRegistered):
    messengers: ClassVar[tuple[str, ...]] = ("max",)

    def __init__(self, infrastructure: Infrastructure) -> None:
        self.max = Max(infrastructure)
        self.people, self.staff = People(self.max), Staff(self.max)
        self.presses = Presses(self.max, self.people)
        self.faults = self.max.faults
        self.control = MaxControl(self.max, self.people, self.presses, self.staff)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        MaxApi(self.max).add_routes(router)

    async def start(self, cast: Cast, url: str) -> list[CastUser]:
        return self.max.start(cast, url)

    async def stop(self) -> None:
        await self.max.stop()

    def add_person(self, cast: CastUser) -> None:
        if cast.max:
            self.max.world.add_person(cast)

    async def do_chores(self) -> None:
        """Forgets what waited too long, and those who have taken nothing for too long."""
        self.max.feed.drop_expired()
        self.max.sender.drop_the_silent()

    def bot(self, username: str) -> Bot:
        """A bot by its username; raises KeyError."""
        for bot in self.max.world.bots.values():
            if bot.username == username:
                return bot
        raise KeyError(username)

    def gateway_settings(self, url: str, gateway_url: str) -> dict[str, str]:  # noqa: ARG002 - it is asked for news
        """The first of the bots."""
        for bot in self.max.world.bots.values():
            own = {name.upper(): value for name, value in _settings(bot, url).items()}
            return account_settings(bot.username, {"CHANNEL": "max", **own})
        return {}

    def stage(self, url: str) -> Stage:
        """The first of the bots, and the first of the people, who has started it."""
        world = self.max.world
        bot, person = next(iter(world.bots.values())), next(iter(world.people.values()))
        self.people.start(person.id, bot.id)
        dialog = world.open_dialog(bot, person)

        def write() -> str:
            written = self.people.text(person.id, bot.id, "Есть розы?").message
            assert written is not None
            return written.mid

        def press() -> str:
            written = self.people.text(person.id, bot.id, "Есть пионы?").message
            assert written is not None
            return self.max.tell_pressed(dialog, written, "peonies")[0]

        return Stage(_settings(bot, url), str(dialog.chat_id), write, press)


def _settings(bot: Bot, url: str) -> dict[str, str]:
    return {"token": bot.token, "api_url": f"{url}{ROOT}"}


STAND_IN = MaxStandIn
