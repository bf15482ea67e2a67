"""The stand-in of VK: a community's API, Long Poll, Callback, and the people who write to communities."""

from typing import ClassVar

from aiohttp import web

from sandbox.cast import Cast, CastUser
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.stand_in import StandIn, account_settings
from sandbox.vk.api import VkApi
from sandbox.vk.control import VkControl
from sandbox.vk.people import People
from sandbox.vk.staff import Staff
from sandbox.vk.vk import Vk


class VkStandIn(StandIn):
    messengers: ClassVar[tuple[str, ...]] = ("vk",)

    def __init__(self, infrastructure: Infrastructure) -> None:
        self.vk = Vk(infrastructure)
        self.people, self.staff = People(self.vk), Staff(self.vk)
        self.faults = self.vk.faults
        self.control = VkControl(self.vk, self.people, self.staff)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        VkApi(self.vk).add_routes(router)

    async def start(self, cast: Cast, url: str) -> list[CastUser]:
        return self.vk.start(cast, url)

    async def stop(self) -> None:
        await self.vk.stop()

    def add_person(self, cast: CastUser) -> None:
        if cast.communities:
            self.vk.world.add_person(cast)

    def gateway_settings(self, url: str, gateway_url: str) -> dict[str, str]:  # noqa: ARG002 - it is asked for news
        """The first of the communities."""
        for community in self.vk.world.communities.values():
            own = {"CHANNEL": "vk", "TOKEN": community.token, "GROUP_ID": str(community.id), "API_URL": url}
            return account_settings(community.screen_name, own)
        return {}
