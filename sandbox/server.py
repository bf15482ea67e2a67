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

from sandbox.avito.api import AvitoApi
from sandbox.avito.avito import Avito
from sandbox.avito.people import People as AvitoPeople
from sandbox.avito.staff import Staff as AvitoStaff
from sandbox.cast import Cast, CastUser, load_cast
from sandbox.clock import Clock, wall_ms
from sandbox.control import Control, change, new_token
from sandbox.events import Events
from sandbox.instagram.people import People as InstagramPeople
from sandbox.instagram.staff import Staff as InstagramStaff
from sandbox.ledger import Ledger
from sandbox.meta.graph import GraphApi
from sandbox.meta.meta import Meta
from sandbox.meta.records import Account
from sandbox.settings import Settings
from sandbox.shop.pages import ChatPlace
from sandbox.shop.shop import Shop, host_of
from sandbox.store import Store
from sandbox.telegram.api import BotApi, call_in_answer
from sandbox.telegram.injection import inject
from sandbox.telegram.people import Act, People
from sandbox.telegram.records import User
from sandbox.telegram.telegram import Telegram
from sandbox.vk.api import VkApi
from sandbox.vk.people import People as VkPeople
from sandbox.vk.staff import Staff as VkStaff
from sandbox.vk.vk import Vk
from sandbox.whatsapp.people import People as WhatsappPeople
from sandbox.whatsapp.staff import Staff as WhatsappStaff
from sandbox.wire import Json

_PAGE_FOLDER = Path(__file__).parent / "page"
_MAX_BODY = 64 * 1024 * 1024
_CHORES_EVERY_S = 5


class GatewayState(msgspec.Struct):
    """What the page says of the product that runs beside the sandbox."""

    state: str = "stopped"
    url: str | None = None
    note: str | None = None


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
        self.telegram = Telegram(
            store=self.store,
            events=self.events,
            ledger=self.ledger,
            clock=self.clock,
            settings=self.settings,
            call_in_answer=call_in_answer,
        )
        self.world = self.telegram.world
        self.people = People(self.telegram)
        self.vk = Vk(store=self.store, events=self.events, ledger=self.ledger, clock=self.clock, settings=self.settings)
        self.vk_people = VkPeople(self.vk)
        self.vk_staff = VkStaff(self.vk)
        self.meta = Meta(
            store=self.store, events=self.events, ledger=self.ledger, clock=self.clock, settings=self.settings
        )
        self.whatsapp_people, self.whatsapp_staff = WhatsappPeople(self.meta), WhatsappStaff(self.meta)
        self.instagram_people, self.instagram_staff = InstagramPeople(self.meta), InstagramStaff(self.meta)
        self.avito = Avito(
            store=self.store, events=self.events, ledger=self.ledger, clock=self.clock, settings=self.settings
        )
        self.avito_people = AvitoPeople(self.avito)
        self.avito_staff = AvitoStaff(self.avito)
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
        BotApi(self.telegram).add_routes(app.router)
        VkApi(self.vk).add_routes(app.router)
        GraphApi(self.meta).add_routes(app.router)
        AvitoApi(self.avito).add_routes(app.router)
        Control(self, is_open=self._is_control_open).add_routes(app.router)
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
        await self.telegram.start(self._cast)
        users = (
            *self.vk.start(self._cast, self.url),
            *self.meta.start(self._cast, self.url),
            *self.avito.start(self._cast, self.url),
        )
        for user in users:
            if user.id not in self.world.users:  # a world of before there was that messenger in it
                self.world.add_user(user)
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
        await self.telegram.stop()
        await self.vk.stop()
        await self.meta.stop()
        await self.avito.stop()
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
        for user in self.world.users.values():
            if name in (user.username, user.name, user.name.partition(" ")[0]):
                return user.id
        raise KeyError(name)

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

    def add_user(self, cast: CastUser) -> User:
        """Adds a person, with the chats and dialogs of the cast."""
        user = self.world.add_user(cast)
        if cast.communities:
            self.vk.world.add_person(cast)
        if cast.whatsapp or cast.instagram:
            self.meta.world.add_person(cast)
        if cast.listings:
            self.avito.world.add_buyer(cast)
        for username in cast.bots:
            self.world.open_chat(self.world.bots[self.bot(username).id], user)
        return user

    def inject(self, bot_id: int, update: Json) -> Act:
        """Queues a raw update for a bot, such as a group's message; raises ActError."""
        return inject(self.telegram, bot_id, update)

    def revoke_token(self, bot_id: int) -> str:
        """Gives the bot a new token, returned; the old one is answered 401."""
        token = new_token(bot_id)
        self.world.replace_token(self.world.bots[bot_id], token)
        return token

    def revoke_community_token(self, community_id: int) -> str:
        """Gives a VK community a new token, returned; the old one is answered with error 5."""
        token = f"vk1.a.{secrets.token_urlsafe(40)}"
        self.vk.world.replace_token(self.vk.world.communities[community_id], token)
        return token

    def change_settings(self, given: Json) -> None:
        """Changes some settings by name while everything runs."""
        change(self.settings, given)
        if "ledger_kept" in given:
            self.ledger.keep(self.settings.ledger_kept)
        self.events.publish("state")

    def show_gateway(self, state: str, url: str | None = None, note: str | None = None) -> None:
        """Tells the page how the product is."""
        self.gateway = GatewayState(state, url, note)
        self.events.publish("state")

    async def _do_chores(self) -> None:
        while True:
            await asyncio.sleep(_CHORES_EVERY_S)
            await self.telegram.drop_gone_webhooks()


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
