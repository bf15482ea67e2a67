"""What the command line does to people beside a running gateway: looks, roles, lines, dismissals.

A change is a command like any other, decided by the desk's owner. So the command line waits until it is decided,
and says what became of it.
"""

import asyncio
from collections.abc import Mapping, Sequence

from gateway import provisioning
from gateway.bootstrap import Infrastructure, now_ms, open_infrastructure
from gateway.errors import GatewayError
from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.commands import Role
from gateway.model.ids import LineId, OperatorId
from gateway.model.state import Operator
from gateway.router.rules.people import COMMAND_LINE, change_person, dismiss
from gateway.router.rules.permissions import Refuse
from gateway.router.state.rows import Rows
from gateway.settings import STAFF, Settings
from gateway.streams import queries

PATIENCE_SECONDS = 10.0
"""How long a running gateway may take to decide."""
PAUSE_SECONDS = 0.1


async def people(settings: Settings) -> list[Operator]:
    """Everybody who is in, by name."""
    async with open_infrastructure(settings, beside=True) as infrastructure:
        found = (await queries.operators(infrastructure.store)).values()
    return sorted((one for one in found if not one.dismissed), key=lambda one: (one.name.casefold(), one.id))


async def change_role(settings: Settings, who: str, role: Role) -> bool:
    """Gives somebody another role; False: no gateway runs, it will be done when one does. Raises GatewayError."""
    return await _change(settings, c.ChangePerson(operator=COMMAND_LINE, person=OperatorId(who), role=role))


async def change_lines(settings: Settings, who: str, lines: tuple[LineId, ...]) -> bool:
    """Gives somebody other lines, none meaning all; False: as with `change_role`. Raises GatewayError."""
    return await _change(settings, c.ChangePerson(operator=COMMAND_LINE, person=OperatorId(who), lines=lines))


async def dismiss_person(settings: Settings, who: str) -> bool:
    """Dismisses somebody; False: as with `change_role`. Raises GatewayError."""
    return await _change(settings, c.Dismiss(operator=COMMAND_LINE, person=OperatorId(who)))


async def _change(settings: Settings, command: c.ChangePerson | c.Dismiss) -> bool:
    async with open_infrastructure(settings, beside=True) as infrastructure:
        events = await _decide(infrastructure, command)
        key = f"people:{type(command).__name__}:{command.person}:{now_ms()}"
        await infrastructure.intake.offer([provisioning.configured(infrastructure, key, command)])
        if not await infrastructure.store.ask("EXISTS", infrastructure.store.keys.lease("owner")):
            return False
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while True:
            now = await queries.operators(infrastructure.store)
            if all(_is_done(now, one) for one in events):
                return True
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(PAUSE_SECONDS)


def _is_done(people: Mapping[OperatorId, Operator], event: e.Event) -> bool:
    match event:
        case e.PersonChanged(operator=who, role=role, lines=lines):
            row = people.get(who)
            return row is not None and (row.role, row.lines) == (role, lines)
        case e.OperatorDismissed(operator=who):
            return who not in people or people[who].dismissed
        case _:
            return True


async def _decide(infrastructure: Infrastructure, command: c.ChangePerson | c.Dismiss) -> list[e.Event]:
    """What it comes to, by the desk as it is now; the owner decides by the desk as it is then. Raises GatewayError."""
    rows = Rows(STAFF)
    rows.operators = dict(await queries.operators(infrastructure.store))
    rows.lines = dict(await queries.lines(infrastructure.store))
    try:
        return dismiss(rows, command) if isinstance(command, c.Dismiss) else change_person(rows, command)
    except Refuse as refusal:
        raise GatewayError(_told(refusal, rows)) from refusal


def _told(refusal: Refuse, rows: Rows) -> str:
    match refusal.why.value:
        case "unknown_person":
            return f"nobody with the id {refusal.detail} works here; gateway people list shows who does"
        case "unknown_line":
            there_are = ", ".join(sorted(rows.lines)) or "none"
            return f"there is no line {refusal.detail}; there are {there_are}"
        case "by_settings":
            return "this administrator is named in the settings: take the id out of operator_bot.admins, and restart"
        case "last_admin":
            return "nobody would be left who can invite and change people: make somebody else admin first"
        case _:
            return f"it is not allowed: {refusal.why.value}"


def table(found: Sequence[Operator]) -> list[tuple[str, ...]]:
    """Rows for the terminal."""
    rows: list[tuple[str, ...]] = [("id", "role", "lines", "is", "dialogs", "name")]
    for one in found:
        presence = "not in yet" if not one.entered else "blocked the bot" if one.gone else ""
        presence = presence or ("on shift" if one.on_duty else "off shift")
        lines = ",".join(one.lines) or "all"
        rows.append((one.id, one.role.value, lines, presence, str(len(one.dialogs)), one.name))
    return rows
