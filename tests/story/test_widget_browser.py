"""The site widget for real: Chromium at the shop's site, the gateway behind it, operators on Telegram.

Screenshots of each stage, in both themes and at both widths, go to tests/.shots.
"""

import json
import re

import pytest
from aiohttp import web
from playwright.async_api import expect

from sandbox.toolkit.uploads import Upload
from tests.story.shop import PHONE, WIDTHS, Chat, come_true, opened
from tests.story.site import signature
from tests.story.stage import until, words
from tests.story.test_desk import has_mark
from tests.widget.stage import serving

pytestmark = pytest.mark.timeout(300)  # browsers, a gateway and its Redis beside other tests


@WIDTHS
async def test_a_stranger_comes_and_an_operator_answers(tmp_path, chromium, traits):
    async with opened(tmp_path, chromium) as (stage, _, browsers):
        chat = await browsers.tab(await browsers.somebody(**traits), f"{browsers.shop}/shop/goods/peony")
        await expect(chat.bubble).to_be_visible()
        await chat.shoot("1-closed")
        photo = await chat.page.locator("main img").first.screenshot()
        await chat.open()
        await expect(chat.note).to_be_hidden()  # by then it is known that operators are there
        await expect(chat.root.locator(".row.their")).to_have_text("Здравствуйте! Поможем выбрать букет.")
        await chat.shoot("2-greeting")

        await chat.write("Добрый день! Пионы ещё есть? Нужны к субботе")
        await expect(chat.root.locator(".s.sent")).to_have_count(1)
        card = await stage.card(stage.anna, "Гость")
        for shown in ("Пионы ещё есть?", "/shop/goods/peony", await chat.page.title()):
            assert shown in words(card)
        await stage.presses(stage.anna, card, "Ответить")
        await expect(chat.root.locator(".s.read")).to_have_count(1)
        await expect(chat.typing).to_have_text("печатает…")
        await chat.shoot("3-typing")

        answer = stage.says(stage.anna, "Здравствуйте! Да, розовые и белые. Доставим в субботу утром")
        await expect(chat.row("розовые и белые").locator(".who")).to_have_text("Анна Орлова")
        await expect(chat.typing).to_be_hidden()
        await until(has_mark(answer, "👍"), "the operator sees that it was read")
        stage.sandbox.people.edit(
            stage.anna,
            stage.desk,
            answer.message_id,
            text="Здравствуйте! Да, розовые и белые. Доставим в субботу к 9:00",
        )
        await expect(chat.row("к 9:00").locator(".foot")).to_contain_text("Изменено")

        await until(operator_sees_typing(stage, chat), lambda: f"typing is shown: {called(stage)}")
        await chat.write("Розовые, пожалуйста!")
        copy = await stage.sees(stage.anna, lambda one: words(one) == "Розовые, пожалуйста!")
        stage.says(stage.anna, "/react ❤️", reply_to=copy.message_id)
        await expect(chat.row("Розовые").locator(".react")).to_have_text("❤️")

        wrong = stage.says(stage.anna, "Это не вам")
        await expect(chat.row("Это не вам")).to_be_visible()
        stage.says(stage.anna, "/delete", reply_to=wrong.message_id)
        await expect(chat.words.last).to_have_text("Сообщение удалено")
        await chat.shoot("4-talk")

        stage.says(stage.anna, "Добавить к букету открытку?\n[[Да]] [[Нет]]")
        await expect(chat.root.locator(".keys button")).to_have_text(["Да", "Нет"])
        await chat.shoot("5-buttons")
        await chat.root.get_by_role("button", name="Да", exact=True).click()
        await stage.sees(stage.anna, lambda one: words(one) == "Да")
        await expect(chat.root.locator(".keys button").first).to_be_disabled()
        await chat.comes_back()
        await chat.shows(
            "Добрый день! Пионы ещё есть? Нужны к субботе",
            "Здравствуйте! Да, розовые и белые. Доставим в субботу к 9:00",
            "Розовые, пожалуйста!",
            "Добавить к букету открытку?",
            "Да",
        )
        await files_each_way(stage, chat, photo)


def operator_sees_typing(stage, chat):
    """Types on until it is seen: a single hint that comes too late on a busy machine is rightly not shown."""

    async def asked():
        await chat.field.press_sequentially("р")
        return "sendChatAction" in called(stage)

    return asked


def called(stage):
    """Methods of the Bot API that the gateway has called for the operators."""
    rows = stage.sandbox.ledger.since()
    return {row["method"] for row in rows if row["kind"] == "call" and row["bot_id"] == stage.desk}


async def files_each_way(stage, chat, photo):
    await chat.attach("вот такой.png", "image/png", photo)
    await chat.shoot("6-attached")
    await chat.write("Можно такой букет?")
    await stage.sees(stage.anna, lambda one: "photo" in one.body and "такой букет" in words(one))
    await expect(chat.root.locator(".row.own .pic img")).to_be_visible()
    await chat.attach("открытка.txt", "text/plain", "С днём рождения!".encode())
    await chat.write("Текст открытки")
    await stage.sees(stage.anna, lambda one: "document" in one.body and "Текст открытки" in words(one))

    people = stage.sandbox.people
    people.file(
        stage.anna, stage.desk, "photo", Upload("букет.png", "image/png", photo), caption="Собрали, смотрите 🌸"
    )
    bill = "Букет «Пионы», 1 шт.".encode() * 200
    people.file(stage.anna, stage.desk, "document", Upload("Счёт 1042.txt", "text/plain", bill), caption="Счёт")
    await expect(chat.root.locator(".row.their .pic img")).to_be_visible()
    given = chat.row("Счёт 1042").locator(".doc")
    async with chat.page.expect_download() as download:
        await given.click()
    saved = await download.value
    assert saved.suggested_filename == "Счёт 1042.txt"
    assert (await saved.path()).read_bytes() == bill
    await chat.shoot("7-files")
    await chat.root.locator(".row.their .pic").click()
    await expect(chat.root.locator(".light img")).to_be_visible()
    await chat.shoot("8-picture")


async def test_two_tabs_show_the_same_and_say_it_once(tmp_path, chromium):
    async with opened(tmp_path, chromium) as (stage, _, browsers):
        context = await browsers.somebody()
        one = await browsers.tab(context)
        await one.open()
        await one.write("из первой")
        await stage.claims(stage.anna, "Гость")
        other = await browsers.tab(context, f"{browsers.shop}/shop/delivery")
        await expect(other.panel).to_be_visible()  # it was open when the page was left
        await other.shows("из первой")
        await other.write("из второй")
        await stage.sees(stage.anna, lambda said: words(said) == "из второй")
        stage.says(stage.anna, "Вижу обе")
        for tab in (one, other):
            await tab.shows("из первой", "из второй", "Вижу обе")
            await expect(tab.root.locator(".s.waiting")).to_have_count(0)
        assert [words(said) for said in stage.chat(stage.anna)].count("из второй") == 1


async def test_who_logs_in_at_the_shop_has_a_history_of_their_own_everywhere_and_a_forger_has_none(tmp_path, chromium):
    async with opened(tmp_path, chromium) as (stage, _, browsers):
        chat = await browsers.visitor()
        await chat.write("Пишу без имени")
        await expect(chat.root.locator(".s.sent")).to_have_count(1)

        await chat.page.get_by_role("button", name="Войти").click()
        await expect(chat.page.get_by_role("button", name="Выйти")).to_be_visible()
        await expect(chat.panel).to_be_visible()
        await chat.shows()
        await chat.write("Это Ольга, где мой заказ?")
        card = await stage.card(stage.anna, "Ольга Ветрова")
        assert "olga@example.com" in words(card)
        await stage.presses(stage.anna, card, "Ответить")
        stage.says(stage.anna, "Уже едет, Ольга")
        await chat.shows("Это Ольга, где мой заказ?", "Уже едет, Ольга")
        await chat.shoot("11-olga")

        await chat.page.get_by_role("button", name="Выйти").click()
        await expect(chat.page.get_by_role("button", name="Войти")).to_be_visible()
        await expect(chat.panel).to_be_visible()
        await chat.shows()
        stored = await chat.page.evaluate("JSON.stringify(localStorage)")
        assert "Ольга" not in stored
        assert "без имени" not in stored
        await chat.page.get_by_role("button", name="Войти").click()
        await chat.shows("Это Ольга, где мой заказ?", "Уже едет, Ольга")

        phone = await browsers.tab(await browsers.somebody(**PHONE))
        await phone.page.get_by_role("button", name="Войти").click()
        await expect(phone.page.get_by_role("button", name="Выйти")).to_be_visible()
        await phone.open()
        await phone.shows("Это Ольга, где мой заказ?", "Уже едет, Ольга")

        someone = await browsers.visitor()
        user = json.dumps(signed(stage, "client-1043"))
        await someone.page.evaluate(f"OpenLines.identify({user})")
        await someone.write("А я не Ольга")
        await expect(someone.root.locator(".s.sent")).to_have_count(1)
        await someone.shows("А я не Ольга")
        await phone.shows("Это Ольга, где мой заказ?", "Уже едет, Ольга")
        await nobody_elses(stage, browsers, signed(stage, "client-1042"))


async def nobody_elses(stage, browsers, olga):
    """The same customer by a signature that is not the shop's."""
    thief = await browsers.visitor()
    refused = []
    thief.page.on("response", lambda one: refused.append(one.url) if one.status == 403 else None)
    forgeries = (
        {**olga, "signature": "0" * 64},
        {"id": olga["id"]},
        {**signed(stage, "client-1043"), "id": olga["id"]},
    )
    for count, forged in enumerate(forgeries, start=1):
        await thief.page.evaluate(f"OpenLines.identify({json.dumps(forged)})")
        await come_true(lambda count=count: len(refused) == count, lambda: f"refused: {refused}")
    await thief.write("Кто здесь?")
    await expect(thief.root.locator(".s.sent")).to_have_count(1)
    await thief.shows("Кто здесь?")
    told = browsers.may_say(re.compile("status of 403|Open Lines: identity"))
    assert "Open Lines: identity" in told


def signed(stage, name):
    return {"id": name, "signature": signature(stage.sandbox.shop.identity_secret, name)}


async def test_the_chat_is_a_page_of_its_own_and_a_frame_of_the_sites_it_is_for(tmp_path, chromium):
    async def page(_request):
        viewport = '<meta name="viewport" content="width=device-width">'
        text = f'<!doctype html><link rel="icon" href="data:,">{viewport}<iframe src="{framed[0]}"></iframe>'
        style = "<style>body{margin:0}iframe{width:100%;height:95vh;border:0}</style>"
        return web.Response(text=text + style, content_type="text/html")

    framed = [""]
    site = web.Application()
    site.router.add_get("/", page)
    async with (
        serving(site) as partner,
        opened(tmp_path, chromium, origins=[partner.rstrip("/")]) as (stage, network, browsers),
    ):
        framed[0] = f"{network.url}/widget/site/"
        alone = await browsers.tab(await browsers.somebody(), framed[0])
        await expect(alone.panel).to_be_visible()
        await expect(alone.note).to_be_hidden()
        await alone.write("По ссылке")
        await stage.claims(stage.anna, "Гость")
        stage.says(stage.anna, "Видим")
        await alone.shows("По ссылке", "Видим")
        await alone.shoot("12-alone")
        await alone.page.reload()
        await alone.shows("По ссылке", "Видим")

        on_phone = await browsers.tab(await browsers.somebody(**PHONE), framed[0])
        await expect(on_phone.panel).to_be_visible()
        await on_phone.shoot("12-alone")

        within = await browsers.tab(await browsers.somebody(), partner)
        within = Chat(within.page, within.page.frame_locator("iframe").locator("open-lines"))
        await within.write("Из рамки")
        card = await stage.sees(stage.boris, lambda one: "Из рамки" in words(one))
        await stage.presses(stage.boris, card, "Ответить")
        stage.says(stage.boris, "И тут видим")
        await within.shows("Из рамки", "И тут видим")

        assert not browsers.wrong
        stranger = await browsers.tab(await browsers.somebody(), partner.replace("127.0.0.1", "localhost"))
        await come_true(lambda: browsers.wrong, lambda: "the browser keeps the frame empty")
        assert browsers.may_say(re.compile("frame-ancestors"))
        await expect(stranger.page.frame_locator("iframe").locator("open-lines")).to_have_count(0)
