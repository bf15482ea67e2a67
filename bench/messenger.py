"""A minimal Telegram at the wire: it takes every method, numbers messages, and tells a listener what was sent.

It stands in for the sandbox where the sandbox's HTTP would be the wall; it limits nothing, and refuses only what it is
told to.
"""

import time
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl

import msgspec

from bench.wire import Server

SHOP_TOKEN = "7000000001:AAbench-token-that-nobody-gave-shop-bot"  # noqa: S105 - nobody's
DESK_TOKEN = "7000000002:AAbench-token-that-nobody-gave-desk-bot"  # noqa: S105 - nobody's


class Sent(NamedTuple):
    """One call of a method, when it arrived (`time.perf_counter`)."""

    at: float
    token: str
    method: str
    fields: Mapping[str, str]
    message_id: int


class Messenger:
    """The stand-in. `webhooks` has each bot's webhook address and secret by token, as soon as they are set."""

    def __init__(self) -> None:
        self._server = Server(self._handle)
        self._number = 1000
        self.webhooks: dict[str, Mapping[str, str]] = {}
        self.listen: Callable[[Sent], None] = lambda _: None
        """Told of every call that sends, edits or answers something."""
        self.calls = 0
        self.troubles: list[int] = []
        """Statuses (429 with a second to wait, 500) that the next messages hear instead of being taken."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop()

    def _handle(self, path: bytes, body: bytes) -> tuple[int, bytes]:
        at = time.perf_counter()
        self.calls += 1
        _, bot, method = path.decode().split("/", 2)
        token = bot.removeprefix("bot")
        if method == "getMe":
            return _ok({"id": int(token.split(":")[0]), "is_bot": True, "first_name": "Bot", "username": "bench_bot"})
        fields = _fields(body)
        if method == "setWebhook":
            self.webhooks[token] = fields
            return _ok(_TRUE)
        if method == "getWebhookInfo":
            return _ok({"url": self.webhooks.get(token, {}).get("url", ""), "pending_update_count": 0})
        if method not in _MESSAGES:
            self.listen(Sent(at, token, method, fields, 0))
            return _ok(_TRUE)
        if self.troubles and method == "sendMessage":
            return _refused(self.troubles.pop(0))
        self._number += 1
        self.listen(Sent(at, token, method, fields, self._number))
        chat = {"id": int(fields.get("chat_id", 0)), "type": "private"}
        return _ok({"message_id": self._number, "date": int(time.time()), "chat": chat, "text": fields.get("text", "")})


def _fields(body: bytes) -> dict[str, str]:
    """A call's parameters, of a form or of JSON; what is no string stands as JSON, as in a form."""
    if not body.startswith(b"{"):
        return dict(parse_qsl(body.decode()))
    given: dict[str, object] = msgspec.json.decode(body)
    return {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode() for name, value in given.items()
    }


_MESSAGES = frozenset({"sendMessage", "editMessageText"})
_TOO_MANY = 429
_TRUE: object = True
"""What most methods answer."""


def _ok(result: object) -> tuple[int, bytes]:
    return 200, msgspec.json.encode({"ok": True, "result": result})


def _refused(status: int) -> tuple[int, bytes]:
    parameters = {"parameters": {"retry_after": 1}} if status == _TOO_MANY else {}
    return status, msgspec.json.encode({"ok": False, "error_code": status, "description": "refused", **parameters})


class Updates:
    """Updates as Telegram would post them: of customers and operators, numbered."""

    def __init__(self) -> None:
        self._number = 0

    def words(self, person: int, name: str, text: str, *, reply_to: int | None = None) -> bytes:
        """A private message; `reply_to` is a message of the bot in that chat."""
        self._number += 1
        chat = {"id": person, "type": "private", "first_name": name, "username": f"u{person}"}
        message: dict[str, object] = {
            "message_id": self._number,
            "from": _person(person, name),
            "chat": chat,
            "date": int(time.time()),
            "text": text,
        }
        if reply_to is not None:
            bot = {"id": 7000000002, "is_bot": True, "first_name": "Desk", "username": "bench_bot"}
            message["reply_to_message"] = {
                "message_id": reply_to, "from": bot, "chat": chat, "date": int(time.time()), "text": "…"
            }  # fmt: skip
        return msgspec.json.encode({"update_id": 500_000_000 + self._number, "message": message})

    def press(self, person: int, name: str, message_id: int, data: str) -> bytes:
        """A press of a button under a message of the bot."""
        self._number += 1
        chat = {"id": person, "type": "private", "first_name": name}
        bot = {"id": 7000000002, "is_bot": True, "first_name": "Desk", "username": "bench_bot"}
        message = {"message_id": message_id, "from": bot, "chat": chat, "date": int(time.time()), "text": "…"}
        query = {
            "id": str(self._number), "from": _person(person, name), "message": message,
            "chat_instance": "1", "data": data,
        }  # fmt: skip
        return msgspec.json.encode({"update_id": 500_000_000 + self._number, "callback_query": query})


def _person(number: int, name: str) -> dict[str, object]:
    return {"id": number, "is_bot": False, "first_name": name, "username": f"u{number}", "language_code": "ru"}
