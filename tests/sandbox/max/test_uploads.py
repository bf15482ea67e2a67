"""Addresses for uploads, the upload host in both its ways, the file host, films."""

from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from sandbox.max.faults import FaultRule
from sandbox.pictures import plain_png
from sandbox.server import Sandbox
from tests.sandbox.max.running import max_of

Fixture = Any
PNG = plain_png(4, 3, "#7a9e7e")


@pytest.fixture
def opened(call: Fixture) -> Fixture:
    async def opened(kind: str) -> Any:
        return await call("POST", "/uploads", params={"type": kind})

    return opened


@pytest.fixture
def post(http: aiohttp.ClientSession) -> Fixture:
    """POSTs a file to the upload host: status, media type, body."""

    async def post(url: str, content: bytes, name: str = "a.png", field: str = "data") -> tuple[int, str, Any]:
        form = aiohttp.FormData()
        form.add_field(field, content, filename=name)
        async with http.post(url, data=form) as answer:
            body = await (answer.json() if answer.content_type == "application/json" else answer.text())
            return answer.status, answer.content_type, body

    return post


async def test_each_kind_is_answered_in_its_own_way(opened: Fixture, post: Fixture) -> None:
    for kind in ("video", "audio"):
        address = await opened(kind)
        assert set(address) == {"url", "token"}
        assert await post(address["url"], b"sound") == (200, "text/xml", "<retval>1</retval>")
    image = await opened("image")
    assert set(image) == {"url"}
    status, _, body = await post(image["url"], PNG)
    ((number, told),) = body["photos"].items()
    assert (status, number.isdecimal(), bool(told["token"])) == (200, True, True)
    status, _, body = await post((await opened("file"))["url"], b"a", "счёт.pdf")
    assert (status, set(body)) == (200, {"fileId", "token"})


async def test_unknown_kinds_are_refused(refused: Fixture) -> None:
    for query in ({}, {"type": "photo"}, {"type": ""}):
        assert (await refused("POST", "/uploads", params=query))[:2] == (400, "proto.payload")


@pytest.mark.parametrize(
    ("kind", "content", "name", "words"),
    [
        ("file", b"MZ", "setup.EXE", "File extension is forbidden"),
        ("file", b"PK", "app.apk", "File extension is forbidden"),
        ("file", b"", "a.txt", "File is empty"),
        ("file", b"a", "я" * 197 + ".txt", "File name is longer than 200"),
        ("file", b"a" * 101, "a.txt", "File is too big"),
        ("image", b"words", "a.png", "File is no image"),
        ("image", plain_png(7681, 1, "#000000"), "a.png", "Image is larger than 7680x7680"),
        ("image", PNG + b"a" * 90, "a.png", "File is too big"),
        ("video", b"a" * 101, "a.mp4", "File is too big"),
        ("audio", b"a" * 101, "a.mp3", "File is too big"),
    ],
)
async def test_what_max_does_not_take(
    sandbox: Sandbox, opened: Fixture, post: Fixture, kind: str, content: bytes, name: str, words: str
) -> None:
    sizes = {"file": 100, "image": 140, "video": 100, "audio": 100}
    sandbox.change_settings({f"max_{one}_bytes": most for one, most in sizes.items()})
    status, _, body = await post((await opened(kind))["url"], content, name)
    assert (status, body["message"]) == (400, words)


async def test_an_address_is_for_one_file(opened: Fixture, post: Fixture) -> None:
    url = (await opened("image"))["url"]
    assert (await post(url, PNG, field="file"))[2]["message"] == "No file in field data"
    assert (await post(url, PNG))[0] == 200
    assert (await post(url, PNG))[2]["message"] == "Upload url was used already"
    assert (await post(f"{url.partition('?')[0]}0", PNG))[0] == 404


async def test_a_film_in_pieces(sandbox: Sandbox, call: Fixture, opened: Fixture, http: aiohttp.ClientSession) -> None:
    address, film = await opened("video"), bytes(range(200))

    async def piece(begin: int, end: int, size: int = 200) -> tuple[int, str]:
        headers = {
            "Content-Range": f"bytes {begin}-{end}/{size}",
            "Content-Disposition": 'attachment; filename="%D1%84.mp4"',
            "Content-Type": "application/x-binary; charset=x-user-defined",
        }
        async with http.post(address["url"], data=film[begin : end + 1], headers=headers) as answer:
            return answer.status, await answer.text()

    assert (await piece(0, 99, 50))[0] == 400
    assert await piece(100, 199) == (201, "100-199/200")
    assert await piece(0, 99) == (200, "<retval>1</retval>")
    file = max_of(sandbox).max.files.by_token(address["token"])
    assert file is not None
    assert (file.name, max_of(sandbox).max.files.content(file)) == ("ф.mp4", film)
    async with http.post(address["url"], data=film) as answer:
        assert answer.status == 400
    told = await call("GET", f"/videos/{address['token']}")
    async with http.get(told["urls"]["mp4_480"]) as answer:
        assert await answer.read() == film
    async with http.get(told["thumbnail"]["url"]) as answer:
        assert answer.content_type == "image/png"


async def test_a_film_that_is_none(refused: Fixture, upload: Fixture) -> None:
    for token in ("x", await upload("image")):
        assert (await refused("GET", f"/videos/{token}"))[:2] == (404, "not.found")


async def test_addresses_of_files_end(sandbox: Sandbox, http: aiohttp.ClientSession, hands: Fixture) -> None:
    file = max_of(sandbox).max.files.get(
        max_of(sandbox).max.world.bots[max_of(sandbox).bot("romashka_max_bot").id].avatar
    )
    assert file is not None
    url = max_of(sandbox).max.files.address(file)

    async def status(address: str) -> int:
        async with http.get(address) as answer:
            return answer.status

    assert await status(url) == 200
    assert await status(url[:-1] + ("0" if url[-1] != "0" else "1")) == 404
    assert await status(url.partition("?")[0]) == 404
    max_of(sandbox).max.faults.replace([FaultRule(method="file", fault=one, times=1) for one in ("expired", "500")])
    assert [await status(url), await status(url), await status(url)] == [404, 502, 200]
    hands.ms += 20 * 24 * 3600 * 1000
    assert await status(url) == 404
    assert urlsplit(url).path.startswith("/max/files/")


async def test_faults_of_the_upload_host(sandbox: Sandbox, opened: Fixture, post: Fixture) -> None:
    kinds = ("xml", "500", "forbidden", "malformed", "reset")
    max_of(sandbox).max.faults.replace([FaultRule(method="upload", fault=one, times=1) for one in kinds])

    async def once() -> Any:
        return await post((await opened("file"))["url"], b"a", "a.txt")

    assert (await once())[1:] == ("text/xml", "<error>upload failed</error>")
    assert (await once())[:2] == (502, "text/html")
    assert (await once())[2]["message"] == "File extension is forbidden"
    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
        await once()
    with pytest.raises(aiohttp.ClientError):
        await once()
    assert (await once())[0] == 200
