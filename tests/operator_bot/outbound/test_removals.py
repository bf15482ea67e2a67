"""What a colleague takes care of goes from the others' chats after a while, and never what is of use again."""

from typing import Any

import pytest

from gateway.model import commands as c
from gateway.model.ids import ContactId, DialogId, MessageId, OperatorId, card_at, copy_at
from gateway.model.outgoing import SendMessage
from gateway.operator_bot.outbound.removals import AFTER_MS, AT_ONCE, EVERY_MS, TOO_OLD_MS

ANNA, BORIS, VERA = OperatorId("501"), OperatorId("502"), OperatorId("503")
IVAN = ContactId("9002")
ONE = DialogId("1")
Desk = Any


@pytest.fixture
async def claimed(desk: Desk) -> Desk:
    """All three were shown a client's words and rung by further ones; Boris answers."""
    await desk.writes()
    await desk.writes(text="Вы тут?", after_ms=61_000)
    await desk.claims(BORIS)
    await desk.told()
    return desk


async def test_others_cards_and_rings_go_after_a_while_and_the_owners_stay(claimed: Desk) -> None:
    claimed.now += AFTER_MS - 1
    assert [(await claimed.told()).deleted(one) for one in (ANNA, BORIS, VERA)] == [[], [], []]
    claimed.now += 1

    told = await claimed.told()

    for operator in (ANNA, VERA):
        assert set(told.deleted(operator)) == {card_at(ONE, operator), copy_at(MessageId("1.2"), operator)}
    assert told.to(BORIS) == []
    assert await claimed.store.ask("EXISTS", claimed.store.keys.removals, claimed.store.keys.rings(ONE)) == 0
    assert await claimed.store.ask("SMEMBERS", claimed.store.keys.shown(ONE)) == {BORIS.encode()}
    claimed.now += AFTER_MS
    assert (await claimed.told()).sends == []


async def test_what_a_restart_lies_between_goes_all_the_same(claimed: Desk) -> None:
    claimed.restart()
    claimed.now += AFTER_MS

    assert card_at(ONE, ANNA) in (await claimed.told()).deleted(ANNA)


async def test_a_dialog_that_is_in_the_queue_again_keeps_its_cards(claimed: Desk) -> None:
    await claimed.do(c.Release(operator=BORIS, dialog=ONE, version=claimed.dialog().version, press="p"))
    await claimed.told()
    claimed.now += AFTER_MS

    told = await claimed.told()
    assert not [operator for operator in (ANNA, BORIS, VERA) if told.deleted(operator)]

    await claimed.claims(VERA)
    await claimed.told()
    claimed.now += AFTER_MS
    told = await claimed.told()
    assert card_at(ONE, ANNA) in told.deleted(ANNA)
    assert card_at(ONE, BORIS) in told.deleted(BORIS)
    assert told.deleted(VERA) == []


async def test_who_has_taken_it_over_keeps_the_card_and_who_had_it_does_not(claimed: Desk) -> None:
    await claimed.do(c.TakeOver(operator=VERA, dialog=ONE, version=claimed.dialog().version, press="p"))
    await claimed.told()
    claimed.now += AFTER_MS

    told = await claimed.told()

    assert told.deleted(VERA) == []
    assert card_at(ONE, BORIS) in told.deleted(BORIS)


async def test_what_was_a_ring_and_is_the_owners_copy_by_now_is_never_taken_away(claimed: Desk) -> None:
    await claimed.do(c.TakeOver(operator=VERA, dialog=ONE, version=claimed.dialog().version, press="p"))
    await claimed.do(c.TakeOver(operator=ANNA, dialog=ONE, version=claimed.dialog().version, press="p"))
    await claimed.told()
    claimed.now += AFTER_MS

    told = await claimed.told()

    assert told.deleted(VERA) == [card_at(ONE, VERA)]


async def test_a_card_that_has_gone_comes_anew_when_the_client_waits_again(claimed: Desk) -> None:
    claimed.now += AFTER_MS
    await claimed.told()
    await claimed.do(c.Release(operator=BORIS, dialog=ONE, version=claimed.dialog().version, press="p"))

    card = (await claimed.told()).card(ANNA)

    assert isinstance(card, SendMessage)
    assert not card.silent


async def test_few_go_at_once(claimed: Desk) -> None:
    await claimed.writes(contact=IVAN)
    await claimed.claims(BORIS, "2")
    await claimed.told()
    claimed.now += AFTER_MS
    gone = []
    for _ in range(2):
        told = await claimed.told()
        gone.append(sum(len(told.deleted(operator)) for operator in (ANNA, VERA)))
        claimed.now += EVERY_MS

    assert gone == [AT_ONCE, 1]


async def test_what_telegram_would_not_delete_any_more_is_only_forgotten(claimed: Desk) -> None:
    claimed.now += AFTER_MS + TOO_OLD_MS

    told = await claimed.told()

    assert not [operator for operator in (ANNA, BORIS, VERA) if told.deleted(operator)]
    assert await claimed.store.ask("EXISTS", claimed.store.keys.removals) == 0
