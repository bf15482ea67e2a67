"""The sandbox's page in a real browser: people act by clicking, a bot made with aiogram answers on the wire.

Every test also fails on an error in the page's console, and on a request to any other address than the sandbox.
"""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramServerError
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    MessageEntity,
    ReactionTypeEmoji,
    ReplyParameters,
    Update,
)
from playwright.async_api import Browser, Locator, Page, Request, ViewportSize, async_playwright, expect

from sandbox.pictures import plain_png
from sandbox.server import Sandbox
from sandbox.telegram.people import Act

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHOTS = Path(__file__).parents[1] / ".shots"
SAMPLES = Path(__file__).parents[2] / "sandbox" / "page" / "samples"
WIDE: ViewportSize = {"width": 1600, "height": 900}
PNG = plain_png(320, 240, "#7a9e7e")


def chromium() -> str:
    """The browser's path; a missing one fails with the line to type."""
    for candidate in (os.environ.get("CHROMIUM"), "/usr/bin/chromium", shutil.which("chromium")):
        if candidate and Path(candidate).is_file():
            return candidate
    pytest.fail("No Chromium here. Type: apt-get install -y chromium (or set CHROMIUM to the path of one).")


class Shop:
    """The shop's bot as its developer has it: asks for updates one by one and answers."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self._offset = 0
        self._waiting: list[Update] = []

    async def next_update(self) -> Update:
        if not self._waiting:
            self._waiting = await self.bot.get_updates(offset=self._offset, timeout=10)
        assert self._waiting, "no update came within 10 seconds"
        update = self._waiting.pop(0)
        self._offset = update.update_id + 1
        return update

    async def next_message(self) -> Message:
        update = await self.next_update()
        assert update.message is not None
        return update.message


class Phone:
    """One phone of the page."""

    def __init__(self, page: Page, user_id: int) -> None:
        self.element = page.locator(f'[data-phone="{user_id}"]')
        self.composer = self.element.locator("[data-composer]")
        self.toast = self.element.locator("[data-toast]")

    def message(self, message_id: int) -> Locator:
        return self.element.locator(f'[data-message="{message_id}"]')

    def text(self, message_id: int) -> Locator:
        return self.message(message_id).locator("[data-text]")

    def button(self, name: str) -> Locator:
        return self.element.locator("[data-button]", has_text=name)

    async def write(self, text: str) -> None:
        await self.composer.fill(text)
        await self.element.locator("[data-send]").click()

    async def choose(self, message_id: int, item: str) -> None:
        """Opens the small menu of a message and takes an entry by its attribute."""
        await self.message(message_id).hover()
        await self.message(message_id).locator("[data-more]").click()
        await self.element.page.locator(f"[data-menu] {item}").click()

    async def watch_toasts(self) -> None:
        """Notes the next toast when it appears: it goes by itself, and a slow test could come too late to look."""
        await self.element.evaluate("""(phone) => { phone.toasted = new Promise((resolve) => {
            const edges = (one) => one.getBoundingClientRect();
            const before = phone.querySelector("[data-toast]");
            const seen = new MutationObserver(() => {
                const toast = phone.querySelector("[data-toast]");
                if (!toast || toast === before) return;
                seen.disconnect();
                const newest = [...phone.querySelectorAll("[data-message]")].at(-1);
                resolve({ text: toast.textContent, bottom: edges(toast).bottom, newest: edges(newest).top });
            });
            seen.observe(phone, { childList: true, subtree: true });
        }); }""")

    async def next_toast(self) -> Any:
        """The noted toast: its words and lower edge, and the upper edge of the newest message at that moment."""
        return await self.element.evaluate("(phone) => phone.toasted")

    async def send_sample(self, name: str) -> None:
        await self.element.locator("[data-attach]").click()
        await self.element.page.locator(f'[data-menu] [data-sample="{name}"]').click()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    path = chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        )  # fmt: skip
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(limits=False) as sandbox:
        yield sandbox


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, sandbox: Sandbox) -> AsyncIterator[Page]:
    async with watched_page(browser, sandbox.url) as page:
        await page.goto(sandbox.url)
        await expect(page.locator("[data-phone]")).to_have_count(4)
        yield page


@asynccontextmanager
async def watched_page(
    browser: Browser, url: str, *, scheme: Literal["light", "dark"] = "light", viewport: ViewportSize = WIDE
) -> AsyncIterator[Page]:
    """A page in its own context; its errors and requests to strangers fail the test at the end."""
    wrong: list[str] = []

    def note_request(request: Request) -> None:
        if not request.url.startswith((url, "data:", "blob:")):
            wrong.append(f"request: {request.url}")

    context = await browser.new_context(viewport=viewport, color_scheme=scheme, locale="ru-RU")
    page = await context.new_page()
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
    page.on("request", note_request)
    yield page
    await context.close()
    assert wrong == []


@pytest_asyncio.fixture(loop_scope="module")
async def shop(sandbox: Sandbox) -> AsyncIterator[Shop]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(sandbox.url))
    bot = Bot(sandbox.bot("shop_bot").token, session=session)
    yield Shop(bot)
    await session.close()


@pytest.fixture
def maria_id(sandbox: Sandbox) -> int:
    return sandbox.user("maria")


@pytest.fixture
def maria(page: Page, maria_id: int) -> Phone:
    return Phone(page, maria_id)


@pytest_asyncio.fixture(loop_scope="module")
async def talk(maria: Phone, shop: Shop) -> Phone:
    """Maria has pressed start, and the bot has heard it."""
    await maria.element.locator("[data-start]").click()
    assert (await shop.next_message()).text == "/start"
    return maria


def keyboard(*rows: list[tuple[str, str]]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text=text, callback_data=data) for text, data in row] for row in rows]
    )


async def test_a_press_of_a_bots_button_shows_progress_and_then_its_answer(
    maria: Phone, shop: Shop, maria_id: int
) -> None:
    await expect(maria.composer).to_be_hidden()
    await maria.element.locator("[data-start]").click()
    assert (await shop.next_message()).text == "/start"
    await maria.write("Есть ромашки?")
    assert (await shop.next_message()).text == "Есть ромашки?"
    sent = await shop.bot.send_message(
        maria_id, "Есть. Сколько?", reply_markup=keyboard([("15", "n:15"), ("25", "n:25")])
    )
    await expect(maria.text(sent.message_id)).to_have_text("Есть. Сколько?")
    await maria.button("25").click()
    await expect(maria.button("25")).to_have_attribute("aria-busy", "true")
    query = (await shop.next_update()).callback_query
    assert query is not None
    assert query.data == "n:25"
    await shop.bot.answer_callback_query(query.id, text="Записали 25 штук")
    await expect(maria.toast).to_have_text("Записали 25 штук")
    await expect(maria.button("25")).not_to_have_attribute("aria-busy", "true")


async def test_a_press_of_a_button_that_is_gone_says_so_in_the_pages_language(
    talk: Phone, page: Page, shop: Shop, maria_id: int
) -> None:
    for language, sentence in [("ru", "Этой кнопки больше нет"), ("en", "This button is gone")]:
        sent = await shop.bot.send_message(maria_id, "Берёте?", reply_markup=keyboard([("Да", "yes")]))
        button = await talk.message(sent.message_id).locator("[data-button]").element_handle()
        assert button is not None
        await shop.bot.edit_message_text("Уже продано", chat_id=maria_id, message_id=sent.message_id)
        await expect(talk.text(sent.message_id)).to_have_text("Уже продано")
        await talk.watch_toasts()
        await button.evaluate("node => node.click()")  # as a finger does that was on its way
        assert sentence in (await talk.next_toast())["text"]
        assert await page.evaluate("document.documentElement.lang") == language
        await page.locator("[data-language]").click()


async def test_a_toast_leaves_the_newest_message_in_sight(talk: Phone, shop: Shop, maria_id: int) -> None:
    for number in range(15):
        last = await shop.bot.send_message(maria_id, f"новость {number}", reply_markup=keyboard([("Ясно", "ok")]))
    await talk.message(last.message_id).locator("[data-button]").click()
    query = (await shop.next_update()).callback_query
    assert query is not None
    await talk.watch_toasts()
    await shop.bot.answer_callback_query(query.id, text="Принято: " + "очень длинный ответ " * 6)
    toast = await talk.next_toast()
    assert "Принято" in toast["text"]
    assert toast["bottom"] < toast["newest"]


async def test_an_alert_is_closed_by_its_button_and_gives_the_focus_back(
    talk: Phone, shop: Shop, maria_id: int
) -> None:
    await shop.bot.send_message(maria_id, "Точно?", reply_markup=keyboard([("Да", "yes")]))
    await talk.button("Да").press("Enter")
    query = (await shop.next_update()).callback_query
    assert query is not None
    await shop.bot.answer_callback_query(query.id, text="Такого букета больше нет", show_alert=True)
    alert = talk.element.get_by_role("alertdialog")
    await expect(alert).to_contain_text("Такого букета больше нет")
    await alert.locator("[data-ok]").press("Enter")
    await expect(alert).to_have_count(0)
    await expect(talk.button("Да")).to_be_focused()


async def test_a_photo_goes_each_way(talk: Phone, page: Page, shop: Shop, maria_id: int) -> None:
    await talk.element.locator("[data-attach-photo]").set_input_files(
        {"name": "букет.png", "mimeType": "image/png", "buffer": PNG}
    )
    await talk.write("Такой букет")
    received = await shop.next_message()
    assert received.photo is not None
    assert received.caption == "Такой букет"
    downloaded = await shop.bot.download(received.photo[-1])
    assert downloaded is not None
    assert downloaded.read() == PNG
    sent = await shop.bot.send_photo(maria_id, BufferedInputFile(PNG, "ответ.png"), caption="Есть и такой")
    picture = talk.message(sent.message_id).locator("img")
    await expect(picture).to_have_js_property("naturalWidth", 320)
    await expect(talk.text(sent.message_id)).to_have_text("Есть и такой")
    await talk.message(sent.message_id).locator("[data-photo]").click()
    await expect(page.locator("[data-viewer] img")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-viewer]")).to_have_count(0)


async def test_a_file_keeps_its_name_and_bytes(talk: Phone, page: Page, shop: Shop, maria_id: int) -> None:
    sent = await shop.bot.send_document(maria_id, BufferedInputFile(b"1042", "Счёт 1042.txt"))
    async with page.expect_download() as waiting:
        await talk.message(sent.message_id).locator("[data-file]").click()
    download = await waiting.value
    assert download.suggested_filename == "Счёт 1042.txt"
    assert (await download.path()).read_bytes() == b"1042"


async def test_an_edit_shows_in_place_and_leaves_the_focus(talk: Phone, shop: Shop, maria_id: int) -> None:
    sent = await shop.bot.send_message(maria_id, "Заказ принят", reply_markup=keyboard([("Отменить", "x")]))
    await talk.button("Отменить").focus()
    await shop.bot.edit_message_text(
        "Заказ собран", chat_id=maria_id, message_id=sent.message_id, reply_markup=keyboard([("Отменить", "x")])
    )
    await expect(talk.text(sent.message_id)).to_have_text("Заказ собран")
    await expect(talk.message(sent.message_id).locator("[data-edited]")).to_have_text("изменено")
    await expect(talk.message(sent.message_id)).to_have_count(1)
    await expect(talk.button("Отменить")).to_be_focused()


async def test_a_person_edits_an_own_message(talk: Phone, shop: Shop) -> None:
    await talk.write("Доставка к шести")
    message_id = (await shop.next_message()).message_id
    await talk.choose(message_id, "[data-edit]")
    await expect(talk.composer).to_have_value("Доставка к шести")
    await talk.write("Доставка к семи")
    edited = (await shop.next_update()).edited_message
    assert edited is not None
    assert (edited.message_id, edited.text) == (message_id, "Доставка к семи")
    await expect(talk.text(message_id)).to_have_text("Доставка к семи")


async def test_reactions_of_both_sides_stand_under_the_message(talk: Phone, shop: Shop, maria_id: int) -> None:
    await talk.write("Спасибо!")
    own = (await shop.next_message()).message_id
    await shop.bot.set_message_reaction(maria_id, own, reaction=[ReactionTypeEmoji(emoji="👀")])
    await expect(talk.message(own).locator("[data-reaction]")).to_have_text(["👀"])
    await shop.bot.set_message_reaction(maria_id, own, reaction=[ReactionTypeEmoji(emoji="👌")])
    await expect(talk.message(own).locator("[data-reaction]")).to_have_text(["👌"])
    sent = await shop.bot.send_message(maria_id, "Заходите ещё")
    await talk.choose(sent.message_id, '[data-emoji="🔥"]')
    await expect(talk.message(sent.message_id).locator("[data-reaction]")).to_have_text(["🔥"])
    await talk.message(sent.message_id).locator("[data-reaction]").click()
    await expect(talk.message(sent.message_id).locator("[data-reaction]")).to_have_count(0)


async def test_a_reply_quotes_and_a_press_on_the_quote_goes_to_the_original(
    talk: Phone, shop: Shop, maria_id: int
) -> None:
    sent = await shop.bot.send_message(maria_id, "Какой адрес?")
    await talk.message(sent.message_id).hover()
    await talk.message(sent.message_id).locator("[data-reply]").click()
    await expect(talk.element.locator('[data-subject="reply"]')).to_contain_text("Какой адрес?")
    await talk.write("Ленина, 5")
    answer = await shop.next_message()
    assert answer.reply_to_message is not None
    assert answer.reply_to_message.message_id == sent.message_id
    back = await shop.bot.send_message(
        maria_id, "Выехали", reply_parameters=ReplyParameters(message_id=answer.message_id)
    )
    quote = talk.message(back.message_id).locator("[data-quote]")
    await expect(quote).to_contain_text("Ленина, 5")
    await quote.click()
    await expect(talk.message(answer.message_id)).to_be_focused()


async def test_nothing_in_a_message_runs_as_a_script(talk: Phone, page: Page, shop: Shop, maria_id: int) -> None:
    evil = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
    await talk.write(evil)
    own = (await shop.next_message()).message_id
    await expect(talk.text(own)).to_have_text(evil)
    link = MessageEntity(type="text_link", offset=0, length=5, url="http://127.0.0.1/")
    sent = await shop.bot.send_message(
        maria_id, f"press {evil}", entities=[link], reply_markup=keyboard([(evil, evil[:60])])
    )
    await expect(talk.text(sent.message_id)).to_have_text(f"press {evil}")
    await expect(talk.button("onerror")).to_have_text(evil)
    file = await shop.bot.send_document(maria_id, BufferedInputFile(evil.encode(), "<img src=x onerror=hacked=1>.html"))
    await expect(talk.message(file.message_id).locator(".name")).to_have_text("<img src=x onerror=hacked=1>.html")
    assert await page.evaluate("window.hacked") is None
    assert await page.locator('img[src="x"]').count() == 0


async def test_a_link_with_a_scheme_of_scripts_is_no_link(page: Page) -> None:
    hrefs = await page.evaluate("""async () => {
        const { richText } = await import("/page/entities.js");
        const text = "a b c";
        const links = ["javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "https://example.com/"];
        const entities = links.map((url, index) => ({ type: "text_link", offset: index * 2, length: 1, url }));
        return richText(text, entities, {}).map((node) => node.href ?? null);
    }""")
    assert [href for href in hrefs if href] == ["https://example.com/"]


async def test_entities_count_utf16_units_and_nest(talk: Phone, shop: Shop, maria_id: int) -> None:
    sent = await shop.bot.send_message(
        maria_id,
        "😀 Скидка <b>десять <i>процентов</i></b>, код <tg-spoiler>РОМ</tg-spoiler> <code>x=1</code>",
        parse_mode="HTML",
    )
    text = talk.text(sent.message_id)
    await expect(text.locator("strong")).to_have_text("десять процентов")
    await expect(text.locator("strong em")).to_have_text("процентов")
    await expect(text.locator("code")).to_have_text("x=1")
    spoiler = text.locator("[data-spoiler]")
    await expect(spoiler).to_have_css("color", "rgba(0, 0, 0, 0)")
    await spoiler.press("Enter")
    await expect(spoiler).not_to_have_css("color", "rgba(0, 0, 0, 0)")


@pytest.mark.parametrize(
    "kind",
    ["photo", "document", "voice", "video", "video_note", "animation", "audio", "sticker", "location", "contact"],
)
async def test_a_ready_sample_of_each_kind_reaches_the_bot(talk: Phone, shop: Shop, kind: str) -> None:
    await talk.send_sample(kind)
    received = await shop.next_message()
    assert received.content_type == kind
    shown = talk.message(received.message_id)
    await expect(shown).to_be_visible()
    if kind in ("photo", "sticker"):
        await expect(shown.locator("img")).not_to_have_js_property("naturalWidth", 0)
    if kind in ("video", "video_note", "animation"):
        await expect(shown.locator("video")).not_to_have_js_property("videoWidth", 0)
    if kind in ("voice", "audio"):
        await expect(shown.locator(".time")).to_have_text("0:03")
    if kind == "audio":
        await expect(shown.locator(".name")).to_have_text("Open Lines — Ромашка")


async def test_a_voice_message_plays(talk: Phone, shop: Shop) -> None:
    await talk.send_sample("voice")
    message_id = (await shop.next_message()).message_id
    play = talk.message(message_id).locator("[data-play]")
    await play.click()
    await expect(play).to_have_attribute("aria-label", "Пауза")
    await expect(play).to_have_attribute("aria-label", "Воспроизвести", timeout=10_000)  # it has come to its end


async def test_an_album_stands_in_one_balloon(talk: Phone, shop: Shop) -> None:
    await talk.send_sample("album")
    received = [await shop.next_message() for _ in range(3)]
    assert len({message.media_group_id for message in received}) == 1
    album = talk.element.locator("[data-album]")
    await expect(album).to_have_count(1)
    await expect(album.locator("[data-message]")).to_have_count(3)


async def test_files_are_taken_by_drag_and_drop_and_from_the_clipboard(talk: Phone, page: Page, shop: Shop) -> None:
    make = """([name, type]) => {
        const data = new DataTransfer();
        data.items.add(new File(["1"], name, { type }));
        return data;
    }"""
    dropped = await page.evaluate_handle(make, ["накладная.pdf", "application/pdf"])
    for event in ("dragenter", "dragover", "drop"):
        await talk.element.locator(".frame").dispatch_event(event, {"dataTransfer": dropped})
    await expect(talk.element.locator("[data-chip]")).to_have_count(1)
    pasted = await page.evaluate_handle(make, ["снимок.png", "image/png"])
    await talk.composer.evaluate(
        "(input, data) => input.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }))",
        pasted,
    )
    await expect(talk.element.locator("[data-chip]")).to_have_count(2)
    await talk.element.locator("[data-send]").click()
    kinds = {(await shop.next_message()).content_type for _ in range(2)}
    assert kinds == {"document", "photo"}


async def test_enter_sends_and_shift_enter_breaks_the_line(talk: Phone, shop: Shop) -> None:
    await talk.composer.press_sequentially("раз")
    await talk.composer.press("Shift+Enter")
    await talk.composer.press_sequentially("два")
    await talk.composer.press("Enter")
    assert (await shop.next_message()).text == "раз\nдва"
    await expect(talk.composer).to_have_value("")


async def test_texts_sent_quickly_keep_their_order(talk: Phone, shop: Shop) -> None:
    words = [f"слово {number}" for number in range(8)]
    for word in words:
        await talk.composer.fill(word)
        await talk.composer.press("Enter")
    assert [(await shop.next_message()).text for _ in words] == words


async def test_a_slash_shows_the_bots_commands(talk: Phone, page: Page, shop: Shop, maria_id: int) -> None:
    await shop.bot.set_my_commands(
        [BotCommand(command="orders", description="мои заказы"), BotCommand(command="help", description="помощь")]
    )
    await page.reload()
    await talk.composer.press_sequentially("/o")
    await expect(talk.element.locator("[data-command]")).to_have_text(["/ordersмои заказы"])
    await talk.composer.press("Enter")
    assert (await shop.next_message()).text == "/orders"


async def test_a_reload_keeps_the_history_and_older_messages_come_on_scrolling_up(
    talk: Phone, page: Page, sandbox: Sandbox, maria_id: int
) -> None:
    shop_id = sandbox.bot("shop_bot").id
    sent = [written(sandbox.people.text(maria_id, shop_id, f"сообщение {number}")) for number in range(80)]
    first, last = sent[0], sent[-1]
    await page.reload()
    await expect(talk.message(last)).to_be_in_viewport()
    await expect(talk.message(first)).to_have_count(0)
    await talk.element.locator(".scroller").evaluate("(node) => node.scrollTo(0, 0)")
    await expect(talk.message(first)).to_have_count(1)
    ids = await talk.element.locator("[data-message]").evaluate_all(
        "(nodes) => nodes.map((n) => Number(n.dataset.message))"
    )
    assert ids == sorted(ids)


async def test_new_messages_scroll_into_view_only_for_who_reads_the_newest(
    talk: Phone, shop: Shop, maria_id: int
) -> None:
    news = [await shop.bot.send_message(maria_id, f"новость {number}") for number in range(30)]
    await expect(talk.message(news[-1].message_id)).to_be_in_viewport()
    scroller = talk.element.locator(".scroller")
    await scroller.evaluate("(node) => node.scrollTo(0, 150)")
    await expect(talk.element.locator("[data-jump]")).to_be_visible()
    sent = await shop.bot.send_message(maria_id, "самая новая")
    await expect(talk.element.locator("[data-jump]")).to_have_text("1")
    await expect(talk.message(sent.message_id)).not_to_be_in_viewport()
    await talk.element.locator("[data-jump]").click()
    await expect(talk.message(sent.message_id)).to_be_in_viewport()


async def test_a_scroll_up_right_behind_a_jump_to_the_newest_is_the_readers_wish(
    talk: Phone, shop: Shop, maria_id: int
) -> None:
    news = [await shop.bot.send_message(maria_id, f"новость {number}") for number in range(30)]
    await expect(talk.message(news[-1].message_id)).to_be_in_viewport()
    await talk.element.locator(".scroller").evaluate("""(node) => {
        node.scrollTo(0, 0);
        return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    }""")
    await expect(talk.element.locator("[data-jump]")).to_be_visible()
    await talk.element.evaluate("""(phone) => {
        phone.querySelector("[data-jump]").click();
        phone.querySelector(".scroller").scrollTo(0, 150);  // before the browser has told of the first scroll
    }""")
    await expect(talk.element.locator("[data-jump]")).to_be_visible()
    await expect(talk.message(news[-1].message_id)).not_to_be_in_viewport()


async def test_news_mark_the_phone_until_somebody_looks(talk: Phone, page: Page, shop: Shop, maria_id: int) -> None:
    await page.locator("h1").click()
    await shop.bot.send_message(maria_id, "Ваш заказ готов")
    badge = talk.element.locator("[data-unread]")
    await expect(badge).to_have_text("1")
    await talk.composer.click()
    await expect(badge).to_be_hidden()


async def test_the_bot_is_blocked_and_unblocked_from_the_phones_menu(talk: Phone, page: Page, shop: Shop) -> None:
    await talk.element.locator("[data-phone-menu]").click()
    await page.locator("[data-menu] [data-block]").click()
    await expect(talk.composer).to_be_hidden()
    blocked = (await shop.next_update()).my_chat_member
    assert blocked is not None
    assert blocked.new_chat_member.status == "kicked"
    await talk.element.locator("[data-unblock]").click()
    await expect(talk.composer).to_be_visible()


async def test_what_the_bot_deletes_goes_and_what_a_person_deletes_goes_from_the_own_phone(
    talk: Phone, shop: Shop, maria_id: int
) -> None:
    sent = await shop.bot.send_message(maria_id, "ошиблись чатом")
    await expect(talk.message(sent.message_id)).to_be_visible()
    await shop.bot.delete_message(maria_id, sent.message_id)
    await expect(talk.message(sent.message_id)).to_have_count(0)
    await talk.write("лишнее")
    own = (await shop.next_message()).message_id
    await talk.choose(own, "[data-remove]")
    await expect(talk.message(own)).to_have_count(0)


async def test_a_link_to_a_bot_presses_start_with_its_payload(talk: Phone, shop: Shop, maria_id: int) -> None:
    sent = await shop.bot.send_message(maria_id, "Жмите https://t.me/shop_bot?start=promo-7")
    await talk.message(sent.message_id).get_by_role("link").click()
    started = await shop.next_message()
    assert started.text == "/start promo-7"
    await expect(talk.text(started.message_id)).to_have_text(
        "/start"
    )  # as the app shows it: a payload may be an invite
    back = await shop.bot.send_message(
        maria_id, "Добро пожаловать", reply_parameters=ReplyParameters(message_id=started.message_id)
    )
    await expect(talk.message(back.message_id).locator("[data-quote]")).not_to_contain_text("promo-7")
    await expect(talk.element).not_to_contain_text("/start promo-7")


async def test_a_bots_sticker_is_a_picture_or_a_film_by_its_bytes(talk: Phone, shop: Shop, maria_id: int) -> None:
    picture = await shop.bot.send_sticker(maria_id, BufferedInputFile(PNG, "sticker"))
    await expect(talk.message(picture.message_id).locator("img.sticker")).to_have_js_property("naturalWidth", 320)
    film = (SAMPLES / "note.mp4").read_bytes()
    moving = await shop.bot.send_sticker(maria_id, BufferedInputFile(film, "sticker"))
    await expect(talk.message(moving.message_id).locator("video.sticker")).to_have_js_property("videoWidth", 240)
    drawn = await shop.bot.send_sticker(maria_id, BufferedInputFile(b"\x1f\x8b vectors", "sticker.tgs"))
    await expect(talk.message(drawn.message_id).locator("[data-file]")).to_be_visible()


async def test_faults_are_switched_on_and_counted(talk: Phone, page: Page, shop: Shop, maria_id: int) -> None:
    await page.locator("[data-faults]").click()
    await page.locator('[data-fault-times="500"]').fill("2")
    await page.locator('[data-fault="500"]').check()
    await expect(page.locator("[data-faults]")).to_have_text("Сбои1")
    for _ in range(2):
        with pytest.raises(TelegramServerError):
            await shop.bot.send_message(maria_id, "не дойдёт")
    await expect(page.locator('[data-fault-fired="500"]')).to_have_text("сработало: 2")
    await expect(page.locator('[data-fault="500"]')).not_to_be_checked()
    await shop.bot.send_message(maria_id, "дойдёт")


async def test_a_change_of_language_keeps_what_was_being_written(talk: Phone, page: Page) -> None:
    await talk.composer.fill("не дописано")
    await page.locator("[data-language]").click()
    await expect(page.locator("[data-gateway]")).to_contain_text("Gateway")
    await expect(talk.composer).to_have_attribute("placeholder", "Message")
    await expect(talk.composer).to_have_value("не дописано")
    await page.reload()
    await expect(talk.composer).to_have_attribute("placeholder", "Message")


async def test_the_gateways_state_and_its_trouble_are_shown(page: Page, sandbox: Sandbox) -> None:
    await expect(page.locator('[data-gateway="stopped"]')).to_be_visible()
    sandbox.show_gateway("running")
    await expect(page.locator('[data-gateway="running"]')).to_contain_text("работает")
    sandbox.show_gateway("stopped", note="Шлюз завершился с кодом 1.")
    await expect(page.locator("[data-gateway-note]")).to_have_text("Шлюз завершился с кодом 1.")


async def test_every_button_of_the_page_has_a_name(talk: Phone, page: Page, shop: Shop, maria_id: int) -> None:
    await shop.bot.send_message(maria_id, "Вот", reply_markup=keyboard([("Да", "y")]))
    await shop.bot.send_photo(maria_id, BufferedInputFile(PNG, "a.png"))
    await expect(talk.element.locator("[data-photo]")).to_be_visible()
    nameless = await page.locator("button").evaluate_all(
        """(nodes) => nodes
            .filter((node) => !(node.getAttribute("aria-label") || node.textContent.trim()))
            .map((node) => node.outerHTML)"""
    )
    assert nameless == []


async def test_a_phone_is_hidden_and_shown_again_in_its_place(page: Page, maria: Phone, maria_id: int) -> None:
    await page.locator("[data-people]").click()
    await expect(page.locator("[data-add-person]").first.locator("xpath=..")).not_to_contain_text("null")
    await page.locator(f'[data-show-phone="{maria_id}"]').uncheck()
    await expect(maria.element).to_have_count(0)
    await page.locator(f'[data-show-phone="{maria_id}"]').check()
    await expect(page.locator("[data-phone]").first).to_have_attribute("data-phone", str(maria_id))


async def test_a_new_person_gets_a_phone_with_an_unopened_chat(page: Page, sandbox: Sandbox) -> None:
    await page.locator("[data-people]").click()
    await page.locator('[data-add-person="operator"]').click()
    await expect(page.locator("[data-phone]")).to_have_count(5)
    added = page.locator("[data-phone]").last
    await expect(added.locator("[data-bot]")).to_have_attribute("data-bot", str(sandbox.bot("desk_bot").id))
    await expect(added.locator("[data-start]")).to_be_visible()


async def test_after_a_restart_of_the_server_the_page_catches_up(browser: Browser, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        async with Sandbox(folder=tmp_path, limits=False) as sandbox:
            shop, maria = sandbox.bot("shop_bot").id, sandbox.user("maria")
            sandbox.people.start(maria, shop)
            port = int(sandbox.url.rpartition(":")[2])
            page = await stack.enter_async_context(watched_page(browser, sandbox.url))
            await page.goto(sandbox.url)
            phone = Phone(page, maria)
            await expect(phone.element.locator("[data-text]")).to_have_text(["/start"])
        await expect(page.locator("[data-offline]")).to_be_visible()
        async with Sandbox(folder=tmp_path, port=port, limits=False) as sandbox:
            missed = written(sandbox.people.text(maria, shop, "пока вас не было"))
            await expect(phone.text(missed)).to_have_text("пока вас не было", timeout=15_000)
            await expect(page.locator("[data-offline]")).to_be_hidden()
            fresh = written(sandbox.people.text(maria, shop, "а это при вас"))
            await expect(phone.text(fresh)).to_have_text("а это при вас")


@pytest.mark.parametrize(
    ("name", "scheme", "viewport"),
    [
        ("page-1920", "light", {"width": 1920, "height": 1080}),
        ("page-1440", "light", {"width": 1440, "height": 900}),
        ("page-dark", "dark", WIDE),
    ],
)
async def test_four_phones_and_the_site_stand_side_by_side(
    browser: Browser, sandbox: Sandbox, name: str, scheme: Literal["light", "dark"], viewport: ViewportSize
) -> None:
    play_a_story(sandbox)
    async with watched_page(browser, sandbox.url, scheme=scheme, viewport=viewport) as page:
        await page.goto(sandbox.url)
        await expect(page.locator("[data-phone]")).to_have_count(4)
        for phone in await page.locator(".phone").all():
            await expect(phone).to_be_in_viewport(ratio=1)
        await take_shot(page, name)


async def test_on_a_smaller_window_one_customer_waits_in_the_menu_until_wanted(
    browser: Browser, sandbox: Sandbox, maria_id: int
) -> None:
    async with watched_page(browser, sandbox.url, viewport={"width": 1280, "height": 760}) as page:
        await page.goto(sandbox.url)
        await expect(page.locator("[data-phone]")).to_have_count(3)
        for phone in await page.locator(".phone").all():
            await expect(phone).to_be_in_viewport(ratio=1)
        await page.locator("[data-people]").click()
        await page.locator(f'[data-show-phone="{sandbox.user("Иван")}"]').check()
        await expect(page.locator("[data-phone]")).to_have_count(4)
        await page.keyboard.press("Escape")
        boxes = [await phone.bounding_box() for phone in await page.locator(".phone").all()]
        edges = [(box["x"], box["x"] + box["width"]) for box in boxes if box is not None]
        assert all(right <= left for (_, right), (left, _) in pairwise(edges))  # scrolled sideways, not piled up
        await page.locator(".phone").last.scroll_into_view_if_needed()
        await expect(page.locator(".phone").last).to_be_in_viewport(ratio=0.9)


async def test_on_a_narrow_window_the_phones_scroll_sideways(browser: Browser, sandbox: Sandbox) -> None:
    play_a_story(sandbox)
    async with watched_page(browser, sandbox.url, viewport={"width": 420, "height": 860}) as page:
        await page.goto(sandbox.url)
        last = page.locator("[data-phone]").last
        await expect(last).not_to_be_in_viewport()
        await expect(page.get_by_role("button", name="Сбои")).to_be_visible()
        await take_shot(page, "page-narrow")
        await last.scroll_into_view_if_needed()
        await expect(last).to_be_in_viewport(ratio=0.9)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def written(act: Act) -> int:
    """The id of the message that an act made."""
    assert act.message is not None
    return act.message.message_id


def play_a_story(sandbox: Sandbox) -> None:
    """Something for every phone to show."""
    shop, desk = sandbox.bot("shop_bot").id, sandbox.bot("desk_bot").id
    maria, anna = sandbox.user("maria"), sandbox.user("anna")
    sandbox.people.start(maria, shop)
    sandbox.people.text(maria, shop, "Добрый день! Успеете привезти букет к шести?")
    sandbox.people.start(anna, desk)
    sandbox.people.text(anna, desk, "Здравствуйте, Мария! Успеем.")
    sandbox.people.start(sandbox.user("boris"), desk)


async def take_shot(page: Page, name: str) -> None:
    await page.wait_for_load_state("networkidle")
    SHOTS.mkdir(exist_ok=True)
    await page.screenshot(path=SHOTS / f"{name}.png", animations="disabled")
