"""How VK's events reach us: Long Poll with its gaps, the Callback API with its secret, and what is looked up."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from gateway.connectors.contract import Backfilling, Call, Checking, Polling, Profiling, Registering, Serving
from gateway.connectors.vk import parse, unpack
from gateway.connectors.vk.receiving import Cursor
from gateway.errors import Refused, SettingsError, TryLater, Unauthorized
from gateway.model.codec import to_builtins
from gateway.model.commands import Notice, Receive
from gateway.model.ids import ContactId
from tests.connectors.vk_wire import (
    BODIES,
    GROUP,
    MARIA,
    TOKEN,
    USER,
    Refusal,
    VkServer,
    connected,
    event,
    message,
    mutated,
    new,
    vk_server,
)

ADDRESS = "https://chat.example.com/hooks/vk/shop"


@pytest.fixture
async def vk() -> AsyncIterator[VkServer]:
    async with vk_server() as vk:
        yield vk


def texts(updates: Any) -> list[str]:
    items = [one.item for update in updates for one in parse(update)]
    return [one.message.text for one in items if isinstance(one, Receive)]


async def test_the_mode_is_seen_by_what_the_connector_can_do(vk: VkServer) -> None:
    async with connected(vk) as polling, connected(vk, mode="webhook") as serving:
        assert (isinstance(polling, Polling), isinstance(polling, Serving)) == (True, False)
        assert (isinstance(serving, Polling), isinstance(serving, Serving)) == (False, True)
        for one in (polling, serving):
            assert isinstance(one, Registering)
            assert isinstance(one, Checking)
            assert isinstance(one, Profiling)


# ── Long Poll ─────────────────────────────────────────────────────────────────────────────────────────


async def test_events_are_asked_for_from_our_own_cursor(vk: VkServer) -> None:
    vk.polls = [{"ts": "101", "updates": [new(1, "раз")]}, {"ts": "102", "updates": []}]
    async with connected(vk) as connector:
        first = await connector.poll(None, 25)
        await connector.poll(first.cursor, 25)
        assert texts(first.updates) == ["раз"]
    assert [(one["ts"], one["act"], one["key"], one["wait"]) for one in vk.asked] == [
        ("100", "a_check", "secretkey", "25"),
        ("101", "a_check", "secretkey", "25"),
    ]


async def test_after_a_restart_the_stored_cursor_counts_and_not_where_vk_begins(vk: VkServer) -> None:
    vk.polls = [{"ts": "51", "updates": []}]
    async with connected(vk) as connector:
        assert (await connector.poll("50|7001|1790000001", 0)).cursor.startswith("51|7001|")
    assert vk.asked[0]["ts"] == "50"


async def test_an_old_key_is_exchanged_and_our_place_stays(vk: VkServer) -> None:
    vk.answers["groups.getLongPollServer"] = []
    vk.answer(
        "groups.getLongPollServer", *({"key": key, "server": f"{vk.url}/poll", "ts": "900"} for key in ("a", "b"))
    )
    vk.polls = [{"failed": 2}, {"ts": "51", "updates": [new(1, "не потеряно")]}]
    async with connected(vk) as connector:
        polled = await connector.poll("50|0|0", 0)
    assert [(one["key"], one["ts"]) for one in vk.asked] == [("a", "50"), ("b", "50")]
    assert texts(polled.updates) == ["не потеряно"]


async def test_a_key_that_is_never_accepted_does_not_turn_into_a_storm(vk: VkServer) -> None:
    vk.polls = [{"failed": 2}] * 50
    async with connected(vk) as connector:
        with pytest.raises(TryLater):
            await connector.poll("50|0|0", 0)
    assert len(vk.asked) == 3


def history(vk: VkServer, *messages: Any) -> None:
    """The conversation as messages.getConversations and messages.getHistory show it, the newest first."""
    newest = list(reversed(messages))
    conversation = {"conversation": {"peer": {"id": USER, "type": "user"}}, "last_message": newest[0]}
    chat = {"conversation": {}, "last_message": {**newest[0], "peer_id": 2000000001, "text": "в беседе"}}
    vk.answer("messages.getConversations", {"count": 2, "items": [conversation, chat]})

    def page(values: Any) -> Any:
        begin, count = int(values["offset"]), int(values["count"])
        assert (int(values["peer_id"]), int(values["group_id"])) == (USER, GROUP)
        return {"count": len(newest), "items": newest[begin : begin + count]}

    vk.answer("messages.getHistory", page)


@pytest.mark.parametrize(
    ("failed", "ts_after"), [({"failed": 1, "ts": 60}, "60"), ({"failed": 3}, "100"), ({"failed": 4}, "100")]
)
async def test_a_gap_is_filled_from_history_and_told(vk: VkServer, failed: Any, ts_after: str) -> None:
    vk.polls = [failed, {"ts": "61", "updates": [new(9, "после")]}]
    history(
        vk,
        message(1, "известно"),
        message(2, "пропущено"),
        message(3, "ответ", out=1, from_id=-GROUP),
        message(4, "и это"),
    )
    async with connected(vk) as connector:
        polled = await connector.poll("50|7001|1790000001", 0)
        after = await connector.poll(polled.cursor, 0)
    assert texts(polled.updates) == ["известно", "пропущено", "и это"]
    assert polled.cursor.startswith(f"{ts_after}|7004|")
    notices = [one.item for one in parse(polled.updates[0])]
    assert [(type(one), one.about, one.alarming) for one in notices] == [(Notice, "gap", True)]
    assert vk.asked[-1]["ts"] == ts_after
    assert texts(after.updates) == ["после"]


async def test_what_was_refilled_has_the_key_of_its_event(vk: VkServer) -> None:
    vk.polls = [{"failed": 3}]
    history(vk, message(1, "раз"), message(2, "два"))
    async with connected(vk) as connector:
        polled = await connector.poll("50|0|1790000000", 0)
    refilled = [one.key for update in polled.updates[1:] for one in parse(update)]
    assert refilled == [one.key for number, text in ((1, "раз"), (2, "два")) for one in parse(new(number, text))]


async def test_two_gaps_are_two_notices(vk: VkServer) -> None:
    vk.polls = [{"failed": 3}, {"failed": 3}]
    vk.answer("messages.getConversations", {"count": 0, "items": []})
    vk.answers["groups.getLongPollServer"] = []
    vk.answer(
        "groups.getLongPollServer", *({"key": "k", "server": f"{vk.url}/poll", "ts": ts} for ts in ("1", "2", "3"))
    )
    async with connected(vk) as connector:
        first = await connector.poll(None, 0)
        second = await connector.poll(first.cursor, 0)
    keys = [one.key for batch in (first, second) for one in parse(batch.updates[0])]
    assert len(set(keys)) == 2


async def test_long_ago_nothing_is_read_twice_whose_key_is_forgotten(vk: VkServer) -> None:
    # A day after, the dedupe memory no longer knows what was stored: only what is certainly new may come.
    vk.now = 1790300600
    vk.polls = [{"failed": 3}]
    late = message(3, "пришло позже, чем написано", date=1790000000)
    history(vk, message(1, "давно известно"), message(2, "новое", date=1790300000), late)
    async with connected(vk) as connector:
        polled = await connector.poll("50|7001|1790000002", 0)
    assert sorted(texts(polled.updates)) == ["новое", "пришло позже, чем написано"]


async def test_history_longer_than_a_page_is_read_whole(vk: VkServer) -> None:
    vk.polls = [{"failed": 1, "ts": 60}]
    history(vk, *(message(number, str(number)) for number in range(1, 451)))
    async with connected(vk) as connector:
        polled = await connector.poll("50|7001|1790000001", 0)
    assert texts(polled.updates) == [str(number) for number in range(1, 451)]
    assert [values["offset"] for name, values in vk.calls if name == "messages.getHistory"] == ["0", "200", "400"]


async def test_what_could_not_be_delivered_is_read_from_history_with_the_keys_of_its_events(vk: VkServer) -> None:
    history(vk, message(1, "раз"), message(2, "два"), message(3, "наше", out=1, from_id=-GROUP, random_id=7))
    async with connected(vk, mode="webhook") as connector:
        assert isinstance(connector, Backfilling)
        begun = await connector.backfill(None)
        assert (begun.updates, vk.calls) == ((), []), "what was before the first start is not ours"
        polled = await connector.backfill("|0|1790000000")
    keys = [one.key for update in polled.updates for one in parse(update)]
    assert texts(polled.updates) == ["раз", "два"]
    assert keys[:2] == [one.key for number, text in ((1, "раз"), (2, "два")) for one in parse(new(number, text))]
    assert Cursor.read(polled.cursor or "").mark.message == 7003
    assert not polled.again


async def test_history_that_is_not_read_whole_is_told(vk: VkServer) -> None:
    history(vk, *(message(number, str(number)) for number in range(1, 2202)))
    async with connected(vk, mode="webhook") as connector:
        polled = await connector.backfill("|0|1790000000")
    [told] = parse(polled.updates[0])
    assert isinstance(told.item, Notice)
    assert (told.item.about, told.item.alarming, len(polled.updates)) == ("gap", True, 2001)


async def test_a_backfill_that_fails_keeps_its_place_and_a_cursor_serves_either_mode(vk: VkServer) -> None:
    vk.answer("messages.getConversations", Refusal(10))
    vk.polls = [{"ts": "101", "updates": [new(1, "раз")]}]
    async with connected(vk, mode="webhook") as serving, connected(vk) as polling:
        with pytest.raises(TryLater):
            await serving.backfill("50|7001|1790000001")
        polled = await polling.poll("|7001|1790000001", 0)
    assert (texts(polled.updates), vk.asked[0]["ts"]) == (["раз"], "100")


async def test_while_history_cannot_be_read_the_cursor_does_not_move(vk: VkServer) -> None:
    vk.polls = [{"failed": 1, "ts": 60}]
    vk.answer("messages.getConversations", Refusal(10))
    async with connected(vk) as connector:
        with pytest.raises(TryLater):
            await connector.poll("50|7001|1790000001", 0)


@pytest.mark.parametrize("answer", [{}, {"ts": "5"}, {"updates": "no"}, {"ts": None, "updates": []}])
async def test_an_answer_that_is_none_moves_nothing_silently(vk: VkServer, answer: Any) -> None:
    vk.polls = [answer]
    async with connected(vk) as connector:
        try:
            polled = await connector.poll("50|0|0", 0)
        except TryLater:
            return
    assert [one.item.about for one in parse(polled.updates[0])] == ["gap"]


async def test_the_long_poll_key_stands_in_no_error(vk: VkServer) -> None:
    vk.polls = []
    vk.answers["groups.getLongPollServer"] = [{"key": "secretkey", "server": "http://127.0.0.1:9/poll", "ts": "1"}]
    async with connected(vk) as connector:
        with pytest.raises(TryLater) as caught:
            await connector.poll(None, 0)
    assert "secretkey" not in str(caught.value)


# ── what is looked up ─────────────────────────────────────────────────────────────────────────────────


async def test_who_writes_is_asked_for_once_for_many(vk: VkServer) -> None:
    other = {"id": 7, "first_name": "Пётр", "last_name": "К", "screen_name": "petr"}
    vk.answers["users.get"] = [[MARIA, other]]
    vk.polls = [
        {"ts": "101", "updates": [new(1, "раз"), new(2, "два", peer_id=7, from_id=7)]},
        {"ts": "102", "updates": [new(3, "три")]},
    ]
    async with connected(vk) as connector:
        first = await connector.poll(None, 0)
        second = await connector.poll(first.cursor, 0)
        profile = await connector.profile(ContactId("7"))
    items = [one.item for update in (*first.updates, *second.updates) for one in parse(update)]
    assert [one.profile.name for one in items] == ["Мария Соколова", "Пётр К", "Мария Соколова"]
    assert (profile.name, profile.link) == ("Пётр К", "https://vk.com/petr")
    assert vk.methods().count("users.get") == 1
    assert set(vk.last("users.get")["user_ids"].split(",")) == {str(USER), "7"}


@pytest.mark.parametrize(
    "answer", [Refusal(10), Refusal(5), web.Response(status=502), [], "nonsense", [{"id": "7"}, 5]]
)
async def test_a_profile_that_cannot_be_had_loses_nothing(vk: VkServer, answer: Any) -> None:
    vk.answers["users.get"] = [answer]
    vk.polls = [{"ts": "101", "updates": [new(1, "раз")]}, {"ts": "102", "updates": [new(2, "два")]}]
    async with connected(vk) as connector:
        first = await connector.poll(None, 0)
        second = await connector.poll(first.cursor, 0)
    assert texts([*first.updates, *second.updates]) == ["раз", "два"]


async def test_a_shortened_message_is_read_again(vk: VkServer) -> None:
    vk.answer("messages.getByConversationMessageId", {"count": 1, "items": [message(1, "весь длинный текст")]})
    vk.polls = [{"ts": "101", "updates": [new(1, "весь дли", is_cropped=True)]}]
    async with connected(vk) as connector:
        polled = await connector.poll(None, 0)
    (item,) = (one.item for update in polled.updates for one in parse(update))
    assert (item.message.text, item.message.attachments) == ("весь длинный текст", ())
    assert vk.last("messages.getByConversationMessageId") == {"peer_id": str(USER), "conversation_message_ids": "1"}


@pytest.mark.parametrize("answer", [Refusal(10), Refusal(15), {"items": []}])
async def test_one_that_cannot_be_read_again_comes_as_it_is_and_marked(vk: VkServer, answer: Any) -> None:
    vk.answer("messages.getByConversationMessageId", answer)
    vk.polls = [{"ts": "101", "updates": [new(1, "весь дли", is_cropped=True)]}]
    async with connected(vk) as connector:
        polled = await connector.poll(None, 0)
    (item,) = (one.item for update in polled.updates for one in parse(update))
    assert (item.message.text, [one.of for one in item.message.attachments]) == ("весь дли", ["cropped"])


# ── Callback API ──────────────────────────────────────────────────────────────────────────────────────


async def registered_secret(vk: VkServer) -> str:
    """The secret that VK is told."""
    vk.answers["groups.getCallbackServers"] = [{"count": 0, "items": []}]
    vk.answers["groups.addCallbackServer"] = [{"server_id": 3}]
    vk.answers["groups.getCallbackSettings"] = [{"api_version": "5.199", "events": {}}]
    async with connected(vk, mode="webhook") as connector:
        await connector.register(ADDRESS)
    secret: str = vk.last("groups.addCallbackServer")["secret_key"]
    return secret


def call(body: object) -> Call:
    return Call("POST", {}, {}, json.dumps(body).encode())


async def test_an_event_with_the_secret_is_read_and_answered_with_a_bare_ok(vk: VkServer) -> None:
    secret = await registered_secret(vk)
    async with connected(vk, mode="webhook") as connector:
        served = await connector.serve(call({**new(1, "раз"), "secret": secret}))
    assert (served.status, served.body) == (200, "ok")
    assert [one.item.profile.name for one in served.items] == ["Мария Соколова"]
    assert secret not in json.dumps(to_builtins(served.items))


async def test_another_communitys_event_is_refused_even_with_the_secret(vk: VkServer) -> None:
    secret = await registered_secret(vk)
    async with connected(vk, mode="webhook") as connector:
        for group in (GROUP + 1, str(GROUP + 1), None, [GROUP]):
            served = await connector.serve(call({**new(1, "раз"), "secret": secret, "group_id": group}))
            assert (served.status, served.items) == (403, ())


async def test_a_confirmation_is_answered_with_vks_own_string_and_to_nobody_else(vk: VkServer) -> None:
    secret = await registered_secret(vk)
    vk.answer("groups.getCallbackConfirmationCode", {"code": "1f2e3d"}, {"code": "4c5b6a"})
    asked = {"type": "confirmation", "group_id": GROUP}
    async with connected(vk, mode="webhook") as connector:
        assert (await connector.serve(call(asked))).status == 403
        first = await connector.serve(call({**asked, "secret": secret}))
        again = await connector.serve(call({**asked, "secret": secret}))
    assert [(one.status, one.body, one.items) for one in (first, again)] == [(200, "1f2e3d", ()), (200, "4c5b6a", ())]


@pytest.mark.parametrize("answer", [Refusal(10), Refusal(5), {}, {"code": 5}])
async def test_a_confirmation_that_is_not_to_be_had_is_asked_for_again(vk: VkServer, answer: Any) -> None:
    secret = await registered_secret(vk)
    vk.answer("groups.getCallbackConfirmationCode", answer)
    async with connected(vk, mode="webhook") as connector:
        served = await connector.serve(call({"type": "confirmation", "group_id": GROUP, "secret": secret}))
    assert served.status == 503


async def test_while_vk_does_not_answer_us_its_events_are_stored_without_a_name(vk: VkServer) -> None:
    secret = await registered_secret(vk)
    vk.hang.add("users.get")
    async with connected(vk, mode="webhook") as connector:
        served = await connector.serve(call({**new(1, "раз"), "secret": secret}))
        assert vk.held.is_set()
        assert not vk.release.is_set()
    assert [(one.item.message.text, one.item.profile) for one in served.items] == [("раз", None)]


@pytest.mark.parametrize("seed", range(10))
async def test_whatever_is_delivered_with_the_secret_is_answered(vk: VkServer, seed: int) -> None:
    secret = await registered_secret(vk)
    vk.answer("groups.getCallbackConfirmationCode", {"code": "1f2e3d"})
    chance = random.Random(seed)
    async with connected(vk, mode="webhook", calls_per_second=1000) as connector:
        for path in BODIES:
            for update in unpack(path.read_bytes()):
                body = mutated(update, chance)
                served = await connector.serve(call({**body, "secret": secret} if isinstance(body, dict) else body))
                assert served.status in {200, 400, 403}
                assert served.items or served.status != 200 or served.body == "1f2e3d"


@pytest.mark.parametrize("seed", range(10))
async def test_whatever_a_long_poll_hands_out_is_passed_on(vk: VkServer, seed: int) -> None:
    chance = random.Random(seed)
    updates = [mutated(update, chance) for path in BODIES for update in unpack(path.read_bytes())]
    vk.polls = [{"ts": "101", "updates": updates}]
    async with connected(vk, calls_per_second=1000) as connector:
        polled = await connector.poll(None, 0)
    assert len(polled.updates) == len(updates)
    assert all(parse(one) for one in polled.updates)


# ── setting up ────────────────────────────────────────────────────────────────────────────────────────

ON = dict.fromkeys(
    ("message_new", "message_reply", "message_edit", "message_allow", "message_deny", "message_event"), 1
)


async def test_long_poll_is_switched_on_once(vk: VkServer) -> None:
    vk.answer(
        "groups.getLongPollSettings", {"is_enabled": False, "api_version": "5.80", "events": {**ON, "message_new": 0}}
    )
    vk.answer("groups.setLongPollSettings", 1)
    vk.answer("groups.getCallbackServers", {"count": 0, "items": []})
    async with connected(vk) as connector:
        assert "switched off" in (await connector.registration(None)).drift
        await connector.register(None)
        asked = vk.last("groups.setLongPollSettings")
        vk.answers["groups.getLongPollSettings"] = [{"is_enabled": True, "api_version": "5.199", "events": ON}]
        before = len(vk.calls)
        await connector.register(None)
        assert (await connector.registration(None)).drift is None
    assert (asked["enabled"], asked["api_version"], asked["message_new"], asked["message_reply"]) == (
        "1",
        "5.199",
        "1",
        "1",
    )
    assert "groups.setLongPollSettings" not in [method for method, _ in vk.calls[before:]]


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"is_enabled": True, "api_version": "5.199", "events": {**ON, "message_new": 0}}, "message_new"),
        ({"is_enabled": True, "api_version": "5.81", "events": ON}, "version 5.81"),
        ({"is_enabled": True, "events": ON}, "version unknown"),
    ],
)
async def test_what_is_wrong_with_long_poll_is_said(vk: VkServer, settings: Any, word: str) -> None:
    vk.answer("groups.getLongPollSettings", settings)
    vk.answer("groups.getCallbackServers", {"count": 0, "items": []})
    async with connected(vk) as connector:
        assert word in ((await connector.registration(None)).drift or "")


async def test_a_callback_server_of_ours_is_taken_away_by_polling_and_a_strangers_stays(vk: VkServer) -> None:
    secret = await registered_secret(vk)
    ours = {"id": 3, "url": ADDRESS, "secret_key": secret, "status": "ok", "title": "Open Lines"}
    theirs = {"id": 4, "url": "https://crm.example.net/vk", "secret_key": "theirs", "status": "ok", "title": "CRM"}
    vk.answers["groups.getCallbackServers"] = [{"count": 2, "items": [ours, theirs]}]
    vk.answer("groups.getLongPollSettings", {"is_enabled": True, "api_version": "5.199", "events": ON})
    vk.answer("groups.deleteCallbackServer", 1)
    async with connected(vk) as connector:
        assert "left" in (await connector.registration(None)).drift
        await connector.register(None)
    assert [values["server_id"] for name, values in vk.calls if name == "groups.deleteCallbackServer"] == ["3"]


async def test_long_poll_needs_no_right_to_see_the_callback_servers(vk: VkServer) -> None:
    vk.answer("groups.getLongPollSettings", {"is_enabled": True, "api_version": "5.199", "events": ON})
    vk.answer("groups.getCallbackServers", Refusal(15))
    async with connected(vk) as connector:
        await connector.register(None)
        assert (await connector.registration(None)).drift is None


async def test_a_batch_of_many_photos_is_not_too_much(vk: VkServer) -> None:
    # Larger than HttpClient takes for an answer by itself: it would be asked for again and again.
    vk.polls = [{"ts": "101", "updates": [new(number, "ж" * 60_000) for number in range(60)]}]
    async with connected(vk) as connector:
        assert len((await connector.poll(None, 0)).updates) == 60


async def test_our_callback_server_is_added_and_told_what_we_read(vk: VkServer) -> None:
    vk.answer("groups.getCallbackServers", {"count": 0, "items": []})
    vk.answer("groups.addCallbackServer", {"server_id": 3})
    vk.answer("groups.getCallbackSettings", {"api_version": "5.199", "events": {**ON, "message_event": 0}})
    vk.answer("groups.setCallbackSettings", 1)
    async with connected(vk, mode="webhook") as connector:
        assert "will add" in (await connector.registration(ADDRESS)).drift
        await connector.register(ADDRESS)
    added = vk.last("groups.addCallbackServer")
    assert (added["url"], added["group_id"]) == (ADDRESS, str(GROUP))
    assert len(added["title"]) <= 14
    assert len(added["secret_key"]) <= 50
    assert added["secret_key"].isalnum()
    assert TOKEN not in added["secret_key"]
    assert (
        vk.last("groups.setCallbackSettings")["server_id"],
        vk.last("groups.setCallbackSettings")["message_event"],
    ) == ("3", "1")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"url": "https://old.example.com/hooks/vk/shop?token=x"}, "old.example.com, not to our address"),
        ({"secret_key": "another"}, "another secret"),
        ({"status": "failed"}, "status failed"),
    ],
)
async def test_a_callback_server_that_drifted_is_told_and_mended_in_place(
    vk: VkServer, changes: Any, word: str
) -> None:
    secret = await registered_secret(vk)
    server = {"id": 3, "url": ADDRESS, "secret_key": secret, "status": "ok", **changes}
    vk.answers["groups.getCallbackServers"] = [{"count": 1, "items": [server]}]
    vk.answers["groups.getCallbackSettings"] = [{"api_version": "5.199", "events": ON}]
    vk.answer("groups.editCallbackServer", 1)
    vk.calls.clear()
    async with connected(vk, mode="webhook") as connector:
        drift = (await connector.registration(ADDRESS)).drift
        await connector.register(ADDRESS)
    assert word in drift
    assert "token=x" not in drift
    edited = vk.last("groups.editCallbackServer")
    assert (edited["server_id"], edited["url"], edited["secret_key"]) == ("3", ADDRESS, secret)
    assert "groups.addCallbackServer" not in vk.methods()


async def test_one_that_is_right_is_not_touched(vk: VkServer) -> None:
    secret = await registered_secret(vk)
    vk.answers["groups.getCallbackServers"] = [
        {"count": 1, "items": [{"id": 3, "url": ADDRESS, "secret_key": secret, "status": "ok"}]}
    ]
    vk.answers["groups.getCallbackSettings"] = [{"api_version": "5.199", "events": ON}]
    vk.calls.clear()
    async with connected(vk, mode="webhook") as connector:
        assert (await connector.registration(ADDRESS)).drift is None
        await connector.register(ADDRESS)
    assert set(vk.methods()) == {"groups.getCallbackServers", "groups.getCallbackSettings"}


async def test_webhook_mode_without_an_address_and_an_eleventh_server_are_told(vk: VkServer) -> None:
    vk.answer("groups.getCallbackServers", {"count": 0, "items": []})
    vk.answer("groups.addCallbackServer", Refusal(2000))
    async with connected(vk, mode="webhook") as connector:
        with pytest.raises(SettingsError, match="public_url"):
            await connector.register(None)
        with pytest.raises(Refused, match="10 callback servers"):
            await connector.register(ADDRESS)


async def test_the_secret_is_the_accounts_and_the_keys_own(vk: VkServer) -> None:
    first = await registered_secret(vk)
    assert first == await registered_secret(vk)
    vk.answers["groups.getCallbackServers"] = [{"count": 0, "items": []}]
    served = []
    async with connected(vk, mode="webhook", token=TOKEN) as connector:
        served.append(await connector.serve(call({**new(1), "secret": first})))
    async with connected(vk, mode="webhook", token=f"{TOKEN}x") as connector:
        served.append(await connector.serve(call({**event("group_join", {}), "secret": first})))
    assert [one.status for one in served] == [200, 403]


async def test_whoami_is_the_communitys_name_and_a_key_of_another_one_is_told(vk: VkServer) -> None:
    vk.answer("groups.getById", {"groups": [{"id": GROUP, "name": "Ромашка", "screen_name": "romashka"}]}, [{"id": 5}])
    async with connected(vk) as connector:
        assert await connector.whoami() == "Ромашка (vk.com/romashka)"
        with pytest.raises(Unauthorized, match="do not belong together"):
            await connector.whoami()


async def test_the_loop_goes_on_while_vk_hangs(vk: VkServer) -> None:
    # Two calls at once, the first held until the second has been answered: no lock and no thread stands between them.
    vk.hang.add("users.get")
    vk.answer("groups.getById", {"groups": [{"id": GROUP, "name": "Ромашка"}]})
    async with connected(vk) as connector:
        first = asyncio.create_task(connector.profile(ContactId(str(USER))))
        await vk.held.wait()
        assert await connector.whoami() == f"Ромашка (vk.com/club{GROUP})"
        assert not first.done()
        vk.release.set()
        assert (await first).name == "Мария Соколова"
