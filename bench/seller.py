"""A minimal Avito at the wire: it knows the messages that it is told, and lets the gateway read them back.

It stands in for the fixtures' vendor where that one would be the wall. Only what it was told is there: a message that
was not fails the run loudly, for the gateway would hear 500 and answer 503. It limits nothing.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from bench.wire import Server
from chaos.webhooks import Webhook

CHANNEL = "avito"
_CHAT, _MESSAGES = 6, 7
"""Steps of the addresses of a chat and of its messages: messenger/v3/accounts/<account>/chats/<chat>/messages."""
_FAILED = (500, b"{}")


class Seller:
    """The stand-in for one account: whatever is not about a chat it answers as the channel's fixtures do."""

    def __init__(self, webhook: Webhook) -> None:
        self._server = Server(self._handle)
        self._fixed = {path.encode(): msgspec.json.encode(answer) for path, answer in webhook.vendor.items()}
        self._about = next(
            answer for path, answer in webhook.vendor.items() if "/chats/" in path and isinstance(answer, Mapping)
        )
        self._message = webhook.vendor["/messages/"]["messages"][0]
        self._account = account_of(webhook)
        self._told: dict[bytes, Mapping[str, Any]] = {}
        """The last message of each chat, as its delivery tells it."""
        self.calls = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop()

    def tell(self, body: Mapping[str, Any]) -> None:
        """Somebody has written what this delivery is about to tell."""
        value = body["payload"]["value"]
        self._told[value["chat_id"].encode()] = value

    def _handle(self, path: bytes, _body: bytes) -> tuple[int, bytes]:
        self.calls += 1
        address = path.partition(b"?")[0]
        steps = address.strip(b"/").split(b"/")
        if len(steps) in {_CHAT, _MESSAGES} and steps[4] == b"chats":
            told = self._told.get(steps[5])
            if told is None:
                return _FAILED
            return 200, msgspec.json.encode(self._chat(told) if len(steps) == _CHAT else self._messages(told))
        return next(((200, answer) for end, answer in self._fixed.items() if address.endswith(end)), _FAILED)

    def _messages(self, told: Mapping[str, Any]) -> dict[str, Any]:
        own = {name: told[name] for name in ("id", "author_id", "created", "content")}
        return {"messages": [{**self._message, **own}], "meta": {"has_more": False}}

    def _chat(self, told: Mapping[str, Any]) -> dict[str, Any]:
        users = [
            one if str(one["id"]) == self._account else {**one, "id": told["author_id"]} for one in self._about["users"]
        ]
        return {**self._about, "id": told["chat_id"], "users": users}


def account_of(webhook: Webhook) -> str:
    """The account's own number, which every delivery to it must name."""
    return str(webhook.vendor["/core/v1/accounts/self"]["id"])
