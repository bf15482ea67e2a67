"""The component in real Chromium, on a page of a site, with a small gateway behind it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, Request, async_playwright, expect

from tests.widget.server import Gateway
from tests.widget.stage import Chat, Site, serving

expect.set_options(timeout=20_000)  # a slow, loaded machine is no failure
SHOTS = Path(__file__).parents[1] / ".shots"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        )  # fmt: skip
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def gateway() -> AsyncIterator[Gateway]:
    gateway = Gateway()
    async with serving(gateway.app()) as url:
        gateway.url = url + "widget/site/"
        yield gateway
        await gateway.cut()


@pytest_asyncio.fixture(loop_scope="module")
async def site(gateway: Gateway) -> AsyncIterator[Site]:
    site = Site(gateway)
    app = web.Application()
    app.add_routes([web.get("/", site.page)])
    async with serving(app) as url:
        site.url = url
        yield site


@pytest_asyncio.fixture(loop_scope="module")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(locale="ru-RU", viewport={"width": 1280, "height": 800})
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(context: BrowserContext, site: Site, gateway: Gateway) -> AsyncIterator[Page]:
    """A tab whose errors, dialogs and requests to strangers fail the test at the end."""
    wrong: list[str] = []

    def note_request(request: Request) -> None:
        if not request.url.replace("//localhost:", "//127.0.0.1:").startswith(
            (site.url, gateway.url, gateway.url.replace("http", "ws"), "data:", "blob:")
        ):
            wrong.append(f"request: {request.url}")

    page = await context.new_page()
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
    page.on("request", note_request)
    yield page
    assert wrong == []


@pytest_asyncio.fixture(loop_scope="module")
async def chat(page: Page, site: Site) -> Chat:
    await page.goto(site.url)
    return Chat(page)


@pytest.fixture
def shots() -> Path:
    SHOTS.mkdir(exist_ok=True)
    return SHOTS
