"""Words that did not arrive, or perhaps not, and are sent again by a press: once, and to the same client. Pure."""

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.events import Refusal
from gateway.model.ids import MessageId, message_id
from gateway.model.state import Operator
from gateway.router.rules.permissions import Refuse, accepted, contact_of, still_open
from gateway.router.rules.windows import need_window
from gateway.router.state.rows import Rows

FAILED_MOST = 10
"""Words of one operator that may be sent again."""
_RETRY = "r"
"""What the name of such words begins with; a question's is a number, or begins with another letter."""


def retry_of(message: MessageId) -> str:
    """By which name a button sends these words again."""
    return f"{_RETRY}{message}"


def is_retry(command: c.Choose) -> bool:
    """Whether the press asks for that."""
    return command.ask.startswith(_RETRY)


def retry(rows: Rows, me: Operator, command: c.Choose, now: int) -> list[e.Event]:
    """Sends them again.

    Raises:
        Refuse: they are sent again already, or the client is not this operator's any more, or cannot be written to.
    """
    failed = next((one for one in me.failed if one.ask == command.ask), None)
    if failed is None or failed.dialog is None:
        raise Refuse(Refusal.ASK_GONE)
    dialog = still_open(rows, me, failed.dialog)
    if dialog.owner != me.id:
        raise Refuse(Refusal.UNCLAIMED if dialog.owner is None else Refusal.TAKEN, dialog)
    contact = contact_of(rows, dialog)
    if not contact.reachable:
        raise Refuse(Refusal.UNREACHABLE, dialog)
    need_window(contact, dialog, now)
    again = e.ReplyAccepted(
        dialog=dialog.id,
        id=message_id(dialog.id, dialog.messages + 1),
        operator=me.id,
        message=failed.message,
        origin=failed.origin,
        held=bool(dialog.held),
        agreed=True,
        retries=failed.ask,
    )
    return [again, *accepted(command, "send")]
