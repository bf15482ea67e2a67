"""A customer on VK, the whole way: the real gateway between the stand-in of VK and the operators' bot, by Long Poll and
by the Callback API. Nothing of the gateway is imported.
"""

import pytest

from sandbox.toolkit.uploads import Upload, sample_file
from sandbox.vk.faults import FaultRule
from tests.story.community import VkStage, asking
from tests.story.process import until
from tests.story.stage import words

MODES = ["polling", "webhook"]


def has_photo(message):
    return bool(message.body.get("photo"))


@pytest.mark.parametrize("mode", MODES)
async def test_a_customer_on_vk_is_answered_with_words_and_photos_both_ways(tmp_path, mode):
    async with VkStage(tmp_path, mode) as stage:
        await stage.open()
        stage.people.text(stage.irina, stage.romashka, "Здравствуйте! Есть пионы?")
        card = await stage.card(stage.anna, "Ирина Волкова")
        assert "Есть пионы?" in words(card)
        await stage.claims(stage.anna, "Ирина")

        said = stage.says(stage.anna, "Есть, белые и розовые")
        heard = await stage.irina_sees(lambda one: one.body["text"] == "Есть, белые и розовые")
        assert "admin_author_id" not in heard.body

        picture = Upload("пионы.png", "image/png", sample_file("photo").content)
        stage.people.files(stage.irina, stage.romashka, "photo", [picture, picture], caption="Хочу такие")
        await stage.sees(stage.anna, has_photo)
        stage.sandbox.people.file(stage.anna, stage.desk, "photo", picture, caption="Или такие")
        sent = await stage.irina_sees(lambda one: bool(one.body["attachments"]))
        assert sent.body["text"] == "Или такие"
        file = stage.sandbox.vk.files.get(sent.body["attachments"][0]["file"])
        assert (file.kind, stage.sandbox.vk.files.content(file)) == ("photo", picture.content)

        stage.sandbox.people.edit(stage.anna, stage.desk, said.message_id, text="Есть, только белые")
        await stage.irina_sees(lambda one: one.id == heard.id and one.body["text"] == "Есть, только белые")
        asked = stage.people.text(stage.irina, stage.romashka, "Беру белые", reply_to=heard.id).message
        await stage.sees(stage.anna, lambda one: "Беру белые" in words(one))
        stage.people.edit(stage.irina, stage.romashka, asked.id, "Беру розовые")
        await stage.sees(stage.anna, lambda one: "Беру розовые" in words(one))


async def test_a_video_that_vk_shows_as_a_file_is_asked_about_and_a_name_that_was_not_to_be_had_comes_later(tmp_path):
    async with VkStage(tmp_path, "polling") as stage:
        await stage.open()
        stage.sandbox.vk.faults.replace([FaultRule(method="users.get", fault="500", times=2)])
        stage.people.text(stage.irina, stage.romashka, "Покажите розы")
        card = await stage.card(stage.anna, str(stage.irina))
        assert "Ирина" not in words(card)
        await stage.sees(stage.anna, lambda one: one.message_id == card.message_id and "Ирина" in words(one))
        await stage.claims(stage.anna, "Ирина")
        mine = await stage.sees(stage.anna, lambda one: "Вы отвечаете" in words(one))
        assert "ℹ️" not in words(mine), "what VK cannot do is said when it matters"

        film = Upload("розы.mp4", "video/mp4", sample_file("video").content)
        for label in ("Не отправлять", "Отправить так"):
            stage.sandbox.people.file(stage.anna, stage.desk, "video", film, caption=f"Вот: {label}")
            question = await stage.sees(stage.anna, lambda one, label=label: f"Вот: {label}" in words(one))
            assert "видео: клиент получит файлом" in words(question)
            assert [one for one in stage.dialog() if one.is_out] == []
            await stage.presses(stage.anna, question, label)
        sent = await stage.irina_sees(lambda one: bool(one.body["attachments"]))
        file = stage.sandbox.vk.files.get(sent.body["attachments"][0]["file"])
        assert (sent.body["text"], file.kind, stage.sandbox.vk.files.content(file)) == (
            "Вот: Отправить так",
            "doc",
            film.content,
        )
        assert len([one for one in stage.dialog() if one.is_out]) == 1
        said = stage.says(stage.anna, "Они стоят 1500")
        await until(asking(lambda: "👌" in [one.emoji for one in said.reactions]), lambda: str(said.reactions))
        assert not [one for one in stage.chat(stage.anna) if "Отправлено, но" in words(one)], "it was agreed to"


@pytest.mark.parametrize("mode", MODES)
async def test_what_cannot_be_delivered_is_said_in_words_and_works_again_when_allowed(tmp_path, mode):
    async with VkStage(tmp_path, mode) as stage:
        await stage.open()
        stage.people.text(stage.irina, stage.romashka, "Есть розы?")
        await stage.claims(stage.anna, "Ирина")
        stage.people.set_private(stage.irina, is_private=True)
        said = stage.says(stage.anna, "Есть")

        def is_refusal(one):
            return one.body.get("reply_to_message", {}).get("message_id") == said.message_id

        refusal = await stage.sees(stage.anna, is_refusal)
        assert words(refusal).startswith("Не доставлено: ")
        await until(asking(lambda: "💔" in [one.emoji for one in said.reactions]), lambda: str(said.reactions))
        stage.people.set_private(stage.irina, is_private=False)
        stage.people.deny(stage.irina, stage.romashka)
        await stage.sees(stage.anna, lambda one: "запретил сообщения от сообщества, ответы не дойдут" in words(one))
        stage.people.text(stage.irina, stage.romashka, "Пишите, разрешила")
        await stage.sees(stage.anna, lambda one: "разрешила" in words(one))
        stage.says(stage.anna, "Есть красные")
        await stage.irina_sees(lambda one: one.body["text"] == "Есть красные")
        assert [one.body["text"] for one in stage.dialog() if one.is_out] == ["Есть красные"]


async def test_an_answer_written_in_vk_itself_stands_in_the_dialog(tmp_path):
    async with VkStage(tmp_path, "polling") as stage:
        await stage.open()
        stage.people.text(stage.irina, stage.romashka, "Есть розы?")
        await stage.claims(stage.anna, "Ирина")
        stage.says(stage.anna, "Минуту")
        await stage.irina_sees(lambda one: one.body["text"] == "Минуту")
        stage.staff.answer(stage.irina, stage.romashka, "Отвечаю с телефона: есть")
        seen = await stage.sees(stage.anna, lambda one: "Отвечаю с телефона" in words(one))
        assert "Ответ из" in words(seen)
        copies = [words(one) for one in stage.chat(stage.anna) if one.is_out and "Ответ из" in words(one)]
        assert not [copy for copy in copies if "Минуту" in copy]  # the echo of our own answer is nobody's news


async def test_a_lost_answer_is_sent_again_and_arrives_once(tmp_path):
    async with VkStage(tmp_path, "polling") as stage:
        await stage.open()
        stage.people.text(stage.irina, stage.romashka, "Есть розы?")
        await stage.claims(stage.anna, "Ирина")
        stage.sandbox.vk.faults.replace([FaultRule(method="messages.send", fault="lost_reply", times=2)])
        stage.says(stage.anna, "Есть")
        await stage.irina_sees(lambda one: one.body["text"] == "Есть")
        stage.says(stage.anna, "Сколько нужно?")
        await stage.irina_sees(lambda one: one.body["text"] == "Сколько нужно?")
        assert [one.body["text"] for one in stage.dialog() if one.is_out] == ["Есть", "Сколько нужно?"]


async def test_long_polls_failures_lose_nothing(tmp_path):
    async with VkStage(tmp_path, "polling") as stage:
        await stage.open()
        stage.people.text(stage.irina, stage.romashka, "раз")
        await stage.claims(stage.anna, "Ирина")
        for number, word in ((1, "два"), (2, "три"), (3, "четыре")):
            rule = FaultRule(method="longpoll", fault="failed", error_code=number, times=1)
            stage.sandbox.vk.faults.replace([rule])
            if number != 2:  # what came meanwhile is gone from the server
                stage.people.text(stage.irina, stage.romashka, word)
                stage.sandbox.vk.feed.forget(stage.sandbox.vk.world.communities[stage.romashka])
            else:
                stage.people.text(stage.irina, stage.romashka, word)
            await stage.sees(stage.anna, lambda one, word=word: words(one).endswith(word))
        told = [words(one).splitlines()[-1] for one in stage.chat(stage.anna) if one.is_out]
        assert [told.count(word) for word in ("два", "три", "четыре")] == [1, 1, 1]


@pytest.mark.parametrize("mode", MODES)
async def test_an_answer_in_vks_own_interface_appears_in_the_dialog_and_ours_do_not_twice(tmp_path, mode):
    async with VkStage(tmp_path, mode) as stage:
        await stage.open()
        stage.people.text(stage.irina, stage.romashka, "Есть розы?")
        await stage.claims(stage.anna, "Ирина")
        stage.says(stage.anna, "Есть красные")
        await stage.irina_sees(lambda one: one.body["text"] == "Есть красные")
        stage.staff.answer(stage.irina, stage.romashka, "И белые, если нужно")
        await stage.sees(stage.anna, lambda one: "Ответ из" in words(one) and "И белые" in words(one))
        stage.people.text(stage.irina, stage.romashka, "Нужно белые")
        await stage.sees(stage.anna, lambda one: "Нужно белые" in words(one))
        assert sum("Ответ из" in words(one) for one in stage.chat(stage.anna)) == 1
        assert [one.body["text"] for one in stage.dialog() if one.is_out] == ["Есть красные", "И белые, если нужно"]
