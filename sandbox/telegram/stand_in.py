"""The stand-in of Telegram: the Bot API, and the people who write to bots."""

from typing import ClassVar

from aiohttp import web

from sandbox.cast import Cast, CastUser
from sandbox.telegram.api import BotApi, call_in_answer
from sandbox.telegram.control import TelegramControl
from sandbox.telegram.people import People
from sandbox.telegram.telegram import Telegram
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.stand_in import StandIn


class TelegramStandIn(StandIn):
    """Its people are everybody there is: who is on another messenger only is known here too, without a chat."""

    messengers: ClassVar[tuple[str, ...]] = ("telegram",)

    def __init__(self, infrastructure: Infrastructure) -> None:
        self.telegram = Telegram(infrastructure, call_in_answer)
        self.people = People(self.telegram)
        self.faults = self.telegram.faults
        self.control = TelegramControl(self.telegram, self.people)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        BotApi(self.telegram).add_routes(router)

    async def start(self, cast: Cast, url: str) -> list[CastUser]:  # noqa: ARG002 - no link of the Bot API names its host
        await self.telegram.start(cast)
        return []

    async def stop(self) -> None:
        await self.telegram.stop()

    def add_person(self, cast: CastUser) -> None:
        world = self.telegram.world
        user = world.add_user(cast)
        by_username = {bot.username: bot for bot in world.bots.values()}
        for username in cast.bots:
            world.open_chat(by_username[username], user)

    async def do_chores(self) -> None:
        await self.telegram.drop_gone_webhooks()

    def gateway_settings(self, url: str, gateway_url: str) -> dict[str, str]:  # noqa: ARG002
        return {}  # which bot is the shop and which the operators' is for whoever starts the gateway to say
