"""Who writes: the profile look-up, remembered for a while. What fails is forgotten for a while too, never raised.

A person shows their profile to an account only after they wrote to it, and Meta's look-up fails for much else; nothing
waits for it longer than `Lookup` lets it.
"""

import logging
from collections.abc import Callable
from time import monotonic

from gateway.connectors.instagram.client import Client
from gateway.connectors.toolkit.people import ProfileCache
from gateway.connectors.toolkit.values import Json
from gateway.errors import ChannelError, Refused

FIELDS = "name,username"
"""Not `profile_pic`: its address is good for days only, and nobody here shows it."""

log = logging.getLogger(__name__)

_NOTHING: Json = {}


class People:
    """Clients by id, as Instagram describes them, for as long as that is fresh."""

    def __init__(self, client: Client, clock: Callable[[], float] = monotonic) -> None:
        self._client = client
        self._cache = ProfileCache[str](clock)

    async def ask(self, user: str) -> Json:
        """What Instagram tells of them; empty: nothing.

        Raises:
            TryLater, Unauthorized: it cannot be asked now.
        """
        known = self.known(user)
        if known is not None:
            return known
        try:
            told = await self._client.get(user, fields=FIELDS)
        except Refused as error:
            # Their consent is missing, or they are gone: asking again at each of their words would not help.
            log.info("a profile is not shown: %s", error)
            told = _NOTHING
        return self._cache.keep(user, {name: told[name] for name in FIELDS.split(",") if told.get(name)})

    async def of(self, user: str) -> Json:
        """The same, never raising: after a failure nobody is asked about for half a minute."""
        known = self.known(user)
        if known is not None or self._cache.is_paused:
            return known or _NOTHING
        try:
            return await self.ask(user)
        except ChannelError as error:
            self._cache.pause()
            log.info("profiles are not to be had: %s", error)
            return _NOTHING

    def known(self, user: str) -> Json | None:
        """What is fresh; None: they have to be asked about."""
        return self._cache.fresh(user)
