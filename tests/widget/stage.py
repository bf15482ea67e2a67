"""What the tests act with: somebody's site, and the widget on it as a visitor has it before the eyes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from playwright.async_api import Locator, Page, expect

from tests.widget.server import Gateway


async def until(condition: Callable[[], object], what: str) -> None:
    """Waits for what the other side of the wire does not announce."""
    for _ in range(3000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(what)


class Site:
    """A site of somebody's: one page, with what a test wants in it."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.url = ""
        self.attributes = ""
        self.language = "ru"
        self.head = ""
        self.body = "<h1>Ромашка</h1><p>Букеты на каждый день</p><button>Купить</button>"
        self.csp = ""
        self.report_csp = ""

    async def page(self, request: web.Request) -> web.StreamResponse:
        html = (
            f'<!doctype html><html lang="{self.language}"><head><meta charset="utf-8"><title>Ромашка</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">{self.head}</head><body>'
            f'<main>{self.body}</main><script async src="{self.gateway.url}widget.js" {self.attributes}></script>'
            f"</body></html>"
        )
        policies = {"Content-Security-Policy": self.csp, "Content-Security-Policy-Report-Only": self.report_csp}
        headers = {name: policy for name, policy in policies.items() if policy}
        return web.Response(text=html, content_type="text/html", headers=headers)


class Chat:
    """The widget on a page, as a visitor has it before the eyes."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator("open-lines")
        self.bubble = self.root.locator(".bubble")
        self.panel = self.root.locator(".panel")
        self.field = self.root.locator("textarea")
        self.rows = self.root.locator(".row[id]")
        self.note = self.root.locator(".note")
        self.badge = self.root.locator(".badge")

    def own(self) -> Locator:
        return self.root.locator(".row.own .b")

    def their(self) -> Locator:
        return self.root.locator(".row.their[id] .b")

    def state(self, name: str) -> Locator:
        return self.root.locator(f".s.{name}")

    async def write(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")

    async def open(self) -> None:
        await self.bubble.click()
        await expect(self.panel).to_be_visible()


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        await runner.cleanup()
