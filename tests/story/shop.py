"""The sandbox's shop with the widget on it, before real browsers: the shop's server, the gateway, the network between.

What a browser complains of fails the test, but for what the test has announced.
"""

import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from sandbox.shop.shop import AVATAR
from tests.story.cut import Network
from tests.story.stage import LIFTED_SITE, Stage, until

SHOTS = Path(__file__).parents[1] / ".shots"
SLOW_MS = 30_000
LOOK = {
    "TITLE": "Ромашка",
    "GREETING": "Здравствуйте! Поможем выбрать букет.",
    "COLOR": "#2f6b4f",
    "AVATAR": str(AVATAR),
}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
WIDTHS = pytest.mark.parametrize("traits", [DESKTOP, PHONE], ids=["desktop", "phone"])
AWAY = re.compile(r"Failed to load resource: net::ERR_|^WebSocket connection to .* failed")
"""What a browser itself says of a network or a server that is away."""
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SEEN = """list => Promise.all([...list.querySelectorAll(".pic img")].map(one => one.decode()))"""


class Chat:
    """The widget as a visitor has it before the eyes; in a frame, if one is given."""

    def __init__(self, page: Page, root: Locator | None = None) -> None:
        self.page = page
        self.root = root or page.locator("open-lines")
        self.bubble = self.root.locator(".bubble")
        self.panel = self.root.locator(".panel")
        self.field = self.root.locator("textarea")
        self.note = self.root.locator(".note")
        self.typing = self.root.locator(".typing")
        self.rows = self.root.locator(".row[id]")
        self.words = self.rows.locator(".b")

    async def open(self) -> None:
        await self.bubble.click()
        await expect(self.panel).to_be_visible()

    async def comes_back(self) -> None:
        """The page anew. On a phone the chat covers the page, and does not come up by itself."""
        await self.page.reload()
        if self.page.viewport_size == PHONE["viewport"]:
            await self.open()

    async def write(self, text: str) -> None:
        await self.field.fill(text)
        await self.root.get_by_role("button", name="Отправить").click()

    async def attach(self, name: str, kind: str, content: bytes) -> None:
        async with self.page.expect_file_chooser() as chooser:
            await self.root.get_by_role("button", name="Прикрепить файл").click()
        await (await chooser.value).set_files([{"name": name, "mimeType": kind, "buffer": content}])
        await expect(self.root.locator(".chip")).to_have_text(name)

    def row(self, text: str) -> Locator:
        """The newest message with these words."""
        return self.rows.filter(has_text=text).last

    async def shows(self, *texts: str) -> None:
        """These messages and no others, in this order."""
        await expect(self.rows.locator(".text")).to_have_text(list(texts))

    async def shoot(self, name: str) -> None:
        """Screenshots of this moment in both themes, once nothing moves and every picture is there."""
        SHOTS.mkdir(exist_ok=True)
        width = self.page.viewport_size["width"] if self.page.viewport_size else 0
        await self.page.mouse.move(0, 0)
        if await self.panel.is_visible():
            await self.root.locator(".log").evaluate(SEEN)
        for scheme in ("dark", "light"):
            await self.page.emulate_media(color_scheme=scheme)
            if scheme == "dark":
                await expect(self.root.locator(".root")).to_have_class(re.compile("dark"))
            else:
                await expect(self.root.locator(".root")).not_to_have_class(re.compile("dark"))
            await self.page.screenshot(path=SHOTS / f"shop-{name}-{width}-{scheme}.png", animations="disabled")


class Browsers:
    """Everybody's browsers on this machine. `wrong` has all that they complained of; `may_say` takes from it."""

    def __init__(self, browser: Browser, shop: str) -> None:
        self._browser, self.shop = browser, shop
        self.wrong: list[str] = []

    async def somebody(self, **traits: Any) -> BrowserContext:
        """A browser of somebody who was never here."""
        return await self._browser.new_context(**{"locale": "ru-RU", **DESKTOP, **traits})

    async def tab(self, context: BrowserContext, address: str | None = None) -> Chat:
        """A tab at the shop, or at an address."""
        page = await context.new_page()
        page.set_default_timeout(SLOW_MS)
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("console", lambda told: self.wrong.append(told.text) if told.type == "error" else None)
        await page.goto(address or f"{self.shop}/shop/")
        return Chat(page)

    async def visitor(self, **traits: Any) -> Chat:
        """Somebody new at the shop, with the chat open."""
        chat = await self.tab(await self.somebody(**traits))
        await chat.open()
        return chat

    def may_say(self, pattern: re.Pattern[str]) -> Sequence[str]:
        """What was complained of in these words, which was to be expected."""
        said = [one for one in self.wrong if pattern.search(one)]
        self.wrong[:] = [one for one in self.wrong if not pattern.search(one)]
        return said


@asynccontextmanager
async def opened(
    folder: Path, chromium: str, *, origins: Sequence[str] = ()
) -> AsyncIterator[tuple[Stage, Network, Browsers]]:
    """The shop is open, both operators are in, the gateway is reached over the network that may be cut."""
    expect.set_options(timeout=SLOW_MS)
    async with Stage(folder, widget={**LIFTED_SITE, **LOOK}) as stage:
        _share(stage, origins)
        await stage.open()
        async with Network(int(stage.gateway.url.rpartition(":")[2])) as network, async_playwright() as playwright:
            stage.sandbox.gateway.state, stage.sandbox.gateway.url = "running", network.url
            browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            browsers = Browsers(browser, stage.sandbox.url)
            yield stage, network, browsers
            await browser.close()
            assert browsers.wrong == []


async def come_true(what: Any, told: Any) -> None:
    async def is_true() -> bool:
        return bool(what())

    await until(is_true, told)


def _share(stage: Stage, origins: Sequence[str]) -> None:
    """What the shop and the gateway must both know."""
    site = "GATEWAY_LINES__SALES__ACCOUNTS__SITE__"
    stage.gateway.environment[f"{site}ORIGINS"] = json.dumps([stage.sandbox.url, *origins])
    stage.gateway.environment[f"{site}IDENTITY_SECRET"] = stage.sandbox.shop.identity_secret
