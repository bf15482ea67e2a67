"""What operators say in a dialog: replies, templates, edits, reactions, notes; and answers to the bot's questions."""

from enum import StrEnum, nonmember
from typing import ClassVar

from gateway.model.commands.staff import Staff
from gateway.model.ids import DialogId, MessageId
from gateway.model.messages import Message


class Purpose(StrEnum):
    """What is to be done for the client whom the bot asks about, if not to say words to them."""

    SINCE = nonmember({"note": 2, "close": 2, "template": 2, "templates": 2})
    NOTE = "note"
    CLOSE = "close"
    TEMPLATE = "template"
    """Words by a template, as they were typed."""
    TEMPLATES = "templates"
    """The list of them."""


class Reply(Staff, frozen=True, tag="reply"):
    """Words to a client. `dialog` is named by reply-to, None means the current one."""

    message: Message
    dialog: DialogId | None = None
    answers: MessageId | None = None
    """The client's message that is quoted."""


class PickTemplate(Staff, frozen=True, tag="pick_template"):
    """The operator wants to see one of the templates, and to give its variables."""

    dialog: DialogId
    template: str


class SayTemplate(Staff, frozen=True, omit_defaults=True, tag="say_template"):
    """Words to a client by a template: named by its id or, typed, by its name. `dialog` None: the current one."""

    template: str
    values: tuple[str, ...] = ()
    dialog: DialogId | None = None
    seen: int | None = None
    """How many messages the dialog had when the button was drawn: pressed twice it says nothing twice."""


class Choose(Staff, frozen=True, tag="choose"):
    """The operator's answer to "whom is this for?"."""

    ask: str
    dialog: DialogId | None
    """None: nobody, drop it."""
    by_template: bool = False
    """The words are the values of the template that was being filled in."""


class TurnChoices(Staff, frozen=True, omit_defaults=True, tag="turn_choices"):
    """Another page of those whom "whom is this for?" offers; `page` counts from 0. Nothing is answered by it."""

    SINCE: ClassVar[int] = 2
    ask: str
    page: int = 0


class EditReply(Staff, frozen=True, tag="edit_reply"):
    """The operator corrected their own message; `message_id` is what the native map knows it as."""

    message: Message
    message_id: MessageId | None


class DeleteReply(Staff, frozen=True, tag="delete_reply"):
    """Takes an operator's own message back at the client."""

    message_id: MessageId | None
    stop: bool = False
    """Only if it has not gone yet, whatever the messenger takes back."""


class React(Staff, frozen=True, tag="react"):
    """Puts one emoji on a client's message; None takes it away."""

    message_id: MessageId | None
    emoji: str | None


class AddNote(Staff, frozen=True, tag="note"):
    """A hidden note (`//` …): kept with the dialog, never sent to the client."""

    text: str
    dialog: DialogId | None = None
