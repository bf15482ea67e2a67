"""The sandbox as one object: world, servers and page on one port. Tests start it in-process, __main__ for people.

Nothing of the product that is developed against it is ever imported here.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from aiohttp import web

from sandbox.avito.stand_in import AvitoStandIn
from sandbox.cast import Cast, CastUser, load_cast
from sandbox.clock import Clock, wall_ms
from sandbox.control import Control
from sandbox.directory import Directory
from sandbox.events import Events
from sandbox.fault_rules import FaultRules
from sandbox.gateway_state import GatewayState
from sandbox.ledger import Ledger
from sandbox.meta.records import Account
from sandbox.meta.stand_in import MetaStandIn
from sandbox.registry import self_registered
from sandbox.settings import Settings
from sandbox.shop.pages import ChatPlace
from sandbox.shop.shop import Shop, host_of
from sandbox.store import Store
from sandbox.telegram.injection import inject
from sandbox.telegram.people import Act
from sandbox.telegram.records import User
from sandbox.telegram.stand_in import TelegramStandIn
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.stand_in import StandIn
from sandbox.vk.stand_in import VkStandIn
from sandbox.wire import Json

_PAGE_FOLDER = Path(__file__).parent / "page"
_MAX_BODY = 64 * 1024 * 1024
_CHORES_EVERY_S = 5


class Sandbox:
    """`async with Sandbox() as sandbox:` serves on a free loopback port and keeps nothing; `sandbox.url` is where.

    Settings may be given by name (`limits=False`); `now_ms` replaces the wall clock. `people` acts for persons,
    `world` and `ledger` tell what there is and what happened.
    """

    def __init__(
        self,
        *,
        folder: Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        cast: Cast | None = None,
        now_ms: Callable[[], int] = wall_ms,
        ledger_file: Path | None = None,
        is_control_open: bool = False,
        **settings: object,
    ) -> None:
        self.settings = msgspec.convert(settings, Settings)
        self.clock = Clock(now_ms)
        self.events = Events(self.clock)
        self.ledger = Ledger(self.clock, self.settings.ledger_kept, ledger_file)
        self.store = Store(folder)
        self._infrastructure = Infrastructure(self.store, self.events, self.ledger, self.clock, self.settings)

        on_telegram = TelegramStandIn(self._infrastructure)
        self.telegram, self.people = on_telegram.telegram, on_telegram.people
        self.world = self.telegram.world
        on_vk = VkStandIn(self._infrastructure)
        self.vk, self.vk_people, self.vk_staff = on_vk.vk, on_vk.people, on_vk.staff
        on_meta = MetaStandIn(self._infrastructure)
        self.meta = on_meta.meta
        self.whatsapp_people, self.whatsapp_staff = on_meta.whatsapp_people, on_meta.whatsapp_staff
        self.instagram_people, self.instagram_staff = on_meta.instagram_people, on_meta.instagram_staff
        on_avito = AvitoStandIn(self._infrastructure)
        self.avito, self.avito_people, self.avito_staff = on_avito.avito, on_avito.people, on_avito.staff
        self.stand_ins: tuple[StandIn, ...] = (on_telegram, on_vk, on_meta, on_avito)
        self.stand_ins += self_registered(self._infrastructure)

        self.directory = Directory(self.world, self.stand_ins)
        self.fault_rules = FaultRules(self.stand_ins)
        self.gateway = GatewayState()
        self.shop = Shop(self.store, now_ms, lambda: ChatPlace(self.gateway.url, self.gateway.state == "running"))
        self._cast = cast or load_cast()
        self._address = (host, port)
        self._is_control_open = is_control_open
        self._runner: web.AppRunner | None = None
        self._chores: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """`http://host:port`: the page, and the base for a client's `api_url`."""
        host, port = self._address
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    async def start(self) -> None:
        """Serves; raises OSError when the port is taken."""
        app = web.Application(client_max_size=_MAX_BODY)
        for stand_in in self.stand_ins:
            stand_in.add_routes(app.router)
        Control(
            self._infrastructure, self.stand_ins, self.directory, self.gateway, is_open=self._is_control_open
        ).add_routes(app.router)
        self.shop.add_routes(app.router)
        app.router.add_get("/", _page)
        app.router.add_get("/page/{path:.+}", _page)
        # A client that hangs up ends its long poll, and a fault that never answers.
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        host, port = self._address
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError:
            await self.stop()
            raise
        self._address = (host, self._runner.addresses[0][1])
        for stand_in in self.stand_ins:
            for person in await stand_in.start(self._cast, self.url):
                self.directory.know(person)
        self.store.start(self.ledger.flush)
        self._chores = asyncio.create_task(self._do_chores())

    async def stop(self) -> None:
        """Stops serving and writes down everything."""
        self.events.close()
        if self._chores is not None:
            self._chores.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._chores
        if self._runner is not None:
            await self._runner.cleanup()
        for stand_in in self.stand_ins:
            await stand_in.stop()
        await self.store.stop()
        self.ledger.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def bot(self, username: str) -> "BotHandle":
        """A bot's id and token by its username."""
        for bot in self.world.bots.values():
            if bot.username == username:
                return BotHandle(bot.id, bot.token)
        raise KeyError(username)

    def user(self, name: str) -> int:
        """A person's id by username or by name."""
        return self.directory.id_of(name)

    def community(self, screen_name: str) -> "BotHandle":
        """A VK community's id and token by its short name."""
        for community in self.vk.world.communities.values():
            if community.screen_name == screen_name:
                return BotHandle(community.id, community.token)
        raise KeyError(screen_name)

    def account(self, username: str) -> Account:
        """A phone on WhatsApp or an account on Instagram by its short name."""
        return self.meta.world.account(username)

    def seller(self, nick: str) -> "SellerHandle":
        """A seller's id and keys on Avito, and its first listing; without any, the place of its chats is itself."""
        for seller in self.avito.world.sellers.values():
            if seller.nick == nick:
                own = [one.id for one in self.avito.world.listings.values() if one.seller_id == seller.id]
                return SellerHandle(seller.id, seller.client_id, seller.client_secret, [*own, seller.id][0])
        raise KeyError(nick)

    def stand_in(self, messenger: str) -> StandIn:
        """The stand-in of a messenger by its name in acts."""
        for one in self.stand_ins:
            if messenger in one.messengers:
                return one
        raise KeyError(messenger)

    def add_user(self, cast: CastUser) -> User:
        """Adds a person, with the chats and dialogs of the cast."""
        return self.directory.add(cast)

    def inject(self, bot_id: int, update: Json) -> Act:
        """Queues a raw update for a bot, such as a group's message; raises ActError."""
        return inject(self.telegram, bot_id, update)

    def revoke_token(self, bot_id: int) -> str:
        """Gives the bot a new token, returned; the old one is answered 401."""
        return self.telegram.revoke_token(self.world.bots[bot_id])

    def revoke_community_token(self, community_id: int) -> str:
        """Gives a VK community a new token, returned; the old one is answered with error 5."""
        token = f"vk1.a.{secrets.token_urlsafe(40)}"
        self.vk.world.replace_token(self.vk.world.communities[community_id], token)
        return token

    def change_settings(self, given: Json) -> None:
        """Changes some settings by name while everything runs."""
        self._infrastructure.change_settings(given)

    def show_gateway(self, state: str, url: str | None = None, note: str | None = None) -> None:
        """Tells the page how the product is."""
        self.gateway.state, self.gateway.url, self.gateway.note = state, url, note
        self.events.publish("state")

    async def _do_chores(self) -> None:
        while True:
            await asyncio.sleep(_CHORES_EVERY_S)
            for stand_in in self.stand_ins:
                await stand_in.do_chores()


class BotHandle(msgspec.Struct, frozen=True):
    id: int
    token: str


class SellerHandle(msgspec.Struct, frozen=True):
    id: int
    client_id: str
    client_secret: str
    listing: int


async def _page(request: web.Request) -> web.StreamResponse:
    """Files of the page, never anything outside its folder."""
    path = (_PAGE_FOLDER / request.match_info.get("path", "index.html")).resolve()
    if not path.is_relative_to(_PAGE_FOLDER.resolve()) or not path.is_file():
        raise web.HTTPNotFound(text="There is no such page.")
    frames = f"frame-src {request.scheme}://{host_of(request)}/shop/"
    return web.FileResponse(path, headers={"Cache-Control": "no-cache", "Content-Security-Policy": frames})
