"""Presses of the buttons under a bot's message, on a person's phone."""

from typing import NamedTuple

from sandbox.max.acts import Act, Acts
from sandbox.max.max import Max
from sandbox.max.people import People
from sandbox.toolkit.acts import ActError

_HERE = (55.75222, 37.61556)


class Pressed(NamedTuple):
    """What became of a press: an address to open, and the id by which the bot may answer a callback button."""

    act: Act
    url: str | None = None
    callback_id: str | None = None


class Presses(Acts):
    def __init__(self, server: Max, people: People) -> None:
        super().__init__(server)
        self._people = people

    def press(self, user_id: int, bot_id: int, number: int, row: int, column: int) -> Pressed:
        """Presses a button by its place. The bot's answer, if one comes, is a change of the message or a toast."""
        dialog = self._talk(user_id, bot_id)
        message = self._known(dialog, number)
        try:
            button = (message.keyboard or [])[row][column]
        except IndexError:
            raise ActError(f"There is no button in row {row}, column {column}.", "no-button") from None
        match button["type"]:
            case "callback":
                callback_id, event_id = self.server.tell_pressed(dialog, message, button["payload"])
                return Pressed(self._done("press", dialog, None, event_id), callback_id=callback_id)
            case "message":
                return Pressed(self._people.text(user_id, bot_id, button["text"]))
            case "request_contact":
                return Pressed(self._people.contact(user_id, bot_id))
            case "request_geo_location":
                return Pressed(self._people.location(user_id, bot_id, *_HERE))
            case "link":
                return Pressed(Act(None, None), url=button["url"])
            case kind:  # a clipboard and a mini app are the phone's own business
                return Pressed(self._done(f"press {kind}", dialog, None, None))
