"""What an update of the operators' bot means, as a staff command. Pure and total: it never raises.

It grants nothing: who may do what is the router's to decide. Nothing that could be a command or a hidden note is
ever taken for words to a client; what cannot be understood is refused, so that the operator hears of it.
"""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from gateway.connectors.telegram.parse import is_service, read_message, read_profile
from gateway.model import commands as c
from gateway.model.events import Refusal
from gateway.model.ids import (
    ContactId,
    DialogId,
    LineId,
    MessageId,
    NativeId,
    OperatorId,
    SentId,
    dialog_of_sent,
    dialogs_of_sent,
    message_id,
    message_of_sent,
    sent_to_client,
    template_of_sent,
)
from gateway.model.messages import Message, Origin, ReplyTo
from gateway.operator_bot.inbound import misunderstandings
from gateway.operator_bot.inbound.buttons import Action, Pressed, read_button
from gateway.operator_bot.inbound.desk_targets import pressed_desk, read_invite, typed_dialog
from gateway.operator_bot.inbound.invite_digest import digest_of
from gateway.operator_bot.inbound.quick_replies import with_quick_replies
from gateway.router.rules.quick_replies import mistyped

NOTE = "//"
"""What a hidden note begins with."""
EMOJI_LIMIT = 16
"""Characters of one emoji with all its joiners and tones."""

_VIEWS = {"my": c.View.MINE, "help": c.View.HELP}

_NOBODYS = SentId("!")
"""Stands for a message that the native map does not know: nobody is named by it."""
_ELSEWHERE = ("external_reply", "reply_to_story")
"""An answer to something that does not stand in this chat."""

Update = Mapping[str, Any]


def lookups(update: Update) -> tuple[ContactId | None, tuple[NativeId, ...]]:
    """Whose chat the update is of, and the message ids there that `resolve` wants looked up."""
    message = _dict(update.get("message"))
    if _is_private(message):
        replied = _native(_dict(message.get("reply_to_message")))
        return _contact(message), () if replied is None else (replied,)
    edited = _dict(update.get("edited_message"))
    if _is_private(edited):
        native = _native(edited)
        return _contact(edited), () if native is None else (native,)
    return None, ()


def resolve(update: Update, sent: Mapping[NativeId, SentId]) -> c.StaffCommand | None:
    """The command that the update is; None for what is ignored on purpose (groups, channels, service messages).

    `sent` is what the ids of `lookups` stand for; one that is absent is nobody's, or too old.
    """
    if "callback_query" in update:
        return _press(_dict(update["callback_query"]))
    if "edited_message" in update:
        return _edit(_dict(update["edited_message"]), sent)
    if "message" in update:
        return _message(_dict(update["message"]), sent)
    if "my_chat_member" in update:
        return _membership(_dict(update["my_chat_member"]))
    return None


# ── buttons ───────────────────────────────────────────────────────────────────────────────────────────


def _press(query: Update) -> c.StaffCommand | None:
    press, who = query.get("id"), _person(query.get("from"))
    message = _dict(query.get("message"))
    if not isinstance(press, str) or who is None or (message and not _is_private(message)):
        return None
    about: dict[str, Any] = {"operator": who, "origin": _origin(message), "press": press}
    pressed = read_button(str(query.get("data") or ""))
    if pressed is None:
        return c.Misunderstood(why=Refusal.STALE, **about)
    return _pressed(pressed, about)


def _pressed(pressed: Pressed, about: dict[str, Any]) -> c.StaffCommand:
    dialog = pressed.dialog or DialogId("")
    match pressed.action:
        case Action.CLAIM:
            return c.Claim(dialog=dialog, version=pressed.version, **about)
        case Action.DECLINE:
            return c.Decline(dialog=dialog, version=pressed.version, **about)
        case Action.CLOSE:
            return c.Close(dialog=dialog, version=pressed.version, **about)
        case Action.MORE:
            return c.Look(view=c.View.MORE, dialog=dialog, **about)
        case Action.CARD:
            return c.Look(view=c.View.CARD, dialog=dialog, **about)
        case Action.ASK_BLOCK:
            return c.Look(view=c.View.BLOCK, dialog=dialog, **about)
        case Action.RELEASE:
            return c.Release(dialog=dialog, version=pressed.version, **about)
        case Action.TAKE_OVER:
            return c.TakeOver(dialog=dialog, version=pressed.version, **about)
        case Action.BLOCK:
            return c.Block(dialog=dialog, version=pressed.version, **about)
        case Action.STOPPED:
            return c.Look(view=c.View.STOPPED, dialog=dialog, page=pressed.page, **about)
        case Action.UNBLOCK:
            return c.Unblock(dialog=dialog, **about)
        case Action.WRITE_AGAIN:
            return c.WriteAgain(dialog=dialog, **about)
        case Action.FOCUS:
            return c.Focus(dialog=dialog, **about)
        case Action.HISTORY:
            return c.Look(view=c.View.HISTORY, dialog=dialog, page=pressed.page, **about)
        case Action.TEMPLATES:
            return c.Look(view=c.View.TEMPLATES, dialog=dialog, page=pressed.page, **about)
        case Action.TEMPLATE:
            return c.PickTemplate(dialog=dialog, template=pressed.ask, **about)
        case Action.SAY:
            return c.SayTemplate(dialog=dialog, template=pressed.ask, seen=pressed.version, **about)
        case Action.STOP:
            return c.DeleteReply(message_id=message_id(dialog, pressed.page), stop=True, **about)
        case Action.UNDO:
            return c.Undo(dialog=dialog, version=pressed.version, **about)
        case Action.CHOOSE:
            return c.Choose(ask=pressed.ask, dialog=dialog, **about)
        case Action.FILL:
            return c.Choose(ask=pressed.ask, dialog=dialog, by_template=True, **about)
        case Action.DROP:
            return c.Choose(ask=pressed.ask, dialog=None, **about)
        case Action.CHOICES:
            return c.TurnChoices(ask=pressed.ask, page=pressed.page, **about)
        case _:
            return pressed_desk(pressed, about)


# ── words ─────────────────────────────────────────────────────────────────────────────────────────────


def _message(raw: Update, sent: Mapping[NativeId, SentId]) -> c.StaffCommand | None:
    who, origin = _person(raw.get("from")), _origin(raw)
    if who is None or origin is None or not _is_private(raw):
        return None
    if is_service(raw):
        return None
    message = read_message(raw)
    about: dict[str, Any] = {"operator": who, "origin": origin}
    known = _answered(raw, sent)
    asked = template_of_sent(known) if known is not None else None
    dialog = dialog_of_sent(known) if known is not None else None
    # An answer to something that names nobody, or several, must never be taken for words to the current client.
    among = dialogs_of_sent(known) if known is not None and dialog is None else None
    if message.text.startswith("/") and not message.text.startswith(NOTE):
        return _command(message, raw, known, about, among)
    if message.text.startswith(NOTE):
        return _note(message, dialog, {**about, "among": among})
    if asked is not None:
        return c.SayTemplate(dialog=asked[0], template=asked[1], values=_values(message.text, "\n"), **about)
    answers = message_of_sent(known) if known is not None else None
    words = with_quick_replies(_own_words(message))
    if isinstance(words, str):
        return c.Misunderstood(why=words, **about)
    words = replace(words, reply_to=None if answers is None else ReplyTo(message=answers))
    return c.Reply(message=words, dialog=dialog, answers=answers, among=among, **about)


def _answered(raw: Update, sent: Mapping[NativeId, SentId]) -> SentId | None:
    """What the message is an answer to; `_NOBODYS` for what nobody knows, None where it answers nothing."""
    if "reply_to_message" in raw:
        replied = _native(_dict(raw["reply_to_message"]))
        return sent.get(replied, _NOBODYS) if replied is not None else _NOBODYS
    return _NOBODYS if any(one in raw for one in _ELSEWHERE) else None


def _note(message: Message, dialog: DialogId | None, about: dict[str, Any]) -> c.StaffCommand:
    if message.attachments:
        return c.Misunderstood(why=misunderstandings.NOTE_WITH_FILE, **about)
    return c.AddNote(text=message.text.removeprefix(NOTE).strip(), dialog=dialog, **about)


def _command(
    message: Message, raw: Update, answered: SentId | None, about: dict[str, Any], among: tuple[DialogId, ...] | None
) -> c.StaffCommand:
    """`answered` is what the command was typed in answer to, `among` whom it names if it is not one client."""
    word, _, rest = message.text.partition(" ")
    name = word.removeprefix("/").partition("@")[0].lower()
    for_client = {**about, "among": among}
    if message.attachments:
        return c.Misunderstood(why=Refusal.UNKNOWN_COMMAND, **about)
    match name:
        case "start":
            token = rest.strip()
            profile = read_profile(_dict(raw.get("from")))
            return c.Enter(profile=profile, invite=digest_of(token) if token else None, **about)
        case "on" | "off":
            return c.SetDuty(on=name == "on", **about)
        case "waiting":
            return c.Look(view=c.View.WAITING, line=LineId(rest.strip().lower()) or None, **about)
        case "my" | "help":
            return c.Look(view=_VIEWS[name], **about)
        case "people":
            return c.Look(view=c.View.PEOPLE, **about)
        case "invite":
            return read_invite(rest.split(), about)
        case "return" | "take":
            dialog = dialog_of_sent(answered) if answered is not None else None
            return typed_dialog(name, rest.strip(), dialog, about, is_answer=answered is not None)
        case "templates":
            dialog = dialog_of_sent(answered) if answered is not None else None
            return c.Look(view=c.View.TEMPLATES, dialog=dialog, **for_client)
        case "template":
            return _template(answered, rest, for_client)
        case "close":
            return c.Close(dialog=dialog_of_sent(answered) if answered is not None else None, **for_client)
        case "delete":
            return _delete(answered, about)
        case "react":
            return _react(answered, rest.strip(), about)
        case _:
            return c.Misunderstood(why=Refusal.UNKNOWN_COMMAND, **about)


def _template(answered: SentId | None, rest: str, about: dict[str, Any]) -> c.StaffCommand:
    """`/template name | value | value`, in answer to something of the dialog or for the current one."""
    name, *values = _values(rest, "|") or ("",)
    if not name:
        return c.Misunderstood(why=misunderstandings.TEMPLATE_WHAT, **{**about, "among": None})
    dialog = dialog_of_sent(answered) if answered is not None else None
    return c.SayTemplate(dialog=dialog, template=name, values=tuple(values), **about)


def _values(text: str, between: str) -> tuple[str, ...]:
    """What stands between the marks, without what is empty."""
    return tuple(one.strip() for one in text.split(between) if one.strip())


def _delete(answered: SentId | None, about: dict[str, Any]) -> c.StaffCommand:
    message = message_of_sent(answered) if answered is not None else None
    if message is None or answered != sent_to_client(message):
        return c.Misunderstood(why=misunderstandings.DELETE_WHAT, **about)
    return c.DeleteReply(message_id=message, **about)


def _react(answered: SentId | None, emoji: str, about: dict[str, Any]) -> c.StaffCommand:
    message = message_of_sent(answered) if answered is not None else None
    is_emoji = len(emoji) <= EMOJI_LIMIT and not any(char.isalnum() or char.isspace() for char in emoji)
    if message is None or answered == sent_to_client(message) or not is_emoji:
        return c.Misunderstood(why=misunderstandings.REACT_WHAT, **about)
    return c.React(message_id=message, emoji=emoji or None, **about)


def _edit(raw: Update, sent: Mapping[NativeId, SentId]) -> c.StaffCommand | None:
    who, origin = _person(raw.get("from")), _origin(raw)
    if who is None or origin is None or not _is_private(raw):
        return None
    message = read_message(raw)
    about: dict[str, Any] = {"operator": who, "origin": origin}
    if message.text.startswith("/"):
        # Else a hidden note would reach the client.
        return c.Misunderstood(why=misunderstandings.EDITED_TO_COMMAND, **about)
    known = sent.get(origin.native)
    identity: MessageId | None = message_of_sent(known) if known is not None else None
    words = with_quick_replies(_own_words(message))
    if isinstance(words, str):
        return c.Misunderstood(why=words, **about)
    if mistyped(words) is not None:
        return c.Misunderstood(why=misunderstandings.MISTYPED_BUTTONS, **about)
    return c.EditReply(message=words, message_id=identity, **about)


def _own_words(message: Message) -> Message:
    """The message as the operator's own: what it quotes, whom it was forwarded from and when stay in their chat."""
    return replace(message, native=NativeId(""), at=0, reply_to=None, forwarded_from=None, buttons=())


# ── people ────────────────────────────────────────────────────────────────────────────────────────────


def _membership(change: Update) -> c.StaffCommand | None:
    who = _person(change.get("from"))
    status = _dict(change.get("new_chat_member")).get("status")
    # Not a set: what a stranger sends may be no key.
    if who is None or not _is_private(change) or status not in ("kicked", "member"):
        return None
    return c.Leave(operator=who, gone=status == "kicked")


def _person(user: object) -> OperatorId | None:
    known = _dict(user)
    number = known.get("id")
    return OperatorId(str(number)) if isinstance(number, int) and not known.get("is_bot") else None


def _is_private(message: Update) -> bool:
    return _dict(message.get("chat")).get("type") == "private"


def _contact(message: Update) -> ContactId | None:
    number = _dict(message.get("chat")).get("id")
    return ContactId(str(number)) if isinstance(number, int) else None


def _native(message: Update) -> NativeId | None:
    number = message.get("message_id")
    return NativeId(str(number)) if isinstance(number, int) else None


def _origin(message: Update) -> Origin | None:
    contact, native = _contact(message), _native(message)
    return Origin(contact, native) if contact is not None and native is not None else None


def _dict(value: object) -> Update:
    return value if isinstance(value, Mapping) else {}
