"""A MAX phone in a real browser: Софья starts the bot and acts by clicking, the bot answers through the API."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize, expect

from sandbox.max.records import Dialog, Message
from sandbox.server import Sandbox
from tests.sandbox.max.running import max_of
from tests.sandbox.test_page import Phone, browser, take_shot, watched_page

pytestmark = pytest.mark.asyncio(loop_scope="module")

__all__ = ["browser"]

VIEWPORT: ViewportSize = {"width": 1500, "height": 900}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def world() -> AsyncIterator[Sandbox]:
    async with Sandbox(limits=False) as world:
        yield world


class Sofya(Phone):
    """Her phone, taken out of the menu first, and the bot at the other end."""

    def __init__(self, page: Page, world: Sandbox) -> None:
        super().__init__(page, world.user("sofya"))
        self.page, self.world, self.user_id = page, world, world.user("sofya")
        self.bot = max_of(world).bot("romashka_max_bot")

    @property
    def dialog(self) -> Dialog:
        dialog = max_of(self.world).max.world.dialog_of(self.bot.id, self.user_id)
        assert dialog is not None
        return dialog

    @property
    def newest(self) -> Message | None:
        return next(iter(max_of(self.world).max.world.history(self.dialog)), None)

    async def take(self) -> None:
        await self.page.wait_for_load_state("networkidle")  # the shop's frame as well: a file torn off stays open
        await self.page.locator("[data-people]").click()
        await self.page.locator(f'[data-show-phone="{self.user_id}"]').check()
        await self.page.keyboard.press("Escape")
        await expect(self.element).to_be_visible()

    async def menu(self, item: str) -> None:
        """Opens the menu until it offers the item: what was done before may still be on its way to the page."""
        found = self.page.locator(f"[data-menu] {item}")
        async with asyncio.timeout(20):
            while True:
                await self.element.locator("[data-phone-menu]").click()
                await expect(self.page.locator("[data-menu]")).to_be_visible()
                if await found.count():
                    break
                await self.page.keyboard.press("Escape")
        await found.click()

    async def told(self, kind: str, before: int) -> Any:
        """Waits for an update of a kind with a number above `before`."""
        bot = max_of(self.world).max.world.bots[self.bot.id]
        async with asyncio.timeout(20):
            while True:
                for event in max_of(self.world).max.feed._kept.get(bot.id, ()):
                    if event.kind == kind and event.seq > before:
                        return event
                await asyncio.sleep(0.01)

    @property
    def told_so_far(self) -> int:
        return max_of(self.world).max.world.bots[self.bot.id].next_event - 1

    async def hears(self, **body: Any) -> int:
        """The bot sends through the API; the number of the message."""
        await self.call("POST", "messages", {"chat_id": str(self.dialog.chat_id)}, body)
        assert self.newest is not None
        return self.newest.number

    async def call(self, verb: str, path: str, query: dict[str, str], body: Any = None) -> Any:
        headers = {"Authorization": self.bot.token}
        async with (
            aiohttp.ClientSession() as session,
            session.request(verb, f"{self.world.url}/max/{path}", params=query, json=body, headers=headers) as answer,
        ):
            assert answer.status == 200
            return await answer.json()


@asynccontextmanager
async def taken(browser: Browser, world: Sandbox) -> AsyncIterator[Sofya]:
    async with watched_page(browser, world.url, viewport=VIEWPORT) as page:
        await page.goto(world.url)
        phone = Sofya(page, world)
        await phone.take()
        yield phone


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sofya(browser: Browser, world: Sandbox) -> AsyncIterator[Sofya]:
    """She has started the bot: tests of this file may run in any order."""
    max_of(world).people.start(world.user("sofya"), max_of(world).bot("romashka_max_bot").id)
    async with taken(browser, world) as phone:
        yield phone


async def test_a_bot_is_started(browser: Browser) -> None:
    async with Sandbox(limits=False) as world, taken(browser, world) as sofya:
        before = sofya.told_so_far
        await expect(sofya.composer).to_be_hidden()
        await sofya.element.locator("[data-start]").click()
        await sofya.told("bot_started", before)
        await expect(sofya.composer).to_be_visible()


async def test_a_conversation_in_which_both_change_and_take_back_words(sofya: Sofya) -> None:
    before = sofya.told_so_far
    await sofya.write("Здравствуйте! Есть пионы?")
    await sofya.told("message_created", before)
    asked = sofya.newest
    assert asked is not None
    ticks = sofya.message(asked.number).locator("[data-read]")
    await expect(ticks).to_have_attribute("data-read", "false")
    await sofya.call("POST", f"chats/{sofya.dialog.chat_id}/actions", {}, {"action": "mark_seen"})
    await expect(ticks).to_have_attribute("data-read", "true")
    await sofya.call("POST", f"chats/{sofya.dialog.chat_id}/actions", {}, {"action": "typing_on"})
    await expect(sofya.element.locator(".status.typing")).to_be_visible()
    number = await sofya.hears(text="Есть, **белые**", format="markdown", link={"type": "reply", "mid": asked.mid})
    await expect(sofya.text(number)).to_have_text("Есть, белые")
    await expect(sofya.text(number).locator("strong")).to_have_text("белые")
    await expect(sofya.message(number).locator("[data-quote]")).to_contain_text("Есть пионы?")
    answer = sofya.newest
    assert answer is not None
    await sofya.call("PUT", "messages", {"message_id": answer.mid}, {"text": "Есть, розовые"})
    await expect(sofya.text(number)).to_have_text("Есть, розовые")
    await expect(sofya.message(number).locator("[data-edited]")).to_be_visible()
    await sofya.choose(asked.number, "[data-edit]")
    await sofya.write("Здравствуйте! Есть розы?")
    await sofya.told("message_edited", before)
    await sofya.choose(asked.number, "[data-remove]")
    await sofya.told("message_removed", before)
    await sofya.call("DELETE", "messages", {"message_id": answer.mid})
    await expect(sofya.message(number)).to_have_count(0)


async def test_every_sample_leaves_and_shows(sofya: Sofya) -> None:
    seen = {
        "album": "[data-photo] img", "document": "[data-file]", "voice": "[data-play]", "video": "video",
        "audio": "[data-play]", "sticker": "img.sticker", "location": "[data-place]", "contact": "[data-person]",
        "link": "[data-text]", "max-forward": ".forwarded",
    }  # fmt: skip
    for sample, shown in seen.items():
        before, last = sofya.told_so_far, sofya.newest
        await sofya.send_sample(sample)
        await sofya.told("message_created", before)
        sent = sofya.newest
        assert sent is not None
        assert last is None or sent.number == last.number + 1  # an album is one message
        await expect(sofya.message(sent.number).locator(shown).first).to_be_visible()


async def test_buttons_are_pressed_and_answered(sofya: Sofya) -> None:
    rows = [
        [{"type": "callback", "text": "Беру", "payload": "buy"}],
        [{"type": "message", "text": "Позвать человека"}],
    ]
    keyboard = {"type": "inline_keyboard", "payload": {"buttons": rows}}
    number = await sofya.hears(text="2590", attachments=[keyboard])
    before = sofya.told_so_far
    await sofya.watch_toasts()
    await sofya.button("Беру").click()
    await sofya.told("message_callback", before)
    callback_id = list(max_of(sofya.world).max.presses)[-1]
    answer = {"notification": "Записали", "message": {"text": "2590, записали", "attachments": [keyboard]}}
    await sofya.call("POST", "answers", {"callback_id": callback_id}, answer)
    assert (await sofya.next_toast())["text"] == "Записали"
    await expect(sofya.text(number)).to_have_text("2590, записали")
    await sofya.button("Позвать человека").click()
    await sofya.told("message_created", before)
    assert sofya.newest is not None
    assert sofya.newest.text == "Позвать человека"


async def test_stopping_muting_and_clearing(sofya: Sofya) -> None:
    before = sofya.told_so_far
    await sofya.menu("[data-mute]")
    await sofya.told("dialog_muted", before)
    await sofya.menu("[data-unmute]")
    await sofya.told("dialog_unmuted", before)
    await sofya.menu("[data-clear]")
    await sofya.told("dialog_cleared", before)
    await expect(sofya.element.locator("[data-message]")).to_have_count(0)
    await sofya.menu("[data-block]")
    await sofya.told("bot_stopped", before)
    await expect(sofya.composer).to_be_hidden()
    await sofya.element.locator("[data-unblock]").click()
    await sofya.told("bot_started", before)
    await expect(sofya.composer).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_looks_like_max(sofya: Sofya, world: Sandbox, scheme: Any) -> None:
    people, at = max_of(world).people, (sofya.user_id, sofya.bot.id)
    people.start(*at)
    people.text(*at, "Здравствуйте! Соберёте букет к субботе?")
    max_of(world).max.world.mark_seen(sofya.dialog)
    people.sample(*at, "photo")
    people.sample(*at, "voice")
    keyboard = {"type": "inline_keyboard", "payload": {"buttons": [[{"type": "message", "text": "Оформить"}]]}}
    last = await sofya.hears(text="Соберём, <b>2590 ₽</b>", format="html", attachments=[keyboard])
    await sofya.page.emulate_media(color_scheme=scheme)
    await expect(sofya.message(last)).to_contain_text("2590")
    look = await sofya.element.locator(".conversation").evaluate(
        "(one) => getComputedStyle(one).getPropertyValue('--accent')"
    )
    assert look.strip() == {"light": "#6f3df4", "dark": "#b197ff"}[scheme]
    await take_shot(sofya.page, f"max-{scheme}")
