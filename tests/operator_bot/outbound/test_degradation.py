"""What a channel cannot carry, as operators read it: a question, a refusal."""

from datetime import UTC
from typing import Any

import pytest

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.abilities import Abilities, Loss, MediaRule, TextRule
from gateway.model.events import Refusal
from gateway.model.ids import AccountId, ContactId, DialogId, LineId, MessageId, NativeId, OperatorId
from gateway.model.messages import Media, MediaKind, Message, Origin, Profile, ReplyTo
from gateway.model.outgoing import DeliveryStatus, SendMessage
from gateway.model.state import Dialog, DialogState
from gateway.operator_bot.outbound.cards import CardContext, draw_card
from gateway.operator_bot.outbound.degradation import draw_loss, say_inability
from gateway.operator_bot.texts.formatted_text import TEXT_LIMIT, TOAST_LIMIT, units
from gateway.operator_bot.texts.phrases import LANGUAGES, Texts

TEXTS = Texts.load()
RU = TEXTS.of("ru")
MB = 1024 * 1024
SHOP = AccountId("shop")
BORIS = OperatorId("502")
MARIA = ContactId("9001")
Desk = Any
VK = Abilities(
    text=TextRule(limit=4096, caption_limit=4096, formatting=False),
    media={
        **dict.fromkeys(MediaKind, MediaRule(limit=MB)),
        MediaKind.VIDEO: MediaRule(limit=MB, goes_as=MediaKind.DOCUMENT),
        MediaKind.STICKER: MediaRule(limit=MB, goes_as=MediaKind.DOCUMENT),
        MediaKind.VOICE: MediaRule(limit=MB, captioned=False),
    },
)


def test_a_card_is_silent_about_what_its_channel_cannot_do_until_it_matters() -> None:
    mine = Dialog(
        id=DialogId("12"),
        line=LineId("sales"),
        account=SHOP,
        contact=ContactId("9"),
        client="Мария",
        opened_at=1,
        owner=BORIS,
        state=DialogState.CLAIMED,
    )
    context = CardContext(channel="avito", line="Продажи", names={}, now=1, zone=UTC)
    assert draw_card(RU, BORIS, mine, context).text == "💬 Мария\n🟣 Авито · Продажи · №12\nВы отвечаете"


def asked(*losses: Loss, text: str = "", client: str = "Мария") -> e.LossAsked:
    return e.LossAsked(
        operator=BORIS,
        ask="l" + "9" * 15,
        dialog=DialogId("12"),
        client=client,
        message=Message(text=text, attachments=(Media(kind=losses[0].kind),)),
        origin=Origin(ContactId("502"), NativeId("5")),
        losses=losses,
    )


def test_the_question_says_what_would_happen_and_offers_both_ways() -> None:
    seen = draw_loss(RU, asked(Loss(MediaKind.VIDEO, MediaKind.DOCUMENT), Loss(MediaKind.VIDEO), text="смотрите"))
    assert seen.text == (
        "Отправить так?\nМария · №12\nсмотрите 🎬 Видео\n"
        "• видео: клиент получит файлом\n• Подпись уйдёт отдельным сообщением"
    )
    assert [[one.text for one in row] for row in seen.buttons] == [["Отправить так", "Не отправлять"]]
    assert seen.reply_to == ReplyTo(native=NativeId("5"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", MediaKind)
def test_the_question_fits_whatever_it_is_about(language: str, kind: MediaKind) -> None:
    losses = [Loss(kind, other) for other in MediaKind if other is not kind]
    seen = draw_loss(TEXTS.of(language), asked(*losses, Loss(kind), text="слово " * 3000, client="Мария " * 100))
    assert units(seen.text) < TEXT_LIMIT // 2
    assert seen.text.count("•") == len(MediaKind)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_names_what_is_refused_in_a_toast(language: str) -> None:
    t = TEXTS.of(language)
    for kind in MediaKind:
        told = say_inability(t, Refusal.CANNOT_CARRY, kind)
        assert len(told) < TOAST_LIMIT
        assert "()" not in told
    assert "50" in say_inability(t, Refusal.TOO_LARGE, "50")
    assert len(say_inability(t, Refusal.NO_SUCH_REACTION, "👍 " * 100)) < TOAST_LIMIT


async def test_words_that_would_lose_something_are_asked_about_once_for_an_album_and_go_when_agreed(desk) -> None:
    desk.rows.abilities = {SHOP: VK}
    await desk.do(
        c.Receive(contact=ContactId("9001"), message=Message(native=NativeId("1"), text="?"), profile=Profile("Мария"))
    )
    await desk.claims(BORIS)
    await desk.told()
    origins = [Origin(ContactId(BORIS), NativeId(str(number))) for number in (900, 901)]
    for origin in origins:
        film = Media(kind=MediaKind.VIDEO, remote="r", size=900)
        message = Message(attachments=(film,), group="g")
        await desk.do(c.Reply(operator=BORIS, origin=origin, message=message, dialog=DialogId("1")))

    [question] = [one for one in (await desk.told()).to(BORIS) if isinstance(one, SendMessage)]
    assert question.message.text.startswith("Отправить так?\n✈️ Мария · №1\n")

    await desk.do(c.Choose(operator=BORIS, ask="l900", dialog=DialogId("1"), press="p"))
    told = await desk.told()
    assert told.deleted(BORIS) == [question.sent]
    assert told.reactions(BORIS) == [(one.native, "👀") for one in origins]
    assert told.toasts(BORIS) == ["Отправляется"]
    assert desk.dialog().replies == (2, 3)
    assert desk.dialog().held[0].id == MessageId("1.2")


def test_brackets_that_became_no_button_are_shown_with_what_would_be_one():
    asked = e.LossAsked(
        operator=OperatorId("501"),
        ask="l5",
        dialog=DialogId("7"),
        client="Иван",
        message=Message(text="Удобно?\n[[Да"),
        origin=Origin(ContactId("501"), NativeId("5")),
        losses=(),
        mistyped="[[Да",
    )
    seen = draw_loss(RU, asked)
    assert "• Клиент увидит скобки: [[Да\n" in seen.text
    assert "[[Да]] [[Нет]]" in seen.text
    assert [[one.text for one in row] for row in seen.buttons] == [["Отправить так", "Не отправлять"]]


async def test_a_text_that_goes_in_parts_is_said_so_once_in_a_dialog(desk: Desk) -> None:
    desk.context.abilities = {SHOP: Abilities(text=TextRule(limit=10, caption_limit=10, unit="chars"))}
    await desk.writes()
    await desk.claims(BORIS)
    await desk.told()

    said = []
    for text in ("Коротко", "Это уже длиннее", "И это не короче"):
        await desk.says(text=text)
        said.append((await desk.told()).texts(BORIS))

    assert said == [[], ["✂️ Длинно для одного сообщения: здесь клиент получит текст частями."], []]


async def test_formatting_that_is_lost_is_said_once_in_a_dialog_and_what_else_is_lost_each_time(desk: Desk) -> None:
    await desk.writes()
    await desk.claims(BORIS)
    lost = "sent without its formatting"
    said = []
    for number, problem in enumerate((lost, lost, f"{lost}; sent as a picture: Avito takes no files"), 2):
        await desk.says(text="Да")
        await desk.told()
        sent = MessageId(f"1.{number}")
        await desk.do(
            c.RecordDelivery(
                contact=MARIA,
                message=sent,
                status=DeliveryStatus.SENT,
                natives=(NativeId(str(number)),),
                problem=problem,
            )
        )
        desk.restart()
        said.append((await desk.told()).texts(BORIS))

    assert said == [
        ["Отправлено, но: без оформления"],
        [],
        ["Отправлено, но: картинкой: файлы Авито не принимает"],
    ]
