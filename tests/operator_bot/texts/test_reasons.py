"""Reasons of connectors as an operator reads them, and that the connectors still give them."""

import pytest

from gateway.connectors.contract import Known, Part
from gateway.connectors.telegram.media import way_to_send
from gateway.connectors.telegram.render import plainer, render
from gateway.errors import Refused
from gateway.model.ids import ContactId, NativeId
from gateway.model.messages import Media, MediaKind
from gateway.model.outgoing import DeliveryStatus, SendReaction
from gateway.operator_bot.texts import reasons
from gateway.operator_bot.texts.phrases import Texts
from gateway.operator_bot.texts.sentences import say_delivery

RU = Texts.load().of("ru")
_MB = 1024 * 1024


def test_a_reason_that_people_meet_is_said_in_their_language_and_another_as_it_came() -> None:
    assert reasons.say_reason(RU, "the client blocked the bot") == "клиент заблокировал бота"
    assert reasons.say_reason(RU, "something new") == "something new"


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (
            "Telegram's server failed at sendPhoto (502); given up after 5 tries",
            "сбой на сервере Telegram (502); отправка прекращена после 5 попыток",
        ),
        ("the client blocked the bot (1 of its 3 parts arrived)", "клиент заблокировал бота (дошло частей: 1 из 3)"),
        (
            "the file is larger than the 20 MB that this messenger hands out",
            "файл больше 20 МБ, а больше из этого мессенджера не принять",
        ),
        ("the file is larger than 10.5 MB", "файл больше 10.5 МБ, а больше из этого мессенджера не принять"),
        (
            "sent without the quoted words; sent as a file: not taken as photo",
            "без цитаты; файлом: иначе Telegram не принял",
        ),
        ("the photo is not to be had: the file was eaten", "файл не получить: the file was eaten"),
        (
            "more than 24 hours have passed since the client's last message: only an approved template can be sent",
            "с последнего сообщения клиента прошло больше 24 часов: отправить можно только одобренный шаблон",
        ),
        (
            "sent as a file: WhatsApp takes no audio/wav otherwise",
            "файлом: audio/wav WhatsApp принимает только так",
        ),
        ("Avito refused taking a message (400): Validation error", "Авито этого не принял (400): Validation error"),
        ("Avito refused taking a picture (409)", "Авито этого не принял (409)"),
        ("something new; given up after 21 tries", "something new; отправка прекращена после 21 попытки"),
    ],
)
def test_a_reason_with_figures_or_another_reason_in_it_is_said_wholly(problem: str, told: str) -> None:
    assert reasons.say_reason(RU, problem) == told


@pytest.mark.parametrize(
    ("media", "told"),
    [
        (Media(MediaKind.PHOTO, size=11 * _MB), "файлом: иначе слишком большой"),
        (Media(MediaKind.PHOTO, mime="image/heic"), "файлом: image/heic Telegram иначе не принимает"),
        (
            Media(MediaKind.PHOTO, width=9000, height=90),
            "файлом: для фото картинка слишком вытянута",
        ),
    ],
)
def test_what_telegram_takes_only_as_a_file_is_said_in_russian(media: Media, told: str) -> None:
    _, loses = way_to_send(media)

    assert loses is not None
    assert reasons.say_reason(RU, loses) == told


def test_what_telegram_refuses_is_said_in_russian() -> None:
    with pytest.raises(Refused) as too_large:
        way_to_send(Media(MediaKind.VIDEO, name="отпуск.mp4", size=60 * _MB))
    with pytest.raises(Refused) as strange:
        render(ContactId("1"), SendReaction(NativeId("5"), "🧿"), Known())
    less = plainer(Part("sendPhoto", {"photo": {"attach": 0, "name": "a.jpg"}}))

    assert less is not None
    assert less.loses is not None
    assert [reasons.say_reason(RU, one) for one in (str(too_large.value), str(strange.value), less.loses)] == [
        "файл больше 50 МБ, а больше бот отправить не может: отправьте ссылку на него",
        "Telegram даёт ботам не все реакции, 🧿 среди них нет",
        "файлом: иначе Telegram не принял",
    ]


@pytest.mark.parametrize(("language", "word"), [("ru", "отправлен"), ("en", "sent")])
def test_what_was_lost_on_the_way_does_not_say_twice_that_it_was_sent(language: str, word: str) -> None:
    t = Texts.load().of(language)
    sources = [one.source for one in t.problems._known if one.source.startswith("sent ")]

    told = [say_delivery(t, DeliveryStatus.SENT, source) or "" for source in sources]

    assert len(told) > 20
    assert [one for one in told if one.casefold().count(word) != 1] == []
