"""What the page around listens for: its hotkeys, focus traps, input methods and drop zones leave the words alone."""

import pytest
from playwright.async_api import expect

from tests.widget.stage import Chat

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEARCH = '<input id="search"><button id="buy">Купить</button><div id="out"></div>'
HOTKEYS = """<script>
    window.heard = [];
    const types = ["keydown", "keypress", "keyup", "beforeinput", "input", "paste", "copy", "cut", "drop", "dragover",
                   "compositionstart", "compositionend", "focusin", "focusout", "wheel", "contextmenu", "selectstart"];
    const hotkey = (event) => {
        heard.push(event.type);
        if (/^(INPUT|TEXTAREA)$/.test(event.target.tagName)) return;
        if (event.type == "keydown" && (event.key == "s" || event.key == "/")) {
            document.getElementById("search").focus();
            if (FORBIDS) event.preventDefault();
        }
    };
    for (const type of types) TARGET.addEventListener(type, hotkey, CAPTURE);
</script>"""
MOUSETRAP = """<script>
    window.fired = [];
    const stops = (element) => / mousetrap /.test(` ${element.className} `) ? false
        : /^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName) || element.isContentEditable;
    addEventListener("keypress", (event) => stops(event.target) || fired.push(event.key), true);
</script>"""


@pytest.mark.parametrize("target", ["window", "document", "document.documentElement"])
@pytest.mark.parametrize("capture", ["false", "true"])
@pytest.mark.parametrize("forbids", ["false", "true"])
async def test_the_sites_hotkeys_take_no_letter(page, site, target, capture, forbids) -> None:
    site.body = SEARCH
    site.head = HOTKEYS.replace("TARGET", target).replace("CAPTURE", capture).replace("FORBIDS", forbids)
    await page.goto(site.url)
    chat = Chat(page)
    await chat.open()
    await page.keyboard.type("roses / please, yes", delay=5)
    await expect(chat.field).to_have_value("roses / please, yes")
    await expect(page.locator("#search")).to_have_value("")
    await page.keyboard.press("Enter")
    await expect(chat.own()).to_have_text("roses / please, yes")
    await page.locator("#search").click()
    await page.evaluate("heard.length = 0")
    await page.keyboard.type("s")
    await expect(page.locator("#search")).to_have_value("s")
    assert await page.evaluate("heard.includes('keydown')"), "its own keys are the page's"


async def test_the_page_hears_nothing_of_what_is_typed_pasted_cut_and_scrolled(page, site) -> None:
    site.body = SEARCH
    site.head = HOTKEYS.replace("TARGET", "document").replace("CAPTURE", "true").replace("FORBIDS", "false")
    await page.goto(site.url)
    chat = Chat(page)
    await chat.open()
    await page.evaluate("heard.length = 0")
    await page.keyboard.type("слова")
    for chord in ("Control+a", "Control+c", "Control+x", "Control+v"):
        await page.keyboard.press(chord)
    await expect(chat.field).to_have_value("слова")
    await chat.field.hover()
    await page.mouse.wheel(0, 50)
    await chat.field.click(button="right")
    await page.keyboard.press("Escape")
    assert await page.evaluate("heard") == []


async def test_a_library_that_asks_what_is_typed_into_hears_that_it_is_a_field(page, site) -> None:
    site.head = MOUSETRAP
    await page.goto(site.url)
    chat = Chat(page)
    await chat.open()
    await page.keyboard.type("roses")
    await expect(chat.field).to_have_value("roses")
    assert await page.evaluate("fired") == []
    await page.evaluate("document.activeElement.blur()")
    await page.mouse.click(5, 5)
    await page.keyboard.press("k")
    assert await page.evaluate("fired") == ["k"]


async def test_what_the_page_needs_it_keeps(page, site) -> None:
    site.head = """<script>
        window.heard = [];
        for (const type of ["click", "mousedown", "keydown", "blur", "focusin"])
            document.addEventListener(type, ({target, key}) => {
                heard.push(`${type} ${target.tagName} ${key ?? ""}`);
            }, true);
    </script>"""
    site.body = SEARCH
    await page.goto(site.url)
    chat = Chat(page)
    await expect(chat.bubble).to_be_visible()
    await chat.bubble.focus()
    await page.keyboard.press("Escape")
    assert "keydown OPEN-LINES Escape" in await page.evaluate("heard"), "the closed chat takes no keys"
    await page.locator("#search").click()
    await page.evaluate("heard.length = 0")
    await chat.open()
    heard = await page.evaluate("heard")
    assert "click OPEN-LINES " in heard, "menus of the page close by a click beside them"
    assert "blur INPUT " in heard, "a field of the page is checked when it is left"
    await page.evaluate("heard.length = 0")
    await page.locator("#search").click()
    await expect(page.locator("#search")).to_be_focused()
    assert "focusin INPUT " in await page.evaluate("heard")
    await page.keyboard.press("Control+k")
    assert "keydown INPUT k" in await page.evaluate("heard")


TRAPS = {
    "bootstrap": """
        document.addEventListener("focusin", (event) => {
            if (event.target !== document && !modal.contains(event.target)) modal.querySelector("input").focus();
        });""",
    "focus-trap": """
        document.addEventListener("focusin", (event) => {
            if (modal.contains(event.target)) return;
            event.stopImmediatePropagation(); modal.querySelector("input").focus();
        }, true);
        for (const type of ["mousedown", "touchstart"])
            document.addEventListener(type, (event) => modal.contains(event.target) || event.preventDefault(), true);
        document.addEventListener("click", (event) => {
            if (modal.contains(event.target)) return;
            event.preventDefault(); event.stopImmediatePropagation();
        }, true);""",
    "window": """
        addEventListener("focus", (event) => {
            if (event.target.nodeType && !modal.contains(event.target)) modal.querySelector("input").focus();
        }, true);""",
    "focusout": """
        modal.addEventListener("focusout", (event) => {
            if (!modal.contains(event.relatedTarget)) modal.querySelector("input").focus();
        });""",
    "blur": """
        modal.querySelector("input").addEventListener("blur", (event) => setTimeout(() => {
            if (!modal.contains(document.activeElement)) modal.querySelector("input").focus();
        }));""",
    "mui": """
        const contain = () => { if (!modal.contains(document.activeElement)) modal.focus(); };
        document.addEventListener("focusin", contain);
        document.addEventListener("keydown", (event) => { if (event.key == "Tab") modal.focus(); }, true);
        setInterval(() => { if (document.activeElement.tagName === "BODY") contain(); }, 50);""",
}


@pytest.mark.parametrize("trap", list(TRAPS))
async def test_a_modals_focus_trap_keeps_nobody_from_writing(page, site, trap) -> None:
    site.body = (
        '<div id="modal" tabindex="-1" role="dialog" aria-modal="true"><input><button>Ок</button></div>'
        "<script>const modal = document.getElementById('modal'); modal.querySelector('input').focus();"
        f"{TRAPS[trap]}</script>"
    )
    await page.goto(site.url)
    chat = Chat(page)
    await chat.open()
    await expect(chat.field).to_be_focused()
    if trap in {"window", "blur"}:  # nothing but making the page inert helps
        await expect(chat.root.locator(".panel:modal")).to_have_count(1)
    await page.keyboard.type("помогите ", delay=5)
    await chat.root.locator(".log").click()
    await chat.field.click()
    await page.keyboard.type("выбрать", delay=5)
    await expect(chat.field).to_have_value("помогите выбрать")
    await page.keyboard.press("Enter")
    await expect(chat.own()).to_have_text("помогите выбрать")
    await page.keyboard.press("Escape")
    await expect(chat.panel).to_be_hidden()
    await page.locator("#modal input").click()
    await page.keyboard.type("сам")
    await expect(page.locator("#modal input")).to_have_value("сам")


@pytest.mark.parametrize(
    "traits",
    [
        {"keyCode": 229, "isComposing": False},
        {"keyCode": 13, "isComposing": True},
        {"keyCode": 229, "isComposing": True},
    ],
)
@pytest.mark.parametrize("composed", [True, False])
async def test_the_enter_of_an_input_method_sends_nothing(chat, gateway, traits, composed) -> None:
    await chat.open()
    await chat.field.fill("nihongo")
    press = """(field, traits) => {
        field.dispatchEvent(new CompositionEvent("compositionend", {bubbles: true, composed: true}));
        return field.dispatchEvent(
            new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true, ...traits}));
    }"""
    assert await chat.field.evaluate(press, traits | {"composed": composed}), "the input method needs its key"
    await expect(chat.field).to_have_value("nihongo")
    await expect(chat.rows).to_have_count(0)
    plain = {"keyCode": 13, "isComposing": False, "composed": composed}
    assert not await chat.field.evaluate(press, plain)
    await expect(chat.own()).to_have_text("nihongo")


async def test_a_composition_of_a_real_input_method_is_typed_and_not_sent(chat, page) -> None:
    await chat.open()
    session = await page.context.new_cdp_session(page)
    await session.send("Input.imeSetComposition", {"text": "にほ", "selectionStart": 2, "selectionEnd": 2})
    key = {"type": "rawKeyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    await session.send("Input.dispatchKeyEvent", key)
    await session.send("Input.insertText", {"text": "日本"})
    await expect(chat.field).to_have_value("日本")
    await expect(chat.rows).to_have_count(0)
    await page.keyboard.press("Enter")
    await expect(chat.own()).to_have_text("日本")


async def test_enter_in_the_only_field_that_is_asked_for_loads_no_page(page, site, gateway) -> None:
    gateway.look["ask"] = [{"field": "name", "required": True}]
    await page.goto(site.url)
    chat = Chat(page)
    await chat.open()
    await chat.field.fill("Сколько?")
    name = chat.root.locator(".ask input")
    await name.fill("Ольга")
    await name.press("Enter")
    await expect(chat.field).to_be_focused()
    assert page.url == site.url
    await page.keyboard.press("Enter")
    await expect(chat.own()).to_have_text("Сколько?")
