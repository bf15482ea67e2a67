"""The story by clicking, in a real headless Chromium on the page of `make run`, with the real gateway behind it.

One play in acts, each going on where the one before ended; every console error or request to a stranger fails it.
"""

import re
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import async_playwright, expect

from tests.story.product import Product, until

SHOTS = Path(__file__).parents[1] / ".shots"
SLOW_MS = 30_000
CLICK_BOTH = """users => users
    .map(user => [...document.querySelectorAll(`[data-phone="${user}"] [data-button]`)])
    .map(buttons => buttons.filter(one => one.textContent.includes("Ответить")).at(-1))
    .forEach(button => button.click())"""
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Phone:
    """One phone of the page, as its owner uses it."""

    def __init__(self, page, user_id):
        self.page, self.user, self.it = page, user_id, page.locator(f'[data-phone="{user_id}"]')

    def says(self, text):
        """The newest message with these words."""
        return self.it.locator("[data-message]", has_text=text).last

    async def sees(self, text):
        await expect(self.says(text)).to_be_visible(timeout=SLOW_MS)
        return self.says(text)

    async def writes(self, text):
        await self.it.locator("[data-composer]").fill(text)
        await self.it.locator("[data-send]").click()

    async def presses(self, label, under=""):
        await self.it.locator("[data-message]", has_text=under).locator("[data-button]", has_text=label).last.click()

    async def hears(self, toast):
        await expect(self.it.locator("[data-toast]", has_text=toast).last).to_be_visible(timeout=SLOW_MS)

    async def replies(self, to, text):
        message = await self.sees(to)
        await message.hover()
        await message.locator("[data-reply]").click()
        await self.writes(text)

    async def corrects(self, old, new):
        message = await self.sees(old)
        await message.hover()
        await message.locator("[data-more]").click()
        await self.page.locator("[data-menu] [data-edit]").click()
        await self.writes(new)

    async def sends(self, sample):
        await self.it.locator("[data-attach]").click()
        await self.page.locator(f'[data-menu] [data-sample="{sample}"]').click()

    async def sees_photo(self):
        """A photo that has really been loaded, not only a frame for it."""
        photo = self.it.locator("[data-message] [data-photo] img, [data-message] img[data-photo]").last
        await expect(photo).to_be_visible(timeout=SLOW_MS)
        await until(lambda: photo.evaluate("one => one.complete && one.naturalWidth > 0"), "the photo is loaded")


@pytest.mark.timeout(240)
async def test_two_customers_and_two_operators_play_the_whole_story(tmp_path, chromium):
    wrong = []
    async with Product(tmp_path, "--no-limits") as product, async_playwright() as playwright:
        await product.start()
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1600, "height": 900}, locale="ru-RU")
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("console", lambda told: wrong.append(f"console: {told.text}") if told.type == "error" else None)
        gateway = (await product.state())["gateway"]["url"]  # where the chat on the shop's site comes from
        known = (product.url, gateway, "data:", "blob:")
        page.on("request", lambda asked: None if asked.url.startswith(known) else wrong.append(asked.url))
        await page.goto(product.url)
        await expect(page.locator("[data-gateway]")).to_have_attribute("data-gateway", "running", timeout=SLOW_MS)
        phones = {
            name: Phone(page, (await product.ids(name))["user_id"]) for name in ("Мария", "Иван", "Анна", "Борис")
        }
        maria, ivan, anna, boris = phones.values()

        await first_words(maria, anna, boris)
        winner, loser = await race(page, product, anna, boris)
        await shoot(page, "1-race")
        await conversation(maria, winner)
        await photos(maria, winner)
        await shoot(page, "2-photos")
        await corrections(maria, winner)
        await whom_is_it_for(maria, ivan, winner)
        await shoot(page, "3-whom")
        await the_end(maria, winner)
        await history(winner)
        await shoot(page, "4-history")
        await after_the_end(maria, winner, loser)
        await block(product, maria, winner)
        await shifts(ivan, winner, loser)
        await page.reload()
        await winner.sees("Мария Соколова")
        await shoot(page, "5-end")
        await browser.close()
    assert wrong == []


async def shoot(page, name):
    SHOTS.mkdir(exist_ok=True)
    await page.screenshot(path=SHOTS / f"play-{name}.png")


async def first_words(maria, anna, boris):
    await maria.it.locator("[data-start]").click()
    await maria.writes("Добрый день! Есть ли пионы?")
    for operator in (anna, boris):
        card = await operator.sees("Есть ли пионы?")
        await expect(card.locator("[data-button]")).to_have_count(4)


async def race(page, product, anna, boris):
    """Both press in the same instant of the page: one owner, the other hears who."""
    await page.evaluate(CLICK_BOTH, [anna.user, boris.user])
    await anna.sees(re.compile("Вы отвечаете|отвечает "))
    await boris.sees(re.compile("Вы отвечаете|отвечает "))
    anna_won = await anna.says("Вы отвечаете").count() == 1
    winner, loser, name = (anna, boris, "Анна") if anna_won else (boris, anna, "Борис")
    taken = await loser.sees(re.compile(f"отвечает {name}.*, с "))
    # An admin may take it over; to an operator it is out of reach.
    await expect(taken.locator("[data-button]")).to_have_text(["Забрать"] if loser is anna else [])
    await loser.hears(name)
    return winner, loser


async def conversation(maria, winner):
    await winner.writes("Здравствуйте! Да, розовые и белые.")
    await maria.sees("Да, розовые и белые.")
    await expect(winner.says("Да, розовые и белые.").locator("[data-reaction]", has_text="👌")).to_be_visible(
        timeout=SLOW_MS
    )
    await maria.writes("А сколько стоят?")
    await winner.replies("А сколько стоят?", "Букет от 1500 рублей")
    answer = await maria.sees("Букет от 1500 рублей")
    await expect(answer.locator("[data-quote]")).to_contain_text("А сколько стоят?")
    await winner.writes("// постоянная клиентка")
    await expect(winner.says("постоянная клиентка").locator("[data-reaction]", has_text="✍")).to_be_visible(
        timeout=SLOW_MS
    )
    await expect(maria.says("постоянная клиентка")).to_have_count(0)


async def photos(maria, winner):
    await maria.sends("photo")
    await winner.sees_photo()
    before = await maria.it.locator("[data-photo]").count()
    await winner.sends("photo")
    await expect(maria.it.locator("[data-photo]")).to_have_count(before + 1, timeout=SLOW_MS)
    await maria.sees_photo()


async def corrections(maria, winner):
    await winner.writes("Доставим завтро")
    await maria.sees("Доставим завтро")
    await winner.corrects("Доставим завтро", "Доставим завтра")
    await maria.sees("Доставим завтра")
    await expect(maria.says("Доставим завтро")).to_have_count(0)
    await maria.writes("Улица Ленина 5")
    await winner.sees("Улица Ленина 5")
    await maria.corrects("Улица Ленина 5", "Улица Ленина 7")
    await winner.sees(re.compile("Было: Улица Ленина 5.*Стало: Улица Ленина 7", re.DOTALL))
    for wish in ("И открытку", "И ленту", "И вазу"):
        await maria.writes(wish)
        await winner.sees(wish)


async def whom_is_it_for(maria, ivan, winner):
    """Plain words are for the client who was chosen; once another has written, the bot asks, and the press decides."""
    await ivan.it.locator("[data-start]").click()
    await ivan.writes("Где мой заказ?")
    await winner.sees("Где мой заказ?")
    await winner.presses("Ответить", "Иван Петров")
    await winner.sees("Пишете: Иван Петров")
    await winner.writes("Курьер уже едет")
    await ivan.sees("Курьер уже едет")
    await maria.writes("И одну лилию")
    await winner.sees("И одну лилию")
    await winner.writes("Будет у вас через час")
    await winner.sees("Кому это отправить?")
    await winner.presses("Иван Петров", "Кому это отправить?")
    await ivan.sees("Будет у вас через час")
    await expect(winner.says("Кому это отправить?")).to_have_count(0, timeout=SLOW_MS)
    await expect(maria.says("через час")).to_have_count(0)


async def the_end(maria, winner):
    await winner.presses("Завершить", "Мария Соколова")
    finished = re.compile("Мария Соколова.*№1.*Диалог завершён", re.DOTALL)
    await winner.sees(finished)
    await winner.presses("Отменить", "Завершён: Мария Соколова")
    await winner.sees("Снова открыт: Мария Соколова")
    await winner.sees(re.compile("Мария Соколова.*№1.*Вы отвечаете", re.DOTALL))
    await winner.presses("Завершить", "№1")
    done = await winner.sees(finished)
    await expect(done.locator("[data-button]", has_text="Написать снова")).to_be_visible()
    await expect(maria.says("завершён")).to_have_count(0)


async def history(winner):
    await winner.presses("История", "Диалог завершён")
    page_one = await winner.sees("История: Мария Соколова")
    await expect(page_one).to_contain_text("постоянная клиентка")
    await winner.presses("Раньше", "История: Мария Соколова")
    await expect(winner.says("История: Мария Соколова")).to_contain_text("Есть ли пионы?", timeout=SLOW_MS)


async def after_the_end(maria, winner, loser):
    await maria.writes("Спасибо! И ещё вопрос")
    card = await loser.sees("И ещё вопрос")
    await expect(card).to_contain_text("№3")
    await loser.presses("Ответить", "№3")
    await loser.sees("Вы отвечаете")
    await loser.writes("Слушаю вас")
    await maria.sees("Слушаю вас")
    await loser.presses("Завершить", "№3")
    await loser.sees(re.compile("№3.*Диалог завершён", re.DOTALL))
    await loser.presses("Написать снова", "№3")
    await loser.sees("№4")
    await loser.writes("Ваш букет готов")
    await maria.sees("Ваш букет готов")
    await loser.presses("Завершить", "№4")
    await loser.sees(re.compile("№4.*Диалог завершён", re.DOTALL))


async def block(product, maria, winner):
    await maria.writes("Купите рекламу!")
    await winner.sees("Купите рекламу!")
    await winner.presses("⋯", "Купите рекламу!")
    await winner.presses("Заблокировать", "Купите рекламу!")
    await winner.presses("Да, заблокировать", "Купите рекламу!")
    blocked = await winner.sees("Клиент заблокирован")
    await maria.writes("Купите рекламу ещё раз!")
    await until(lambda: is_stopped_at_intake(product), "the blocked client's message is stopped")
    await blocked.locator("[data-button]", has_text="Разблокировать").click()
    await expect(winner.it.locator("[data-button]", has_text="Разблокировать")).to_have_count(0, timeout=SLOW_MS)
    await winner.presses("Прочитать", "за время блокировки 1 сообщение")
    await winner.sees(re.compile("Написано за время блокировки.*Купите рекламу ещё раз!", re.DOTALL))
    await maria.writes("Больше не буду")
    await winner.sees("Больше не буду")
    await expect(winner.says("ещё раз!")).to_have_count(1)  # what was read, and no copy of it


async def is_stopped_at_intake(product):
    url = (await product.state())["gateway"]["url"]
    async with aiohttp.ClientSession() as session, session.get(f"{url}/metrics") as answer:
        return 'gateway_account_outcomes_total{account="shop",outcome="blocked"} 1.0' in await answer.text()


async def shifts(ivan, winner, loser):
    await loser.writes("/off")
    await loser.sees("Вы не на смене")
    await winner.writes("/my")
    await expect(await winner.sees("Ваши диалоги")).to_contain_text("Иван Петров")
    await winner.writes("/waiting")
    await expect(await winner.sees("Ждут ответа")).to_contain_text("Больше не буду")
    await loser.writes("/on")
    await loser.sees("Вы на смене")
