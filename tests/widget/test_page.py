"""The widget as a guest: of strict pages and hostile ones, by attributes and by its JavaScript API."""

import gzip
import re

import pytest
from playwright.async_api import expect

from tests.widget.server import SCRIPT
from tests.widget.stage import Chat, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT = 15 * 1024
"""12 KB was the chat; what it takes to work on other people's pages came on top."""
SOURCES = SCRIPT.parents[1] / "client/src"
HOSTILE = """
    *:not(html) {
        display: none !important; position: static !important; transform: rotate(9deg) !important;
        visibility: hidden !important; opacity: 0 !important; font: 99px cursive !important; color: lime !important;
    }
    button, textarea, div, dialog { background: red !important; pointer-events: none !important }
    head, script, style, title { display: none !important }
"""
BROKEN = """
    Array.prototype.toJSON = function () { return "broken"; };
    Array.prototype.extra = () => 1; Object.prototype.extra = "extra"; String.prototype.extra = 1;
    Element.prototype.remove = undefined === 1 ? null : Element.prototype.remove;
    window.name = "x"; window.open = null; window.t = window.h = window.$ = window._ = "taken";
    window.addEventListener("keydown", (event) => event.stopPropagation());
"""


async def test_the_script_is_small() -> None:
    size = len(gzip.compress(SCRIPT.read_bytes(), 9))
    assert size <= LIMIT, f"{size} bytes gzipped"


async def test_no_way_leads_from_a_string_to_markup_or_code() -> None:
    ways = (
        r"innerHTML|outerHTML|insertAdjacent|document\.write|createContextualFragment|DOMParser|setHTML|srcdoc"
        r"|\beval\b|new Function|cookie"
    )
    texts = {path.name: path.read_text(encoding="utf-8") for path in [*SOURCES.rglob("*.ts"), SCRIPT]}
    found = [
        (name, hit[0]) for name, text in texts.items() for hit in re.finditer(ways, re.sub(r"(?m)^\s*//.*", "", text))
    ]
    assert len(texts) > 10
    assert found == []


async def test_it_works_under_a_strict_policy(page, site, gateway) -> None:
    at = gateway.url.removesuffix("/widget/site/")
    site.csp = (
        f"default-src 'none'; script-src {at}; connect-src {at} {at.replace('http', 'ws')}; img-src {at} blob:; "
        f"media-src blob:; require-trusted-types-for 'script'"
    )
    await page.add_init_script(
        "window.broken = [];"
        "addEventListener('securitypolicyviolation', (e) => broken.push(e.violatedDirective + ' ' + e.blockedURI))"
    )
    await page.goto(site.url)
    chat = Chat(page)
    await chat.open()
    await chat.write("Строго")
    await expect(chat.state("sent")).to_have_count(1)
    await expect(chat.bubble).to_have_css("background-color", "rgb(47, 111, 237)")
    assert await page.evaluate("broken") == []


async def test_a_hostile_page_does_not_break_it(page, site, gateway) -> None:
    site.head = f"<style>{HOSTILE}</style><script>{BROKEN}</script>"
    await page.goto(site.url)
    chat = Chat(page)
    await expect(chat.bubble).to_be_visible()
    box = await chat.bubble.bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (60, 60)
    await chat.open()
    await expect(chat.field).to_have_css("font-size", "16px")
    gateway.takes_sockets = False
    await gateway.cut()
    await chat.write("Жив")
    await expect(chat.state("sent")).to_have_count(1, timeout=30_000)
    assert gateway.words() == ["Жив"]


async def test_attributes_say_how_it_looks(page, site) -> None:
    site.attributes = (
        'data-color="#ffd400" data-position="left" data-language="en" data-theme="dark" data-title="Shop" '
        'data-greeting="Hi!" data-open'
    )
    await page.goto(site.url)
    chat = Chat(page)
    await expect(chat.panel).to_be_visible()
    await expect(chat.root.get_by_role("heading")).to_have_text("Shop")
    await expect(chat.root.locator(".row.their")).to_contain_text("Hi!")
    await expect(chat.root.locator("header")).to_have_css("color", "rgb(0, 0, 0)")
    await expect(chat.field).to_have_attribute("placeholder", "Message")
    await expect(chat.root.locator(".root")).to_have_css("color-scheme", "dark")
    box = await chat.bubble.bounding_box()
    assert box is not None
    assert box["x"] < 100
    assert await page.evaluate("document.activeElement.tagName") == "BODY", "nobody asked for the focus"


async def test_calls_made_before_the_script_is_there_are_played(page, site, gateway) -> None:
    site.head = """<script>
        window.heard = [];
        window.OpenLines = {queue: [
            ["open"], ["identify", {id: "olga", signature: "good"}], ["on", "open", () => heard.push("open")],
            ["on", "ready", () => heard.push("ready")], ["on", "message", (e) => heard.push(e.text)],
            ["on", "message", () => { throw new Error("of the site") }],
            ["on", "online", (isOnline) => heard.push(isOnline)], ["on", "close", () => heard.push("close")],
        ]};
    </script>"""
    await page.goto(site.url)
    chat = Chat(page)
    await expect(chat.panel).to_be_visible()
    await expect(chat.bubble).to_be_visible()
    await until(lambda: any(one["type"] == "hello" for one in gateway.said), "a connection")
    assert [one["user"]["id"] for one in gateway.sessions] == ["olga"]
    await gateway.write("Добрый день", visitor="u-olga")
    await expect(chat.their()).to_have_text("Добрый день")
    await page.evaluate("OpenLines.close(); OpenLines.toggle()")
    await expect(chat.panel).to_be_visible()
    heard = await page.evaluate("heard")
    assert sorted(map(str, heard)) == sorted(map(str, ["open", "ready", True, "Добрый день", "close", "open"]))
    await page.evaluate("void OpenLines.on('close', () => heard.push('late'))()")
    await page.evaluate("OpenLines.close()")
    await page.wait_for_function("heard.filter((one) => one == 'close').length == 2")
    assert "late" not in await page.evaluate("heard")
    await page.evaluate("OpenLines.queue.push(['destroy'])")  # the page's snippet, run late
    await expect(chat.root).to_have_count(0)
    await until(lambda: not gateway.sockets, "the socket is closed")


async def test_two_accounts_on_one_page_do_not_disturb_each_other(page, site, gateway) -> None:
    second = gateway.url.replace("127.0.0.1", "localhost")
    site.head = f'<script async src="{second}widget.js" data-position="left"></script>'
    site.body = f'<script async src="{gateway.url}widget.js"></script>'  # and one tag twice
    page.context.set_default_timeout(30_000)
    await page.goto(site.url)
    await expect(page.locator("open-lines")).to_have_count(2)
    one = page.locator(f"[id='{gateway.url}']")
    other = page.locator(f"[id='{second}']")
    await one.locator(".bubble").click()
    await one.locator("textarea").fill("первый")
    await other.locator(".bubble").click()
    await expect(other.locator("textarea")).to_have_value("")
    await other.locator("textarea").fill("второй")
    await page.reload()
    await expect(one.locator("textarea")).to_have_value("первый")
    await expect(other.locator("textarea")).to_have_value("второй")


async def test_a_page_of_its_own_fills_the_window(page, gateway) -> None:
    await page.goto(gateway.url)
    chat = Chat(page)
    await expect(chat.panel).to_be_visible()
    await expect(chat.bubble).to_be_hidden()
    await chat.panel.evaluate("(panel) => Promise.all(panel.getAnimations().map((one) => one.finished))")
    assert await chat.panel.bounding_box() == {"x": 0, "y": 0, "width": 1280, "height": 800}
    await chat.write("Прямо здесь")
    await expect(chat.state("sent")).to_have_count(1)
    own = await chat.own().bounding_box()
    assert own is not None
    assert own["x"] + own["width"] < 1010, "the words stand together in the middle of a wide window"
    await chat.field.press("Escape")
    await expect(chat.panel).to_be_visible()
    await expect(chat.root.get_by_role("button", name="Закрыть")).to_have_count(0)


async def test_without_storage_it_lives_as_long_as_the_page(page, site, gateway) -> None:
    site.head = """<script>
        for (const name of ["localStorage", "sessionStorage"])
            Object.defineProperty(window, name, {get() { throw new DOMException("no", "SecurityError") }});
    </script>"""
    await page.goto(site.url)
    chat = Chat(page)
    await chat.open()
    await chat.write("Приватно")
    await expect(chat.state("sent")).to_have_count(1)
    await gateway.write("Вижу")
    await expect(chat.their()).to_have_text("Вижу")
