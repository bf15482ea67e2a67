"""Templates as operators see them: a list to choose from, one with the question for its variables, what was said.

Nothing is remembered here: the question is a message whose place in the native map says what its answer is for.
"""

from collections.abc import Sequence

from gateway.model import events as e
from gateway.model.ids import copy_at, template_at
from gateway.model.messages import Button, Message
from gateway.model.outgoing import SendMessage, Template
from gateway.model.state import Dialog
from gateway.operator_bot.inbound.buttons import Action, button_data
from gateway.operator_bot.outbound.entry_notifier import EntryNotifier
from gateway.operator_bot.texts.formatted_text import BOLD, ITALIC, QUOTE, FormattedText, cut, plain
from gateway.operator_bot.texts.phrases import Phrases
from gateway.operator_bot.texts.reasons import say_reason
from gateway.streams import queries

PAGE_SIZE = 8
TEXT_LIMIT = 300
"""UTF-16 units of one template in a list: a page of them always fits one message."""
WHOLE_LIMIT = 1500
NAME_LIMIT = 60


async def templates_listed(notifier: EntryNotifier, event: e.TemplatesListed) -> None:
    dialog = notifier.dialog
    if notifier.reader(event.operator) is None or dialog is None:
        return
    t, cause = notifier.phrases(event.operator), f"templates{notifier.number}"
    if event.problem is not None:
        told = t("The templates are not to be had: {problem}", problem=say_reason(t, event.problem))
        notifier.say(event.operator, cause, told)
        return
    rows = await queries.templates(notifier.view.store, [event.account])
    found = rows[event.account].templates if event.account in rows else ()
    notifier.say(event.operator, cause, draw_templates(t, dialog, notifier.client(dialog), found, event.page))


async def template_picked(notifier: EntryNotifier, event: e.TemplatePicked) -> None:
    if notifier.reader(event.operator) is None or notifier.dialog is None:
        return
    message = draw_template(
        notifier.phrases(event.operator), notifier.dialog, notifier.client(notifier.dialog), event.template
    )
    sent = template_at(event.dialog, event.template.id, event.operator)
    notifier.put(event.operator, SendMessage(sent, message, silent=True))


async def said_by_template(notifier: EntryNotifier, event: e.ReplyAccepted) -> None:
    """What the client reads; to be answered like any other message of the dialog."""
    dialog, person = notifier.dialog, notifier.reader(event.operator)
    if dialog is not None and person is not None:
        t = notifier.phrases(person.id)
        formatted = FormattedText().write(t("📄 To the client: {client}", client=notifier.client(dialog)), ITALIC)
        message = formatted.line(cut(event.message.text, WHOLE_LIMIT), QUOTE).message()
        notifier.put(person.id, SendMessage(copy_at(event.id, person.id), message, silent=True))


def draw_templates(t: Phrases, dialog: Dialog, client: str, found: Sequence[Template], page: int) -> Message:
    """A page of the list; a press shows one, nothing is sent by it."""
    if not found:
        return FormattedText().write(t("There are no approved templates for: {client}", client=client)).message()
    pages = -(-len(found) // PAGE_SIZE)
    page = min(max(page, 0), pages - 1)
    formatted = FormattedText().write(t("Templates for: {client}", client=client), BOLD)
    if pages > 1:
        formatted.write(" · ").write(t("page {n} of {all}", n=page + 1, all=pages))
    rows = []
    for one in found[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]:
        formatted.line().line(_title(one), BOLD).line(cut(one.text, TEXT_LIMIT), QUOTE)
        rows.append([Button(_title(one), button_data(Action.TEMPLATE, dialog.id, ask=one.id))])
    turns = []
    if page > 0:
        turns.append(Button(t("◀ Back"), button_data(Action.TEMPLATES, dialog.id, page=page - 1)))
    if page + 1 < pages:
        turns.append(Button(t("More ▶"), button_data(Action.TEMPLATES, dialog.id, page=page + 1)))
    return formatted.message([*rows, turns])


def draw_template(t: Phrases, dialog: Dialog, client: str, template: Template) -> Message:
    """One before it is said: with a button, or with the question for its variables."""
    formatted = FormattedText().write(_title(template), BOLD).write(f" · {client}")
    formatted.line(cut(template.text, WHOLE_LIMIT), QUOTE)
    if template.variables == 0:
        data = button_data(Action.SAY, dialog.id, ask=template.id, version=dialog.messages)
        return formatted.message([[Button(t("Send"), data, style="success")]])
    asked = t.plural(
        "To send it, answer this message with {n} value.",
        "To send it, answer this message with {n} values, each on a line of its own.",
        template.variables,
    )
    return formatted.line(asked, ITALIC).message()


def _title(template: Template) -> str:
    name = plain(template.name, NAME_LIMIT)
    return f"{name} ({template.language})" if template.language else name
