"""A buyer on Avito, the whole way: the real gateway between the stand-in of Avito and the operators' bot, asking for
news and having them delivered. Nothing of the gateway is imported.
"""

import pytest

from sandbox.avito.faults import FaultRule
from sandbox.toolkit.uploads import Upload, sample_file
from tests.story import accounts
from tests.story.process import free_port, until
from tests.story.stage import Stage, words

MODES = ["polling", "webhook"]


class AvitoStage(Stage):
    """The stage with the seller "Ромашка" as one more account of the line, and Артём who asks about a listing."""

    def __init__(self, folder, mode, **settings):
        port = free_port()
        environment = accounts.avito(f"http://127.0.0.1:{port}", mode)
        super().__init__(folder, webhooks=mode == "webhook", environment=environment, port=port, **settings)
        self.mode = mode

    async def __aenter__(self):
        await super().__aenter__()
        self.flowers, self.artem = self.sandbox.seller("flowers"), self.sandbox.user("artem")
        self.avito, self.people, self.staff = self.sandbox.avito, self.sandbox.avito_people, self.sandbox.avito_staff
        return self

    async def open(self):
        """One operator is enough; and Avito is asked for news, or knows where to deliver them."""
        await self.gateway.start()
        self.sandbox.people.start(self.anna, self.desk)
        await self.sees(self.anna, lambda one: "смен" in words(one))
        await self.is_reached()

    async def is_reached(self):
        def is_set_up():
            if self.mode == "webhook":
                return bool(self.avito.world.sellers[self.flowers.id].url)
            return any(row.get("method") == "chats" for row in self.sandbox.ledger.since())

        await until(asking(is_set_up), lambda: self.gateway.log[-3000:])

    def asks(self, text, **more):
        return self.people.text(self.artem, self.flowers.listing, text, **more).message

    @property
    def talk(self):
        """What stands in Артём's chat, oldest first."""
        chat = self.avito.world.chat_at(self.artem, self.flowers.listing)
        return list(self.avito.world.history(chat))[::-1]

    @property
    def answered(self):
        """The words that he was sent."""
        own = [one for one in self.talk if one.author_id == self.flowers.id]
        return [one.content.get("text", one.type) for one in own]

    async def artem_sees(self, what):
        """Waits until there is such a message of the seller's; the newest one."""
        found = []

        async def there():
            found[:] = [one for one in self.talk if one.author_id == self.flowers.id and what(one)]
            return bool(found)

        await until(there, lambda: f"{self.talk}\n{self.gateway.log[-3000:]}")
        return found[-1]

    async def hears(self, text):
        return await self.artem_sees(lambda one: one.content.get("text") == text)


def asking(question):
    """A plain question as one that can be waited for."""

    async def asked():
        return question()

    return asked


@pytest.mark.parametrize("mode", MODES)
async def test_a_buyer_is_answered_with_words_and_photos_both_ways(tmp_path, mode):
    async with AvitoStage(tmp_path, mode) as stage:
        await stage.open()
        stage.asks("Здравствуйте! Пионы свежие?")
        card = await stage.card(stage.anna, "Артём Гусев")
        for told in ("Пионы свежие?", "Букет пионов с доставкой", "2 590 ₽", "Екатеринбург", "avito.ru/ekaterinburg"):
            assert told in words(card)
        await stage.claims(stage.anna, "Артём")

        said = stage.says(stage.anna, "Сегодня привезли")
        heard = await stage.hears("Сегодня привезли")
        asked = stage.talk[0]
        await until(asking(lambda: asked.read is not None), "the chat is marked as read")

        stage.people.sample(stage.artem, stage.flowers.listing, "photo")
        await stage.sees(stage.anna, lambda one: bool(one.body.get("photo")))
        stage.people.sample(stage.artem, stage.flowers.listing, "voice")
        await stage.sees(stage.anna, lambda one: set(one.body) & {"voice", "audio", "document"})
        picture = Upload("пионы.png", "image/png", sample_file("photo").content)
        stage.sandbox.people.file(stage.anna, stage.desk, "photo", picture, caption="Вот такие")
        sent = await stage.artem_sees(lambda one: one.type == "image")
        assert stage.avito.files.content(stage.avito.files.get(sent.file)) == picture.content
        await stage.hears("Вот такие")

        stage.staff.answer(stage.artem, stage.flowers.listing, "И белые, отвечаю с телефона")
        await stage.sees(stage.anna, lambda one: "Ответ из" in words(one) and "И белые" in words(one))
        stage.says(stage.anna, "/delete", reply_to=said.message_id)
        await stage.artem_sees(lambda one: one.id == heard.id and one.type == "deleted")
        stage.people.delete(stage.artem, stage.flowers.listing, asked.number)
        stage.asks("Беру")
        await stage.sees(stage.anna, lambda one: words(one).endswith("Беру"))
        assert sum("Ответ из" in words(one) for one in stage.chat(stage.anna)) == 1  # ours are no news
        assert stage.answered == ["deleted", "image", "Вот такие", "И белые, отвечаю с телефона"]


async def test_what_goes_wrong_is_mended_or_said_in_words(tmp_path):
    async with AvitoStage(tmp_path, "polling") as stage:
        await stage.open()
        stage.asks("Есть розы?")
        await stage.claims(stage.anna, "Артём")
        stage.people.refuse(stage.artem, stage.flowers.listing, is_refused=True)
        said = stage.says(stage.anna, "Есть")

        def is_refusal(one):
            return one.body.get("reply_to_message", {}).get("message_id") == said.message_id

        assert words(await stage.sees(stage.anna, is_refusal)).startswith("Не доставлено: ")
        stage.asks("Пишите, я передумал")
        await stage.sees(stage.anna, lambda one: "передумал" in words(one))

        stage.avito.faults.replace(
            [
                FaultRule(method="send", fault="token", times=1),
                FaultRule(method="send", fault="lost_reply", times=1),
                FaultRule(method="send", fault="429", times=1),
                FaultRule(method="messages", fault="500", times=1),
            ]
        )
        for text in ("Есть красные", "Сколько нужно?"):
            stage.says(stage.anna, text)
            await stage.hears(text)
        stage.staff.expire_tokens(stage.flowers.id)
        stage.asks("Семь")
        await stage.sees(stage.anna, lambda one: words(one).endswith("Семь"))
        assert stage.answered == ["Есть красные", "Сколько нужно?"]


async def test_a_subscription_that_vanished_is_made_anew_and_what_was_missed_is_asked_for(tmp_path):
    async with AvitoStage(tmp_path, "webhook") as stage:
        await stage.open()
        stage.asks("раз")
        await stage.claims(stage.anna, "Артём")
        stage.avito.faults.replace([FaultRule(method="webhook", fault="unsubscribed", times=1)])
        stage.asks("два")
        seller = stage.avito.world.sellers[stage.flowers.id]
        await until(asking(lambda: not seller.url), "the subscription vanished")
        await stage.gateway.stop()
        stage.asks("три")
        await stage.gateway.start()
        await stage.is_reached()
        for word in ("два", "три"):
            await stage.sees(stage.anna, lambda one, word=word: words(one).endswith(word))
        stage.avito.faults.replace([FaultRule(method="webhook", fault="duplicate", times=1)])
        stage.asks("четыре")
        await stage.sees(stage.anna, lambda one: words(one).endswith("четыре"))
        told = [words(one).splitlines()[-1] for one in stage.chat(stage.anna) if one.is_out]
        assert [told.count(word) for word in ("два", "три", "четыре")] == [1, 1, 1]
