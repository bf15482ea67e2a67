"""The state of MAX's side: bots, people, dialogs, messages; loaded from and kept in the store.

Every change goes through here, so that the store and the page hear of it. No rules of the API live here.
"""

from collections.abc import Iterator
from typing import NamedTuple

from sandbox.cast import Cast, CastMaxBot, CastUser
from sandbox.max.files import Files
from sandbox.max.records import Bot, Dialog, Link, Message, Person, mid_of
from sandbox.pictures import plain_png
from sandbox.toolkit.history import History, Place
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.uploads import Upload
from sandbox.wire import Json

_COUNTED_MS = 16
"""Bits of a seq below those of the message's moment."""
_COUNTER = (1 << _COUNTED_MS) - 1
_CHAT_PART = len("mid.") + 16
_NUMBERS_SKIPPED_AFTER_KILL = 10_000
"""After a kill the last half second is forgotten, but the page may have seen its numbers."""


class Content(NamedTuple):
    """What stands in a message; an attachment is as it is sent, or a `type` and the number of a `file`."""

    text: str = ""
    markup: list[Json] | None = None
    attachments: list[Json] | None = None
    keyboard: list[list[Json]] | None = None
    link: Link | None = None
    is_voice: bool = False


class World:
    """By ids; a dialog also by its bot and its person."""

    def __init__(self, infrastructure: Infrastructure, files: Files) -> None:
        self._store, self._events, _, self._clock, settings = infrastructure
        self.files = files
        self.bots = {one.id: one for one in self._store.read("max_bot", Bot, order=lambda one: one.order)}
        self.people = {one.id: one for one in self._store.read("max_person", Person, order=lambda one: one.order)}
        self.dialogs = {one.chat_id: one for one in self._store.read("max_dialog", Dialog)}
        self._messages = History(self._store, settings, "max_message", _place)
        messages = self._store.read("max_message", Message, order=lambda one: one.number)
        self._messages.restore(messages)
        self._next = messages[-1].number + 1 if messages else 1
        if self._store.was_killed:
            self._next += _NUMBERS_SKIPPED_AFTER_KILL

    def fill(self, cast: Cast) -> list[CastUser]:
        """Adds the cast's bots to a world without any; those of the cast's people who came with them."""
        if self.bots:
            return []
        for bot in cast.max_bots:
            self.add_bot(bot)
        added = [user for user in cast.users if user.max]
        for user in added:
            self.add_person(user)
        return added

    def add_bot(self, cast: CastMaxBot) -> Bot:
        face = Upload("bot.png", "image/png", plain_png(256, 256, "#7d4bff"))
        bot = Bot(
            id=cast.id,
            token=cast.token,
            username=cast.username,
            name=cast.name,
            description=cast.description,
            order=len(self.bots),
            avatar=self.files.add("image", face).number,
        )
        self.bots[bot.id] = bot
        self.keep_bot(bot)
        return bot

    def add_person(self, cast: CastUser) -> Person:
        """A person of the cast, with a dialog not yet begun with each of the bots."""
        face = Upload("avatar.png", "image/png", plain_png(256, 256, cast.color))
        person = Person(
            id=cast.id,
            name=cast.name,
            username=cast.username or "",
            phone=cast.phone,
            locale=cast.language_code or "ru",
            order=len(self.people),
            avatar=self.files.add("image", face).number,
            last_activity=self._clock.now_ms(),
        )
        self.people[person.id] = person
        self._store.put("max_person", str(person.id), person)
        by_username = {bot.username: bot for bot in self.bots.values()}
        for username in cast.max:
            self.open_dialog(by_username[username], person)
        return person

    def bot_by_token(self, token: str) -> Bot | None:
        return next((one for one in self.bots.values() if one.token == token), None) if token else None

    def keep_bot(self, bot: Bot) -> None:
        self._store.put("max_bot", str(bot.id), bot)

    def keep_dialog(self, dialog: Dialog) -> None:
        self._store.put("max_dialog", str(dialog.chat_id), dialog)

    def dialog_of(self, bot_id: int, user_id: int) -> Dialog | None:
        return self.dialogs.get(bot_id ^ user_id)

    def open_dialog(self, bot: Bot, person: Person) -> Dialog:
        """Their dialog, new or known. Its id is the two ids' exclusive or, as in a public capture."""
        known = self.dialog_of(bot.id, person.id)
        if known is not None:
            return known
        dialog = Dialog(chat_id=bot.id ^ person.id, bot_id=bot.id, user_id=person.id, created=self._clock.now_ms())
        self.dialogs[dialog.chat_id] = dialog
        self.keep_dialog(dialog)
        self.tell("state", dialog)
        return dialog

    def tell(self, kind: str, dialog: Dialog, message: Message | None = None, **fields: object) -> None:
        """Puts something about a dialog on the page's stream of events."""
        self._events.publish(kind, message, messenger="max", bot_id=dialog.bot_id, user_id=dialog.user_id, **fields)

    def add_message(self, dialog: Dialog, sender_id: int, content: Content) -> Message:
        now, number = self._clock.now_ms(), self._next
        self._next += 1
        message = Message(
            number=number,
            chat_id=dialog.chat_id,
            seq=max(now << _COUNTED_MS | number & _COUNTER, dialog.last_seq + 1),
            sender_id=sender_id,
            at=now,
            text=content.text,
            markup=content.markup or [],
            attachments=content.attachments or [],
            keyboard=content.keyboard,
            link=content.link,
            is_voice=content.is_voice,
        )
        self._messages.add(message)
        dialog.last_seq = message.seq
        if sender_id == dialog.bot_id:
            dialog.unread += 1
        else:
            dialog.unread = 0
            self.people[sender_id].last_activity = now
        self.keep_dialog(dialog)
        self.tell("message", dialog, message)
        return message

    def touch(self, dialog: Dialog, message: Message, kind: str) -> None:
        """Keeps a message that changed and tells the page."""
        self._messages.keep(message)
        self.tell(kind, dialog, message, message_id=message.number)

    def mark_seen(self, dialog: Dialog) -> None:
        """The bot has looked at what the person wrote: the phone shows it."""
        fresh = [one for one in self.history(dialog) if one.sender_id == dialog.user_id and one.number > dialog.seen]
        if fresh:
            dialog.seen = fresh[0].number
            self.keep_dialog(dialog)
        for message in fresh:
            self.tell("read", dialog, message, message_id=message.number)

    def message(self, dialog: Dialog, number: int) -> Message | None:
        return self._messages.get(dialog.chat_id, number)

    def by_mid(self, bot: Bot, mid: str) -> tuple[Dialog, Message] | None:
        """A message of any of the bot's dialogs that is there still."""
        for dialog in self.dialogs.values():
            if dialog.bot_id == bot.id and mid.startswith(mid_of(dialog.chat_id, 0)[:_CHAT_PART]):
                found = next((one for one in self.seen_by_bot(dialog) if one.mid == mid), None)
                return None if found is None else (dialog, found)
        return None

    def history(self, dialog: Dialog, before: int | None = None) -> Iterator[Message]:
        """Messages newest first, below number `before`."""
        for message in self._messages.newest_first(dialog.chat_id):
            if before is None or message.number < before:
                yield message

    def seen_by_bot(self, dialog: Dialog) -> Iterator[Message]:
        """What a program may read of a dialog, newest first: no voice messages, and nothing deleted."""
        return (one for one in self.history(dialog) if not (one.is_voice or one.is_gone))


def _place(message: Message) -> Place[int, int]:
    return Place(message.chat_id, message.number, message.mid)
