"""Pictures up and down, and voices' links."""

import struct
from typing import Any

import aiohttp
import pytest

from sandbox.avito.faults import FaultRule
from sandbox.avito.images import image_size, image_type
from sandbox.pictures import plain_png
from sandbox.server import Sandbox, SellerHandle
from sandbox.toolkit.uploads import Upload, sample_file

Fixture = Any

PNG = plain_png(320, 240, "#7a9e7e")
BMP = b"BM" + bytes(16) + struct.pack("<ii", 20, -10) + bytes(30)
HEIC = b"\0\0\0\x18ftypheic" + bytes(12) + b"ispe" + bytes(4) + struct.pack(">II", 4032, 3024) + bytes(8)


def form(content: bytes, name: str = "uploadfile[]", file_name: str = "p.png") -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field(name, content, filename=file_name, content_type="image/png")
    return form


async def test_a_picture_is_uploaded_then_sent_and_loads_from_its_addresses(
    sandbox: Sandbox, call: Fixture, chat: str, flowers: SellerHandle, http: aiohttp.ClientSession
) -> None:
    uploaded = await call("POST", f"/messenger/v1/accounts/{flowers.id}/uploadImages", data=form(PNG))
    ((image_id, sizes),) = uploaded.items()
    sent = await call("POST", f"/messenger/v1/{chat}/messages/image", json={"image_id": image_id})
    assert (sent["type"], sent["author_id"], sent["content"]["image"]["sizes"]) == ("image", flowers.id, sizes)
    got = {}
    for size, url in sizes.items():
        async with http.get(url) as answer:  # without a token
            assert (answer.status, answer.content_type) == (200, "image/png")
            got[size] = image_size(await answer.read())
    assert got == {"1280x960": (320, 240), "640x480": (320, 240), "140x105": (140, 105), "32x32": (32, 24)}
    sandbox.avito.faults.replace([FaultRule(method="file", fault="expired")])
    async with http.get(sizes["1280x960"]) as answer:
        assert answer.status == 404
    sandbox.avito.faults.replace([])
    async with http.get(sizes["1280x960"].replace(".jpg", "0.jpg")) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "uploadfile[]"),
        (b"\x89PNG\r\n\x1a\n", "uploadfile[]"),
        (b"%PDF-1.4", "uploadfile[]"),
        (b"", "uploadfile[]"),
        (PNG, "file"),
        (PNG[:16] + struct.pack(">II", 8661, 8661) + PNG[24:], "uploadfile[]"),  # 75 megapixels and a little more
        (b"BM" + bytes(16) + struct.pack("<ii", 0, 10) + bytes(30), "uploadfile[]"),
    ],
)
async def test_what_is_no_picture_for_avito_is_refused(
    refused: Fixture, flowers: SellerHandle, content: bytes, name: str
) -> None:
    path = f"/messenger/v1/accounts/{flowers.id}/uploadImages"
    assert (await refused("POST", path, data=form(content, name)))[0] == 400


async def test_sizes_kinds_and_ids_are_looked_at(
    sandbox: Sandbox, call: Fixture, refused: Fixture, chat: str, flowers: SellerHandle
) -> None:
    path = f"/messenger/v1/accounts/{flowers.id}/uploadImages"
    assert [image_type(one) for one in (BMP, HEIC)] == ["image/bmp", "image/heic"]
    assert [image_size(one) for one in (BMP, HEIC)] == [(20, 10), (4032, 3024)]
    for content in (BMP, HEIC):
        assert await call("POST", path, data=form(content, file_name="p.bin"))
    sandbox.change_settings({"avito_max_image_bytes": len(PNG) - 1})
    assert (await refused("POST", path, data=form(PNG)))[0] == 400
    for wrong in ({"image_id": "1.2"}, {"image_id": 5}, {}):
        assert (await refused("POST", f"/messenger/v1/{chat}/messages/image", json=wrong))[0] == 400
    assert (await refused("POST", path, data=b"bytes"))[0] == 400


async def test_a_voice_is_had_by_a_link_of_an_hour(
    sandbox: Sandbox,
    call: Fixture,
    refused: Fixture,
    history: Fixture,
    artem: int,
    flowers: SellerHandle,
    http: aiohttp.ClientSession,
    hands: Fixture,
) -> None:
    sandbox.avito_people.sample(artem, flowers.listing, "voice")
    voice_id = (await history())[0]["content"]["voice"]["voice_id"]
    path = f"/messenger/v1/accounts/{flowers.id}/getVoiceFiles"
    told = await call("GET", path, params={"voice_ids": f"{voice_id},unknown"})
    assert list(told["voices_urls"]) == [voice_id]
    url = told["voices_urls"][voice_id]
    async with http.get(url) as answer:
        assert await answer.read() == sample_file("voice_mp4").content
        assert answer.content_type == "video/mp4"
    async with http.get(url.replace("sign=", "sign=0")) as answer:
        assert answer.status == 404
    hands.ms += 3_600_000
    async with http.get(url) as answer:
        assert answer.status == 404
    assert (await call("GET", path, params={"voice_ids": voice_id}))["voices_urls"][voice_id] != url
    assert (await refused("GET", path))[0] == 400


async def test_a_strangers_voice_is_not_told(sandbox: Sandbox, call: Fixture, flowers: SellerHandle) -> None:
    stray = sandbox.avito.files.add(Upload("v.mp4", "audio/mp4", b"voice"), is_voice=True)
    path = f"/messenger/v1/accounts/{flowers.id}/getVoiceFiles"
    assert await call("GET", path, params={"voice_ids": stray.voice_id}) == {"voices_urls": {}}
