"""What every test may ask for: a real Redis-protocol server for the session, a fresh key prefix for each test."""

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from gateway.model.ids import DeskId
from gateway.streams.connection import Store
from gateway.streams.embedded import EmbeddedServer
from gateway.streams.intake import Intake
from gateway.streams.keys import Keys

# Machines here are noisy: how long one example takes says nothing, pytest-timeout ends what hangs.
settings.register_profile("noisy", settings(), deadline=None)
settings.load_profile("noisy")


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The embedded server, as a gateway would start it; one for each worker of the run."""
    server = EmbeddedServer()
    with asyncio.Runner() as runner:
        yield runner.run(server.start(tmp_path_factory.mktemp("data")))
        runner.run(server.stop())


@pytest.fixture
def keys() -> Keys:
    return Keys(f"test-{secrets.token_hex(4)}", DeskId("main"))


@pytest.fixture
async def store(redis_url: str, keys: Keys) -> AsyncIterator[Store]:
    store = Store(redis_url, keys)
    yield store
    await store.close()


@pytest.fixture
async def own_store(tmp_path: Path, keys: Keys) -> AsyncIterator[Store]:
    """A store on a server of its own."""
    server = EmbeddedServer()
    store = Store(await server.start(tmp_path), keys)
    yield store
    await store.close()
    await server.stop()


@pytest.fixture
async def intake(store: Store) -> AsyncIterator[Intake]:
    intake = Intake(store)
    yield intake
    await intake.close()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path; a missing one fails with the line to type."""
    for candidate in (os.environ.get("CHROMIUM"), shutil.which("chromium"), shutil.which("chromium-browser")):
        if candidate and Path(candidate).is_file():
            return candidate
    pytest.fail("No Chromium here. Type: apt-get install -y chromium (or set CHROMIUM to the path of one).")
