"""The stand-in of Meta: the Graph API with WhatsApp's and Instagram's businesses, and the people who write to them."""

from typing import ClassVar

from aiohttp import web

from sandbox.cast import Cast, CastUser
from sandbox.instagram.people import People as InstagramPeople
from sandbox.instagram.staff import Staff as InstagramStaff
from sandbox.meta.control import MetaControl
from sandbox.meta.graph import GraphApi
from sandbox.meta.meta import Meta
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.stand_in import StandIn, account_settings
from sandbox.whatsapp.people import People as WhatsappPeople
from sandbox.whatsapp.staff import Staff as WhatsappStaff


class MetaStandIn(StandIn):
    messengers: ClassVar[tuple[str, ...]] = ("whatsapp", "instagram")

    def __init__(self, infrastructure: Infrastructure) -> None:
        self.meta = Meta(infrastructure)
        self.whatsapp_people, self.whatsapp_staff = WhatsappPeople(self.meta), WhatsappStaff(self.meta)
        self.instagram_people, self.instagram_staff = InstagramPeople(self.meta), InstagramStaff(self.meta)
        self.faults = self.meta.faults
        self.control = MetaControl(
            self.meta,
            (self.whatsapp_people, self.whatsapp_staff),
            (self.instagram_people, self.instagram_staff),
        )

    def add_routes(self, router: web.UrlDispatcher) -> None:
        GraphApi(self.meta).add_routes(router)

    async def start(self, cast: Cast, url: str) -> list[CastUser]:
        return self.meta.start(cast, url)

    async def stop(self) -> None:
        await self.meta.stop()

    def add_person(self, cast: CastUser) -> None:
        if cast.whatsapp or cast.instagram:
            self.meta.world.add_person(cast)

    def gateway_settings(self, url: str, gateway_url: str) -> dict[str, str]:
        """WhatsApp's phones, Instagram's accounts, and their apps, which want the gateway's own address too."""
        world = self.meta.world
        settings = {"GATEWAY_PUBLIC_URL": gateway_url} if world.accounts else {}
        for app in world.apps.values():
            named = f"GATEWAY_APPS__{app.name.upper()}__"
            settings |= {f"{named}SECRET": app.secret, f"{named}VERIFY_TOKEN": app.verify_token}
        for account in world.accounts.values():
            own = {"CHANNEL": account.messenger, "APP": account.app, "TOKEN": account.token}
            if account.messenger == "whatsapp":
                own |= {"PHONE_NUMBER_ID": account.id, "WABA_ID": account.owner_id, "API_URL": f"{url}/v23.0"}
            else:
                own |= {"INSTAGRAM_ID": account.id, "API_URL": url}
            settings |= account_settings(account.username, own)
        return settings

    async def on_gateway_ready(self, gateway_url: str) -> None:
        await self.meta.set_callbacks(gateway_url)
