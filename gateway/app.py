"""The composition root: starts a process of the gateway and keeps it until it is told to stop.

Only here and in process.py does everything meet; neither holds a rule of its own.
"""

import asyncio
import gc
import logging
import signal
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack

from gateway.bootstrap import open_infrastructure
from gateway.process import Process
from gateway.settings import Settings

log = logging.getLogger("gateway.app")

ROLES = ("web", "connectors", "router", "operator-bot", "archive")


async def run(settings: Settings, roles: Sequence[str] = ROLES, reload: Callable[[], Settings] | None = None) -> None:
    """Runs these roles until SIGTERM or SIGINT, then stops them cleanly.

    Args:
        settings: as they are now.
        roles: some of ROLES.
        reload: reads the settings again, for an account whose token was mended.

    Raises:
        GatewayError: it cannot start, or cannot go on; the text says what to change.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with open_infrastructure(settings) as infrastructure, AsyncExitStack() as stack:
        process = Process(settings, infrastructure, stack, reload)
        await process.start(roles)
        # What start-up made lives as long as the process: the collector need not walk it (measured: p99 157 → 16 ms).
        gc.collect()
        gc.freeze()
        log.info("gateway is up: %s", ", ".join(roles))
        await process.work(stop)
        log.info("gateway is stopping")
    log.info("gateway has stopped")
