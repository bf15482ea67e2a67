"""What a channel cannot carry, as operators read it: a line on the card, a question, a refusal."""

from datetime import UTC

import pytest
from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.abilities import Abilities, Loss
from gateway.model.events import Refusal
from gateway.model.ids import AccountId, ContactId, DialogId, LineId, MessageId, NativeId, OperatorId
from gateway.model.messages import Media, MediaKind, Message, Origin, Profile, ReplyTo
from gateway.model.outgoing import SendMessage
from gateway.model.state import Dialog, DialogState
from gateway.operator_bot.cards import Setting, draw_card
from gateway.operator_bot.drawing import TEXT_LIMIT, TOAST_LIMIT, units
from gateway.operator_bot.losses import draw_loss, say_inability, say_lacks
from gateway.operator_bot.texts import LANGUAGES, Texts

TEXTS = Texts.load()
RU = TEXTS.of("ru")
MB = 1024 * 1024
SHOP = AccountId("shop")
BORIS = OperatorId("502")
EVERYTHING = Abilities(media_limits=dict.fromkeys(MediaKind, MB))
VK = Abilities(
    text_limit=4096,
    media_limits=dict.fromkeys(MediaKind, MB),
    turns={MediaKind.VIDEO: MediaKind.DOCUMENT, MediaKind.STICKER: MediaKind.DOCUMENT},
    bare=frozenset({MediaKind.VOICE}),
    formatting=False,
)
PHOTOS_ONLY = Abilities(
    text_limit=1000,
    text_unit="chars",
    media_limits={MediaKind.PHOTO: MB},
    edits=False,
    quotes=False,
    buttons=False,
    formatting=False,
    near_reactions=frozenset(),
)
ALMOST = Abilities(
    text_limit=1000,
    text_unit="bytes",
    media_limits={kind: MB for kind in MediaKind if kind is not MediaKind.DOCUMENT},
    turns={MediaKind.VIDEO_NOTE: MediaKind.VIDEO},
    deletes=False,
)


@pytest.mark.parametrize(
    ("can", "line"),
    [
        (Abilities(), ""),
        (EVERYTHING, ""),
        (VK, "ℹ️ файлом уйдут: видео, стикер; нет форматирования"),
        (
            PHOTOS_ONLY,
            (
                "ℹ️ из вложений — только фото; текст длиннее 1000 знаков уйдёт частями; "
                "нет форматирования, цитат, правки отправленного, реакций, кнопок"
            ),
        ),
        (
            ALMOST,
            (
                "ℹ️ нельзя отправить: файл; как видео уйдут: кружок; "
                "текст длиннее 500 знаков уйдёт частями; нет удаления отправленного"
            ),
        ),
        (replace(EVERYTHING, media_limits={}), "ℹ️ вложения отправить нельзя"),
        (replace(EVERYTHING, bare=frozenset(MediaKind)), "ℹ️ слова к вложению уйдут отдельным сообщением"),
    ],
)
def test_a_card_says_in_a_line_what_the_channel_cannot_do_and_only_where_it_is_so(can: Abilities, line: str) -> None:
    assert say_lacks(RU, can) == line
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
    setting = Setting(channel="vk", abilities=can, line="Продажи", names={}, now=1, zone=UTC)
    shown = draw_card(RU, BORIS, mine, setting).text
    assert shown == "💬 Мария\n🔵 VK · Продажи · №12\nВы отвечаете" + (f"\n{line}" if line else "")
    for other in (
        draw_card(RU, OperatorId("501"), mine, setting),
        draw_card(RU, BORIS, replace(mine, owner=None), setting),
    ):
        assert "ℹ️" not in other.text, "whoever does not answer need not know"


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
    assert question.message.text.startswith("Отправить так?\nМария · №1\n")

    await desk.do(c.Choose(operator=BORIS, ask="l900", dialog=DialogId("1"), press="p"))
    told = await desk.told()
    assert told.deleted(BORIS) == [question.sent]
    assert told.reactions(BORIS) == [(one.native, "👀") for one in origins]
    assert told.toasts(BORIS) == ["Уходит так"]
    assert desk.dialog().replies == (2, 3)
    assert desk.dialog().held[0].id == MessageId("1.2")
