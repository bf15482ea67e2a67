"""The notifier behind the router's own rules: what reaches whom, and what does not."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.connectors.contract import Known
from gateway.connectors.telegram.render import render
from gateway.errors import LostLease
from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.ids import (
    AccountId,
    ContactId,
    DialogId,
    MessageId,
    NativeId,
    OperatorId,
    card_at,
    copy_at,
    sent_to_client,
)
from gateway.model.messages import (
    ContactCard,
    Entity,
    Location,
    Media,
    MediaKind,
    Message,
    Origin,
    Profile,
    ReplyTo,
)
from gateway.model.outgoing import (
    AnswerPress,
    DeliveryStatus,
    SendEdit,
    SendMessage,
    SendReaction,
    Urgency,
)
from gateway.operator_bot.inbound.targets import resolve
from gateway.operator_bot.outbound.notifier import HANDLERS, NOT_ANNOUNCED
from gateway.streams.connection import Store
from gateway.streams.ownership import Lease

ANNA, BORIS, VERA = OperatorId("501"), OperatorId("502"), OperatorId("503")
MARIA, IVAN = ContactId("9001"), ContactId("9002")
ONE = DialogId("1")
PHOTO = Media(MediaKind.PHOTO, remote="f1")
Desk = Any
Archive = Any


def labels(card: SendMessage | SendEdit) -> list[str]:
    return [button.text for row in card.message.buttons for button in row]


# ── a new client ──────────────────────────────────────────────────────────────────────────────────────


async def test_a_new_client_is_a_card_that_rings_everybody_on_duty_of_the_line(desk: Desk) -> None:
    await desk.change(VERA, on_duty=False)
    await desk.writes(text="Сколько стоит доставка?")

    told = await desk.told()

    card = told.card(BORIS)
    assert isinstance(card, SendMessage)
    assert not card.silent
    assert card.message.text == ("🆕 Мария\n✈️ Telegram · Продажи · №1\n⏳ Ждёт с 12:00\nСколько стоит доставка?")
    assert labels(card) == ["Ответить", "Пропустить", "История", "⋯"]
    assert isinstance(told.card(ANNA), SendMessage)
    assert told.to(VERA) == []


@pytest.mark.parametrize("changed", [{"lines": ("support",)}, {"gone": True}, {"entered": False}, {"on_duty": False}])
async def test_a_card_goes_only_where_it_may_and_should(desk: Desk, changed: dict[str, Any]) -> None:
    await desk.change(BORIS, **changed)
    await desk.writes()

    assert (await desk.told()).to(BORIS) == []


async def test_all_who_are_rung_share_a_clients_card_and_different_clients_are_apart(desk: Desk) -> None:
    await desk.change(VERA, on_duty=False)
    await desk.writes()
    await desk.writes(IVAN)
    cards = [one for one in (await desk.told()).sends if isinstance(one.job, SendMessage)]
    shared = {(one.contact, one.shared) for one in cards}
    assert len(cards) == len(shared)
    assert {name for _, name in shared} == {"card:1", "card:2"}
    await desk.claims(VERA, "1")
    hers = [one for one in (await desk.told()).sends if one.contact == VERA and isinstance(one.job, SendMessage)]
    assert [one.shared for one in hers] == [None, None], "a card that is claimed stands before the client's words"


async def test_further_words_change_the_card_and_do_not_ring(desk: Desk) -> None:
    await desk.writes(text="Здравствуйте")
    await desk.told()
    await desk.writes(text="Сколько стоит?", after_ms=5_000)

    told = await desk.told()

    (edit,) = told.to(BORIS)
    assert isinstance(edit, SendEdit)
    assert edit.message.text.endswith("Здравствуйте\nСколько стоит?")


async def test_further_words_after_the_quiet_time_ring_shortly_in_answer_to_the_card(desk: Desk) -> None:
    await desk.writes(text="Здравствуйте")
    await desk.told()
    await desk.writes(text="Вы тут?", after_ms=61_000)

    told = await desk.told()

    edit, ring = told.to(BORIS)
    assert isinstance(edit, SendEdit)
    assert isinstance(ring, SendMessage)
    assert ring.message.text == "🔔 ✈️ Мария: Вы тут?"
    assert not ring.silent
    assert ring.reply_to_sent == card_at(ONE, BORIS)
    assert ring.sent == copy_at(MessageId("1.2"), BORIS)  # answering it answers this client


async def test_edits_of_one_card_replace_each_other_while_they_wait(desk: Desk) -> None:
    await desk.writes()
    await desk.writes(text="и ещё")

    told = await desk.told()

    marks = {one.newest for one in told.sends if isinstance(one.job, SendEdit)}
    assert marks == {"card:1"}
    assert {one.urgency for one in told.sends} == {Urgency.CARD}


async def test_who_skips_a_card_is_not_rung_by_it_again(desk: Desk) -> None:
    await desk.writes()
    await desk.told()
    await desk.do(c.Decline(operator=BORIS, dialog=ONE, version=1, press="p"))

    told = await desk.told()
    assert labels(told.card(BORIS)) == ["Ответить"]
    assert "Скрыто у вас" in told.card(BORIS).message.text
    assert told.toasts(BORIS) == ["Пропущено"]

    await desk.writes(text="Ау", after_ms=61_000)
    told = await desk.told()
    assert told.to(BORIS) == []
    assert told.texts(ANNA)


# ── a claim ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_claim_takes_the_buttons_from_the_others_and_names_the_winner(desk: Desk) -> None:
    await desk.writes()
    await desk.told()
    await desk.claims(BORIS)

    told = await desk.told()

    assert told.card(ANNA).message.text == "🔒 Мария\n✈️ Telegram · Продажи · №1\nотвечает Борис, с 12:00"
    assert labels(told.card(ANNA)) == ["Забрать"], "she is an admin"
    assert labels(told.card(BORIS)) == ["Завершить", "История", "Вернуть в очередь", "⋯"]
    assert told.toasts(BORIS) == ["Вы отвечаете: Мария"]


async def test_the_only_text_that_stands_on_the_card_is_not_sent_again(desk: Desk) -> None:
    await desk.writes(text="Есть ли доставка?")
    await desk.told()
    await desk.claims(BORIS)

    told = await desk.told()

    assert told.copies(BORIS, "1.1") == []
    assert "Есть ли доставка?" in told.card(BORIS).message.text
    await desk.closes(BORIS)
    assert "Есть ли доставка?" in (await desk.told()).card(BORIS).message.text


async def test_a_claim_delivers_the_backlog_in_order(desk: Desk) -> None:
    await desk.writes(text="Здравствуйте", entities=(Entity("bold", 0, 5),))
    await desk.writes(text="Есть ли доставка?")
    await desk.told()
    await desk.claims(BORIS)

    told = await desk.told()

    (first,), (second,) = told.copies(BORIS, "1.1"), told.copies(BORIS, "1.2")
    assert first.message == Message(text="Здравствуйте", entities=(Entity("bold", 0, 5),))
    assert second.message.text == "Есть ли доставка?"
    assert told.to(BORIS).index(first) < told.to(BORIS).index(second)
    assert told.copies(ANNA, "1.1") == []


async def test_who_claims_from_the_list_gets_a_card_of_their_own(desk: Desk) -> None:
    await desk.change(VERA, on_duty=False)
    await desk.writes()
    await desk.told()
    await desk.claims(VERA)

    told = await desk.told()

    assert isinstance(told.card(VERA), SendMessage)
    (copy,) = told.copies(VERA, "1.1")
    assert copy.message.text == "Добрый день"
    ways = [one.urgency for one in told.sends if one.job in (copy, told.card(VERA))]
    assert ways == [Urgency.WORDS, Urgency.WORDS]  # of one urgency, so the card comes first


async def test_words_that_no_longer_stand_in_the_backlog_are_in_the_history(desk: Desk) -> None:
    for number in range(32):
        await desk.writes(text=f"слово {number}")
    await desk.told()
    await desk.claims(BORIS)

    told = await desk.told()

    assert "Ещё 2 более ранних сообщения — в истории" in told.texts(BORIS)
    assert told.copies(BORIS, "1.2") == []
    assert told.copies(BORIS, "1.3")


async def test_the_loser_of_a_race_hears_who_won_and_sees_the_card_as_it_is(desk: Desk) -> None:
    await desk.writes()
    await desk.told()
    await desk.claims(BORIS)
    await desk.do(c.Claim(operator=ANNA, dialog=ONE, version=1, press="late"))

    told = await desk.told()

    assert told.toasts(ANNA) == ["Этому клиенту уже отвечает Борис."]
    cards = [one for one in told.to(ANNA) if isinstance(one, SendEdit)]
    assert all(labels(one) == ["Забрать"] for one in cards)
    (answer,) = [one for one in told.sends if isinstance(one.job, AnswerPress) and one.contact == ANNA]
    assert answer.expires_at == desk.now + 15_000


# ── words of a claimed dialog ─────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def claimed(desk: Desk) -> Desk:
    """Boris answers Maria; all of that is told."""
    await desk.writes()
    await desk.claims(BORIS)
    await desk.told()
    return desk


async def test_later_words_go_to_the_owner_at_once_and_to_nobody_else(claimed: Desk) -> None:
    await claimed.change(BORIS, on_duty=False)
    await claimed.writes(text="Спасибо")

    told = await claimed.told()

    (copy,) = told.sends
    assert copy.contact == BORIS
    assert copy.urgency is Urgency.WORDS
    assert copy.job == SendMessage(copy_at(MessageId("1.2"), BORIS), Message(text="Спасибо"))


async def test_with_several_dialogs_a_copy_says_whose_it_is(claimed: Desk) -> None:
    await claimed.writes(IVAN, "А мне?")
    await claimed.claims(BORIS, "2")
    await claimed.told()
    await claimed.writes(text="жирно", entities=(Entity("bold", 0, 5),))

    told = await claimed.told()

    (copy,) = told.copies(BORIS, "1.2")
    assert copy.message.text == "✈️ Мария · №1\nжирно"
    assert copy.message.entities == (Entity("bold", 0, 13), Entity("bold", 14, 5))


async def test_a_copy_that_comes_late_says_when_it_was_written(desk: Desk) -> None:
    await desk.writes(text="Добрый день")
    desk.now += 60_000
    await desk.writes(text="Вы здесь?")
    await desk.writes(IVAN, text="Я тоже жду")
    await desk.told()

    desk.now += 600_000
    await desk.claims(BORIS)
    first = await desk.told()
    await desk.claims(BORIS, "2")
    second = await desk.told()
    await desk.writes(text="И сразу")

    copies = [copy.message.text for number in ("1.1", "1.2") for copy in first.copies(BORIS, number)]
    assert copies == ["🕓 12:00\nДобрый день", "🕓 12:01\nВы здесь?"]
    assert [one.message.text for one in second.copies(BORIS, "2.1")] == ["✈️ Иван · №2 · 12:01\nЯ тоже жду"]
    assert [one.message.text for one in (await desk.told()).copies(BORIS, "1.3")] == ["✈️ Мария · №1\nИ сразу"]


async def test_a_quote_shows_what_the_client_answers(claimed: Desk) -> None:
    await claimed.says(text="Есть чёрный и белый")
    await claimed.knows(BORIS, sent_to_client(MessageId("1.2")), "777")
    for quoted in ("1.2", "1.1"):
        message = ReplyTo(message=MessageId(quoted), quote="белый")
        await claimed.writes(text="Этот", reply_to=message)

    told = await claimed.told()

    (own,), (theirs,) = told.copies(BORIS, "1.3"), told.copies(BORIS, "1.4")
    assert own.reply_to_sent == sent_to_client(MessageId("1.2"))
    assert own.message.text == "белый\nЭтот"
    assert own.message.entities[0].kind == "blockquote"
    assert theirs.reply_to_sent == copy_at(MessageId("1.1"), BORIS)


async def test_a_photo_that_came_before_the_claim_is_delivered_with_it(desk: Desk) -> None:
    await desk.writes(text="Вот", attachments=(PHOTO,))
    await desk.stored("1.1")
    told = await desk.told()
    assert "Вот 📷 Фото" in told.texts(BORIS)[0]
    await desk.claims(BORIS)

    told = await desk.told()

    (copy,) = told.copies(BORIS, "1.1")
    assert copy.message.text == "Вот"
    assert copy.message.media[0].file == "1.1.0"


async def test_places_and_contacts_are_passed_on_as_such(claimed: Desk) -> None:
    await claimed.writes(text="", attachments=(Location(55.7, 37.6), ContactCard("+7900", "Пётр")))

    told = await claimed.told()

    place, person = told.copies(BORIS, "1.2")
    assert place.message.attachments == (Location(55.7, 37.6),)
    assert person.message.attachments == (ContactCard("+7900", "Пётр"),)
    assert (place.sent, person.sent) == tuple(copy_at(MessageId("1.2"), BORIS, part) for part in (1, 2))


# ── answered in the messenger itself ──────────────────────────────────────────────────────────────────


def elsewhere(text: str = "Отвечаю прямо там", author: str | None = "vk.com/id7", **more: Any) -> c.ReceiveEcho:
    return c.ReceiveEcho(MARIA, Message(native=NativeId("n7"), text=text, **more), author)


async def test_the_owner_hears_of_an_answer_in_the_messenger_itself_and_it_does_not_ring(claimed: Desk) -> None:
    await claimed.do(elsewhere())

    told = await claimed.told()

    (said,) = [one for one in told.to(BORIS) if isinstance(one, SendMessage)]
    assert said.message.text == "↪️ Ответ из ✈️ Telegram · vk.\u2060com/\u2060id7 · Мария · №1\nОтвечаю прямо там"
    assert (said.silent, said.reply_to_sent) == (True, card_at(ONE, BORIS))
    assert told.to(ANNA) == []


async def test_of_nobodys_client_everybody_with_the_card_hears_it(desk: Desk) -> None:
    await desk.writes()
    await desk.do(c.Decline(operator=VERA, dialog=ONE, version=1))
    await desk.told()
    await desk.do(elsewhere(text="", author=None, attachments=(PHOTO,)))

    told = await desk.told()

    for operator in (ANNA, BORIS):
        (said,) = [one for one in told.to(operator) if isinstance(one, SendMessage)]
        assert said.message.text.startswith("↪️ Ответ из ✈️ Telegram · Мария · №1\n")
        assert said.silent
    assert told.to(VERA) == []


async def test_a_corrected_text_is_told_quietly_with_what_it_was_and_corrected_in_place(claimed: Desk) -> None:
    message = await claimed.writes(text="Доставьте на Мира 5")
    await claimed.told()
    await claimed.do(c.ReceiveEdit(contact=MARIA, message=replace(message, text="Доставьте на Мира 7")))

    edit, told = (await claimed.told()).to(BORIS)

    copy = copy_at(MessageId("1.2"), BORIS)
    assert (edit.sent, edit.message.text) == (copy, "Доставьте на Мира 7\n✏️ изменено")
    assert isinstance(told, SendMessage)
    assert told.silent
    assert told.reply_to_sent == copy
    assert told.message.text == (
        "✏️ Клиент изменил это сообщение\nБыло: Доставьте на Мира 5\nСтало: Доставьте на Мира 7"
    )


async def test_a_correction_of_what_is_remembered_no_longer_is_told_without_what_it_was(claimed: Desk) -> None:
    await claimed.writes(text="Спосибо")
    await claimed.told()
    await claimed.happen(e.MessageEdited(ONE, MessageId("1.2"), "shop", MARIA, Message(text="Спасибо")))

    (told,) = (await claimed.told()).to(BORIS)

    assert isinstance(told, SendMessage)
    assert told.message.text == "✏️ Клиент изменил это сообщение\nСпасибо"


async def test_an_edit_that_was_heard_first_is_words_for_who_answers_and_the_message_is_nothing_new(
    claimed: Desk,
) -> None:
    message = Message(native=NativeId("700"), at=claimed.now, text="слово " * 700 + "КОНЕЦ")
    await claimed.do(c.ReceiveEdit(contact=MARIA, message=message))
    await claimed.do(c.Receive(contact=MARIA, message=replace(message, text="раньше"), profile=Profile(name="Мария")))

    texts = (await claimed.told()).texts(BORIS)

    assert len(texts) == 2
    assert texts[-1].endswith("КОНЕЦ")


async def test_a_long_correction_of_something_forgotten_is_shown_to_its_end(claimed: Desk) -> None:
    old = Message(native=NativeId("700"), at=1, text="слово " * 700 + "КОНЕЦ")
    await claimed.do(c.ReceiveEdit(contact=MARIA, message=old))

    texts = (await claimed.told()).texts(BORIS)

    assert len(texts) == 2
    assert texts[-1].endswith("КОНЕЦ")


async def test_a_correction_of_words_that_stand_on_the_card_changes_the_card(desk: Desk) -> None:
    await desk.writes(text="Спосибо")
    await desk.told()
    await desk.claims(BORIS)
    await desk.happen(e.MessageEdited(ONE, MessageId("1.1"), "shop", MARIA, Message(text="Спасибо")))

    told = await desk.told()

    last = [one for one in told.to(BORIS) if isinstance(one, SendEdit) and one.sent == card_at(ONE, BORIS)][-1]
    assert "Спасибо" in last.message.text


async def test_a_changed_caption_is_told_and_the_same_photo_not_sent_again(claimed: Desk) -> None:
    await claimed.writes(text="Вот", attachments=(PHOTO,))
    await claimed.stored("1.2")
    await claimed.told()
    again = Media(MediaKind.PHOTO, remote="f2", file="1.2.0-9")
    changed = Message(text="Вот чек", attachments=(again,))
    await claimed.happen(e.MessageEdited(ONE, MessageId("1.2"), "shop", MARIA, changed))

    told = await claimed.told()

    assert told.texts(BORIS) == ["✏️ Клиент изменил это сообщение\nБыло: Вот\nСтало: Вот чек"]


async def test_a_correction_that_changes_nothing_is_not_told(claimed: Desk) -> None:
    await claimed.writes(text="Вот", attachments=(PHOTO,))
    await claimed.stored("1.2")
    await claimed.told()
    again = Media(MediaKind.PHOTO, remote="f2", file="1.2.0-9")
    for text in ("Вот", "Вот чек", "Вот чек"):
        changed = Message(text=text, attachments=(again,))
        await claimed.happen(e.MessageEdited(ONE, MessageId("1.2"), "shop", MARIA, changed))

    assert (await claimed.told()).texts(BORIS) == ["✏️ Клиент изменил это сообщение\nБыло: Вот\nСтало: Вот чек"]


async def test_a_caption_that_is_taken_away_is_said_in_answer_to_the_photo(claimed: Desk) -> None:
    await claimed.writes(text="Вот", attachments=(PHOTO,))
    await claimed.stored("1.2")
    await claimed.told()
    again = Media(MediaKind.PHOTO, remote="f2", file="1.2.0-9")
    await claimed.happen(e.MessageEdited(ONE, MessageId("1.2"), "shop", MARIA, Message(attachments=(again,))))

    (told,) = (await claimed.told()).to(BORIS)

    assert told.message.text == "✏️ Клиент изменил это сообщение\nБыло: Вот\nПодпись убрана"
    assert told.reply_to_sent == copy_at(MessageId("1.2"), BORIS)
    file = again.file
    await claimed.do(c.RecordFile(message=MessageId("1.2"), file=file, size=900, mime="image/jpeg", problem=None))
    assert (await claimed.told()).to(BORIS) == [], "the photo that is fetched once more is shown already"


async def test_a_place_that_moves_is_one_message_that_follows_it(claimed: Desk) -> None:
    await claimed.writes(text="", attachments=(Location(55.75, 37.61),))
    await claimed.told()
    for latitude in (55.751, 55.752, 55.752, 55.753):
        place = Message(attachments=(Location(latitude, 37.61),))
        await claimed.happen(e.MessageEdited(ONE, MessageId("1.2"), "shop", MARIA, place))

    said, *moves = (await claimed.told()).to(BORIS)

    assert isinstance(said, SendMessage)
    assert said.silent
    assert "55.751000,37.610000" in said.message.text
    assert {(type(one), one.sent) for one in moves} == {(SendEdit, said.sent)}
    assert len(moves) <= 2, "one that changes nothing is none"
    assert "55.753000,37.610000" in moves[-1].message.text


async def test_a_long_correction_is_shown_to_its_end(claimed: Desk) -> None:
    await claimed.writes(text="слово " * 900)
    await claimed.told()
    await claimed.happen(
        e.MessageEdited(ONE, MessageId("1.2"), "shop", MARIA, Message(text="слово " * 900 + "НОВЫЙ КОНЕЦ"))
    )

    texts = (await claimed.told()).texts(BORIS)

    assert len(texts) == 2
    assert texts[-1].endswith("НОВЫЙ КОНЕЦ")


async def test_a_correction_after_the_end_is_told_with_a_sound(claimed: Desk) -> None:
    await claimed.writes(text="спасибо")
    await claimed.closes()
    await claimed.told()
    await claimed.happen(e.MessageEdited(ONE, MessageId("1.2"), "shop", MARIA, Message(text="ваза разбита!")))

    (told,) = (await claimed.told()).to(BORIS)

    assert isinstance(told, SendMessage)
    assert not told.silent
    assert told.message.text == "✏️ Клиент изменил это сообщение\nваза разбита!"
    assert labels(told) == ["Написать снова"]


async def test_an_exchanged_photo_is_shown(claimed: Desk) -> None:
    await claimed.writes(text="", attachments=(PHOTO,))
    await claimed.stored("1.2")
    await claimed.told()
    other = Media(MediaKind.PHOTO, remote="f2", width=10, height=20, file="1.2.0-9")
    await claimed.happen(e.MessageEdited(ONE, MessageId("1.2"), "shop", MARIA, Message(attachments=(other,))))
    await claimed.happen(e.AttachmentStored(ONE, MessageId("1.2"), "1.2.0-9", 9, "image/png"))

    told = await claimed.told()

    (photo,) = [one for one in told.copies(BORIS, "1.2") if one.message.media]
    assert photo.message.media[0].file == "1.2.0-9"


async def test_a_correction_of_something_forgotten_is_told_to_who_answers(claimed: Desk) -> None:
    await claimed.happen(e.MessageEdited(None, None, "shop", MARIA, Message(text="Новый адрес: Мира 5")))

    told = await claimed.told()

    assert told.texts(BORIS) == ["✏️ ✈️ Мария · №1: изменено старое сообщение\nНовый адрес: Мира 5"]


async def test_a_deleted_message_is_marked(claimed: Desk) -> None:
    await claimed.writes(text="ой")
    await claimed.happen(e.MessageDeleted(ONE, MessageId("1.2")))

    told = await claimed.told()

    mark = told.to(BORIS)[-1]
    assert mark.message.text == "🗑 Клиент удалил это сообщение"
    assert mark.reply_to_sent == copy_at(MessageId("1.2"), BORIS)


@pytest.mark.parametrize(("emojis", "text"), [(("❤", "🔥"), "✈️ Мария · №1: ❤ 🔥"), ((), "✈️ Мария · №1: реакция снята")])
async def test_a_reaction_is_a_short_silent_line(claimed: Desk, emojis: tuple[str, ...], text: str) -> None:
    await claimed.happen(e.ReactionChanged(ONE, MessageId("1.1"), emojis))

    (line,) = (await claimed.told()).to(BORIS)

    assert line.message.text == text
    assert line.silent


# ── replies ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "emoji"),
    [
        (DeliveryStatus.SENT, "👌"),
        (DeliveryStatus.DELIVERED, "👍"),
        (DeliveryStatus.READ, "👍"),
        (DeliveryStatus.FAILED, "💔"),
        (DeliveryStatus.UNKNOWN, "🤔"),
    ],
)
async def test_a_replys_state_stands_on_the_operators_own_message(
    claimed: Desk, status: DeliveryStatus, emoji: str
) -> None:
    origin = await claimed.says()
    assert (await claimed.told()).reactions(BORIS) == [(origin.native, "👀")]
    await claimed.do(c.RecordDelivery(contact=MARIA, message=MessageId("1.2"), status=status))

    told = await claimed.told()

    assert told.reactions(BORIS) == [(origin.native, emoji)]
    (state,) = [one for one in told.sends if isinstance(one.job, SendReaction)]
    assert (state.urgency, state.newest) == (Urgency.COSMETIC, "state:1.2")


async def test_a_failure_is_told_in_words_in_answer_to_the_message(claimed: Desk) -> None:
    origin = await claimed.says()
    await claimed.told()
    await claimed.do(
        c.RecordDelivery(
            contact=MARIA,
            message=MessageId("1.2"),
            status=DeliveryStatus.FAILED,
            problem="the client blocked the bot",
        )
    )

    told = await claimed.told()

    (sentence,) = [one for one in told.to(BORIS) if isinstance(one, SendMessage)]
    assert sentence.message.text.startswith("Не доставлено: клиент заблокировал бота\nКлиент этого не видел.")
    assert sentence.message.reply_to == ReplyTo(native=origin.native)
    assert not sentence.silent


async def test_words_that_failed_have_a_button_that_sends_them_again(claimed: Desk) -> None:
    origin = await claimed.says(text="Цена 500")
    await claimed.told()
    lost = Message(text="Цена 500")
    await claimed.do(
        c.RecordDelivery(contact=MARIA, message=MessageId("1.2"), status=DeliveryStatus.FAILED, words=lost)
    )
    (sentence,) = [one for one in (await claimed.told()).to(BORIS) if isinstance(one, SendMessage)]
    assert labels(sentence) == ["Повторить"]
    assert sentence.message.reply_to == ReplyTo(native=origin.native)
    data = sentence.message.buttons[0][0].data
    person = {"id": int(BORIS), "is_bot": False}
    press = {"callback_query": {"id": "p", "from": person, "data": data}}
    pressed = resolve(press, {})
    assert pressed is not None

    (again, _) = await claimed.do(pressed)

    assert isinstance(again, e.ReplyAccepted)
    assert (again.dialog, again.message.text) == (ONE, "Цена 500")
    told = await claimed.told()
    assert told.toasts(BORIS) == ["Отправляется"]
    assert told.reactions(BORIS) == [(origin.native, "👀")]


async def test_an_unknown_outcome_says_that_a_repeat_may_double(claimed: Desk) -> None:
    await claimed.says()
    await claimed.told()
    await claimed.do(c.RecordDelivery(contact=MARIA, message=MessageId("1.2"), status=DeliveryStatus.UNKNOWN))

    assert any("Неизвестно, дошло ли" in one for one in (await claimed.told()).texts(BORIS))


async def test_a_later_status_finds_the_message_by_the_native_map(claimed: Desk) -> None:
    origin = await claimed.says()
    for status in (DeliveryStatus.SENT, DeliveryStatus.READ):
        await claimed.do(c.RecordDelivery(contact=MARIA, message=MessageId("1.2"), status=status))

    told = await claimed.told()

    assert told.reactions(BORIS) == [(origin.native, emoji) for emoji in ("👀", "👌", "👍")]


async def test_a_note_is_confirmed_on_the_message_itself(claimed: Desk) -> None:
    origin = await claimed.says()
    await claimed.told()
    await claimed.do(c.AddNote(operator=BORIS, origin=origin, text="vip"))

    assert (await claimed.told()).reactions(BORIS) == [(origin.native, "✍")]


# ── the end ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_finished_dialog_offers_history_and_writing_again(claimed: Desk) -> None:
    await claimed.closes(BORIS)

    told = await claimed.told()

    card = told.card(BORIS)
    assert "Диалог завершён, 12:00" in card.message.text
    assert labels(card) == ["История", "Написать снова"]
    assert told.toasts(BORIS) == ["✅ Завершён: Мария"]
    assert told.to(ANNA) == []


async def test_an_automatic_end_is_told_to_the_owner(claimed: Desk) -> None:
    await claimed.happen(e.DialogClosed(ONE, "auto"))

    told = await claimed.told()

    assert "Диалог завершён автоматически" in told.card(BORIS).message.text
    assert "Завершён автоматически: ✈️ Мария · №1" in told.texts(BORIS)


async def test_a_dialog_that_a_supervisor_finished_is_told_to_its_owner(claimed: Desk) -> None:
    await claimed.closes(VERA)

    told = await claimed.told()

    assert "Вера завершает диалог: ✈️ Мария · №1" in told.texts(BORIS)
    assert told.toasts(VERA) == ["✅ Завершён: Мария"]


async def test_a_blocked_client_can_be_unblocked_from_the_card(desk: Desk) -> None:
    await desk.writes()
    await desk.told()
    await desk.do(c.Block(operator=ANNA, dialog=ONE, version=1, press="p"))
    told = await desk.told()
    for operator in (ANNA, BORIS, VERA):
        assert labels(told.card(operator)) == ["История", "Разблокировать"]

    await desk.do(c.Unblock(operator=ANNA, dialog=ONE, press="p"))
    told = await desk.told()
    assert labels(told.card(ANNA)) == ["История", "Написать снова"]
    assert told.toasts(ANNA) == ["Клиент разблокирован"]


async def test_writing_again_gives_a_card_and_rings_nobody_else(claimed: Desk) -> None:
    await claimed.closes(BORIS)
    await claimed.told()
    await claimed.do(c.WriteAgain(operator=BORIS, dialog=ONE, press="p"))

    told = await claimed.told()

    assert isinstance(told.card(BORIS, "2"), SendMessage)
    assert [one for one in told.to(BORIS) if isinstance(one, SendMessage)] == [told.card(BORIS, "2")]
    assert told.to(ANNA) == []


async def test_a_clients_new_number_is_told_to_who_talks_with_them_and_another_id_is_not(claimed: Desk) -> None:
    await claimed.do(c.ReceiveAlias(contact=ContactId("79210000002"), former=MARIA))
    told = await claimed.told()
    assert told.texts(BORIS) == [f"✈️ Мария · №1: раньше {MARIA}, теперь 79210000002"]
    assert told.to(ANNA) == []
    words = Message(native=NativeId("w1"), text="Это я")
    await claimed.do(c.Receive(ContactId("79210000002"), words, also=ContactId("RU.1")))
    assert not any("RU.1" in one for one in (await claimed.told()).texts(BORIS))


async def test_who_cannot_be_reached_is_marked_and_told(claimed: Desk) -> None:
    await claimed.do(c.ReceiveReach(contact=MARIA, reachable=False))

    told = await claimed.told()

    assert "ответы не дойдут" in told.card(BORIS).message.text
    assert "⚠️ ✈️ Мария · №1: клиент заблокировал нашего бота, ответы не дойдут" in told.texts(BORIS)


# ── whom it is for ────────────────────────────────────────────────────────────────────────────────────


async def test_an_unclear_text_is_asked_about_and_the_question_goes_when_answered(claimed: Desk) -> None:
    await claimed.writes(IVAN)
    await claimed.claims(BORIS, "2")
    await claimed.writes(after_ms=500)
    await claimed.told()
    origin = await claimed.says(text="Да, есть", after_ms=1000)

    told = await claimed.told()
    (question,) = told.to(BORIS)
    assert question.message.text == "Кому это отправить?\nДа, есть"
    assert labels(question) == ["Мария · №1", "Иван · №2", "Никому, не отправлять"]
    assert question.message.reply_to == ReplyTo(native=origin.native)

    await claimed.do(c.Choose(operator=BORIS, ask=origin.native, dialog=ONE, press="p"))
    told = await claimed.told()
    assert told.deleted(BORIS) == [question.sent]
    assert told.reactions(BORIS) == [(origin.native, "👀")]
    assert [one for one in told.to(BORIS) if isinstance(one, SendMessage)] == []


async def test_changing_the_dialog_is_confirmed(claimed: Desk) -> None:
    await claimed.writes(IVAN)
    await claimed.claims(BORIS, "2")
    await claimed.told()
    await claimed.do(c.Focus(operator=BORIS, dialog=ONE, press="p"), after_ms=1000)

    assert "✍️ Теперь пишете: ✈️ Мария · №1" in (await claimed.told()).texts(BORIS)


async def test_refused_words_are_answered_and_marked_as_not_sent(desk: Desk) -> None:
    origin = await desk.says(text="Кто здесь?")

    told = await desk.told()

    (sentence,) = [one for one in told.to(BORIS) if isinstance(one, SendMessage)]
    assert sentence.message.text.startswith("Не отправлено: у вас нет диалогов.")
    assert sentence.message.reply_to == ReplyTo(native=origin.native)
    assert told.reactions(BORIS) == [(origin.native, "💔")]


async def test_a_stranger_who_only_writes_hears_nothing(desk: Desk) -> None:
    await desk.says(OperatorId("666"), "Привет")
    assert (await desk.told()).sends == []


async def test_a_stranger_who_presses_start_hears_what_this_bot_is_and_nothing_else(desk: Desk) -> None:
    stranger = OperatorId("666")
    origin = Origin(ContactId(stranger), NativeId("1"))
    await desk.do(c.Enter(operator=stranger, profile=Profile(name="Глеб"), origin=origin))

    told = await desk.told()

    assert told.texts(stranger) == [
        "Это бот для сотрудников. Чтобы войти, откройте ссылку-приглашение от администратора."
    ]
    assert {one.contact for one in told.sends} == {stranger}


# ── lists ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_waiting_lists_unclaimed_dialogs_with_a_button_each(claimed: Desk) -> None:
    await claimed.writes(IVAN, "Где мой заказ?")
    await claimed.told()
    await claimed.do(c.Look(operator=BORIS, view=c.View.WAITING))

    (seen,) = (await claimed.told()).to(BORIS)

    assert seen.message.text == "Ждут ответа: 1\n\n⏳ Иван · №2 · ✈️ Telegram · с 12:00\nГде мой заказ?"
    assert [one.data for row in seen.message.buttons for one in row] == ["1:claim:2:1"]


async def test_my_dialogs_show_where_text_goes(claimed: Desk) -> None:
    await claimed.writes(IVAN)
    await claimed.claims(BORIS, "2")
    await claimed.told()
    await claimed.do(c.Look(operator=BORIS, view=c.View.MINE))

    (seen,) = (await claimed.told()).to(BORIS)

    assert "✍️ Иван · №2" in seen.message.text
    assert [one.data for row in seen.message.buttons for one in row] == ["1:focus:1", "1:close:1:2", "1:close:2:2"]


@pytest.mark.parametrize(
    ("view", "text"), [(c.View.WAITING, "👌 Никто не ждёт."), (c.View.MINE, "У вас нет открытых диалогов.")]
)
async def test_an_empty_list_is_a_sentence(desk: Desk, view: c.View, text: str) -> None:
    await desk.do(c.Look(operator=BORIS, view=view))

    assert (await desk.told()).texts(BORIS)[0].startswith(text)


async def test_turning_a_page_edits_the_history_instead_of_sending_another(
    claimed: Desk, archive: Archive, history_page: Callable[..., object]
) -> None:
    archive.pages = [history_page(page=0, pages=2), history_page(page=1, pages=2)]
    await claimed.do(c.Look(operator=BORIS, view=c.View.HISTORY, dialog=ONE, press="p"))
    sent = next(one for one in (await claimed.told()).to(BORIS) if isinstance(one, SendMessage))
    assert labels(sent) == ["◀ Раньше"]
    await claimed.knows(BORIS, sent.sent, "900")

    from_page = Origin(ContactId(BORIS), NativeId("900"))
    await claimed.do(c.Look(operator=BORIS, view=c.View.HISTORY, dialog=ONE, page=1, press="p", origin=from_page))

    turned = next(one for one in (await claimed.told()).to(BORIS) if isinstance(one, SendEdit))
    assert turned.sent == sent.sent
    assert labels(turned) == ["Позже ▶"]
    assert archive.asked == [("shop", MARIA, 0), ("shop", MARIA, 1)]


async def test_an_archive_that_is_away_does_not_stop_the_notifier(claimed: Desk, archive: Archive) -> None:
    archive.pages = None
    await claimed.do(c.Look(operator=BORIS, view=c.View.HISTORY, dialog=ONE, press="p"))

    assert "Историю сейчас не прочитать. Попробуйте через минуту." in (await claimed.told()).texts(BORIS)


# ── people ────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_admins_invite_lets_a_colleague_in_once(desk: Desk) -> None:
    await desk.do(c.Look(operator=ANNA, view=c.View.INVITE))
    (seen,) = [one for one in (await desk.told()).to(ANNA) if isinstance(one, SendMessage)]
    assert "https://t.me/desk_bot?start=" in seen.message.text
    token = seen.message.text.rsplit("=", 1)[1]

    ((_, fields),) = await desk.store.ask("XRANGE", desk.store.keys.staff, "-", "+")
    assert token.encode() not in fields[b"p"]


async def test_only_admins_invite(desk: Desk) -> None:
    await desk.do(c.Look(operator=BORIS, view=c.View.INVITE))

    assert not any("https://" in text for text in (await desk.told()).texts(BORIS))
    assert await desk.store.ask("XLEN", desk.store.keys.staff) == 0


async def test_a_newcomer_is_greeted_and_gets_the_waiting_cards_and_admins_hear_of_them(desk: Desk) -> None:
    await desk.change(VERA, entered=False, on_duty=False)
    await desk.writes()
    await desk.told()
    profile = Profile(name="Вера Н.", language="ru")
    await desk.do(c.Enter(operator=VERA, profile=profile))

    told = await desk.told()

    texts = told.texts(VERA)
    assert texts[0].startswith("Здравствуйте, Вера Н.! Ваша роль: супервизор.\n")
    assert "🟢 Вы на смене: новые клиенты приходят сюда. Ждёт 1 клиент." in texts
    assert isinstance(told.card(VERA), SendMessage)
    assert told.texts(ANNA) == ["👋 Новый сотрудник: Вера Н., супервизор"]


async def test_coming_on_duty_brings_the_cards_not_seen_yet(desk: Desk) -> None:
    await desk.writes()
    await desk.told()
    await desk.do(c.SetDuty(operator=BORIS, on=False))
    await desk.writes(IVAN)
    await desk.told()
    await desk.do(c.SetDuty(operator=BORIS, on=True))

    told = await desk.told()

    assert isinstance(told.card(BORIS, "2"), SendMessage)
    assert len(told.to(BORIS)) == 2
    assert told.texts(BORIS)[0].endswith("Ждут 2 клиента.")


async def test_going_off_duty_says_what_stays(claimed: Desk) -> None:
    await claimed.do(c.SetDuty(operator=BORIS, on=False))

    (asked,) = (await claimed.told()).to(BORIS)

    assert asked.message.text == (
        "⚪️ Вы не на смене: новые клиенты сюда не приходят. У вас 1 открытый диалог: /my\nЧто с ними сделать?"
    )
    assert labels(asked) == ["Вернуть в очередь (1)", "Оставить за мной"]


async def test_texts_come_in_the_operators_language(desk: Desk) -> None:
    await desk.change(BORIS, language="en")
    await desk.writes()

    assert labels((await desk.told()).card(BORIS)) == ["Answer", "Skip", "History", "⋯"]


async def test_admins_hear_of_a_parked_account_and_of_what_is_alarming(desk: Desk) -> None:
    await desk.happen(
        e.AccountParked("shop", "token revoked"),
        e.AccountResumed("shop"),
        e.NoticeRaised("shop", "disk", "99 MB", alarming=True),
        e.NoticeRaised("shop", "reaction to a forgotten message"),
    )

    told = await desk.told()

    assert len(told.texts(ANNA)) == 3
    assert "Аккаунт shop не работает: token revoked" in told.texts(ANNA)[0]
    assert "осталось 99 МБ" in told.texts(ANNA)[2]
    assert told.to(BORIS) == []


async def test_admins_hear_of_a_colleague_who_left_dialogs_behind(claimed: Desk) -> None:
    await claimed.do(c.Leave(operator=BORIS, gone=True))

    told = await claimed.told()

    assert told.texts(ANNA) == ["⚠️ Борис блокирует бота. 1 открытый диалог возвращается в очередь."]
    assert told.to(BORIS) == []


# ── never stopping, never doubling ────────────────────────────────────────────────────────────────────


def test_every_event_is_told_or_left_out_on_purpose() -> None:
    known = set(HANDLERS) | set(NOT_ANNOUNCED)

    assert known == set(e.Event.__args__)
    assert not set(HANDLERS) & set(NOT_ANNOUNCED)


async def test_an_entry_that_cannot_be_told_is_passed_over_and_admins_hear_of_it_once(desk: Desk) -> None:
    await desk.writes()
    end = int((await desk.store.ask("HGET", desk.store.keys.cursors, "journal")).decode())
    for number in (1, 2):
        await desk.store.note([("XADD", desk.store.keys.journal, f"{end + number}-0", "p", b"1:{}")])
    await desk.store.note([("HSET", desk.store.keys.cursors, "journal", end + 2)])

    told = await desk.told()

    assert isinstance(told.card(BORIS), SendMessage)
    assert desk.notifier.passed_over == 2
    assert len([text for text in told.texts(ANNA) if "не удалось показать" in text]) == 1


async def test_a_busy_desks_batch_is_committed_in_pieces_and_wholly(desk: Desk) -> None:
    for number in range(60):
        client = ContactId(str(number))
        await desk.do(c.Receive(client, Message(native=NativeId(str(number)), text="Есть?"), Profile(name="Клиент")))
    for number in range(6):
        await desk.writes(text=f"слово {number}", after_ms=61_000)

    told = await desk.told()

    cards = [card_at(DialogId(str(number)), VERA) for number in range(1, 62)]
    sent = [one.sent for one in told.to(VERA) if isinstance(one, SendMessage)]
    assert [one for one in sent if one in cards] == cards


async def test_whoever_lost_the_lease_tells_nothing_more(desk: Desk, store: Store) -> None:
    other = await Lease.take(store, "notifier", force=True)
    assert other is not None
    await desk.writes()

    with pytest.raises(LostLease):
        await desk.told()

    assert await store.ask("XLEN", store.keys.outbox(AccountId("staff"))) == 0
    await other.release()


async def test_all_that_is_told_can_be_said_in_telegram(
    claimed: Desk, archive: Archive, history_page: Callable[..., object]
) -> None:
    archive.pages = [history_page(pages=2)]
    await claimed.writes(text="Вот", attachments=(PHOTO, Location(1, 2), ContactCard("+7")))
    await claimed.stored("1.2")
    await claimed.writes(IVAN, text="А мне?")
    await claimed.writes(IVAN, text="Ау", after_ms=61_000)
    await claimed.claims(BORIS, "2")
    origin = await claimed.says(text="Кому?")
    await claimed.do(c.Choose(operator=BORIS, ask=origin.native, dialog=ONE, press="p"))
    for view in c.View:
        await claimed.do(c.Look(operator=ANNA, view=view, dialog=ONE, press="p"))
    await claimed.do(c.RecordDelivery(contact=MARIA, message=MessageId("1.3"), status=DeliveryStatus.FAILED))
    await claimed.says(OperatorId("666"))
    await claimed.closes(BORIS)
    await claimed.do(c.SetDuty(operator=VERA, on=False))
    known = Known(target=(NativeId("5"),), quoted=NativeId("6"))

    told = await claimed.told()

    assert len(told.sends) > 30
    for one in told.sends:
        for part in render(one.contact, one.job, known):
            assert len(part.request.get("text", "")) <= 4096
            for row in part.request.get("reply_markup", {}).get("inline_keyboard", ()):
                assert all(0 < len(button["callback_data"].encode()) <= 64 for button in row)


async def test_a_restart_goes_on_behind_what_is_told(desk: Desk) -> None:
    await desk.writes()
    await desk.told()

    assert (await desk.told()).sends == []


@pytest.mark.parametrize(
    ("clients", "problem", "told"),
    [
        (1, "sent without the quoted words", ["Отправлено, но: без цитаты"]),
        (2, "sent without the quoted words", []),
        (
            2,
            "sent as a picture: Avito takes no files; sent without the quoted words",
            ["Отправлено, но: картинкой: файлы Авито не принимает"],
        ),
    ],
)
async def test_a_lost_quote_is_silent_where_it_only_said_whom_the_words_were_for(
    claimed: Desk, clients: int, problem: str, told: list[str]
) -> None:
    if clients > 1:
        await claimed.writes(IVAN)
        await claimed.claims(BORIS, "2")
    await claimed.says(text="Да", dialog="1")
    await claimed.told()
    delivery = c.RecordDelivery(
        contact=MARIA, message=MessageId("1.2"), status=DeliveryStatus.SENT, natives=(NativeId("77"),), problem=problem
    )
    await claimed.do(delivery)
    assert (await claimed.told()).texts(BORIS) == told
