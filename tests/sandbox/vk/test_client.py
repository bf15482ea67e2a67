"""The stand-in judged by vk_api, VK's client in Python: what it sends is taken, what it reads is as it expects."""

import asyncio
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from jconfig import MemoryConfig
from requests.adapters import HTTPAdapter
from vk_api import ApiError, VkApi, VkUpload
from vk_api.bot_longpoll import VkBotEventType, VkBotLongPoll
from vk_api.keyboard import VkKeyboard, VkKeyboardColor

from sandbox.server import BotHandle, Sandbox
from sandbox.toolkit.uploads import sample_file
from sandbox.vk.faults import FaultRule


class ToSandbox(HTTPAdapter):
    """The library's host is in its code: what goes there comes to us."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        assert request.url is not None
        request.url = self._url + urlsplit(request.url).path
        return super().send(request, *args, **more)


@pytest.fixture
def client(sandbox: Sandbox, romashka: BotHandle) -> Iterator[VkApi]:
    with requests.Session() as session:
        session.mount("https://api.vk.ru", ToSandbox(sandbox.url))
        api = VkApi(token=romashka.token, api_version="5.199", session=session, config=MemoryConfig)
        api.RPS_DELAY = 0
        yield api


async def test_a_bot_hears_and_answers(sandbox: Sandbox, romashka: BotHandle, irina: int, client: VkApi) -> None:
    def answer() -> tuple[Any, ...]:
        listener = VkBotLongPoll(client, romashka.id, wait=0)
        with listener.session:
            sandbox.vk_people.text(irina, romashka.id, "Сколько стоит букет?")
            (event,) = listener.check()
            keyboard = VkKeyboard(one_time=False, inline=True)
            keyboard.add_callback_button("Беру", VkKeyboardColor.POSITIVE, {"q": 1})
            keyboard.add_openlink_button("Сайт", "https://romashka.example/")
            api = client.get_api()
            number = api.messages.send(
                peer_id=event.message.peer_id, random_id=7, message="2590", keyboard=keyboard.get_keyboard()
            )
            (echo,) = listener.check()
            return event, number, echo, listener.check()

    event, number, echo, rest = await asyncio.to_thread(answer)
    assert (event.type, event.from_user, event.group_id) == (VkBotEventType.MESSAGE_NEW, True, romashka.id)
    assert event.client_info["inline_keyboard"] is True
    assert (echo.type, echo.object["id"], echo.from_user) == (VkBotEventType.MESSAGE_REPLY, number, True)
    assert echo.object["keyboard"]["buttons"][0][0]["action"]["label"] == "Беру"
    assert rest == []


async def test_the_three_failures_of_long_poll_are_survived(
    sandbox: Sandbox, romashka: BotHandle, irina: int, client: VkApi
) -> None:
    sandbox.vk.faults.replace(
        [FaultRule(method="longpoll", fault="failed", error_code=number, times=1) for number in (1, 2, 3)]
    )

    def listen() -> list[Any]:
        listener = VkBotLongPoll(client, romashka.id, wait=0)
        with listener.session:
            failures = [listener.check() for _ in range(3)]
            sandbox.vk_people.text(irina, romashka.id, "И снова слышно")
            return [*failures, listener.check()]

    *failures, (event,) = await asyncio.to_thread(listen)
    assert failures == [[], [], []]
    assert event.message.text == "И снова слышно"


async def test_its_uploads_are_taken_and_can_be_sent(
    sandbox: Sandbox, romashka: BotHandle, irina: int, client: VkApi
) -> None:
    def upload() -> tuple[Any, ...]:
        uploader, api = VkUpload(client), client.get_api()
        with uploader.http:
            (photo,) = uploader.photo_messages(BytesIO(sample_file("photo").content), peer_id=irina)
            voice = BytesIO(sample_file("voice").content)
            voice.name = "voice.ogg"
            said = uploader.audio_message(voice, peer_id=irina)["audio_message"]
            note = BytesIO("заметка".encode())
            note.name = "note.txt"
            doc = uploader.document_message(note, title="Заметка", peer_id=irina)["doc"]
        names = [f"photo{photo['owner_id']}_{photo['id']}"]
        names += [f"doc{one['owner_id']}_{one['id']}" for one in (said, doc)]
        return doc, [
            api.messages.send(peer_id=irina, random_id=index, attachment=name) for index, name in enumerate(names, 1)
        ]

    doc, numbers = await asyncio.to_thread(upload)
    assert doc["title"].startswith("Заметка")
    dialog = sandbox.vk.world.dialogs[romashka.id, irina]
    files = [sandbox.vk.world.message(dialog, number) for number in numbers]
    kinds = []
    for one in files:
        assert one is not None
        file = sandbox.vk.files.get(one.body["attachments"][0]["file"])
        assert file is not None
        kinds.append(file.kind)
    assert kinds == ["photo", "audio_message", "doc"]


@pytest.mark.parametrize(
    ("method", "values", "code"),
    [
        ("messages.send", {"peer_id": 404_000_001, "random_id": 1, "message": "x"}, 901),
        ("messages.send", {"peer_id": 1, "message": "x"}, 100),
        ("messages.dance", {}, 3),
        ("users.get", {"v": "5.10", "user_ids": 1}, 8),
    ],
)
async def test_it_reads_our_refusals(client: VkApi, irina: int, method: str, values: dict[str, Any], code: int) -> None:
    with pytest.raises(ApiError) as refusal:
        await asyncio.to_thread(client.method, method, values)
    assert refusal.value.code == code
    assert isinstance(refusal.value.error["request_params"], list)


async def test_its_own_remedy_for_too_many_calls_works_here(sandbox: Sandbox, irina: int, client: VkApi) -> None:
    sandbox.vk.faults.replace([FaultRule(method="users.get", fault="error", error_code=6, times=1)])
    (person,) = await asyncio.to_thread(client.method, "users.get", {"user_ids": irina})
    assert person["first_name"] == "Ирина"
