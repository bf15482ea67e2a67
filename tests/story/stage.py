"""The whole play for tests: the sandbox in this process, the gateway as the child process that users would run.

Nothing of the gateway is imported: it is started by its command line, talks to the sandbox on the wire, and is
judged by what stands in people's chats and in the archive's file.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from sandbox.server import Sandbox
from sandbox.telegram.records import Message
from tests.story.process import PATIENCE, Gateway, free_port, until
from tests.story.site import ORIGIN


class Stage:
    """A small shop: two customers, Анна (admin by the settings) and Борис (by an invite).

    `widget` puts the shop's site beside its bot, as the account `site` of the same line: True lifts its limits, a
    table of settings takes the rest as they come. What else is given by name are the sandbox's settings.
    """

    def __init__(
        self,
        folder: Path,
        *,
        webhooks: bool = False,
        widget: bool | Mapping[str, str] = False,
        environment: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> None:
        self.folder, self.data = folder, folder / "data"
        self._webhooks = webhooks
        self._widget = None if widget is False else LIFTED_SITE if widget is True else widget
        self.sandbox = Sandbox(**{"limits": False, **settings})
        self._more = dict(environment or {})
        self.gateway: Gateway

    async def __aenter__(self) -> Self:
        await self.sandbox.start()
        self.shop, self.desk = self.sandbox.bot("shop_bot").id, self.sandbox.bot("desk_bot").id
        self.maria, self.ivan = self.sandbox.user("maria"), self.sandbox.user("Иван")
        self.anna, self.boris = self.sandbox.user("anna"), self.sandbox.user("boris")
        port = free_port()
        environment = {
            "GATEWAY_DATA_DIR": str(self.data),
            "GATEWAY_HTTP__PORT": str(port),
            "GATEWAY_LOG_FORMAT": "text",
            "GATEWAY_OPERATOR_BOT__TOKEN": self.sandbox.bot("desk_bot").token,
            "GATEWAY_OPERATOR_BOT__API_URL": self.sandbox.url,
            "GATEWAY_OPERATOR_BOT__ADMINS": f"[{self.anna}]",
            "GATEWAY_LINES__SALES__TITLE": "Продажи",
            "GATEWAY_LINES__SALES__ACCOUNTS__SHOP__CHANNEL": "telegram",
            "GATEWAY_LINES__SALES__ACCOUNTS__SHOP__TOKEN": self.sandbox.bot("shop_bot").token,
            "GATEWAY_LINES__SALES__ACCOUNTS__SHOP__API_URL": self.sandbox.url,
            **({} if self.sandbox.settings.limits else LIFTED),
            **(_webhooks(port) if self._webhooks else {}),
            **({} if self._widget is None else _site(self._widget)),
            **self._more,
        }
        self.gateway = Gateway(environment, port, self.folder / "gateway.log")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.gateway.stop()
        await self.sandbox.stop()

    async def open(self) -> None:
        """Starts the gateway and lets both operators in, as a newcomer would."""
        await self.gateway.start()
        self.sandbox.people.start(self.anna, self.desk)
        code, link, errors = await self.gateway.command("invite", "--role", "operator")
        assert code == 0, errors
        self.sandbox.people.start(self.boris, self.desk, link.strip().rsplit("start=", 1)[1])
        for operator in (self.anna, self.boris):
            await self.sees(operator, lambda one: "смен" in words(one))

    @property
    def site_url(self) -> str:
        """The widget's address."""
        return f"{self.gateway.url}/widget/site"

    # ── acting ────────────────────────────────────────────────────────────────────────────────────────

    def writes(self, customer: int, text: str, **more: Any) -> Message:
        """A customer writes to the shop."""
        return _message(self.sandbox.people.text(customer, self.shop, text, **more))

    def says(self, operator: int, text: str, **more: Any) -> Message:
        """An operator writes to the operators' bot."""
        return _message(self.sandbox.people.text(operator, self.desk, text, **more))

    async def presses(self, operator: int, message: Message, label: str, **more: Any) -> Any:
        """An operator presses the button with this label; returns the bot's answer (a toast) or None."""
        row, column = button(message, label)
        pressed = await self.sandbox.people.press(operator, self.desk, message.message_id, row, column, **more)
        return pressed.answer

    # ── looking ───────────────────────────────────────────────────────────────────────────────────────

    def chat(self, user: int, bot: int | None = None) -> list[Message]:
        """What stands in a person's chat, oldest first."""
        which = bot if bot is not None else (self.desk if user in (self.anna, self.boris) else self.shop)
        chat = self.sandbox.world.chats.get((which, user))
        return [] if chat is None else [one for one in self.sandbox.world.history(chat) if not one.is_gone][::-1]

    async def sees(
        self, user: int, what: Callable[[Message], bool], *, seconds: float = PATIENCE, from_bot: bool = True
    ) -> Message:
        """Waits until the person sees such a message, and returns the newest one."""
        found: list[Message] = []

        async def there() -> bool:
            found[:] = [one for one in self.chat(user) if one.is_out == from_bot and what(one)]
            return bool(found)

        def told() -> str:
            chat = "\n".join(f"  {'←' if one.is_out else '→'} {words(one)!r} {labels(one)}" for one in self.chat(user))
            return f"{user} sees it; the chat is:\n{chat}\nthe gateway's log:\n{self.gateway.log[-3000:]}"

        await until(there, told, seconds=seconds)
        return found[-1]

    async def sees_at(self, user: int, bot: int, what: Callable[[Message], bool]) -> Message:
        """The same in a chat that is not the person's usual one."""
        found: list[Message] = []

        async def there() -> bool:
            found[:] = [one for one in self.chat(user, bot) if one.is_out and what(one)]
            return bool(found)

        await until(there, lambda: str([words(one) for one in self.chat(user, bot)]))
        return found[-1]

    async def card(self, operator: int, client: str, label: str = "Ответить") -> Message:
        """The newest card of this client that has this button."""
        return await self.sees(operator, lambda one: client in words(one) and label in labels(one))

    async def claims(self, operator: int, client: str) -> Any:
        return await self.presses(operator, await self.card(operator, client), "Ответить")

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of the archive's file, read; none before the gateway has made its tables."""
        with sqlite3.connect(f"file:{self.data / 'archive.db'}?mode=ro", uri=True) as archive:
            if not archive.execute("SELECT 1 FROM sqlite_master WHERE name = 'messages'").fetchall():
                return []
            return archive.execute(query, parameters).fetchall()


LIFTED = {
    "GATEWAY_OPERATOR_BOT__PER_SECOND": "1000",
    "GATEWAY_OPERATOR_BOT__PER_CHAT_SECOND": "1000",
    "GATEWAY_OPERATOR_BOT__CHAT_BURST": "1000",
    "GATEWAY_LINES__SALES__ACCOUNTS__SHOP__PER_SECOND": "1000",
    "GATEWAY_LINES__SALES__ACCOUNTS__SHOP__PER_CHAT_SECOND": "1000",
    "GATEWAY_LINES__SALES__ACCOUNTS__SHOP__CHAT_BURST": "1000",
}
"""The gateway's own pace, lifted where the sandbox's limits are."""


LIFTED_SITE = {
    "MESSAGES_PER_MINUTE": "100000",
    "ADDRESS_PER_MINUTE": "1000000",
    "ACCOUNT_PER_SECOND": "10000",
    "SOCKETS_PER_VISITOR": "1000",
    "SOCKETS_PER_ADDRESS": "100000",
    "SESSIONS_PER_ADDRESS_MINUTE": "100000",
}
"""A site whose visitors all come from one address may do so."""

IDENTITY_SECRET = "the-shop-signs-its-customers-with-this"


def _site(settings: Mapping[str, str]) -> dict[str, str]:
    wanted = {
        "CHANNEL": "widget",
        "SECRET": "what-the-widget-of-the-tests-signs-with",
        "IDENTITY_SECRET": IDENTITY_SECRET,
        "ORIGINS": json.dumps([ORIGIN]),
        **settings,
    }
    return {f"GATEWAY_LINES__SALES__ACCOUNTS__SITE__{name}": value for name, value in wanted.items()}


def _webhooks(port: int) -> dict[str, str]:
    return {
        "GATEWAY_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "GATEWAY_OPERATOR_BOT__MODE": "webhook",
        "GATEWAY_LINES__SALES__ACCOUNTS__SHOP__MODE": "webhook",
    }


def words(message: Message) -> str:
    """A message's text or caption."""
    return str(message.body.get("text") or message.body.get("caption") or "")


def labels(message: Message) -> list[str]:
    """The labels of the buttons under a message."""
    rows: Sequence[Sequence[Mapping[str, Any]]] = message.body.get("reply_markup", {}).get("inline_keyboard", [])
    return [str(one["text"]) for row in rows for one in row]


def button(message: Message, label: str) -> tuple[int, int]:
    """Row and column of the button whose label holds these words."""
    for row, line in enumerate(message.body.get("reply_markup", {}).get("inline_keyboard", [])):
        for column, one in enumerate(line):
            if label in one["text"]:
                return row, column
    raise AssertionError(f"no button {label!r} under {words(message)!r}: {labels(message)}")


def _message(act: Any) -> Message:
    assert act.message is not None
    message: Message = act.message
    return message
