"""A customer on Instagram, the whole way: the real gateway between the stand-in of Instagram and the operators' bot,
through a Meta app. Nothing of the gateway is imported.
"""

import pytest

from sandbox.meta.faults import FaultRule
from sandbox.toolkit.uploads import Upload, sample_file
from tests.story import accounts
from tests.story.process import free_port, until
from tests.story.stage import Stage, words


class InstagramStage(Stage):
    """The stage with the account romashka.flowers as one more of the line, and Карина who writes to it."""

    def __init__(self, folder, **settings):
        port = free_port()
        environment = accounts.instagram(f"http://127.0.0.1:{port}") | accounts.meta_app()
        super().__init__(folder, webhooks=True, environment=environment, port=port, **settings)

    async def __aenter__(self):
        await super().__aenter__()
        meta = self.sandbox.meta
        self.account, self.karina = meta.world.account("romashka.flowers").id, self.sandbox.user("karina.lis")
        self.people, self.staff = self.sandbox.instagram_people, self.sandbox.instagram_staff
        return self

    async def open(self):
        """And the app's webhook is entered in Meta's dashboard, and the account subscribed."""
        await super().open()

        async def is_set_up():
            return await accounts.is_meta_set_up(self.sandbox, self.gateway, self.account)

        await until(is_set_up, lambda: self.gateway.log[-3000:])

    def dialog(self):
        """What stands on Karina's phone, oldest first."""
        dialog = self.sandbox.meta.world.dialogs[self.account, self.karina]
        return [one for one in self.sandbox.meta.world.history(dialog) if not one.is_gone][::-1]

    async def karina_sees(self, what):
        """Waits until she sees such a message of the account's; the newest one."""
        found = []

        async def there():
            found[:] = [one for one in self.dialog() if one.is_out and what(one)]
            return bool(found)

        await until(there, lambda: f"{[one.text for one in self.dialog()]}\n{self.gateway.log[-3000:]}")
        return found[-1]

    def told_elsewhere(self):
        """Copies of answers that came from Instagram itself, in Anna's chat."""
        return [words(one) for one in self.chat(self.anna) if one.is_out and "Ответ из" in words(one)]


async def reaction(stage, said, emoji):
    """Waits until the state of the operator's own message is this."""

    async def there():
        return emoji in [one.emoji for one in said.reactions]

    await until(there, lambda: f"{said.reactions}\n{stage.gateway.log[-3000:]}")


def has_photo(message):
    return bool(message.body.get("photo"))


async def test_a_customer_on_instagram_is_answered_with_words_and_photos_both_ways(tmp_path):
    async with InstagramStage(tmp_path) as stage:
        await stage.open()
        stage.people.text(stage.karina, stage.account, "Здравствуйте! Есть пионы?", referral="osen")
        card = await stage.card(stage.anna, "Карина Лис")
        assert "Есть пионы?" in words(card)
        await stage.claims(stage.anna, "Карина")

        said = stage.says(stage.anna, "Есть. Какие нужны?\n[[Белые]] [[Розовые]]")
        heard = await stage.karina_sees(lambda one: one.text == "Есть. Какие нужны?")
        stage.people.press(stage.karina, stage.account, heard.id, 1)
        await stage.sees(stage.anna, lambda one: "Розовые" in words(one))
        stage.people.read(stage.karina, stage.account)
        await reaction(stage, said, "👍")

        picture = Upload("пионы.png", "image/png", sample_file("photo").content)
        stage.people.files(stage.karina, stage.account, [picture])
        await stage.sees(stage.anna, has_photo)
        stage.sandbox.people.file(stage.anna, stage.desk, "photo", picture, caption="Или такие")
        sent = await stage.karina_sees(lambda one: bool(one.files))
        assert stage.sandbox.meta.media.content(stage.sandbox.meta.media.known(sent.files[0])) == picture.content
        assert [one.text for one in stage.dialog() if one.is_out] == ["Есть. Какие нужны?", "Или такие", ""]

        asked = stage.people.text(stage.karina, stage.account, "Беру белые", reply_to=heard.id).message
        await stage.sees(stage.anna, lambda one: "Беру белые" in words(one))
        stage.people.edit(stage.karina, stage.account, asked.id, "Беру розовые")
        await stage.sees(stage.anna, lambda one: "Беру розовые" in words(one))
        stage.people.unsend(stage.karina, stage.account, asked.id)
        await stage.sees(stage.anna, lambda one: "Клиент удалил" in words(one))
        assert stage.told_elsewhere() == []


@pytest.mark.parametrize("echoes", ["before", "after"])
async def test_our_words_never_stand_twice_and_a_colleagues_do_stand(tmp_path, echoes):
    async with InstagramStage(tmp_path, instagram_echoes=echoes) as stage:
        await stage.open()
        stage.people.ice_breaker(stage.karina, stage.account, "Работаете ли вы в выходные?")
        await stage.claims(stage.anna, "Карина")
        for text in ("Да, с десяти", "Доставка тоже"):
            said = stage.says(stage.anna, text)
            await stage.karina_sees(lambda one, text=text: one.text == text)
            await reaction(stage, said, "👌")
        stage.staff.answer(stage.karina, stage.account, "И по праздникам")
        await stage.sees(stage.anna, lambda one: "Ответ из" in words(one) and "И по праздникам" in words(one))

        # The answer to a send is lost: nothing is sent again, and the echo tells that it has arrived.
        rule = FaultRule(messenger="instagram", method="messages", fault="lost_reply", times=1)
        stage.sandbox.meta.faults.replace([rule])
        said = stage.says(stage.anna, "Ждём вас")
        await reaction(stage, said, "👌")
        assert [one.text for one in stage.dialog() if one.is_out and one.text == "Ждём вас"] == ["Ждём вас"]
        stage.people.text(stage.karina, stage.account, "Отлично")
        await stage.sees(stage.anna, lambda one: "Отлично" in words(one))
        assert len(stage.told_elsewhere()) == 1


async def test_a_hidden_profile_a_late_answer_and_a_taken_conversation_lose_nothing(tmp_path):
    async with InstagramStage(tmp_path) as stage:
        await stage.open()
        stage.people.close_profile(stage.karina, is_closed=True)
        stage.people.thing(stage.karina, stage.account, "story_mention", hours_ago=30)
        await stage.sees(stage.anna, lambda one: "ваш аккаунт в сторис" in words(one))
        await stage.claims(stage.anna, "")
        stage.says(stage.anna, "Спасибо! Простите за ожидание")
        # Meta would refuse it without the tag that says that a person wrote it.
        await stage.karina_sees(lambda one: one.text == "Спасибо! Простите за ожидание")

        stage.people.hand_over(stage.karina, stage.account, to_other=True)
        await stage.sees(stage.anna, lambda one: "разговор забрало другое приложение" in words(one))
        said = stage.says(stage.anna, "Ещё пионы")
        await reaction(stage, said, "💔")
        await stage.sees(stage.anna, lambda one: "ведёт другое приложение" in words(one))
