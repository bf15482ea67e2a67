"""Phones of WhatsApp and Instagram in a real browser: people act by clicking, the business answers through the API."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize, expect

from sandbox.meta.records import Account, Dialog, Message
from sandbox.server import Sandbox
from sandbox.toolkit.uploads import sample_file
from tests.sandbox.test_page import Phone, browser, take_shot, watched_page
from tests.story.process import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

__all__ = ["browser"]

VIEWPORT: ViewportSize = {"width": 1500, "height": 900}
HOUR_MS = 3600 * 1000


@pytest_asyncio.fixture(loop_scope="module")
async def world() -> AsyncIterator[Sandbox]:
    async with Sandbox(limits=False) as world:
        yield world


class MetaPhone(Phone):
    """A phone taken out of the menu first, and the account that its dialog is with."""

    def __init__(self, page: Page, world: Sandbox, user: str, account: Account) -> None:
        super().__init__(page, world.user(user))
        self.page, self.user_id, self.account, self.world = page, world.user(user), account, world

    async def take(self, *, instead_of: str) -> None:
        await self.page.wait_for_load_state("networkidle")  # the shop's frame as well: a file torn off stays open
        await self.page.locator("[data-people]").click()
        await self.page.locator(f'[data-show-phone="{self.user_id}"]').check()
        await self.page.locator(f'[data-show-phone="{self.world.user(instead_of)}"]').uncheck()
        await self.page.keyboard.press("Escape")
        await expect(self.composer).to_be_visible()

    async def menu(self, item: str) -> None:
        await self.element.locator("[data-phone-menu]").click()
        await self.page.locator(f"[data-menu] {item}").click()

    @property
    def dialog(self) -> Dialog:
        return self.world.meta.world.dialogs[self.account.id, self.user_id]

    async def newest(self, what: Callable[[Message], bool]) -> Message:
        """Waits until the dialog's newest message is such a one."""

        async def is_there() -> bool:
            message = next(self.world.meta.world.history(self.dialog), None)
            return message is not None and what(message)

        await until(is_there, lambda: str(next(self.world.meta.world.history(self.dialog), None)))
        return next(self.world.meta.world.history(self.dialog))

    async def answer(self, **body: Any) -> Message:
        """The business says something through the API."""
        person = self.world.meta.world.people[self.user_id]
        if self.account.messenger == "whatsapp":
            whole = {"messaging_product": "whatsapp", "to": person.phone, **body}
        else:
            whole = {"recipient": {"id": person.igsid}, **body}
        url, headers = (
            f"{self.world.url}/v23.0/{self.account.id}/messages",
            {"Authorization": f"Bearer {self.account.token}"},
        )
        async with aiohttp.ClientSession() as http, http.post(url, json=whole, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
        return next(self.world.meta.world.history(self.dialog))


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, world: Sandbox) -> AsyncIterator[Page]:
    async with watched_page(browser, world.url, viewport=VIEWPORT) as page:
        await page.goto(world.url)
        yield page


async def test_a_whatsapp_phone_writes_presses_is_answered_and_moves_time(world: Sandbox, page: Page) -> None:
    oleg = MetaPhone(page, world, "oleg", world.account("romashka_wa"))
    await oleg.take(instead_of="maria")
    await oleg.write("Здравствуйте! Есть пионы?")
    asked = await oleg.newest(lambda one: one.text == "Здравствуйте! Есть пионы?")
    said = await oleg.answer(type="text", text={"body": "Есть"}, context={"message_id": asked.id})
    await expect(oleg.text(said.seq)).to_have_text("Есть")
    await expect(oleg.message(said.seq).locator("[data-quote]")).to_contain_text("Есть пионы?")
    await oleg.choose(said.seq, '[data-emoji="👍"]')
    await expect(oleg.message(said.seq).locator('[data-reaction="👍"]')).to_be_visible()
    assert said.reaction_in == "👍"
    buttons = [{"type": "reply", "reply": {"id": "take", "title": "Беру"}}]
    body = {"type": "button", "body": {"text": "Берёте?"}, "action": {"buttons": buttons}}
    await oleg.answer(type="interactive", interactive=body)
    await oleg.button("Беру").click()
    await oleg.newest(lambda one: one.kind == "interactive" and not one.is_out)
    for sample, kind in (("photo", "image"), ("voice", "audio"), ("location", "location"), ("contact", "contacts"),
                         ("order", "order")):  # fmt: skip
        await oleg.send_sample(sample)
        await oleg.newest(lambda one, kind=kind: one.kind == kind)  # type: ignore[misc]
    await expect(oleg.element.locator("[data-photo] img")).to_be_visible()
    await oleg.choose(asked.seq, "[data-remove]")
    await expect(oleg.message(asked.seq)).to_have_count(0)
    oleg.dialog.opened_at = 0
    await oleg.menu("[data-written-ago]")
    await page.locator("[data-hours]").fill("23.5")
    await page.locator("[data-ago-text]").fill("Вчера")
    await page.locator("[data-ask-send]").click()
    written = await oleg.newest(lambda one: one.text == "Вчера")
    assert 23.4 * HOUR_MS < world.clock.now_ms() - written.at < 23.6 * HOUR_MS
    assert world.meta.is_open(oleg.dialog, world.settings.meta_window_ms)
    await oleg.menu("[data-move-clock]")
    await page.locator("[data-hours]").fill("1")
    await page.locator("[data-ask-send]").click()

    async def is_over() -> bool:
        return not world.meta.is_open(oleg.dialog, world.settings.meta_window_ms)

    await until(is_over, lambda: str(oleg.dialog))
    await oleg.menu("[data-staff-answer]")
    await page.locator("[data-staff-text]").fill("Отвечаю из приложения")
    await page.locator("[data-staff-send]").click()
    answered = await oleg.newest(lambda one: one.is_staff)
    await expect(oleg.text(answered.seq)).to_have_text("Отвечаю из приложения")


async def test_an_instagram_phone_with_its_own_things(world: Sandbox, page: Page) -> None:
    karina = MetaPhone(page, world, "karina.lis", world.account("romashka.flowers"))
    await karina.take(instead_of="Иван")
    await karina.write("Здравствуйте!")
    hello = await karina.newest(lambda one: one.text == "Здравствуйте!")
    quick = [{"content_type": "text", "title": "Букет", "payload": "B"}]
    await karina.answer(message={"text": "Что выбрали?", "quick_replies": quick})
    await karina.button("Букет").click()
    await karina.newest(lambda one: one.text == "Букет")
    await expect(karina.button("Букет")).to_have_count(0)
    for sample in ("story_mention", "story_reply", "ig_reel", "like_heart"):
        await karina.send_sample(sample)
        await karina.newest(lambda one, sample=sample: one.kind == sample or "story" in str(one.extra))  # type: ignore[misc]
    await karina.choose(hello.seq, "[data-edit]")
    await karina.write("Добрый день!")
    await expect(karina.text(hello.seq)).to_have_text("Добрый день!")
    await karina.menu("[data-block]")
    await expect(karina.composer).to_be_hidden()
    await karina.element.locator("[data-unblock]").click()
    await expect(karina.composer).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_they_look_like_themselves(browser: Browser, world: Sandbox, scheme: Any) -> None:
    phone, profile = world.account("romashka_wa"), world.account("romashka.flowers")
    oleg_id, karina_id = world.user("oleg"), world.user("karina.lis")
    world.whatsapp_people.text(oleg_id, phone.id, "Здравствуйте! Соберёте букет к субботе?")
    world.whatsapp_people.file(oleg_id, phone.id, "image", sample_file("photo"), caption="Хочу похожий")
    world.instagram_people.thing(karina_id, profile.id, "story_mention")
    world.instagram_people.text(karina_id, profile.id, "Ваш букет в моей истории 🌷")
    async with watched_page(browser, world.url, scheme=scheme, viewport=VIEWPORT) as page:
        await page.goto(world.url)
        oleg, karina = MetaPhone(page, world, "oleg", phone), MetaPhone(page, world, "karina.lis", profile)
        await oleg.take(instead_of="maria")
        await karina.take(instead_of="Иван")
        buttons = [{"type": "reply", "reply": {"id": "take", "title": "Беру"}}]
        body = {"type": "button", "body": {"text": "Соберём, 2590 ₽"}, "action": {"buttons": buttons}}
        await oleg.answer(type="interactive", interactive=body)
        await karina.answer(message={"text": "Какая красота, спасибо!"})
        await expect(oleg.button("Беру")).to_be_visible()
        await expect(karina.element.get_by_text("Какая красота")).to_be_visible()
        for one, colors in ((oleg, ("#0b7a3e", "#25d366")), (karina, ("#a12d7a", "#e58cc4"))):
            look = await one.element.locator(".conversation").evaluate(
                "(one) => getComputedStyle(one).getPropertyValue('--accent')"
            )
            assert look.strip() == colors[scheme == "dark"]
        await take_shot(page, f"meta-{scheme}")
