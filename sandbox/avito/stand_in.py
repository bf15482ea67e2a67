"""The stand-in of Avito: a seller's side of its messenger, and the buyers who look at listings."""

from typing import ClassVar

from aiohttp import web

from sandbox.avito.api import AvitoApi
from sandbox.avito.avito import Avito
from sandbox.avito.control import AvitoControl
from sandbox.avito.people import People
from sandbox.avito.staff import Staff
from sandbox.cast import Cast, CastUser
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.stand_in import StandIn, account_settings


class AvitoStandIn(StandIn):
    messengers: ClassVar[tuple[str, ...]] = ("avito",)

    def __init__(self, infrastructure: Infrastructure) -> None:
        self.avito = Avito(infrastructure)
        self.people, self.staff = People(self.avito), Staff(self.avito)
        self.faults = self.avito.faults
        self.control = AvitoControl(self.avito, self.people, self.staff)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        AvitoApi(self.avito).add_routes(router)

    async def start(self, cast: Cast, url: str) -> list[CastUser]:
        return self.avito.start(cast, url)

    async def stop(self) -> None:
        await self.avito.stop()

    def add_person(self, cast: CastUser) -> None:
        if cast.listings:
            self.avito.world.add_buyer(cast)

    def gateway_settings(self, url: str, gateway_url: str) -> dict[str, str]:  # noqa: ARG002
        """The first of the sellers; it is asked for news, as nobody outside can reach the gateway."""
        for seller in self.avito.world.sellers.values():
            own = {
                "CHANNEL": "avito",
                "CLIENT_ID": seller.client_id,
                "CLIENT_SECRET": seller.client_secret,
                "API_URL": url,
                "MODE": "polling",
                "POLL_SECONDS": "1",
            }
            return account_settings(seller.nick, own)
        return {}
