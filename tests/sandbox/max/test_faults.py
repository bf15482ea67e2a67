"""Faults of the API: what the client is told, and what truly happened."""

import asyncio
from typing import Any

import aiohttp
import pytest

from sandbox.max.faults import FaultRule
from sandbox.max.records import Dialog
from sandbox.server import BotHandle, Sandbox
from sandbox.toolkit.faults import FaultError
from tests.sandbox.max.running import max_of

Fixture = Any


def ask(sandbox: Sandbox, **rule: Any) -> None:
    max_of(sandbox).max.faults.replace([FaultRule(**{"method": "send", "times": 1, **rule})])


@pytest.fixture
def attempt(raw: Fixture, dialog: Dialog) -> Fixture:
    async def attempt(text: str = "Раз") -> Any:
        return await raw("POST", "/messages", params={"chat_id": str(dialog.chat_id)}, json={"text": text})

    return attempt


@pytest.mark.parametrize(
    ("rule", "status", "code"),
    [
        ({"fault": "429"}, 429, "too.many.requests"),
        ({"fault": "429", "retry_after": 7}, 429, "too.many.requests"),
        ({"fault": "500"}, 500, "internal.error"),
        ({"fault": "500", "status": 503}, 503, "service.unavailable"),
        ({"fault": "not_ready"}, 400, "attachment.not.ready"),
        ({"fault": "token"}, 401, "verify.token"),
        ({"fault": "error", "status": 403, "code": "chat.denied"}, 403, "chat.denied"),
        ({"fault": "error", "method": "*"}, 400, "proto.payload"),
    ],
)
async def test_a_refusal_is_told_once_and_nothing_is_sent(
    sandbox: Sandbox, attempt: Fixture, history: Fixture, rule: Any, status: int, code: str
) -> None:
    ask(sandbox, **rule)
    answer = await attempt()
    assert (answer.status, answer.body["code"]) == (status, code)
    assert answer.headers.get("Retry-After") == ("7" if "retry_after" in rule else None)
    assert await history() == []
    assert (await attempt()).status == 200


async def test_a_200_may_say_no(sandbox: Sandbox, attempt: Fixture, history: Fixture) -> None:
    ask(sandbox, fault="success_false", code="chat.denied", message="no")
    answer = await attempt()
    assert (answer.status, answer.body) == (200, {"success": False, "code": "chat.denied", "message": "no"})
    assert await history() == []


async def test_a_proxy_answers_in_html(sandbox: Sandbox, attempt: Fixture, history: Fixture) -> None:
    ask(sandbox, fault="502")
    answer = await attempt()
    assert (answer.status, answer.body[:6]) == (502, "<html>")
    assert await history() == []


async def test_a_server_error_after_the_message_was_sent(sandbox: Sandbox, attempt: Fixture, history: Fixture) -> None:
    ask(sandbox, fault="500", accepted=True)
    answer = await attempt()
    assert (answer.status, answer.body["code"]) == (500, "internal.error")
    assert [one["body"]["text"] for one in await history()] == ["Раз"]
    (row,) = [one for one in sandbox.ledger.since() if one.get("method") == "send"]
    assert (row["outcome"], row["text"], row["fault"]) == ("accepted", "Раз", "500")


@pytest.mark.parametrize("fault", ["reset", "lost_reply"])
async def test_a_broken_answer_has_done_its_work(
    sandbox: Sandbox, attempt: Fixture, history: Fixture, fault: str
) -> None:
    ask(sandbox, fault=fault)
    with pytest.raises(aiohttp.ClientError):
        await attempt()
    assert len(await history()) == 1


@pytest.mark.parametrize("accepted", [True, False])
async def test_silence_may_have_done_its_work(
    sandbox: Sandbox, attempt: Fixture, history: Fixture, accepted: bool
) -> None:
    ask(sandbox, fault="timeout", accepted=accepted)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(attempt(), 0.3)
    assert len(await history()) == int(accepted)


async def test_half_an_answer_is_no_json(sandbox: Sandbox, attempt: Fixture, history: Fixture) -> None:
    ask(sandbox, fault="malformed")
    with pytest.raises(ValueError, match=r"."):
        await attempt()
    assert len(await history()) == 1


async def test_updates_that_were_read_come_once_more(
    sandbox: Sandbox, poll: Fixture, romashka: BotHandle, sofya: int
) -> None:
    max_of(sandbox).people.text(sofya, romashka.id, "раз")
    await poll()
    await poll()
    ask(sandbox, method="updates", fault="duplicate")
    max_of(sandbox).people.text(sofya, romashka.id, "два")
    assert [one["message"]["body"]["text"] for one in await poll()] == ["раз", "два"]
    assert await poll() == []


async def test_impossible_rules_are_refused(sandbox: Sandbox) -> None:
    for method, fault in (("send", "xml"), ("webhook", "429"), ("sendMessage", "429"), ("message_edited", "null_body")):
        with pytest.raises(FaultError):
            ask(sandbox, method=method, fault=fault)
    sandbox.fault_rules.replace([{"messenger": "max", "method": "send", "fault": "429"}])
    assert len(max_of(sandbox).max.faults.rules) == 1
