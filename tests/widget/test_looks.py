"""How it looks and whom it lets in: themes, widths, keyboard, screen reader. Screenshots go to tests/.shots."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from sandbox.pictures import plain_png
from tests.widget.server import Gateway
from tests.widget.stage import Chat, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}


@asynccontextmanager
async def visit(
    browser: Browser,
    site: Site,
    viewport: ViewportSize = DESKTOP,
    scheme: Literal["light", "dark"] = "light",
    **more: Any,
) -> AsyncIterator[Chat]:
    more = {"has_touch": viewport is PHONE, "is_mobile": viewport is PHONE, "locale": "ru-RU"} | more
    context = await browser.new_context(viewport=viewport, color_scheme=scheme, **more)
    page = await context.new_page()
    await page.goto(site.url)
    yield Chat(page)
    await context.close()


async def serious(page: Page) -> list[str]:
    """What axe calls serious or worse, in the widget and not in the page around it."""
    await page.evaluate(AXE)
    found = await page.evaluate("async () => (await axe.run(document.querySelector('open-lines'))).violations")
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        for node in one["nodes"]
        if one["impact"] in {"serious", "critical"}
    ]


async def talk(gateway: Gateway) -> None:
    """A conversation with something of everything."""
    at = int(time.time() * 1000) - 86_400_000
    gateway.files |= {"pic": (plain_png(640, 480, "#c98a9b"), "image/png"), "bill": (b"1042", "application/pdf")}

    async def own(text: str, minutes: int, **more: Any) -> None:
        await gateway.append(
            "v-1",
            {"type": "message", "id": f"c{minutes}", "from": "visitor", "at": at + minutes * 60_000, "text": text}
            | more,
        )

    async def their(text: str, minutes: int, **more: Any) -> str:
        return await gateway.write(text, at=at + minutes * 60_000, id=f"7.{minutes}", **more)

    await own("Добрый день! Вы доставляете за город?", 1)
    await their("Здравствуйте! Да, до 30 км.", 2)
    await their(
        "Условия: https://shop.example.com/delivery. Звоните, если что: +7 900 123-45-67", 3,
        entities=[{"kind": "bold", "offset": 0, "length": 7}],
    )  # fmt: skip
    picture = {"file": "pic", "grant": "g", "kind": "photo", "name": "букет.png", "width": 640, "height": 480}
    bill = {"file": "bill", "grant": "g", "kind": "document", "name": "Счёт 1042.pdf", "size": 182_000}
    await own("А такой букет сможете?", 1440, files=[picture])
    await their("Конечно", 1441, reply_to="c1440", files=[bill])
    await own("Супер, спасибо!", 1442)
    await gateway.append("v-1", {"type": "reaction", "id": "c1442", "emoji": "❤️"})
    await gateway.append("v-1", {"type": "read", "id": "c1442"})
    gone = await their("Ой", 1443)
    await gateway.append("v-1", {"type": "delete", "id": gone})
    await their(
        "Когда привезти?", 1444, buttons=[[{"text": "Сегодня", "data": "q:1"}, {"text": "Завтра", "data": "q:2"}]]
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", ["desktop", "phone"])
async def test_nothing_serious_keeps_anybody_out(browser, site, gateway, shots, scheme, width) -> None:
    viewport = PHONE if width == "phone" else DESKTOP
    gateway.look |= {"ask": [{"field": "name", "required": True}, {"field": "phone", "required": False}]}
    gateway.look |= {"policy": "https://shop.example.com/policy"}
    gateway.online = False

    async def look(name: str) -> None:
        await chat.page.screenshot(path=shots / f"widget-{name}-{width}-{scheme}.png", animations="disabled")
        assert await serious(chat.page) == [], name

    async with visit(browser, site, viewport, scheme) as chat:
        await expect(chat.bubble).to_be_visible()
        await look("closed")
        await chat.open()
        await expect(chat.root.locator(".ask")).to_be_visible()
        await look("first")
    gateway.online, gateway.visitors = True, 0
    async with visit(browser, site, viewport, scheme) as chat:
        await chat.open()
        await expect(chat.note).to_be_hidden()
        await talk(gateway)
        await expect(chat.rows).to_have_count(8)
        await chat.root.locator(".pic").scroll_into_view_if_needed()
        await expect(chat.root.locator(".pic img")).to_be_visible()
        await look("picture-row")
        await chat.rows.last.scroll_into_view_if_needed()
        await look("talk")
        await gateway.hint({"type": "typing", "seconds": 60})
        await chat.root.locator("summary").click()
        await expect(chat.root.locator(".typing")).to_have_text("печатает…")
        await look("emoji")
        await chat.root.locator("summary").click()
        await chat.root.locator(".pic").click()
        await expect(chat.root.locator(".light img")).to_be_visible()
        await look("picture")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", ["desktop", "phone"])
async def test_what_cannot_go_is_said_where_it_is_seen(browser, site, gateway, shots, scheme, width) -> None:
    async with visit(browser, site, PHONE if width == "phone" else DESKTOP, scheme) as chat:
        await chat.open()
        gateway.upload_status = 415
        async with chat.page.expect_file_chooser() as choosing:
            await chat.root.get_by_role("button", name="Прикрепить файл").click()
        file = {"name": "чертёж.dwg", "mimeType": "image/vnd.dwg", "buffer": b"x"}
        await (await choosing.value).set_files(
            [file, *({"name": f"{name}.txt", "mimeType": "text/plain", "buffer": b""} for name in ("пустой", "и этот"))]
        )
        await expect(chat.root.get_by_role("alert")).to_contain_text("и этот.txt: Файл пустой.")
        await chat.write("Вот чертёж")
        await expect(chat.root.locator(".bad")).to_be_visible()
        async with chat.page.expect_file_chooser() as choosing:
            await chat.root.get_by_role("button", name="Прикрепить файл").click()
        await (await choosing.value).set_files([file | {"buffer": b""}])
        await chat.field.fill("Очень длинный текст. " * 300)
        await expect(chat.root.get_by_role("status").filter(has_text="уйдёт частями: 2")).to_be_visible()
        await chat.page.screenshot(path=shots / f"widget-refused-{width}-{scheme}.png", animations="disabled")
        assert await serious(chat.page) == []


async def test_all_of_it_works_from_the_keyboard(browser, site, gateway) -> None:
    async with visit(browser, site) as chat:
        focus = "() => document.activeElement.shadowRoot?.activeElement?.className"
        await expect(chat.bubble).to_be_visible()
        await chat.bubble.focus()
        await chat.page.keyboard.press("Enter")
        await expect(chat.field).to_be_focused()
        await chat.page.keyboard.type("С клавиатуры")
        await chat.page.keyboard.press("Shift+Enter")
        await chat.page.keyboard.type("в две строки")
        await chat.page.keyboard.press("Enter")
        await expect(chat.own()).to_have_text("С клавиатуры\nв две строки")
        await gateway.write("Выберите", buttons=[[{"text": "Да", "data": "q:Да"}]])
        button = chat.root.get_by_role("button", name="Да", exact=True)
        await button.focus()
        await chat.page.keyboard.press("Enter")
        await expect(button).to_be_disabled()
        assert "row" in await chat.page.evaluate(focus), "the focus stays in the conversation"
        await chat.root.locator("summary").focus()
        await chat.page.keyboard.press("Enter")
        await chat.page.keyboard.press("Tab")
        await chat.page.keyboard.press("Enter")
        await expect(chat.field).to_have_value("😊")
        await expect(chat.field).to_be_focused()
        await chat.page.keyboard.press("Escape")
        await expect(chat.panel).to_be_hidden()
        await expect(chat.bubble).to_be_focused()


async def test_on_a_phone_it_fills_the_screen_and_keeps_the_focus(browser, site, gateway) -> None:
    async with visit(browser, site, PHONE) as chat:
        await chat.bubble.tap()
        await expect(chat.panel).to_be_visible()
        await chat.panel.evaluate("(panel) => Promise.all(panel.getAnimations().map((one) => one.finished))")
        assert await chat.panel.bounding_box() == {"x": 0, "y": 0, **PHONE}
        await expect(chat.bubble).to_be_hidden()
        await expect(chat.field).not_to_be_focused()  # the keyboard would cover the greeting
        sizes = await chat.root.locator("textarea, input").evaluate_all(
            "(all) => all.map((one) => getComputedStyle(one).fontSize)"
        )
        assert set(sizes) == {"16px"}, "anything smaller makes an iPhone zoom in"
        await expect(chat.root.get_by_role("button", name="Фото")).to_be_visible()
        outside = "() => document.activeElement.tagName"
        for _ in range(12):
            await chat.page.keyboard.press("Tab")
            assert await chat.page.evaluate(outside) != "BUTTON", "the page behind is not to be reached"
        await chat.root.get_by_role("button", name="Закрыть").tap()
        await expect(chat.panel).to_be_hidden()


async def test_head_and_composer_stay_where_they_are_whatever_is_scrolled_to(browser, site, gateway) -> None:
    async with visit(browser, site, reduced_motion="reduce") as chat:
        await chat.open()
        for number in range(30):
            await gateway.write(f"слово {number}")
        await expect(chat.rows).to_have_count(30)
        head = await chat.root.locator("header").bounding_box()
        await chat.root.locator(".log").evaluate("(log) => (log.scrollTop = 0)")
        await chat.rows.last.locator("time").evaluate("(time) => time.scrollIntoView()")
        await chat.panel.evaluate("(panel) => (panel.scrollTop = 999)")
        assert await chat.root.locator("header").bounding_box() == head
        log = "(log) => log.parentElement.scrollHeight - log.parentElement.clientHeight"
        assert await chat.root.locator(".log").evaluate(log) == 0, "nothing hangs out of the conversation"


async def test_whoever_wants_no_motion_sees_none(browser, site) -> None:
    moves = "(panel) => panel.getAnimations().length"
    async with visit(browser, site, reduced_motion="reduce") as chat:
        await chat.open()
        assert await chat.panel.evaluate(moves) == 0
        assert await chat.panel.evaluate("(panel) => getComputedStyle(panel).animationName") == "none"
    async with visit(browser, site, reduced_motion="no-preference") as chat:
        await chat.open()
        assert await chat.panel.evaluate("(panel) => getComputedStyle(panel).animationName") == "rise"


@pytest.mark.parametrize(
    ("locale", "language", "words"),
    [("ru-RU", "", "Сообщение"), ("de-DE", "", "Message"), ("de-DE", "ru", "Сообщение"), ("ru-RU", "en", "Message")],
)
async def test_it_speaks_the_pages_language_and_else_the_browsers(browser, site, locale, language, words) -> None:
    site.language = language
    async with visit(browser, site, locale=locale) as chat:
        await chat.open()
        await expect(chat.field).to_have_attribute("placeholder", words)


@pytest.mark.parametrize(
    ("color", "words"),
    [
        ("#2f6fed", "rgb(255, 255, 255)"),
        ("#ffd400", "rgb(0, 0, 0)"),
        ("#000000", "rgb(255, 255, 255)"),
        ("#ffffff", "rgb(0, 0, 0)"),
        ("nonsense", "rgb(255, 255, 255)"),
    ],
)
async def test_words_on_any_colour_can_be_read(browser, site, gateway, color, words) -> None:
    gateway.look["color"] = color
    async with visit(browser, site) as chat:
        await chat.open()
        await expect(chat.root.locator("header")).to_have_css("color", words)
        assert await serious(chat.page) == []
