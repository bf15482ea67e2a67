"""A conversation on VK by clicking, in a real headless Chromium on the page of `make run`, the real gateway behind it:
words, photos both ways, a quote, a correction, a video that goes as a file, and what could not be delivered.
"""

import re

import pytest
from playwright.async_api import async_playwright, expect

from tests.story.product import Product
from tests.story.test_browser import ARGUMENTS, SLOW_MS, Phone, shoot

WIDTH, HEIGHT = 1500, 900


@pytest.mark.timeout(240)
async def test_a_customer_on_vk_and_an_operator_talk_by_clicking(tmp_path, chromium):
    wrong = []
    async with Product(tmp_path, "--no-limits") as product, async_playwright() as playwright:
        await product.start()
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, locale="ru-RU")
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("console", lambda told: wrong.append(f"console: {told.text}") if told.type == "error" else None)
        await page.goto(product.url)
        await expect(page.locator("[data-gateway]")).to_have_attribute("data-gateway", "running", timeout=SLOW_MS)
        irina, anna = await two_phones(page, product)
        await words_both_ways(irina, anna)
        await photos_both_ways(irina, anna)
        await shoot(page, "vk-1-photos")
        await quoted_and_corrected(irina, anna)
        await a_video_as_a_file(irina, anna)
        await shoot(page, "vk-2-question")
        await what_could_not_be_delivered(product, irina, anna)
        await shoot(page, "vk-3-failed")
        overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow == 0, "nothing sticks out of the page"
        await browser.close()
    assert wrong == []


async def two_phones(page, product):
    """Ирина's and Анна's, and nobody else's beside them."""
    state = await product.state()
    phones = {one["name"]: str(one["id"]) for one in state["users"]}
    shown = {name: number for name, number in phones.items() if name.startswith(("Ирина", "Анна"))}
    await page.locator("[data-people]").click()
    for number in phones.values():
        choice = page.locator(f'[data-show-phone="{number}"]')
        if await choice.count():
            await choice.set_checked(number in shown.values())
    await page.keyboard.press("Escape")
    irina, anna = (Phone(page, number) for _, number in sorted(shown.items(), reverse=True))
    await expect(irina.it.locator("[data-composer]")).to_be_visible(timeout=SLOW_MS)
    return irina, anna


async def words_both_ways(irina, anna):
    await irina.writes("Здравствуйте! Есть пионы?")
    card = await anna.sees("Есть пионы?")
    await expect(card).to_contain_text("VK")
    await anna.presses("Ответить", "Есть пионы?")
    await anna.sees("Вы отвечаете")
    await anna.writes("Есть, белые и розовые")
    await irina.sees("Есть, белые и розовые")
    await expect(anna.says("белые и розовые").locator("[data-reaction]", has_text="👌")).to_be_visible(timeout=SLOW_MS)


async def photos_both_ways(irina, anna):
    await irina.sends("photo")
    await anna.sees_photo()
    before = await irina.it.locator("[data-photo]").count()
    await anna.sends("photo")
    await expect(irina.it.locator("[data-photo]")).to_have_count(before + 1, timeout=SLOW_MS)
    await irina.sees_photo()


async def quoted_and_corrected(irina, anna):
    await irina.writes("А сколько стоят?")
    await anna.replies("А сколько стоят?", "Букет от 1500 рублей")
    answer = await irina.sees("Букет от 1500 рублей")
    await expect(answer.locator("[data-quote]")).to_contain_text("А сколько стоят?")
    await anna.corrects("Букет от 1500 рублей", "Букет от 1600 рублей")
    await irina.sees("Букет от 1600 рублей")
    await expect(irina.says("от 1500 рублей")).to_have_count(0)
    await irina.writes("Мне три букета")
    await anna.sees("Мне три букета")
    await irina.corrects("Мне три букета", "Мне пять букетов")
    await anna.sees(re.compile("Было: Мне три букета.*Стало: Мне пять букетов", re.DOTALL))


async def a_video_as_a_file(irina, anna):
    before = await irina.it.locator("[data-message]").count()
    await anna.sends("video")
    question = await anna.sees("Отправить так?")
    await expect(question).to_contain_text("клиент получит файлом")
    await expect(irina.it.locator("[data-message]")).to_have_count(before)
    await anna.presses("Отправить так", "Отправить так?")
    await expect(irina.it.locator("[data-message]")).to_have_count(before + 1, timeout=SLOW_MS)
    await expect(anna.says("Отправить так?")).to_have_count(0, timeout=SLOW_MS)


async def what_could_not_be_delivered(product, irina, anna):
    """VK refuses a message on its way; from then on it is known before, until she writes again."""
    community = (await product.state())["vk"]["communities"][0]["id"]
    about = {"messenger": "vk", "community_id": community, "user_id": int(irina.user)}
    await product.ask("act", {**about, "do": "close_profile"})
    await anna.writes("Привезём сегодня")
    await anna.sees("Не доставлено: настройки приватности клиента")
    said = anna.it.locator("[data-message]", has_text="Привезём сегодня").first
    await expect(said.locator("[data-reaction]", has_text="💔")).to_be_visible(timeout=SLOW_MS)
    await anna.sees("клиент запретил сообщения от сообщества, ответы не дойдут")
    await anna.writes("Вы ещё здесь?")
    await anna.sees("Не отправлено: клиент запретил сообщения от сообщества.")
    for words in ("Привезём сегодня", "Вы ещё здесь?"):
        await expect(irina.says(words)).to_have_count(0)
