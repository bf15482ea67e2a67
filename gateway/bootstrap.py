"""What every command stands on: Redis, ours or somebody's, checked before anything is done with it."""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from msgspec import Struct

from gateway.model.ids import DeskId
from gateway.settings import Settings
from gateway.streams.connection import Store, connect
from gateway.streams.embedded import EmbeddedServer, running_url
from gateway.streams.intake import Intake
from gateway.streams.keys import Keys

log = logging.getLogger("gateway.bootstrap")


def now_ms() -> int:
    """The wall clock, in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class Infrastructure(Struct, frozen=True):
    """The store and the way into its inboxes."""

    store: Store
    intake: Intake
    is_ours: bool
    """The server is embedded and its folder locked by us: whoever held a lease before is dead."""


@asynccontextmanager
async def open_infrastructure(settings: Settings, *, beside: bool = False) -> AsyncIterator[Infrastructure]:
    """Redis, ready to be used. `beside` a running gateway its embedded server is used, not taken over.

    Raises:
        StoreRefused, StoreUnavailable: it cannot be used; a sentence says what to change.
    """
    async with AsyncExitStack() as stack:
        url, is_ours = settings.redis_url.get_secret_value(), False
        if not url and beside:
            url = running_url(settings.data_dir) or ""
        if not url:
            server = EmbeddedServer()
            url, is_ours = await server.start(settings.data_dir), True
            stack.push_async_callback(server.stop)
        store = connect(url, Keys(settings.redis_prefix, DeskId(settings.desk)))
        stack.push_async_callback(store.close)
        info = await store.check(allow_everysec=settings.allow_everysec)
        log.info("redis: %s at %s%s", info.version, store.address, " (embedded)" if is_ours else "")
        intake = Intake(store, now_ms)
        stack.push_async_callback(intake.close)
        yield Infrastructure(store, intake, is_ours)
