"""Runs a recorder as a process of its own, to be killed at any moment: redis url, prefix, archive url."""

import asyncio
import sys

from gateway.archive.recorder import Recorder
from gateway.archive.writer import Writer
from gateway.model.ids import DeskId
from gateway.streams.connection import Store
from gateway.streams.keys import Keys


async def main(redis_url: str, prefix: str, archive_url: str) -> None:
    store = Store(redis_url, Keys(prefix, DeskId("main")))
    await Recorder(store, Writer(archive_url, DeskId("main")), force_lease=True).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
