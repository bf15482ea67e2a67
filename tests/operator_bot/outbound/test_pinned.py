"""The line that says whom plain words are for: one per chat, edited when that changes and at no other time."""

from typing import Any

from gateway.model import commands as c
from gateway.model.ids import DialogId, OperatorId, dialogs_of_sent, naming
from gateway.model.messages import Message, Profile
from gateway.model.outgoing import SendEdit

ANNA, BORIS = OperatorId("501"), OperatorId("502")
ONE, TWO = DialogId("1"), DialogId("2")
Desk = Any


def lines(told: Any, operator: OperatorId = BORIS) -> list[SendEdit]:
    return [one for one in told.to(operator) if isinstance(one, SendEdit) and one.pinned]


async def test_it_is_told_when_the_current_client_changes_and_at_no_other_time(desk: Desk) -> None:
    await desk.writes()
    assert lines(await desk.told()) == []
    await desk.claims(BORIS)
    [first] = lines(await desk.told())
    assert first.message.text == "✍️ Пишете: Мария · Telegram"
    assert first.names == (ONE,)
    await desk.says()
    await desk.writes(after_ms=100)
    assert lines(await desk.told()) == []
    await desk.writes("9002")
    await desk.claims(BORIS, "2")
    [second] = lines(await desk.told())
    assert (second.sent, second.message.text, second.names) == (first.sent, "✍️ Пишете: Иван · Telegram", (TWO,))


async def test_of_many_changes_at_once_the_last_is_told(desk: Desk) -> None:
    await desk.writes()
    await desk.writes("9002")
    await desk.claims(BORIS, "1")
    await desk.claims(BORIS, "2")
    await desk.do(c.Focus(operator=BORIS, dialog=ONE, press="p"))
    [line] = lines(await desk.told())
    assert line.names == (ONE,)


async def test_when_the_dialog_ends_it_says_nobody_and_answers_to_it_are_asked_about(desk: Desk) -> None:
    await desk.writes()
    await desk.claims(BORIS)
    await desk.told()
    await desk.closes(BORIS)
    [line] = lines(await desk.told())
    assert line.message.text == "✍️ Пишете: никому. Выберите клиента: /my"
    assert len(dialogs_of_sent(naming(line.sent, line.names))) > 1, "it names no one client"


async def test_a_restart_tells_nothing_again(desk: Desk) -> None:
    await desk.writes()
    await desk.claims(BORIS)
    await desk.told()
    desk.restart()
    await desk.writes(after_ms=100)
    assert lines(await desk.told()) == []


async def test_a_client_who_is_called_otherwise_now_is_so_there_too(desk: Desk) -> None:
    await desk.writes()
    await desk.claims(BORIS)
    await desk.told()
    await desk.do(c.ReceiveProfile(contact="9001", profile=Profile(name="Мария Иванова")))
    [line] = lines(await desk.told())
    assert line.message.text.startswith("✍️ Пишете: Мария Иванова")


async def test_who_begins_to_work_has_it_told_again(desk: Desk) -> None:
    await desk.writes()
    await desk.claims(BORIS)
    await desk.told()
    await desk.do(c.SetDuty(operator=BORIS, on=False))
    assert lines(await desk.told()) == []
    await desk.do(c.SetDuty(operator=BORIS, on=True))
    assert len(lines(await desk.told())) == 1


async def test_it_stands_behind_words_and_cards_and_its_refusal_is_told_to_nobody(desk: Desk) -> None:
    await desk.writes()
    await desk.claims(BORIS)
    [outbound] = [one for one in (await desk.told()).sends if isinstance(one.job, SendEdit) and one.job.pinned]
    assert (outbound.urgency.name, outbound.returns) == ("COSMETIC", False)


async def test_a_word_by_reply_to_makes_that_client_the_current_one_on_the_screen(desk: Desk) -> None:
    await desk.writes()
    await desk.writes("9002")
    await desk.claims(BORIS, "1")
    await desk.claims(BORIS, "2")
    await desk.told()
    await desk.do(c.Reply(operator=BORIS, message=Message(text="Да"), dialog=ONE))
    [line] = lines(await desk.told())
    assert line.names == (ONE,)
