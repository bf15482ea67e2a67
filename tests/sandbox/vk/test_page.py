"""A VK phone in a real browser: Ирина acts by clicking, the community answers through the API and from VK itself."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize, expect

from sandbox.server import BotHandle, Sandbox
from sandbox.toolkit.uploads import Upload, sample_file
from sandbox.vk.calls import METHODS, Call
from sandbox.vk.feed import EVENTS
from sandbox.vk.parameters import Parameters
from tests.sandbox.test_page import Phone, browser, take_shot, watched_page

pytestmark = pytest.mark.asyncio(loop_scope="module")

__all__ = ["browser"]

VIEWPORT: ViewportSize = {"width": 1500, "height": 900}


@pytest_asyncio.fixture(loop_scope="module")
async def world() -> AsyncIterator[Sandbox]:
    async with Sandbox(limits=False) as world:
        community = world.vk.world.communities[world.community("romashka").id]
        community.longpoll.is_enabled, community.longpoll.events = True, sorted(EVENTS)
        yield world


@pytest.fixture
def romashka(world: Sandbox) -> BotHandle:
    return world.community("romashka")


class Irina(Phone):
    """Her phone, taken out of the menu first."""

    def __init__(self, page: Page, world: Sandbox) -> None:
        super().__init__(page, world.user("irina"))
        self.page, self.user_id = page, world.user("irina")

    async def take(self) -> None:
        await self.page.wait_for_load_state("networkidle")  # the shop's frame as well: a file torn off stays open
        await self.page.locator("[data-people]").click()
        await self.page.locator(f'[data-show-phone="{self.user_id}"]').check()
        await self.page.keyboard.press("Escape")
        await expect(self.composer).to_be_visible()

    async def menu(self, item: str) -> None:
        await self.element.locator("[data-phone-menu]").click()
        await self.page.locator(f"[data-menu] {item}").click()


@pytest_asyncio.fixture(loop_scope="module")
async def irina(browser: Browser, world: Sandbox) -> AsyncIterator[Irina]:
    async with watched_page(browser, world.url, viewport=VIEWPORT) as page:
        await page.goto(world.url)
        phone = Irina(page, world)
        await phone.take()
        yield phone


def call(world: Sandbox, name: str, **parameters: object) -> Any:
    """A method as the community calls it."""
    community = world.vk.world.communities[world.community("romashka").id]
    values = {name: str(value) for name, value in {"v": "5.199", **parameters}.items()}
    return METHODS[name.lower()](Call(world.vk, community, Parameters(values)))


def told(world: Sandbox, kind: str) -> list[Any]:
    """The objects of the events of a kind so far."""
    community = world.vk.world.communities[world.community("romashka").id]
    events = [json.loads(bytes(one.body)) for one in world.vk.feed.newest(community, 100)]
    return [one["object"] for one in events if one["type"] == kind]


async def until_told(world: Sandbox, kind: str, count: int = 1) -> Any:
    """Waits for so many events of a kind; the last one's object."""
    async with asyncio.timeout(20):
        while len(told(world, kind)) < count:
            await asyncio.sleep(0.01)
    return told(world, kind)[-1]


async def test_words_go_both_ways_with_a_reply_an_edit_and_a_reaction(world: Sandbox, irina: Irina) -> None:
    await irina.write("Здравствуйте! Есть пионы?")
    asked = (await until_told(world, "message_new"))["message"]
    number = call(world, "messages.send", peer_id=irina.user_id, random_id=1, message="Есть", reply_to=asked["id"])
    await expect(irina.text(number)).to_have_text("Есть")
    await expect(irina.message(number).locator("[data-quote]")).to_contain_text("Есть пионы?")
    call(
        world, "messages.edit", peer_id=irina.user_id, message_id=number, message="Есть, белые", keep_forward_messages=1
    )
    await expect(irina.text(number)).to_have_text("Есть, белые")
    await expect(irina.message(number).locator("[data-edited]")).to_be_visible()
    call(world, "messages.sendReaction", peer_id=irina.user_id, cmid=1, reaction_id=1)
    await expect(irina.message(asked["id"]).locator('[data-reaction="❤"]')).to_be_visible()
    await irina.choose(number, '[data-emoji="👍"]')
    assert (await until_told(world, "message_reaction_event"))["reaction_id"] == 4
    await irina.choose(asked["id"], "[data-edit]")
    await irina.write("Здравствуйте! Есть розы?")
    assert (await until_told(world, "message_edit", 2))["text"] == "Здравствуйте! Есть розы?"


async def test_a_photo_each_way_and_things_without_bytes(world: Sandbox, irina: Irina, romashka: BotHandle) -> None:
    await irina.send_sample("album")
    message = (await until_told(world, "message_new"))["message"]
    assert [one["type"] for one in message["attachments"]] == ["photo"] * 3
    await expect(irina.message(message["id"]).locator("[data-photo] img")).to_have_count(3)
    file = world.vk.files.add("photo", -romashka.id, Upload("p.png", "image/png", sample_file("photo").content))
    number = call(
        world, "messages.send", peer_id=irina.user_id, random_id=2, attachment=f"photo{file.owner_id}_{file.number}"
    )
    await expect(irina.message(number).locator("[data-photo] img")).to_be_visible()
    for count, (sample, kind) in enumerate(
        [("market", "market"), ("sticker", "sticker"), ("voice", "audio_message")], 2
    ):
        await irina.send_sample(sample)
        sent = (await until_told(world, "message_new", count))["message"]
        assert sent["attachments"][0]["type"] == kind
    await irina.send_sample("location")
    assert (await until_told(world, "message_new", 5))["message"]["geo"]["type"] == "point"
    await expect(irina.element.locator("[data-place]")).to_be_visible()


async def test_buttons_on_a_message_and_under_the_input(world: Sandbox, irina: Irina) -> None:
    callback = {"action": {"type": "callback", "label": "Беру", "payload": {"q": 1}}, "color": "positive"}
    keyboard = json.dumps({"inline": True, "buttons": [[callback]]})
    world.vk_people.text(irina.user_id, world.community("romashka").id, "Сколько?")
    call(world, "messages.send", peer_id=irina.user_id, random_id=3, message="2590", keyboard=keyboard)
    await irina.watch_toasts()
    await irina.button("Беру").click()
    event = await until_told(world, "message_event")
    data = json.dumps({"type": "show_snackbar", "text": "Записали"})
    give = {"event_id": event["event_id"], "user_id": irina.user_id, "peer_id": irina.user_id}
    call(world, "messages.sendMessageEventAnswer", **give, event_data=data)
    assert (await irina.next_toast())["text"] == "Записали"
    below = json.dumps({"one_time": True, "buttons": [[{"action": {"type": "text", "label": "Оформить"}}]]})
    call(world, "messages.send", peer_id=irina.user_id, random_id=4, message="Оформим?", keyboard=below)
    await irina.button("Оформить").click()
    assert (await until_told(world, "message_new", 2))["message"]["text"] == "Оформить"
    await expect(irina.button("Оформить")).to_have_count(0)


async def test_denying_allowing_and_an_answer_from_vk_itself(world: Sandbox, irina: Irina) -> None:
    await irina.write("Здравствуйте")
    await until_told(world, "message_new")
    await irina.menu("[data-block]")
    await until_told(world, "message_deny")
    await expect(irina.composer).to_be_hidden()
    await irina.element.locator("[data-unblock]").click()
    await until_told(world, "message_allow")
    await irina.menu("[data-staff-answer]")
    await irina.page.locator("[data-staff-text]").fill("Отвечаю с телефона")
    await irina.page.locator("[data-staff-send]").click()
    reply = await until_told(world, "message_reply")
    assert (reply["text"], reply["admin_author_id"]) == ("Отвечаю с телефона", 1)
    await expect(irina.text(reply["id"])).to_have_text("Отвечаю с телефона")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_looks_like_vk(browser: Browser, world: Sandbox, scheme: Any) -> None:
    people, community = world.vk_people, world.community("romashka").id
    user_id = world.user("irina")
    people.text(user_id, community, "Здравствуйте! Соберёте букет к субботе?")
    people.files(user_id, community, "photo", [sample_file("photo")], caption="Хочу похожий")
    button = {"action": {"type": "callback", "label": "Беру"}, "color": "primary"}
    keyboard = json.dumps({"inline": True, "buttons": [[button]]})
    call(world, "messages.send", peer_id=user_id, random_id=5, message="Соберём, 2590 ₽", reply_to=1, keyboard=keyboard)
    people.thing(user_id, community, "market")
    async with watched_page(browser, world.url, scheme=scheme, viewport=VIEWPORT) as page:
        await page.goto(world.url)
        phone = Irina(page, world)
        await phone.take()
        await expect(phone.button("Беру")).to_be_visible()
        look = await phone.element.locator(".conversation").evaluate(
            "(one) => getComputedStyle(one).getPropertyValue('--accent')"
        )
        assert look.strip() == {"light": "#0077ff", "dark": "#71aaeb"}[scheme]
        await take_shot(page, f"vk-{scheme}")
