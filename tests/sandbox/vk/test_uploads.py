from typing import Any

import aiohttp
import pytest

from sandbox.cast import CastCommunity
from sandbox.pictures import plain_png
from sandbox.server import BotHandle, Sandbox
from sandbox.toolkit.uploads import sample_file
from sandbox.vk.faults import FaultRule

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any

PHOTO = plain_png(640, 480, "#7a9e7e")


@pytest.fixture
def upload(http: aiohttp.ClientSession) -> Fixture:
    """Posts one file to an upload address."""

    async def upload(address: str, field: str, content: bytes, name: str) -> Any:
        form = aiohttp.FormData(quote_fields=False)
        form.add_field(field, content, filename=name)
        async with http.post(address, data=form) as answer:
            assert answer.status == 200
            return await answer.json()

    return upload


async def test_a_photo_is_uploaded_saved_and_sent(
    sandbox: Sandbox, romashka: BotHandle, irina: int, vk: Fixture, send: Fixture, upload: Fixture, poll: Fixture
) -> None:
    place = await vk("photos.getMessagesUploadServer", peer_id=irina)
    uploaded = await upload(place["upload_url"], "photo", PHOTO, "p.png")
    (photo,) = await vk("photos.saveMessagesPhoto", **uploaded)
    assert photo["owner_id"] == -romashka.id
    assert (photo["sizes"][-1]["width"], photo["sizes"][-1]["height"]) == (640, 480)
    name = f"photo{photo['owner_id']}_{photo['id']}_{photo['access_key']}"
    await send(message="Вот", attachment=f"{name},photo1_2,чепуха")
    (attachment,) = (await poll.one("message_reply"))["attachments"]
    assert attachment["photo"]["id"] == photo["id"]


async def test_an_address_takes_one_file_and_not_for_ever(
    irina: int, vk: Fixture, upload: Fixture, hands: Fixture
) -> None:
    address = (await vk("photos.getMessagesUploadServer", peer_id=irina))["upload_url"]
    assert (await upload(address, "photo", PHOTO, "p.png"))["photo"] != "[]"
    assert "error" in await upload(address, "photo", PHOTO, "p.png")
    address = (await vk("photos.getMessagesUploadServer", peer_id=irina))["upload_url"]
    hands.ms += 600_000
    assert "error" in await upload(address, "photo", PHOTO, "p.png")


@pytest.mark.parametrize(
    ("field", "content"), [("picture", PHOTO), ("photo", b"no picture"), ("photo", plain_png(2100, 100, "#000000"))]
)
async def test_what_is_no_photo_is_an_empty_list_that_cannot_be_saved(
    *, irina: int, vk: Fixture, refused: Fixture, upload: Fixture, field: str, content: bytes
) -> None:
    address = (await vk("photos.getMessagesUploadServer", peer_id=irina))["upload_url"]
    uploaded = await upload(address, field, content, "p.png")
    assert uploaded["photo"] == "[]"
    assert (await refused("photos.saveMessagesPhoto", **uploaded))[0] == 100


async def test_a_hash_is_good_once_and_for_its_own_community(
    sandbox: Sandbox, irina: int, vk: Fixture, refused: Fixture, upload: Fixture
):
    address = (await vk("photos.getMessagesUploadServer", peer_id=irina))["upload_url"]
    uploaded = await upload(address, "photo", PHOTO, "p.png")
    assert (await refused("photos.saveMessagesPhoto", **{**uploaded, "hash": "made-up"}))[0] == 121
    other = sandbox.vk.world.add_community(CastCommunity(5, "vk1.a.another-community", "other", "Другое"))
    assert (await refused("photos.saveMessagesPhoto", access_token=other.token, **uploaded))[0] == 121
    await vk("photos.saveMessagesPhoto", **uploaded)
    assert (await refused("photos.saveMessagesPhoto", **uploaded))[0] == 121


@pytest.mark.parametrize(
    ("kind", "sample", "file_name", "title"),
    [
        ("doc", "document", "счёт.txt", "счёт.txt"),
        ("audio_message", "voice", "voice.ogg", None),
        ("graffiti", "photo", "g.png", None),
    ],
)
async def test_a_document_a_voice_and_a_graffiti_are_uploaded_saved_and_sent(
    *, irina: int, vk: Fixture, send: Fixture, upload: Fixture, poll: Fixture, kind: str, sample: str, file_name: str,
    title: str | None,
) -> None:  # fmt: skip
    content = sample_file(sample).content
    address = (await vk("docs.getMessagesUploadServer", type=kind, peer_id=irina))["upload_url"]
    uploaded = await upload(address, "file", content, file_name)
    saved = await vk("docs.save", file=uploaded["file"])
    assert saved["type"] == kind
    thing = saved[kind]
    assert thing.get("title") == title
    await send(attachment=f"doc{thing['owner_id']}_{thing['id']}")
    (attachment,) = (await poll.one("message_reply"))["attachments"]
    assert attachment == {"type": kind, kind: thing}


async def test_a_title_keeps_the_files_own_ending(sandbox: Sandbox, irina: int, vk: Fixture, upload: Fixture) -> None:
    address = (await vk("docs.getMessagesUploadServer", type="doc", peer_id=irina))["upload_url"]
    uploaded = await upload(address, "file", b"%PDF-1.4", "a.pdf")
    assert (await vk("docs.save", file=uploaded["file"], title="Счёт"))["doc"]["title"] == "Счёт.pdf"


@pytest.mark.parametrize(
    ("kind", "content", "name"),
    [("doc", b"MZ", "run.exe"), ("doc", b"ID3", "a.mp3"), ("audio_message", PHOTO, "v.ogg")],
)
async def test_a_file_of_a_wrong_kind_is_refused_by_the_upload_server(
    *, irina: int, vk: Fixture, refused: Fixture, upload: Fixture, kind: str, content: bytes, name: str
) -> None:
    address = (await vk("docs.getMessagesUploadServer", type=kind, peer_id=irina))["upload_url"]
    assert set(await upload(address, "file", content, name)) == {"error"}
    assert (await refused("docs.save", file=""))[0] == 100


async def test_documents_need_the_peer_and_limits_hold(
    sandbox: Sandbox, irina: int, vk: Fixture, refused: Fixture, upload: Fixture
) -> None:
    assert await refused("docs.getMessagesUploadServer", type="doc") == (
        100,
        "One of the parameters specified was missing or invalid: peer_id is required for community messages",
    )
    assert (await refused("docs.getMessagesUploadServer", type="spell", peer_id=irina))[0] == 100
    sandbox.change_settings({"vk_max_doc_bytes": 10, "vk_max_photo_bytes": 10})
    address = (await vk("docs.getMessagesUploadServer", type="doc", peer_id=irina))["upload_url"]
    assert set(await upload(address, "file", b"eleven bytes", "a.txt")) == {"error"}
    address = (await vk("photos.getMessagesUploadServer", peer_id=irina))["upload_url"]
    assert (await upload(address, "photo", PHOTO, "p.png"))["photo"] == "[]"


async def test_the_upload_server_and_the_file_host_can_fail(
    sandbox: Sandbox, romashka: BotHandle, irina: int, vk: Fixture, upload: Fixture, http: Fixture, poll: Fixture
) -> None:
    sandbox.vk.faults.replace([FaultRule(method="upload", fault="error", times=1)])
    address = (await vk("photos.getMessagesUploadServer", peer_id=irina))["upload_url"]
    assert set(await upload(address, "photo", PHOTO, "p.png")) == {"error"}
    sandbox.vk_people.files(irina, romashka.id, "photo", [sample_file("photo")])
    message = (await poll.one("message_new"))["message"]
    link = message["attachments"][0]["photo"]["sizes"][-1]["url"]
    for fault, status in (("expired", 404), ("500", 502)):
        sandbox.vk.faults.replace([FaultRule(method="file", fault=fault, times=1)])
        async with http.get(link) as answer:
            assert answer.status == status
    sandbox.vk.faults.replace([FaultRule(method="file", fault="reset", times=1)])
    with pytest.raises(aiohttp.ClientError):
        async with http.get(link) as answer:
            await answer.read()
    sandbox.vk.faults.replace([FaultRule(method="file", fault="slow", delay_ms=50, times=1)])
    async with http.get(link) as answer:
        assert await answer.read() == sample_file("photo").content
