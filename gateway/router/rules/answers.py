"""The answer to one of the bot's questions: what was asked about is done for the client whom the operator chose. Pure.

Whoever is chosen becomes the current client, and is not asked about again.
"""

from typing import assert_never

from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.commands import Purpose
from gateway.model.events import Refusal
from gateway.model.state import Dialog, Operator, Waiting
from gateway.router.rules import dialogs, replies, templates
from gateway.router.rules.permissions import Refuse, accepted, served, still_open
from gateway.router.rules.questions import answered, chosen
from gateway.router.rules.recipient import named
from gateway.router.state.rows import Rows


def choose(rows: Rows, me: Operator, command: c.Choose, now: int) -> list[e.Event]:
    """Whom words are for, or that they may go with a loss; `dialog` None: to nobody."""
    several = answered(me, command.ask)
    first = several[0]
    if command.dialog is None:
        return [*chosen(me, several, None), *accepted(command, "drop")]
    if first.dialog is not None:
        dialog = still_open(rows, me, first.dialog)
        return [*replies.say_agreed(rows, me, dialog, several, now), *accepted(command, "send")]
    if command.by_template:
        return _fill(rows, me, command, first, now)
    # A template may be said to a client whose dialog is finished; a list of them may be looked at.
    by_template = first.purpose in {Purpose.TEMPLATE, Purpose.TEMPLATES}
    dialog = served(rows, me, command.dialog) if by_template else named(rows, me, command.dialog)
    done = _done(rows, me, dialog, several, now)
    return [*chosen(me, several, dialog.id, dialog.client), *done, *accepted(command, "choose")]


def _done(rows: Rows, me: Operator, dialog: Dialog, several: list[Waiting], now: int) -> list[e.Event]:
    first, number = several[0], dialog.id
    match first.purpose:
        case None:
            return [*_focused(me, dialog), *replies.say_chosen(rows, me, dialog, several, now)]
        case Purpose.NOTE:
            note = c.AddNote(operator=me.id, origin=first.origin, text=first.message.text, dialog=number)
            noted = dialogs.add_note(rows, me, note, now)
            return [*_focused(me, dialog), *(one for one in noted if isinstance(one, e.NoteAdded))]
        case Purpose.CLOSE:
            ended = dialogs.close(rows, me, c.Close(operator=me.id, origin=first.origin, dialog=number), now)
            # Chosen by a button: the current client is who it was.
            return [one for one in ended if isinstance(one, e.DialogClosed)]
        case Purpose.TEMPLATE:
            said_by = c.SayTemplate(
                operator=me.id, origin=first.origin, dialog=number, template=first.message.text, values=first.values
            )
            return templates.say_template(rows, me, said_by, now)
        case Purpose.TEMPLATES:
            look = c.Look(operator=me.id, origin=first.origin, view=c.View.TEMPLATES, dialog=number)
            return templates.look_at_templates(rows, me, look, now)
    assert_never(first.purpose)


def _focused(me: Operator, dialog: Dialog) -> list[e.Event]:
    """That this client is the current one now; whoever takes a new one by it hears it from the claim."""
    if not dialog.is_open or dialog.owner != me.id:
        return []
    return [e.FocusChanged(operator=me.id, dialog=dialog.id, client=dialog.client, plain=True)]


def _fill(rows: Rows, me: Operator, command: c.Choose, first: Waiting, now: int) -> list[e.Event]:
    """The words were the values of a template."""
    filling = first.filling
    if filling is None:
        raise Refuse(Refusal.ASK_GONE)
    values = tuple(one.strip() for one in first.message.text.split("\n") if one.strip())
    said_by = c.SayTemplate(
        operator=me.id, origin=first.origin, dialog=filling.dialog, template=filling.template, values=values
    )
    done = templates.say_template(rows, me, said_by, now)
    answer = accepted(replace(command, dialog=filling.dialog), "choose")
    return [*chosen(me, [first], filling.dialog, filling.client), *done, *answer]
