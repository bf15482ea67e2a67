import asyncio
from typing import Any

import aiohttp
import pytest

from sandbox.server import BotHandle, Sandbox
from sandbox.toolkit.faults import FaultError
from sandbox.vk.faults import FaultRule, Faults

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any


def test_the_first_rule_that_fits_fires_as_often_as_it_says() -> None:
    faults = Faults()
    faults.replace(
        [
            FaultRule(method="messages.send", fault="500", times=2),
            FaultRule(method="*", fault="error", community_id=1),
        ]
    )
    fired = [rule.fault if (rule := faults.draw(1, "messages.send")) else None for _ in range(3)]
    assert fired == ["500", "500", "error"]
    assert faults.draw(2, "users.get") is None
    assert faults.draw(1, "callback") is None  # a star means methods only


@pytest.mark.parametrize(("method", "fault"), [("callback", "500"), ("longpoll", "error"), ("users.get", "duplicate")])
def test_a_rule_that_can_never_fire_is_refused(method: str, fault: str) -> None:
    with pytest.raises(FaultError, match="is not possible for"):
        Faults().replace([FaultRule(method=method, fault=fault)])


@pytest.mark.parametrize("code", [1, 5, 6, 9, 10, 14, 27, 902, 950])
async def test_a_code_can_be_asked_for(sandbox: Sandbox, raw: Fixture, irina: int, code: int) -> None:
    sandbox.vk.faults.replace([FaultRule(method="messages.send", fault="error", error_code=code, times=1)])
    error = (await raw("messages.send", peer_id=irina, random_id=1, message="x"))["error"]
    assert error["error_code"] == code
    assert ("captcha_sid" in error) is (code == 14)
    assert "response" in await raw("messages.send", peer_id=irina, random_id=1, message="x")


@pytest.mark.parametrize(("fault", "arrives"), [("500", False), ("reset", True), ("malformed", True)])
async def test_a_call_goes_wrong_as_asked(
    *, sandbox: Sandbox, romashka: BotHandle, irina: int, http: aiohttp.ClientSession, fault: str, arrives: bool
) -> None:
    sandbox.vk.faults.replace([FaultRule(method="messages.send", fault=fault)])
    form = {"v": "5.199", "access_token": romashka.token, "peer_id": irina, "random_id": 4, "message": "дошло ли"}
    with pytest.raises((aiohttp.ClientError, ValueError)):
        async with http.post(f"{sandbox.url}/method/messages.send", data=form) as answer:
            await answer.json()
    dialog = sandbox.vk.world.dialogs[romashka.id, irina]
    assert any(one.is_out for one in sandbox.vk.world.history(dialog)) is arrives


@pytest.mark.parametrize("accepted", [True, False])
async def test_silence_with_and_without_the_work_done(
    *, sandbox: Sandbox, romashka: BotHandle, irina: int, raw: Fixture, eventually: Fixture, accepted: bool
) -> None:
    sandbox.vk.faults.replace([FaultRule(method="messages.send", fault="timeout", accepted=accepted)])
    calling = asyncio.create_task(raw("messages.send", peer_id=irina, random_id=4, message="тишина"))
    (rule,) = sandbox.vk.faults.rules
    await eventually(lambda: rule.fired)
    dialog = sandbox.vk.world.dialogs[romashka.id, irina]
    await eventually(lambda: any(one.is_out for one in sandbox.vk.world.history(dialog)) is accepted)
    assert not calling.done()
    calling.cancel()
    await asyncio.gather(calling, return_exceptions=True)


async def test_a_delay_is_a_delay(sandbox: Sandbox, raw: Fixture) -> None:
    sandbox.vk.faults.replace([FaultRule(method="users.get", fault="delay", delay_ms=30)])
    began = asyncio.get_running_loop().time()
    await raw("users.get", user_ids="1")
    assert asyncio.get_running_loop().time() - began >= 0.03
