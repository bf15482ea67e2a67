"""MAX's parts put together: world, files, updates, webhooks, limits, faults, presses of buttons.

The one object that methods and people act through. It knows no HTTP request.
"""

import secrets
from typing import NamedTuple

from sandbox.cast import Cast, CastUser
from sandbox.max.faults import Faults
from sandbox.max.feed import Feed
from sandbox.max.files import Files
from sandbox.max.limits import Limits
from sandbox.max.records import Dialog, Message
from sandbox.max.shapes import message_object, user, user_with_face
from sandbox.max.webhooks import WebhookSender
from sandbox.max.world import Content, World
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.loopback import LoopbackClient
from sandbox.wire import Json

_CALLBACK_ID_BYTES = 87
"""116 characters, as live ones have."""


class Press(NamedTuple):
    """A press of a callback button, which may be answered."""

    bot_id: int
    chat_id: int
    number: int


class Max:
    """Everything of one stand-in. `presses` are by callback_id, known until the sandbox ends."""

    def __init__(self, infrastructure: Infrastructure) -> None:
        _, self.events, self.ledger, self.clock, self.settings = infrastructure
        self.files = Files(infrastructure)
        self.world = World(infrastructure, self.files)
        self.faults = Faults()
        self.limits = Limits(self.settings)
        self.sender = WebhookSender(infrastructure, self.faults, self.world)
        self.feed = Feed(infrastructure, self.world, self.sender)
        self.client = LoopbackClient()
        self.presses: dict[str, Press] = {}

    def start(self, cast: Cast, base: str) -> list[CastUser]:
        """Fills an empty world and posts what is pending; the people of the cast who came with it."""
        self.files.base = base
        added = self.world.fill(cast)
        self.client.start()
        self.sender.start()
        return added

    async def stop(self) -> None:
        await self.sender.stop()
        await self.client.stop()

    def write(self, dialog: Dialog, content: Content) -> tuple[Message, str]:
        """A person's message, of which the bot is told; the update's number.

        A voice message is told without a message: no chat, no sender, no id (CHANNELS.md 9.4).
        """
        message = self.world.add_message(dialog, dialog.user_id, content)
        fault = self.faults.draw(dialog.bot_id, "message_created")
        told = self._told(dialog, message, fault.fault if fault is not None else "")
        if message.is_voice or (fault is not None and fault.fault == "no_message"):
            told = {}
        return message, self.feed.publish(dialog, "message_created", {**told, **self._locale(dialog)})

    def tell_edited(self, dialog: Dialog, message: Message) -> str:
        """Tells the bot that a person has changed their message."""
        fault = self.faults.draw(dialog.bot_id, "message_edited")
        told = self._told(dialog, message, fault.fault if fault is not None else "")
        return self.feed.publish(dialog, "message_edited", told)

    def tell_pressed(self, dialog: Dialog, message: Message, payload: str | None) -> tuple[str, str]:
        """Tells the bot of a press; the callback_id and the update's number. Each press has an id of its own."""
        callback_id = secrets.token_urlsafe(_CALLBACK_ID_BYTES)
        self.presses[callback_id] = Press(dialog.bot_id, dialog.chat_id, message.number)
        fault = self.faults.draw(dialog.bot_id, "message_callback")
        spoilt = fault.fault if fault is not None else ""
        person = user(self.world.people[dialog.user_id])
        if spoilt == "no_username":
            person.pop("username", None)
        callback: Json = {"timestamp": self.clock.now_ms(), "callback_id": callback_id, "user": person}
        if payload is not None:
            callback["payload"] = payload
        told = {"callback": callback, **self._told(dialog, message, spoilt), **self._locale(dialog)}
        return callback_id, self.feed.publish(dialog, "message_callback", told)

    def tell_of_dialog(self, dialog: Dialog, kind: str, **fields: object) -> str:
        """Tells the bot what a person has done with the dialog as a whole."""
        person = user_with_face(self.world, self.world.people[dialog.user_id])
        told: Json = {"chat_id": dialog.chat_id, "user": person, **fields}
        return self.feed.publish(dialog, kind, {**told, **self._locale(dialog)})

    def _told(self, dialog: Dialog, message: Message, spoilt: str) -> Json:
        shown = message_object(self.world, dialog, message)
        if spoilt == "null_message":
            return {"message": None}
        if spoilt == "null_body":
            shown["body"] = None
        if spoilt == "no_username":
            shown["sender"].pop("username", None)
        return {"message": shown}

    def _locale(self, dialog: Dialog) -> Json:
        return {"user_locale": self.world.people[dialog.user_id].locale}
