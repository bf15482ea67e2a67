"""Telegram's part of the control API: bots, chats, acts, files for the page."""

from aiohttp import web

from sandbox.cast import CastBot
from sandbox.telegram.control_acts import ActRequest, perform
from sandbox.telegram.people import People, Pressed
from sandbox.telegram.records import Message
from sandbox.telegram.telegram import Telegram, new_token
from sandbox.telegram.views import show_bot, show_chat, show_message, show_user
from sandbox.toolkit.control import (
    ControlError,
    Route,
    before,
    convert,
    file_reply,
    history_reply,
    json_reply,
    no_file,
    no_history,
    read_act,
    read_object,
)
from sandbox.toolkit.stand_in import ControlPart, Shown
from sandbox.toolkit.uploads import Upload
from sandbox.wire import Json

_FIRST_BOT = 7_000_000_000


class TelegramControl(ControlPart):
    """Plays Telegram's people, and @BotFather."""

    def __init__(self, telegram: Telegram, people: People) -> None:
        self._telegram = telegram
        self._people = people

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/sandbox/api/chats/{bot_id}/{user_id}", self.chat),
            Route("POST", "/sandbox/api/bots", self.add_bots),
            Route("GET", "/sandbox/files/{number}", self.file),
        ]

    def state(self) -> Json:
        world = self._telegram.world
        return {
            "bots": [show_bot(bot) for bot in world.bots.values()],
            "users": [show_user(user) for user in world.users.values()],
            "chats": [show_chat(chat) for chat in world.chats.values() if chat.is_private],
        }

    async def act(self, messenger: str, given: Json, files: list[Upload]) -> Json:
        done = await perform(self._people, read_act(given, ActRequest, messenger), files)
        if isinstance(done, Pressed):
            answer = {"text": done.answer.text, "show_alert": done.answer.is_alert} if done.answer else None
            url = done.url or (done.answer.url if done.answer else None)
            return {"ok": True, "update_id": done.update_id, "answer": answer, "url": url or None}
        messages = [self.show(act.message).message for act in done if act.message]
        answered: Json = {"ok": True, "update_id": done[-1].update_id}
        if messages:
            answered["message"] = messages[-1]
        if len(messages) > 1:
            answered["messages"] = messages
        return answered

    def show(self, message: Message) -> Shown:
        return Shown(show_message(message, self._telegram.files), message.message_id)

    async def chat(self, request: web.Request) -> web.Response:
        """A page of one chat; who looks at the newest has read them."""
        bot_id, user_id = int(request.match_info["bot_id"]), int(request.match_info["user_id"])
        world = self._telegram.world
        chat = world.chats.get((bot_id, user_id))
        if chat is None:
            return no_history()
        if before(request) is None and chat.is_private:
            self._people.read(user_id, bot_id)
        return history_reply(
            request, lambda below: world.history(chat, below), lambda message: self.show(message).message
        )

    async def add_bots(self, request: web.Request) -> web.Response:
        """Adds a bot, or with `{"revoke": <bot id>}` gives one a new token as @BotFather does."""
        body, world = await read_object(request), self._telegram.world
        if "revoke" in body:
            bot = world.bots.get(int(body["revoke"]))
            if bot is None:
                raise ControlError(f"There is no bot {body['revoke']}.")
            return json_reply({"ok": True, "token": self._telegram.revoke_token(bot)})
        bot_id = int(body.get("id") or max(world.bots, default=_FIRST_BOT) + 1)
        cast = convert({"token": new_token(bot_id), **body, "id": bot_id}, CastBot)
        bot = world.add_bot(cast)
        self._telegram.events.publish("state")
        return json_reply({"ok": True, "bot": show_bot(bot), "token": cast.token})

    async def file(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        file = self._telegram.files.get(int(number)) if number.isdecimal() else None
        return file_reply(self._telegram.files.content(file), file.mime) if file is not None else no_file()
