"""The page around: its dialogs, its sheets, its zoom, its policy, its way of moving on."""

import time

import pytest
from playwright.async_api import expect

from tests.widget.stage import Chat, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

DIALOG = """
    <button id="opens" onclick="modal.showModal()">Оформить</button>
    <dialog id="modal" style="transform: rotate(1deg); overflow: hidden; width: 300px"
            onclick="const box = modal.getBoundingClientRect();
                     const {clientX: x, clientY: y} = event;
                     if (x > box.right || x < box.left || y > box.bottom) modal.close()">
        <input id="inside"><button id="shuts" onclick="modal.close()">Отмена</button>
    </dialog>
    <script>const modal = document.getElementById("modal")</script>
"""
COMPONENT = """
    <shop-cart></shop-cart>
    <script>
        const root = document.querySelector("shop-cart").attachShadow({mode: "open"});
        root.append(document.createElement("dialog"));
        const modal = root.firstChild;
        modal.append(document.createElement("input"));
    </script>
"""


async def stands_in(chat: Chat, name: str) -> None:
    await expect(chat.page.locator(f"{name} > open-lines")).to_have_count(1)


async def talks(chat: Chat, words: str) -> None:
    await chat.field.click()
    await chat.page.keyboard.type(words)
    await chat.page.keyboard.press("Enter")
    await expect(chat.own().last).to_have_text(words)


@pytest.mark.parametrize("body", [DIALOG, COMPONENT], ids=["dialog", "component"])
async def test_under_a_modal_dialog_of_the_page_the_chat_is_reached(page, site, body) -> None:
    site.body = body
    await page.goto(site.url)
    chat = Chat(page)
    await expect(chat.bubble).to_be_visible()
    await page.evaluate("modal.showModal()")
    await stands_in(chat, "dialog:modal")
    box = await chat.bubble.bounding_box()
    assert box is not None
    assert (round(box["x"]), round(box["y"])) == (1200, 720), "whatever transform the dialog has"
    await chat.open()
    await talks(chat, "Как оформить?")
    assert await page.evaluate("modal.open"), "a click in the chat is none beside the dialog"
    await chat.field.press("Escape")
    await expect(chat.panel).to_be_hidden()
    assert await page.evaluate("modal.open"), "Escape closes one thing at a time"
    await chat.open()
    await page.evaluate("modal.close()")
    await stands_in(chat, "html")
    await expect(chat.panel).to_be_visible()
    await talks(chat, "Спасибо")
    await page.evaluate("modal.showModal()")
    await stands_in(chat, "dialog:modal")
    await talks(chat, "Ещё вопрос")
    await page.evaluate("modal.remove()")
    await stands_in(chat, "html")
    await talks(chat, "И ещё")


async def test_of_two_modal_dialogs_it_is_in_the_upper_one(page, site) -> None:
    site.body = DIALOG + "<dialog id='second'><input></dialog>"
    await page.goto(site.url)
    chat = Chat(page)
    await chat.open()
    await page.evaluate("second.showModal(); modal.showModal()")
    await talks(chat, "раз")
    await page.evaluate("modal.close()")
    await talks(chat, "два")
    await page.evaluate("modal.showModal()")
    await talks(chat, "три")


async def test_on_a_phone_too(browser, site) -> None:
    site.body = DIALOG
    context = await browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = await context.new_page()
    await page.goto(site.url)
    chat = Chat(page)
    await chat.bubble.tap()
    await expect(chat.panel).to_be_visible()
    await page.evaluate("modal.showModal()")
    await stands_in(chat, "dialog:modal")
    await chat.panel.evaluate("(panel) => Promise.all(panel.getAnimations().map((one) => one.finished))")
    assert await chat.panel.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    await talks(chat, "С телефона")
    await context.close()


async def test_where_popovers_and_modal_are_unknown_it_stands_where_it_stood(page, site) -> None:
    site.head = """<script>
        delete HTMLElement.prototype.showPopover;
        const matches = Element.prototype.matches;
        Element.prototype.matches = function (what) {
            if (what == ":modal") throw new SyntaxError(); return matches.call(this, what);
        };
    </script>"""
    site.body = DIALOG
    await page.goto(site.url)
    chat = Chat(page)
    await page.evaluate("modal.showModal(); modal.close()")
    await chat.open()
    await talks(chat, "Старый браузер")


async def test_it_is_above_everything_and_yields_to_a_page_that_takes_it_away(page, site) -> None:
    site.body = '<div style="position: fixed; inset: 0; z-index: 2147483647; background: white">Вуаль</div>'
    site.head = "<style>html { transform: translate(0, 3px); filter: blur(0); contain: paint }</style>"
    await page.goto(site.url)
    chat = Chat(page)
    await chat.open()
    await talks(chat, "Поверх")
    box = await chat.bubble.bounding_box()
    assert box is not None
    assert (box["x"], box["y"]) == (1200, 720)
    await page.evaluate(
        "document.querySelector('open-lines').remove(); document.body.append(document.createElement('dialog'))"
    )
    await page.evaluate("document.querySelector('dialog').setAttribute('open', '')")
    await expect(chat.root).to_have_count(0)


async def test_it_is_not_printed(page, site) -> None:
    await page.goto(site.url)
    chat = Chat(page)
    await chat.open()
    await page.emulate_media(media="print")
    await expect(chat.bubble).to_be_hidden()
    await expect(chat.panel).to_be_hidden()
    assert await page.evaluate("document.querySelector('open-lines').getClientRects().length") == 0
    await page.emulate_media(media="screen")
    await expect(chat.panel).to_be_visible()


SHEETS = {
    "unset": "* { all: unset !important } open-lines { all: unset !important; display: none !important }",
    "no selection": "html, body, * { user-select: none !important; -webkit-user-select: none !important }",
    "zoom": "html { zoom: 2 }",
    "large": "html { font-size: 40px !important; letter-spacing: 9px; word-spacing: 30px; line-height: 3 }",
    "transform": "body { transform: scale(.5) rotate(5deg); perspective: 9px; filter: invert(1) }",
    "right to left": "html { direction: rtl }",
    "dimmed": "body { opacity: .1; pointer-events: none; overflow: hidden; position: fixed }",
}


@pytest.mark.parametrize("name", list(SHEETS))
async def test_no_sheet_of_the_page_moves_or_mutes_it(page, site, gateway, shots, name) -> None:
    site.head = f"<style>{SHEETS[name]}</style>"
    await page.goto(site.url)
    chat = Chat(page)
    await chat.open()
    await chat.panel.evaluate("(panel) => Promise.all(panel.getAnimations().map((one) => one.finished))")
    box, bubble = await chat.panel.bounding_box(), await chat.bubble.bounding_box()
    assert box is not None
    assert bubble is not None
    rounded = [[round(one[side]) for side in ("x", "y", "width", "height")] for one in (box, bubble)]
    assert rounded == [[880, 108, 380, 600], [1200, 720, 60, 60]]
    await talks(chat, "Видно?")
    await gateway.write("Видно")
    await expect(chat.their()).to_have_text("Видно")
    await chat.their().dblclick()
    assert (
        await chat.root.evaluate("(root) => (root.shadowRoot.getSelection?.() ?? getSelection()).toString().trim()")
        == "Видно"
    )
    await page.screenshot(path=shots / f"widget-sheet-{name.replace(' ', '-')}.png", animations="disabled")


async def test_a_page_that_is_edited_leaves_it_alone(page, site) -> None:
    await page.goto(site.url)
    chat = Chat(page)
    await expect(chat.bubble).to_be_visible()
    await page.evaluate("document.designMode = 'on'; document.documentElement.contentEditable = 'true'")
    await chat.open()
    await talks(chat, "Правка")
    await chat.own().click()
    await page.keyboard.type("лишнее")
    await expect(chat.own()).to_have_text("Правка")
    await expect(chat.root.get_by_role("heading")).to_have_text("Ромашка")


async def test_a_right_to_left_page_has_its_words_their_own_way(page, site, gateway) -> None:
    site.head = "<script>document.documentElement.dir = 'rtl'</script>"
    await page.goto(site.url)
    chat = Chat(page)
    await chat.open()
    await chat.write("שלום, יש ורדים?")
    await expect(chat.state("sent")).to_have_count(1)
    await expect(chat.own().locator(".text")).to_have_css("unicode-bidi", "plaintext")
    await expect(chat.root.locator(".root")).to_have_css("direction", "ltr")


async def test_a_base_address_of_the_page_changes_nothing(page, site, gateway) -> None:
    site.head = '<base href="https://elsewhere.example.com/deep/" target="_blank">'
    await page.goto(site.url)
    chat = Chat(page)
    await chat.open()
    await talks(chat, "База")
    await expect(chat.state("sent")).to_have_count(1)
    await gateway.write("см. https://shop.example.com/a")
    await expect(chat.their().locator("a")).to_have_attribute("href", "https://shop.example.com/a")


async def test_a_page_that_moves_on_without_loading_keeps_the_words(page, site, gateway) -> None:
    await page.goto(site.url)
    chat = Chat(page)
    await chat.open()
    await chat.field.fill("черновик")
    await page.evaluate("""() => {
        history.pushState({}, "", "/catalog");
        const body = document.createElement("body");
        body.textContent = "Каталог";
        document.body.replaceWith(body);
        document.head.replaceChildren();
        document.title = "Каталог";
    }""")
    await expect(chat.field).to_have_value("черновик")
    await chat.field.press("Enter")
    await expect(chat.state("sent")).to_have_count(1)
    assert gateway.said[-1]["visit"]["url"] == site.url + "catalog"


async def test_back_out_of_the_browsers_cache_it_goes_on(page, site, gateway) -> None:
    await page.goto(site.url)
    chat = Chat(page)
    await chat.open()
    await talks(chat, "до")
    await expect(chat.state("sent")).to_have_count(1)
    await page.goto(gateway.url)
    await page.go_back()
    await gateway.write("после")
    await expect(chat.their()).to_have_text("после")
    await talks(chat, "и дальше")
    await until(lambda: gateway.words() == ["до", "и дальше"], "stored")


@pytest.mark.parametrize("policy", ["connect-src {at}", "default-src * 'unsafe-inline'; connect-src {at} https:"])
async def test_where_the_pages_policy_forbids_sockets_polls_go_at_once(page, site, gateway, policy) -> None:
    site.csp = policy.format(at=gateway.url.removesuffix("/widget/site/"))
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    await page.goto(site.url)
    chat = Chat(page)
    await chat.open()
    began = time.monotonic()
    await chat.write("Без сокетов")
    await expect(chat.state("sent")).to_have_count(1)
    assert time.monotonic() - began < 5, "it took 29 s"
    await gateway.write("Слышу")
    await expect(chat.their()).to_have_text("Слышу")
    tried = len(sockets)
    await page.evaluate("dispatchEvent(new Event('offline')), dispatchEvent(new Event('online'))")
    await chat.write("Ещё раз")
    await expect(chat.state("sent")).to_have_count(2)
    assert len(sockets) == tried <= 1, "what is forbidden is not tried again"


async def test_a_policy_that_only_reports_forbids_nothing(page, site, gateway) -> None:
    site.report_csp = f"connect-src {gateway.url.removesuffix('/widget/site/')}"
    await page.goto(site.url)
    chat = Chat(page)
    await chat.open()
    await chat.write("Сокетом")
    await expect(chat.state("sent")).to_have_count(1)
    assert len(gateway.sockets) == 1
    assert gateway.polls == 0
