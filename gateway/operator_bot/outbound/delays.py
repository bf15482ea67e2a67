"""Words that have not gone for a while, as their author hears of it: why, what happens next, a way to stop. Pure."""

from datetime import tzinfo

from gateway.model.events import DeliveryChanged
from gateway.model.ids import NativeId, dialog_of, number_of
from gateway.model.messages import Button, Message, ReplyTo
from gateway.operator_bot.inbound.buttons import Action, button_data
from gateway.operator_bot.texts.formatted_text import FormattedText, cut
from gateway.operator_bot.texts.phrases import Phrases
from gateway.operator_bot.texts.reasons import say_reason

_WHY_LIMIT = 300


def draw_delay(t: Phrases, event: DeliveryChanged, now: int, zone: tzinfo, native: NativeId) -> Message:
    """In answer to the operator's own message `native`."""
    if event.problem:
        first = t("⏳ Not sent yet: {why}.", why=cut(say_reason(t, event.problem).rstrip("."), _WHY_LIMIT))
    else:
        first = t("⏳ Not sent yet.")
    if event.ends_at is not None:
        until = t.moment(event.ends_at, now, zone)
        then = t("It is tried again until {until}; if that fails, you will be told.", until=until)
    elif event.resumes_at is not None:
        at = t.moment(event.resumes_at, now, zone)
        then = t("It goes by itself at about {at}: the messenger takes nothing earlier.", at=at)
    else:
        then = t("It goes by itself as soon as it can.")
    stop = Button(t("Do not send"), button_data(Action.STOP, dialog_of(event.id), page=number_of(event.id)))
    return FormattedText().write(f"{first} {then}").message([[stop]], reply_to=ReplyTo(native=native))
