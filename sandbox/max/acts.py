"""What an act on MAX needs, whoever does it: the person, the dialog, and a note in the ledger."""

from typing import TypeAlias

from sandbox.max.max import Max
from sandbox.max.records import Bot, Dialog, Message, Person
from sandbox.toolkit import acts
from sandbox.toolkit.acts import ActError

Act: TypeAlias = acts.Act[Message]


class Acts:
    """What people's acts and those past the API have in common."""

    def __init__(self, server: Max) -> None:
        self.server = server
        self._world = server.world

    def _done(self, act: str, dialog: Dialog, message: Message | None, event_id: str | None) -> Act:
        self.server.ledger.add(
            "act",
            messenger="max",
            act=act,
            bot_id=dialog.bot_id,
            chat_id=dialog.user_id,
            message_id=message.mid if message is not None else None,
            update_id=event_id,
            text=message.text if message is not None else None,
        )
        return Act(message, event_id)

    def _open(self, user_id: int, bot_id: int) -> tuple[Person, Dialog]:
        person, bot = self._world.people.get(user_id), self._bot(bot_id)
        if person is None:
            raise ActError(f"There is no person {user_id} on MAX.")
        return person, self._world.open_dialog(bot, person)

    def _talk(self, user_id: int, bot_id: int) -> Dialog:
        """The dialog, if one can write into it now."""
        dialog = self._open(user_id, bot_id)[1]
        if not dialog.is_started:
            raise ActError("The bot is not started yet.", "max-not-started")
        if dialog.is_stopped:
            raise ActError("The bot is stopped: start it again first.", "bot-blocked")
        return dialog

    def _bot(self, bot_id: int) -> Bot:
        bot = self._world.bots.get(bot_id)
        if bot is None:
            raise ActError(f"There is no bot {bot_id} on MAX.")
        return bot

    def _known(self, dialog: Dialog, number: int) -> Message:
        message = self._world.message(dialog, number)
        if message is None or message.is_gone or message.is_hidden:
            raise ActError(f"There is no message {number} in this dialog.", "no-message")
        return message
