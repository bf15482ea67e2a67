"""What Meta is told to do with an account's updates: bring them to the app.

Idempotent: what is as it should be is not touched. Where Meta brings the app's updates, a person enters in the app's
dashboard.
"""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

from gateway.connectors.contract import Registration
from gateway.connectors.instagram.answers import Rejected
from gateway.connectors.instagram.client import ME, Client
from gateway.connectors.instagram.settings import Settings
from gateway.connectors.instagram.values import tables

NEEDED = ("messages", "messaging_postbacks", "messaging_seen", "messaging_referral", "message_reactions")
WELCOME = ("message_edit", "messaging_handover", "standby")
"""Fields that not every app has."""
OF_A_PAGE = ("messages", "messaging_postbacks", "message_reactions")
"""A page knows other names for the rest; what comes of Instagram is chosen in the app's dashboard."""
TOKEN_DAYS = 60
_WARNED_DAYS = 10

Json = Mapping[str, Any]


class Subscription:
    """The account's subscription to its app."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client = client
        self._is_page = settings.login == "facebook"
        self._path = f"{settings.page_id if self._is_page else ME}/subscribed_apps"
        self._needed = OF_A_PAGE if self._is_page else NEEDED
        self._made = settings.token_made if settings.login == "instagram" else None

    async def register(self) -> None:
        """Subscribes the app, unless it is. Raises as every call."""
        if not self._missing(await self._fields()):
            return
        try:
            await self._subscribe((*NEEDED, *WELCOME))
        except Rejected:
            # One unknown name refuses all of them.
            await self._subscribe(self._needed)

    async def registration(self, today: date) -> Registration:
        """Compares what Meta has with what is needed, and looks at the token's age."""
        missing = self._missing(await self._fields())
        if missing:
            told = f"Meta does not bring {', '.join(missing)} to the app; `gateway run` will ask for it"
            return Registration(mode="Meta app", drift=told)
        return Registration(mode="Meta app", drift=self._aged(today))

    def token_says(self, today: date) -> str:
        """How long the token is good for, in words; empty for a page's, which has no end."""
        if self._is_page:
            return ""
        if self._made is None:
            return "; nobody knows when its token ends: put the day it was made into `token_made`"
        return f"; its token is good until {self._end(self._made)}" if today <= self._end(self._made) else ""

    def _aged(self, today: date) -> str | None:
        if self._made is None:
            return None
        end = self._end(self._made)
        if today > end:
            return f"by `token_made` the token expired on {end}: get a new one, put it into `token` and the day into it"
        left = (end - today).days
        if left > _WARNED_DAYS:
            return None
        return f"the token expires on {end}, in {left} days: refresh it as the README says, and set `token_made` anew"

    @staticmethod
    def _end(made: date) -> date:
        return made + timedelta(days=TOKEN_DAYS)

    def _missing(self, fields: Collection[str]) -> list[str]:
        return [one for one in self._needed if one not in fields]

    async def _fields(self) -> set[str]:
        told = await self._client.get(self._path)
        return {str(field) for app in tables(told.get("data")) for field in app.get("subscribed_fields") or ()}

    async def _subscribe(self, fields: Collection[str]) -> None:
        await self._client.post(self._path, subscribed_fields=",".join(fields))
