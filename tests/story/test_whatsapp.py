"""A customer on WhatsApp, the whole way: the real gateway between the stand-in of the Cloud API and the operators' bot,
through a Meta app. Nothing of the gateway is imported. When a window ends is told by the dates of the stand-in.
"""

from sandbox.meta.faults import FaultRule
from sandbox.toolkit.uploads import Upload, sample_file
from tests.story import accounts
from tests.story.process import free_port, until
from tests.story.stage import Stage, labels, words

HOUR_MS = 3600 * 1000


class WhatsAppStage(Stage):
    """The stage with the shop's number as one more account of the line, and Олег who writes to it."""

    def __init__(self, folder, **settings):
        port = free_port()
        environment = accounts.whatsapp(f"http://127.0.0.1:{port}") | accounts.meta_app()
        super().__init__(folder, webhooks=True, environment=environment, port=port, **settings)

    async def __aenter__(self):
        await super().__aenter__()
        meta = self.sandbox.meta
        self.account, self.oleg = meta.world.account("romashka_wa").id, self.sandbox.user("oleg")
        self.people, self.staff = self.sandbox.whatsapp_people, self.sandbox.whatsapp_staff
        return self

    async def open(self):
        """And the app's webhook is entered in Meta's dashboard, and the number's account subscribed."""
        await super().open()

        async def is_set_up():
            return await accounts.is_meta_set_up(self.sandbox, self.gateway, self.account)

        await until(is_set_up, lambda: self.gateway.log[-3000:])

    def writes_to_number(self, text, **more):
        return self.people.text(self.oleg, self.account, text, **more).message

    def dialog(self):
        """What stands on Oleg's phone, oldest first."""
        dialog = self.sandbox.meta.world.dialogs[self.account, self.oleg]
        shown = [one for one in self.sandbox.meta.world.history(dialog) if not one.is_gone and one.status != "failed"]
        return shown[::-1]

    async def oleg_sees(self, what):
        """Waits until he sees such a message of the number's; the newest one."""
        found = []

        async def there():
            found[:] = [one for one in self.dialog() if one.is_out and what(one)]
            return bool(found)

        await until(there, lambda: f"{[one.text for one in self.dialog()]}\n{self.gateway.log[-3000:]}")
        return found[-1]

    async def reaction(self, said, emoji):
        """Waits until the state of the operator's own message is this."""

        async def there():
            return emoji in [one.emoji for one in said.reactions]

        await until(there, lambda: f"{said.reactions}\n{self.gateway.log[-3000:]}")

    async def archive_says(self, status, text):
        """Waits until the archive has this status of these words."""

        async def there():
            return (status,) in self.rows("SELECT status FROM messages WHERE text = ?", text)

        await until(there, lambda: f"{self.rows('SELECT text, status FROM messages')}\n{self.gateway.log[-3000:]}")

    async def answered_to(self, said):
        """What the bot says to the operator's own words."""
        return await self.sees(
            self.anna, lambda one: one.body.get("reply_to_message", {}).get("message_id") == said.message_id
        )


def has_photo(message):
    return bool(message.body.get("photo"))


async def test_a_customer_on_whatsapp_is_answered_and_what_fails_is_said_in_words(tmp_path):
    async with WhatsAppStage(tmp_path, whatsapp_statuses="reversed") as stage:
        await stage.open()
        stage.writes_to_number("Здравствуйте! Есть пионы?", hours_ago=23.5)
        card = await stage.card(stage.anna, "Олег Туманов")
        assert "Есть пионы?" in words(card)
        assert "🕓 Ответить можно до" in words(card)
        await stage.claims(stage.anna, "Олег")
        await stage.sees(stage.anna, lambda one: "осталось меньше часа" in words(one))

        asked = stage.writes_to_number("И почём?")
        copy = await stage.sees(stage.anna, lambda one: "И почём?" in words(one))
        said = stage.says(stage.anna, "Есть, белые", reply_to=copy.message_id)
        heard = await stage.oleg_sees(lambda one: one.text == "Есть, белые")
        assert heard.reply_to == asked.id
        await stage.reaction(said, "👍")
        stage.people.read(stage.oleg, stage.account)
        await stage.archive_says("read", "Есть, белые")

        picture = Upload("пионы.png", "image/png", sample_file("photo").content)
        stage.people.file(stage.oleg, stage.account, "image", picture, caption="Хочу такие", reply_to=heard.id)
        await stage.sees(stage.anna, lambda one: has_photo(one) and "Хочу такие" in words(one))
        stage.sandbox.people.file(stage.anna, stage.desk, "photo", picture, caption="Или такие")
        sent = await stage.oleg_sees(lambda one: bool(one.files))
        assert sent.text == "Или такие"
        assert stage.sandbox.meta.media.content(stage.sandbox.meta.media.known(sent.files[0])) == picture.content

        stage.staff.answer(stage.oleg, stage.account, "Отвечаю с телефона")
        await stage.sees(stage.anna, lambda one: "Ответ из" in words(one) and "с телефона" in words(one))

        # The answer to a send is lost: its statuses tell that it has arrived, and nothing is sent again.
        rule = FaultRule(messenger="whatsapp", method="messages", fault="lost_reply", times=1)
        stage.sandbox.meta.faults.replace([rule])
        said = stage.says(stage.anna, "Ждём вас")
        await stage.reaction(said, "👍")
        assert [one.text for one in stage.dialog()].count("Ждём вас") == 1

        rule = FaultRule(messenger="whatsapp", method="status", fault="failed", error_code=131026, times=1)
        stage.sandbox.meta.faults.replace([rule])
        said = stage.says(stage.anna, "Это не дойдёт")
        refused = await stage.answered_to(said)
        assert "WhatsApp не может доставить сообщение этому клиенту" in words(refused)
        await stage.reaction(said, "💔")

        stage.sandbox.clock.advance(25 * HOUR_MS)  # for WhatsApp the window is over, for us it is not yet
        refused = await stage.answered_to(stage.says(stage.anna, "Поздно"))
        assert "прошло больше 24 часов" in words(refused)


async def test_after_the_window_a_template_goes_and_its_answer_opens_it_again(tmp_path):
    async with WhatsAppStage(tmp_path, whatsapp_statuses="early") as stage:
        await stage.open()
        stage.people.hide_phone(stage.oleg, is_hidden=True)  # known by the business-scoped id only
        stage.writes_to_number("А вчера?", hours_ago=25)
        card = await stage.card(stage.anna, "Олег Туманов")
        assert "⌛️ Время ответа вышло" in words(card)
        await stage.claims(stage.anna, "Олег")
        said = stage.says(stage.anna, "Вчера тоже")
        refused = await stage.answered_to(said)
        assert words(refused).startswith("Не отправлено: мессенджер разрешал отвечать этому клиенту только до")
        assert "Можно отправить шаблон" in words(refused)
        assert not [one for one in stage.sandbox.ledger.since() if one.get("method") == "messages"]  # nobody was asked

        stage.says(stage.anna, "/templates")
        listed = await stage.sees(stage.anna, lambda one: "order_ready (ru)" in labels(one))
        assert "old_news" not in words(listed) + str(labels(listed))  # a paused one
        await stage.presses(stage.anna, listed, "order_ready (ru)")
        chosen = await stage.sees(stage.anna, lambda one: "нужно 2 значения" in words(one))
        stage.says(stage.anna, "Олег\n№ 5", reply_to=chosen.message_id)
        sent = await stage.oleg_sees(lambda one: one.kind == "template")
        assert sent.text == "Здравствуйте, Олег! Заказ № 5 готов."
        stage.people.press(stage.oleg, stage.account, sent.id, 0)
        await stage.sees(stage.anna, lambda one: "Да, актуально" in words(one))
        said = stage.says(stage.anna, "Отлично, ждём")
        await stage.oleg_sees(lambda one: one.text == "Отлично, ждём")
        await stage.reaction(said, "👍")
