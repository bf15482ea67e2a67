"""Until when a client may be answered, in words. Pure.

Moments are absolute: a card is not drawn anew at midnight.
"""

from datetime import tzinfo

from gateway.model.messages import Window
from gateway.operator_bot.texts.phrases import Phrases
from gateway.operator_bot.texts.untrusted import joined


def say_window(t: Phrases, window: Window, now: int, zone: tzinfo, *, templates: bool) -> str:
    """For a card: the time there is, or what is possible when it is over. `templates`: the messenger has some."""
    until, end = (t.moment(one, now, zone) for one in (window.until, window.end))
    if now < window.until and window.end > window.until:
        return t("🕓 You can answer until {until}, to the point and by hand until {end}", until=until, end=end)
    if now < window.until:
        return t("🕓 You can answer until {until}", until=until)
    if now < window.end:
        return t("🕓 You can answer until {end}, but only to the point and by hand", end=end)
    return joined((t("⌛️ The time to answer was over at {end}.", end=end), say_possible(t, templates=templates)), " ")


def say_possible(t: Phrases, *, templates: bool) -> str:
    """What can be done for a client who may be answered no more."""
    if templates:
        return t("You can send a template (/templates), wait until the client writes, or use another channel.")
    return t("You can wait until the client writes, or use another channel.")


def say_over(t: Phrases, since: str, *, templates: bool) -> str:
    """Why words to a client did not go."""
    over = t("Not sent: the messenger let this client be answered until {since} only.", since=since)
    return joined((over, say_possible(t, templates=templates)), " ")


def say_ending(t: Phrases, client: str, until: str, *, templates: bool) -> str:
    """An hour before the end."""
    told = t("⏰ {client} can be answered until {until} only: less than an hour is left.", client=client, until=until)
    return joined((told, t("After that only templates can be sent.")), " ") if templates else told
