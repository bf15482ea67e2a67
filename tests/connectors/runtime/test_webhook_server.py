"""Webhooks: strangers store nothing, and nobody hears 200 before Redis has it."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from gateway.connectors.contract import Polled
from gateway.connectors.runtime.webhook_server import WebhookServer, webhook_address

Account = RedisServer = Told = Any
"""conftest's; test modules cannot import it."""
AccountOn = Callable[[RedisServer], Account]
Post = Callable[..., Awaitable[aiohttp.ClientResponse]]
PostTo = Callable[..., Awaitable[Post]]
HELLO = json.dumps({"update_id": 1, "from": "ann", "text": "hello"}).encode()


@pytest.fixture
async def post_to(told: Told) -> AsyncIterator[PostTo]:
    """Serves an account; answers what posts to it."""
    servers: list[WebhookServer] = []
    async with aiohttp.ClientSession() as session:

        async def serve(account: Account, kind: Any = None, **more: object) -> Post:
            server = WebhookServer("127.0.0.1", 0, **more)
            servers.append(server)
            port = await server.start()
            runtime = account.start(address="https://desk.example.com", **({} if kind is None else {"kind": kind}))
            server.add(runtime.context)

            async def post(
                body: object = HELLO, secret: str | None = told.SECRET, path: str = "/hooks/scripted/shop"
            ) -> aiohttp.ClientResponse:
                headers = {"X-Secret": secret} if secret is not None else {}
                async with session.post(f"http://127.0.0.1:{port}{path}", data=body, headers=headers) as answer:
                    await answer.read()
                    return answer

            return post

        yield serve
        for one in servers:
            await one.stop()


async def test_an_update_is_stored_before_its_vendor_hears_200(account: Account, post_to: PostTo) -> None:
    post = await post_to(account)
    assert (await post()).status == 200
    (words,) = await account.results()
    assert words.message.text == "hello"


async def test_what_redis_will_not_store_is_not_acknowledged(account: Account, post_to: PostTo) -> None:
    post = await post_to(account)
    await account.store.note([("SET", account.inbox, "no stream")])
    assert (await post()).status == 503
    await account.store.note([("DEL", account.inbox)])
    assert (await post()).status == 200
    assert [one.message.text for one in await account.results()] == ["hello"]


async def test_a_repeated_update_hears_200_and_is_stored_once(account: Account, post_to: PostTo) -> None:
    post = await post_to(account)
    assert [(await post()).status for _ in range(3)] == [200, 200, 200]
    assert len(await account.results()) == 1


@pytest.mark.parametrize(("secret", "status"), [(None, 401), ("", 403), ("wrong", 403), ("a-secret-of-the-test", 403)])
async def test_strangers_are_refused_and_store_nothing(
    account: Account, post_to: PostTo, secret: str | None, status: int
) -> None:
    post = await post_to(account)
    assert (await post(secret=secret)).status == status
    # Not even whether it is JSON is looked at.
    assert (await post(b"{", secret=secret)).status == status
    assert await account.results() == []


@pytest.mark.parametrize("path", ["/hooks/scripted/other", "/hooks/other/shop", "/hooks/scripted", "/hooks", "/"])
async def test_unknown_addresses_are_not_found(account: Account, post_to: PostTo, path: str) -> None:
    post = await post_to(account)
    assert (await post(path=path)).status == 404


async def test_a_body_that_is_no_json_is_a_bad_request(account: Account, post_to: PostTo) -> None:
    post = await post_to(account)
    assert (await post(b"{")).status == 400
    assert (await post(b"")).status == 400
    assert await account.results() == []


async def test_a_body_that_is_not_in_its_own_encoding_is_a_bad_request(account: Account, told: Told) -> None:
    server = WebhookServer("127.0.0.1", 0)
    port = await server.start()
    server.add(account.start(address="https://desk.example.com").context)
    headers = {"X-Secret": told.SECRET, "Content-Encoding": "gzip"}
    url = webhook_address(f"http://127.0.0.1:{port}", "scripted", told.ACCOUNT)
    async with aiohttp.ClientSession() as session, session.post(url, data=HELLO, headers=headers) as answer:
        assert answer.status == 400
    await server.stop()


async def test_a_body_that_is_too_large_is_cut_off(account: Account, post_to: PostTo) -> None:
    post = await post_to(account, body_limit=1000)

    async def chunked() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 100

    assert (await post(b"x" * 1001)).status == 413
    assert (await post(chunked())).status == 413
    assert (await post(b" " * 900 + HELLO)).status == 200


async def test_a_body_that_came_whole_and_tells_no_size_is_measured_too(account: Account, told: Told) -> None:
    server = WebhookServer("127.0.0.1", 0, body_limit=1000)
    port = await server.start()
    server.add(account.start(address="https://desk.example.com").context)
    head = f"POST /hooks/scripted/shop HTTP/1.1\r\nHost: desk\r\nX-Secret: {told.SECRET}\r\n".encode()

    async def answered(body: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        # In one piece, so that nothing of it is still to come when it is looked at.
        writer.write(b"%bTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (head, len(body), body))
        status = (await reader.readline()).split()[1]
        writer.close()
        return status

    assert await answered(b" " * 1001) == b"413"
    assert await answered(HELLO) == b"200"
    await server.stop()


async def test_a_body_that_does_not_come_is_not_waited_for(account: Account, post_to: PostTo) -> None:
    post = await post_to(account, body_seconds=0.1)

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)
        yield b"}"

    began = time.monotonic()
    assert (await post(slow())).status == 408
    assert time.monotonic() - began < 4


async def test_while_redis_is_down_the_vendor_hears_503_in_time_and_its_repeat_lands(
    own_redis: RedisServer, account_on: AccountOn, post_to: PostTo, told: Told
) -> None:
    account = account_on(own_redis)
    post = await post_to(account)
    assert (await post()).status == 200
    own_redis.kill()
    began = time.monotonic()
    second = json.dumps({"update_id": 2, "from": "ann", "text": "again"}).encode()
    answers = await asyncio.gather(*(post(second) for _ in range(20)))
    assert time.monotonic() - began < 2.5  # 1.5 s, and one for a busy machine
    assert {one.status for one in answers} == {503}
    own_redis.start()

    async def lands() -> bool:
        return bool((await post(second)).status == 200)

    await told.until(lands)
    assert [one.message.text for one in await account.results()] == ["hello", "again"]


async def test_what_was_not_stored_is_asked_for_without_a_repeat(account: Account, post_to: PostTo, told: Told) -> None:
    post = await post_to(account, kind=told.Backfilling)
    await told.until(lambda: account.vendor.backfills, is_=[None])
    await account.store.note([("SET", account.inbox, "no stream")])
    account.vendor.missed.append(Polled((json.loads(HELLO),), "7"))
    assert (await post()).status == 503
    await account.store.note([("DEL", account.inbox)])
    await told.until(lambda: len(account.vendor.backfills) > 1)
    await told.until(account.results)
    assert [one.message.text for one in await account.results()] == ["hello"]


async def test_what_is_refused_in_doubt_is_asked_for_too(account: Account, post_to: PostTo, told: Told) -> None:
    post = await post_to(account, kind=told.Backfilling)
    await told.until(lambda: account.vendor.backfills, is_=[None])
    account.vendor.missed.append(Polled((json.loads(HELLO),), "7"))
    assert (await post(b"doubtful")).status == 403
    await told.until(account.results)
    assert [one.message.text for one in await account.results()] == ["hello"]


async def test_the_operators_bots_updates_are_stored_raw(account: Account, post_to: PostTo) -> None:
    account.inbox = account.keys.staff
    start = account.start
    account.start = lambda **more: start(raw=True, **more)
    post = await post_to(account)
    assert (await post(b"{")).status == 400
    assert (await post(secret="wrong")).status == 403
    assert (await post()).status == 200
    (update,) = await account.results()
    assert json.loads(bytes(update.update)) == json.loads(HELLO)


async def test_other_routes_stand_beside(account: Account) -> None:
    async def healthy(_request: web.Request) -> web.Response:
        return web.Response(text="fine")

    server = WebhookServer("127.0.0.1", 0, extend=lambda app: app.router.add_get("/healthz", healthy) and None)
    port = await server.start()
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/healthz") as answer,
    ):
        assert await answer.text() == "fine"
    await server.stop()


async def test_an_account_that_is_taken_off_is_not_found(account: Account, told: Told) -> None:
    server = WebhookServer("127.0.0.1", 0)
    port = await server.start()
    context = account.start(address="https://desk.example.com").context
    server.add(context)
    await server.remove(context)
    async with (
        aiohttp.ClientSession() as session,
        session.post(webhook_address(f"http://127.0.0.1:{port}/", "scripted", told.ACCOUNT), data=HELLO) as answer,
    ):
        assert answer.status == 404
    await server.stop()
