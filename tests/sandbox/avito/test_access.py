"""Tokens, whose account it is, what is paid for, and how often one may call."""

from typing import Any

import aiohttp
import pytest

from sandbox.avito.calls import METHODS as REGISTERED
from sandbox.avito.faults import METHODS
from sandbox.server import Sandbox, SellerHandle

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any

SELF = "/core/v1/accounts/self"


async def test_a_token_is_given_for_the_sellers_own_keys_and_ends_with_403(
    sandbox: Sandbox, flowers: SellerHandle, http: aiohttp.ClientSession, raw: Fixture, hands: Fixture
) -> None:
    keys = {"client_id": flowers.client_id, "client_secret": flowers.client_secret}
    async with http.post(f"{sandbox.url}/token", data={"grant_type": "client_credentials", **keys}) as answer:
        assert answer.status == 200
        given = await answer.json()
    assert (given["expires_in"], given["token_type"]) == (86400, "Bearer")
    token = given["access_token"]
    told = await raw("GET", SELF, token=token)
    assert (told.status, told.body["id"], told.body["name"]) == (200, flowers.id, "Ромашка, доставка цветов")
    hands.ms += 86_400_000
    assert (await raw("GET", SELF, token=token)).status == 403


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"client_secret": "another"}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
async def test_wrong_keys_give_no_token(
    sandbox: Sandbox, flowers: SellerHandle, http: aiohttp.ClientSession, changed: Any, status: int, code: str
) -> None:
    keys = {"client_id": flowers.client_id, "client_secret": flowers.client_secret}
    form = {"grant_type": "client_credentials", **keys, **changed}
    async with http.post(f"{sandbox.url}/token", data=form) as answer:
        assert (answer.status, (await answer.json())["error"]) == (status, code)


@pytest.mark.parametrize("token", [None, "wrong", ""])
async def test_without_a_token_that_was_given_nothing_is_told(refused: Fixture, token: str | None) -> None:
    assert await refused("GET", SELF, token=token) == (401, "invalid access token")


async def test_another_secret_in_the_cabinet_ends_everything_before(
    sandbox: Sandbox, flowers: SellerHandle, refused: Fixture
) -> None:
    sandbox.avito_staff.renew_secret(flowers.id, "new")
    assert await refused("GET", SELF) == (401, "invalid access token")


async def test_a_path_of_another_account_or_version_is_not_there(
    flowers: SellerHandle, refused: Fixture, chat: str
) -> None:
    other = chat.replace(str(flowers.id), "1")
    assert (await refused("GET", f"/messenger/v2/{other}"))[0] == 404
    assert await refused("GET", f"/messenger/v2/{chat}/messages") == (404, "Not found")
    assert await refused("GET", f"/messenger/v3/{chat}/messages") == (404, "Not found")  # the slash at the end
    assert await refused("DELETE", f"/messenger/v1/{chat}/messages") == (404, "Not found")


async def test_without_the_tariff_the_messenger_is_402_and_the_account_is_told(
    sandbox: Sandbox, flowers: SellerHandle, raw: Fixture, refused: Fixture, chat: str
) -> None:
    sandbox.avito_staff.set_paid(flowers.id, is_paid=False)
    assert await refused("GET", f"/messenger/v2/{chat}") == (402, "Payment required")
    assert (await raw("GET", SELF)).status == 200
    sandbox.avito_staff.set_paid(flowers.id, is_paid=True)
    assert (await raw("GET", f"/messenger/v2/{chat}")).status == 200


async def test_calls_are_counted_by_the_minute(sandbox: Sandbox, raw: Fixture, hands: Fixture) -> None:
    hands.ms += -hands.ms % 60_000
    sandbox.change_settings({"limits": True, "avito_calls_per_minute": 2})
    left = [(await raw("GET", SELF)).headers["X-RateLimit-Remaining"] for _ in range(2)]
    assert left == ["1", "0"]
    hands.ms += 15_000
    answer = await raw("GET", SELF)
    assert (answer.status, answer.headers["Retry-After"], answer.headers["X-RateLimit-Limit"]) == (429, "45", "2")
    hands.ms += 45_000
    assert (await raw("GET", SELF)).status == 200


def test_faults_know_every_method() -> None:
    assert {"token", *REGISTERED} == set(METHODS)
