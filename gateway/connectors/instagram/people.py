"""Who writes: the profile look-up, remembered for a while. What fails is forgotten for a while too, never raised.

A person shows their profile to an account only after they wrote to it, and Meta's look-up fails for much else; nothing
waits for it longer than `Lookup` lets it.
"""

import logging
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from gateway.connectors.instagram.client import Client
from gateway.errors import ChannelError, Refused

FIELDS = "name,username"
"""Not `profile_pic`: its address is good for days only, and nobody here shows it."""
_REMEMBERED = 20_000
_FRESH_SECONDS = 3600.0
_PAUSE_SECONDS = 30.0

log = logging.getLogger(__name__)

Json = Mapping[str, Any]
_NOTHING: Json = {}


class People:
    """Clients by id, as Instagram describes them, for as long as that is fresh."""

    def __init__(self, client: Client, clock: Callable[[], float] = monotonic) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[str, tuple[float, Json]] = {}
        self._not_before = 0.0

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
        self._keep(user, {name: told[name] for name in FIELDS.split(",") if told.get(name)})
        return self._known[user][1]

    async def of(self, user: str) -> Json:
        """The same, never raising: after a failure nobody is asked about for half a minute."""
        known = self.known(user)
        if known is not None or self._clock() < self._not_before:
            return known or _NOTHING
        try:
            return await self.ask(user)
        except ChannelError as error:
            self._not_before = self._clock() + _PAUSE_SECONDS
            log.info("profiles are not to be had: %s", error)
            return _NOTHING

    def known(self, user: str) -> Json | None:
        """What is fresh; None: they have to be asked about."""
        found = self._known.get(user)
        return found[1] if found is not None and self._clock() - found[0] <= _FRESH_SECONDS else None

    def _keep(self, user: str, told: Json) -> None:
        self._known.pop(user, None)
        while len(self._known) >= _REMEMBERED:
            self._known.pop(next(iter(self._known)))
        self._known[user] = (self._clock(), told)
