"""What the settings say of lines and people, turned into commands: ordered, audited and replayable like all others.

A line is seeded once. A later difference is told in the log, and taken over by `gateway line apply` only.
"""

import logging
from collections import Counter

from gateway.bootstrap import Infrastructure, now_ms
from gateway.errors import SettingsError
from gateway.model import commands as c
from gateway.model.commands import Role
from gateway.model.ids import LineId
from gateway.model.state import Line, Operator
from gateway.settings import Settings
from gateway.streams import queries
from gateway.streams.intake import Offer

log = logging.getLogger("gateway.provisioning")


async def provision(settings: Settings, infrastructure: Infrastructure) -> None:
    """Offers what is new in the settings; safe to repeat.

    Raises:
        SettingsError: an account or line with open dialogs is gone from the settings.
        StoreUnavailable: Redis does not answer.
    """
    await _refuse_orphans(settings, infrastructure)
    known = await queries.lines(infrastructure.store)
    offers = []
    for name in settings.lines:
        command = line_command(settings, LineId(name))
        row = known.get(LineId(name))
        if row is None:
            offers.append(configured(infrastructure, f"line:{name}", command))
        elif differs(row, command):
            log.warning(
                "lines.%s in the settings differs from the line; `gateway line apply %s` takes it over", name, name
            )
    people = await queries.operators(infrastructure.store)
    offers += [
        configured(infrastructure, f"admin:{admin}:{now_ms()}", c.ConfigureAdmin(operator=admin))
        for admin in settings.admins
        if admin not in people or not _is_listed(people[admin])
    ]
    offers += [
        configured(infrastructure, f"unlisted:{one.id}:{now_ms()}", c.ConfigureAdmin(operator=one.id, listed=False))
        for one in people.values()
        if one.listed and one.id not in settings.admins
    ]
    if offers:
        await infrastructure.intake.offer(offers)


def _is_listed(person: Operator) -> bool:
    return person.role is Role.ADMIN and person.listed and not person.dismissed


async def _refuse_orphans(settings: Settings, infrastructure: Infrastructure) -> None:
    """Nobody could answer these dialogs any more, and nothing would say so."""
    numbers = set(await queries.waiting(infrastructure.store, -1))
    for operator in (await queries.operators(infrastructure.store)).values():
        numbers.update(operator.dialogs)
    dialogs = (await queries.dialogs(infrastructure.store, sorted(numbers))).values()
    accounts, lines = {one.account for one in settings.accounts()}, set(settings.lines)
    lost = Counter(f"lines.{one.line}.accounts.{one.account}" for one in dialogs if one.account not in accounts)
    lost.update(f"lines.{one.line}" for one in dialogs if one.account in accounts and one.line not in lines)
    if lost:
        told = "; ".join(f"{place} is gone from the settings but has {n} open dialogs" for place, n in lost.items())
        raise SettingsError(f"{told}: put it back under the same name, finish these dialogs, and then take it out")


def line_command(settings: Settings, line: LineId) -> c.ConfigureLine:
    """The line as the settings have it.

    Raises:
        SettingsError: they have no such line.
    """
    rules = settings.lines.get(line)
    if rules is None:
        raise SettingsError(f"there is no line {line} in the settings; there are {', '.join(settings.lines) or 'none'}")
    return c.ConfigureLine(
        line=line,
        title=rules.title or line,
        auto_close_ms=rules.auto_close_minutes * 60_000,
        quiet_ms=rules.quiet_seconds * 1000,
        off_duty_ms=rules.off_duty_minutes * 60_000,
    )


def differs(row: Line, command: c.ConfigureLine) -> bool:
    """Whether the line works by other rules than the settings say."""
    stands = (row.title, row.auto_close_ms, row.quiet_ms, row.off_duty_ms)
    return stands != (command.title, command.auto_close_ms, command.quiet_ms, command.off_duty_ms)


def configured(
    infrastructure: Infrastructure,
    key: str,
    command: c.ConfigureLine | c.ConfigureAdmin | c.MakeInvite | c.ChangePerson | c.Dismiss,
) -> Offer:
    """A command of the settings or the command line, for the staff's inbox."""
    return Offer(inbox=infrastructure.store.keys.staff, account=None, key=key, entry=c.Entry(command=command))
