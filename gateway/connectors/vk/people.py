"""Who writes: users.get, asked for many at once and remembered for a while. What fails is forgotten, never raised."""

import logging
from collections.abc import Callable, Iterable, Mapping
from time import monotonic

from gateway.connectors.toolkit.people import ProfileCache
from gateway.connectors.toolkit.values import Json
from gateway.connectors.vk.client import Client
from gateway.connectors.vk.values import positive
from gateway.errors import ChannelError

FIELDS = ("photo_200", "screen_name")
_AT_ONCE = 1000

log = logging.getLogger(__name__)


class People:
    """Users by id, as VK describes them, for as long as that is fresh."""

    def __init__(self, client: Client, clock: Callable[[], float] = monotonic) -> None:
        self._client = client
        self._cache = ProfileCache[int](clock)

    async def ask(self, users: Iterable[int]) -> dict[int, Json]:
        """Those that VK told of.

        Raises:
            TryLater, Refused, Uncertain, Unauthorized: as every call.
        """
        wanted = dict.fromkeys(users)
        missing = [one for one in wanted if self._cache.fresh(one) is None]
        for at in range(0, len(missing), _AT_ONCE):
            told = await self._client.call("users.get", user_ids=missing[at : at + _AT_ONCE], fields=FIELDS)
            for one in told if isinstance(told, list) else ():
                if isinstance(one, Mapping) and (user := positive(one.get("id"))):
                    self._cache.keep(user, one)
        return self._told(wanted)

    async def of(self, users: Iterable[int]) -> dict[int, Json]:
        """Those that are known or can be asked for; after a failure only what is known, for half a minute."""
        wanted = list(users)
        if not self._cache.is_paused:
            try:
                return await self.ask(wanted)
            except ChannelError as error:
                self._cache.pause()
                log.info("profiles are not to be had: %s", error)
        return self._told(wanted)

    def _told(self, users: Iterable[int]) -> dict[int, Json]:
        return {one: told for one in users if (told := self._cache.last(one)) is not None}
