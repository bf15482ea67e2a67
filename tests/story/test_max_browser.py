"""A conversation on MAX by clicking, in a real headless Chromium on the page of `make run`, the real gateway behind it:
words, photos both ways, a quote, corrections, buttons, and what could not be delivered.
"""

import re

import pytest
from playwright.async_api import async_playwright, expect

from tests.story.product import Product
from tests.story.test_browser import ARGUMENTS, SLOW_MS, Phone, shoot

WIDTH, HEIGHT = 1500, 900
REFUSAL = re.compile("Не доставлено: ")  # as it is written: words alone would be found in the greeting's list of signs


@pytest.mark.timeout(240)
async def test_a_customer_on_max_and_an_operator_talk_by_clicking(tmp_path, chromium):
    wrong = []
    async with Product(tmp_path, "--no-limits") as product, async_playwright() as playwright:
        await product.start()
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, locale="ru-RU")
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("console", lambda told: wrong.append(f"console: {told.text}") if told.type == "error" else None)
        await page.goto(product.url)
        await expect(page.locator("[data-gateway]")).to_have_attribute("data-gateway", "running", timeout=SLOW_MS)
        sofya, anna = await two_phones(page, product)
        await started_and_answered(sofya, anna)
        await photos_both_ways(sofya, anna)
        await shoot(page, "max-1-photos")
        await quoted_and_corrected(sofya, anna)
        await shoot(page, "max-2-quoted")
        await buttons(sofya, anna)
        await shoot(page, "max-3-buttons")
        await what_could_not_be_delivered(product, sofya, anna)
        await shoot(page, "max-4-failed")
        overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow == 0, "nothing sticks out of the page"
        await browser.close()
    assert wrong == []


async def two_phones(page, product):
    """Софья's and Анна's, and nobody else's beside them."""
    state = await product.state()
    phones = {one["name"]: str(one["id"]) for one in state["users"]}
    shown = {name: number for name, number in phones.items() if name.startswith(("Софья", "Анна"))}
    await page.locator("[data-people]").click()
    for number in phones.values():
        choice = page.locator(f'[data-show-phone="{number}"]')
        if await choice.count():
            await choice.set_checked(number in shown.values())
    await page.keyboard.press("Escape")
    sofya, anna = (Phone(page, number) for _, number in sorted(shown.items(), reverse=True))
    await expect(sofya.it.locator("[data-start]")).to_be_visible(timeout=SLOW_MS)
    return sofya, anna


async def started_and_answered(sofya, anna):
    await sofya.it.locator("[data-start]").click()
    await sofya.writes("Здравствуйте! Есть пионы?")
    card = await anna.sees("Есть пионы?")
    await expect(card).to_contain_text("MAX")
    await anna.presses("Ответить", "Есть пионы?")
    await anna.sees("Вы отвечаете")
    await anna.writes("Есть, белые и розовые")
    await sofya.sees("Есть, белые и розовые")
    await expect(anna.says("белые и розовые").locator("[data-reaction]", has_text="👌")).to_be_visible(timeout=SLOW_MS)
    read = sofya.says("Есть пионы?").locator("[data-read]")
    await expect(read).to_have_attribute("data-read", "true", timeout=SLOW_MS)


async def photos_both_ways(sofya, anna):
    await sofya.sends("photo")
    await anna.sees_photo()
    before = await sofya.it.locator("[data-photo]").count()
    await anna.sends("photo")
    await expect(sofya.it.locator("[data-photo]")).to_have_count(before + 1, timeout=SLOW_MS)
    await sofya.sees_photo()


async def quoted_and_corrected(sofya, anna):
    await sofya.writes("А сколько стоят?")
    await anna.replies("А сколько стоят?", "Букет от 1500 рублей")
    answer = await sofya.sees("Букет от 1500 рублей")
    await expect(answer.locator("[data-quote]")).to_contain_text("А сколько стоят?")
    await anna.corrects("Букет от 1500 рублей", "Букет от 1600 рублей")
    await sofya.sees("Букет от 1600 рублей")
    await expect(sofya.says("от 1500 рублей")).to_have_count(0)
    await sofya.replies("Букет от 1600 рублей", "Мне три букета")
    await anna.sees("Мне три букета")
    await sofya.corrects("Мне три букета", "Мне пять букетов")
    await anna.sees(re.compile("Было: Мне три букета.*Стало: Мне пять букетов", re.DOTALL))


async def buttons(sofya, anna):
    await anna.it.locator("[data-composer]").fill("Какие?\n[[Белые]] [[Розовые]]")
    await anna.it.locator("[data-send]").click()
    asked = await sofya.sees("Какие?")
    await expect(asked.locator("[data-button]")).to_have_count(2)
    await sofya.presses("Розовые", "Какие?")
    await anna.sees("Розовые")
    await expect(asked.locator("[data-button]")).to_have_text(["✅ Розовые"], timeout=SLOW_MS)


async def what_could_not_be_delivered(product, sofya, anna):
    """MAX refuses a message on its way; then she stops the bot, which is known before, until she starts it again."""
    rule = {"messenger": "max", "method": "send", "fault": "error", "status": 403, "code": "access.denied", "times": 1}
    await product.ask("faults", {"rules": [rule]})
    await anna.writes("Привезём сегодня")
    await anna.sees(REFUSAL)
    said = anna.it.locator("[data-message]", has_text="Привезём сегодня").first
    await expect(said.locator("[data-reaction]", has_text="💔")).to_be_visible(timeout=SLOW_MS)
    await sofya.it.locator("[data-phone-menu]").click()
    await sofya.page.locator("[data-menu] [data-block]").click()
    await anna.sees("клиент остановил бота")
    await anna.writes("Вы ещё здесь?")
    await anna.sees("Не отправлено: клиент остановил бота")
    for words in ("Привезём сегодня", "Вы ещё здесь?"):
        await expect(sofya.says(words)).to_have_count(0)
    await sofya.it.locator("[data-unblock]").click()
    await sofya.writes("Вернулась")
    await anna.sees("Вернулась")
    await anna.writes("Привезём завтра")
    await sofya.sees("Привезём завтра")
