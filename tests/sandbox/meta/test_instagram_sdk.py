"""The stand-in of Instagram's answers judged by instagram-platform-sdk, a published typed client of that API.

It has no models of webhooks, only the check of their signature: their shapes are held against the vendor's own
description in test_instagram.py.
"""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from instagram_platform import AsyncInstagramClient
from instagram_platform.exceptions import InstagramAPIError, InstagramAuthError
from instagram_platform.services.webhooks import parse_webhook_payload, verify_webhook_signature

from sandbox.meta.records import Account, App, Person
from sandbox.meta.signing import HEADER, signatures
from sandbox.server import Sandbox

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any


@pytest.fixture
async def client(sandbox: Sandbox, profile: Account) -> AsyncIterator[AsyncInstagramClient]:
    client = AsyncInstagramClient(profile.token, profile.id, base_url=sandbox.url, api_version="v23.0", max_retries=0)
    async with client:
        yield client


async def test_a_message_is_sent_and_read_in_the_history(
    sandbox: Sandbox, karina: Person, client: AsyncInstagramClient
) -> None:
    sent = await client.messaging.send_message_async(karina.igsid, "Есть пионы")
    assert sent.recipient_id == karina.igsid
    (talk,) = (await client.messaging.get_conversations_async()).data
    assert talk.messages is not None
    newest = talk.messages["data"][0]
    assert (newest["id"], newest["message"]) == (sent.message_id, "Есть пионы")
    whole = await client.messaging.get_conversation_messages_async(talk.id)
    assert whole.messages is not None
    assert [one["message"] for one in whole.messages["data"]] == ["Есть пионы", "Здравствуйте"]


async def test_a_profile_is_told_until_the_person_closes_it(
    sandbox: Sandbox, karina: Person, client: AsyncInstagramClient
) -> None:
    profile = await client.messaging.get_user_profile_async(karina.igsid)
    assert (profile.id, profile.name, profile.username) == (karina.igsid, "Карина Лис", "karina.lis")
    assert profile.profile_pic is not None
    own = await client.user.get_profile_async(["id", "username", "name"])
    assert own.username == "romashka.flowers"
    sandbox.instagram_people.close_profile(karina.id, is_closed=True)
    with pytest.raises(InstagramAPIError) as refused:
        await client.messaging.get_user_profile_async(karina.igsid)
    assert refused.value.code == 230


async def test_a_closed_window_is_a_refusal_with_its_subcode(
    sandbox: Sandbox, karina: Person, client: AsyncInstagramClient
) -> None:
    sandbox.clock.advance(25 * 3600 * 1000)
    with pytest.raises(InstagramAuthError) as refused:  # as the client sorts code 10
        await client.messaging.send_message_async(karina.igsid, "Поздно")
    assert (refused.value.code, refused.value.subcode) == (10, 2534022)


async def test_webhooks_are_signed_as_the_client_checks_it(
    app: App, karina: Person, ear: Fixture, eventually: Fixture
) -> None:
    await eventually(lambda: ear.bodies)
    body = ear.bodies[0]
    assert verify_webhook_signature(body, signatures(app.secret, body)[HEADER], app.secret)
    assert parse_webhook_payload(body.decode())["object"] == "instagram"
    again = msgspec.json.encode(msgspec.json.decode(body))
    assert not verify_webhook_signature(again, signatures(app.secret, body)[HEADER], app.secret)
