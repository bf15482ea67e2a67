"""Webhooks end to end: strangers get nowhere, a dead Redis is a quick 503, and what was refused then lands later."""

import asyncio
import io
import json
import os
import signal
import time

import aiohttp

from tests.story.stage import Stage, until, words

HOOK = "/hooks/telegram/shop"
HEADER = "X-Telegram-Bot-Api-Secret-Token"


def update(stage, number, text):
    person = {"id": stage.maria, "is_bot": False, "first_name": "Мария"}
    message = {"message_id": number, "date": int(time.time()), "chat": {"id": stage.maria, "type": "private"}}
    return {"update_id": number, "message": {**message, "from": person, "text": text}}


async def post(stage, body, secret=None, path=HOOK):
    headers = {"Content-Type": "application/json", **({} if secret is None else {HEADER: secret})}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with aiohttp.ClientSession() as session:
        began = time.monotonic()
        async with session.post(stage.gateway.url + path, data=io.BytesIO(data), headers=headers) as answer:
            await answer.read()
            return answer.status, time.monotonic() - began


async def test_updates_come_by_webhook_and_strangers_store_nothing(tmp_path):
    async with Stage(tmp_path, webhooks=True) as stage:
        await stage.open()
        stage.writes(stage.maria, "настоящее сообщение")
        await stage.card(stage.anna, "Мария")
        secret = stage.sandbox.world.bots[stage.shop].webhook.secret
        assert secret
        forged = [None, "", "wrong", secret[:-1], secret + "x", secret.upper() + "1", secret.encode().hex()]
        for number, one in enumerate(forged):
            status, _ = await post(stage, update(stage, 5000 + number, "поддельное"), one)
            assert status in (401, 403), (one and len(one), status)
        assert (await post(stage, b"{not json", secret))[0] == 400
        assert (await post(stage, b"x" * 2_000_000, secret))[0] == 413
        assert (await post(stage, {}, secret, "/hooks/telegram/nobody"))[0] == 404
        assert (await post(stage, {}, secret, "/hooks/vk/shop"))[0] == 404
        status, _ = await post(stage, update(stage, 6000, "последнее"), secret)
        assert status == 200
        await stage.sees(stage.anna, lambda one: "последнее" in words(one) or "ещё" in words(one))

        async def recorded():
            return stage.rows("SELECT text FROM messages ORDER BY seq") == [("настоящее сообщение",), ("последнее",)]

        await until(recorded, lambda: str(stage.rows("SELECT text FROM messages ORDER BY seq")))
        assert secret not in stage.gateway.log
        assert "настоящее" not in stage.gateway.log


async def test_while_redis_is_down_vendors_hear_503_in_time_and_the_message_lands_later(tmp_path):
    async with Stage(tmp_path, webhooks=True) as stage:
        await stage.open()
        secret = stage.sandbox.world.bots[stage.shop].webhook.secret
        pid = int((stage.data / "redis" / "server.pid").read_text())
        os.kill(pid, signal.SIGSTOP)  # alive and silent: the worst kind of down
        try:
            answers = await asyncio.gather(
                *(post(stage, update(stage, 7000 + n, f"срочно {n}"), secret) for n in range(20))
            )
            assert {status for status, _ in answers} == {503}
            assert max(took for _, took in answers) < 1.5 + 1.0  # the client's own share on a busy machine
            stage.writes(stage.maria, "написано, пока всё лежит")
            assert await stage.gateway.status("/readyz") == 503
        finally:
            os.kill(pid, signal.SIGCONT)
        await stage.sees(stage.anna, lambda one: "написано, пока всё лежит" in words(one))
        repeated = await asyncio.gather(
            *(post(stage, update(stage, 7000 + n, f"срочно {n}"), secret) for n in range(20))
        )
        assert {status for status, _ in repeated} == {200}

        async def recorded():
            rows = sorted(text for (text,) in stage.rows("SELECT text FROM messages"))
            return rows == sorted(["написано, пока всё лежит", *(f"срочно {n}" for n in range(20))])

        await until(recorded, lambda: str(stage.rows("SELECT text FROM messages")))
        await until(lambda: _ready(stage), "ready again")


async def _ready(stage):
    return await stage.gateway.status("/readyz") == 200
