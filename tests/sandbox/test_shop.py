"""The shop's site in a real browser: with no chat, with one that comes late, and with whoever has logged in.

The gateway's chat is a stand-in at the wire that writes down which calls of its API it hears. Every error in the
console, and every request to another address than these two, fails the test.
"""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import (
    Browser,
    ConsoleMessage,
    FrameLocator,
    Page,
    Request,
    ViewportSize,
    async_playwright,
    expect,
)
from yarl import URL

from sandbox.server import Sandbox

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHOTS = Path(__file__).parents[1] / ".shots"
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PATHS = [
    "",
    "delivery",
    *(f"goods/{slug}" for slug in ("field", "peony", "tulips", "lavender", "sunflowers", "basket")),
]

# As the widget: calls made before it loads wait in a queue, and its own come straight.
CHAT = """(() => {
  const calls = (window.heard = []);
  const early = window.OpenLines?.queue ?? [];
  const call = (name) => (...given) => calls.push([name, ...given]);
  window.OpenLines = { open: call("open"), identify: call("identify") };
  for (const [name, ...given] of early) window.OpenLines[name](...given);
})();"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(limits=False) as sandbox:
        yield sandbox


class Chat:
    """What the gateway serves of its chat; `is_built` says whether the script is there."""

    def __init__(self) -> None:
        self.url = ""
        self.is_built = True
        self.asked = 0
        self.sessions = 0

    async def script(self, _request: web.Request) -> web.Response:
        self.asked += 1
        if not self.is_built:
            raise web.HTTPNotFound
        return web.Response(text=CHAT, content_type="text/javascript")

    async def session(self, _request: web.Request) -> web.Response:
        self.sessions += 1
        return web.json_response({}, headers={"Access-Control-Allow-Origin": "*"})


@pytest_asyncio.fixture(loop_scope="module")
async def chat() -> AsyncIterator[Chat]:
    chat = Chat()
    app = web.Application()
    app.router.add_get("/widget/site/widget.js", chat.script)
    app.router.add_post("/widget/site/session", chat.session)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    chat.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield chat
    await runner.cleanup()


@asynccontextmanager
async def watched(browser: Browser, *known: str, expected: tuple[str, ...] = ()) -> AsyncIterator[Page]:
    """A page whose errors and requests to strangers fail at the end; `expected` are parts of errors that may come."""
    wrong: list[str] = []

    def note(told: ConsoleMessage) -> None:
        if told.type in ("error", "warning") and not any(part in told.text for part in expected):
            wrong.append(f"console: {told.text}")

    def ask(request: Request) -> None:
        if not request.url.startswith((*known, "data:", "blob:")):
            wrong.append(f"request: {request.url}")

    context = await browser.new_context(viewport=DESKTOP, locale="ru-RU")
    page = await context.new_page()
    page.on("console", note)
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("request", ask)
    yield page
    await context.close()
    assert wrong == []


async def test_the_shop_has_six_goods_each_with_its_address_and_title(browser: Browser, sandbox: Sandbox) -> None:
    async with watched(browser, sandbox.url) as page:
        await page.goto(f"{sandbox.url}/shop")
        assert page.url == f"{sandbox.url}/shop/"
        cards = page.locator(".card")
        await expect(cards).to_have_count(6)
        names = await page.locator(".card-name").all_text_contents()
        for index, name in enumerate(names):
            await cards.nth(index).click()
            await expect(page).to_have_title(f"{name} · Ромашка")
            assert page.url.startswith(f"{sandbox.url}/shop/goods/")
            await expect(page.locator(".good img")).not_to_have_js_property("naturalWidth", 0)
            await page.get_by_role("link", name="Все букеты").click()
            await expect(page).to_have_title("Ромашка — букеты с доставкой")


@pytest.mark.parametrize("width", [250, 390, 768, 1440])
async def test_no_page_is_wider_than_its_window(browser: Browser, sandbox: Sandbox, width: int) -> None:
    async with watched(browser, sandbox.url) as page:
        await page.set_viewport_size({"width": width, "height": 844})
        for path in PATHS:
            await page.goto(f"{sandbox.url}/shop/{path}")
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            broken = await page.locator("img").evaluate_all("all => all.filter((one) => !one.naturalWidth).length")
            assert broken == 0, path


async def test_without_a_gateway_nothing_offers_a_chat(browser: Browser, sandbox: Sandbox) -> None:
    async with watched(browser, sandbox.url) as page, page.expect_response("**/shop/chat") as asked:
        await page.goto(f"{sandbox.url}/shop/goods/peony")
        assert await (await asked.value).json() == {"script": None}
        await expect(page.get_by_role("button", name="Заказать в чате")).to_be_hidden()
        assert await page.locator("script[async]").count() == 0


async def test_a_running_gateways_chat_is_one_script_tag(browser: Browser, sandbox: Sandbox, chat: Chat) -> None:
    sandbox.show_gateway("running", chat.url)
    async with watched(browser, sandbox.url, chat.url) as page:
        await page.goto(f"{sandbox.url}/shop/goods/peony")
        await page.get_by_role("button", name="Заказать в чате").click()
        assert await page.evaluate("heard") == [["open"]]
        scripts = await page.locator("script[src]").evaluate_all("all => all.map((one) => one.src)")
        assert [one for one in scripts if not one.startswith(sandbox.url)] == [f"{chat.url}/widget/site/widget.js"]


async def test_a_chat_that_comes_later_is_picked_up_without_reading_the_page_anew(
    browser: Browser, sandbox: Sandbox, chat: Chat
) -> None:
    sandbox.show_gateway("starting", chat.url)
    async with watched(browser, sandbox.url, chat.url) as page:
        await page.goto(f"{sandbox.url}/shop/")
        await page.evaluate("window.mark = 'still here'")
        assert chat.asked == 0
        sandbox.show_gateway("running", chat.url)
        await page.get_by_role("button", name="Спросить флориста").click()
        assert await page.evaluate("[heard, mark]") == [[["open"]], "still here"]


async def test_a_page_that_knew_no_gateway_is_read_anew_when_there_is_one(
    browser: Browser, sandbox: Sandbox, chat: Chat
) -> None:
    async with watched(browser, sandbox.url, chat.url) as page:
        await page.goto(f"{sandbox.url}/shop/goods/lavender")
        sandbox.show_gateway("running", chat.url)
        await page.get_by_role("button", name="Заказать в чате").click()
        await expect(page).to_have_title("Прованс · Ромашка")


async def test_a_missing_script_leaves_the_shop_as_it_is_and_is_taken_when_it_is_there(
    browser: Browser, sandbox: Sandbox, chat: Chat
) -> None:
    chat.is_built = False
    sandbox.show_gateway("running", chat.url)
    async with watched(browser, sandbox.url, chat.url, expected=("404",)) as page:
        await page.goto(f"{sandbox.url}/shop/")
        await page.locator(".card").first.click()
        await expect(page).to_have_title("Полевой · Ромашка")
        await expect(page.get_by_role("button", name="Заказать в чате")).to_be_hidden()
        chat.is_built = True
        await expect(page.get_by_role("button", name="Заказать в чате")).to_be_visible(timeout=30_000)


async def test_who_logs_in_is_vouched_for_and_who_logs_out_is_nobody_again(
    browser: Browser, sandbox: Sandbox, chat: Chat
) -> None:
    sandbox.show_gateway("running", chat.url)
    async with watched(browser, sandbox.url, chat.url) as page:
        await page.goto(f"{sandbox.url}/shop/goods/tulips")
        await page.get_by_role("button", name="Заказать в чате").wait_for()
        assert await page.evaluate("heard") == []
        await page.get_by_role("button", name="Войти как Ольга").click()
        await expect(page.locator(".who")).to_have_text("Ольга")
        assert page.url == f"{sandbox.url}/shop/goods/tulips"
        [[name, user]] = await heard(page)
        assert (name, user["name"]) == ("identify", "Ольга Ветрова")
        secret = sandbox.shop.identity_secret.encode()
        assert (
            user["signature"] == hmac.new(secret, f"{user['id']}\n{user['until']}".encode(), hashlib.sha256).hexdigest()
        )
        assert sandbox.shop.identity_secret not in await page.content()
        await page.get_by_role("button", name="Выйти").click()
        await expect(page.get_by_role("button", name="Войти как Ольга")).to_be_visible()
        assert await heard(page) == [["identify", None]]
        await page.reload()
        await page.get_by_role("button", name="Заказать в чате").wait_for()
        assert await page.evaluate("heard") == []


async def heard(page: Page) -> list[list[object]]:
    """What the chat was told, once it was told something."""
    return await collected(page, "heard", 1)


async def collected(page: Page, name: str, least: int) -> list[Any]:
    """What the page put into a list of its own, once it holds so much.

    Not by `wait_for_function`: what that looks at more than once is `eval`, which the shop's policy forbids.
    """
    async with asyncio.timeout(30):
        while True:
            found: list[Any] = await page.evaluate(f"window.{name} ?? []")
            if len(found) >= least:
                return found
            await asyncio.sleep(0.02)


async def test_nobody_is_logged_in_by_an_invented_cookie(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{sandbox.url}/shop/login", allow_redirects=False) as answer:
            cookie = answer.cookies["shop_customer"]
            assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/shop/")
        for value, is_known in [
            (cookie.value, True),
            (f"{cookie.value}0", False),
            ("client-1042.", False),
            ("", False),
        ]:
            async with session.get(f"{sandbox.url}/shop/", headers={"Cookie": f"shop_customer={value}"}) as answer:
                assert ("client-1042" in await answer.text()) is is_known, value


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example/", "/shop/../", "/shop//evil.example", "\r\nX: y"]
)
async def test_the_way_back_never_leads_out_of_the_shop(sandbox: Sandbox, back: str) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sandbox.url}/shop/logout", data={"back": back}, allow_redirects=False) as answer,
    ):
        assert (answer.status, answer.headers["Location"]) == (303, "/shop/")


@pytest.mark.parametrize("path", ["/", "/shop/"])
async def test_a_name_of_a_host_that_would_change_the_policy_is_refused(sandbox: Sandbox, path: str) -> None:
    async with aiohttp.ClientSession() as session:
        for host, status in [("localhost:8080", 200), ("[::1]:8080", 200), ("a;script-src *", 400), ("a b", 400)]:
            async with session.get(f"{sandbox.url}{path}", headers={"Host": host}) as answer:
                assert answer.status == status, host


async def test_no_file_outside_the_shops_folder_is_served(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/shop/static/..%2Fgoods.toml", "/shop/static/..%2F..%2Fcast.toml", "/shop/static/none.css"):
            async with session.get(URL(f"{sandbox.url}{path}", encoded=True)) as answer:
                assert answer.status == 404, path


async def test_the_policy_lets_in_the_chat_and_nothing_else(browser: Browser, sandbox: Sandbox, chat: Chat) -> None:
    sandbox.show_gateway("running", chat.url)
    async with watched(browser, sandbox.url, chat.url, expected=("Content Security Policy",)) as page:
        await page.goto(f"{sandbox.url}/shop/")
        await page.evaluate(
            """async ([chat]) => {
              window.refused = [];
              addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
              const inline = document.createElement("script");
              inline.textContent = "window.ran = 1";
              document.body.append(inline);
              const foreign = document.createElement("script");
              foreign.src = "/page/main.js";
              document.body.append(foreign);
              document.body.setAttribute("style", "color: red");
              await fetch("/sandbox/api/state").catch(() => {});
              await fetch(`${chat}/widget/site/session`, { method: "POST" }).catch(() => {});
            }""",
            [chat.url],
        )
        refused = await collected(page, "refused", 4)
        assert sorted(refused) == ["connect-src", "script-src-elem", "script-src-elem", "style-src-attr"]
        assert await page.evaluate("window.ran") is None
        assert chat.sessions == 1


# ── on the sandbox's page ─────────────────────────────────────────────────────────────────────────────


def shop_of(page: Page) -> FrameLocator:
    return page.frame_locator("[data-shop] iframe")


async def test_the_site_stands_beside_the_phones_and_opens_in_a_tab(
    browser: Browser, sandbox: Sandbox, chat: Chat
) -> None:
    sandbox.show_gateway("running", chat.url)
    async with watched(browser, sandbox.url, chat.url) as page:
        await page.goto(sandbox.url)
        await expect(page.locator("[data-phone]")).to_have_count(4)
        first = page.locator('[data-group="customer"] > *').first
        await expect(first).to_contain_text("Сайт «Ромашка»")
        await shop_of(page).locator(".card").first.click()
        await shop_of(page).get_by_role("button", name="Заказать в чате").click()
        for frame in await page.locator(".phone").all():
            await expect(frame).to_be_in_viewport(ratio=1)
        async with page.context.expect_page() as opened:
            await page.locator("[data-open-shop]").click()
        tab = await opened.value
        await expect(tab).to_have_title("Ромашка — букеты с доставкой")


async def test_the_site_is_hidden_and_shown_again_and_keeps_its_place(browser: Browser, sandbox: Sandbox) -> None:
    async with watched(browser, sandbox.url) as page:
        await page.goto(sandbox.url)
        await expect(page.locator("[data-shop]")).to_have_count(1)
        await page.locator("[data-people]").click()
        await page.locator("[data-show-shop]").uncheck()
        await expect(page.locator("[data-shop]")).to_have_count(0)
        await page.reload()
        await expect(page.locator("[data-phone]")).to_have_count(4)
        await expect(page.locator("[data-shop]")).to_have_count(0)
        await page.locator("[data-people]").click()
        await page.locator("[data-show-shop]").check()
        await expect(page.locator('[data-group="customer"] > *').first).to_have_attribute("data-shop", "")


async def test_a_change_of_the_people_leaves_the_site_where_the_visitor_is(browser: Browser, sandbox: Sandbox) -> None:
    async with watched(browser, sandbox.url) as page:
        await page.goto(sandbox.url)
        await shop_of(page).locator(".card").first.click()
        await expect(shop_of(page).locator(".good h1")).to_have_text("Полевой")
        await page.locator("[data-people]").click()
        await page.locator('[data-add-person="customer"]').click()
        await expect(page.locator("[data-phone]")).to_have_count(5)
        await expect(shop_of(page).locator(".good h1")).to_have_text("Полевой")


async def test_the_page_may_frame_the_shop_and_nothing_else(browser: Browser, sandbox: Sandbox) -> None:
    async with watched(browser, sandbox.url, expected=("Content Security Policy", "frame-src")) as page:
        await page.goto(sandbox.url)
        await expect(shop_of(page).locator(".card")).to_have_count(6)
        refused = await page.evaluate(
            """() => new Promise((resolve) => {
              addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
              const frame = document.createElement("iframe");
              frame.src = "/sandbox/api/state";
              document.body.append(frame);
            })"""
        )
        assert refused == "frame-src"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
async def test_the_page_with_the_site_fits_its_window(
    browser: Browser, sandbox: Sandbox, width: int, scheme: Literal["light", "dark"]
) -> None:
    async with watched(browser, sandbox.url) as page:
        await page.emulate_media(color_scheme=scheme)
        await page.set_viewport_size({"width": width, "height": 900})
        await page.goto(sandbox.url)
        await expect(shop_of(page).locator("h1")).to_be_in_viewport()
        await expect(page.locator("[data-shop]")).to_be_in_viewport(ratio=0.95)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await page.wait_for_load_state("networkidle")
        SHOTS.mkdir(exist_ok=True)
        await page.screenshot(path=SHOTS / f"site-{width}-{scheme}.png", animations="disabled")
