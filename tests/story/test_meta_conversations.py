"""Conversations on WhatsApp and on Instagram by clicking, in a real headless Chromium on the page of `make run`, the
real gateway behind it: words and photos both ways, quotes, corrections, what the operator cannot correct, a failure.
"""

import re
from contextlib import asynccontextmanager
from typing import NamedTuple

import pytest
from playwright.async_api import async_playwright, expect

from tests.story.product import Product, until
from tests.story.test_browser import ARGUMENTS, SLOW_MS
from tests.story.test_meta_browser import Customer, take_phones


class Messenger(NamedTuple):
    """One of Meta's: who writes there, and what is peculiar to it."""

    name: str
    title: str
    client: str
    arrived: str
    """The sign at the operator's words once all that this messenger tells by itself has been told."""
    failure: str
    """Why it does not reach a client who has blocked the business."""


WHATSAPP = Messenger(
    "whatsapp",
    "WhatsApp",
    "Олег Туманов",
    "👍",
    "Не доставлено: WhatsApp не может доставить сообщение этому клиенту",
)
INSTAGRAM = Messenger(
    "instagram",
    "Instagram",
    "Карина Лис",
    "👌",
    "Не доставлено: клиенту нельзя написать: он заблокировал аккаунт",
)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("messenger", [WHATSAPP, INSTAGRAM], ids=lambda one: one.name)
async def test_a_customer_and_an_operator_talk_by_clicking(tmp_path, chromium, messenger):
    async with Product(tmp_path, "--no-limits") as product, watched_page(product, chromium) as page:
        await until(lambda: is_set_up(product), lambda: f"Meta's webhook is entered:\n{product.output[-3000:]}")
        users = {user["name"]: user["id"] for user in (await product.state())["users"]}
        client, anna = (Customer(page, users[name]) for name in (messenger.client, "Анна Орлова"))
        await take_phones(page, (client,), [users[name] for name in ("Мария Соколова", "Иван Петров", "Борис Ким")])

        async def shoot(moment):
            await page.screenshot(path=tmp_path / f"{messenger.name}-{moment}.png", animations="disabled")

        await words_both_ways(client, anna, messenger)
        await photos_both_ways(client, anna)
        await shoot("1-photos")
        await quotes_both_ways(client, anna)
        await corrected(client, anna, messenger)
        await shoot("2-corrected")
        if messenger is INSTAGRAM:
            await a_story_and_its_picture(client, anna)
            await shoot("3-story")
        await what_could_not_be_delivered(client, anna, messenger)
        await shoot("4-failed")
        await delivered_again(client, anna)
        await shoot("5-end")
        overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow == 0, "nothing sticks out of the page"


@asynccontextmanager
async def watched_page(product, chromium):
    """The page with the gateway running behind it; what the browser complains of fails the test."""
    await product.start()
    wrong = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1200, "height": 900}, locale="ru-RU")
        page.set_default_timeout(SLOW_MS)
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("console", lambda told: wrong.append(f"console: {told.text}") if told.type == "error" else None)
        await page.goto(product.url)
        await expect(page.locator("[data-gateway]")).to_have_attribute("data-gateway", "running", timeout=SLOW_MS)
        yield page
        await browser.close()
    assert wrong == []


async def is_set_up(product):
    """Whether Meta would bring a message to the gateway: before that it is told of none."""
    meta = (await product.state())["meta"]
    return all(one["subscribed"] for one in meta["accounts"]) and all(one["status"] == "ok" for one in meta["apps"])


async def has_sign(operator, said, sign):
    """Waits for the sign that the bot puts at the operator's own words."""
    own = operator.it.locator(".mine[data-message]", has_text=said)
    await expect(own.locator("[data-reaction]", has_text=sign)).to_be_visible(timeout=SLOW_MS)


async def words_both_ways(client, anna, messenger):
    await client.writes("Здравствуйте! Есть пионы?")
    card = await anna.sees("Есть пионы?")
    for told in (messenger.title, messenger.client, "Ответить можно до"):
        await expect(card).to_contain_text(told, timeout=SLOW_MS)
    await anna.presses("Ответить", under=messenger.client)
    await anna.sees("Вы отвечаете")
    await anna.writes("Есть, белые и розовые")
    await client.sees("Есть, белые и розовые")
    await has_sign(anna, "Есть, белые и розовые", messenger.arrived)


async def photos_both_ways(client, anna):
    await client.sends("photo")
    await anna.sees_photo()
    await expect(client.it.locator(".mine [data-photo]")).to_be_visible(timeout=SLOW_MS)
    await anna.sends("photo")
    await expect(client.it.locator(".theirs [data-photo]")).to_be_visible(timeout=SLOW_MS)
    await client.sees_photo()
    photo = client.it.locator(".theirs[data-message]", has=client.page.locator("[data-photo]"))
    await photo.hover()
    await photo.locator("[data-reply]").click()
    await client.writes("Какая красота!")
    for one in (client, anna):
        quote = (await one.sees("Какая красота!")).locator("[data-quote]")
        await expect(quote).to_contain_text("Фото", timeout=SLOW_MS)


async def quotes_both_ways(client, anna):
    await client.writes("А сколько стоят?")
    await anna.replies("А сколько стоят?", "Букет от 1500 рублей")
    answer = await client.sees("Букет от 1500 рублей")
    await expect(answer.locator("[data-quote]")).to_contain_text("А сколько стоят?", timeout=SLOW_MS)
    await client.replies("Букет от 1500 рублей", "Беру такой")
    await expect((await anna.sees("Беру такой")).locator("[data-quote]")).to_contain_text(
        "Букет от 1500 рублей", timeout=SLOW_MS
    )


async def corrected(client, anna, messenger):
    """The client's correction comes over; the operator's cannot, and the operator is told so."""
    await client.writes("Мне три букета")
    await anna.sees("Мне три букета")
    await client.corrects("Мне три букета", "Мне пять букетов")
    await anna.sees(re.compile("Было: Мне три букета.*Стало: Мне пять букетов", re.DOTALL))
    await expect(anna.says(re.compile("^(?!.*Было).*Мне три букета", re.DOTALL))).to_have_count(0)
    await anna.writes("Доставим завтро")
    await client.sees("Доставим завтро")
    await has_sign(anna, "Доставим завтро", messenger.arrived)
    await anna.corrects("Доставим завтро", "Доставим завтра")
    await anna.sees("У клиента не изменено: в этом мессенджере отправленное не правится")
    await expect(client.says("Доставим завтро")).to_be_visible()
    await expect(client.says("Доставим завтра")).to_have_count(0)


async def a_story_and_its_picture(client, anna):
    """The picture stands in the operators' bot under its name, and nobody says that it could not be shown."""
    before = await anna.it.locator("[data-photo]").count()
    await client.sends("story_mention")
    await expect(anna.it.locator("[data-photo]")).to_have_count(before + 1, timeout=SLOW_MS)
    await anna.sees_photo()
    told = await anna.sees("ваш аккаунт в сторис клиента")
    await expect(told).not_to_contain_text("показать нельзя")


async def what_could_not_be_delivered(client, anna, messenger):
    await client.menu("[data-block]")
    await expect(client.it.locator("[data-unblock]")).to_be_visible(timeout=SLOW_MS)
    await anna.writes("Привезём сегодня")
    failure = await anna.sees(messenger.failure)
    await expect(failure.locator("[data-quote]")).to_contain_text("Привезём сегодня", timeout=SLOW_MS)
    await has_sign(anna, "Привезём сегодня", "💔")
    await expect(client.says("Привезём сегодня")).to_have_count(0)


async def delivered_again(client, anna):
    """The client takes the block back and writes: what was not delivered stays so, what is said from now on arrives."""
    await client.it.locator("[data-unblock]").click()
    await client.writes("Вы ещё здесь?")
    await anna.sees("Вы ещё здесь?")
    await anna.writes("Здесь! Ждём вас")
    await client.sees("Здесь! Ждём вас")
    await expect(client.says("Привезём сегодня")).to_have_count(0)
