"""Who writes: users.get, asked for many at once and remembered for a while. What fails is forgotten, never raised."""

import logging
from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import Any

from gateway.connectors.vk.client import Client
from gateway.connectors.vk.values import positive
from gateway.errors import ChannelError

FIELDS = ("photo_200", "screen_name")
_AT_ONCE = 1000
_REMEMBERED = 20_000
_FRESH_SECONDS = 3600.0
_PAUSE_SECONDS = 30.0

log = logging.getLogger(__name__)

Json = Mapping[str, Any]


class People:
    """Users by id, as VK describes them, for as long as that is fresh."""

    def __init__(self, client: Client, clock: Callable[[], float] = monotonic) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[int, tuple[float, Json]] = {}
        self._not_before = 0.0

    async def ask(self, users: Iterable[int]) -> dict[int, Json]:
        """Those that VK told of.

        Raises:
            TryLater, Refused, Uncertain, Unauthorized: as every call.
        """
        now = self._clock()
        wanted = dict.fromkeys(users)
        missing = [one for one in wanted if one not in self._known or now - self._known[one][0] > _FRESH_SECONDS]
        for at in range(0, len(missing), _AT_ONCE):
            told = await self._client.call("users.get", user_ids=missing[at : at + _AT_ONCE], fields=FIELDS)
            for one in told if isinstance(told, list) else ():
                if isinstance(one, Mapping) and (user := positive(one.get("id"))):
                    self._keep(user, now, one)
        return {one: self._known[one][1] for one in wanted if one in self._known}

    async def of(self, users: Iterable[int]) -> dict[int, Json]:
        """Those that are known or can be asked for; after a failure only what is known, for half a minute."""
        wanted = list(users)
        if self._clock() >= self._not_before:
            try:
                return await self.ask(wanted)
            except ChannelError as error:
                self._not_before = self._clock() + _PAUSE_SECONDS
                log.info("profiles are not to be had: %s", error)
        return {one: self._known[one][1] for one in wanted if one in self._known}

    def _keep(self, user: int, now: float, told: Json) -> None:
        self._known.pop(user, None)
        while len(self._known) >= _REMEMBERED:
            self._known.pop(next(iter(self._known)))
        self._known[user] = (now, told)
