"""A site's visitor and an operator on Telegram talk through the whole product; the visitor is played at the wire."""

import asyncio
import time
from contextlib import asynccontextmanager

import aiohttp
import pytest

from sandbox.pictures import plain_png
from sandbox.toolkit.uploads import Upload
from tests.story.site import Site, WidgetError, signature
from tests.story.stage import IDENTITY_SECRET, Stage, until, words
from tests.story.visitor import Visitor

PAGE = {"url": "https://shop.example.com/vases/17", "title": "Синяя ваза", "referrer": "https://search.example.org/"}
OLGA = {"id": "customer-17", "name": "Ольга", "email": "olga@example.com"}


@asynccontextmanager
async def opened(folder, **settings):
    async with Stage(folder, widget=True, **settings) as stage:
        await stage.open()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
            yield stage, Site(stage.site_url, http)


@asynccontextmanager
async def living(*visitors, by_polls=False):
    tasks = [asyncio.create_task(one.run_by_polls() if by_polls else one.run()) for one in visitors]
    try:
        yield
    finally:
        for one in visitors:
            await one.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def sees(visitor, what):
    """Waits until a message like that stands on the visitor's screen, and answers the newest."""
    found = []

    async def is_there():
        found[:] = [one for one in visitor.screen.messages if what(one)]
        return bool(found)

    await until(is_there, lambda: f"{visitor.name} sees it; {visitor.screen}, {visitor.troubles}, {visitor.refused}")
    return found[-1]


async def come_true(what, told):
    async def is_true():
        return what()

    await until(is_true, told)


def signed(user, **more):
    return {**user, **more, "signature": signature(IDENTITY_SECRET, user["id"], more.get("until"))}


async def test_a_visitor_and_an_operator_talk(tmp_path):
    async with opened(tmp_path) as (stage, site):
        visitor = Visitor(site, "Пётр")
        await visitor.open()
        async with living(visitor):
            first = visitor.write("Ваза в наличии?", visit=PAGE)
            card = await stage.card(stage.anna, "Пётр")
            for shown in ("Ваза в наличии?", PAGE["url"], PAGE["title"]):
                assert shown in words(card), words(card)
            await stage.claims(stage.anna, "Пётр")
            await come_true(lambda: visitor.screen.read == first, lambda: f"a claim reads: {visitor.screen}")
            said = stage.says(stage.anna, "Да, две штуки")
            reply = await sees(visitor, lambda one: one["text"] == "Да, две штуки")
            assert (reply["from"], reply["author"]) == ("operator", "Анна Орлова")
            await visitor.send({"type": "read", "id": reply["id"]})
            stage.sandbox.people.edit(stage.anna, stage.desk, said.message_id, text="Да, три штуки")
            await sees(visitor, lambda one: (one["id"], one["text"]) == (reply["id"], "Да, три штуки"))
            visitor.write("Беру!", reply_to=reply["id"])
            await stage.sees(stage.anna, lambda one: "Беру!" in words(one))
        assert visitor.screen.texts() == ["Ваза в наличии?", "Да, три штуки", "Беру!"]
        talk = [("client", "Ваза в наличии?"), ("operator", "Да, три штуки"), ("client", "Беру!")]
        query = "SELECT side, text FROM messages ORDER BY seq"
        await come_true(lambda: stage.rows(query) == talk, lambda: str(stage.rows(query)))


async def test_files_go_each_way(tmp_path):
    async with opened(tmp_path) as (stage, site):
        visitor, picture = Visitor(site, "Пётр"), plain_png(64, 48, "#336699")
        await visitor.open()
        async with living(visitor):
            upload = await visitor.upload("моя ваза.png", picture)
            assert (upload["kind"], upload["mime"], upload["size"]) == ("photo", "image/png", len(picture))
            visitor.write("Вот такая", files=[{"upload": upload["upload"], "name": "моя ваза.png"}])
            await stage.claims(stage.anna, "Пётр")
            got = await stage.sees(stage.anna, lambda one: "photo" in one.body or "document" in one.body)
            assert "Вот такая" in words(got)
            own = await sees(visitor, lambda one: one["text"] == "Вот такая")
            assert (await visitor.fetch(own["files"][0]))[1] == picture

            plan = "план комнаты".encode() * 100
            stage.sandbox.people.file(
                stage.anna, stage.desk, "document", Upload("план.txt", "text/plain", plan), caption="Смотрите"
            )
            given = await sees(visitor, lambda one: one["text"] == "Смотрите")
            [file] = given["files"]
            headers, content = await visitor.fetch(file)
            assert content == plan
            assert (file["name"], file["size"]) == ("план.txt", len(plan))
            assert headers["Content-Disposition"].startswith("attachment")

            stranger = Visitor(site, "Чужой")
            await stranger.open()
            for theirs in (own["files"][0], file):
                with pytest.raises(WidgetError) as refused:
                    await stranger.fetch(theirs)
                assert refused.value.status in (403, 404)


async def test_who_is_identified_sees_their_own_history_everywhere_and_nobody_elses(tmp_path):
    async with opened(tmp_path) as (stage, site):
        phone, desktop, nobody, other = (Visitor(site, name) for name in ("Ольга", "Ольга", "Гость", "Иван"))
        await nobody.open()
        await phone.open(user=signed(OLGA))
        await desktop.open(user=signed(OLGA, until=int(time.time()) + 3600))
        await other.open(user=signed({"id": "customer-18"}))
        assert phone.id == desktop.id
        assert len({phone.id, nobody.id, other.id}) == 3
        async with living(phone, desktop, nobody, other):
            nobody.write("анонимно")
            phone.write("с телефона")
            other.write("от другого")
            await sees(desktop, lambda one: one["text"] == "с телефона")
            await stage.card(stage.anna, "Ольга")
            await sees(nobody, lambda one: one["text"] == "анонимно")
            await sees(other, lambda one: one["text"] == "от другого")
        assert [one.screen.texts() for one in (phone, desktop)] == [["с телефона"]] * 2
        assert [one.screen.texts() for one in (nobody, other)] == [["анонимно"], ["от другого"]]


async def test_forged_identities_open_nothing(tmp_path):
    async with opened(tmp_path) as (_, site):
        good = signed(OLGA)["signature"]
        past = int(time.time()) - 10
        forged = [
            {**OLGA},
            {**OLGA, "signature": ""},
            {**OLGA, "signature": good[:-1] + ("0" if good[-1] != "0" else "1")},
            {**OLGA, "signature": good[:-1]},
            {**OLGA, "signature": signature("another shop's secret", OLGA["id"])},
            {**OLGA, "id": "customer-18", "signature": good},
            {**OLGA, "until": past, "signature": signature(IDENTITY_SECRET, OLGA["id"], past)},
            {**OLGA, "until": past + 3600, "signature": signature(IDENTITY_SECRET, OLGA["id"], past)},
            {**OLGA, "until": past + 3600, "signature": good},
            {**OLGA, "id": f"{OLGA['id']}\n{past + 3600}", "signature": good},
            {**OLGA, "signature": good.encode().hex()},
            {**OLGA, "signature": None},
            {**OLGA, "signature": [good]},
            {"id": "", "signature": signature(IDENTITY_SECRET, "")},
            {"id": "x" * 129, "signature": signature(IDENTITY_SECRET, "x" * 129)},
        ]
        for user in forged:
            with pytest.raises(WidgetError) as refused:
                await Visitor(site, "Обманщик").open(user=user)
            assert refused.value.status in (400, 403), user


async def test_without_sockets_nothing_is_missing(tmp_path):
    async with opened(tmp_path) as (stage, site):
        visitor = Visitor(site, "Пётр")
        await visitor.open()
        async with living(visitor, by_polls=True):
            visitor.write("Есть кто?")
            visitor.write("Жду")
            await stage.claims(stage.anna, "Пётр")
            stage.says(stage.anna, "Мы здесь")
            await sees(visitor, lambda one: one["text"] == "Мы здесь")
            later = visitor.tab()
            async with living(later):
                await sees(later, lambda one: one["text"] == "Мы здесь")
        assert visitor.screen.texts() == later.screen.texts() == ["Есть кто?", "Жду", "Мы здесь"]


@pytest.mark.timeout(300)  # some hundreds of messages, one after another, on a busy machine
async def test_who_was_away_is_told_all_once_and_after_too_long_begins_anew(tmp_path):
    async with opened(tmp_path) as (_, site):
        desktop = Visitor(site, "Пётр")
        await desktop.open()
        phone = desktop.tab()
        await say(desktop, 0, 3)
        async with living(phone):
            await sees(phone, lambda one: one["text"] == "слово 2")
        await say(desktop, 3, 150)
        phone = back(phone)
        async with living(phone):
            await sees(phone, lambda one: one["text"] == "слово 149")
            await come_true(lambda: phone.is_caught_up, lambda: str(phone.screen.heard))
        assert phone.screen.texts() == [f"слово {number}" for number in range(150)]
        assert phone.screen.heard["torn"] == 0
        await say(desktop, 150, 700)
        phone = back(phone)
        async with living(phone):
            await sees(phone, lambda one: one["text"] == "слово 699")
            await come_true(lambda: phone.is_caught_up, lambda: str(phone.screen.heard))
        newest = phone.screen.texts()
        assert phone.screen.heard["torn"] == 1
        assert 50 <= len(newest) < 550, "a piece of the past, not all of it"
        assert newest == [f"слово {number}" for number in range(700)][-len(newest) :]


async def say(visitor, first, last):
    """As a tab would that has no socket, and much to say."""
    frames = [{"type": "message", "id": f"w{number}", "text": f"слово {number}"} for number in range(first, last)]
    for at in range(0, len(frames), 20):
        asked = {"token": visitor.token, "frames": frames[at : at + 20]}
        answers = (await visitor.site.post("frames", asked))["frames"]
        assert {one["type"] for one in answers} == {"stored"}, answers


def back(visitor):
    """The same tab later: what it shows and its place in the log have stayed."""
    later = visitor.tab()
    later.screen, later.after = visitor.screen, visitor.after
    return later
