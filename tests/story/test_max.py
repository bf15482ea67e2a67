"""A customer on MAX, the whole way: the real gateway between the stand-in of MAX and the operators' bot, by long poll
and by webhook. Nothing of the gateway is imported.
"""

import pytest

from sandbox.max.faults import FaultRule
from sandbox.toolkit.uploads import Upload, sample_file
from tests.sandbox.max.running import max_of
from tests.story import accounts
from tests.story.process import free_port, until
from tests.story.stage import Stage, words

MODES = ["polling", "webhook"]
TOKEN = "f9LHodD0cOdemo0token0of0the0sandbox0max0romashka"


class MaxStage(Stage):
    """The stage with the bot "Ромашка" on MAX as one more account of the line, and Софья who has started it."""

    def __init__(self, folder, mode, **settings):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        environment = accounts.account("romashka_max", CHANNEL="max", TOKEN=TOKEN, API_URL=f"{url}/max", MODE=mode)
        lifted = accounts.account("romashka_max", **accounts.LIFTED)
        super().__init__(folder, webhooks=mode == "webhook", environment=environment | lifted, port=port, **settings)
        self.mode = mode

    async def __aenter__(self):
        await super().__aenter__()
        self.romashka, self.sofya = max_of(self.sandbox).bot("romashka_max_bot").id, self.sandbox.user("sofya")
        self.max, self.people = max_of(self.sandbox).max, max_of(self.sandbox).people
        self.people.start(self.sofya, self.romashka)
        return self

    async def open(self):
        """And MAX is asked for news, or knows where to bring them."""
        await super().open()
        await self.is_reached()

    async def is_reached(self):
        def is_set_up():
            if self.mode == "webhook":
                return bool(self.bot.subscriptions)
            return any(row.get("method") == "updates" for row in self.sandbox.ledger.since())

        await until(asking(is_set_up), lambda: self.gateway.log[-3000:])

    @property
    def bot(self):
        return self.max.world.bots[self.romashka]

    def writes_on_max(self, text, **more):
        return self.people.text(self.sofya, self.romashka, text, **more).message

    @property
    def talk(self):
        """What stands in Софья's dialog, oldest first."""
        dialog = self.max.world.dialog_of(self.romashka, self.sofya)
        return [one for one in self.max.world.history(dialog) if not one.is_gone][::-1]

    @property
    def answered(self):
        """The words that she was sent."""
        return [one.text for one in self.talk if one.sender_id == self.romashka]

    async def sofya_sees(self, what):
        """Waits until there is such a message of the bot's; the newest one."""
        found = []

        async def there():
            found[:] = [one for one in self.talk if one.sender_id == self.romashka and what(one)]
            return bool(found)

        await until(there, lambda: f"{self.talk}\n{self.gateway.log[-3000:]}")
        return found[-1]

    async def hears(self, text):
        return await self.sofya_sees(lambda one: one.text == text)


def asking(question):
    """A plain question as one that can be waited for."""

    async def asked():
        return question()

    return asked


async def is_marked(said, emoji):
    """Waits until the operator's own message carries this sign."""
    await until(asking(lambda: emoji in [one.emoji for one in said.reactions]), lambda: str(said.reactions))


@pytest.mark.parametrize("mode", MODES)
async def test_a_customer_on_max_is_answered_with_words_and_photos_both_ways(tmp_path, mode):
    async with MaxStage(tmp_path, mode) as stage:
        await stage.open()
        first = stage.writes_on_max("Здравствуйте! Есть пионы?")
        card = await stage.card(stage.anna, "Софья Белова")
        assert "Есть пионы?" in words(card)
        await stage.claims(stage.anna, "Софья")

        said = stage.says(stage.anna, "Есть, белые и розовые")
        heard = await stage.hears("Есть, белые и розовые")
        await is_marked(said, "👌")
        dialog = stage.max.world.dialog_of(stage.romashka, stage.sofya)
        await until(asking(lambda: dialog.seen >= first.number), "what she wrote is marked as read")

        picture = Upload("пионы.png", "image/png", sample_file("photo").content)
        stage.people.files(stage.sofya, stage.romashka, "photo", [picture, picture], caption="Хочу такие")
        await stage.sees(stage.anna, lambda one: bool(one.body.get("photo")))
        stage.people.files(stage.sofya, stage.romashka, "document", [Upload("план.pdf", "application/pdf", b"%PDF-1")])
        await stage.sees(stage.anna, lambda one: bool(one.body.get("document")))
        stage.sandbox.people.file(stage.anna, stage.desk, "photo", picture, caption="Или такие")
        sent = await stage.sofya_sees(lambda one: bool(one.attachments))
        file = stage.max.files.get(sent.attachments[0]["file"])
        assert (sent.text, file.kind, stage.max.files.content(file)) == ("Или такие", "image", picture.content)
        stage.sandbox.people.file(stage.anna, stage.desk, "document", Upload("счёт.pdf", "application/pdf", b"%PDF-2"))
        sent = await stage.sofya_sees(lambda one: bool(one.attachments) and one.attachments[0]["type"] == "file")
        file = stage.max.files.get(sent.attachments[0]["file"])
        assert (file.name, stage.max.files.content(file)) == ("счёт.pdf", b"%PDF-2")

        stage.sandbox.people.edit(stage.anna, stage.desk, said.message_id, text="Есть, только белые")
        await stage.sofya_sees(lambda one: one.mid == heard.mid and one.text == "Есть, только белые")
        asked = stage.writes_on_max("Беру белые", reply_to=heard.number)
        await stage.sees(stage.anna, lambda one: "Беру белые" in words(one))
        copy = await stage.sees(stage.anna, lambda one: words(one).endswith("Беру белые"))
        stage.people.edit(stage.sofya, stage.romashka, asked.number, "Беру розовые")
        await stage.sees(stage.anna, lambda one: "Беру розовые" in words(one))
        stage.says(stage.anna, "Записала", reply_to=copy.message_id)
        quoting = await stage.hears("Записала")
        assert (quoting.link.type, quoting.link.mid) == ("reply", asked.mid)
        stage.says(stage.anna, "/delete", reply_to=said.message_id)
        await until(asking(lambda: "Есть, только белые" not in stage.answered), lambda: str(stage.answered))


@pytest.mark.parametrize("mode", MODES)
async def test_quick_replies_are_buttons_and_a_press_is_told_once(tmp_path, mode):
    async with MaxStage(tmp_path, mode) as stage:
        await stage.open()
        stage.writes_on_max("Есть розы?")
        await stage.claims(stage.anna, "Софья")
        stage.says(stage.anna, "Какие?\n[[Красные]] [[Белые]]")
        asked = await stage.hears("Какие?")
        assert [[one["text"] for one in row] for row in asked.keyboard] == [["Красные", "Белые"]]
        pressed = max_of(stage.sandbox).presses.press(stage.sofya, stage.romashka, asked.number, 0, 1)
        await stage.sees(stage.anna, lambda one: "Белые" in words(one))
        left = [[{"type": "callback", "text": "✅ Белые", "payload": "q:Белые"}]]
        await until(asking(lambda: asked.keyboard == left), lambda: str(asked))
        answers = [row for row in stage.sandbox.ledger.since() if row.get("method") == "answer"]
        assert (len(answers), answers[0]["outcome"], bool(pressed.callback_id)) == (1, "accepted", True)


@pytest.mark.parametrize("mode", MODES)
async def test_what_cannot_be_delivered_is_said_in_words_and_works_again_after_a_start(tmp_path, mode):
    async with MaxStage(tmp_path, mode) as stage:
        await stage.open()
        stage.writes_on_max("Есть розы?")
        await stage.claims(stage.anna, "Софья")
        stage.max.faults.replace([FaultRule(method="send", fault="error", times=1, message="refused by the stand-in")])
        said = stage.says(stage.anna, "Есть")

        def is_refusal(one):
            return one.body.get("reply_to_message", {}).get("message_id") == said.message_id

        assert words(await stage.sees(stage.anna, is_refusal)).startswith("Не доставлено: ")
        await is_marked(said, "💔")
        stage.people.stop(stage.sofya, stage.romashka)
        await stage.sees(stage.anna, lambda one: "клиент остановил бота" in words(one))
        stage.people.start(stage.sofya, stage.romashka)
        stage.writes_on_max("Пишите, я передумала")
        await stage.sees(stage.anna, lambda one: "передумала" in words(one))
        stage.says(stage.anna, "Есть красные")
        await stage.hears("Есть красные")
        assert stage.answered == ["Есть красные"]


@pytest.mark.parametrize("fault", ["500", "lost_reply"])
async def test_a_send_whose_answer_was_lost_is_found_in_the_chat_and_arrives_once(tmp_path, fault):
    async with MaxStage(tmp_path, "polling") as stage:
        await stage.open()
        stage.writes_on_max("Есть розы?")
        await stage.claims(stage.anna, "Софья")
        stage.max.faults.replace([FaultRule(method="send", fault=fault, accepted=True, times=1)])
        said = stage.says(stage.anna, "Есть")
        await stage.hears("Есть")
        await is_marked(said, "👌")
        stage.says(stage.anna, "Сколько нужно?")
        await stage.hears("Сколько нужно?")
        assert stage.answered == ["Есть", "Сколько нужно?"]


async def test_what_max_is_not_ready_for_is_sent_a_little_later(tmp_path):
    async with MaxStage(tmp_path, "polling") as stage:
        await stage.open()
        stage.writes_on_max("Есть розы?")
        await stage.claims(stage.anna, "Софья")
        rules = [("send", "not_ready", 2), ("upload", "500", 1), ("updates", "duplicate", 2), ("updates", "502", 1)]
        stage.max.faults.replace([FaultRule(method=one, fault=fault, times=times) for one, fault, times in rules])
        picture = Upload("розы.png", "image/png", sample_file("photo").content)
        stage.sandbox.people.file(stage.anna, stage.desk, "photo", picture, caption="Вот такие")
        await stage.hears("Вот такие")
        stage.max.faults.replace([FaultRule(method="send", fault="429", times=1)])
        stage.says(stage.anna, "По 200 рублей")
        await stage.hears("По 200 рублей")
        assert stage.answered == ["Вот такие", "По 200 рублей"]
        stage.writes_on_max("Беру")
        await stage.sees(stage.anna, lambda one: words(one).endswith("Беру"))
        told = [words(one).splitlines()[-1] for one in stage.chat(stage.anna) if one.is_out and words(one)]
        assert told.count("Беру") == 1


@pytest.mark.parametrize("mode", MODES)
async def test_a_voice_message_that_nobody_can_hear_alarms_the_admin(tmp_path, mode):
    async with MaxStage(tmp_path, mode) as stage:
        await stage.open()
        stage.people.sample(stage.sofya, stage.romashka, "voice")
        await stage.sees(stage.anna, lambda one: "голосовое сообщение без отправителя" in words(one))
        stage.people.sample(stage.sofya, stage.romashka, "audio")  # a file that sounds is an ordinary message
        card = await stage.card(stage.anna, "Софья Белова")
        await stage.presses(stage.anna, card, "Ответить")
        await stage.sees(stage.anna, lambda one: set(one.body) & {"audio", "voice", "document"})


async def test_a_subscription_that_vanished_is_made_anew_and_what_was_missed_is_asked_for(tmp_path):
    async with MaxStage(tmp_path, "webhook") as stage:
        await stage.open()
        stage.writes_on_max("раз")
        await stage.claims(stage.anna, "Софья")
        max_of(stage.sandbox).staff.unsubscribe(stage.romashka)
        stage.writes_on_max("два")
        await stage.gateway.stop()
        stage.writes_on_max("три")
        await stage.gateway.start()
        await stage.is_reached()
        for word in ("два", "три"):
            await stage.sees(stage.anna, lambda one, word=word: words(one).endswith(word))
        stage.max.faults.replace([FaultRule(method="webhook", fault="duplicate", times=1)])
        stage.writes_on_max("четыре")
        await stage.sees(stage.anna, lambda one: words(one).endswith("четыре"))
        told = [words(one).splitlines()[-1] for one in stage.chat(stage.anna) if one.is_out and words(one)]
        assert [told.count(word) for word in ("два", "три", "четыре")] == [1, 1, 1]
