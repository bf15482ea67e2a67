"""How operators' own messages fare, told on these messages themselves, by reactions that bots may set.

A state is one reaction; only what needs doing is said in words besides.
"""

from msgspec.structs import replace

from gateway.model import events as e
from gateway.model.ids import ContactId, OperatorId, number_of, sent_to_client
from gateway.model.messages import Button, Origin, ReplyTo
from gateway.model.outgoing import DeliveryStatus
from gateway.model.state import Dialog, Operator
from gateway.model.text import text_size
from gateway.operator_bot.inbound.buttons import Action, button_data
from gateway.operator_bot.outbound.delays import draw_delay
from gateway.operator_bot.outbound.entry_notifier import DONE, EntryNotifier
from gateway.operator_bot.outbound.template_news import said_by_template
from gateway.operator_bot.texts.formatted_text import FormattedText
from gateway.operator_bot.texts.sentences import say_delivery
from gateway.router.rules.retries import retry_of

_STATES = {
    DeliveryStatus.QUEUED: "👀",
    DeliveryStatus.SENT: DONE,
    DeliveryStatus.DELIVERED: "👍",
    DeliveryStatus.READ: "👍",
    DeliveryStatus.FAILED: "💔",
    DeliveryStatus.UNKNOWN: "🤔",
}
NO_QUOTE = "sent without the quoted words"
"""What connectors note where the answered message could not be quoted."""
NO_FORMATTING = "sent without its formatting"
"""What they note where nothing can be bold or a link; it is said once in a dialog."""
_PARTS = "parts"
_BETWEEN = "; "
SEVERAL = 2
DELETED = "🙈"
NOTED = "✍"
"""On the operator's own message: taken back from the client; kept as a hidden note."""


async def reply_accepted(notifier: EntryNotifier, event: e.ReplyAccepted) -> None:
    if event.origin is not None:
        notifier.react(event.origin.contact, event.origin.native, _STATES[DeliveryStatus.QUEUED], f"state:{event.id}")
    if event.template is not None:
        await said_by_template(notifier, event)
    elif event.origin is not None and notifier.dialog is not None:
        await _mention_parts(notifier, notifier.dialog, event, event.origin)


async def _mention_parts(notifier: EntryNotifier, dialog: Dialog, event: e.ReplyAccepted, origin: Origin) -> None:
    """The messenger takes less in one message than Telegram: that is said at the first text of the dialog it is of."""
    can = notifier.context.abilities.get(dialog.account)
    rule = None if can is None else can.text
    if rule is None:
        return
    limit = (event.message.media and rule.caption_limit) or rule.limit
    if text_size(event.message.text, rule.unit) <= limit:
        return
    operator = OperatorId(origin.contact)
    if notifier.reader(operator) is not None and await notifier.view.mention(dialog.id, operator, _PARTS):
        t = notifier.phrases(operator)
        told = t("✂️ Too long for one message here: the client gets it in several.")
        notifier.say(operator, f"parts{event.id}", told, answers=origin.native)


async def delivery_changed(notifier: EntryNotifier, event: e.DeliveryChanged) -> None:
    """The state stands on the operator's own message; what needs doing is said besides."""
    if event.origin is not None:
        contact, native = event.origin.contact, event.origin.native
    else:
        # A later status, after the first one has settled the reply: only the native map knows where it stands.
        owner = notifier.owner()
        known = await notifier.natives(owner.id, sent_to_client(event.id)) if owner is not None else ()
        if owner is None or not known:
            return
        contact, native = ContactId(owner.id), known[0]
    operator = OperatorId(contact)
    if notifier.dialog is not None and number_of(event.id) in notifier.dialog.deleted:
        can = notifier.context.abilities.get(notifier.dialog.account)
        if event.status is DeliveryStatus.SENT and can is not None and not can.deletes:
            t = notifier.phrases(operator)
            late = t("It had gone before it could be stopped: the client sees it.")
            notifier.say(operator, f"delivery{event.id}", late, silent=False, answers=native)
        return
    if event.status is DeliveryStatus.QUEUED:
        delay = draw_delay(notifier.phrases(operator), event, notifier.at, notifier.context.zone, native)
        notifier.say(operator, f"delay{event.id}", delay)
        return
    notifier.react(contact, native, _STATES[event.status], f"state:{event.id}")
    problem = _missed(event.problem, notifier.view.people.get(operator))
    if notifier.dialog is not None and NO_FORMATTING in (problem or "").split(_BETWEEN):
        is_news = await notifier.view.mention(notifier.dialog.id, operator, NO_FORMATTING)
        problem = problem if is_news else _without(problem, NO_FORMATTING)
    t = notifier.phrases(operator)
    told = say_delivery(t, event.status, problem)
    if told is not None and event.words is not None:
        again = Button(t("Send again"), button_data(Action.CHOOSE, event.dialog, ask=retry_of(event.id)))
        message = replace(FormattedText().write(told).message([[again]]), reply_to=ReplyTo(native=native))
        notifier.say(operator, f"delivery{event.id}", message, silent=False)
    elif told is not None:
        notifier.say(operator, f"delivery{event.id}", told, silent=False, answers=native)


def _missed(problem: str | None, author: Operator | None) -> str | None:
    """What was lost on the way, but for a quote by which an operator of several clients only said whom they meant."""
    if problem is None or author is None or len(author.dialogs) < SEVERAL:
        return problem
    return _without(problem, NO_QUOTE)


def _without(problem: str | None, note: str) -> str | None:
    return _BETWEEN.join(one for one in (problem or "").split(_BETWEEN) if one != note) or None


async def reply_deleted(notifier: EntryNotifier, event: e.ReplyDeleted) -> None:
    """The operator's own message is marked, and their command confirmed."""
    known = await notifier.natives(event.operator, sent_to_client(event.id))
    for native in known[:1]:
        notifier.react(ContactId(event.operator), native, DELETED, f"state:{event.id}")
    notifier.confirm(event.origin)


async def reaction_put(notifier: EntryNotifier, event: e.ReactionPut) -> None:
    notifier.confirm(event.origin)


async def note_added(notifier: EntryNotifier, event: e.NoteAdded) -> None:
    if event.origin is not None:
        notifier.react(event.origin.contact, event.origin.native, NOTED, f"state:{event.id}")
