"""Words that have not gone for a while: what their author reads, and the way to stop them."""

from typing import Any

import pytest

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.ids import ContactId, DialogId, MessageId, OperatorId
from gateway.model.outgoing import DeliveryStatus, SendMessage
from gateway.operator_bot.inbound.buttons import Action, button_data, read_button
from gateway.operator_bot.inbound.targets import resolve

BORIS, MARIA = OperatorId("502"), ContactId("9001")
MINUTE = 60_000
Desk = Any


@pytest.fixture
async def said(desk: Desk) -> MessageId:
    """Boris has answered Maria, and the answer is on its way."""
    await desk.writes()
    await desk.claims(BORIS)
    await desk.says(BORIS, "Да, есть")
    await desk.told()
    return MessageId("1.2")


def queued(message: MessageId, **more: Any) -> c.RecordDelivery:
    return c.RecordDelivery(contact=MARIA, message=message, status=DeliveryStatus.QUEUED, **more)


async def notice(desk: Desk) -> SendMessage:
    (found,) = [one for one in (await desk.told()).to(BORIS) if isinstance(one, SendMessage)]
    return found


async def test_trouble_is_told_with_what_happens_next_and_a_way_to_stop(desk: Desk, said: MessageId) -> None:
    ends = desk.now + 9 * MINUTE
    await desk.do(queued(said, problem="Telegram's server failed at sendMessage (502)", ends_at=ends))
    told = await notice(desk)
    assert told.message.text.startswith("⏳ Пока не отправлено: сбой на сервере Telegram (502). Пробую снова до ")
    assert told.message.reply_to is not None, "in answer to the operator's own words"
    assert told.silent
    ((stop,),) = told.message.buttons
    assert stop.text == "Не отправлять"
    update = {
        "callback_query": {
            "id": "p",
            "from": {"id": 502, "is_bot": False},
            "message": {"message_id": 5, "chat": {"id": 502, "type": "private"}},
            "data": stop.data,
        }
    }
    pressed = resolve(update, {})
    assert isinstance(pressed, c.DeleteReply)
    assert (pressed.message_id, pressed.stop) == (said, True)
    happened = await desk.do(pressed)
    assert [type(one) for one in happened] == [e.ReplyDeleted, e.PressAccepted]
    assert (await desk.told()).toasts(BORIS) == ["Отправка отменена"]


async def test_a_limit_is_told_with_the_time_when_it_goes(desk: Desk, said: MessageId) -> None:
    await desk.do(queued(said, problem="Telegram asks for slower sending", resumes_at=desk.now + 120 * MINUTE))
    text = (await notice(desk)).message.text
    assert "Telegram просит отправлять медленнее" in text
    assert "Отправится само около" in text


async def test_of_what_has_an_end_a_delay_is_no_news(desk: Desk, said: MessageId) -> None:
    await desk.do(c.RecordDelivery(contact=MARIA, message=said, status=DeliveryStatus.SENT))
    await desk.told()
    assert await desk.do(queued(said, problem="late")) == []


async def test_a_stop_that_comes_too_late_takes_nothing_back_at_the_client(desk: Desk, said: MessageId) -> None:
    await desk.do(c.RecordDelivery(contact=MARIA, message=said, status=DeliveryStatus.SENT))
    happened = await desk.do(c.DeleteReply(operator=BORIS, message_id=said, stop=True, press="p"))
    assert [type(one) for one in happened] == [e.CommandRefused]


def test_the_button_keeps_which_message_it_stops() -> None:
    pressed = read_button(button_data(Action.STOP, DialogId("12"), page=7))
    assert pressed is not None
    assert (pressed.action, pressed.dialog, pressed.page) == (Action.STOP, "12", 7)
