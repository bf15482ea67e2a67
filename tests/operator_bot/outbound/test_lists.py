from collections.abc import Callable
from datetime import UTC

from msgspec.structs import replace

from gateway.archive.history import HistoryLine, HistoryPage
from gateway.model import events as e
from gateway.model.ids import AccountId, ContactId, DialogId, LineId, MessageId, NativeId, OperatorId
from gateway.model.messages import Message, Origin, Unsupported
from gateway.model.outgoing import DeliveryStatus
from gateway.model.state import Dialog, DialogState, Received
from gateway.operator_bot.inbound.buttons import LIMIT, Action, read_button
from gateway.operator_bot.outbound.lists import LIST_SIZE, Clock, draw_history, draw_target
from gateway.operator_bot.outbound.mirrored_messages import draw_ring
from gateway.operator_bot.outbound.queue_lists import LineQueue, Page, draw_mine, draw_waiting
from gateway.operator_bot.texts.formatted_text import TEXT_LIMIT, units
from gateway.operator_bot.texts.phrases import Texts

NOON = 1_700_049_600_000
T = Texts.load().of("ru")
CLOCK = Clock(NOON, UTC)
SHOP = AccountId("shop")
LONG = "Длинное имя 🙂 " * 100


def dialog(number: int, client: str = "Мария", **more: object) -> Dialog:
    kept = Dialog(
        id=DialogId(str(number)),
        line=LineId("sales"),
        account=SHOP,
        contact=ContactId("9"),
        client=client,
        opened_at=NOON,
        backlog=(Received(MessageId(f"{number}.1"), Message(text=client)),),
    )
    return replace(kept, **more)


def fits(message: Message) -> bool:
    data = [one.data or "" for row in message.buttons for one in row]
    return units(message.text) <= TEXT_LIMIT and all(0 < len(one.encode()) <= LIMIT for one in data)


def test_the_longest_lists_fit_one_message() -> None:
    many = [dialog(10**9 + n, LONG) for n in range(LIST_SIZE)]

    page = Page(many, 1, 3 * LIST_SIZE + 1)
    queues = [LineQueue(LineId(f"line{n}"), LONG, n, alone=True) for n in range(40)]
    for seen in (
        draw_waiting(T, page, queues, {SHOP: "telegram"}, CLOCK),
        draw_mine(T, page, many[0].id, {SHOP: "telegram"}, CLOCK),
    ):
        assert fits(seen)
        assert "страница 2 из 4" in seen.text
        assert [one.text for row in seen.buttons for one in row if one.text in "◀▶"] == ["◀", "▶"]


def test_what_a_messenger_shows_on_a_page_leads_there_from_lists_rings_and_history() -> None:
    link = "https://www.instagram.com/p/Cabc"
    post = Message(text="Есть такой?", attachments=(Unsupported("ig_post", "Т" * 300, link),))
    one = dialog(1, backlog=(Received(MessageId("1.1"), post),))
    line = HistoryLine(
        id=MessageId("1.1"),
        dialog=one.id,
        side="client",
        operator=None,
        author=None,
        at=NOON,
        message=post,
        status=None,
        problem=None,
        edited_at=None,
        deleted_at=None,
        reactions=(),
    )

    for seen in (
        draw_waiting(T, Page([one], 0, 1), [], {SHOP: "vk"}, CLOCK),
        draw_ring(T, one, post),
        draw_history(T, one, HistoryPage((line,), 0, 1, 1), CLOCK),
    ):
        (found,) = (each for each in seen.entities if each.kind == "text_link")
        assert found.url == link
        assert "Есть такой?" in seen.text


def test_my_dialogs_say_who_waits_for_me() -> None:
    mine = [dialog(1, state=DialogState.ANSWERED), dialog(2, "Иван", state=DialogState.WAITING)]

    seen = draw_mine(T, Page(mine, 0, 2), DialogId("1"), {SHOP: "vk"}, CLOCK)

    assert seen.text == (
        "Ваши диалоги:\n\n✍️ Мария · №1 · 🔵 VK · отвечено\nсюда уходит текст без ответа на сообщение"
        "\n\n💬 Иван · №2 · 🔵 VK · ждёт вас"
    )
    assert [one.text for row in seen.buttons for one in row] == [
        "Завершить: Мария",
        "Писать сюда: Иван",
        "Завершить",
    ]


def test_the_question_whom_a_text_is_for_fits_whatever_is_asked() -> None:
    asked = e.TargetAsked(
        operator=OperatorId("1"),
        ask="9" * 15,
        message=Message(text=LONG),
        origin=Origin(ContactId("1"), NativeId("5")),
        choices=tuple((DialogId(str(10**9 + n)), LONG) for n in range(8)),
    )

    seen = draw_target(T, asked)

    assert fits(seen)
    assert len(seen.buttons) == 9


def test_a_question_with_very_many_clients_is_paged_and_none_is_cut_off() -> None:
    clients = tuple((DialogId(str(n)), f"Клиент {n}") for n in range(1, 26))
    origin = Origin(ContactId("501"), NativeId("77"))
    asked = e.TargetAsked(OperatorId("501"), "77", Message(text="Сколько?"), origin, clients)

    pages = [draw_target(T, replace(asked, page=number)) for number in (0, 1, 2, 9)]

    assert all(fits(one) for one in pages)
    shown = [[one.text for row in page.buttons for one in row if "·" in one.text] for page in pages]
    assert [*shown[0], *shown[1], *shown[2]] == [f"{client} · №{number}" for number, client in clients]
    assert shown[3] == shown[2]
    turns = [[one.text for row in page.buttons for one in row if one.text in "◀▶"] for page in pages]
    assert turns == [["▶"], ["◀", "▶"], ["◀"], ["◀"]]
    assert "страница 1 из 3" in pages[0].text
    for page in pages:
        for pressed in (read_button(one.data or "") for row in page.buttons for one in row if one.text in "◀▶"):
            assert pressed is not None
            assert (pressed.action, pressed.ask) == (Action.CHOICES, "77")


def test_a_page_of_history_names_who_said_what_when_and_what_became_of_it(
    history_page: Callable[..., HistoryPage],
) -> None:
    (first,) = history_page().lines
    reply = replace(
        first, side="operator", author="Борис", message=Message(text="Есть"), status=DeliveryStatus.FAILED, edited_at=1
    )
    note = replace(first, dialog=DialogId("7"), side="note", author="Анна", message=Message(text="vip"))
    gone = replace(first, dialog=DialogId("7"), deleted_at=1, reactions=("❤",), our_reaction="👍")

    seen = draw_history(T, dialog(7), HistoryPage((first, reply, note, gone), 1, 3, 24), CLOCK)

    assert seen.text == (
        "История: Мария · страница 2 из 3\n"
        "\nДиалог №1\n👤 12:00 Добрый день\n💬 12:00 Борис Есть ✏️ изменено 💔 не доставлено\n"
        "\nДиалог №7\n📝 12:00 Анна vip\n👤 12:00 Добрый день ❤ (наша реакция: 👍) 🗑 удалено"
    )
    assert [one.data for row in seen.buttons for one in row] == ["1:history:7:2", "1:history:7:0"]


def test_an_empty_history_is_a_sentence() -> None:
    seen = draw_history(T, dialog(7), HistoryPage((), 0, 1, 0), CLOCK)

    assert seen.text == "История: Мария\nПока ничего нет."
    assert seen.buttons == ()


def test_history_shows_what_an_edited_message_was(history_page: Callable[..., HistoryPage]) -> None:
    page = history_page(message=Message(text="Мира 7"), former=Message(text="Мира 5"), edited_at=1)

    assert "Мира 7 ✏️ было: «Мира 5»" in draw_history(T, dialog(7), page, CLOCK).text


def test_the_longest_page_of_history_fits_one_message(history_page: Callable[..., HistoryPage]) -> None:
    was = Message(text=LONG)
    (line,) = history_page(message=was, former=was, author=LONG, edited_at=1, reactions=("❤",) * 5).lines
    lines = tuple(replace(line, dialog=DialogId(str(10**9 + n))) for n in range(10))

    seen = draw_history(T, dialog(7, LONG), HistoryPage(lines, 1, 10**6, 10**7), CLOCK)

    assert fits(seen)
    assert not seen.text.endswith("…")
