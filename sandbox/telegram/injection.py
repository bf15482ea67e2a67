"""Raw updates: kinds that no act of a person makes, queued for a bot as they are given."""

from sandbox.telegram.people import Act
from sandbox.telegram.telegram import Telegram
from sandbox.toolkit.acts import ActError
from sandbox.wire import Json

_POSTS = ("message", "channel_post")


def inject(telegram: Telegram, bot_id: int, update: Json) -> Act:
    """Queues an update even if the bot did not ask for its kind; raises ActError.

    A message is kept in its chat's history under an id of ours. A group that appears in an update is known to
    the bot from then on, so that it can write there.
    """
    bot = telegram.world.bots.get(bot_id)
    if bot is None:
        raise ActError(f"There is no bot {bot_id}.")
    kinds = [kind for kind in update if kind != "update_id"]
    if len(kinds) != 1 or not isinstance(update[kinds[0]], dict):
        raise ActError("A raw update has one field, named by its kind, with an object in it.")
    kind, payload = kinds[0], update[kinds[0]]
    place = payload.get("chat") or payload.get("from") or payload.get("user") or {"id": bot_id}
    chat = telegram.world.chats.get((bot_id, int(place["id"]))) or telegram.world.add_chat(bot, place)
    message = None
    if kind in _POSTS:
        chat.is_started = True
        content = {name: value for name, value in payload.items() if name not in ("message_id", "chat", "from")}
        message = telegram.world.add_message(bot, chat, payload.get("from"), content, is_out=False)
        payload = message.body
    return Act(message, telegram.notify(chat, kind, payload, is_forced=True))
