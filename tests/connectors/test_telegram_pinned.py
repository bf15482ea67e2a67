"""The pinned line at the wire: changed in place, whatever has become of it, and never in anybody's way."""

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.connectors.contract import Known
from gateway.connectors.telegram.answers import MethodUnknown, Vanished
from gateway.connectors.telegram.pinned import PINNED, PinnedLines
from gateway.connectors.telegram.render import render
from gateway.errors import Refused, TryLater
from gateway.model.ids import ContactId, NativeId, SentId
from gateway.model.messages import Message
from gateway.model.outgoing import Receipt, SendEdit

ANNA = ContactId("501")


class Chat:
    """One private chat of the bot's, as the Bot API shows it."""

    def __init__(self) -> None:
        self.lines: dict[int, str] = {}
        self.pinned: int | None = None
        self.calls: list[str] = []
        self.refuses: dict[str, Exception] = {}

    async def ask(self, method: str, request: Mapping[str, Any]) -> Any:
        self.calls.append(method)
        if method in self.refuses:
            raise self.refuses[method]
        number = request.get("message_id", 40 + len(self.calls))
        if method == "pinChatMessage":
            assert request["disable_notification"], "a pin rings for nobody"
            self.pinned = number
            return True
        if method == "editMessageText" and number not in self.lines:
            raise Vanished("the message is no longer there")
        if self.lines.get(number) == request["text"]:
            return True
        self.lines[number] = request["text"]
        return {"message_id": number}


@pytest.fixture
def chat() -> Chat:
    return Chat()


async def show(lines: PinnedLines, text: str, target: tuple[NativeId, ...] = ()) -> Receipt:
    edit = SendEdit(SentId("!pinned@501"), Message(text=text), pinned=True)
    [part] = render(ANNA, edit, Known(target=target))
    assert part.method == PINNED
    return await lines.show(part.request)


async def test_it_is_sent_and_pinned_once_and_then_changed_in_place(chat: Chat) -> None:
    first = await show(PinnedLines(chat.ask), "Пишете: Мария")
    [line] = first.natives
    again = await show(PinnedLines(chat.ask), "Пишете: Иван", (line,))  # as after a restart
    assert again.natives == ()
    assert chat.lines == {int(line): "Пишете: Иван"}
    assert (chat.pinned, chat.calls) == (int(line), ["sendMessage", "pinChatMessage", "editMessageText"])


async def test_one_that_was_deleted_is_sent_again(chat: Chat) -> None:
    lines = PinnedLines(chat.ask)
    [line] = (await show(lines, "Пишете: Мария")).natives
    chat.lines.clear()
    [new] = (await show(lines, "Пишете: Иван", (line,))).natives
    assert chat.lines == {int(new): "Пишете: Иван"}
    assert chat.pinned == int(new)


async def test_one_that_was_unpinned_goes_on_and_is_pinned_again_when_it_is_told_again(chat: Chat) -> None:
    lines = PinnedLines(chat.ask)
    [line] = (await show(lines, "Пишете: Мария")).natives
    chat.pinned = None
    await show(lines, "Пишете: Иван", (line,))
    assert (chat.lines, chat.pinned) == ({int(line): "Пишете: Иван"}, None), "what a person unpins stays so"
    await show(lines, "Пишете: Иван", (line,))
    assert chat.pinned == int(line), "until they begin to work again"


@pytest.mark.parametrize("why", [Refused("no right to pin"), MethodUnknown("an old server")])
async def test_that_it_cannot_be_pinned_is_no_error(chat: Chat, why: Exception) -> None:
    chat.refuses["pinChatMessage"] = why
    [line] = (await show(PinnedLines(chat.ask), "Пишете: Мария")).natives
    assert chat.lines == {int(line): "Пишете: Мария"}


async def test_a_pin_that_has_to_wait_comes_with_the_next_change(chat: Chat) -> None:
    lines = PinnedLines(chat.ask)
    chat.refuses["pinChatMessage"] = TryLater("too many requests", after=3)
    [line] = (await show(lines, "Пишете: Мария")).natives
    chat.refuses.clear()
    await show(lines, "Пишете: Иван", (line,))
    assert chat.pinned == int(line)
