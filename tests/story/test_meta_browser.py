"""The window's whole life by clicking, in a real headless Chromium on the page of `make run`: a customer on WhatsApp
whose time was over, a template, words again, an hour's notice, the vendor's own refusal; beside it one on Instagram.

Time goes by the page's own controls: words written some hours ago, and the sandbox's clock moved ahead.
"""

from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from tests.story.product import Product
from tests.story.test_browser import ARGUMENTS, SHOTS, SLOW_MS, Phone


class Customer(Phone):
    """A phone of a Meta messenger, with the controls of time in its menu."""

    async def menu(self, item):
        await self.it.locator("[data-phone-menu]").click()
        await self.page.locator(f"[data-menu] {item}").click()

    async def wrote(self, hours, text):
        await self.menu("[data-written-ago]")
        await self.page.locator("[data-hours]").fill(str(hours))
        await self.page.locator("[data-ago-text]").fill(text)
        await self.page.locator("[data-ask-send]").click()
        await self.sees(text)

    async def moves_the_clock(self, hours):
        await self.menu("[data-move-clock]")
        await self.page.locator("[data-hours]").fill(str(hours))
        await self.page.locator("[data-ask-send]").click()


async def take_phones(page, shown, hidden):
    await page.locator("[data-people]").click()
    for one in shown:
        await page.locator(f'[data-show-phone="{one.user}"]').check()
    for user in hidden:
        await page.locator(f'[data-show-phone="{user}"]').uncheck()
    await page.keyboard.press("Escape")


async def shoot(page, name):
    Path(SHOTS).mkdir(exist_ok=True)
    await page.screenshot(path=SHOTS / f"meta-{name}.png")


@pytest.mark.timeout(240)
async def test_the_windows_whole_life_on_two_phones(tmp_path, chromium):
    wrong = []
    async with Product(tmp_path, "--no-limits") as product, async_playwright() as playwright:
        await product.start()
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1600, "height": 900}, locale="ru-RU")
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("console", lambda told: wrong.append(f"console: {told.text}") if told.type == "error" else None)
        await page.goto(product.url)
        await expect(page.locator("[data-gateway]")).to_have_attribute("data-gateway", "running", timeout=SLOW_MS)
        ids = {name: (await product.ids(name))["user_id"] for name in ("Мария", "Иван", "Анна", "Борис")}
        users = {user["name"].split()[0]: user["id"] for user in (await product.state())["users"]}
        oleg, karina = Customer(page, users["Олег"]), Customer(page, users["Карина"])
        anna, boris = Phone(page, ids["Анна"]), Phone(page, ids["Борис"])
        await take_phones(page, (oleg, karina), (ids["Мария"], ids["Иван"]))

        await over(oleg, anna)
        await shoot(page, "1-over")
        await by_template(oleg, anna)
        await answered_again(oleg, anna)
        await shoot(page, "2-answered")
        await on_instagram(karina, boris)
        await shoot(page, "3-instagram")
        await refused_by_the_vendor(oleg, anna)
        await shoot(page, "4-refused")
        await browser.close()
    assert wrong == []


async def over(oleg, anna):
    """Words of yesterday: the card says that the time is over, and an answer goes nowhere."""
    await oleg.wrote(25, "Сколько стоят пионы?")
    await anna.sees("Время ответа вышло")
    await anna.presses("Ответить", under="Сколько стоят пионы?")
    await anna.sees("Вы отвечаете")
    await anna.writes("Здравствуйте! 300 за штуку")
    await anna.sees("Не отправлено: мессенджер разрешал отвечать этому клиенту только до")
    await expect(oleg.says("300 за штуку")).to_have_count(0)


async def by_template(oleg, anna):
    await anna.writes("/templates")
    await anna.presses("come_back", under="Шаблоны")
    await anna.presses("Отправить", under="come_back")
    await oleg.sees("Напишите нам, чтобы продолжить")


async def answered_again(oleg, anna):
    """An answer opens the window; with half an hour left of it the operator is reminded."""
    await oleg.wrote(23.5, "Пишу: почём пионы?")
    await anna.sees("Пишу: почём пионы?")
    await anna.sees("осталось меньше часа")
    await anna.writes("По 300")
    await oleg.sees("По 300")
    await expect(anna.says("По 300").locator("[data-reaction]", has_text="👍")).to_be_visible(timeout=SLOW_MS)


async def on_instagram(karina, boris):
    await karina.sends("story_mention")
    await karina.writes("Ваш букет в моей истории!")
    await boris.sees("Карина Лис")
    await boris.presses("Ответить", under="Карина Лис")
    await boris.sees("Вы отвечаете")
    await boris.sees("Ваш букет в моей истории!")
    await boris.writes("Спасибо! Очень приятно")
    await karina.sees("Спасибо! Очень приятно")
    await karina.menu("[data-staff-answer]")
    await karina.page.locator("[data-staff-text]").fill("Отвечаю прямо из Instagram")
    await karina.page.locator("[data-staff-send]").click()
    await boris.sees("Отвечаю прямо из Instagram")


async def refused_by_the_vendor(oleg, anna):
    """The vendor's clock is ahead of ours: it refuses what we thought possible, and says so afterwards."""
    await oleg.moves_the_clock(1)
    await anna.writes("Ждём вас")
    await anna.sees("прошло больше 24 часов")
    await expect(oleg.says("Ждём вас")).to_have_count(0)
