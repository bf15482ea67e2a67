"""What the bot says about the queue and about ends of shifts, in sentences. Pure.

People are named without guessing their gender.
"""

from typing import assert_never

from gateway.model import events as e
from gateway.model.state import ReleaseReason, Unserved
from gateway.operator_bot.texts.content_labels import name_person
from gateway.operator_bot.texts.phrases import Phrases
from gateway.operator_bot.texts.untrusted import joined


def say_released(t: Phrases, event: e.DialogReleased, client: str, by: str) -> str:
    """To who had the dialog: it is in the queue now, and why."""
    match event.why:
        case ReleaseReason.RETURNED:
            return t("↩️ {name} has returned this dialog to the queue: {client}", name=name_person(by), client=client)
        case ReleaseReason.SILENT:
            return t("↩️ Back in the queue, because the client waited and you are off shift: {client}", client=client)
        case ReleaseReason.OTHER_LINES:
            return t("↩️ Back in the queue, because you do not serve this line any more: {client}", client=client)
        case ReleaseReason.LEFT | ReleaseReason.DISMISSED | ReleaseReason.OFF_DUTY:
            return t("↩️ Back in the queue: {client}", client=client)
    assert_never(event.why)


def say_review(t: Phrases, why: Unserved, client: str, since: str) -> str:
    """To supervisors and admins: a client whom nobody takes."""
    match why:
        case Unserved.SKIPPED:
            return t("⚠️ {client} waits since {since}: everybody on duty has skipped it.", client=client, since=since)
        case Unserved.IGNORED | Unserved.NOBODY:
            return t("⚠️ {client} waits since {since}, and nobody takes it.", client=client, since=since)
    assert_never(why)


def say_unattended(t: Phrases, event: e.LineUnattended, title: str, name: str, *, is_self: bool, staffed: bool) -> str:
    """Clients wait on a line, and nobody is on duty. `name` is who was the last, empty where nobody goes just now."""
    line = name_person(title)
    waits = t.plural("{n} client waits.", "{n} clients wait.", event.waiting)
    if is_self:
        return joined((t("⚠️ {line}: nobody is on duty after you.", line=line), waits), " ")
    if not staffed:
        return joined((t("⚠️ {line}: nobody serves this line at all. Let somebody in: /invite", line=line), waits), " ")
    if name:
        return joined((t("⚠️ {line}: nobody is on duty after {name}.", line=line, name=name_person(name)), waits), " ")
    return joined((t("⚠️ {line}: nobody is on duty", line=line), waits), ". ")


def say_kept(t: Phrases, event: e.HandedBack, minutes: int) -> str:
    """What becomes of the dialogs of who has ended their shift."""
    off = t("⚪️ You are off shift: new clients do not come here.")
    if event.back:
        goes = t.plural("{n} open dialog returns to the queue.", "{n} open dialogs return to the queue.", event.dialogs)
        return joined((off, goes), " ")
    stays = t.plural("{n} open dialog stays yours: /my", "{n} open dialogs stay yours: /my", event.dialogs)
    if minutes <= 0:
        return joined((off, stays), " ")
    then = t.plural(
        "If a client writes and waits for {n} minute, the dialog returns to the queue.",
        "If a client writes and waits for {n} minutes, the dialog returns to the queue.",
        minutes,
    )
    return joined((off, stays, then))
