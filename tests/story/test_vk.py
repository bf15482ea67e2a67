"""A customer on VK, the whole way: the real gateway between the stand-in of VK and the operators' bot, by Long Poll and
by the Callback API. Nothing of the gateway is imported.
"""

import pytest

from sandbox.acts import sample_file
from sandbox.telegram.parameters import Upload
from sandbox.vk.faults import FaultRule
from tests.story.process import free_port, until
from tests.story.stage import Stage, words

MODES = ["polling", "webhook"]


class VkStage(Stage):
    """The stage with the community "Ромашка" as one more account of the line, and Ирина who writes to it."""

    def __init__(self, folder, mode, **settings):
        port, gateway = free_port(), "GATEWAY_LINES__SALES__ACCOUNTS__ROMASHKA__"
        environment = {
            f"{gateway}CHANNEL": "vk",
            f"{gateway}TOKEN": "vk1.a.demo-token-of-the-sandbox-community-romashka",
            f"{gateway}GROUP_ID": "219000001",
            f"{gateway}API_URL": f"http://127.0.0.1:{port}",
            f"{gateway}MODE": mode,
        }
        super().__init__(folder, webhooks=mode == "webhook", environment=environment, port=port, **settings)

    async def __aenter__(self):
        await super().__aenter__()
        self.romashka, self.irina = self.sandbox.community("romashka").id, self.sandbox.user("irina")
        self.people, self.staff = self.sandbox.vk_people, self.sandbox.vk_staff
        return self

    async def open(self):
        """And VK knows where to bring its events."""
        await super().open()
        community = self.sandbox.vk.world.communities[self.romashka]

        def is_set_up():
            return community.longpoll.is_enabled or any(one.status == "ok" and one.events for one in community.servers)

        await until(asking(is_set_up), lambda: f"{community}\n{self.gateway.log[-3000:]}")

    def dialog(self):
        """What stands on Irina's phone, oldest first."""
        dialog = self.sandbox.vk.world.dialogs[self.romashka, self.irina]
        return [one for one in self.sandbox.vk.world.history(dialog) if not one.is_gone][::-1]

    async def irina_sees(self, what):
        """Waits until she sees such a message of the community's; the newest one."""
        found = []

        async def there():
            found[:] = [one for one in self.dialog() if one.is_out and what(one)]
            return bool(found)

        await until(there, lambda: f"{[one.body for one in self.dialog()]}\n{self.gateway.log[-3000:]}")
        return found[-1]


def asking(question):
    """A plain question as one that can be waited for."""

    async def asked():
        return question()

    return asked


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
        await stage.sees(stage.anna, lambda one: "ответы не дойдут" in words(one))
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
