import json
from typing import Any

import aiohttp

from sandbox.server import Sandbox, SellerHandle

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any


async def test_the_state_tells_sellers_listings_and_chats_and_no_secret(
    sandbox: Sandbox, flowers: SellerHandle, artem: int, token: str, control: Fixture
) -> None:
    _, state = await control("GET", "state")
    told = state["avito"]
    assert [(one["nick"], one["subscribed"], one["paid"]) for one in told["sellers"]] == [("flowers", False, True)]
    assert [(one["title"], one["price"], one["city"]) for one in told["listings"]] == [
        ("Букет пионов с доставкой", "2 590 ₽", "Екатеринбург")
    ]
    assert [(one["place"], one["user_id"], one["refused"]) for one in told["chats"]] == [
        (flowers.listing, artem, False)
    ]
    assert flowers.client_secret not in json.dumps(state)
    assert token not in json.dumps(state)


async def test_what_is_done_through_the_page(
    sandbox: Sandbox, flowers: SellerHandle, artem: int, control: Fixture
) -> None:
    at = {"messenger": "avito", "place": flowers.listing, "user_id": artem}
    deeds: list[dict[str, Any]] = [
        {"do": "text", "text": "Есть розы?", "reply_to": 1},
        {"do": "photo"},
        {"do": "voice"},
        {"do": "location", "latitude": 56.8, "longitude": 60.6, "title": "Здесь"},
        {"do": "link"},
        {"do": "item"},
        {"do": "call"},
        {"do": "app_call"},
        {"do": "video"},
        {"do": "file"},
        {"do": "staff_answer", "text": "Есть, отвечаю с телефона"},
        {"do": "system"},
        {"do": "delete", "message_id": 1},
        {"do": "read"},
        {"do": "refuse"},
        {"do": "accept"},
    ]
    done = [await control("POST", "act", {**at, **deed}) for deed in deeds]
    for deed in ({"do": "value", "value": {"type": "новое"}}, {"do": "unsubscribe"}, {"do": "expire_tokens"}):
        done.append(await control("POST", "act", {"messenger": "avito", "seller_id": flowers.id, **deed}))
    for do in ("stop_paying", "pay", "renew_secret"):
        done.append(
            await control("POST", "act", {"messenger": "avito", "seller_id": flowers.id, "do": do, "secret": "s"})
        )
    assert [status for status, _ in done] == [200] * len(done), done
    chat = sandbox.avito.world.chat_at(artem, flowers.listing)
    assert chat is not None
    assert [one.type for one in sandbox.avito.world.history(chat)][::-1] == [
        "text", "text", "image", "voice", "location", "link", "item", "call", "appCall", "video", "file", "text",
        "system",
    ]  # fmt: skip
    assert sandbox.avito.world.sellers[flowers.id].client_secret == "s"


async def test_a_wrong_act_is_a_sentence(sandbox: Sandbox, flowers: SellerHandle, artem: int, control: Fixture) -> None:
    at = {"messenger": "avito", "place": flowers.listing, "user_id": artem}
    wrong: list[dict[str, Any]] = [
        {"do": "fly"},
        {"do": "text", "wings": 2},
        {"do": "text", "text": ""},
        {"do": "text", "text": "я" * 1001},
        {"do": "photo", "bytes_base64": "?"},
        {"do": "photo", "bytes_base64": "AAAA"},
        {"do": "voice", "bytes_base64": ""},
        {"do": "text", "text": "x", "place": 5},
        {"do": "text", "text": "x", "user_id": 5},
        {"do": "delete", "message_id": 77},
        {"do": "staff_answer"},
        {"do": "unsubscribe"},
    ]
    for deed in wrong:
        status, told = await control("POST", "act", {**at, **deed})
        assert (status, told["ok"], told["error"][-1]) == (400, False, "."), deed
    status, told = await control("POST", "act", {**at, "do": "staff_answer", "text": "Купите", "place": flowers.id})
    assert (status, told["code"]) == (400, "avito-not-begun")


async def test_a_chat_by_pages_with_files_for_the_page(
    sandbox: Sandbox, flowers: SellerHandle, artem: int, control: Fixture, http: aiohttp.ClientSession
) -> None:
    sandbox.avito_people.sample(artem, flowers.listing, "voice")
    sandbox.avito_staff.answer(artem, flowers.listing, "Слушаю")
    path = f"avito/chats/{flowers.listing}/{artem}"
    _, page = await control("GET", f"{path}?limit=2")
    voice, answer = page["messages"]
    assert page["more"]
    assert (voice["mine"], answer["mine"]) == (True, False)
    (file,) = voice["files"]
    assert (file["kind"], file["mime"], file["duration"]) == ("voice", "video/mp4", 3)
    async with http.get(f"{sandbox.url}{file['url']}") as got:
        assert "sandbox" in got.headers["Content-Security-Policy"]
        assert (await got.read())[4:8] == b"ftyp"
    _, older = await control("GET", f"{path}?before={voice['number']}")
    assert [one["content"]["text"] for one in older["messages"]] == ["Здравствуйте! Пионы свежие?"]
    assert (await control("GET", f"{path}?limit=1"))[1]["messages"][0]["read"] is not None  # looked at before
    assert (await control("GET", "avito/chats/1/1"))[1] == {"messages": [], "more": False}
    async with http.get(f"{sandbox.url}/sandbox/avito/files/1") as got:
        assert got.status == 404


async def test_the_events_stream_tells_whose_they_are(
    sandbox: Sandbox, flowers: SellerHandle, artem: int, http: aiohttp.ClientSession
) -> None:
    last = sandbox.events.last
    sandbox.avito_staff.answer(artem, flowers.listing, "Свежие")
    async with http.get(f"{sandbox.url}/sandbox/api/events", headers={"Last-Event-ID": str(last)}) as stream:
        async for line in stream.content:
            if line.startswith(b"data: "):
                event = json.loads(line.removeprefix(b"data: "))
                break
    shown = event["kind"], event["messenger"], event["bot_id"], event["user_id"], event["message"]["number"]
    assert shown == ("message", "avito", flowers.listing, artem, event["message_id"])


async def test_rules_of_three_messengers_live_side_by_side(sandbox: Sandbox, control: Fixture) -> None:
    rules = [
        {"method": "sendMessage", "fault": "500"},
        {"messenger": "vk", "method": "messages.send", "fault": "error"},
        {"messenger": "avito", "method": "send", "fault": "402"},
    ]
    status, told = await control("POST", "faults", {"rules": rules})
    assert status == 200
    assert [one.get("messenger", "telegram") for one in told["rules"]] == ["telegram", "vk", "avito"]
    for wrong in (
        {"messenger": "avito", "method": "webhook", "fault": "402"},
        {"messenger": "avito", "method": "fly", "fault": "500"},
        {"messenger": "avito", "method": "send", "fault": "fly"},
        {"messenger": "icq", "method": "send", "fault": "500"},
    ):
        status, told = await control("POST", "faults", {"rules": [rules[0], wrong]})
        assert (status, told["error"][-1]) == (400, ".")
    assert [rule.fault for rule in sandbox.avito.faults.rules] == ["402"]  # all of them or none
    assert (await control("DELETE", "faults"))[1]["rules"] == []


async def test_a_world_is_the_same_after_a_restart(tmp_path: Any) -> None:
    async with Sandbox(folder=tmp_path) as before:
        flowers, artem = before.seller("flowers"), before.user("artem")
        token = before.avito.give_token(before.avito.world.sellers[flowers.id])
        sent = before.avito_people.sample(artem, flowers.listing, "photo").message
        assert sent is not None
    async with Sandbox(folder=tmp_path) as after:
        world = after.avito.world
        assert world.seller_by_token(token) is not None
        chat = world.chat_at(artem, flowers.listing)
        assert chat is not None
        (kept,) = world.history(chat)
        assert (kept.id, kept.file) == (sent.id, sent.file)
        assert kept.file is not None
        file = world.files.get(kept.file)
        assert file is not None
        assert world.files.content(file) is not None
        assert len(world.listings) == 1
