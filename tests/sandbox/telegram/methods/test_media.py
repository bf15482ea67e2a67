from collections.abc import Awaitable, Callable
from io import BytesIO
from typing import Any

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramEntityTooLarge
from aiogram.types import (
    BufferedInputFile,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    Message,
)
from aiohttp import web

from sandbox.pictures import plain_png
from sandbox.server import BotHandle, Sandbox
from sandbox.toolkit.uploads import sample_file

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any

Call = Callable[..., Awaitable[tuple[int, Any]]]

PNG = plain_png(640, 480, "#336699")
KINDS = ["photo", "document", "voice", "video", "video_note", "animation", "audio", "sticker"]


def _file(kind: str) -> BufferedInputFile:
    sample = sample_file(kind)
    return BufferedInputFile(sample.content, sample.name)


async def _send(bot: Bot, chat_id: int, kind: str, **more: object) -> Message:
    return await getattr(bot, f"send_{kind}")(chat_id, _file(kind), **more)


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_file_is_sent_and_downloaded_again(
    maria: int, bot: Bot, kind: str, judge: Callable[[object], None]
) -> None:
    message = await _send(bot, maria, kind)
    judge(message)
    assert message.content_type == kind
    media = getattr(message, kind)
    media = media[-1] if kind == "photo" else media
    file = await bot.get_file(media.file_id)
    judge(file)
    assert file.file_unique_id == media.file_unique_id
    content = await bot.download_file(file.file_path or "")
    assert isinstance(content, BytesIO)
    assert content.read() == sample_file(kind).content


@pytest.mark.parametrize("kind", KINDS)
async def test_a_file_is_sent_again_by_its_id(maria: int, bot: Bot, kind: str) -> None:
    first = await _send(bot, maria, kind)
    media = getattr(first, kind)
    file_id = (media[-1] if kind == "photo" else media).file_id
    second = await getattr(bot, f"send_{kind}")(maria, file_id)
    assert getattr(second, kind) == media


async def test_a_photo_has_sizes_from_small_to_large(maria: int, bot: Bot) -> None:
    message = await bot.send_photo(maria, BufferedInputFile(PNG, "p.png"), caption="роза *", parse_mode=None)
    assert message.photo is not None
    assert [(size.width, size.height) for size in message.photo] == [(90, 68), (640, 480)]
    assert message.photo[-1].file_size == len(PNG)
    assert message.caption == "роза *"


async def test_an_animation_fills_document_too(maria: int, bot: Bot) -> None:
    message = await _send(bot, maria, "animation")
    assert message.animation is not None
    assert message.document is not None
    assert message.document.file_id == message.animation.file_id


async def test_a_voice_that_is_no_sound_becomes_a_document(maria: int, bot: Bot) -> None:
    message = await bot.send_voice(maria, BufferedInputFile(b"no sound at all", "voice.txt"))
    assert message.voice is None
    assert message.document is not None


async def test_a_caption_has_entities_and_a_limit(maria: int, bot: Bot) -> None:
    message = await _send(bot, maria, "document", caption="<i>счёт</i>", parse_mode="HTML")
    assert message.caption_entities is not None
    assert [entity.type for entity in message.caption_entities] == ["italic"]
    with pytest.raises(TelegramBadRequest, match="message caption is too long"):
        await _send(bot, maria, "document", caption="я" * 1025)


async def test_photos_that_are_none_or_too_large_are_refused(sandbox: Sandbox, maria: int, bot: Bot) -> None:
    with pytest.raises(TelegramBadRequest, match="IMAGE_PROCESS_FAILED"):
        await bot.send_photo(maria, BufferedInputFile(b"not a picture", "p.png"))
    with pytest.raises(TelegramBadRequest, match="PHOTO_INVALID_DIMENSIONS"):
        await bot.send_photo(maria, BufferedInputFile(plain_png(2100, 100, "#000000"), "long.png"))
    with pytest.raises(TelegramBadRequest, match="file must be non-empty"):
        await bot.send_document(maria, BufferedInputFile(b"", "empty.txt"))
    sandbox.change_settings({"max_photo_bytes": 100})
    with pytest.raises(TelegramBadRequest, match="is too big for a photo"):
        await bot.send_photo(maria, BufferedInputFile(PNG, "p.png"))


async def test_an_upload_above_the_limit_is_413(sandbox: Sandbox, maria: int, bot: Bot) -> None:
    sandbox.change_settings({"max_upload_bytes": 1000})
    with pytest.raises(TelegramEntityTooLarge):
        await bot.send_document(maria, BufferedInputFile(b"x" * 1001, "big.bin"))


async def test_a_file_too_big_to_download_says_so(sandbox: Sandbox, maria: int, bot: Bot) -> None:
    message = await _send(bot, maria, "document")
    assert message.document is not None
    sandbox.change_settings({"max_download_bytes": 3})
    with pytest.raises(TelegramBadRequest, match="file is too big"):
        await bot.get_file(message.document.file_id)


async def test_a_file_id_belongs_to_one_bot(
    sandbox: Sandbox, maria: int, bot: Bot, make_bot: Callable[[str], Bot]
) -> None:
    message = await _send(bot, maria, "document")
    assert message.document is not None
    desk = sandbox.bot("desk_bot")
    sandbox.people.start(maria, desk.id)
    other = make_bot(desk.token)
    for refused in (message.document.file_id, "BQACAgIAAxkBnonsense"):
        with pytest.raises(TelegramBadRequest, match="wrong file_id or the file is temporarily unavailable"):
            await other.send_document(maria, refused)
        with pytest.raises(TelegramBadRequest, match="wrong file_id or the file is temporarily unavailable"):
            await other.get_file(refused)


async def test_a_file_cannot_change_its_kind(maria: int, bot: Bot) -> None:
    message = await _send(bot, maria, "photo")
    assert message.photo is not None
    with pytest.raises(TelegramBadRequest, match="can't use file of type Photo as Document"):
        await bot.send_document(maria, message.photo[-1].file_id)


async def test_a_link_is_good_for_an_hour_and_for_its_bot_only(
    sandbox: Sandbox, maria: int, bot: Bot, make_bot: Callable[[str], Bot], hands: Fixture
) -> None:
    message = await _send(bot, maria, "document")
    assert message.document is not None
    path = (await bot.get_file(message.document.file_id)).file_path or ""
    other = make_bot(sandbox.bot("desk_bot").token)
    async with other:
        with pytest.raises(Exception, match="404"):
            await other.download_file(path)
    hands.ms += 3_600_001
    with pytest.raises(Exception, match="404"):
        await bot.download_file(path)
    await bot.download_file((await bot.get_file(message.document.file_id)).file_path or "")


async def test_an_album_is_messages_with_one_group_id(
    sandbox: Sandbox, shop: BotHandle, maria: int, bot: Bot, judge: Callable[[object], None]
) -> None:
    messages = await bot.send_media_group(
        maria,
        [
            InputMediaPhoto(media=BufferedInputFile(PNG, "1.png"), caption="<b>два</b> букета", parse_mode="HTML"),
            InputMediaVideo(media=_file("video")),
        ],
    )
    judge(messages)
    assert [message.content_type for message in messages] == ["photo", "video"]
    assert len({message.media_group_id for message in messages}) == 1
    assert messages[0].caption == "два букета"
    assert messages[1].caption is None


async def test_albums_have_rules(maria: int, bot: Bot, call: Call) -> None:
    photo = InputMediaPhoto(media=BufferedInputFile(PNG, "1.png"))
    document = InputMediaDocument(media=_file("document"))
    audio = InputMediaAudio(media=_file("audio"))
    for album, words in (
        ([photo], "too few messages"),
        ([photo] * 11, "too many messages"),
        ([photo, document], "document can't be mixed"),
        ([audio, photo], "audio can't be mixed"),
    ):
        with pytest.raises(TelegramBadRequest, match=words):
            await bot.send_media_group(maria, album)
    status, body = await call("sendMediaGroup", chat_id=maria, media=[{"type": "animation", "media": "x"}] * 2)
    assert (status, body["description"]) == (400, "Bad Request: animation can't be sent as an album")


async def test_a_file_is_fetched_from_an_address_of_this_machine_only(maria: int, call: Call) -> None:
    async def serve(_request: web.Request) -> web.Response:
        return web.Response(body=PNG, content_type="image/png")

    app = web.Application()
    app.router.add_get("/rose.png", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    status, body = await call("sendPhoto", chat_id=maria, photo=f"http://127.0.0.1:{port}/rose.png")
    assert (status, body["result"]["photo"][-1]["width"]) == (200, 640)
    status, body = await call("sendPhoto", chat_id=maria, photo=f"http://127.0.0.1:{port}/gone.png")
    assert body["description"] == "Bad Request: failed to get HTTP URL content"
    status, body = await call("sendPhoto", chat_id=maria, photo="https://example.com/rose.png")
    assert body["description"] == "Bad Request: failed to get HTTP URL content"
    await runner.cleanup()
