"""A visitor and an operator talk: every message once, in order, its state true, whatever the network does."""

import pytest
from playwright.async_api import expect

from tests.widget.stage import Chat, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_first_message_is_stored_with_the_page_it_came_from(chat, gateway, site) -> None:
    await chat.open()
    await expect(chat.root.locator(".row.their")).to_contain_text("Чем помочь?")
    await expect(chat.field).to_be_focused()
    await chat.write("Есть ромашки?")
    await expect(chat.own()).to_have_text("Есть ромашки?")
    await expect(chat.state("sent")).to_have_count(1)
    message = next(one for one in gateway.said if one["type"] == "message")
    assert message["visit"] == {"url": site.url, "title": "Ромашка", "referrer": ""}
    await gateway.write("Есть. Сколько?")
    await expect(chat.their()).to_have_text("Есть. Сколько?")
    assert gateway.words() == ["Есть ромашки?"]


async def test_a_visitor_who_never_wrote_costs_no_socket_and_is_known_again(chat, gateway, page) -> None:
    await expect(chat.bubble).to_be_visible()
    assert gateway.sockets == set()
    await page.reload()
    await expect(chat.bubble).to_be_visible()
    assert len(gateway.sessions) == 1
    assert await page.context.cookies() == []


async def test_a_message_whose_answer_was_lost_goes_again_under_its_id_and_is_one(chat, gateway) -> None:
    gateway.drops = ["before", "after", "after"]
    await chat.open()
    await chat.write("раз")
    await chat.write("два")
    await until(lambda: gateway.words() == ["раз", "два"], "both stored")
    await expect(chat.state("waiting")).to_have_count(0, timeout=30_000)
    await expect(chat.own()).to_have_text(["раз", "два"])
    assert gateway.words() == ["раз", "два"]
    sent = [one["id"] for one in gateway.said if one["type"] == "message"]
    assert len(sent) > len(set(sent)) == 2
    assert gateway.drops == []


async def test_what_is_written_without_a_network_survives_a_reload_and_goes_in_order(
    chat, gateway, page, context
) -> None:
    await chat.open()
    await chat.write("до")
    await expect(chat.state("sent")).to_have_count(1)
    gateway.answers = False
    await gateway.cut()
    for words in ("один", "два", "три"):
        await chat.write(words)
    await expect(chat.state("waiting")).to_have_count(3)
    await chat.field.fill("черновик")
    await page.reload()
    await expect(chat.own()).to_have_text(["до", "один", "два", "три"])
    await expect(chat.field).to_have_value("черновик")
    await gateway.cut()
    gateway.answers = True
    await expect(chat.state("waiting")).to_have_count(0, timeout=45_000)
    await expect(chat.own()).to_have_text(["до", "один", "два", "три"])
    assert gateway.words() == ["до", "один", "два", "три"]


async def test_a_dead_network_is_noticed_and_said(chat, gateway, page, context) -> None:
    await chat.open()
    await expect(chat.note).to_be_hidden()
    await until(lambda: gateway.sockets, "a socket")
    gateway.answers = False  # nothing is closed: as a phone in a tunnel has it
    await expect(chat.note).to_contain_text("Нет связи", timeout=25_000)
    gateway.answers = True
    await gateway.cut()
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(chat.note).to_be_hidden(timeout=45_000)


async def test_both_sides_words_of_an_outage_come_once_and_in_order(chat, gateway, context) -> None:
    await chat.open()
    await chat.write("один")
    await expect(chat.state("sent")).to_have_count(1)
    await context.set_offline(True)
    await expect(chat.note).to_contain_text("Нет связи")
    await chat.write("два")
    await gateway.write("ответ")
    await context.set_offline(False)
    await expect(chat.rows.locator(".b")).to_have_text(["один", "ответ", "два"], timeout=30_000)
    await expect(chat.state("sent")).to_have_count(2)
    hellos = [one["after"] for one in gateway.said if one["type"] == "hello"]
    assert hellos[:2] == [None, "000001"]


@pytest.mark.parametrize("fault", ["refused", "forbidden"])
async def test_where_sockets_do_not_come_through_polls_do(chat, gateway, page, fault) -> None:
    gateway.takes_sockets = False
    if fault == "forbidden":
        await page.evaluate("() => { WebSocket = class { constructor() { throw new Error('no sockets here') } } }")
    await chat.open()
    await chat.write("Через прокси")
    await expect(chat.state("sent")).to_have_count(1, timeout=30_000)
    await gateway.write("Слышу")
    await expect(chat.their()).to_have_text("Слышу")
    await chat.write("И я")
    await expect(chat.own()).to_have_text(["Через прокси", "И я"])
    assert gateway.words() == ["Через прокси", "И я"]
    assert gateway.polls > 1


async def test_two_tabs_show_the_same_and_send_once(chat, gateway, context, site) -> None:
    other_page = await context.new_page()
    await other_page.goto(site.url)
    other = Chat(other_page)
    await chat.open()
    await chat.write("из первой")
    await expect(chat.state("sent")).to_have_count(1)
    await other.open()
    await expect(other.own()).to_have_text(["из первой"])
    await other.write("из второй")
    await gateway.write("вижу обе")
    for one in (chat, other):
        await expect(one.rows.locator(".b")).to_have_text(["из первой", "из второй", "вижу обе"])
        await expect(one.state("waiting")).to_have_count(0)
    sent = [one["id"] for one in gateway.said if one["type"] == "message"]
    assert len(sent) == 2
    assert gateway.visitors == 1


async def test_a_busy_gateway_is_asked_again_and_a_refusal_is_shown(chat, gateway) -> None:
    gateway.refuses = [{"why": "busy", "retry_after": 1}, {"why": "too_fast", "retry_after": 1}]
    await chat.open()
    await chat.write("раз")
    await chat.write("два")
    await until(lambda: gateway.words() == ["раз", "два"], "both stored, in order")
    await expect(chat.state("waiting")).to_have_count(0)
    gateway.refuses = [{"why": "bad"}, {"why": "bad"}]
    await chat.write("три")
    await expect(chat.root.locator(".bad")).to_contain_text("Не отправлено. Не принято.")
    await chat.root.get_by_text("Повторить").click()
    await until(lambda: not gateway.refuses, "a second try")
    await expect(chat.root.locator(".bad")).to_be_visible()
    await chat.root.locator(".bad").get_by_text("Убрать").click()
    await expect(chat.own()).to_have_text(["раз", "два"])


async def test_an_ended_token_is_renewed_and_a_refused_one_begins_anew(chat, gateway, page) -> None:
    await chat.open()
    await chat.write("раз")
    await expect(chat.state("sent")).to_have_count(1)
    gateway.refused_tokens = {f"access:v-1:{len(gateway.sessions)}"}
    await gateway.cut(4001)
    await chat.write("два")
    await until(lambda: gateway.words() == ["раз", "два"], "stored under the renewed token")
    gateway.refused_tokens = {"renew:v-1", f"access:v-1:{len(gateway.sessions)}"}
    await gateway.cut(4001)
    await chat.write("три")
    await expect(chat.own()).to_have_text(["три"], timeout=30_000)
    await until(lambda: gateway.words("v-2") == ["три"], "the unsent words go with the new visitor")


async def test_edits_deletes_reactions_and_reads_change_what_is_shown(chat, gateway) -> None:
    await chat.open()
    await chat.write("Сколько стоит?")
    await expect(chat.state("sent")).to_have_count(1)
    own = gateway.logs["v-1"][0]["id"]
    await gateway.append("v-1", {"type": "read", "id": own})
    await expect(chat.state("read")).to_have_count(1)
    await gateway.append("v-1", {"type": "reaction", "id": own, "emoji": "👍"})
    await expect(chat.root.locator(".react")).to_have_text("👍")
    await gateway.append("v-1", {"type": "reaction", "id": own, "emoji": None})
    await expect(chat.root.locator(".react")).to_have_count(0)
    first = await gateway.write("1500")
    await gateway.append("v-1", {"type": "edit", "id": first, "text": "1700", "entities": []})
    await expect(chat.their()).to_have_text("1700")
    await expect(chat.root.locator(".row.their .foot")).to_contain_text("Изменено")
    await gateway.append("v-1", {"type": "delete", "id": first})
    await expect(chat.their()).to_have_text("Сообщение удалено")
    await expect(chat.rows).to_have_count(2)


async def test_a_quick_reply_becomes_the_visitors_words_and_is_given_once(chat, gateway, page) -> None:
    await chat.open()
    await chat.write("Привезёте?")
    await expect(chat.state("sent")).to_have_count(1)
    pressed = await gateway.write(
        "Когда?", buttons=[[{"text": "Сегодня", "data": "q:Сегодня"}, {"text": "Завтра", "data": "q:Завтра"}]]
    )
    await chat.root.get_by_role("button", name="Завтра").click()
    await expect(chat.root.locator(".own .text")).to_have_text(["Привезёте?", "Завтра"])
    press = next(one for one in gateway.said if one["type"] == "press")
    assert press | {"id": ""} == {"type": "press", "id": "", "message": pressed, "data": "q:Завтра"}
    await expect(chat.root.get_by_role("button", name="Сегодня")).to_be_disabled()
    await page.reload()
    await expect(chat.root.locator(".own .text")).to_have_text(["Привезёте?", "Завтра"])
    await expect(chat.root.get_by_role("button", name="Сегодня")).to_be_disabled()


async def test_unread_words_stand_on_the_bubble_and_in_the_title_until_seen(chat, gateway, page) -> None:
    await page.evaluate("void OpenLines.on('unread', (count) => (window.counts = [...(window.counts ?? []), count]))")
    await chat.open()
    await chat.write("Привет")
    await expect(chat.state("sent")).to_have_count(1)
    await chat.field.press("Escape")
    await expect(chat.panel).to_be_hidden()
    await gateway.write("Здравствуйте")
    await expect(chat.badge).to_have_text("1")
    last = await gateway.write("Чем помочь?")
    await expect(chat.badge).to_have_text("2")
    await expect(page).to_have_title("(2) Ромашка")
    assert not any(one["type"] == "read" for one in gateway.said)
    await chat.open()
    await expect(chat.badge).to_be_hidden()
    await expect(page).to_have_title("Ромашка")
    await until(lambda: any(one == {"type": "read", "id": last} for one in gateway.said), "a read mark")
    assert await page.evaluate("window.counts") == [1, 2, 0]


async def test_typing_is_told_both_ways(chat, gateway, page) -> None:
    await page.clock.set_fixed_time(1_790_000_000_000)
    await chat.open()
    await expect(chat.note).to_be_hidden()
    await until(lambda: gateway.sockets, "a socket")
    await gateway.hint({"type": "typing", "seconds": 60})
    await expect(chat.root.locator(".typing")).to_have_text("печатает…")
    await gateway.write("Написала")
    await expect(chat.root.locator(".typing")).to_have_text("")
    await until(lambda: any(one["type"] == "hello" for one in gateway.said), "a connection")
    await chat.field.press_sequentially("приве")
    await until(lambda: any(one["type"] == "typing" for one in gateway.said), "typing")
    assert len([one for one in gateway.said if one["type"] == "typing"]) == 1


async def test_what_is_asked_for_goes_with_the_first_message_only_when_given(page, site, gateway) -> None:
    gateway.look |= {"ask": [{"field": "name", "required": True}, {"field": "email", "required": False}]}
    gateway.look |= {"policy": "https://shop.example.com/policy"}
    await page.goto(site.url)
    chat = Chat(page)
    await chat.open()
    form = chat.root.locator(".ask")
    await chat.write("Привет")
    await expect(form.get_by_label("Имя *")).to_be_focused()
    await form.get_by_label("Имя *").fill("Мария")
    await form.get_by_label("Почта").fill("не адрес")
    await chat.field.press("Enter")
    await expect(form.get_by_label("Почта")).to_be_focused()
    await form.get_by_label("Почта").fill("maria@example.com")
    await chat.field.press("Enter")
    await expect(form.get_by_role("checkbox")).to_be_focused()
    assert not any(one["type"] == "message" for one in gateway.said)
    await expect(form.get_by_role("link")).to_have_attribute("href", "https://shop.example.com/policy")
    await form.get_by_role("checkbox").check()
    await chat.field.press("Enter")
    await expect(chat.state("sent")).to_have_count(1)
    await expect(form).to_have_count(0)
    message = next(one for one in gateway.said if one["type"] == "message")
    assert message["profile"] == {"name": "Мария", "email": "maria@example.com", "consent": True}


async def test_an_identified_visitor_and_an_anonymous_one_never_see_each_other(chat, gateway, page) -> None:
    await chat.open()
    await chat.write("анонимно")
    await expect(chat.state("sent")).to_have_count(1)
    await chat.field.evaluate("(field) => (field.mark = 'the same')")
    await page.evaluate("OpenLines.identify({id: 'olga', signature: 'good'})")
    await expect(chat.rows).to_have_count(0)
    await until(lambda: any(one.get("user") for one in gateway.sessions), "a session of Olga's")
    assert await chat.field.evaluate("(field) => field.mark") == "the same"
    await chat.write("я Ольга")
    await until(lambda: gateway.words("u-olga") == ["я Ольга"], "Olga's words")
    await expect(chat.own()).to_have_text(["я Ольга"])
    await page.reload()
    await expect(chat.own()).to_have_text(["я Ольга"])
    await page.evaluate("OpenLines.identify(null)")
    await expect(chat.rows).to_have_count(0)
    await chat.write("снова никто")
    await until(lambda: gateway.words("v-2") == ["снова никто"], "a new anonymous visitor")
    stored = await page.evaluate("JSON.stringify(localStorage)")
    assert "Ольга" not in stored
    await page.evaluate("OpenLines.identify({id: 'eve', signature: 'forged'})")
    await until(lambda: gateway.visitors == 3, "somebody new instead of a forged one")
    assert "u-eve" not in gateway.logs


async def test_a_refused_identity_does_not_take_the_one_named_after_it_along(chat, gateway, page) -> None:
    await chat.open()
    await chat.write("анонимно")
    await expect(chat.state("sent")).to_have_count(1)
    await page.evaluate("""() => {
        OpenLines.identify({id: 'eve', signature: 'forged'});
        OpenLines.identify({id: 'olga', signature: 'good'});
    }""")
    await chat.write("я Ольга")
    await until(lambda: gateway.words("u-olga") == ["я Ольга"], "Olga's words")


async def test_an_account_that_is_gone_takes_the_widget_with_it(chat, gateway, page) -> None:
    await chat.open()
    await until(lambda: gateway.sockets, "a socket")
    await gateway.hint({"type": "gone"})
    await expect(chat.root).to_have_count(0)
    assert await page.evaluate("typeof OpenLines") == "undefined"
