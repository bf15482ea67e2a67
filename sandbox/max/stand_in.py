"""The stand-in of MAX: the bot API, its webhooks and files, and the people who write to bots."""

from typing import ClassVar

from aiohttp import web

from sandbox.cast import Cast, CastUser
from sandbox.max.api import MaxApi
from sandbox.max.control import MaxControl
from sandbox.max.files import ROOT
from sandbox.max.max import Max
from sandbox.max.people import People
from sandbox.max.presses import Presses
from sandbox.max.staff import Staff
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.stand_in import StandIn, account_settings


class MaxStandIn(StandIn):
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

    def gateway_settings(self, url: str, gateway_url: str) -> dict[str, str]:  # noqa: ARG002 - it is asked for news
        """The first of the bots."""
        for bot in self.max.world.bots.values():
            own = {"CHANNEL": "max", "TOKEN": bot.token, "API_URL": f"{url}{ROOT}"}
            return account_settings(bot.username, own)
        return {}
