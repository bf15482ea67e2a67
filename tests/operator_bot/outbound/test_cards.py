import re
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.model.ids import AccountId, ContactId, DialogId, LineId, MessageId, OperatorId
from gateway.model.messages import (
    Consent,
    Entity,
    Media,
    MediaKind,
    Message,
    Profile,
    ReplyTo,
    Unsupported,
    Visit,
    Window,
)
from gateway.model.state import CloseReason, Dialog, DialogState, Received
from gateway.operator_bot.inbound.buttons import LIMIT, read_button
from gateway.operator_bot.outbound.cards import ONE_LIMIT, CardContext, draw_card, shows_wholly
from gateway.operator_bot.texts.formatted_text import TEXT_LIMIT, units
from gateway.operator_bot.texts.phrases import LANGUAGES, Texts

ANNA, BORIS = OperatorId("501"), OperatorId("502")
NOON = 1_700_049_600_000
TEXTS = Texts.load()
RU = TEXTS.of("ru")


def words(*texts: str) -> tuple[Received, ...]:
    return tuple(Received(MessageId(f"12.{n}"), Message(text=text)) for n, text in enumerate(texts, 1))


NEW = Dialog(
    id=DialogId("12"),
    line=LineId("sales"),
    account=AccountId("shop"),
    contact=ContactId("9"),
    client="Мария",
    opened_at=NOON - 60_000,
    waiting_since=NOON - 60_000,
    version=3,
    backlog=words("Здравствуйте!", "Есть ли доставка?"),
)
TAKEN = replace(NEW, owner=BORIS, state=DialogState.CLAIMED, claimed_at=NOON, backlog=(), version=4)
CLOSED = replace(TAKEN, state=DialogState.CLOSED, closed_at=NOON, reason=CloseReason.OPERATOR, version=5)
AROUND = CardContext(channel="telegram", line="Продажи", names={ANNA: "Анна", BORIS: "Борис"}, now=NOON, zone=UTC)

GOLDENS = [
    (
        ANNA,
        NEW,
        AROUND,
        "🆕 Мария\n✈️ Telegram · Продажи · №12\n⏳ Ждёт с 11:59\nЗдравствуйте!\nЕсть ли доставка?",
        ["1:claim:12:3", "1:skip:12:3", "1:history:12:0", "1:more:12"],
    ),
    (
        ANNA,
        replace(NEW, declined=(ANNA,)),
        AROUND,
        "▫️ Мария\n✈️ Telegram · Продажи · №12\nСкрыто у вас",
        ["1:claim:12:3"],
    ),
    (
        BORIS,
        TAKEN,
        AROUND,
        "💬 Мария\n✈️ Telegram · Продажи · №12\nВы отвечаете",
        ["1:close:12:4", "1:history:12:0", "1:back:12:4", "1:more:12"],
    ),
    (ANNA, TAKEN, AROUND, "🔒 Мария\n✈️ Telegram · Продажи · №12\nотвечает Борис, с 12:00", []),
    (
        BORIS,
        CLOSED,
        AROUND,
        "✅ Мария\n✈️ Telegram · Продажи · №12\nДиалог завершён, 12:00",
        ["1:history:12:0", "1:again:12"],
    ),
    (
        ANNA,
        replace(CLOSED, reason=CloseReason.AUTO),
        replace(AROUND, reachable=False),
        (
            "✅ Мария\n✈️ Telegram · Продажи · №12\nДиалог завершён автоматически: клиент не ответил, 12:00\n"
            "⚠️ Клиент заблокировал нашего бота: ответы не дойдут"
        ),
        ["1:history:12:0", "1:again:12"],
    ),
    (
        BORIS,
        replace(CLOSED, reason=CloseReason.BLOCKED),
        replace(AROUND, blocked=True),
        (
            "✅ Мария\n✈️ Telegram · Продажи · №12\nДиалог завершён: клиент заблокирован, 12:00\n"
            "🚫 Клиент заблокирован: сообщения не приходят, но считаются"
        ),
        ["1:history:12:0", "1:unblock:12"],
    ),
]
DAY = 24 * 3600 * 1000
OPEN, LONG, OVER = Window(NOON + DAY), Window(NOON + DAY, NOON + 7 * DAY), Window(NOON - DAY)
WINDOWS = [
    (OPEN, AROUND, "🕓 Ответить можно до 16 нояб. 12:00", False),
    (Window(NOON + 7_500_000), AROUND, "🕓 Ответить можно до 14:05", False),
    (
        LONG,
        AROUND,
        "🕓 Ответить можно до 16 нояб. 12:00, вручную и только по его вопросу, без рекламы — до 22 нояб. 12:00",
        False,
    ),
    (
        LONG,
        replace(AROUND, now=NOON + DAY),
        "🕓 Ответить можно до 22 нояб. 12:00, но вручную и только по его вопросу, без рекламы",
        False,
    ),
    (
        OVER,
        AROUND,
        "⌛️ Время ответа вышло: 14 нояб. 12:00. Можно дождаться, пока клиент напишет, или связаться другим каналом.",
        False,
    ),
    (
        OVER,
        replace(AROUND, templates=True),
        (
            "⌛️ Время ответа вышло: 14 нояб. 12:00. Можно отправить шаблон (/templates), дождаться, пока клиент "
            "напишет, или связаться другим каналом."
        ),
        True,
    ),
    (OPEN, replace(AROUND, templates=True), "🕓 Ответить можно до 16 нояб. 12:00", False),
    (OPEN, replace(AROUND, zone=ZoneInfo("Asia/Vladivostok")), "🕓 Ответить можно до 16 нояб. 22:00", False),
]


@pytest.mark.parametrize(("window", "context", "told", "offers"), WINDOWS)
def test_a_card_says_until_when_the_client_may_be_answered(
    window: Window, context: CardContext, told: str, offers: bool
) -> None:
    card = draw_card(RU, BORIS, replace(TAKEN, window=window), context)

    assert card.text.splitlines()[-1] == told
    assert any(one.data == "1:templates:12:0" for row in card.buttons for one in row) is offers
    assert told in draw_card(RU, ANNA, replace(NEW, window=window), context).text
    closed = draw_card(RU, BORIS, replace(CLOSED, window=window), context)
    assert told in closed.text
    assert closed.buttons[0][-1].data == ("1:templates:12:0" if offers else "1:again:12")


@pytest.mark.parametrize(("reader", "dialog", "context", "text", "buttons"), GOLDENS)
def test_a_card_tells_its_reader_what_they_can_do(
    reader: OperatorId, dialog: Dialog, context: CardContext, text: str, buttons: list[str]
) -> None:
    card = draw_card(RU, reader, dialog, context)

    assert card.text == text
    assert [one.data for row in card.buttons for one in row] == buttons


def test_the_clients_name_stands_out_and_their_words_are_a_quote() -> None:
    card = draw_card(RU, ANNA, NEW, AROUND)

    assert card.entities[0] == Entity("bold", 3, 5)
    assert [one.kind for one in card.entities[1:]] == ["blockquote", "blockquote"]


def test_words_that_do_not_fit_are_counted() -> None:
    long = replace(NEW, backlog=words(*["слово " * 200] * 4), backlog_cut=2)

    card = draw_card(RU, ANNA, long, AROUND)

    assert card.text.count("слово слово") and "\nи ещё 4 сообщения\nслово" in card.text
    assert units(card.text) < TEXT_LIMIT // 2


@pytest.mark.parametrize("length", [1, 300])
def test_however_much_a_client_writes_the_first_and_the_newest_words_stand_on_the_card(length: int) -> None:
    said = [f"{number} {'я' * length}" for number in range(25)]

    card = draw_card(RU, ANNA, replace(NEW, backlog=words(*said)), AROUND)

    lines = card.text.splitlines()
    assert said[0] in lines
    assert lines[-1] == said[-1]
    shown = sum(re.match(r"\d+ я", one) is not None for one in lines)
    assert f"и ещё {25 - shown} " in lines[-2]


def test_attachments_are_named() -> None:
    photo = Message(text="Вот", attachments=(Media(MediaKind.PHOTO), Unsupported("poll")))

    card = draw_card(RU, ANNA, replace(NEW, backlog=(Received(MessageId("12.1"), photo),)), AROUND)

    assert card.text.endswith("Вот 📷 Фото, ❔ опрос")


def test_what_a_messenger_shows_on_a_page_leads_there_from_the_card() -> None:
    link = "https://vk.com/video-1_2?access_key=abc"
    clip = Unsupported("video", "Букеты", link)
    for text in ("", "Такой же? " * 60):
        said = Message(text=text, attachments=(Media(MediaKind.PHOTO), clip))

        card = draw_card(RU, ANNA, replace(NEW, backlog=(Received(MessageId("12.1"), said),)), AROUND)

        assert card.text.endswith("📷 Фото, 🔗 видео (Букеты)")
        (found,) = (one for one in card.entities if one.kind == "text_link")
        shown = card.text.encode("utf-16-le")[2 * found.offset :].decode("utf-16-le")
        assert (shown, found.url) == ("🔗 видео (Букеты)", link)
        assert units(card.text) <= TEXT_LIMIT


def test_words_of_which_no_copy_was_sent_stay_on_the_owners_card() -> None:
    card = draw_card(RU, BORIS, TAKEN, replace(AROUND, words=words("Есть ли доставка?")))

    assert card.text.endswith("Есть ли доставка?")


@pytest.mark.parametrize(
    ("backlog", "cut_off", "whole"),
    [
        (words("Есть ли доставка?"), 0, True),
        (words("Есть ли доставка?"), 1, False),
        (words("Здравствуйте", "Есть?"), 0, False),
        ((), 0, False),
        (words("я" * ONE_LIMIT), 0, True),
        (words("я" * (ONE_LIMIT + 1)), 0, False),
        ((Received(MessageId("12.1"), Message(text="x", attachments=(Media(MediaKind.PHOTO),))),), 0, False),
        ((Received(MessageId("12.1"), Message(text="x", reply_to=ReplyTo(quote="q"))),), 0, False),
        ((Received(MessageId("12.1"), Message(text="x", entities=(Entity("bold", 0, 1),))),), 0, False),
        ((Received(MessageId("12.1"), Message(text="x", forwarded_from="Пётр")),), 0, False),
    ],
)
def test_only_a_single_plain_text_is_shown_wholly(backlog: tuple[Received, ...], cut_off: int, *, whole: bool) -> None:
    assert shows_wholly(backlog, cut_off) is whole


LONG = st.text(max_size=6000)


@given(
    client=LONG,
    title=LONG,
    texts=st.lists(LONG, max_size=5),
    owner=st.sampled_from([None, ANNA, BORIS]),
    state=st.sampled_from(DialogState),
    language=st.sampled_from(LANGUAGES),
    blocked=st.booleans(),
)
def test_no_card_exceeds_telegrams_limits(
    *,
    client: str,
    title: str,
    texts: list[str],
    owner: OperatorId | None,
    state: DialogState,
    language: str,
    blocked: bool,
) -> None:
    dialog = replace(NEW, client=client, owner=owner, state=state, backlog=words(*texts), backlog_cut=10**6)
    context = replace(AROUND, line=title, blocked=blocked, reachable=False, names={BORIS: client})

    card = draw_card(TEXTS.of(language), ANNA, dialog, context)

    assert 0 < units(card.text) <= TEXT_LIMIT
    for one in card.entities:
        assert one.length > 0
        assert one.offset + one.length <= units(card.text)
    for button in (one for row in card.buttons for one in row):
        assert button.data is not None
        assert len(button.data.encode()) <= LIMIT
        assert read_button(button.data) is not None


def test_the_link_that_brought_the_client_is_told_to_whoever_may_answer() -> None:
    came = "🔗 По ссылке: spring_sale"
    assert came in draw_card(RU, ANNA, replace(NEW, start="spring_sale"), AROUND).text
    assert came in draw_card(RU, BORIS, replace(TAKEN, start="spring_sale"), AROUND).text
    assert came not in draw_card(RU, ANNA, replace(TAKEN, start="spring_sale"), AROUND).text


VISIT = Visit("https://shop.example.com/p/7?utm=1", "Чайник Bosch", "https://yandex.ru/search")
KNOWN = Profile(
    name="Мария",
    username="4711",
    phone="+7 900 000-00-00",
    email="maria@example.com",
    consent=Consent(NOON, "https://shop.example.com/policy"),
)


@pytest.mark.parametrize("dialog", [NEW, TAKEN])
def test_a_visitor_of_a_site_is_shown_with_their_page_and_what_they_told(dialog: Dialog) -> None:
    card = draw_card(RU, BORIS, replace(dialog, visit=VISIT), replace(AROUND, channel="widget", profile=KNOWN))

    assert (
        "🌐 Чайник Bosch\nhttps://shop.example.com/p/7?utm=1\n↩️ Переход с yandex.ru\n"
        "📞 +7 900 000-00-00\n✉️ maria@example.com\n🪪 Учётная запись на сайте: 4711\n"
        "☑️ Согласие на обработку данных дано, 12:00"
    ) in card.text
    # As code an address is no link, and no preview of a stranger's page is drawn.
    wide = card.text.encode("utf-16-le")
    code = [wide[2 * one.offset : 2 * (one.offset + one.length)] for one in card.entities if one.kind == "code"]
    assert [one.decode("utf-16-le") for one in code[:2]] == ["https://shop.example.com/p/7?utm=1", "yandex.ru"]


@pytest.mark.parametrize(
    "visit",
    [
        Visit("https://shop.example.com/a", "Чайник", "https://www.shop.example.com/"),
        Visit("https://shop.example.com/a", "Чайник"),
        Visit("https://shop.example.com/a", "Чайник", "https://[broken"),
        Visit("https://shop.example.com/a", "Чайник", "nonsense"),
    ],
)
def test_a_referrer_that_says_nothing_is_left_out(visit: Visit) -> None:
    assert "↩️" not in draw_card(RU, BORIS, replace(TAKEN, visit=visit), AROUND).text


LISTING = Visit("https://avito.ru/tula/skatert_7400100200", "Скатерть льняная", price="2 500 ₽", city="Тула")


@pytest.mark.parametrize("dialog", [NEW, TAKEN])
@pytest.mark.parametrize(
    ("listing", "shown"),
    [
        (LISTING, "🏷 Скатерть льняная\n2 500 ₽ · Тула\nhttps://avito.ru/tula/skatert_7400100200"),
        (replace(LISTING, city=None), "🏷 Скатерть льняная\n2 500 ₽\nhttps://avito.ru/tula/skatert_7400100200"),
        (replace(LISTING, title=None, price=None), "🏷 …\nТула\nhttps://avito.ru/tula/skatert_7400100200"),
    ],
)
def test_the_listing_that_a_client_asks_about_is_shown_with_its_link(
    dialog: Dialog, listing: Visit, shown: str
) -> None:
    card = draw_card(RU, BORIS, replace(dialog, visit=listing), replace(AROUND, channel="avito"))
    assert shown in card.text
    assert "code" not in {one.kind for one in card.entities}, "what is code cannot be followed"


def test_a_username_of_a_messenger_is_no_sites_id() -> None:
    assert "4711" not in draw_card(RU, BORIS, TAKEN, replace(AROUND, profile=KNOWN)).text


def test_a_clients_page_stands_on_the_card_as_a_link_that_draws_no_preview() -> None:
    profile = Profile(name="Иван", username="ivan", link="https://vk.com/ivan")
    shown = draw_card(RU, BORIS, TAKEN, replace(AROUND, channel="vk", profile=profile))
    assert "👤 vk.com/ivan" in shown.text
    assert [one.url for one in shown.entities if one.length == units("vk.com/ivan")] == ["https://vk.com/ivan"]
    assert not shown.previews
    assert "👤" not in draw_card(RU, BORIS, TAKEN, replace(AROUND, profile=Profile(name="Иван"))).text


def test_what_strangers_claim_is_only_text() -> None:
    evil = "https://bank.example\n\u202egpj.exe\x00 " + "я" * 500
    profile = Profile(name=evil, username=evil, phone=evil, email=evil)
    context = replace(AROUND, channel="widget", profile=profile)

    card = draw_card(RU, BORIS, replace(TAKEN, visit=Visit(evil, evil, f"https://{evil}"), client=evil), context)

    assert {one.kind for one in card.entities} <= {"bold", "italic", "code"}
    assert all(one.url is None for one in card.entities)
    assert "\u202e" not in card.text.split("\n", 1)[1]
    assert "\x00" not in card.text.split("\n", 1)[1]
    assert len(card.text.splitlines()) == 9
    assert units(card.text) < 1_000


@pytest.mark.parametrize(
    ("known", "line"),
    [
        ({"nth": 3, "former": BORIS}, "↩️ 3-й диалог, прошлый: Борис"),
        ({"nth": 2}, "↩️ 2-й диалог"),
        ({"former": BORIS}, "↩️ Не первый диалог, прошлый: Борис"),
        ({}, "↩️ Не первый диалог"),
    ],
)
def test_a_returning_clients_card_says_so_in_place_of_new(known: dict[str, Any], line: str) -> None:
    waiting = replace(NEW, parent=DialogId("5"), **known)
    shown = draw_card(RU, ANNA, waiting, AROUND).text
    assert shown.splitlines()[:2] == ["Мария", line]
    assert "🆕" not in shown
    owned = replace(waiting, owner=ANNA)
    assert line in draw_card(RU, ANNA, owned, AROUND).text.splitlines()
