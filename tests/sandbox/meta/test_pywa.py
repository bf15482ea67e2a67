"""The stand-in of WhatsApp judged by pywa, a published typed client: its calls, its errors, and every webhook.

pywa knows one address only; what it sends there is turned to the sandbox on its way out.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from pywa import WhatsApp, errors, handlers, types
from pywa.types import templates

from sandbox.meta.records import Account, App, Dialog, Person
from sandbox.meta.signing import HEADER, signatures
from sandbox.server import Sandbox
from sandbox.toolkit.uploads import sample_file

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any

PATIENCE_S = 10
HANDLED = {
    handlers.MessageHandler: "message",
    handlers.EditedMessageHandler: "edited",
    handlers.DeletedMessageHandler: "deleted",
    handlers.CallbackButtonHandler: "button",
    handlers.CallbackSelectionHandler: "selection",
    handlers.FlowCompletionHandler: "flow",
    handlers.MessageStatusHandler: "status",
    handlers.PhoneNumberChangeHandler: "number",
}


class Judge:
    """A pywa client at the sandbox; `saw` is what it made of the webhooks that it was given."""

    def __init__(self, sandbox: Sandbox, app: App, phone: Account, ear: Fixture) -> None:
        base = httpx.URL(sandbox.url)

        def turn(request: httpx.Request) -> None:
            if request.url.host == "graph.facebook.com":
                request.url = request.url.copy_with(scheme=base.scheme, host=base.host, port=base.port)
                request.headers["Host"] = base.netloc.decode()

        self.session = httpx.Client(event_hooks={"request": [turn]})
        self.client = WhatsApp(
            phone.id, phone.token, session=self.session, waba_id=phone.owner_id,
            app_secret=app.secret, verify_token=app.verify_token, skip_duplicate_updates=False,
        )  # fmt: skip
        self.saw: list[tuple[str, Any]] = []
        for handler, name in HANDLED.items():
            self.client.add_handlers(handler(lambda _, update, name=name: self.saw.append((name, update))))
        self._app, self._ear, self._read = app, ear, 0

    async def call(self, act: Callable[..., Any], *values: Any, **more: Any) -> Any:
        """A blocking call of pywa's, beside the loop that serves it."""
        return await asyncio.to_thread(act, *values, **more)

    async def sees(self, count: int) -> list[tuple[str, Any]]:
        """What pywa makes of the next so many webhooks; a signature or a shape that it refuses fails the test."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self._ear.bodies) < self._read + count:
                await asyncio.sleep(0.005)
        known = len(self.saw)
        for body in self._ear.bodies[self._read : self._read + count]:
            header = signatures(self._app.secret, body)[HEADER]
            assert self.client.webhook_update_validator(body, header) is None
            assert self.client.webhook_update_handler(body) == ("ok", 200)
        self._read += count
        return self.saw[known:]

    async def one(self, name: str) -> Any:
        """The only update of the next webhook, which is of this kind."""
        ((kind, update),) = await self.sees(1)
        assert kind == name
        return update


@pytest.fixture
async def judge(
    sandbox: Sandbox, app: App, phone: Account, ear: Fixture, oleg: Person, caplog: pytest.LogCaptureFixture
) -> AsyncIterator[Judge]:
    judge = Judge(sandbox, app, phone, ear)
    hello = await judge.one("message")
    assert (hello.text, hello.from_user.name, hello.from_user.wa_id) == ("Здравствуйте", oleg.name, oleg.phone)
    yield judge
    judge.session.close()
    told = [one.getMessage() for one in caplog.records if one.name.startswith("pywa") and one.levelno > logging.INFO]
    assert told == []  # pywa tells of what it cannot read there, and goes on


async def test_every_kind_of_a_persons_message_is_read_by_pywa(
    sandbox: Sandbox, phone: Account, oleg: Person, judge: Judge
) -> None:
    people, ids = sandbox.whatsapp_people, (oleg.id, phone.id)
    said = people.text(*ids, "Пионы / розы", referral=True).message
    assert said is not None
    text = await judge.one("message")
    assert (text.id, text.text, text.referral.source_id) == (said.id, "Пионы / розы", "120226305854810726")
    people.text(*ids, "И ещё", reply_to=said.id)
    assert (await judge.one("message")).reply_to_message.id == said.id
    for kind, name in (("image", "image"), ("video", "video"), ("voice", "audio"), ("audio", "audio"),
                       ("document", "document"), ("sticker", "sticker")):  # fmt: skip
        samples = {"image": "photo", "sticker": "sticker"}
        sent = people.file(*ids, kind, sample_file(samples.get(kind, kind)), caption="" if name == "audio" else "Вот")
        update = await judge.one("message")
        media = getattr(update, name)
        assert update.type == name
        assert (media.id, kind == "voice") == (
            sent.message.files[0] if sent.message else "",
            bool(getattr(media, "voice", False)),
        )
        content = await judge.call(media.get_bytes)
        file = sandbox.meta.media.known(media.id)
        assert file is not None
        assert content == sandbox.meta.media.content(file)
    people.location(*ids, (55.75, 37.61), "Кафе")
    assert (await judge.one("message")).location.name == "Кафе"
    people.contact(*ids, "Анна Орлова", "+79990000000")
    assert (await judge.one("message")).contacts[0].phones[0].phone == "+79990000000"
    people.order(*ids, "Побыстрее")
    assert (await judge.one("message")).order.products[0].sku == "ROSE-15"
    people.unsupported(*ids)
    assert (await judge.one("message")).error.code == 131051
    people.react(*ids, said.id, "🔥")
    assert (await judge.one("message")).reaction.emoji == "🔥"
    people.react(*ids, said.id, None)
    assert (await judge.one("message")).reaction.emoji is None
    people.flow(*ids)
    assert (await judge.one("flow")).response == {"rating": "5"}
    people.edit(*ids, said.id, "Только пионы")
    edited = await judge.one("edited")
    assert (edited.original_message_id, edited.message.text) == (said.id, "Только пионы")
    people.revoke(*ids, said.id)
    assert (await judge.one("deleted")).original_message_id == said.id
    people.change_number(*ids, "79990000007")
    assert (await judge.one("number")).new_wa_id == "79990000007"


async def test_whoever_hides_the_phone_is_known_by_the_scoped_id(
    sandbox: Sandbox, phone: Account, oleg: Person, judge: Judge
) -> None:
    sandbox.whatsapp_people.hide_phone(oleg.id, is_hidden=True)
    sandbox.whatsapp_people.text(oleg.id, phone.id, "Угадайте кто")
    hidden = await judge.one("message")
    assert (hidden.from_user.wa_id, hidden.from_user.bsuid) == (None, oleg.user_id)
    sent = await judge.call(judge.client.send_message, oleg.user_id, "Олег!", tracker="our-7")
    (_, first), (_, second) = await judge.sees(2)
    assert [(one.id, one.status.value, one.tracker) for one in (first, second)] == [
        (sent.id, "sent", "our-7"), (sent.id, "delivered", "our-7"),
    ]  # fmt: skip


async def test_what_pywa_sends_arrives_and_is_told_of(
    sandbox: Sandbox, phone: Account, oleg: Person, dialog: Dialog, judge: Judge
) -> None:
    wa, to = judge.client, oleg.phone
    sent = await judge.call(wa.send_message, to, "Есть пионы", tracker="our-1")
    statuses = await judge.sees(2)
    assert [(one.id, one.status.value, one.tracker) for _, one in statuses] == [
        (sent.id, "sent", "our-1"), (sent.id, "delivered", "our-1"),
    ]  # fmt: skip
    sandbox.whatsapp_people.read(oleg.id, phone.id)
    assert (await judge.one("status")).status.value == "read"
    buttons = [types.Button("Беру", "take"), types.Button("Нет", "leave")]
    asked = await judge.call(wa.send_message, to, "Берёте?", buttons=buttons)
    rows = [types.SectionRow("Пионы", "peony", "Белые"), types.SectionRow("Розы", "rose")]
    listed = await judge.call(
        wa.send_message, to, "Что?", buttons=types.SectionList("Выбрать", [types.Section("Цветы", rows)])
    )
    await judge.sees(4)
    sandbox.whatsapp_people.press(oleg.id, phone.id, asked.id, 1)
    pressed = await judge.one("button")
    assert (pressed.data, pressed.title, pressed.reply_to_message.id) == ("leave", "Нет", asked.id)
    sandbox.whatsapp_people.press(oleg.id, phone.id, listed.id, 0)
    chosen = await judge.one("selection")
    assert (chosen.data, chosen.description) == ("peony", "Белые")
    picture = sample_file("photo")
    await judge.call(wa.send_image, to, picture.content, caption="Вот они", mime_type="image/png")
    await judge.call(wa.send_reaction, to, "👍", pressed.id)
    await judge.call(wa.send_location, to, 55.75, 37.61, "Мы тут")
    await judge.call(wa.indicate_typing, pressed.id)
    shown = [one for one in sandbox.meta.world.history(dialog) if one.is_out][::-1]
    assert [one.kind for one in shown] == ["text", "interactive", "interactive", "image", "location"]
    kept = sandbox.meta.media.known(shown[3].files[0])
    assert kept is not None
    assert (shown[3].text, sandbox.meta.media.content(kept)) == ("Вот они", picture.content)
    known = sandbox.meta.world.message(dialog, pressed.id)
    assert known is not None
    assert (known.reaction_out, known.status) == ("👍", "read")


async def test_templates_are_listed_and_sent_as_pywa_does_it(phone: Account, oleg: Person, judge: Judge) -> None:
    wa = judge.client
    listed = list(await judge.call(wa.get_templates))
    assert {one.status.value for one in listed} >= {"APPROVED", "PAUSED", "DISABLED", "PENDING", "REJECTED"}
    values = templates.BodyText.params("Олег", "№ 5")
    language = templates.TemplateLanguage.RUSSIAN
    sent = await judge.call(wa.send_template, oleg.phone, "order_ready", language, [values])
    statuses = await judge.sees(2)
    assert {one.id for _, one in statuses} == {sent.id}
    with pytest.raises(errors.TemplateParamCountMismatch):
        await judge.call(wa.send_template, oleg.phone, "order_ready", language, [])
    with pytest.raises(errors.TemplateNotExists):
        await judge.call(wa.send_template, oleg.phone, "no_such", language, [])
    with pytest.raises(errors.TemplatePaused):
        await judge.call(wa.send_template, oleg.phone, "old_news", language, [])


async def test_what_fails_is_the_error_that_pywa_expects(
    sandbox: Sandbox, phone: Account, oleg: Person, judge: Judge
) -> None:
    wa = judge.client
    lost = await judge.call(wa.send_message, "79990000000", "Никому")
    failed = await judge.one("status")
    assert (failed.id, failed.status.value) == (lost.id, "failed")
    assert isinstance(failed.error, errors.MessageUndeliverable)
    sandbox.clock.advance(25 * 3600 * 1000)
    await judge.call(wa.send_message, oleg.phone, "Поздно")
    assert isinstance((await judge.one("status")).error, errors.ReEngagementMessage)
    with pytest.raises(errors.WhatsAppError, match="at most 4096 characters"):
        await judge.call(wa.send_message, oleg.phone, "а" * 4097)
    phone.is_test_number = True
    with pytest.raises(errors.RecipientNotInAllowedList):
        await judge.call(wa.send_message, "79990000000", "Никому")
    phone.token = "another"
    with pytest.raises(errors.ExpiredAccessToken):
        await judge.call(wa.send_message, oleg.phone, "Кто я?")
