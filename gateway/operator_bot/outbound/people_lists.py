"""People as admins and supervisors see them: who answers here, and what may be changed of somebody. Pure."""

from collections.abc import Mapping, Sequence

from gateway.model.commands import Role
from gateway.model.ids import LineId
from gateway.model.messages import Button, Message
from gateway.model.state import Invite, Line, Operator
from gateway.operator_bot.inbound.buttons import Action, desk_button
from gateway.operator_bot.texts.content_labels import name_person
from gateway.operator_bot.texts.formatted_text import BOLD, FormattedText, plain
from gateway.operator_bot.texts.phrases import Phrases
from gateway.operator_bot.texts.sentences import name_role

PEOPLE_SIZE = 8
LINE_BUTTONS = 80
"""Lines that have a button under one message."""
NAME_LIMIT = 30
_ORDER = {Role.ADMIN: 0, Role.SUPERVISOR: 1, Role.OPERATOR: 2}


def in_order(people: Sequence[Operator]) -> list[Operator]:
    """Who is in: admins first, then by name."""
    staff = (one for one in people if not one.dismissed)
    return sorted(staff, key=lambda one: (_ORDER[one.role], one.name.casefold(), one.id))


def draw_people(t: Phrases, people: Sequence[Operator], page: int, lines: Mapping[LineId, Line]) -> Message:
    """Who answers here, a page at a time."""
    pages = max(1, -(-len(people) // PEOPLE_SIZE))
    page = min(page, pages - 1)
    shown = people[page * PEOPLE_SIZE : (page + 1) * PEOPLE_SIZE]
    formatted = FormattedText().write(t("People: {n}", n=len(people)), BOLD)
    if pages > 1:
        formatted.write(" · ").write(t("page {n} of {all}", n=page + 1, all=pages))
    for one in shown:
        formatted.line().line(f"{_icon(one)} ").write(name_person(one.name), BOLD)
        formatted.write(f" · {name_role(t, one.role)} · {name_lines(t, one.lines, lines)}")
        formatted.line(_presence(t, one))
        if one.dialogs:
            formatted.write(f" · {t.plural('{n} open dialog', '{n} open dialogs', len(one.dialogs))}")
    rows = [[Button(plain(one.name, NAME_LIMIT) or one.id, desk_button(Action.PERSON, person=one.id))] for one in shown]
    before = [Button("◀", desk_button(Action.PEOPLE, page=page - 1))] if page else []
    behind = [Button("▶", desk_button(Action.PEOPLE, page=page + 1))] if page + 1 < pages else []
    return formatted.message([*rows, [*before, *behind]])


def draw_person(t: Phrases, person: Operator, lines: Mapping[LineId, Line], *, manages: bool) -> Message:
    """One of them; `manages`: the reader may change them."""
    formatted = FormattedText().write(f"{_icon(person)} ").write(name_person(person.name), BOLD)
    formatted.line(t("Role: {role}", role=name_role(t, person.role)))
    formatted.line(t("Lines: {lines}", lines=name_lines(t, person.lines, lines)))
    formatted.line(_presence(t, person))
    if person.listed:
        formatted.line(t("An administrator by the settings (operator_bot.admins)."))
    dialogs = Button(t("Dialogs: {n}", n=len(person.dialogs)), desk_button(Action.DIALOGS, person=person.id))
    back = Button(t("◀ All"), desk_button(Action.PEOPLE))
    if not manages:
        return formatted.message([[dialogs], [back]])
    roles = [
        Button(t("Make: {role}", role=name_role(t, role)), desk_button(Action.ROLE, person=person.id, role=role))
        for role in Role
        if role is not person.role
    ]
    change = Button(t("Lines"), desk_button(Action.LINES, person=person.id))
    dismiss = Button(t("Dismiss"), desk_button(Action.DISMISSAL, person=person.id), style="danger")
    with_lines = [change] if person.role is not Role.ADMIN and len(lines) > 1 else []
    return formatted.message([*([one] for one in roles), [*with_lines, dialogs], [dismiss], [back]])


def draw_lines(t: Phrases, person: Operator, lines: Mapping[LineId, Line]) -> Message:
    """Which lines they serve; a press takes one off or adds one."""
    formatted = FormattedText().write(t("Lines: {lines}", lines=name_person(person.name)), BOLD)
    formatted.line(name_lines(t, person.lines, lines))
    ordered = sorted(lines.values(), key=lambda one: one.title.casefold())
    rows = [
        [
            Button(
                f"{'✅' if one.id in person.lines else '▫️'} {plain(one.title, NAME_LIMIT)}",
                desk_button(Action.LINE, person=person.id, line=one.id),
            )
        ]
        for one in ordered[:LINE_BUTTONS]
    ]
    if len(ordered) > LINE_BUTTONS:
        formatted.line(t("Not all fit here. On the server: gateway people lines"))
    everything = Button(
        f"{'▫️' if person.lines else '✅'} {t('All lines')}", desk_button(Action.ALL_LINES, person=person.id)
    )
    return formatted.message([[everything], *rows, [Button(t("◀ Back"), desk_button(Action.PERSON, person=person.id))]])


def draw_dismissal(t: Phrases, person: Operator) -> Message:
    """The question before somebody is let go."""
    formatted = FormattedText().write(t("Dismiss {name}?", name=name_person(person.name)), BOLD)
    formatted.line(t("They will be able to do nothing here any more, at once. Only a new invite lets them in again."))
    if person.dialogs:
        told = t.plural(
            "{n} open dialog returns to the queue.", "{n} open dialogs return to the queue.", len(person.dialogs)
        )
        formatted.line(told)
    sure = Button(t("Yes, dismiss"), desk_button(Action.DISMISS, person=person.id), style="danger")
    return formatted.message([[sure], [Button(t("◀ Back"), desk_button(Action.PERSON, person=person.id))]])


def draw_invite(
    t: Phrases, link: str, invite: Invite, lines: Mapping[LineId, Line], *, until: str, offers: bool
) -> Message:
    """The link, and what it makes of who opens it; `offers`: buttons for other roles and lines."""
    formatted = FormattedText().write(t("An invite for one person: {role}", role=name_role(t, invite.role)), BOLD)
    formatted.line(t("Lines: {lines}", lines=name_lines(t, invite.lines, lines)))
    formatted.line(t("It works once, until {until}.", until=until))
    formatted.line(link)
    return formatted.message(_offers(t, lines) if offers else ())


def _offers(t: Phrases, lines: Mapping[LineId, Line]) -> list[list[Button]]:
    rows = [
        [
            Button(t("Invite: {role}", role=name_role(t, role)), desk_button(Action.INVITE, role=role))
            for role in (Role.SUPERVISOR, Role.ADMIN)
        ]
    ]
    ordered = sorted(lines.values(), key=lambda one: one.title.casefold()) if len(lines) > 1 else []
    rows += [
        [
            Button(
                f"{plain(one.title, NAME_LIMIT)}: {name_role(t, role)}",
                desk_button(Action.INVITE, role=role, line=one.id),
            )
            for role in (Role.OPERATOR, Role.SUPERVISOR)
        ]
        for one in ordered[: LINE_BUTTONS // 2]
    ]
    return rows


def name_lines(t: Phrases, served: Sequence[LineId], lines: Mapping[LineId, Line]) -> str:
    """The lines by their titles."""
    if not served:
        return t("all lines")
    return ", ".join(name_person(lines[one].title if one in lines else one) for one in served)


def _icon(person: Operator) -> str:
    return "🟢" if person.is_rung else "🚫" if person.gone else "⚪️"


def _presence(t: Phrases, person: Operator) -> str:
    if not person.entered:
        return t("has not come in yet")
    if person.gone:
        return t("has blocked the bot")
    return t("on shift") if person.on_duty else t("off shift")
