"""How Avito's messages reach us: chats that are looked at, a webhook that is believed only as far as the API agrees."""

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.connectors.avito import Settings, parse
from gateway.connectors.avito.connector import PollingConnector
from gateway.connectors.contract import Part, Polled, Tools
from gateway.connectors.toolkit.http import HttpClient
from gateway.errors import SettingsError, TryLater, Unauthorized, Uncertain
from gateway.model.codec import decode, encode
from gateway.model.commands import (
    Entry,
    Ignored,
    Notice,
    Receive,
    ReceiveDelete,
    ReceiveEcho,
    ReceiveRead,
)
from gateway.model.ids import ContactId
from gateway.model.messages import Visit
from tests.connectors.avito_wire import (
    ACCOUNT,
    ADDRESS,
    CHAT,
    CLIENT_SECRET,
    HANG,
    ITEM,
    LOST,
    ME,
    NOW,
    OTHER,
    AvitoServer,
    Pictures,
    avito_server,
    call,
    connected,
    key,
    ours,
    refusal,
    told_of,
)
from tests.connectors.vk_wire import mutated

BODIES = sorted(path for path in Path(__file__).parent.glob("avito/received/*.json") if ".expected" not in path.name)


@pytest.fixture
async def avito() -> AsyncIterator[AvitoServer]:
    async with avito_server() as avito:
        yield avito


@pytest.fixture
async def polling(avito: AvitoServer) -> AsyncIterator[Any]:
    async with connected(avito) as connector:
        yield connector


@pytest.fixture
async def serving(avito: AvitoServer) -> AsyncIterator[Any]:
    async with connected(avito, mode="webhook", check_seconds=1.5) as connector:
        yield connector


def items(polled: Polled) -> list[Any]:
    return [one.item for update in polled.updates for one in parse(update)]


def words(polled: Polled) -> list[str]:
    return [one.message.text for one in items(polled) if isinstance(one, Receive | ReceiveEcho)]


def say(text: str = "ответ") -> Part:
    return Part("text", {"text": text})


# ── polling and backfill ──────────────────────────────────────────────────────────────────────────────


async def test_the_first_look_takes_what_is_unread_of_the_last_day(avito: AvitoServer, polling: Any) -> None:
    avito.write("позавчера", at=NOW - 2 * 86400)
    avito.write("прочитано", at=NOW - 7000, is_read=True)
    avito.write("наш ответ", by=ME, at=NOW - 6000)
    avito.write("ждёт", at=NOW - 5000)
    avito.write("отвечено давно", chat=OTHER, at=NOW - 4000)
    avito.unread.discard(OTHER)
    first = await polling.poll(None, 0)
    assert words(first) == ["ждёт"]
    (received,) = items(first)
    assert (received.contact, received.profile.name) == (CHAT, "Мария")
    page = f"https://avito.ru/tula/skatert_{ITEM}"
    assert received.visit == Visit(page, "Скатерть льняная", None, "2 500 ₽", "Тула", listing=True)
    avito.now += 60
    assert (await polling.poll(first.cursor, 0)).updates == ()


async def test_what_is_new_is_told_once_wherever_it_was_read_or_written(avito: AvitoServer, polling: Any) -> None:
    first = await polling.poll(None, 0)
    avito.now += 10
    avito.write("новое")
    avito.write("ответ из приложения", by=ME, chat=OTHER)
    avito.write("прочитано в приложении", chat=OTHER, is_read=True)
    avito.unread.discard(OTHER)
    second = await polling.poll(first.cursor, 0)
    assert sorted(words(second)) == ["новое", "ответ из приложения", "прочитано в приложении"]
    assert words(second).index("ответ из приложения") < words(second).index("прочитано в приложении")
    avito.now += 10
    assert (await polling.poll(second.cursor, 0)).updates == ()
    looked = avito.count("messages")
    avito.now += 10
    await polling.poll((await polling.poll(second.cursor, 0)).cursor, 0)
    assert avito.count("messages") == looked + 2, "read again only where the batch before is not known to be stored"


async def test_both_shapes_of_avitos_answers_are_read(avito: AvitoServer, polling: Any) -> None:
    avito.in_list = True
    avito.write("по документации")
    assert words(await polling.poll(None, 0)) == ["по документации"]


async def test_a_restart_goes_on_where_the_cursor_stands(avito: AvitoServer) -> None:
    async with connected(avito) as before:
        cursor = (await before.poll(None, 0)).cursor
    avito.now += 100
    avito.write("пока нас не было")
    avito.now += 50_000
    async with connected(avito, mode="webhook") as after:
        found = await after.backfill(cursor)
        assert words(found) == ["пока нас не было"]
        avito.now += 100_000
        avito.write("сразу после", at=NOW + 50_101)
        assert words(await after.backfill(found.cursor)) == ["сразу после"], (
            "nothing of before: keys are forgotten by now"
        )


async def test_a_chat_with_many_news_is_read_to_the_end_and_one_with_too_many_is_told(
    avito: AvitoServer, polling: Any
) -> None:
    cursor = (await polling.poll(None, 0)).cursor
    for number in range(250):
        avito.write(str(number), at=NOW + 1)
    found = await polling.poll(cursor, 0)
    assert words(found) == [str(number) for number in range(250)]
    for number in range(1101):
        avito.write(f"{number}", chat=OTHER, at=NOW + 2)
    found = await polling.poll(found.cursor, 0)
    told = [one for one in items(found) if isinstance(one, Notice)]
    assert (len(words(found)), [(one.about, one.alarming) for one in told]) == (1100, [("gap", True)])


async def test_more_chats_than_a_page_holds_are_all_looked_at(avito: AvitoServer, polling: Any) -> None:
    for number in range(130):
        avito.write(str(number), chat=f"u2i-{number}")
    assert sorted(words(await polling.poll(None, 0))) == sorted(map(str, range(130)))
    assert {one.query["chat_types"] for one in avito.asked if one.what == "chats"} == {"u2i,u2u"}


async def test_a_chat_that_cannot_be_read_is_told_and_stops_no_other(avito: AvitoServer, polling: Any) -> None:
    avito.write("первое")
    avito.write("второе", chat=OTHER)
    avito.faults["messages"].append(refusal(404, "Not found"))
    found = await polling.poll(None, 0)
    assert len(words(found)) == 1
    assert [one.detail for one in items(found) if isinstance(one, Notice)] == [
        "a chat could not be read: Avito knows no such chat"
    ]


async def test_what_was_read_before_avito_failed_is_not_read_again(avito: AvitoServer, polling: Any) -> None:
    for number in range(5):
        avito.write(str(number), chat=f"u2i-{number}", at=NOW - number)
    with pytest.raises(TryLater):
        avito.faults["chats"].append(refusal(500))
        await polling.poll(None, 0)
    avito.faults["messages"].extend([None, None, refusal(500)])
    part = await polling.poll(None, 0)
    assert (words(part), part.again) == (["1", "0"], True)
    rest = await polling.poll(part.cursor, 0)
    assert (words(rest), rest.again) == (["4", "3", "2"], False)
    assert avito.count("messages") == 6


async def test_a_look_that_failed_has_read_nothing(avito: AvitoServer, polling: Any) -> None:
    cursor = (await polling.poll(None, 0)).cursor
    avito.write("первое", at=NOW + 1)
    avito.write("второе", chat=OTHER, at=NOW + 2)
    avito.faults["messages"].extend([None, refusal(402)])
    with pytest.raises(Unauthorized):
        await polling.poll(cursor, 0)
    assert words(await polling.poll(cursor, 0)) == ["первое", "второе"]


async def test_a_message_that_was_taken_back_is_noticed_for_an_hour(avito: AvitoServer, polling: Any) -> None:
    gone = [avito.write("ошиблась", at=NOW - 3000), avito.write("и тут", at=NOW - 2000)]
    cursor = (await polling.poll(None, 0)).cursor
    avito.now += 600
    gone[0] |= {"type": "deleted", "content": {}}
    gone[1] |= {"content": {"text": "Сообщение удалено"}}
    found = await polling.poll(cursor, 0)
    assert found.updates == (), "nothing in the chat says that it has changed"
    avito.write("извините")
    found = await polling.poll(found.cursor, 0)
    assert [one for one in items(found) if isinstance(one, ReceiveDelete)] == [
        ReceiveDelete(ContactId(CHAT), (one["id"],)) for one in gone
    ]
    assert words(found) == ["извините"]


async def test_that_the_client_has_read_is_told_with_their_next_words(avito: AvitoServer, polling: Any) -> None:
    cursor = (await polling.poll(None, 0)).cursor
    receipt = await polling.send(ContactId(CHAT), say("прочтите"))
    avito.messages[CHAT][0]["read"] = NOW + 5
    avito.now += 10
    avito.write("прочла")
    found = await polling.poll(cursor, 0)
    assert [one for one in items(found) if isinstance(one, ReceiveRead)] == [
        ReceiveRead(ContactId(CHAT), native=receipt.natives[0])
    ]


async def test_our_own_sends_are_nobodys_answer_in_avito(avito: AvitoServer, polling: Any) -> None:
    cursor = (await polling.poll(None, 0)).cursor
    await polling.send(ContactId(CHAT), say())
    avito.faults["send"].append(LOST)
    with pytest.raises(Uncertain):
        await polling.send(ContactId(CHAT), say("ответ с потерянным ответом"))
    found = await polling.poll(cursor, 0)
    assert (found.updates, found.again) == ((), True), "whose it is cannot be said yet"
    (receipt,) = await polling.reconcile(ContactId(CHAT), say("ответ с потерянным ответом"), ours())
    assert receipt.natives
    avito.now += 600
    avito.write("из приложения", by=ME)
    found = await polling.poll(found.cursor, 0)
    assert (words(found), found.again) == (["из приложения"], False)


async def test_a_poll_waits_for_news_and_asks_no_more_often_than_it_may(avito: AvitoServer, tmp_path: Path) -> None:
    now, paused = [100.0], list[float]()

    async def pause(seconds: float) -> None:
        paused.append(round(seconds, 3))
        now[0] += seconds
        if len(paused) == 3:
            avito.write("наконец")

    table = {"client_id": "any-id", "client_secret": CLIENT_SECRET, "api_url": avito.url, "poll_seconds": 5}
    tools = Tools(account=ACCOUNT, http=HttpClient(api_url=avito.url), files=Pictures(tmp_path))
    connector = PollingConnector(Settings.model_validate(table), tools, clock=lambda: now[0], pause=pause)
    try:
        assert words(await connector.poll(None, 25)) == ["наконец"]
        assert paused == [5.0, 5.0, 5.0]
        assert (await connector.poll(None, 0)).cursor
        assert paused == [5.0] * 4
    finally:
        await connector.close()


# ── webhook ───────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_believed_is_what_the_api_says(avito: AvitoServer, serving: Any) -> None:
    message = avito.write("как в чате", quote={"id": "q-1", "type": "text", "content": {"text": "Что?"}})
    served = await serving.serve(call(told_of({**message, "content": {"text": "как в запросе"}})))
    (one,) = served.items
    assert (served.status, one.key, one.item.message.text) == (200, f"message:{message['id']}", "как в чате")
    assert one.item.message.reply_to.quote == "Что?"
    assert (one.item.profile.name, one.item.visit.city) == ("Мария", "Тула")
    polled = await serving.backfill(None)
    assert [one.key for update in polled.updates for one in parse(update)] == [one.key], "one key for both ways"


async def test_what_avito_has_given_up_stands_before_what_came_after_it(avito: AvitoServer, serving: Any) -> None:
    avito.write("из другого года", at=NOW - 2 * 86400)
    avito.write("прочитано", at=NOW - 60, is_read=True)
    first = avito.write("раз")
    avito.write("мы", by=ME)
    second = avito.write("два")
    served = [
        await serving.serve(call(told_of(one))) for one in (second, first, avito.write("три"), avito.write("четыре"))
    ]
    told = [[one.item.message.text for one in each.items] for each in served]
    assert told == [["раз", "два"], ["раз"], ["два", "три"], ["четыре"]]
    assert served[0].items[0].key == served[1].items[0].key == f"message:{first['id']}"


async def test_who_writes_is_no_condition(avito: AvitoServer, serving: Any) -> None:
    message = avito.write("без имени")
    avito.faults["chat"].append(refusal(500))
    (one,) = (await serving.serve(call(told_of(message)))).items
    assert (one.item.message.text, one.item.profile) == ("без имени", None)


async def test_what_is_not_in_the_chat_is_not_believed_and_looked_for(avito: AvitoServer, serving: Any) -> None:
    message = avito.write("настоящее")
    for body in (
        told_of({**message, "id": "0" * 32}),
        told_of(message, chat=OTHER),
        told_of(message, chat="u2i-../../self"),
    ):
        served = await serving.serve(call(body))
        assert [one.item.about for one in served.items] == ["unconfirmed message"]
        assert (served.status, served.missed) == (200, True)
    served = await serving.serve(call(told_of(message, user_id=5)))
    assert (served.status, served.items, served.missed) == (403, (), False), "another account's is nothing of ours"


@pytest.mark.parametrize("fault", [refusal(500), refusal(429), refusal(402)])
async def test_what_cannot_be_read_back_now_is_asked_for_later(avito: AvitoServer, serving: Any, fault: Any) -> None:
    message = avito.write("потом")
    await serving.whoami()
    avito.faults["messages"].append(fault)
    served = await serving.serve(call(told_of(message)))
    assert (served.status, served.items) == (503, ())


async def test_an_api_that_does_not_answer_is_not_waited_for(avito: AvitoServer) -> None:
    message = avito.write("потом")
    async with connected(avito, mode="webhook", check_seconds=0.05) as serving:
        avito.faults["messages"].append(HANG)
        served = await serving.serve(call(told_of(message)))
    assert (served.status, served.items) == (503, ())


async def test_a_stranger_makes_us_ask_nothing(avito: AvitoServer, serving: Any) -> None:
    body = told_of(avito.write("подделка"))
    for secret in ("", "x", key()[:-1], key().upper(), f"{key()}0", "ключ"):
        served = await serving.serve(call(body, secret))
        assert (served.status, served.items) == (403, ())
    assert avito.asked == []


async def test_what_is_no_message_is_kept_as_a_notice(avito: AvitoServer, serving: Any) -> None:
    message = avito.write()
    for body in (
        {},
        {"payload": {"type": "order", "value": {}}},
        told_of(message, id=None),
        told_of(message, chat_id=7),
    ):
        served = await serving.serve(call(body))
        assert served.status == 200
        assert [type(one.item) for one in served.items] == [Notice]
    assert (await serving.serve(call([told_of(message)]))).status == 400


async def test_our_own_send_that_is_told_before_its_answer_waits_for_it(avito: AvitoServer, serving: Any) -> None:
    avito.open(CHAT)
    await serving.whoami()
    avito.faults["send"].append(HANG)
    sending = asyncio.create_task(serving.send(ContactId(CHAT), say()))
    while not avito.count("send"):
        await asyncio.sleep(0)
    echo = {
        "id": f"{avito.number + 1:032x}",
        "author_id": ME,
        "created": NOW,
        "type": "text",
        "content": {"text": "ответ"},
    }
    served = asyncio.create_task(serving.serve(call(told_of(echo))))
    avito.release.set()
    assert (await sending).natives == (echo["id"],)
    (one,) = (await served).items
    assert one.item == Ignored("an echo of what was sent through the API")


async def test_an_answer_from_avito_itself_is_told_and_one_in_doubt_waits(avito: AvitoServer, serving: Any) -> None:
    (one,) = (await serving.serve(call(told_of(avito.write("из приложения", by=ME))))).items
    assert (type(one.item), one.item.message.text) == (ReceiveEcho, "из приложения")
    avito.faults["send"].append(LOST)
    with pytest.raises(Uncertain):
        await serving.send(ContactId(CHAT), say())
    served = await serving.serve(call(told_of(avito.messages[CHAT][0])))
    assert (served.status, served.items) == (503, ())


async def test_the_signatures_presence_is_logged_and_the_key_never_is(
    avito: AvitoServer, serving: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body = told_of(avito.write())
    await serving.serve(call(body, x_avito_messenger_signature="0" * 64))
    await serving.serve(call(body, x_avito_messenger_signature="1" * 64))
    await serving.serve(call(body))
    assert [one.message for one in caplog.records if "signature" in one.message] == [
        "webhook signature is present",
        "webhook signature is absent",
    ]
    assert key() not in caplog.text
    assert "0" * 64 not in caplog.text


@pytest.mark.parametrize("seed", range(10))
async def test_whatever_stands_in_a_body_is_answered_and_can_be_stored(
    avito: AvitoServer, serving: Any, seed: int
) -> None:
    chance = random.Random(seed)
    message = avito.write("настоящее")
    bodies = [told_of(message), *(json.loads(path.read_bytes()) for path in BODIES)]
    for body in bodies:
        broken = mutated(body, chance)
        served = await serving.serve(call(broken))
        assert served.status in {200, 400, 403}
        assert bool(served.items) is (served.status == 200)
        read = parse(broken) if isinstance(broken, dict) else ()
        assert read or not isinstance(broken, dict), "nothing vanishes"
        for one in (*served.items, *read):
            if not isinstance(one.item, Ignored):
                assert decode(encode(Entry(one.item, ACCOUNT)), Entry).command == one.item


# ── registration ──────────────────────────────────────────────────────────────────────────────────────


async def test_our_address_is_set_once_and_again_when_it_vanishes(avito: AvitoServer, serving: Any) -> None:
    assert "does not deliver to our address" in (await serving.registration(ADDRESS)).drift
    await serving.register(ADDRESS)
    await serving.register(ADDRESS)
    assert avito.subscriptions == [{"url": f"{ADDRESS}?key={key()}", "version": "3"}]
    assert (avito.count("webhook"), (await serving.registration(ADDRESS)).drift) == (1, None)
    avito.subscriptions = []
    assert (await serving.registration(ADDRESS)).drift
    await serving.register(ADDRESS)
    assert avito.count("webhook") == 2


@pytest.mark.parametrize(
    ("subscription", "drift"),
    [
        ({"url": "https://crm.example.com/secret-of-theirs", "version": "3"}, "Avito delivers to crm.example.com, not"),
        ({"url": f"{ADDRESS}?key={key()}", "version": "2"}, "in an old form"),
        ({"url": "http://[broken", "version": None}, "Avito delivers to an unknown address"),
        ({"url": f"{ADDRESS}?key=of-another-secret", "version": "3"}, "not to our address"),
    ],
)
async def test_another_address_is_told_by_its_host_and_replaced(
    avito: AvitoServer, serving: Any, subscription: Any, drift: str
) -> None:
    avito.subscriptions = [subscription]
    told = (await serving.registration(ADDRESS)).drift
    assert drift in told
    assert "secret" not in told
    assert key() not in told
    await serving.register(ADDRESS)
    assert avito.subscriptions == [{"url": f"{ADDRESS}?key={key()}", "version": "3"}]


async def test_in_mode_polling_only_what_is_ours_is_taken_off(avito: AvitoServer, polling: Any) -> None:
    foreign = {"url": "https://crm.example.com/hook", "version": "3"}
    avito.subscriptions = [{"url": f"{ADDRESS}?key={key()}", "version": "3"}, foreign]
    assert "still delivers" in (await polling.registration(None)).drift
    await polling.register(None)
    assert avito.subscriptions == [foreign]
    assert (await polling.registration(None)).drift is None
    avito.faults["subscriptions"].append(refusal(404))
    await polling.register(None)


async def test_a_webhook_without_an_address_is_a_sentence(serving: Any) -> None:
    with pytest.raises(SettingsError, match="public_url"):
        await serving.register(None)
