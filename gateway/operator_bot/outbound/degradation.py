"""What a channel cannot carry, told when it matters and before anything goes: a question, a refusal. Pure."""

from typing import Literal, assert_never

from gateway.model import events as e
from gateway.model.abilities import Loss
from gateway.model.events import Refusal
from gateway.model.messages import Button, MediaKind, Message, ReplyTo
from gateway.operator_bot.inbound.buttons import Action, button_data
from gateway.operator_bot.texts.content_labels import icon_of, name_person, summarize
from gateway.operator_bot.texts.formatted_text import BOLD, ITALIC, QUOTE, FormattedText, cut, plain
from gateway.operator_bot.texts.phrases import Phrases

EMOJIS_LIMIT = 120
WORDS_LIMIT = 200

Inability = Literal[
    Refusal.CANNOT_CARRY,
    Refusal.TOO_LARGE,
    Refusal.NO_EDITS,
    Refusal.NO_DELETES,
    Refusal.NO_REACTIONS,
    Refusal.NO_SUCH_REACTION,
]


def draw_loss(t: Phrases, asked: e.LossAsked, channel: str = "") -> Message:
    """May it go like this? In answer to the operator's own message."""
    formatted = FormattedText().write(t("Send it like this?"), BOLD)
    formatted.line(f"{icon_of(channel)} {name_person(asked.client)} · №{asked.dialog}".lstrip())
    formatted.line(summarize(t, asked.message, WORDS_LIMIT), QUOTE)
    if asked.mistyped is not None:
        line = plain(asked.mistyped, WORDS_LIMIT)
        formatted.line(t("• The client will read the brackets: {line}", line=line))
        formatted.line(t("Buttons are lines at the end with nothing but [[Yes]] [[No]] in them"), ITALIC)
    for loss in asked.losses:
        formatted.line(_say_loss(t, loss))
    send = Button(t("Send like this"), button_data(Action.CHOOSE, asked.dialog, ask=asked.ask), style="primary")
    drop = Button(t("Do not send"), button_data(Action.DROP, ask=asked.ask))
    return formatted.message([[send, drop]], reply_to=ReplyTo(native=asked.origin.native))


def say_inability(t: Phrases, why: Inability, detail: str | None) -> str:
    """Why the channel of this very client cannot do what was asked."""
    match why:
        case Refusal.CANNOT_CARRY:
            told, _, ending = (detail or "").partition(" ")
            kind = " ".join(filter(None, (_name(t, MediaKind(told)) if told in set(MediaKind) else "", ending)))
            return t("Not sent: this messenger takes no such attachment from us ({kind}).", kind=kind)
        case Refusal.TOO_LARGE:
            return t("Not sent: the file is larger than {n} MB, the most that this messenger takes.", n=detail)
        case Refusal.NO_EDITS:
            return t("Not changed for the client: in this messenger what was sent stays. Write once more instead.")
        case Refusal.NO_DELETES:
            return t("Not deleted: in this messenger what was sent stays with the client.")
        case Refusal.NO_REACTIONS:
            return t("Nothing was put: this messenger has no reactions. Answer in words.")
        case Refusal.NO_SUCH_REACTION:
            emojis = cut(detail or "", EMOJIS_LIMIT)
            return t("Nothing was put: this messenger has only {emojis}.", emojis=emojis)
    assert_never(why)


def _say_loss(t: Phrases, loss: Loss) -> str:
    match loss.goes_as:
        case None if loss.spoken:
            return t("• {kind}: the client will get its emoji only", kind=_name(t, loss.kind))
        case None:
            return t("• The words will go as a message of their own")
        case MediaKind.DOCUMENT:
            return t("• {kind}: the client will get it as a file", kind=_name(t, loss.kind))
        case other:
            return t("• {kind}: the client will get it as {other}", kind=_name(t, loss.kind), other=_name(t, other))


def _name(t: Phrases, kind: MediaKind) -> str:
    match kind:
        case MediaKind.PHOTO:
            return t("photo")
        case MediaKind.DOCUMENT:
            return t("file")
        case MediaKind.VOICE:
            return t("voice message")
        case MediaKind.AUDIO:
            return t("music")
        case MediaKind.VIDEO:
            return t("video")
        case MediaKind.VIDEO_NOTE:
            return t("video message")
        case MediaKind.ANIMATION:
            return t("animation")
        case MediaKind.STICKER:
            return t("sticker")
    assert_never(kind)
