"""The reply window and templates as operators meet them: cards, the reminder, a refusal with what is possible."""

import pytest

from gateway.model import commands as c
from gateway.model.ids import (
    ContactId,
    DialogId,
    MessageId,
    NativeId,
    OperatorId,
    card_at,
    copy_at,
    dialog_of_sent,
    template_at,
    template_of_sent,
)
from gateway.model.messages import Message, Origin, Profile, Window
from gateway.model.outgoing import DeliveryStatus, SendEdit, SendMessage, Template

ANNA, BORIS, VERA = OperatorId("501"), OperatorId("502"), OperatorId("503")
MARIA, ONE = ContactId("9001"), DialogId("1")
HOUR = 3600 * 1000
DAY = 24 * HOUR
READY = Template("order_ready", "ru", "Здравствуйте, {{1}}! Заказ {{2}} готов.", 2)
HELLO = Template("hello", None, "Здравствуйте!", 0)
MANY = tuple(Template(f"text_{number}", "ru", "Здравствуйте! " * 100, 0) for number in range(20))


@pytest.fixture
def comes(desk):
    """Maria writes, and may be answered for a day."""

    async def comes(text: str = "Добрый день", *, after_ms: int = 0) -> None:
        desk.now += after_ms
        message = Message(NativeId(f"{desk.now}{text}"), desk.now, text)
        window = Window(desk.now + DAY)
        await desk.do(c.Receive(MARIA, message, Profile("Мария"), window=window))

    return comes


@pytest.fixture
def late(desk, comes):
    """Boris has Maria's dialog, and her window is over."""

    async def late(*templates: Template) -> None:
        await comes()
        await desk.claims()
        desk.now += DAY
        if templates:
            await desk.do(c.RecordTemplates(ONE, BORIS, templates))
        await desk.told()

    return late


@pytest.fixture
def due(desk):
    async def due(after_ms: int) -> None:
        desk.now += after_ms
        await desk.do(c.Expire(ONE, "window", desk.now))

    return due


async def test_the_card_moves_with_the_window_and_says_when_it_is_over(desk, comes, due):
    await comes()
    assert desk.dialog().window == Window(desk.now + DAY)
    assert "🕓 Ответить можно до 16 нояб. 12:00" in (await desk.told()).card(BORIS).message.text
    await desk.claims()
    await desk.told()
    await comes("Ау", after_ms=HOUR)
    told = await desk.told()
    assert isinstance(told.card(BORIS), SendEdit)
    assert "🕓 Ответить можно до 16 нояб. 13:00" in told.card(BORIS).message.text
    await due(23 * HOUR)
    await desk.told()
    await due(HOUR)
    over = (await desk.told()).card(BORIS)
    assert "⌛️ Время ответа вышло: 13:00." in over.message.text
    assert over.message.buttons[1][0].text == "Шаблоны"


async def test_an_hour_before_the_end_the_owner_alone_is_reminded(desk, comes, due):
    await comes()
    await desk.claims()
    await desk.told()
    await due(23 * HOUR)
    told = await desk.told()
    [reminder] = told.to(BORIS)
    assert reminder.message.text == (
        "⏰ ✈️ Мария · №1: ответить можно только до 12:00, осталось меньше часа. "
        "Потом можно будет отправить только шаблон."
    )
    assert (reminder.silent, reminder.reply_to_sent) == (False, card_at(ONE, BORIS))
    assert (told.texts(ANNA), told.texts(VERA)) == ([], [])


async def test_of_a_client_whom_nobody_has_taken_those_on_duty_are_reminded(desk, comes, due):
    await desk.change(VERA, on_duty=False)
    await comes()
    await desk.told()
    await due(23 * HOUR)
    told = await desk.told()
    assert [len(told.texts(one)) for one in (ANNA, BORIS, VERA)] == [1, 1, 0]


async def test_refused_words_are_told_with_what_is_possible(desk, late):
    await late()
    origin = await desk.says()
    told = await desk.told()
    [refused] = [one.message for one in told.to(BORIS) if isinstance(one, SendMessage)]
    assert refused.text == (
        "Не отправлено: мессенджер разрешал отвечать этому клиенту только до 12:00. Можно отправить шаблон "
        "(/templates), дождаться, пока клиент напишет, или связаться другим каналом."
    )
    assert refused.reply_to.native == origin.native
    assert [one.data for row in refused.buttons for one in row] == ["1:templates:1:0"]
    assert told.reactions(BORIS) == [(origin.native, "💔")]


async def test_a_pressed_write_again_hears_the_same(desk, late):
    await late()
    await desk.closes()
    await desk.told()
    await desk.do(c.WriteAgain(operator=BORIS, dialog=ONE, press="p"))
    [toast] = (await desk.told()).toasts(BORIS)
    assert toast.startswith("Не отправлено: мессенджер разрешал отвечать этому клиенту только до 12:00.")


async def test_the_list_shows_each_with_its_text_and_a_button(desk, late):
    await late()
    await desk.do(c.Look(operator=BORIS, view=c.View.TEMPLATES, dialog=ONE, press="p"))
    assert (await desk.told()).toasts(BORIS) == [""], "nothing is known yet"
    await desk.do(c.RecordTemplates(ONE, BORIS, (READY, HELLO)))
    [listed] = [one.message for one in (await desk.told()).to(BORIS)]
    assert listed.text == (
        "Шаблоны: ✈️ Мария · №1\n\norder_ready (ru)\nЗдравствуйте, {{1}}! Заказ {{2}} готов.\n\nhello\nЗдравствуйте!"
    )
    assert [row[0].data for row in listed.buttons if row] == [f"1:template:1:{READY.id}", f"1:template:1:{HELLO.id}"]


async def test_a_long_list_has_pages(desk, late):
    await late(*MANY)
    pages = []
    for page in range(4):
        await desk.do(c.Look(operator=BORIS, view=c.View.TEMPLATES, dialog=ONE, page=page, press="p"))
        [listed] = [one for one in (await desk.told()).to(BORIS) if isinstance(one, SendMessage)]
        pages.append([one.data for row in listed.message.buttons for one in row])
    assert [len(one) for one in pages] == [9, 10, 5, 5]
    assert pages[1][-2:] == ["1:templates:1:0", "1:templates:1:2"]
    assert pages[3] == pages[2], "a page that is gone shows the last one"


async def test_a_failure_and_an_empty_list_are_sentences(desk, late):
    await late()
    await desk.do(c.RecordTemplates(ONE, BORIS, problem="it was not sent in time"))
    assert (await desk.told()).texts(BORIS) == ["Шаблоны не получить: не удалось отправить вовремя"]
    await desk.do(c.RecordTemplates(ONE, BORIS, ()))
    assert (await desk.told()).texts(BORIS) == ["Одобренных шаблонов нет: ✈️ Мария · №1"]


async def test_one_asks_for_its_values_or_has_a_button_that_sends(desk, late):
    await late(READY, HELLO)
    await desk.do(c.PickTemplate(operator=BORIS, dialog=ONE, template=READY.id, press="p"))
    [asked] = [one for one in (await desk.told()).to(BORIS) if isinstance(one, SendMessage)]
    assert asked.sent == template_at(ONE, READY.id, BORIS)
    assert template_of_sent(asked.sent) == (ONE, READY.id)
    assert dialog_of_sent(asked.sent) == ONE, "a command in answer to it is for this client"
    assert asked.message.text.endswith("ответьте на это сообщение: нужно 2 значения, каждое с новой строки.")
    assert asked.message.buttons == ()
    await desk.do(c.PickTemplate(operator=BORIS, dialog=ONE, template=HELLO.id, press="p"))
    [shown] = [one for one in (await desk.told()).to(BORIS) if isinstance(one, SendMessage)]
    assert [one.data for row in shown.message.buttons for one in row] == [f"1:say:1:{HELLO.id}:1"]


async def test_what_was_said_is_shown_and_its_fate_stands_on_the_values(desk, late):
    await late(READY)
    origin = Origin(ContactId(BORIS), NativeId("900"))
    values = ("Мария", "5")
    await desk.do(c.SayTemplate(operator=BORIS, template=READY.id, values=values, dialog=ONE, origin=origin))
    told = await desk.told()
    [shown] = [one for one in told.to(BORIS) if isinstance(one, SendMessage)]
    assert shown.sent == copy_at(MessageId("1.2"), BORIS)
    assert shown.message.text == "📄 Клиенту: ✈️ Мария · №1\nЗдравствуйте, Мария! Заказ 5 готов."
    assert told.reactions(BORIS) == [("900", "👀")]
    await desk.do(c.RecordDelivery(MARIA, MessageId("1.2"), DeliveryStatus.FAILED, problem="it was not sent in time"))
    told = await desk.told()
    assert told.reactions(BORIS) == [("900", "💔")]
    assert "Не доставлено: не удалось отправить вовремя" in told.texts(BORIS)[0]


@pytest.mark.parametrize(
    ("template", "values", "told"),
    [
        ("order_ready", ("Мария",), "Не отправлено: шаблону нужно 2 значения, дано 1."),
        ("goodbye", (), "Не отправлено: такого шаблона нет. Посмотрите список: /templates."),
    ],
)
async def test_a_wrong_one_is_a_sentence(desk, late, template, values, told):
    await late(READY)
    origin = Origin(ContactId(BORIS), NativeId("900"))
    await desk.do(c.SayTemplate(operator=BORIS, template=template, values=values, dialog=ONE, origin=origin))
    said = await desk.told()
    assert said.texts(BORIS) == [told]
    assert said.reactions(BORIS) == [("900", "💔")]
