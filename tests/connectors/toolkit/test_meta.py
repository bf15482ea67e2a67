"""Meta's apps: one address and one secret for several accounts; strangers store nothing, 200 means all is stored."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from io import BytesIO
from random import Random
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from gateway.connectors.contract import Routed
from gateway.connectors.runtime.apps import App
from gateway.connectors.runtime.context import AccountContext
from gateway.connectors.runtime.webhook_server import WebhookServer, app_address
from gateway.connectors.toolkit import meta
from gateway.connectors.toolkit.vendor_json import unpack
from gateway.files import Files
from gateway.model.codec import decode
from gateway.model.commands import Entry, Inbound, Notice, Receive
from gateway.model.ids import AccountId, ContactId, DeskId, NativeId
from gateway.model.messages import Message
from gateway.streams.connection import Store, connect
from gateway.streams.intake import Intake, Offer, OfferResult
from gateway.streams.keys import Keys

RedisServer = Told = Any
"""conftest's; test modules cannot import it."""
SECRET, VERIFY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "a-token-of-the-tests"
OTHER = "f0e1d2c3b4a5968778695a4b3c2d1e0f"
QUOTED = {"text": "Цена 100 € / шт. 😀"}


# ── bodies as Meta writes them ────────────────────────────────────────────────────────────────────────


def written(body: object) -> bytes:
    """Meta escapes what is not ASCII, and slashes."""
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def change(number: str, *words: str) -> dict[str, Any]:
    messages = [{"id": f"wamid.{one}", "from": "79990001122", "text": {"body": one}} for one in words]
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": number}, "messages": messages}
    return {"field": "messages", "value": value}


def of_whatsapp(*changes: object, waba: str = "500") -> dict[str, Any]:
    return {"object": "whatsapp_business_account", "entry": [{"id": waba, "changes": list(changes)}]}


# ── accounts that come through an app ─────────────────────────────────────────────────────────────────


class Numbered:
    """An account as the app sees it; a message that says "broken" cannot be read."""

    channel = "numbered"
    app = "shop"

    def __init__(self, able: Any, *addresses: str) -> None:
        self.capabilities = able
        self.addresses = addresses
        self.gathered = asyncio.Barrier(3)
        """Three parts that say "together" wait for each other here."""

    async def read(self, update: dict[str, Any]) -> Sequence[Inbound]:
        found = []
        for part in update["entry"][0]["changes"]:
            for one in part["value"].get("messages", ()):
                text = one["text"]["body"]
                if text == "broken":
                    raise KeyError(text)
                if text == "slow":
                    await asyncio.sleep(30)
                if text == "together":
                    await self.gathered.wait()
                words = Message(native=NativeId(one["id"]), text=text)
                found.append(Inbound(one["id"], Receive(ContactId(one["from"]), words)))
            found += [Inbound(part["field"], Notice(part["field"]))] if part["field"] != "messages" else []
        return found

    async def close(self) -> None: ...


class Counting(Intake):
    """Counts the calls that store."""

    calls = 0

    async def offer(self, offers: Sequence[Offer]) -> list[OfferResult]:
        self.calls += 1
        return await super().offer(offers)


class Shop:
    """An app, and two numbers and a profile of one desk that come through it."""

    def __init__(self, store: Store, files: Files, able: Any) -> None:
        self.store, self.intake = store, Counting(store)
        self.app = App("shop", SecretStr(SECRET), SecretStr(VERIFY))
        self.server = WebhookServer("127.0.0.1", 0)
        self.url = ""
        self.contexts = {
            name: self._context(name, files, Numbered(able, *addresses))
            for name, addresses in {
                "one": ("whatsapp:101", "whatsapp:account:500"),
                "two": ("whatsapp:102", "whatsapp:account:500"),
            }.items()
        }

    def _context(self, name: str, files: Files, connector: Any) -> AccountContext:
        assert isinstance(connector, Routed)
        return AccountContext(
            self.store,
            self.intake,
            connector,  # type: ignore[arg-type] - it never sends
            channel=SimpleNamespace(),  # type: ignore[arg-type]
            account=AccountId(name),
            inbox=self.store.keys.inbox(name),  # type: ignore[arg-type] - each with a line of its own
            raw=False,
            files=files,
        )

    async def start(self) -> None:
        self.server.add_app(self.app)
        for one in self.contexts.values():
            self.server.add(one)
        self.url = app_address(f"http://127.0.0.1:{await self.server.start()}", "shop")

    async def post(self, body: object, headers: Mapping[str, str] | None = None) -> int:
        raw = body if isinstance(body, bytes) else written(body)
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.url, data=BytesIO(raw), headers=signed(raw) if headers is None else headers) as answer,
        ):
            await answer.read()
            return answer.status

    async def stored(self, name: str) -> list[str]:
        found = await self.store.redis.xrange(self.contexts[name].inbox)
        commands = [decode(fields[b"p"], Entry).command for _, fields in found]
        return [one.message.text if isinstance(one, Receive) else one.about for one in commands]  # type: ignore[union-attr]


@asynccontextmanager
async def opened(store: Store, files: Files, able: Any) -> AsyncIterator[Shop]:
    shop = Shop(store, files, able)
    await shop.start()
    yield shop
    await shop.server.stop()
    await shop.intake.close()


@pytest.fixture
async def shop(store: Store, files: Files, told: Told) -> AsyncIterator[Shop]:
    async with opened(store, files, told.ABLE) as made:
        yield made


# ── who sends ─────────────────────────────────────────────────────────────────────────────────────────


def altered(value: str, chance: Random) -> str:
    place = chance.randrange(len("sha256="), len(value))
    return (
        value[:place] + chance.choice([one for one in "0123456789abcdef" if one != value[place]]) + value[place + 1 :]
    )


def forgeries(body: bytes, genuine: str) -> Iterator[tuple[str | None, bytes]]:
    """A thousand ways to be nearly right: the header, and the body it comes with."""
    chance = Random(256)
    digest = genuine.removeprefix("sha256=")
    sha1 = hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
    other = signed(body, OTHER)["X-Hub-Signature-256"]
    again = json.loads(body)
    for header in (
        None,
        "",
        " ",
        "sha256",
        "sha256=",
        digest,
        sha1,
        f"sha1={sha1}",
        f"sha256={sha1}",
        f"sha1={digest}",
        other,
        f"SHA256={digest}",
        f"Sha256={digest}",
        f"sha256={digest.upper()}",
        f"sha256={digest.capitalize()}x",
        f"sha256 ={digest}",
        f"sha256= {digest}",
        f"sha256={digest},sha256={digest}",
        f"{genuine};",
        f"'{genuine}'",
        f"sha512={digest}",
        f"sha256={hashlib.sha256(body).hexdigest()}",
        f"sha256={hashlib.sha256(SECRET.encode() + body).hexdigest()}",
        "sha256=подпись",
        "sha256=" + "é" * 64,
        "sha256=" + digest.replace("a", "а"),
        "\udcff" * 71,
    ):
        yield header, body
    for changed in (
        json.dumps(again).encode(),
        json.dumps(again, ensure_ascii=False, separators=(",", ":")).encode(),
        json.dumps(again, separators=(",", ":")).encode(),
        json.dumps(again, sort_keys=True).encode(),
        body + b"\n",
        b" " + body,
        body.replace(b"\\u", b"\\U"),
        body[:-1],
        b"",
    ):
        yield genuine, changed
    for secret in ("", SECRET.upper(), SECRET[:-1], SECRET + " ", VERIFY):
        yield signed(body, secret)["X-Hub-Signature-256"], body
    for length in range(len(genuine)):
        yield genuine[:length], body
    for _ in range(700):
        yield altered(genuine, chance), body
    while True:
        place = chance.randrange(len(body))
        yield genuine, body[:place] + bytes([body[place] ^ 1 << chance.randrange(8)]) + body[place + 1 :]


def thousand() -> list[tuple[str | None, bytes]]:
    body = written(of_whatsapp(change("101", QUOTED["text"])))
    genuine = signed(body)["X-Hub-Signature-256"]
    found: dict[tuple[str | None, bytes], None] = {}
    for one in forgeries(body, genuine):
        if one != (genuine, body):
            found[one] = None
        if len(found) == 1000:
            return list(found)
    raise AssertionError("not reached")


def test_of_a_thousand_signatures_none_is_accepted() -> None:
    body = written(of_whatsapp(change("101", QUOTED["text"])))
    assert meta.is_genuine(SECRET, signed(body)["X-Hub-Signature-256"], body)
    assert [one for one in thousand() if meta.is_genuine(SECRET, *one)] == []


async def test_of_strangers_nothing_is_stored_or_even_read(shop: Shop) -> None:
    body = written(of_whatsapp(change("101", QUOTED["text"])))
    sendable = [one for one in thousand() if one[0] is None or one[0].isprintable()]
    for header, sent in [*sendable[:48], *sendable[-12:], (None, b"not even JSON")]:
        headers = {} if header is None else {"X-Hub-Signature-256": header}
        assert await shop.post(sent, headers) == 403
    sha1 = "sha1=" + hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
    assert await shop.post(body, {"X-Hub-Signature": sha1}) == 403
    assert await shop.stored("one") == []
    assert shop.intake.calls == 0
    assert await shop.post(body) == 200
    assert await shop.stored("one") == [QUOTED["text"]]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "1158201444"}, 200),
        ({"hub.mode": "subscribe", "hub.verify_token": VERIFY}, 403),
        ({"hub.mode": "unsubscribe", "hub.verify_token": VERIFY, "hub.challenge": "1"}, 403),
        ({"hub.verify_token": VERIFY, "hub.challenge": "1"}, 403),
        ({"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}, 403),
        ({"hub.mode": "subscribe", "hub.verify_token": "слово", "hub.challenge": "1"}, 403),
        ({"hub.mode": "subscribe", "hub.verify_token": VERIFY.upper(), "hub.challenge": "1"}, 403),
        ({}, 403),
    ],
)
async def test_the_address_is_verified_with_the_bare_challenge(shop: Shop, query: dict[str, str], status: int) -> None:
    async with aiohttp.ClientSession() as session, session.get(shop.url, params=query) as answer:
        assert (answer.status, await answer.text()) == (status, query.get("hub.challenge") if status == 200 else "")
        assert answer.content_type in {"text/plain", "application/octet-stream"}


# ── whose it is ───────────────────────────────────────────────────────────────────────────────────────


def test_a_body_is_split_by_address_in_its_order() -> None:
    status = {"field": "message_template_status_update", "value": {"event": "APPROVED"}}
    body = of_whatsapp(change("101", "a", "b"), change("102", "c"), status, change("101", "d"))
    body["entry"].append({"id": "501", "changes": [change("103", "e")]})
    found = meta.split(body)
    assert [one.address for one in found] == [
        "whatsapp:101", "whatsapp:102", "whatsapp:account:500", "whatsapp:101", "whatsapp:103",
    ]  # fmt: skip
    assert found[0].update == of_whatsapp(change("101", "a", "b"))
    assert found[4].update == of_whatsapp(change("103", "e"), waba="501")
    events: dict[str, Any] = {
        "object": "instagram",
        "entry": [{"id": "17", "messaging": [{}]}, {"id": 18, "changes": []}],
    }
    assert [(one.address, one.update["entry"]) for one in meta.split(events)] == [
        ("instagram:17", [events["entry"][0]]), ("instagram:18", [events["entry"][1]]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ({}, 1),
        ({"object": "page", "entry": [{"id": "1"}]}, 1),
        ({"object": ["instagram"], "entry": []}, 1),
        ({"object": "whatsapp_business_account"}, 0),
        ({"object": "whatsapp_business_account", "entry": []}, 0),
        ({"object": "whatsapp_business_account", "entry": {"id": "1"}}, 1),
        ({"object": "whatsapp_business_account", "entry": [None, 7, "x", {}, {"changes": {}}]}, 5),
        ({"object": "whatsapp_business_account", "entry": [{"changes": [None, {}, {"value": []}]}]}, 3),
        ({"object": "whatsapp_business_account", "entry": [{"changes": [{"value": {"metadata": 1}}]}]}, 1),
        ({"object": "instagram", "entry": [None, [], {"id": None}, {"id": True}, {"id": ""}]}, 5),
    ],
)
async def test_what_is_of_no_known_shape_is_nobodys_and_told(shop: Shop, body: object, parts: int) -> None:
    (update,) = unpack(written(body))
    assert [one.address for one in meta.split(update)] == [meta.NOBODY] * parts
    assert await shop.post(body) == 200
    assert shop.app.counts["nobody's"] == parts


async def test_a_batch_over_two_accounts_is_stored_by_one_call(shop: Shop) -> None:
    status = {"field": "account_update", "value": {}}
    body = of_whatsapp(change("101", "a", "b"), change("102", "c"), change("999", "lost"), status)
    assert await shop.post(body) == 200
    assert shop.intake.calls == 1
    assert await shop.stored("one") == ["a", "b", "account_update"]
    assert await shop.stored("two") == ["c"]
    assert shop.app.counts == {"stored": 1, "nobody's": 1}
    assert await shop.post(body) == 200
    assert [len(await shop.stored(name)) for name in ("one", "two")] == [3, 1]
    assert shop.contexts["one"].counts == {"stored": 3, "repeated": 3}


async def test_what_the_parts_of_a_batch_wait_for_does_not_add_up_and_their_order_stays(shop: Shop) -> None:
    parts = [change("101", "together", "a"), change("101", "together", "b"), change("101", "together", "c")]
    assert await shop.post(of_whatsapp(*parts)) == 200
    assert [one for one in await shop.stored("one") if one != "together"] == ["a", "b", "c"]


async def test_one_part_that_cannot_be_read_is_an_alarm_and_loses_no_other(shop: Shop) -> None:
    assert await shop.post(of_whatsapp(change("101", "broken"), change("101", "a"), change("102", "b"))) == 200
    assert await shop.stored("one") == ["unreadable", "a"]
    assert await shop.stored("two") == ["b"]


async def test_of_a_batch_that_is_not_stored_as_a_whole_meta_hears_503(shop: Shop) -> None:
    body = of_whatsapp(change("101", "a"), change("102", "b"))
    await shop.store.note([("SET", shop.contexts["two"].inbox, "no stream")])
    assert await shop.post(body) == 503
    await shop.store.note([("DEL", shop.contexts["two"].inbox)])
    assert await shop.post(body) == 200
    assert [await shop.stored(name) for name in ("one", "two")] == [["a"], ["b"]]


async def test_meta_does_not_wait_for_an_account_that_does_not_answer(shop: Shop) -> None:
    assert await shop.post(of_whatsapp(change("101", "slow"), change("102", "b"))) == 503
    assert shop.app.counts == {"not stored": 1}


async def test_while_redis_is_down_meta_hears_503_in_time_and_its_repeat_lands(
    own_redis: RedisServer, files: Files, told: Told
) -> None:
    store = connect(own_redis.url, Keys("own", DeskId("main")))
    async with opened(store, files, told.ABLE) as shop:
        body = of_whatsapp(change("101", "a"), change("102", "b"))
        own_redis.kill()
        began = time.monotonic()
        assert set(await asyncio.gather(*(shop.post(body) for _ in range(5)))) == {503}
        assert time.monotonic() - began < 2.5  # 1.5 s, and one for a busy machine
        own_redis.start()

        async def lands() -> bool:
            return await shop.post(body) == 200

        await told.until(lands)
        assert [await shop.stored(name) for name in ("one", "two")] == [["a"], ["b"]]
    await store.close()


async def test_metas_bodies_may_be_larger_than_others_and_are_bounded(shop: Shop) -> None:
    large = of_whatsapp(change("101", "a" * 1_200_000), change("102", "b"))
    assert await shop.post(large) == 200
    assert await shop.stored("two") == ["b"]
    assert await shop.post(b" " * (meta.BODY_LIMIT + 1)) == 413


async def test_before_all_accounts_are_there_meta_is_asked_to_come_again(
    store: Store, files: Files, told: Told
) -> None:
    shop = Shop(store, files, told.ABLE)
    shop.server = WebhookServer("127.0.0.1", 0, is_starting=True)
    await shop.start()
    body = of_whatsapp(change("101", "a"))
    assert await shop.post(body) == 503
    shop.server.complete()
    assert await shop.post(body) == 200
    await shop.server.remove(shop.contexts["one"])
    assert await shop.post(body) == 200
    assert shop.app.counts["nobody's"] == 1
    shop.url = shop.url.replace("/shop", "/other")
    assert await shop.post(body) == 404
    await shop.server.stop()
    await shop.intake.close()


@pytest.mark.parametrize("body", [b"", b"{", b"17", b'"text"', b"null", b"[1]", b"\xff\xfe", b"[" * 5000])
async def test_a_signed_body_that_is_no_update_is_a_bad_request(shop: Shop, body: bytes) -> None:
    with pytest.raises(ValueError, match=" is "):
        unpack(body)
    assert await shop.post(body) == 400


def test_an_app_never_shows_its_secrets() -> None:
    shown: Callable[[object], str] = repr
    assert shown(App("shop", SecretStr(SECRET), SecretStr(VERIFY))) == "App(shop)"


async def test_an_account_that_was_repaired_goes_on_with_its_new_connector(shop: Shop, told: Told) -> None:
    assert await shop.post(of_whatsapp(change("101", "a"))) == 200
    shop.contexts["one"].connector = Numbered(told.ABLE, "whatsapp:301")  # type: ignore[assignment] - it never sends
    assert await shop.post(of_whatsapp(change("101", "b"), change("301", "c"))) == 200
    assert await shop.stored("one") == ["a", "c"]
    assert shop.app.counts["nobody's"] == 1
