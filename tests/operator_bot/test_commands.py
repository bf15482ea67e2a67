"""What operators do with single messages and with the end of a dialog, as they see it done."""

from typing import Any

import pytest

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.ids import ContactId, DialogId, MessageId, NativeId, OperatorId, card_at
from gateway.model.messages import Message, Origin, Profile, Visit
from gateway.model.outgoing import DeliveryStatus, SendEdit, SendMessage, Urgency

ANNA, BORIS = OperatorId("501"), OperatorId("502")
MARIA, IVAN = ContactId("9001"), ContactId("9002")
ONE = DialogId("1")
TYPED = Origin(ContactId(BORIS), NativeId("900"))
Desk = Any


@pytest.fixture
async def claimed(desk: Desk) -> Desk:
    """Boris answers Maria; all of that is told."""
    await desk.writes()
    await desk.claims(BORIS)
    await desk.told()
    return desk


async def test_a_deleted_reply_shows_so_and_the_command_is_confirmed(claimed: Desk) -> None:
    origin = await claimed.says(text="Ой")
    await claimed.told()
    await claimed.do(c.DeleteReply(operator=BORIS, origin=TYPED, message_id=MessageId("1.2")))

    assert (await claimed.told()).reactions(BORIS) == [(origin.native, "🙈"), (TYPED.native, "👌")]


async def test_the_result_of_a_reply_that_was_taken_back_does_not_hide_that(claimed: Desk) -> None:
    await claimed.says(text="Ой")
    await claimed.do(c.DeleteReply(operator=BORIS, origin=TYPED, message_id=MessageId("1.2")))
    await claimed.told()
    await claimed.do(c.RecordDelivery(contact=MARIA, message=MessageId("1.2"), status=DeliveryStatus.SENT))

    assert (await claimed.told()).to(BORIS) == []


async def test_a_reaction_that_was_put_is_confirmed_on_the_command(claimed: Desk) -> None:
    await claimed.happen(e.ReactionPut(ONE, MessageId("1.1"), BORIS, NativeId("101"), "👍", TYPED))

    assert (await claimed.told()).reactions(BORIS) == [(TYPED.native, "👌")]


@pytest.mark.parametrize("why", ["delete_what", "react_what"])
async def test_a_command_that_names_nothing_is_answered_and_no_words_are_called_lost(claimed: Desk, why: str) -> None:
    await claimed.do(c.Misunderstood(operator=BORIS, origin=TYPED, why=why))

    told = await claimed.told()

    (sentence,) = told.texts(BORIS)
    assert "Ответьте" in sentence
    assert told.reactions(BORIS) == []


async def test_what_was_never_sent_cannot_be_deleted_and_that_is_said_so(claimed: Desk) -> None:
    await claimed.do(c.DeleteReply(operator=BORIS, origin=TYPED, message_id=MessageId("1.1")))

    (told,) = (await claimed.told()).texts(BORIS)

    assert told == "Ничего не удалено. Ответьте командой /delete на своё сообщение клиенту."


@pytest.mark.parametrize("why", ["only_buttons", "too_many_buttons", "button_too_long"])
async def test_words_with_impossible_buttons_are_marked_as_not_sent(claimed: Desk, why: str) -> None:
    await claimed.do(c.Misunderstood(operator=BORIS, origin=TYPED, why=why))

    told = await claimed.told()

    assert told.texts(BORIS)[0].startswith("Не отправлено:")
    assert told.reactions(BORIS) == [(TYPED.native, "💔")]


async def test_closing_by_a_command_finishes_the_current_dialog_and_is_confirmed(claimed: Desk) -> None:
    await claimed.do(c.Close(operator=BORIS, origin=TYPED), after_ms=60_000)

    told = await claimed.told()

    assert "Диалог завершён" in told.card(BORIS).message.text
    assert told.reactions(BORIS) == [(TYPED.native, "👌")]


async def test_closing_by_a_command_asks_where_it_is_not_plain_which(claimed: Desk) -> None:
    await claimed.writes(IVAN)
    await claimed.claims(BORIS, "2")
    await claimed.writes(after_ms=500)
    await claimed.told()
    await claimed.do(c.Close(operator=BORIS, origin=TYPED), after_ms=1_000)

    (asked,) = (await claimed.told()).to(BORIS)

    assert asked.message.text == "Какой диалог завершить?"
    data = [one.data for row in asked.message.buttons for one in row]
    ask = TYPED.native
    assert data == [f"1:choose:1:{ask}", f"1:choose:2:{ask}", f"1:drop:{ask}"], "who spoke last stands first"


async def test_a_read_mark_that_comes_after_the_close_still_shows(claimed: Desk) -> None:
    origin = await claimed.says()
    await claimed.do(c.RecordDelivery(contact=MARIA, message=MessageId("1.2"), status=DeliveryStatus.SENT))
    await claimed.closes(BORIS)
    await claimed.told()
    await claimed.do(c.ReceiveRead(contact=MARIA, message=MessageId("1.2")), after_ms=3_600_000)

    told = await claimed.told()

    assert told.reactions(BORIS) == [(origin.native, "👍")]
    assert told.texts(BORIS) == []


async def test_that_words_were_not_sent_is_said_before_everything_that_waits(claimed: Desk) -> None:
    await claimed.says(ANNA, "Я отвечу", "1")

    told = await claimed.told()

    (sentence,) = [one for one in told.sends if isinstance(one.job, SendMessage)]
    assert sentence.job.message.text == "Не отправлено: этому клиенту отвечает Борис."
    assert sentence.urgency is Urgency.NOW


# ── who writes, and from where ────────────────────────────────────────────────────────────────────────


async def go_on(desk: Desk, page: str, number: int) -> None:
    """The client writes from another page."""
    message = Message(native=NativeId(f"v{number}"), text="А этот?")
    visit = Visit(f"https://shop.example.com/{page}", "Товар")
    await desk.do(c.Receive(contact=MARIA, message=message, profile=Profile(name="Мария"), visit=visit))


async def test_another_page_changes_the_owners_card_silently_and_once(claimed: Desk) -> None:
    await go_on(claimed, "a", 1)
    await go_on(claimed, "b", 2)

    told = await claimed.told()

    edits = [one for one in told.sends if isinstance(one.job, SendEdit)]
    assert {(one.contact, one.newest, one.urgency) for one in edits} == {(BORIS, "card:1", Urgency.CARD)}
    assert edits[-1].job.sent == card_at(ONE, BORIS)
    assert "https://shop.example.com/b" in edits[-1].job.message.text
    assert told.to(ANNA) == []

    await go_on(claimed, "b", 3)
    assert not [one for one in (await claimed.told()).to(BORIS) if isinstance(one, SendEdit)]


async def test_who_introduces_themselves_is_known_on_the_card(claimed: Desk) -> None:
    message = Message(native=NativeId("v1"), text="Перезвоните")
    profile = Profile(name="Мария", phone="+7 900 000-00-00")
    await claimed.do(c.Receive(contact=MARIA, message=message, profile=profile))

    told = await claimed.told()

    assert "📞 +7 900 000-00-00" in told.card(BORIS).message.text
    assert told.to(ANNA) == []


# ── a race ────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_losers_card_is_changed_once_so_that_the_words_are_not_held_up(desk: Desk) -> None:
    await desk.writes()
    await desk.told()
    await desk.claims(BORIS)
    await desk.told()
    await desk.do(c.Claim(operator=ANNA, dialog=ONE, version=1, press="late"), after_ms=300)

    told = await desk.told()

    assert told.toasts(ANNA) == ["Этому клиенту уже отвечает Борис."]
    (toast,) = told.sends
    assert toast.urgency is Urgency.NOW

    await desk.do(c.Claim(operator=ANNA, dialog=ONE, version=1, press="later"), after_ms=60_000)
    assert [one for one in (await desk.told()).to(ANNA) if isinstance(one, SendEdit)]
