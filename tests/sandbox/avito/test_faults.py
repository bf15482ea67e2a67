"""Faults of the API: what the client is told, and what truly happened."""

from typing import Any

import aiohttp
import pytest

from sandbox.avito.faults import FaultRule
from sandbox.server import Sandbox, SellerHandle

Fixture = Any

TEXT = {"message": {"text": "Свежие"}, "type": "text"}


def ask(sandbox: Sandbox, **rule: Any) -> None:
    sandbox.avito.faults.replace([FaultRule(**{"method": "send", "times": 1, **rule})])


@pytest.mark.parametrize(
    ("rule", "status", "message"),
    [
        ({"fault": "429", "retry_after": 7}, 429, "Too Many Requests"),
        ({"fault": "500"}, 500, "Error while processing request. Please, contact support"),
        ({"fault": "500", "status": 503}, 503, "Service temporarily unavailable. Please, contact support"),
        ({"fault": "402"}, 402, "Payment required"),
        ({"fault": "error", "status": 418, "message": "I am a teapot"}, 418, "I am a teapot"),
        ({"fault": "error", "method": "*"}, 400, "Bad Request"),
    ],
)
async def test_a_refusal_is_told_once_and_nothing_is_sent(
    sandbox: Sandbox, raw: Fixture, history: Fixture, chat: str, rule: Any, status: int, message: str
) -> None:
    ask(sandbox, **rule)
    answer = await raw("POST", f"/messenger/v1/{chat}/messages", json=TEXT)
    assert (answer.status, answer.body["error"]) == (status, {"code": status, "message": message})
    assert answer.headers.get("Retry-After") == ("7" if rule["fault"] == "429" else None)
    assert len(await history()) == 1
    assert (await raw("POST", f"/messenger/v1/{chat}/messages", json=TEXT)).status == 200


async def test_a_429_may_come_without_a_hint(sandbox: Sandbox, raw: Fixture, chat: str) -> None:
    ask(sandbox, fault="429", retry_after=None)
    answer = await raw("POST", f"/messenger/v1/{chat}/messages", json=TEXT)
    assert (answer.status, "Retry-After" in answer.headers) == (429, False)


async def test_a_token_that_expires_in_a_call_stays_expired(sandbox: Sandbox, refused: Fixture, chat: str) -> None:
    ask(sandbox, fault="token")
    for _ in range(2):
        assert await refused("POST", f"/messenger/v1/{chat}/messages", json=TEXT) == (403, "access token expired")


@pytest.mark.parametrize("fault", ["reset", "lost_reply"])
async def test_a_broken_answer_has_done_its_work(
    sandbox: Sandbox, raw: Fixture, history: Fixture, chat: str, fault: str
) -> None:
    ask(sandbox, fault=fault)
    with pytest.raises(aiohttp.ClientError):
        await raw("POST", f"/messenger/v1/{chat}/messages", json=TEXT)
    assert (await history())[0]["content"] == {"text": "Свежие"}
    row = [one for one in sandbox.ledger.since() if one["kind"] == "call" and one["method"] == "send"][-1]
    assert (row["outcome"], row["fault"], row["message_ids"]) == ("accepted", fault, [(await history())[0]["id"]])


@pytest.mark.parametrize("accepted", [False, True])
async def test_silence_may_have_done_its_work_or_not(
    sandbox: Sandbox, raw: Fixture, history: Fixture, chat: str, accepted: bool
) -> None:
    ask(sandbox, fault="timeout", accepted=accepted)
    with pytest.raises(TimeoutError):
        await raw("POST", f"/messenger/v1/{chat}/messages", json=TEXT, timeout=aiohttp.ClientTimeout(total=0.3))
    assert len(await history()) == 1 + accepted


async def test_the_token_endpoint_fails_too(
    sandbox: Sandbox, flowers: SellerHandle, http: aiohttp.ClientSession
) -> None:
    ask(sandbox, method="token", fault="500", status=502)
    async with http.post(f"{sandbox.url}/token", data={"client_id": flowers.client_id}) as answer:
        assert (answer.status, (await answer.json())["error"]["message"]) == (502, "Bad Gateway")


async def test_files_fail_in_their_own_ways(
    sandbox: Sandbox, history: Fixture, artem: int, flowers: SellerHandle, http: aiohttp.ClientSession
) -> None:
    sandbox.avito_people.sample(artem, flowers.listing, "photo")
    url = (await history())[0]["content"]["image"]["sizes"]["1280x960"]
    ask(sandbox, method="file", fault="reset", seller_id=flowers.id)
    with pytest.raises(aiohttp.ClientError):
        async with http.get(url) as answer:
            await answer.read()
    for rule, status in (({"fault": "500", "status": 503}, 503), ({"fault": "slow", "delay_ms": 10}, 200)):
        ask(sandbox, method="file", **rule)
        async with http.get(url) as answer:
            assert answer.status == status
            await answer.read()
