"""What Telegram does not show an operator: words go in any case, and nothing vanishes in silence."""

import pytest
from msgspec.structs import replace

from gateway.connectors.telegram.media import WAYS
from gateway.model import commands as c
from gateway.model.abilities import Abilities, MediaRule
from gateway.model.events import CopyRefused
from gateway.model.ids import (
    ContactId,
    DialogId,
    FileId,
    MessageId,
    SentId,
    card_at,
    copy_at,
    dialog_of_sent,
    naming,
    notice_at,
)
from gateway.model.messages import Button, Entity, FileState, Media, MediaKind, Message, ReplyTo
from gateway.model.outgoing import SendEdit, SendMessage
from gateway.operator_bot.outbound.mirrored_messages import draw_album, draw_copy
from gateway.operator_bot.outbound.mirroring_failures import put_otherwise
from gateway.operator_bot.texts.phrases import Texts
from tests.operator_bot.conftest import ANNA, BORIS, STAFF, Desk

T = Texts.load().of("ru")
MB = 1024 * 1024
BOT = Abilities(media={kind: MediaRule(limit=way.limit) for kind, way in WAYS.items()})
FILE = FileId("1.1.0")
PHOTO = Media(MediaKind.PHOTO, file=FILE, state=FileState.STORED, size=900)
WORDS = "Здравствуйте! Вот проект, посчитайте до пятницы"


def document(size: int, name: str = "проект.pdf") -> Media:
    return Media(MediaKind.DOCUMENT, name=name, file=FILE, state=FileState.STORED, size=size)


@pytest.mark.parametrize("kind", list(MediaKind))
@pytest.mark.parametrize(("size", "why"), [(60 * MB, "60 МБ: здесь не показать"), (0, "файл пустой")])
def test_the_words_go_and_the_file_that_cannot_is_named_with_its_reason(kind: MediaKind, size: int, why: str) -> None:
    heavy = Media(kind, name="проект.pdf", file=FILE, state=FileState.STORED, size=size)
    (copy,) = draw_copy(T, Message(text=WORDS, attachments=(heavy,)), None, limits=BOT)
    assert copy.message.text.startswith(WORDS)
    assert why in copy.message.text
    assert not copy.message.attachments


def test_of_several_files_those_that_fit_are_shown() -> None:
    message = Message(text=WORDS, attachments=(document(60 * MB), PHOTO))
    (copy,) = draw_copy(T, message, None, limits=BOT)
    assert copy.message.attachments == (PHOTO,)
    assert copy.message.text == (
        f"{WORDS}\n📎 Файл «проект.pdf», 60 МБ: здесь не показать. "
        "Бот может прислать не больше 50 МБ; файл сохранён на сервере."
    )
    assert (
        draw_album(
            T, [Message(attachments=(document(60 * MB),)), Message(attachments=(document(1),))], None, limits=BOT
        )
        is None
    )


def test_a_photo_too_large_for_a_photo_goes_as_a_file_and_is_shown() -> None:
    (copy,) = draw_copy(T, Message(attachments=(replace(PHOTO, size=20 * MB),)), None, limits=BOT)
    assert copy.message.attachments


@pytest.mark.parametrize("text", [" ", "\n\n", "\u200b", "\u2800", "\u0301", ""])
def test_a_message_without_a_visible_sign_is_shown_as_an_empty_one(text: str) -> None:
    (copy,) = draw_copy(T, Message(text=text), "Мария · №1", limits=BOT)
    assert copy.message.text == "Мария · №1\n(пустое сообщение)"
    (alone,) = draw_copy(T, Message(text=text, attachments=(PHOTO,)), None, limits=BOT)
    assert (alone.message.text, alone.message.attachments) == ("", (PHOTO,))


# ── a refusal that comes back ─────────────────────────────────────────────────────────────────────────


def refused(message: Message, *, arrived: int = 0, known: bool = True, **more: object) -> CopyRefused:
    job = SendMessage(copy_at(MessageId("1.1"), BORIS), message, **more)  # type: ignore[arg-type]
    return CopyRefused(BORIS, job, "Telegram refused it", DialogId("1"), arrived, known)


def test_an_album_that_is_refused_goes_as_singles_each_under_its_own_name() -> None:
    places = tuple(copy_at(MessageId(f"1.{n}"), BORIS) for n in (2, 3))
    told = put_otherwise(T, refused(Message(text="Обе", attachments=(PHOTO,) * 3), album=places), 7)
    assert [one.sent for one in told] == [copy_at(MessageId("1.1"), BORIS), *places]
    assert [(one.message.text, len(one.message.attachments)) for one in told] == [("Обе", 1), ("", 1), ("", 1)]
    rest = put_otherwise(T, refused(Message(text="Обе", attachments=(PHOTO,) * 3), album=places, arrived=1), 7)
    assert rest == told[1:], "what is there is not sent again"


def test_what_is_refused_is_put_otherwise_with_less_each_time_and_ends_in_a_sentence() -> None:
    buttons = ((Button("Ответить", "1:claim:1:1"),),)
    message = Message(text="Слова", entities=(Entity("bold", 0, 5),), attachments=(PHOTO,), buttons=buttons)
    said, event = [], refused(message)
    for number in range(9):
        job, *more = put_otherwise(T, event, number)
        assert not more
        said.append(job)
        if job.sent.startswith("!"):
            break
        event = replace(event, job=job)
    texts = [one.message.text for one in said]
    assert texts[0] == "Слова\n⚠️ 📷 Фото: здесь не показать, Telegram refused it"
    assert all(one.startswith("Слова") for one in texts[:-1])
    assert [bool(one.message.entities) for one in said] == [True, False, False, False]
    assert [bool(one.message.buttons) for one in said[:-1]] == [True, True, False]
    assert texts[-1] == "⚠️ Не удалось показать здесь: Telegram refused it"
    assert len(said) == 4


def test_a_note_never_makes_the_words_too_long_for_one_message() -> None:
    told = put_otherwise(T, refused(Message(text="я" * 4096, attachments=(PHOTO,))), 1)
    assert "".join(one.message.text for one in told).startswith("я" * 4096)
    assert all(len(one.message.text) <= 4096 for one in told)
    assert len({one.sent for one in told}) == len(told)


@pytest.mark.parametrize("job", [SendMessage, SendEdit])
def test_a_sentence_that_comes_back_names_whom_it_named_in_each_of_its_messages(job: type) -> None:
    sent, names = notice_at("ended1.3", ANNA), (DialogId("1"),)
    event = CopyRefused(ANNA, job(sent, Message(text="я" * 4096, attachments=(PHOTO,)), names=names), "Bad Request")
    told = put_otherwise(T, event, 1)
    assert len(told) > 1
    for one in told:
        assert one.names == names
        assert dialog_of_sent(naming(one.sent, one.names)) == "1", "an answer to it is for this client"


def test_what_may_have_arrived_is_told_of_with_its_words_and_not_sent_again_whole() -> None:
    (told,) = put_otherwise(T, refused(Message(text="Слова", attachments=(PHOTO,)), known=False), 1)
    assert told.message.text.endswith("📷 Фото\nСлова")
    assert not told.message.attachments


async def test_a_refused_copy_of_a_clients_words_comes_back_with_the_words(desk: Desk) -> None:
    await desk.writes(text=WORDS, reply_to=ReplyTo(quote="?"))
    await desk.claims()
    told = await desk.told()
    (copy,) = told.copies(BORIS, "1.1")
    assert [one.returns for one in told.sends if one.job == copy] == [True]
    await desk.do(c.RecordRefusal(ContactId(BORIS), copy, "Telegram refused sendMessage: no"))
    (again,) = (await desk.told()).copies(BORIS, "1.1")
    assert WORDS in again.message.text
    assert again.message.entities == ()


async def test_a_card_whose_message_is_gone_comes_anew_where_it_is_needed(desk: Desk) -> None:
    await desk.writes()
    card = (await desk.told()).card(BORIS)
    edit = SendEdit(card.sent, card.message)
    await desk.do(c.RecordRefusal(ContactId(BORIS), edit, "the message is no longer there"))
    again = (await desk.told()).card(BORIS)
    assert isinstance(again, SendMessage)
    assert again.message.buttons
    await desk.claims()
    await desk.told()
    await desk.do(c.RecordRefusal(ContactId(ANNA), replace(edit, sent=card_at(DialogId("1"), ANNA)), "gone"))
    assert (await desk.told()).to(ANNA) == [], "who has nothing to do there needs no card"


async def test_the_last_sentence_does_not_come_back(desk: Desk) -> None:
    await desk.writes()
    card = (await desk.told()).card(BORIS)
    bare = SendMessage(card.sent, Message(text="?"))
    await desk.do(c.RecordRefusal(ContactId(BORIS), bare, "no"))
    told = await desk.told()
    (last,) = told.to(BORIS)
    assert isinstance(last, SendMessage)
    assert [one.returns for one in told.sends] == [False]
    assert last.message.buttons[0][0].text == "История"


async def test_who_is_gone_is_told_nothing(desk: Desk) -> None:
    await desk.writes()
    card = (await desk.told()).card(BORIS)
    await desk.change(BORIS, gone=True)
    await desk.do(c.RecordRefusal(ContactId(BORIS), SendMessage(card.sent, card.message), "no"))
    assert (await desk.told()).to(BORIS) == []


async def test_a_file_that_turns_out_too_large_is_named_when_it_has_come(desk: Desk) -> None:
    desk.context = replace(desk.context, abilities={STAFF: BOT})
    desk.restart()
    pending = Media(MediaKind.DOCUMENT, remote="r", name="проект.pdf")
    await desk.writes(text=WORDS, attachments=(pending,))
    await desk.claims()
    desk.now += 3_000
    await desk.told()
    await desk.do(c.RecordFile(MessageId("1.1"), FileId("1.1.0"), size=60 * MB, mime="application/pdf"))
    told = await desk.told()
    (edit,) = [one for one in told.to(BORIS) if isinstance(one, SendEdit) and one.sent == SentId(f"1.1@{BORIS}")]
    assert edit.message.text.startswith(WORDS)
    assert "60 МБ: здесь не показать" in edit.message.text
    assert not [one for one in told.to(BORIS) if isinstance(one, SendMessage) and one.message.attachments]
