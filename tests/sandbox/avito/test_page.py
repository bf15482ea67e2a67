"""An Avito phone in a real browser: Артём asks by clicking, the seller answers as the API does and from Avito's app."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize, expect

from sandbox.avito.records import Chat, Message
from sandbox.server import Sandbox
from sandbox.toolkit.uploads import sample_file
from tests.sandbox.test_page import Phone, browser, take_shot, watched_page

pytestmark = pytest.mark.asyncio(loop_scope="module")

__all__ = ["browser"]

VIEWPORT: ViewportSize = {"width": 1500, "height": 900}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def world() -> AsyncIterator[Sandbox]:
    async with Sandbox(limits=False) as world:
        yield world


class Artem(Phone):
    """His phone, taken out of the menu first."""

    def __init__(self, page: Page, world: Sandbox) -> None:
        super().__init__(page, world.user("artem"))
        self.page, self.world, self.user_id = page, world, world.user("artem")
        self.listing = world.seller("flowers").listing
        self.seen = 0

    @property
    def chat(self) -> Chat:
        chat = self.world.avito.world.chat_at(self.user_id, self.listing)
        assert chat is not None
        return chat

    async def take(self) -> None:
        await self.page.wait_for_load_state("networkidle")  # the shop's frame as well: a file torn off stays open
        await self.page.locator("[data-people]").click()
        await self.page.locator(f'[data-show-phone="{self.user_id}"]').check()
        await self.page.keyboard.press("Escape")
        await expect(self.composer).to_be_visible()

    async def menu(self, item: str) -> None:
        await self.element.locator("[data-phone-menu]").click()
        await self.page.locator(f"[data-menu] {item}").click()

    async def sent(self, kind: str) -> Message:
        """Waits for the next message of a kind."""
        found: list[Message] = []
        async with asyncio.timeout(20):
            while not found:
                news = [one for one in self.world.avito.world.history(self.chat) if one.number > self.seen]
                found = [one for one in news if one.type == kind]
                await asyncio.sleep(0.01)
        self.seen = found[0].number
        return found[0]

    def hears(self, text: str) -> Message:
        """The seller says it through the API."""
        message = self.world.avito.write(self.chat, self.chat.seller_id, "text", {"text": text})[0]
        self.seen = message.number
        return message


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def artem(browser: Browser, world: Sandbox) -> AsyncIterator[Artem]:
    async with watched_page(browser, world.url, viewport=VIEWPORT) as page:
        await page.goto(world.url)
        phone = Artem(page, world)
        await phone.take()
        yield phone


async def test_a_conversation_about_a_listing(artem: Artem) -> None:
    card = artem.element.locator("[data-listing]")
    for words in ("Букет пионов с доставкой", "2 590 ₽", "Екатеринбург"):
        await expect(card).to_contain_text(words)
    await artem.write("Здравствуйте! Пионы свежие?")
    asked = await artem.sent("text")
    answer = artem.hears("Сегодня привезли")
    await expect(artem.text(answer.number)).to_have_text("Сегодня привезли")
    await artem.message(answer.number).hover()
    await artem.message(answer.number).locator("[data-reply]").click()
    await artem.write("Беру")
    reply = await artem.sent("text")
    assert reply.quoted == answer.number
    await expect(artem.message(reply.number).locator("[data-quote]")).to_contain_text("Сегодня привезли")
    await artem.choose(asked.number, "[data-remove]")
    await expect(artem.message(asked.number)).to_have_count(0)
    assert asked.content == {"text": "Сообщение удалено"}
    artem.world.avito.erase(artem.chat, answer, by_buyer=False)
    await expect(artem.message(answer.number)).to_have_count(0)


async def test_a_photo_each_way_and_every_sample(artem: Artem) -> None:
    await artem.send_sample("photo")
    photo = await artem.sent("image")
    file = artem.world.avito.files.add(sample_file("photo"))
    back = artem.world.avito.write(artem.chat, artem.chat.seller_id, "image", {}, file=file.number)[0]
    for message in (photo, back):
        await expect(artem.message(message.number).locator("[data-photo] img")).to_be_visible()
    samples = {"link": "link", "item": "item", "call": "call", "app_call": "appCall", "video": "video", "file": "file"}
    shown = {"link": "Доставка", "item": "Букет пионов", "call": "Пропущенный звонок", "video": "Видео"}
    for sample, kind in samples.items():
        await artem.send_sample(sample)
        message = await artem.sent(kind)
        await expect(artem.message(message.number)).to_contain_text(shown.get(sample, "["))
    await artem.send_sample("voice")
    voice = await artem.sent("voice")
    await expect(artem.message(voice.number).locator("[data-play]")).to_be_visible()
    await artem.send_sample("location")
    await artem.sent("location")
    await expect(artem.element.locator("[data-place]").last).to_be_visible()


async def test_refusing_and_what_is_said_in_avito_itself(artem: Artem) -> None:
    await artem.menu("[data-block]")
    await expect(artem.composer).to_be_hidden()
    assert artem.chat.is_refused
    await artem.element.locator("[data-unblock]").click()
    await expect(artem.composer).to_be_visible()
    assert not artem.chat.is_refused
    await artem.write("Здравствуйте!")  # a chat is the buyer's to begin
    await artem.sent("text")
    await artem.menu("[data-staff-answer]")
    await artem.page.locator("[data-staff-text]").fill("Отвечаю с телефона")
    await artem.page.locator("[data-staff-send]").click()
    answer = await artem.sent("text")
    assert (answer.author_id, answer.content) == (artem.chat.seller_id, {"text": "Отвечаю с телефона"})
    await artem.menu("[data-system]")
    system = await artem.sent("system")
    await expect(artem.text(system.number)).to_contain_text("Авито: ")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_looks_like_avito(artem: Artem, world: Sandbox, scheme: Any) -> None:
    people, at = world.avito_people, (artem.user_id, artem.listing)
    people.text(*at, "Здравствуйте! Пионы свежие?")
    answer = world.avito_staff.answer(*at, "Здравствуйте! Сегодня привезли, розовые и белые.").message
    assert answer is not None
    for kind in ("voice", "photo"):
        people.sample(*at, kind)
    people.thing(*at, "call")
    last = people.text(*at, "Беру белые", reply_to=answer.number).message
    assert last is not None
    await artem.page.emulate_media(color_scheme=scheme)
    await expect(artem.message(last.number)).to_contain_text("Беру белые")
    look = await artem.element.locator(".conversation").evaluate(
        "(one) => getComputedStyle(one).getPropertyValue('--accent')"
    )
    assert look.strip() == {"light": "#00aaff", "dark": "#5cc8ff"}[scheme]
    await take_shot(artem.page, f"avito-{scheme}")
