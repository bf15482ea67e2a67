"""What people do on their phones: start, write, send files, edit, press, react, block; and the updates of it.

Tests call these directly, the page through the control API. A wrong act is an ActError with a sentence.
"""

import asyncio
from typing import NamedTuple

from sandbox.telegram.callbacks import Answer
from sandbox.telegram.contents import new_group_id, one_level
from sandbox.telegram.entities import find_entities, utf16_length
from sandbox.telegram.files import KINDS, Details
from sandbox.telegram.reactions import plain_emoji
from sandbox.telegram.records import Bot, Chat, Message, Reaction, User
from sandbox.telegram.telegram import Telegram
from sandbox.toolkit.acts import ActError
from sandbox.toolkit.uploads import Upload
from sandbox.wire import Json

_ANSWER_WITHIN_S = 15
_LONGEST_TEXT = 4096
_ALREADY = {
    True: ("The bot is blocked already.", "blocked-already"),
    False: ("The bot is not blocked.", "not-blocked"),
}


class Act(NamedTuple):
    """What became of an act; `update_id` is None when the bot does not want to hear of it."""

    message: Message | None
    update_id: int | None


class Pressed(NamedTuple):
    """`answer` is None when nobody answered in time; `url` is the button's own address."""

    update_id: int | None
    answer: Answer | None
    url: str | None = None


class People:
    """Acts of the world's users; each names the person and the bot by id."""

    def __init__(self, telegram: Telegram) -> None:
        self.telegram = telegram
        self._world = telegram.world

    def start(self, user_id: int, bot_id: int, payload: str = "") -> Act:
        """Presses "Start", or follows a link t.me/<bot>?start=<payload>; unblocks a blocked bot."""
        user, bot, chat = self._open(user_id, bot_id)
        if chat.is_blocked:
            self.unblock(user_id, bot_id)
        chat.is_started = True
        text = f"/start {payload}" if payload else "/start"
        return self._say(user, bot, chat, {"text": text, "entities": find_entities(text)})

    def text(
        self,
        user_id: int,
        bot_id: int,
        text: str,
        *,
        reply_to: int | None = None,
        entities: list[Json] | None = None,
        quote: str | None = None,
    ) -> Act:
        """Writes a text; to a bot never started this starts the chat as well."""
        text = text.strip()
        if not text:
            raise ActError("There is no text to send.", "no-text")
        if utf16_length(text) > _LONGEST_TEXT:
            raise ActError("The text is longer than 4096 characters: the app would send it in parts.", "too-long")
        content: Json = {"text": text}
        if found := find_entities(text, entities):
            content["entities"] = found
        return self._write(user_id, bot_id, content, reply_to, quote)

    def file(
        self,
        user_id: int,
        bot_id: int,
        kind: str,
        upload: Upload,
        *,
        caption: str = "",
        reply_to: int | None = None,
        media_group_id: str | None = None,
        details: Details | None = None,
    ) -> Act:
        """Sends a photo, document, voice, video, video_note, animation, audio or sticker."""
        if kind not in KINDS:
            raise ActError(f"There is no kind of file called {kind}: use one of {', '.join(KINDS)}.")
        if not upload.content:
            raise ActError("The file is empty.", "empty-file")
        self._writable(user_id, bot_id)
        file = self.telegram.files.add(kind, upload, details)
        content = self.telegram.files.fields(file, bot_id)
        if caption:
            content["caption"] = caption
            if found := find_entities(caption):
                content["caption_entities"] = found
        if media_group_id:
            content["media_group_id"] = media_group_id
        return self._write(user_id, bot_id, content, reply_to)

    def album(self, user_id: int, bot_id: int, files: list[tuple[str, Upload]], caption: str = "") -> list[Act]:
        """Sends several files as one album, each its own message; the caption stands on the first."""
        group = new_group_id()
        return [
            self.file(user_id, bot_id, kind, upload, caption="" if index else caption, media_group_id=group)
            for index, (kind, upload) in enumerate(files)
        ]

    def location(self, user_id: int, bot_id: int, latitude: float, longitude: float) -> Act:
        return self._write(user_id, bot_id, {"location": {"latitude": latitude, "longitude": longitude}})

    def venue(self, user_id: int, bot_id: int, place: tuple[float, float], title: str, address: str) -> Act:
        """Sends a place (latitude, longitude) with a name."""
        location = {"latitude": place[0], "longitude": place[1]}
        venue = {"location": location, "title": title, "address": address}
        return self._write(user_id, bot_id, {"location": location, "venue": venue})

    def contact(self, user_id: int, bot_id: int, phone_number: str, first_name: str) -> Act:
        return self._write(user_id, bot_id, {"contact": {"phone_number": phone_number, "first_name": first_name}})

    def edit(self, user_id: int, bot_id: int, message_id: int, *, text: str = "", caption: str = "") -> Act:
        """Edits the person's own message."""
        chat = self._writable(user_id, bot_id)[2]
        message = self._own(chat, message_id)
        field, words, marks = ("text", text, "entities") if text else ("caption", caption, "caption_entities")
        if ("text" in message.body) is not bool(text):
            raise ActError("A text message is edited with `text`, one with a file with `caption`.")
        body = {key: value for key, value in message.body.items() if key not in (field, marks)}
        if words.strip():
            body[field] = words.strip()
        if found := find_entities(words.strip()):
            body[marks] = found
        if body == message.body:
            raise ActError("The message says exactly that already.", "same-text")
        self._world.change_message(message, body)
        return self._done("edit", message, self.telegram.notify(chat, "edited_message", message.body))

    async def press(
        self,
        user_id: int,
        bot_id: int,
        message_id: int,
        row: int,
        column: int,
        *,
        wait: bool = True,
        is_inaccessible: bool = False,
    ) -> Pressed:
        """Presses an inline button and waits up to 15 s for the bot's answer.

        The button may be one of a message that is deleted meanwhile: a phone may still show it.
        """
        user, bot, chat = self._open(user_id, bot_id)
        message = self._world.any_message(chat, message_id)
        if message is None:
            raise ActError(f"There is no message {message_id} in this chat.", "no-message")
        keyboard = message.body.get("reply_markup", {}).get("inline_keyboard", [])
        try:
            button: Json = keyboard[row][column]
        except (IndexError, TypeError):
            sentence = f"Message {message_id} has no button in row {row}, column {column}."
            raise ActError(sentence, "no-button") from None
        if "callback_data" not in button:
            return Pressed(None, None, button.get("url"))
        is_inaccessible = is_inaccessible or message.is_gone
        shown = {"chat": chat.body, "message_id": message_id, "date": 0} if is_inaccessible else message.body
        query_id, answer = self.telegram.callbacks.press(bot, chat.chat_id)
        query: Json = {
            "id": query_id,
            "from": user.as_user(),
            "message": shown,
            "chat_instance": str(bot.id * 1_000_003 + chat.chat_id),
            "data": button["callback_data"],
        }
        update_id = self.telegram.notify(chat, "callback_query", query, ordering_key="callback:")
        self._note("press", message, update_id, data=button["callback_data"])
        return Pressed(update_id, await _answered(answer) if wait else None)

    def react(self, user_id: int, bot_id: int, message_id: int, emoji: str) -> Act:
        """Sets the person's reaction, or takes it back with an empty `emoji`."""
        user, _, chat = self._open(user_id, bot_id)
        message = self._known(chat, message_id)
        old = [reaction.emoji for reaction in message.reactions if reaction.by == "user"]
        new = [plain_emoji(emoji)] if emoji else []
        others = [reaction for reaction in message.reactions if reaction.by != "user"]
        message.reactions = [*others, *(Reaction(one, "user") for one in new)]
        self._world.touch(message, "reaction", emoji=emoji, by="user")
        update_id = None
        if self.telegram.settings.reactions_in_private:
            payload = {
                "chat": chat.body,
                "message_id": message_id,
                "user": user.as_user(),
                "date": self.telegram.clock.now_s(),
                "old_reaction": [{"type": "emoji", "emoji": one} for one in old],
                "new_reaction": [{"type": "emoji", "emoji": one} for one in new],
            }
            update_id = self.telegram.notify(chat, "message_reaction", payload, ordering_key="reaction:")
        return self._done("react", message, update_id)

    def block(self, user_id: int, bot_id: int) -> Act:
        return self._set_blocked(user_id, bot_id, is_blocked=True)

    def unblock(self, user_id: int, bot_id: int) -> Act:
        return self._set_blocked(user_id, bot_id, is_blocked=False)

    def delete(self, user_id: int, bot_id: int, message_id: int, *, for_both: bool = False) -> Act:
        """Deletes on the own phone, or for both sides; a bot is never told of either."""
        _, _, chat = self._open(user_id, bot_id)
        message = self._known(chat, message_id)
        message.is_hidden = True
        message.is_gone = for_both
        self._world.touch(message, "deleted")
        return self._done("delete", message, None)

    def read(self, user_id: int, bot_id: int) -> None:
        """Looks at the chat: nothing is unread any more."""
        chat = self._open(user_id, bot_id)[2]
        if chat.unread:
            chat.unread = 0
            self._world.keep_chat(chat)

    def set_deactivated(self, user_id: int, *, is_deactivated: bool) -> None:
        """Deletes the person's account, or brings it back."""
        user = self._user(user_id)
        user.is_deactivated = is_deactivated
        self._world.keep_user(user)

    def _write(
        self, user_id: int, bot_id: int, content: Json, reply_to: int | None = None, quote: str | None = None
    ) -> Act:
        user, bot, chat = self._writable(user_id, bot_id)
        if reply_to is not None:
            target = self._known(chat, reply_to)
            reply: Json = {"reply_to_message": one_level(target.body)}
            if quote:
                original = target.body.get("text") or target.body.get("caption") or ""
                position = utf16_length(original[: max(original.find(quote), 0)])
                reply["quote"] = {"text": quote, "position": position, "is_manual": True}
            content = {**reply, **content}
        return self._say(user, bot, chat, content)

    def _say(self, user: User, bot: Bot, chat: Chat, content: Json) -> Act:
        chat.is_started = True
        message = self._world.add_message(bot, chat, user.as_user(), content, is_out=False)
        return self._done("message", message, self.telegram.notify(chat, "message", message.body))

    def _set_blocked(self, user_id: int, bot_id: int, *, is_blocked: bool) -> Act:
        user, bot, chat = self._open(user_id, bot_id)
        if chat.is_blocked is is_blocked:
            raise ActError(*_ALREADY[is_blocked])
        chat.is_blocked = is_blocked
        self._world.keep_chat(chat)
        self._world.tell("blocked", chat, blocked=is_blocked)
        member: Json = {"user": bot.as_user(), "status": "member"}
        banned: Json = {"user": bot.as_user(), "status": "kicked", "until_date": 0}
        old, new = (member, banned) if is_blocked else (banned, member)
        payload = {
            "chat": chat.body,
            "from": user.as_user(),
            "date": self.telegram.clock.now_s(),
            "old_chat_member": old,
            "new_chat_member": new,
        }
        return Act(None, self.telegram.notify(chat, "my_chat_member", payload, ordering_key="member:"))

    def _done(self, act: str, message: Message, update_id: int | None) -> Act:
        self._note(act, message, update_id, text=message.body.get("text", message.body.get("caption")))
        return Act(message, update_id)

    def _note(self, act: str, message: Message, update_id: int | None, **fields: object) -> None:
        self.telegram.ledger.add(
            "act",
            act=act,
            bot_id=message.bot_id,
            chat_id=message.chat_id,
            message_id=message.message_id,
            update_id=update_id,
            **fields,
        )

    def _open(self, user_id: int, bot_id: int) -> tuple[User, Bot, Chat]:
        user = self._user(user_id)
        bot = self._world.bots.get(bot_id)
        if bot is None:
            raise ActError(f"There is no bot {bot_id}.")
        return user, bot, self._world.open_chat(bot, user)

    def _user(self, user_id: int) -> User:
        user = self._world.users.get(user_id)
        if user is None:
            raise ActError(f"There is no user {user_id}.")
        return user

    def _writable(self, user_id: int, bot_id: int) -> tuple[User, Bot, Chat]:
        user, bot, chat = self._open(user_id, bot_id)
        if user.is_deactivated:
            raise ActError("This person's account is deleted.", "deactivated")
        if chat.is_blocked:
            raise ActError("The bot is blocked: unblock it first.", "bot-blocked")
        return user, bot, chat

    def _known(self, chat: Chat, message_id: int) -> Message:
        message = self._world.message(chat, message_id)
        if message is None:
            raise ActError(f"There is no message {message_id} in this chat.", "no-message")
        return message

    def _own(self, chat: Chat, message_id: int) -> Message:
        message = self._known(chat, message_id)
        if message.is_out:
            raise ActError("This message is the bot's: only one's own can be edited.", "not-own")
        return message


async def _answered(answer: asyncio.Future[Answer]) -> Answer | None:
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            return await answer
    except TimeoutError:
        return None
