"""The one function that decides: a command and the rows in, events out. Pure; refusals are events.

Every member of the closed union `Command` is matched by name, so that a new one does not type-check until it
has its rule here.
"""

from typing import assert_never

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.events import Refusal
from gateway.model.ids import AccountId, LineId, OperatorId
from gateway.model.state import Dialog, Operator
from gateway.router import timers
from gateway.router.rules import (
    aliases,
    answers,
    delivery,
    dialogs,
    echoes,
    entering,
    looks,
    questions,
    queue,
    receiving,
    replies,
    retries,
    templates,
    undo,
)
from gateway.router.rules import people as people_rules
from gateway.router.rules.permissions import Refuse
from gateway.router.state.rows import Rows


def decide(
    rows: Rows, command: c.Command, now: int, *, line: LineId | None = None, account: AccountId | None = None
) -> list[e.Event]:
    """What a command brings about.

    `line` and `account` are where it came in; commands of contacts have both. `now` in milliseconds.
    """
    if isinstance(command, c.Staff):
        return _staff(rows, command, now)
    if isinstance(command, c.Expire):
        return timers.expire(rows, command, now)
    if isinstance(command, c.PlanTimers):
        # Timers are a view of the rows: the plan makes them anew, and nothing happens.
        return []
    if isinstance(command, c.ConfigureLine):
        return entering.configure_line(rows, command)
    if isinstance(command, c.ConfigureAdmin):
        return entering.configure_admin(rows, command)
    if isinstance(command, c.RecordDelivery):
        return echoes.settled(rows, command, delivery.record_delivery(rows, command))
    if isinstance(command, c.RecordFile):
        return delivery.record_file(rows, command, now)
    if isinstance(command, c.RecordRefusal):
        return delivery.record_refusal(command)
    if isinstance(command, c.Notice):
        return [e.NoticeRaised(account=account, about=command.about, detail=command.detail, alarming=command.alarming)]
    if account is None:
        raise ValueError(f"a {type(command).__name__} came through no account")
    return _contact(rows, command, now, line or LineId(""), account)


def _contact(
    rows: Rows,
    command: c.Receive
    | c.ReceiveEdit
    | c.ReceiveDelete
    | c.ReceiveReaction
    | c.ReceivePress
    | c.ReceiveRead
    | c.ReceiveStatus
    | c.ReceiveAlias
    | c.ReceiveReach
    | c.ReceiveProfile
    | c.ReceiveEcho
    | c.RecordTemplates
    | c.RecordAccount,
    now: int,
    line: LineId,
    account: AccountId,
) -> list[e.Event]:
    command = aliases.addressed(rows, account, command, now)
    if isinstance(command, c.ReceiveEdit | c.ReceiveReaction):
        who = rows.contacts.get((account, command.contact))
        if who is not None and who.blocked:
            return receiving.stopped(account, who)
    match command:
        case c.Receive():
            return receiving.receive(rows, line, account, command, now)
        case c.ReceiveEdit():
            return receiving.receive_edit(rows, line, account, command, now)
        case c.ReceiveDelete():
            return receiving.receive_delete(rows, account, command)
        case c.ReceiveReaction():
            return receiving.receive_reaction(rows, account, command)
        case c.ReceivePress():
            return receiving.receive_press(rows, line, account, command, now)
        case c.ReceiveRead():
            return delivery.receive_read(rows, account, command)
        case c.ReceiveStatus():
            return delivery.receive_status(rows, account, command)
        case c.ReceiveAlias():
            return aliases.receive_alias(rows, account, command)
        case c.ReceiveReach():
            return receiving.receive_reach(rows, account, command)
        case c.ReceiveProfile():
            return receiving.receive_profile(rows, account, command)
        case c.ReceiveEcho():
            return echoes.receive_echo(rows, account, command, now)
        case c.RecordTemplates():
            return templates.record_templates(account, command)
        case c.RecordAccount():
            return receiving.record_account(account, command)
    assert_never(command)


def _staff(rows: Rows, command: c.StaffCommand, now: int) -> list[e.Event]:
    try:
        if isinstance(command, c.Enter):
            return entering.enter(rows, command, now)
        if isinstance(command, c.MakeInvite):
            return entering.make_invite(rows, command)
        if isinstance(command, c.ChangePerson):
            return people_rules.change_person(rows, command)
        if isinstance(command, c.Dismiss):
            return people_rules.dismiss(rows, command)
        me = rows.operators.get(command.operator)
        if me is None or me.dismissed:
            raise Refuse(Refusal.NOT_STAFF)
        return _operator(rows, me, command, now)
    except Refuse as refusal:
        return [_refused(command, refusal)]


def _operator(rows: Rows, me: Operator, command: c.StaffCommand, now: int) -> list[e.Event]:
    match command:
        case c.Claim():
            return dialogs.claim(rows, me, command)
        case c.Decline():
            return dialogs.decline(rows, me, command)
        case c.Close():
            return dialogs.close(rows, me, command, now)
        case c.Release():
            return queue.release(rows, me, command)
        case c.TakeOver():
            return queue.take_over(rows, me, command)
        case c.HandBack():
            return queue.hand_back(me, command)
        case c.Block():
            return dialogs.block(rows, me, command)
        case c.Unblock():
            return dialogs.unblock(rows, me, command)
        case c.WriteAgain():
            return dialogs.write_again(rows, me, command, now)
        case c.Focus():
            return dialogs.focus(rows, me, command)
        case c.Reply():
            return replies.reply(rows, me, command, now)
        case c.PickTemplate():
            return templates.pick_template(rows, me, command)
        case c.SayTemplate():
            return templates.say_template(rows, me, command, now)
        case c.Choose() if retries.is_retry(command):
            return retries.retry(rows, me, command, now)
        case c.Choose():
            return answers.choose(rows, me, command, now)
        case c.TurnChoices():
            return questions.turned_over(rows, me, command)
        case c.Undo():
            return undo.undo(rows, me, command, now)
        case c.EditReply():
            return replies.edit_reply(rows, me, command, now)
        case c.DeleteReply():
            return replies.delete_reply(rows, me, command, now)
        case c.React():
            return replies.react(rows, me, command, now)
        case c.AddNote():
            return dialogs.add_note(rows, me, command, now)
        case c.Look(view=c.View.TEMPLATES):
            return templates.look_at_templates(rows, me, command, now)
        case c.Look():
            return looks.look(rows, me, command)
        case c.SetDuty():
            return queue.set_duty(rows, me, command)
        case c.Leave():
            return queue.leave(rows, me, command)
        case c.Misunderstood():
            raise Refuse(_misunderstood(command.why), detail=command.why)
        case c.Enter() | c.MakeInvite() | c.ChangePerson() | c.Dismiss():
            raise ValueError("entering, inviting and changing people are decided before the operator is looked up")
    assert_never(command)


def _misunderstood(why: str) -> Refusal:
    try:
        return Refusal(why)
    except ValueError:
        return Refusal.UNKNOWN_COMMAND


def _refused(command: c.StaffCommand, refusal: Refuse) -> e.CommandRefused:
    dialog: Dialog | None = refusal.dialog
    owner: OperatorId | None = dialog.owner if dialog is not None else None
    return e.CommandRefused(
        operator=command.operator,
        why=refusal.why,
        command=type(command).__name__.lower(),
        dialog=None if dialog is None else dialog.id,
        by=owner,
        detail=refusal.detail,
        origin=command.origin,
        press=command.press,
    )
