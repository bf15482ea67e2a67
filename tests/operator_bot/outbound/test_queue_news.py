"""What is told of the queue and of people: what came back, whom nobody serves, who is in; lists, a page at a time."""

import pytest

from gateway.model import commands as c
from gateway.model.commands import Role, View
from gateway.model.ids import ContactId, DialogId, LineId, NativeId, OperatorId, card_at
from gateway.model.messages import Message, Origin, Profile
from gateway.model.outgoing import SendEdit, SendMessage
from gateway.model.state import Line
from gateway.router.decide import decide
from gateway.router.state.rows import Changes
from tests.operator_bot.conftest import ANNA, BORIS, IVAN, SHOP, VERA, Desk

ONE, SERVICE = DialogId("1"), LineId("service")
MINUTE = 60_000


def labels(send: SendMessage | SendEdit) -> list[str]:
    return [one.text for row in send.message.buttons for one in row]


@pytest.fixture
async def claimed(desk: Desk) -> Desk:
    """Boris answers Maria; all of that is told."""
    await desk.writes()
    await desk.told()
    await desk.claims(BORIS)
    await desk.told()
    return desk


async def due(desk: Desk, timer: str, after_ms: int) -> None:
    await desk.do(c.Expire(dialog=ONE, timer=timer, due=desk.now + after_ms), after_ms=after_ms)


async def many(desk: Desk, count: int, line: LineId, first: int) -> None:
    """So many clients wait on a line, each a minute later."""
    for number in range(first, first + count):
        desk.now += MINUTE
        message = Message(native=NativeId(f"n{number}"), at=desk.now, text=f"слово {number}")
        client = c.Receive(contact=ContactId(f"c{number}"), message=message, profile=Profile(name=f"Клиент {number}"))
        await desk.happen(*decide(desk.rows, client, desk.now, line=line, account=SHOP))


async def has_service(desk: Desk) -> None:
    desk.rows.lines[SERVICE] = Line(id=SERVICE, title="Сервис")
    changes = Changes()
    changes.lines.add(SERVICE)
    await desk._commit(changes, [])


async def test_what_is_returned_is_a_card_for_everybody_again_and_rings(claimed: Desk) -> None:
    await claimed.do(c.Release(operator=BORIS, dialog=ONE, version=claimed.dialog().version, press="p"))

    told = await claimed.told()

    for operator in (ANNA, VERA):
        assert told.card(operator).message.text.startswith("↩️ Мария")
        assert "Ответить" in labels(told.card(operator))
        (ring,) = [one for one in told.to(operator) if isinstance(one, SendMessage)]
        assert ring.names == (ONE,), "an answer to it is for this client"
    assert told.toasts(BORIS) == ["↩️ Диалог снова в очереди: Мария"]


async def test_clients_of_who_blocks_the_bot_are_shown_to_the_others(claimed: Desk) -> None:
    await claimed.do(c.Leave(operator=BORIS, gone=True))
    await due(claimed, "absence", 1)

    told = await claimed.told()

    assert "Ответить" in labels(told.card(ANNA))
    assert told.to(BORIS) == []


async def test_the_question_at_the_end_of_a_shift_gives_way_to_its_answer(claimed: Desk) -> None:
    await claimed.do(c.SetDuty(operator=BORIS, on=False))
    (asked,) = [one for one in (await claimed.told()).to(BORIS) if isinstance(one, SendMessage)]
    await claimed.knows(BORIS, asked.sent, "900")
    origin = Origin(ContactId(BORIS), NativeId("900"))
    await claimed.do(c.HandBack(operator=BORIS, back=True, press="p", origin=origin))

    (edit,) = [one for one in (await claimed.told()).to(BORIS) if isinstance(one, SendEdit)]

    assert edit.sent == asked.sent
    assert edit.message.text.endswith("1 открытый диалог возвращается в очередь.")
    assert labels(edit) == []


async def test_who_is_taken_over_hears_by_whom(claimed: Desk) -> None:
    await claimed.do(c.TakeOver(operator=VERA, dialog=ONE, version=claimed.dialog().version, press="p"))

    told = await claimed.told()

    assert any(text.startswith("🔁 Вера забирает диалог:") for text in told.texts(BORIS))
    assert "Завершить" not in labels(told.card(BORIS))
    assert "Завершить" in labels(told.card(VERA))


async def test_whom_all_have_skipped_rings_again_for_all_and_seniors_are_told(desk: Desk) -> None:
    await desk.writes()
    for operator in (ANNA, BORIS, VERA):
        await desk.do(c.Decline(operator=operator, dialog=ONE, version=1))
    await desk.do(c.Look(operator=BORIS, view=View.WAITING))
    assert "все на смене пропустили" in (await desk.told()).texts(BORIS)[-1]
    await due(desk, "review", MINUTE)

    told = await desk.told()

    for operator in (ANNA, BORIS, VERA):
        assert "Ответить" in labels(told.card(operator))
    for senior in (ANNA, VERA):
        assert any("все на смене пропустили" in text for text in told.texts(senior))
    assert not any("пропустили" in text for text in told.texts(BORIS))
    await desk.do(c.Look(operator=BORIS, view=View.WAITING))
    assert "никто не берёт, супервизоры знают" in (await desk.told()).texts(BORIS)[-1]


async def test_the_last_ones_end_of_shift_is_told_while_clients_wait(desk: Desk) -> None:
    await desk.writes()
    await desk.change(ANNA, on_duty=False)
    await desk.change(VERA, on_duty=False)
    await desk.told()
    await desk.do(c.SetDuty(operator=BORIS, on=False))

    told = await desk.told()

    assert "⚠️ Продажи: после вас на смене никого. Ждёт 1 клиент." in told.texts(BORIS)
    for senior in (ANNA, VERA):
        assert "⚠️ Продажи: на смене никого, смену заканчивает Борис. Ждёт 1 клиент." in told.texts(senior)
    await desk.do(c.Look(operator=BORIS, view=View.WAITING))
    assert "⚠️ Продажи: на смене никого" in (await desk.told()).texts(BORIS)[-1]


async def test_no_lines_queue_hides_anothers_and_every_page_is_reached(desk: Desk) -> None:
    await has_service(desk)
    await many(desk, 25, LineId("sales"), 1)
    await many(desk, 5, SERVICE, 26)
    await desk.change(BORIS, lines=(SERVICE,))
    await desk.told()
    await desk.do(c.Look(operator=BORIS, view=View.WAITING))
    text = (await desk.told()).texts(BORIS)[-1]
    assert text.startswith("Ждут ответа: 5")
    assert [f"Клиент {n} " in text for n in (25, 26, 30)] == [False, True, True]
    seen = []
    for page in range(4):
        await desk.do(c.Look(operator=ANNA, view=View.WAITING, page=page))
        text = (await desk.told()).texts(ANNA)[-1]
        seen += [number for number in range(1, 31) if f"Клиент {number} ·" in text]
    assert seen[:30] == list(range(1, 31)), "who waits longest comes first, and nobody is left out"
    await desk.do(c.Look(operator=ANNA, view=View.WAITING, line=SERVICE))
    assert (await desk.told()).texts(ANNA)[-1].startswith("Ждут ответа: 5 · Сервис")


async def test_whoever_has_very_many_dialogs_sees_them_all_who_waits_first(desk: Desk) -> None:
    await many(desk, 23, LineId("sales"), 1)
    for number in range(1, 24):
        await desk.claims(BORIS, str(number))
    await desk.says(BORIS, dialog="1")
    await desk.told()
    seen = []
    for page in range(3):
        await desk.do(c.Look(operator=BORIS, view=View.MINE, page=page))
        text = (await desk.told()).texts(BORIS)[-1]
        seen += [number for number in range(1, 24) if f"Клиент {number} ·" in text]
    assert set(seen) == set(range(1, 24))
    assert 1 in seen[20:], "who is answered comes last"


async def test_who_is_dismissed_loses_their_cards_and_the_right_to_anything(claimed: Desk) -> None:
    await claimed.writes(IVAN)
    await claimed.told()
    await claimed.do(c.Dismiss(operator=ANNA, person=BORIS, press="p"))

    told = await claimed.told()

    assert "Ваш доступ к этому боту закрыт." in told.texts(BORIS)
    assert set(told.deleted(BORIS)) == {card_at(ONE, BORIS), card_at(DialogId("2"), BORIS)}
    assert any("🚪 Доступ закрыт: Борис. 1 открытый диалог возвращается в очередь." in one for one in told.texts(ANNA))
    await claimed.do(c.Look(operator=BORIS, view=View.WAITING))
    await claimed.writes(IVAN, after_ms=5 * MINUTE)
    assert not any("Ждут ответа" in text for text in (await claimed.told()).texts(BORIS))


async def test_people_are_listed_with_role_lines_presence_and_dialogs(claimed: Desk) -> None:
    await claimed.do(c.Look(operator=ANNA, view=View.PEOPLE))

    text = (await claimed.told()).texts(ANNA)[-1]

    assert text.startswith("Сотрудники: 3")
    assert "Борис · оператор · все линии\nна смене · 1 открытый диалог" in text


async def test_an_invites_message_says_role_line_and_until_when(desk: Desk) -> None:
    await has_service(desk)
    look = c.Look(operator=ANNA, view=View.INVITE, role=Role.SUPERVISOR, lines=(SERVICE,), hours=48)
    await desk.do(look)

    text = (await desk.told()).texts(ANNA)[-1]

    assert text.startswith("Приглашение на одного человека: супервизор\nЛинии: Сервис\nДействует один раз, до 17 нояб")
    assert "https://t.me/desk_bot?start=" in text


async def test_a_second_invite_changes_role_and_lines_and_says_so(desk: Desk) -> None:
    made = c.MakeInvite(operator=ANNA, digest="d", role=Role.SUPERVISOR, lines=(), expires_at=desk.now + MINUTE)
    await desk.do(made)
    await desk.do(c.Enter(operator=BORIS, profile=Profile(name="Борис"), invite="d"))

    told = await desk.told()

    assert "Теперь ваша роль: супервизор. Линии: все линии" in told.texts(BORIS)
    assert desk.rows.operators[OperatorId(BORIS)].role is Role.SUPERVISOR
