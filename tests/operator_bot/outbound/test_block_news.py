"""Blocking behind "⋯", with a question, and what a blocked client writes: counted, kept, read after unblocking."""

from typing import Any

import pytest

from gateway.model import commands as c
from gateway.model.commands import Entry, Receive, View
from gateway.model.ids import AccountId, ContactId, DialogId, LineId, NativeId, OperatorId
from gateway.model.messages import Message, Origin, Profile
from gateway.model.outgoing import SendEdit, SendMessage
from gateway.streams.intake import Intake, Offer

Desk = Any
"""conftest's; test modules cannot import it."""
ANNA, BORIS, MARIA = OperatorId("501"), OperatorId("502"), ContactId("9001")
SALES, SHOP, ONE = LineId("sales"), AccountId("shop"), DialogId("1")
NOON = 1_700_049_600_000


def labels(job: SendMessage | SendEdit) -> list[str]:
    return [button.text for row in job.message.buttons for button in row]


def said(told: Any, words: str) -> list[SendMessage]:
    return [one for one in told.to(BORIS) if isinstance(one, SendMessage) and words in one.message.text]


@pytest.fixture
async def claimed(desk: Desk) -> Desk:
    """Boris answers Maria; all of that is told."""
    await desk.writes()
    await desk.claims(BORIS)
    await desk.told()
    return desk


async def looks(desk: Desk, view: View, *, page: int = 0, native: str = "500") -> None:
    origin = Origin(ContactId(BORIS), NativeId(native))
    await desk.do(c.Look(operator=BORIS, view=view, dialog=ONE, page=page, origin=origin, press="p"))


@pytest.mark.parametrize("is_claimed", [True, False])
async def test_a_client_is_blocked_behind_more_and_after_a_question(desk: Desk, *, is_claimed: bool) -> None:
    await desk.writes(text="Купите рекламу!")
    if is_claimed:
        await desk.told()
        await desk.claims(BORIS)
    card = (await desk.told()).card(BORIS)
    assert "Заблокировать" not in labels(card)

    await looks(desk, View.MORE)
    more = (await desk.told()).card(BORIS)
    assert labels(more) == ["Заблокировать", "‹ Назад"]
    assert more.message.text == card.message.text

    await looks(desk, View.BLOCK)
    asked = (await desk.told()).card(BORIS)
    assert labels(asked) == ["Да, заблокировать", "‹ Назад"]
    assert asked.message.text.startswith(f"{card.message.text}\n🚫 Заблокировать клиента?")
    assert asked.message.buttons[0][0].data == f"1:block:1:{desk.dialog('1').version}"

    await looks(desk, View.CARD)
    assert (await desk.told()).card(BORIS).message == card.message
    assert desk.dialog("1").is_open


async def test_a_menu_on_a_finished_dialogs_card_is_no_menu_any_more(claimed: Desk) -> None:
    await claimed.do(c.Close(operator=BORIS, dialog=ONE, press="p"))
    closed = (await claimed.told()).card(BORIS)
    await looks(claimed, View.BLOCK)
    assert (await claimed.told()).card(BORIS).message == closed.message


async def blocked(desk: Desk, *texts: str) -> None:
    """Maria's client is blocked, and writes this meanwhile, by the way of everybody's words."""
    await desk.do(c.Block(operator=BORIS, dialog=ONE, version=desk.dialog("1").version, press="p"))
    await desk.told()
    intake = Intake(desk.store)
    for number, text in enumerate(texts, 1):
        words = Receive(
            MARIA, Message(native=NativeId(f"b{number}"), at=NOON + number * 60_000, text=text), Profile("Мария")
        )
        offer = Offer(desk.store.keys.inbox(SALES), SHOP, f"b{number}", Entry(command=words, account=SHOP), MARIA)
        assert (await intake.offer([offer]))[0].outcome == "blocked"
    await intake.close()


async def test_who_unblocks_hears_how_much_was_written_and_can_read_it(claimed: Desk) -> None:
    await blocked(claimed, "Ответьте!", "/off у меня", "Ну и ладно")
    await claimed.do(c.Unblock(operator=BORIS, dialog=ONE, press="p"))
    told = await claimed.told()
    news = next(
        one for one in told.to(BORIS) if isinstance(one, SendMessage) and "за время блокировки" in one.message.text
    )
    assert news.message.text == "✈️ Мария · №1: за время блокировки 3 сообщения"
    assert news.message.buttons[0][0].data == "1:stopped:1:0"

    await looks(claimed, View.STOPPED)
    (read,) = (await claimed.told()).texts(BORIS)
    lines = read.splitlines()
    assert lines[0] == "Написано за время блокировки: ✈️ Мария · №1"
    assert [line[:7] for line in lines[1:]] == ["👤 12:01", "👤 12:02", "👤 12:03"]
    assert "Ну и ладно" in lines[-1]


async def test_what_is_more_than_a_page_is_turned_in_place(claimed: Desk) -> None:
    await blocked(claimed, *(f"слово {number}" for number in range(1, 13)))
    await claimed.do(c.Unblock(operator=BORIS, dialog=ONE, press="p"))
    await claimed.told()
    await looks(claimed, View.STOPPED)
    (first,) = [
        one
        for one in (await claimed.told()).to(BORIS)
        if isinstance(one, SendMessage) and "Написано" in one.message.text
    ]
    assert "слово 12" in first.message.text
    assert "слово 2\n" not in first.message.text
    await claimed.knows(BORIS, first.sent, "900")
    await looks(claimed, View.STOPPED, page=1, native="900")
    (turned,) = [one for one in (await claimed.told()).to(BORIS) if isinstance(one, SendEdit)]
    assert turned.message.text.splitlines()[1:] == ["👤 12:01 слово 1", "👤 12:02 слово 2"]


async def test_who_wrote_nothing_meanwhile_is_unblocked_without_a_word(claimed: Desk) -> None:
    await blocked(claimed)
    await claimed.do(c.Unblock(operator=BORIS, dialog=ONE, press="p"))
    assert not [one for one in (await claimed.told()).texts(BORIS) if "за время блокировки" in one]


async def test_a_second_block_counts_anew(claimed: Desk) -> None:
    await blocked(claimed, "Раз", "Два")
    await claimed.do(c.Unblock(operator=ANNA, dialog=ONE, press="p"))
    await claimed.told()
    await claimed.do(c.Block(operator=ANNA, dialog=ONE, version=claimed.dialog("1").version, press="p"))
    await claimed.do(c.Unblock(operator=ANNA, dialog=ONE, press="p"))
    assert not [one for one in (await claimed.told()).texts(ANNA) if "за время блокировки" in one]
