"""Clients' words with files: a photo is one message, an album one too, and nothing waits long or out of its turn."""

from typing import Any

import pytest

from gateway.model import events as e
from gateway.model.codec import encode
from gateway.model.ids import ContactId, DialogId, MessageId, OperatorId, copy_at
from gateway.model.messages import FileState, Media, MediaKind, Message
from gateway.model.outgoing import SendDelete, SendEdit, SendMessage
from gateway.model.state import Received

BORIS = OperatorId("502")
MARIA, IVAN = ContactId("9001"), ContactId("9002")
ONE = DialogId("1")
PHOTO = Media(MediaKind.PHOTO, remote="f1")
Desk = Any


@pytest.fixture
async def claimed(desk: Desk) -> Desk:
    """Boris answers Maria; all of that is told."""
    await desk.writes()
    await desk.claims(BORIS)
    await desk.told()
    return desk


async def test_a_photo_that_comes_in_time_is_one_message_with_its_words(claimed: Desk) -> None:
    await claimed.writes(text="Вот", attachments=(PHOTO,))
    assert (await claimed.told()).to(BORIS) == []

    await claimed.stored("1.2")
    told = await claimed.told()

    (photo,) = told.to(BORIS)
    assert (photo.message.text, photo.sent) == ("Вот", copy_at(MessageId("1.2"), BORIS))
    (media,) = photo.message.media
    assert (media.file, media.state, media.kind) == ("1.2.0", FileState.STORED, MediaKind.PHOTO)
    claimed.now += 60_000
    assert (await claimed.told()).to(BORIS) == []


async def test_twelve_photos_are_twelve_messages_in_their_order(claimed: Desk) -> None:
    for _ in range(12):
        await claimed.writes(text="", attachments=(PHOTO,))
    for number in reversed(range(2, 14)):
        await claimed.stored(f"1.{number}")

    told = await claimed.told()

    assert [one.message.media[0].file for one in told.to(BORIS)] == [f"1.{number}.0" for number in range(2, 14)]


async def test_a_file_that_takes_long_is_announced_and_follows(claimed: Desk) -> None:
    await claimed.writes(text="Вот", attachments=(PHOTO,))
    claimed.now += 1_999
    assert (await claimed.told()).to(BORIS) == []
    claimed.now += 1

    (announced,) = (await claimed.told()).to(BORIS)
    assert announced.message.text == "Вот\n📷 Фото загружается…"

    await claimed.stored("1.2")
    told = await claimed.told()
    (photo,) = told.copies(BORIS, "1.2")
    assert photo.sent == copy_at(MessageId("1.2"), BORIS, 1)
    assert SendEdit(copy_at(MessageId("1.2"), BORIS), Message(text="Вот")) in told.to(BORIS)


async def test_an_announcement_without_words_goes_when_its_file_is_there(claimed: Desk) -> None:
    await claimed.writes(text="", attachments=(PHOTO,))
    claimed.now += 2_000
    await claimed.told()
    await claimed.stored("1.2")

    told = await claimed.told()

    assert [type(one) for one in told.to(BORIS)] == [SendMessage, SendDelete]
    assert told.deleted(BORIS) == [copy_at(MessageId("1.2"), BORIS)]


async def test_a_file_that_will_not_come_is_said_to_be_lost(claimed: Desk) -> None:
    await claimed.writes(text="", attachments=(Media(MediaKind.DOCUMENT, remote="f", name="смета.pdf"),))
    await claimed.stored("1.2", problem="the file is larger than 20 MB, the most that Telegram hands to bots")

    told = await claimed.told()

    assert told.texts(BORIS) == [
        "📎 Файл «смета.pdf»: загрузить не удалось, файл больше 20 МБ, а больше Telegram ботам не отдаёт"
    ]


async def test_words_behind_a_photo_keep_their_place_and_wait_no_longer_than_it(claimed: Desk) -> None:
    await claimed.writes(text="", attachments=(PHOTO,))
    await claimed.writes(text="Такой есть?", after_ms=1_000)
    assert (await claimed.told()).to(BORIS) == []
    claimed.now += 1_000

    told = await claimed.told()

    assert told.texts(BORIS) == ["📷 Фото загружается…", "Такой есть?"]


async def test_what_waits_in_one_dialog_holds_up_no_other(claimed: Desk) -> None:
    await claimed.writes(IVAN, text="А мне?")
    await claimed.claims(BORIS, "2")
    await claimed.told()
    await claimed.writes(text="", attachments=(PHOTO,))
    await claimed.writes(IVAN, text="Ау")

    told = await claimed.told()

    assert told.texts(BORIS) == ["✈️ Иван · №2\nАу"]


async def test_a_correction_of_words_that_wait_gives_them_first(claimed: Desk) -> None:
    message = await claimed.writes(text="Вто", attachments=(PHOTO,))
    await claimed.happen(
        e.MessageEdited(ONE, MessageId("1.2"), "shop", MARIA, Message(text="Вот", attachments=message.attachments))
    )

    told = await claimed.told()

    assert told.texts(BORIS) == ["Вто\n📷 Фото загружается…", "✏️ Клиент изменил это сообщение\nБыло: Вто\nСтало: Вот"]


async def test_a_restart_forgets_nothing_that_waits(claimed: Desk) -> None:
    await claimed.writes(text="", attachments=(PHOTO,))
    await claimed.told()
    claimed.restart()
    claimed.now += 2_000

    assert (await claimed.told()).texts(BORIS) == ["📷 Фото загружается…"]
    assert (await claimed.told()).to(BORIS) == []


async def test_who_cannot_be_written_to_is_not_waited_for(claimed: Desk) -> None:
    await claimed.writes(text="", attachments=(PHOTO,))
    await claimed.change(BORIS, gone=True)
    claimed.now += 2_000

    assert (await claimed.told()).to(BORIS) == []
    assert not await claimed.store.ask("EXISTS", claimed.store.keys.coming)
    assert claimed.notifier.passed_over == 0


async def test_what_nobody_remembers_is_not_waited_for(claimed: Desk) -> None:
    await claimed.writes(text="", attachments=(PHOTO,))
    await claimed.told()
    await claimed.store.note([("DEL", claimed.store.keys.drawn(ONE))])

    assert (await claimed.told()).to(BORIS) == []
    assert not await claimed.store.ask("EXISTS", claimed.store.keys.coming)


async def test_what_cannot_be_told_takes_neither_the_words_before_it_nor_those_after_along(claimed: Desk) -> None:
    await claimed.writes(text="Вот", attachments=(PHOTO,))
    await claimed.writes(text="", attachments=(PHOTO,))
    await claimed.told()
    broken = encode(Received(MessageId("1.777"), Message()))
    await claimed.store.note([("HSET", claimed.store.keys.drawn(ONE), "1.3", broken)])
    claimed.now += 2_000
    assert (await claimed.told()).texts(BORIS) == ["Вот\n📷 Фото загружается…"]

    await claimed.writes(text="Ау")

    assert (await claimed.told()).texts(BORIS) == ["Ау"]
    assert claimed.notifier.passed_over == 1


# ── albums ────────────────────────────────────────────────────────────────────────────────────────────


async def send_album(desk: Desk, count: int = 3, *, stored: bool = True) -> None:
    for number in range(count):
        await desk.writes(text="" if number else "Вот", attachments=(PHOTO,), group="g1")
    if stored:
        for number in range(2, 2 + count):
            await desk.stored(f"1.{number}")


async def test_an_album_whose_files_are_there_is_one_send_with_a_place_for_each(claimed: Desk) -> None:
    await send_album(claimed)
    assert (await claimed.told()).to(BORIS) == []
    claimed.now += 1_000

    (album,) = (await claimed.told()).to(BORIS)

    assert (album.message.text, len(album.message.media)) == ("Вот", 3)
    assert (album.sent, *album.album) == tuple(copy_at(MessageId(f"1.{number}"), BORIS) for number in (2, 3, 4))


async def test_an_album_is_ended_by_the_next_words(claimed: Desk) -> None:
    await send_album(claimed)
    await claimed.writes(text="Какой лучше?")

    told = await claimed.told()

    assert [len(one.message.media) for one in told.to(BORIS)] == [3, 0]


async def test_an_album_with_a_slow_picture_goes_one_by_one_after_the_wait(claimed: Desk) -> None:
    await send_album(claimed, stored=False)
    await claimed.stored("1.2")
    claimed.now += 2_000

    told = await claimed.told()

    assert told.texts(BORIS) == ["Вот", "📷 Фото загружается…", "📷 Фото загружается…"]


async def test_several_files_of_one_message_are_an_album_too(claimed: Desk) -> None:
    await claimed.writes(text="Все", attachments=(PHOTO, PHOTO))
    await claimed.stored("1.2", 0)
    await claimed.stored("1.2", 1)

    (album,) = (await claimed.told()).to(BORIS)

    assert (album.sent, *album.album) == tuple(copy_at(MessageId("1.2"), BORIS, part) for part in (1, 2))


async def test_a_deletion_in_an_album_points_at_its_own_picture(claimed: Desk) -> None:
    await send_album(claimed)
    claimed.now += 1_000
    await claimed.told()
    await claimed.knows(BORIS, copy_at(MessageId("1.3"), BORIS), "903")
    await claimed.happen(e.MessageDeleted(ONE, MessageId("1.3")))

    mark = (await claimed.told()).to(BORIS)[-1]

    assert mark.reply_to_sent == copy_at(MessageId("1.3"), BORIS)
