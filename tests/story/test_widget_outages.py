"""The site widget when things go wrong, in real Chromium: reloads, a killed gateway, a network that is away.

Every word arrives once, in its order, and meanwhile the visitor sees what has become of it.
"""

import asyncio
import time

import pytest
from playwright.async_api import expect

from tests.story.shop import AWAY, DESKTOP, PHONE, WIDTHS, opened
from tests.story.stage import words

pytestmark = pytest.mark.timeout(300)  # browsers, a gateway and its Redis beside other tests
CUT_SECONDS = 20
"""How long the network is away, by the promise that is tested."""


@WIDTHS
async def test_a_reload_and_a_killed_gateway_lose_nothing(tmp_path, chromium, traits):
    async with opened(tmp_path, chromium) as (stage, _, browsers):
        chat = await browsers.visitor(**traits)
        await chat.write("раз")
        await stage.claims(stage.anna, "Гость")
        stage.says(stage.anna, "слушаю")
        await chat.shows("раз", "слушаю")
        await chat.field.fill("недописанное")
        await chat.comes_back()
        await chat.shows("раз", "слушаю")
        await expect(chat.field).to_have_value("недописанное")

        await stage.gateway.kill()
        stage.says(stage.anna, "пока его не было")
        await chat.write("два")
        await expect(chat.root.locator(".s.waiting")).to_have_count(1)
        await expect(chat.note).to_have_text("Нет связи. Отправим, когда появится.")
        await chat.shoot("9-away")
        await chat.write("три")
        await chat.page.reload()
        await stage.gateway.start()
        if traits is PHONE:  # there it covers the page, and does not come up by itself
            await chat.open()
        await expect(chat.note).to_be_hidden()
        await expect(chat.root.locator(".s.waiting")).to_have_count(0)
        await expect(chat.words).to_have_count(5)
        shown = await chat.words.all_inner_texts()
        assert [one for one in shown if one != "пока его не было"] == ["раз", "слушаю", "два", "три"]
        assert sorted(shown) == sorted({"раз", "слушаю", "два", "три", "пока его не было"})
        await stage.sees(stage.anna, lambda one: words(one) == "три")
        heard = [words(one) for one in stage.chat(stage.anna) if words(one) in ("два", "три")]
        assert heard == ["два", "три"]
        browsers.may_say(AWAY)


async def test_a_network_that_is_away_for_20_seconds_costs_nobody_a_word(tmp_path, chromium):
    async with opened(tmp_path, chromium) as (stage, network, browsers), type(network)(network.to) as tunnel:
        desktop = await browsers.visitor(**DESKTOP)
        await desktop.write("с компьютера")
        await stage.claims(stage.anna, "Гость")
        stage.says(stage.anna, "Здравствуйте, компьютер")
        await desktop.shows("с компьютера", "Здравствуйте, компьютер")
        stage.sandbox.gateway.url = tunnel.url  # the shop's next visitor comes by another way
        phone = await browsers.visitor(**PHONE)
        await phone.write("с телефона")
        card = await stage.sees(stage.boris, lambda one: "с телефона" in words(one))
        await stage.presses(stage.boris, card, "Ответить")
        stage.says(stage.boris, "Здравствуйте, телефон")
        await phone.shows("с телефона", "Здравствуйте, телефон")

        began = time.monotonic()
        await network.refuse()
        tunnel.hush()
        stage.says(stage.anna, "ответ компьютеру 1")
        stage.says(stage.boris, "ответ телефону 1")
        for chat in (desktop, phone):
            await chat.write("в темноте 1")
            await chat.write("в темноте 2")
            await expect(chat.root.locator(".s.waiting")).to_have_count(2)
            await expect(chat.note).to_have_text("Нет связи. Отправим, когда появится.")
        stage.says(stage.anna, "ответ компьютеру 2")
        stage.says(stage.boris, "ответ телефону 2")
        await phone.shoot("10-tunnel")
        await desktop.shoot("10-cut")
        await asyncio.sleep(max(began + CUT_SECONDS - time.monotonic(), 0))
        assert await desktop.words.count() == await phone.words.count() == 4
        await network.mend()
        await tunnel.mend()

        whole = {
            desktop: ("с компьютера", "Здравствуйте, компьютер", "ответ компьютеру 1", "ответ компьютеру 2"),
            phone: ("с телефона", "Здравствуйте, телефон", "ответ телефону 1", "ответ телефону 2"),
        }
        for operator, (chat, heard) in zip((stage.anna, stage.boris), whole.items(), strict=True):
            await chat.shows(*heard, "в темноте 1", "в темноте 2")
            await expect(chat.root.locator(".s.waiting")).to_have_count(0)
            await expect(chat.note).to_be_hidden()
            await stage.sees(operator, lambda one: words(one) == "в темноте 2")
            arrived = [words(one) for one in stage.chat(operator) if one.is_out and "в темноте" in words(one)]
            assert arrived == ["в темноте 1", "в темноте 2"]
        assert browsers.may_say(AWAY), "the network was away indeed"
