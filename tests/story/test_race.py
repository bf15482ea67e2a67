"""Two operators press "Ответить" at once, again and again: one owner each time, nothing of the loser delivered."""

import asyncio

from tests.story.stage import Stage, button, labels, words

ROUNDS = 200


async def test_of_two_presses_one_wins_and_nothing_of_the_loser_is_delivered(tmp_path):
    async with Stage(tmp_path) as stage:
        await stage.open()
        customers = [person.id for person in add_customers(stage, ROUNDS)]
        lost_words = []
        for number, customer in enumerate(customers):
            stage.writes(customer, f"вопрос {number}")
            cards = {one: await stage.card(one, f"Клиент {number}\n") for one in (stage.anna, stage.boris)}
            places = {one: button(card, "Ответить") for one, card in cards.items()}
            first, second = (stage.anna, stage.boris) if number % 2 else (stage.boris, stage.anna)
            answers = await asyncio.gather(
                *(
                    stage.sandbox.people.press(one, stage.desk, cards[one].message_id, *places[one])
                    for one in (first, second)
                )
            )
            told = {one: pressed.answer.text for one, pressed in zip((first, second), answers, strict=True)}
            winners = [one for one, text in told.items() if text.startswith("Вы отвечаете")]
            assert len(winners) == 1, told
            [winner] = winners
            loser = stage.boris if winner == stage.anna else stage.anna
            name = "Анна" if winner == stage.anna else "Борис"
            assert name in told[loser], told
            # The loser was quick with the words too: a reply to the card, which must reach nobody.
            lost_words.append(f"опоздавший ответ {number}")
            stage.says(loser, lost_words[-1], reply_to=cards[loser].message_id)
            stage.says(winner, f"ответ {number}", reply_to=cards[winner].message_id)
            await stage.sees(customer, lambda one, number=number: words(one) == f"ответ {number}")
            marks = (f"Клиент {number}\n", f"отвечает {name}", ", с ")
            gone = await stage.sees(loser, lambda one, marks=marks: all(mark in words(one) for mark in marks))
            assert labels(gone) == (["Забрать"] if loser == stage.anna else []), "an admin may take it over"
        rows = await settled(stage, ROUNDS)
        assert rows == ROUNDS
        for customer in customers:
            heard = [words(one) for one in stage.chat(customer, stage.shop) if one.is_out]
            assert len(heard) == 1, heard
            assert not set(heard) & set(lost_words)
        assert stage.rows("SELECT count(*) FROM messages WHERE text LIKE 'опоздавший%'") == [(0,)]
        assert stage.rows("SELECT count(*), count(DISTINCT owner) FROM dialogs WHERE owner IS NOT NULL") == [
            (ROUNDS, 2)
        ]


def add_customers(stage, count):
    from sandbox.cast import CastUser  # noqa: PLC0415

    return [
        stage.sandbox.add_user(CastUser(id=900_000_000 + number, name=f"Клиент {number}", bots=["shop_bot"]))
        for number in range(count)
    ]


async def settled(stage, wanted, seconds=20):
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        [(count,)] = stage.rows("SELECT count(*) FROM messages WHERE side = 'operator'")
        if count >= wanted or asyncio.get_running_loop().time() > deadline:
            return count
        await asyncio.sleep(0.1)
