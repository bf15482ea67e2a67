"""Whatever ends a dialog says whom it was, and can be undone for a minute."""

from typing import Any

import pytest

from gateway.model import commands as c
from gateway.model.ids import ContactId, DialogId, NativeId, OperatorId, card_at, dialog_of_sent, naming
from gateway.model.messages import Origin
from gateway.model.outgoing import SendEdit, SendMessage
from gateway.model.timers import Timer
from gateway.operator_bot.inbound.buttons import Action, read_button

ANNA, BORIS, VERA = OperatorId("501"), OperatorId("502"), OperatorId("503")
ONE = DialogId("1")
TYPED = Origin(ContactId(BORIS), NativeId("900"))
Desk = Any


@pytest.fixture
async def claimed(desk: Desk) -> Desk:
    await desk.writes()
    await desk.claims(BORIS)
    await desk.told()
    return desk


def offer(told: Any, operator: OperatorId = BORIS) -> SendMessage:
    """The sentence with the button that undoes it."""
    [one] = [one for one in told.to(operator) if isinstance(one, SendMessage) and one.sent.startswith("!ended")]
    return one


async def undo(desk: Desk, told: Any, operator: OperatorId = BORIS, *, after_ms: int = 0) -> list[Any]:
    pressed = read_button(offer(told, operator).message.buttons[0][0].data)
    assert pressed is not None
    assert (pressed.action, pressed.dialog) == (Action.UNDO, ONE)
    await desk.knows(operator, offer(told, operator).sent, "700")
    origin = Origin(ContactId(operator), NativeId("700"))
    return await desk.do(
        c.Undo(operator=operator, dialog=ONE, version=pressed.version, origin=origin, press="p"), after_ms=after_ms
    )


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (c.Close(operator=BORIS, origin=TYPED), "✅ Завершён: Мария · Telegram"),
        (c.Close(operator=BORIS, origin=TYPED, dialog=ONE), "✅ Завершён: Мария · Telegram"),
        (c.Close(operator=BORIS, dialog=ONE, version=2, press="p"), "✅ Завершён: Мария · Telegram"),
        (c.Block(operator=BORIS, dialog=ONE, version=2, press="p"), "🚫 Заблокирован: Мария · Telegram"),
    ],
)
async def test_every_ending_names_whom_and_is_undone_as_if_it_had_not_been(
    claimed: Desk, how: c.StaffCommand, said: str
) -> None:
    before, me = claimed.dialog(), claimed.rows.operators[BORIS]
    await claimed.do(how)
    told = await claimed.told()
    assert offer(told).message.text == said
    assert dialog_of_sent(naming(offer(told).sent, offer(told).names)) == ONE, "an answer to it is for this client"

    await undo(claimed, told, after_ms=59_000)

    after = claimed.dialog()
    assert (after.state, after.owner, after.waiting_since) == (before.state, BORIS, before.waiting_since)
    assert claimed.rows.operators[BORIS].current == me.current
    assert not claimed.rows.contacts["shop", "9001"].blocked
    told = await claimed.told()
    assert told.toasts(BORIS) == ["↩️ Снова открыт: Мария"]
    edits = [one for one in told.to(BORIS) if isinstance(one, SendEdit) and one.sent.startswith("!ended")]
    assert [(one.message.text, one.message.buttons) for one in edits] == [("↩️ Снова открыт: Мария · Telegram", ())]
    cards = [one for one in told.to(BORIS) if isinstance(one, SendEdit) and one.sent == card_at(ONE, BORIS)]
    assert "Вы отвечаете" in cards[-1].message.text


async def test_after_a_minute_it_is_refused_with_what_to_do(claimed: Desk) -> None:
    await claimed.closes()
    told = await claimed.told()
    await undo(claimed, told, after_ms=60_001)
    [toast] = (await claimed.told()).toasts(BORIS)
    assert "больше минуты" in toast
    assert "Написать снова" in toast
    assert not claimed.dialog().is_open


async def test_when_the_client_has_written_since_their_new_dialog_stands(claimed: Desk) -> None:
    await claimed.closes()
    told = await claimed.told()
    await claimed.writes(after_ms=100)
    await claimed.told()
    await undo(claimed, told)
    assert not claimed.dialog("1").is_open
    assert claimed.dialog("2").is_open


async def test_what_a_supervisor_finished_is_offered_to_them_and_its_owner_hears_of_either(claimed: Desk) -> None:
    await claimed.closes(VERA)
    told = await claimed.told()
    assert offer(told, VERA).message.text == "✅ Завершён: Мария · Telegram"
    await undo(claimed, told, VERA)
    assert claimed.dialog().owner == BORIS
    assert any("Снова открыт: Мария" in one for one in (await claimed.told()).texts(BORIS))


async def test_what_ended_by_itself_offers_nothing(claimed: Desk) -> None:
    await claimed.says()
    await claimed.told()
    after_ms = claimed.rows.lines["sales"].auto_close_ms
    due = claimed.now + after_ms
    await claimed.do(c.Expire(timer=Timer.AUTO_CLOSE, due=due, dialog=ONE), after_ms=after_ms)
    assert not claimed.dialog().is_open
    told = await claimed.told()
    assert not [one for one in told.to(BORIS) if isinstance(one, SendMessage) and one.sent.startswith("!ended")]
