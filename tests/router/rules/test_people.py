"""Roles, lines, dismissals and invites: who may, what follows at once, and that somebody is left who may."""

import pytest
from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.commands import Role, View
from gateway.model.events import Refusal
from gateway.model.ids import ContactId, DialogId, LineId, NativeId, OperatorId
from gateway.model.messages import Message, Origin, Profile
from gateway.model.state import Line
from gateway.router.rules.people import COMMAND_LINE
from tests.router.conftest import ANNA, BORIS, SALES, VERA

SERVICE = LineId("service")
DAY = 24 * 3600 * 1000


@pytest.fixture(autouse=True)
def _two_lines(core):
    core.rows.lines[SERVICE] = Line(id=SERVICE, title="Сервис")


def invited(core, role: Role, lines: tuple[LineId, ...] = (), by: OperatorId = ANNA):
    return core.when(c.MakeInvite(operator=by, digest="d", role=role, lines=lines, expires_at=core.now + DAY))


def enters(core, who: OperatorId = BORIS, invite: str | None = "d"):
    return core.when(c.Enter(operator=who, profile=Profile(name="Борис"), invite=invite))


def test_who_is_dismissed_may_do_nothing_from_that_moment_on(core, refusal):
    core.writes()
    core.claims(BORIS)
    core.when(c.Dismiss(operator=ANNA, person=BORIS))
    origin = Origin(ContactId(BORIS), NativeId("7"))
    for command in (
        c.Reply(operator=BORIS, message=Message(text="ещё слово"), origin=origin, dialog=DialogId("1")),
        c.Claim(operator=BORIS, dialog=DialogId("1"), version=core.dialog().version),
        c.Close(operator=BORIS, dialog=DialogId("1")),
        c.Look(operator=BORIS, view=View.WAITING),
        c.Look(operator=BORIS, view=View.HISTORY, dialog=DialogId("1")),
        c.SetDuty(operator=BORIS, on=True),
        c.MakeInvite(operator=BORIS, digest="x", role=Role.ADMIN, lines=(), expires_at=core.now + DAY),
        c.Dismiss(operator=BORIS, person=ANNA),
        c.Enter(operator=BORIS, profile=Profile(name="Борис"), invite=None),
    ):
        assert refusal(core.when(command)).why is Refusal.NOT_STAFF
        assert core.left == []
    assert core.rows.operators[BORIS].current is None


def test_an_invite_of_who_is_dismissed_since_lets_nobody_in(core, refusal):
    core.rows.operators[VERA] = replace(core.rows.operators[VERA], role=Role.ADMIN)
    invited(core, Role.ADMIN, by=VERA)
    core.when(c.Dismiss(operator=ANNA, person=VERA))
    assert refusal(enters(core, OperatorId("777"))).why is Refusal.INVITE_INVALID


def test_only_a_new_invite_lets_who_was_dismissed_in_again(core):
    core.when(c.Dismiss(operator=ANNA, person=BORIS))
    invited(core, Role.OPERATOR, (SERVICE,))
    entered = next(one for one in enters(core) if isinstance(one, e.OperatorEntered))
    assert entered.new
    row = core.rows.operators[BORIS]
    assert (row.dismissed, row.on_duty, row.lines) == (False, True, (SERVICE,))


@pytest.mark.parametrize("who", [BORIS, VERA])
def test_nobody_but_admins_and_the_server_changes_people(core, refusal, who):
    for command in (c.Dismiss(operator=who, person=ANNA), c.ChangePerson(operator=who, person=who, role=Role.ADMIN)):
        assert refusal(core.when(command)).why is Refusal.FORBIDDEN
    assert core.when(c.ChangePerson(operator=COMMAND_LINE, person=who, role=Role.ADMIN)) != []
    assert core.rows.operators[who].role is Role.ADMIN


def test_somebody_who_may_is_always_left(core, refusal):
    for command in (
        c.Dismiss(operator=ANNA, person=ANNA),
        c.Dismiss(operator=COMMAND_LINE, person=ANNA),
        c.ChangePerson(operator=ANNA, person=ANNA, role=Role.OPERATOR),
    ):
        assert refusal(core.when(command)).why is Refusal.LAST_ADMIN
    invited(core, Role.OPERATOR)
    assert refusal(enters(core, ANNA)).why is Refusal.LAST_ADMIN
    core.rows.operators[VERA] = replace(core.rows.operators[VERA], role=Role.ADMIN)
    core.when(c.Dismiss(operator=ANNA, person=ANNA))
    assert core.rows.operators[ANNA].dismissed


def test_an_admin_by_the_settings_is_let_go_by_the_settings_only(core, refusal):
    core.rows.operators[VERA] = replace(core.rows.operators[VERA], role=Role.ADMIN)
    core.when(c.ConfigureAdmin(operator=ANNA))
    assert refusal(core.when(c.Dismiss(operator=VERA, person=ANNA))).why is Refusal.BY_SETTINGS
    core.when(c.ConfigureAdmin(operator=ANNA, listed=False))
    core.when(c.Dismiss(operator=VERA, person=ANNA))
    assert core.rows.operators[ANNA].dismissed


def test_a_second_invite_changes_role_and_lines_of_who_is_in_and_an_old_one_only_greets(core):
    invited(core, Role.SUPERVISOR, (SERVICE,))
    entered = next(one for one in enters(core) if isinstance(one, e.OperatorEntered))
    assert (entered.changed, entered.new) == (True, False)
    row = core.rows.operators[BORIS]
    assert (row.role, row.lines) == (Role.SUPERVISOR, (SERVICE,))
    again = enters(core)
    assert [type(one) for one in again] == [e.OperatorEntered]
    assert not again[0].changed


def test_lines_are_turned_one_by_one_and_the_last_one_stays(core, refusal):
    core.when(c.ChangePerson(operator=ANNA, person=BORIS, lines=(SALES, SERVICE)))
    core.when(c.ChangePerson(operator=ANNA, person=BORIS, turns=SALES))
    assert core.rows.operators[BORIS].lines == (SERVICE,)
    last = c.ChangePerson(operator=ANNA, person=BORIS, turns=SERVICE)
    assert refusal(core.when(last)).why is Refusal.LAST_LINE


@pytest.mark.parametrize(
    "command",
    [
        c.ChangePerson(operator=ANNA, person=BORIS, lines=(LineId("slaes"),)),
        c.MakeInvite(operator=ANNA, digest="d", role=Role.OPERATOR, lines=(LineId("slaes"),), expires_at=1 << 50),
        c.Look(operator=ANNA, view=View.INVITE, lines=(LineId("slaes"),)),
    ],
)
def test_a_line_that_there_is_not_is_named_and_nothing_changes(core, refusal, command):
    refused = refusal(core.when(command))
    assert (refused.why, refused.detail) == (Refusal.UNKNOWN_LINE, "slaes")


@pytest.mark.parametrize("view", [View.PEOPLE, View.PERSON, View.LINES, View.DISMISSAL, View.DIALOGS, View.INVITE])
def test_operators_see_no_list_of_people(core, refusal, view):
    assert refusal(core.when(c.Look(operator=BORIS, view=view, person=ANNA))).why is Refusal.FORBIDDEN
