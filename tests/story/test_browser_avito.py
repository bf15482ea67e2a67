"""A conversation on Avito by clicking, on the page of `make run` with the real gateway behind it; console errors and
requests to strangers fail it.
"""

import re

import pytest
from playwright.async_api import async_playwright, expect

from tests.story.product import Product
from tests.story.test_browser import ARGUMENTS, SLOW_MS, Phone, shoot

REFUSAL = re.compile("Не доставлено: ")  # as it is written: words alone would be found in the greeting's list of signs


@pytest.mark.timeout(180)
async def test_a_buyer_on_avito_and_an_operator_talk_about_a_listing(tmp_path, chromium):
    wrong = []
    async with Product(tmp_path, "--no-limits") as product, async_playwright() as playwright:
        await product.start()
        state = await product.state()
        ids = {one["name"].partition(" ")[0]: one["id"] for one in state["users"]}
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1600, "height": 900}, locale="ru-RU")
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("console", lambda told: wrong.append(f"console: {told.text}") if told.type == "error" else None)
        known = (product.url, state["gateway"]["url"], "data:", "blob:")
        page.on("request", lambda asked: None if asked.url.startswith(known) else wrong.append(asked.url))
        await page.goto(product.url)
        await page.wait_for_load_state("networkidle")
        await page.locator("[data-people]").click()
        for name, is_shown in (("Мария", False), ("Иван", False), ("Борис", False), ("Артём", True)):
            await page.locator(f'[data-show-phone="{ids[name]}"]').set_checked(is_shown)
        await page.keyboard.press("Escape")
        artem, anna = Phone(page, ids["Артём"]), Phone(page, ids["Анна"])

        await artem.writes("Здравствуйте! Пионы свежие?")
        card = await anna.sees("Пионы свежие?")
        for told in ("Артём Гусев", "Букет пионов с доставкой", "2 590 ₽", "Екатеринбург"):
            await expect(card).to_contain_text(told)
        await anna.presses("Ответить", "Артём Гусев")
        await anna.sees("Вы отвечаете")
        await anna.writes("Здравствуйте! Сегодня привезли.")
        await artem.sees("Сегодня привезли")

        await artem.sends("photo")
        await anna.sees_photo()
        await anna.sends("photo")
        await expect(artem.it.locator("[data-photo]")).to_have_count(2, timeout=SLOW_MS)
        await artem.sees_photo()
        await artem.sends("location")
        await expect(anna.it.locator("[data-place]")).to_be_visible(timeout=SLOW_MS)
        await artem.sends("call")
        await anna.sees("пропущенный звонок")

        await artem.it.locator("[data-phone-menu]").click()
        await page.locator("[data-menu] [data-block]").click()
        await expect(artem.it.locator("[data-unblock]")).to_be_visible()
        await anna.writes("Оформить доставку?")
        refusal = await anna.sees(REFUSAL)
        await refusal.scroll_into_view_if_needed()
        await shoot(page, "avito")
        await artem.it.locator("[data-unblock]").click()
        await artem.writes("Да, оформляйте")
        await anna.sees("Да, оформляйте")
        await anna.writes("Готово")
        await artem.sees("Готово")
        await expect(artem.says("Оформить доставку?")).to_have_count(0)
        await browser.close()
    assert wrong == []
