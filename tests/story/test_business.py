"""Clients of a person's own account, the whole way: answered within a day of their words, refused in words after it,
and what the person answers by hand stands in the dialog. The windows' ends come from the stand-in's dates.
"""

from sandbox.telegram.business import Business
from tests.story.process import until
from tests.story.stage import Stage, words

HOURS = 3600


def client_sees(stage, user):
    """What the bot has said to them in the person's name, in order."""
    chats = [one for one in stage.sandbox.world.chats.values() if one.connection and one.body["id"] == user]
    found = [one for chat in chats for one in stage.sandbox.world.history(chat) if one.is_out and not one.is_gone]
    return [words(one) for one in found][::-1]


async def test_a_business_chat_is_answered_while_its_window_is_open_and_refused_in_words_after_it(tmp_path):
    async with Stage(tmp_path) as stage:
        await stage.open()
        business = Business(stage.sandbox.telegram)
        business.connect(stage.anna, stage.shop)

        business.write(stage.maria, stage.anna, stage.shop, "Вы ещё открыты?", ago_s=23 * HOURS + 1800)
        card = await stage.sees(
            stage.boris, lambda one: "Вы ещё открыты?" in words(one) and one.body.get("reply_markup")
        )
        assert "🕓 Ответить можно до" in words(card)
        await stage.presses(stage.boris, card, "Ответить")
        await stage.sees(stage.boris, lambda one: "осталось меньше часа" in words(one))
        stage.says(stage.boris, "Да, до восьми")

        async def arrived():
            return client_sees(stage, stage.maria) == ["Да, до восьми"]

        await until(arrived, lambda: stage.gateway.log[-3000:])
        business.answer(stage.anna, stage.maria, stage.shop, "Анна: ждём вас!")
        await stage.sees(stage.boris, lambda one: "Анна: ждём вас!" in words(one))

        business.write(stage.ivan, stage.anna, stage.shop, "А вчера?", ago_s=25 * HOURS)
        card = await stage.sees(stage.boris, lambda one: "А вчера?" in words(one) and "🆕" in words(one))
        assert "⌛️ Время ответа вышло" in words(card)
        await stage.presses(stage.boris, card, "Ответить")
        own = await stage.sees(stage.boris, lambda one: "Вы отвечаете" in words(one) and "Иван" in words(one))
        said = stage.says(stage.boris, "Вчера тоже", reply_to=own.message_id)
        refused = await stage.sees(
            stage.boris, lambda one: one.body.get("reply_to_message", {}).get("message_id") == said.message_id
        )
        assert words(refused).startswith("Не отправлено: мессенджер разрешал отвечать этому клиенту только до")
        assert client_sees(stage, stage.ivan) == []
        calls = [row for row in stage.sandbox.ledger.since(0) if row["kind"] == "call" and row["outcome"] == "refused"]
        assert not [row for row in calls if str(row["chat_id"]) == str(stage.ivan)], "Telegram was never asked"

        stage.says(stage.boris, "/templates", reply_to=own.message_id)
        told = await stage.sees(stage.boris, lambda one: "Шаблоны не получить" in words(one))
        assert "в этом мессенджере нет одобренных шаблонов" in words(told)
