import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.model.ids import FileId, MessageId, NativeId
from gateway.model.messages import (
    NAMELESS,
    Attachment,
    ContactCard,
    Entity,
    FileState,
    Location,
    Media,
    MediaKind,
    Message,
    ReplyTo,
    Unsupported,
)
from gateway.model.text import is_blank
from gateway.operator_bot.outbound.mirrored_messages import (
    MirroredMessage,
    draw_album,
    draw_change,
    draw_copy,
    draw_text,
    looks_same,
)
from gateway.operator_bot.texts.formatted_text import CAPTION_LIMIT, TEXT_LIMIT, units
from gateway.operator_bot.texts.phrases import Texts
from gateway.operator_bot.texts.untrusted import defused

T = Texts.load().of("ru")
HERE = FileId("12.1.0")
PHOTO = Media(MediaKind.PHOTO, file=HERE, state=FileState.STORED)
PENDING = Media(MediaKind.VOICE, duration=72, file=HERE)
LOST = Media(MediaKind.VIDEO, file=HERE, state=FileState.FAILED, problem="the file is gone")
STICKER = Media(MediaKind.STICKER, emoji="😀", file=HERE, state=FileState.STORED)
HEADER = "Мария · №12"


def drawn(message: Message, header: str | None = None) -> list[tuple[int, str, int]]:
    """Part, text and number of attachments of each copy."""
    return [(one.part, one.message.text, len(one.message.attachments)) for one in draw_copy(T, message, header)]


@pytest.mark.parametrize(
    ("message", "header", "copies"),
    [
        (Message(text="Да"), None, [(0, "Да", 0)]),
        (Message(text="Да"), HEADER, [(0, "Мария · №12\nДа", 0)]),
        (Message(text="Вот", attachments=(PHOTO,)), None, [(0, "Вот", 1)]),
        (Message(text="Вот", attachments=(PHOTO,)), HEADER, [(0, "Мария · №12\nВот", 1)]),
        (Message(attachments=(PHOTO,)), None, [(1, "", 1)]),
        (Message(attachments=(PHOTO,)), HEADER, [(1, HEADER, 1)]),
        (Message(attachments=(STICKER,)), None, [(1, "", 1)]),
        (Message(attachments=(STICKER,)), HEADER, [(0, HEADER, 0), (1, "", 1)]),
        (Message(text="Вот", attachments=(STICKER,)), None, [(0, "Вот", 0), (1, "", 1)]),
        (Message(text="Вот", attachments=(PHOTO, PHOTO)), HEADER, [(0, f"{HEADER}\nВот", 0), (1, "", 1), (2, "", 1)]),
        (Message(text="я" * 1025, attachments=(PHOTO,)), None, [(0, "я" * 1025, 0), (1, "", 1)]),
        (Message(attachments=(PENDING,)), None, [(0, "🎤 Голосовое сообщение 1:12 загружается…", 0)]),
        (Message(attachments=(LOST,)), None, [(0, "🎬 Видео: загрузить не удалось, the file is gone", 0)]),
        (
            Message(text="Ответьте", attachments=(Unsupported("poll", "Цвет?"),)),
            None,
            [(0, "Ответьте\n❔ опрос (Цвет?): здесь это показать нельзя", 0)],
        ),
        (
            Message(attachments=(Unsupported("call", "missed"),)),
            None,
            [(0, "❔ пропущенный звонок: здесь это показать нельзя", 0)],
        ),
        (
            Message(attachments=(Unsupported("story_mention"), PHOTO)),
            None,
            [(0, "🖼 ваш аккаунт в сторис клиента", 1)],
        ),
        (
            Message(attachments=(Unsupported("ig_reel", "Букет"), replace(LOST, state=FileState.STORED))),
            None,
            [(0, "🎬 рилс (Букет)", 1)],
        ),
        (
            Message(attachments=(Unsupported("story_mention"), replace(PHOTO, state=FileState.FAILED, problem="gone"))),
            None,
            [(0, "❔ ваш аккаунт в сторис клиента: здесь это показать нельзя\n📷 Фото: загрузить не удалось, gone", 0)],
        ),
        (
            Message(attachments=(Unsupported("story_mention"),)),
            None,
            [(0, "❔ ваш аккаунт в сторис клиента: здесь это показать нельзя", 0)],
        ),
        (
            Message(attachments=(Unsupported("poll"), PHOTO)),
            None,
            [(0, "❔ опрос: здесь это показать нельзя", 1)],
        ),
        (Message(attachments=(Location(1, 2),)), HEADER, [(0, HEADER, 0), (1, "", 1)]),
        (Message(attachments=(ContactCard("+7"),)), None, [(1, "", 1)]),
        (Message(text="Да", forwarded_from="Пётр"), None, [(0, "Переслано от: Пётр\nДа", 0)]),
        (Message(text="Этот", reply_to=ReplyTo(quote="белый")), None, [(0, "белый\nЭтот", 0)]),
    ],
)
def test_a_copy_has_all_that_the_client_sent(
    message: Message, header: str | None, copies: list[tuple[int, str, int]]
) -> None:
    assert drawn(message, header) == copies


def test_only_the_first_message_of_a_copy_rings() -> None:
    copies = draw_copy(T, Message(text="Вот", attachments=(PHOTO, STICKER)), HEADER)

    assert [one.silent for one in copies] == [False, True, True]


def test_the_clients_formatting_stays_with_their_words() -> None:
    message = Message(text="🙂 жирно", entities=(Entity("bold", 3, 5),), forwarded_from="Пётр")

    ((copy),) = draw_copy(T, message, HEADER)

    start = units(f"{HEADER}\nПереслано от: Пётр\n")
    assert copy.message.entities[-1] == Entity("bold", start + 3, 5)


def test_nothing_is_left_to_say_when_a_file_without_words_has_come() -> None:
    assert draw_text(T, Message(attachments=(PHOTO,)), HEADER) == []
    (told,) = draw_text(T, Message(text="Вот", attachments=(PHOTO,)), HEADER)
    assert told.text == f"{HEADER}\nВот"


def test_a_text_as_long_as_the_messenger_takes_is_shown_wholly_under_its_header() -> None:
    text = "длинно " * 585

    copies = draw_copy(T, Message(text=text), HEADER)

    assert "".join(one.message.text for one in copies) == f"{HEADER}\n{text}"
    assert {one.part for one in copies} == {0}


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (PHOTO, Media(MediaKind.PHOTO, remote="another handle"), True),
        (PHOTO, Media(MediaKind.PHOTO, width=5), False),
        (PHOTO, STICKER, False),
        (Location(1, 2), Location(1, 2), True),
        (Location(1, 2), Location(1, 3), False),
    ],
)
def test_an_exchanged_attachment_is_told_from_the_same(old: Attachment, new: Attachment, *, same: bool) -> None:
    assert looks_same(Message(attachments=(old,)), Message(attachments=(new,))) is same


def test_a_change_that_cannot_be_made_in_place_names_what_there_is_now() -> None:
    (told,) = draw_change(T, Message(text="Мира 5", attachments=(Location(1, 2, title="Склад"),)))

    assert told.text == "✏️ Клиент изменил это сообщение\nМира 5\n📍 Место: Склад"


ATTACHMENTS = st.lists(
    st.sampled_from([PHOTO, PENDING, LOST, STICKER, Location(1, 2), ContactCard("+7"), Unsupported("poll")]), max_size=4
)


@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(lambda one: one * 300),
    attachments=ATTACHMENTS,
    header=st.sampled_from([None, HEADER, "я" * 300]),
    changed=st.booleans(),
)
def test_copies_keep_telegrams_limits_and_lose_no_attachment(
    text: str, attachments: list[Attachment], header: str | None, *, changed: bool
) -> None:
    copies = draw_copy(T, Message(text=text, attachments=tuple(attachments)), header, changed=changed)

    for one in copies:
        assert units(one.message.text) <= (CAPTION_LIMIT if one.message.attachments else TEXT_LIMIT)
        assert one.message.text or one.message.attachments
    passed = [attached for one in copies for attached in one.message.attachments]
    assert passed == [one for one in attachments if one in (PHOTO, STICKER, Location(1, 2), ContactCard("+7"))]
    if not is_blank(text):
        assert defused(text) in "".join(one.message.text for one in copies)
    assert isinstance(copies, list)
    assert all(isinstance(one, MirroredMessage) for one in copies)


SOUND = Media(MediaKind.AUDIO, file=HERE, state=FileState.STORED)
FILM = Media(MediaKind.VIDEO, file=HERE, state=FileState.STORED)


def test_pictures_with_one_caption_are_an_album_under_their_header() -> None:
    album = draw_album(T, [Message(attachments=(PHOTO,)), Message(text="Обе", attachments=(FILM,))], HEADER)

    assert album == Message(
        text=f"{HEADER}\nОбе", entities=(Entity("bold", 0, len(HEADER)),), attachments=(PHOTO, FILM)
    )


@pytest.mark.parametrize(
    "messages",
    [
        [Message(attachments=(PHOTO,))],
        [Message(text="Да"), Message(text="Нет")],
        [Message(attachments=(PHOTO, SOUND))],
        [Message(attachments=(PHOTO, STICKER))],
        [Message(attachments=(PHOTO, replace(PHOTO, state=FileState.REMOTE)))],
        [Message(attachments=(PHOTO, replace(PHOTO, state=FileState.FAILED)))],
        [Message(text="Эта", attachments=(PHOTO,)), Message(text="или эта", attachments=(PHOTO,))],
        [Message(text="я" * (CAPTION_LIMIT + 1), attachments=(PHOTO, PHOTO))],
        [Message(attachments=(PHOTO, Location(1, 2)))],
    ],
)
def test_what_telegram_shows_no_album_of_goes_one_by_one(messages: list[Message]) -> None:
    assert draw_album(T, messages, None) is None


# ── what is answered, whose words these were, what was heard ──────────────────────────────────────────


def test_an_answer_to_what_is_not_here_says_so_and_shows_what_the_messenger_told_of_it() -> None:
    unknown = Message(text="эта сколько?", reply_to=ReplyTo(native=NativeId("7")))
    (copy,) = draw_copy(T, unknown, None)
    assert copy.message.text == "↩️ Ответ на сообщение, которого здесь нет\nэта сколько?"
    quoted = Message(text="да", reply_to=ReplyTo(native=NativeId("7"), quote="ждать?"))
    assert draw_copy(T, quoted, None)[0].message.text == "ждать?\nда"
    known = Message(text="да", reply_to=ReplyTo(native=NativeId("7"), message=MessageId("1.2")))
    assert draw_copy(T, known, None)[0].message.text == "да"
    photo = Media(kind=MediaKind.PHOTO, file=FileId("f"), state=FileState.STORED)
    brought = Message(text="да", attachments=(photo,), reply_to=ReplyTo(native=NativeId("7"), brought=1))
    (copy,) = draw_copy(T, brought, None)
    assert copy.message.text == "↩️ Ответ на сообщение, которого здесь нет: вложения — из него\nда"
    assert copy.message.attachments == (photo,)


def test_a_forward_of_nobody_known_is_still_one_and_a_transcript_stands_by_its_voice() -> None:
    (copy,) = draw_copy(T, Message(text="слово", forwarded_from=NAMELESS), None)
    assert copy.message.text == "Переслано, но автор неизвестен: возможно, аккаунт удалён\nслово"
    lost = Media(kind=MediaKind.VOICE, state=FileState.FAILED, problem="x", transcript="алло")
    assert draw_copy(T, Message(attachments=(lost,)), None)[0].message.text.endswith("\n📝 алло")
    here = Media(kind=MediaKind.VOICE, state=FileState.STORED, file=FileId("f"), transcript="алло")
    (copy,) = draw_copy(T, Message(attachments=(here,)), None)
    assert (copy.message.text, copy.message.attachments) == ("📝 алло", (here,))
