"""Words by template, for when a client's window is over (and at any other time). Pure rules.

Which there are is asked of the vendor by a job of the account and kept for a few minutes, with a row of the desk;
what is said by one is an operator's reply like any other, and has the text that the client reads.
"""

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.commands import Purpose
from gateway.model.events import Refusal
from gateway.model.ids import AccountId, DialogId, MessageId, message_id
from gateway.model.messages import Message
from gateway.model.outgoing import FilledTemplate, Template
from gateway.model.state import Dialog, Operator
from gateway.router.rules.dialogs import reopened, taken
from gateway.router.rules.permissions import Refuse, accepted, contact_of, served
from gateway.router.rules.questions import asked
from gateway.router.rules.recipient import focus_changes, recipient
from gateway.router.state.rows import Rows

FRESH_MS = 5 * 60 * 1000
"""How long a list of templates is shown again without asking for it."""


def look_at_templates(rows: Rows, me: Operator, command: c.Look, now: int) -> list[e.Event]:
    """The list, if it was asked for a moment ago; or somebody asks the vendor."""
    dialog = _meant(rows, me, command)
    if dialog is None:
        return asked(rows, me, command, now, purpose=Purpose.TEMPLATES, message=Message())
    known = rows.templates.get(dialog.account)
    if known is None or now - known.at >= FRESH_MS:
        return [e.TemplatesAsked(dialog=dialog.id, operator=me.id), *accepted(command, "templates")]
    listed = e.TemplatesListed(account=dialog.account, dialog=dialog.id, operator=me.id, page=command.page)
    return [listed, *accepted(command, "templates")]


def record_templates(account: AccountId, command: c.RecordTemplates) -> list[e.Event]:
    """The vendor's answer, for who asked."""
    return [
        e.TemplatesListed(
            account=account,
            dialog=command.dialog,
            operator=command.operator,
            templates=command.templates if command.problem is None else None,
            problem=command.problem,
        )
    ]


def pick_template(rows: Rows, me: Operator, command: c.PickTemplate) -> list[e.Event]:
    """Shows one before it is said."""
    dialog = served(rows, me, command.dialog)
    picked = e.TemplatePicked(dialog=dialog.id, operator=me.id, template=_found(rows, me, dialog, command.template))
    return [picked, *accepted(command, "templates")]


def say_template(rows: Rows, me: Operator, command: c.SayTemplate, now: int) -> list[e.Event]:
    """Says it; a client whose dialog is closed is written to in a new one."""
    dialog = _meant(rows, me, command)
    if dialog is None:
        message = Message(text=command.template)
        return asked(rows, me, command, now, purpose=Purpose.TEMPLATE, message=message, values=command.values)
    if command.seen is not None and any(one > command.seen for one in dialog.replies):
        raise Refuse(Refusal.STALE, dialog)
    template = _found(rows, me, dialog, command.template)
    if len(command.values) != template.variables:
        raise Refuse(Refusal.TEMPLATE_VALUES, dialog, detail=f"{template.variables}:{len(command.values)}")
    events, number, identity = _opened(rows, me, dialog)
    said = e.ReplyAccepted(
        dialog=number,
        id=identity,
        operator=me.id,
        message=Message(text=template.filled(command.values)),
        origin=command.origin,
        held=dialog.is_open and bool(dialog.held),
        reads=dialog.unread if dialog.is_open and dialog.owner is not None else None,
        template=FilledTemplate(template.name, template.language, command.values),
    )
    turn = focus_changes(me, dialog) if command.dialog is not None and dialog.is_open else []
    return [*events, said, *turn, *accepted(command, "say_template")]


def _opened(rows: Rows, me: Operator, dialog: Dialog) -> tuple[list[e.Event], DialogId, MessageId]:
    """What comes before the words: nothing, a claim, or a new dialog; and how the words are called."""
    if not dialog.is_open:
        events = reopened(rows, me, dialog)
        opened = next(one for one in events if isinstance(one, e.DialogOpened))
        return events, opened.dialog, message_id(opened.dialog, 1)
    if dialog.owner not in (me.id, None):
        raise Refuse(Refusal.TAKEN, dialog)
    if not contact_of(rows, dialog).reachable:
        raise Refuse(Refusal.UNREACHABLE, dialog)
    events = [] if dialog.owner is not None else taken(dialog, me)
    return events, dialog.id, message_id(dialog.id, dialog.messages + 1)


def _meant(rows: Rows, me: Operator, command: c.Look | c.SayTemplate) -> Dialog | None:
    """The dialog that is named, finished or not; else whom it is plainly for. None: the bot asks. Raises Refuse."""
    if command.dialog is not None:
        return served(rows, me, command.dialog)
    return recipient(rows, me, command)


def _found(rows: Rows, me: Operator, dialog: Dialog, named: str) -> Template:
    """By its id; or by the name that an operator typed, in their own language if it is there. Raises Refuse."""
    known = rows.templates.get(dialog.account)
    wanted = named.strip().casefold()
    found = [one for one in (known.templates if known else ()) if wanted in {one.id, one.name.casefold()}]
    if not found:
        raise Refuse(Refusal.TEMPLATE_UNKNOWN, dialog, detail=named)
    return next((one for one in found if (one.language or "").startswith(me.language)), found[0])
