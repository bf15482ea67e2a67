"""What an operator does with single messages, seen from both sides; and the end of a dialog by a command."""

from tests.story.stage import Stage, labels, until, words


async def test_buttons_deletion_reaction_and_the_end_by_commands_reach_the_client(tmp_path):
    async with Stage(tmp_path) as stage:
        await stage.open()
        stage.writes(stage.maria, "Здравствуйте")
        await stage.claims(stage.anna, "Мария")
        stage.writes(stage.maria, "Есть чёрный?")
        copy = await stage.sees(stage.anna, lambda one: words(one) == "Есть чёрный?")

        stage.says(stage.anna, "Есть, берёте?\n[[Да]] [[Нет]]")
        offer = await stage.sees(stage.maria, lambda one: words(one) == "Есть, берёте?")
        assert labels(offer) == ["Да", "Нет"]
        pressed = await stage.sandbox.people.press(stage.maria, stage.shop, offer.message_id, 0, 0)
        assert pressed.answer is not None, "the button stops spinning"
        await stage.sees(stage.anna, lambda one: words(one) == "Да")

        stage.says(stage.anna, "/react 👍", reply_to=copy.message_id)
        theirs = next(one for one in stage.chat(stage.maria) if words(one) == "Есть чёрный?")
        await until(has_mark(theirs, "👍"), "the client sees the reaction")
        stage.says(stage.anna, "/react", reply_to=copy.message_id)
        await until(has_no_mark(theirs), "the reaction is taken away")

        own = stage.says(stage.anna, "Ошибка")
        wrong = await stage.sees(stage.maria, lambda one: words(one) == "Ошибка")
        command = stage.says(stage.anna, "/delete", reply_to=own.message_id)
        await until(has_mark(own, "🙈"), "the operator sees that it is deleted")
        await until(has_mark(command, "👌"), "and that the command was done")
        await until(is_gone(wrong), "it is gone at the client's")

        stage.says(stage.anna, "[[Да]]")
        await stage.sees(stage.anna, lambda one: words(one).startswith("Не отправлено: здесь одни кнопки"))
        stage.says(stage.anna, "/close")
        await stage.sees(stage.anna, lambda one: "Диалог завершён" in words(one))
        heard = [words(one) for one in stage.chat(stage.maria) if one.is_out]
        assert heard == ["Есть, берёте?"]


def has_mark(message, emoji):
    async def asked():
        return emoji in {one.emoji for one in message.reactions if one.by == "bot"}

    return asked


def has_no_mark(message):
    async def asked():
        return not any(one.by == "bot" for one in message.reactions)

    return asked


def is_gone(message):
    async def asked():
        return message.is_gone

    return asked
