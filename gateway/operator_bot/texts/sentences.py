"""What the bot says in a sentence: refusals, toasts, failures, greetings, alerts. Pure.

Every sentence says what happened and, where there is something to do, what. People are named without guessing
their gender. Each `Refusal` has its sentence here, or this file does not type-check.
"""

from typing import assert_never

from gateway.model import events as e
from gateway.model.commands import Role
from gateway.model.events import Refusal
from gateway.model.ids import AccountId
from gateway.model.outgoing import DeliveryStatus
from gateway.operator_bot.inbound import misunderstandings
from gateway.operator_bot.outbound.degradation import say_inability
from gateway.operator_bot.texts.content_labels import name_person, say_unreachable
from gateway.operator_bot.texts.formatted_text import cut
from gateway.operator_bot.texts.phrases import Phrases
from gateway.operator_bot.texts.reasons import say_reason
from gateway.operator_bot.texts.untrusted import joined

DETAIL_LIMIT = 500


def say_refusal(
    t: Phrases, why: Refusal, *, by: str = "", detail: str | None = None, words: bool = False, channel: str = ""
) -> str:
    """Why something was not done. `by` is the name of the operator concerned, `detail` a code or a kind, `channel` the
    client's.

    `words`: it was a message for the client that did not go.
    """
    match why:
        case Refusal.TAKEN:
            if words:
                return t("Not sent: {name} is answering this client.", name=by)
            return t("Already taken by {name}.", name=by)
        case Refusal.ALREADY_YOURS:
            return t("This dialog is already yours.")
        case Refusal.STALE:
            return t("This button is out of date. See the dialog's card or /my.")
        case Refusal.CLOSED:
            return t("This dialog is finished. To write to the client, press “Write again” on its card.")
        case Refusal.UNKNOWN_DIALOG:
            return t("This dialog is too old: it is only in the history now.")
        case Refusal.NOT_YOURS:
            return t("{name} is answering in this dialog.", name=by) if by else t("This dialog is not yours.")
        case Refusal.UNCLAIMED:
            return t("Nobody has taken this dialog yet. Press “Answer” first.")
        case Refusal.NO_CURRENT:
            return t("Not sent: you have no dialog. Answer a card or a client's message, or choose one in /waiting.")
        case Refusal.NOT_STAFF:
            return t("This bot is for staff. To come in, open the invite link that an administrator gives you.")
        case Refusal.INVITE_INVALID:
            return t("This invite does not work: it was used or has expired. Ask an administrator for a new one.")
        case Refusal.FORBIDDEN:
            return t("Your role does not allow this.")
        case Refusal.NOT_YOUR_LINE:
            return t("You do not serve this line.")
        case Refusal.BLOCKED:
            return t("The client is blocked. Unblock them first.")
        case Refusal.NOT_BLOCKED:
            return t("The client is not blocked.")
        case Refusal.UNREACHABLE:
            return t("Not sent: {why}.", why=say_unreachable(t, channel))
        case Refusal.OPEN_ELSEWHERE:
            if by:
                return t("The client already has an open dialog, {name} is answering.", name=by)
            return t("The client already has an open dialog, it waits in /waiting.")
        case Refusal.UNKNOWN_COMMAND:
            return _say_unknown(t, detail)
        case Refusal.EMPTY:
            return t("Not sent: the message is empty.")
        case Refusal.NOT_OURS:
            return t("Not sent: it is not plain whom this is for. Answer a card or a client's message.")
        case Refusal.ASK_GONE:
            return t("This question is already answered. Send the text again if it did not go.")
        case Refusal.CANNOT_SEND_KIND:
            return t("Not sent: this kind of message cannot be passed on to a client.")
        case Refusal.BUTTON_TOO_LONG:
            return t("Not sent: a button's words are too long. About 30 letters fit.")
        case Refusal.ALREADY_DELETED:
            return t("This message is deleted already.")
        case Refusal.NOT_THEIRS:
            return t("Nothing was put: this is no message of the client's, or it is too old.")
        case Refusal.WINDOW_OVER:
            return t("Not sent: the messenger lets this client be answered no more, until they write.")
        case Refusal.TEMPLATE_UNKNOWN:
            return t("Not sent: there is no such template here. See /templates.")
        case Refusal.TEMPLATE_VALUES:
            return _say_values(t, detail)
        case Refusal.TEMPLATE_FIXED:
            return t("Not changed for the client: what was sent by a template cannot be corrected.")
        case Refusal.LAST_ADMIN:
            return t("Not done: nobody would be left who can invite and change people. Make somebody else admin first.")
        case Refusal.BY_SETTINGS:
            return t(
                "Not done: this administrator is named in the settings (operator_bot.admins). Take them out there."
            )
        case Refusal.UNKNOWN_PERSON:
            return t("There is nobody of this name here any more. See /people")
        case Refusal.UNKNOWN_LINE:
            return t("There is no line “{line}” here. See /waiting", line=cut(detail or "", DETAIL_LIMIT))
        case Refusal.LAST_LINE:
            return t("At least one line must stay. “All lines” has a button of its own.")
        case Refusal.UNDO_LATE:
            return t("More than a minute has passed. To write to the client, press “Write again” on the card.")
        case _:
            return say_inability(t, why, detail)


def _say_values(t: Phrases, detail: str | None) -> str:
    wanted, _, given = (detail or "0:0").partition(":")
    needs = t.plural("Not sent: this template needs {n} value", "Not sent: this template needs {n} values", int(wanted))
    return f"{needs}, {t.plural('{n} was given.', '{n} were given.', int(given or 0))}"


def _say_unknown(t: Phrases, detail: str | None) -> str:
    match detail:
        case misunderstandings.NOTE_WITH_FILE:
            return t("A hidden note can only be text. Nothing was sent or saved.")
        case misunderstandings.EDITED_TO_COMMAND:
            return t("Not changed for the client: the new text begins with “/”.")
        case misunderstandings.RETURN_WHAT:
            return t("Nothing was returned. Answer the client's card or message with /return, or choose in /my.")
        case misunderstandings.TAKE_WHAT:
            return t(
                "Nothing was taken. Answer the client's card or message with /take, or write /take and the number."
            )
        case misunderstandings.INVITE_WHAT:
            return t("No invite was made. It can be used for 1 to 720 hours: /invite line role hours.")
        case misunderstandings.DELETE_WHAT:
            return t("Nothing was deleted. Answer your own message to the client with /delete.")
        case misunderstandings.REACT_WHAT:
            return t("Nothing was put. Answer a client's message with /react and one emoji, such as /react 👍.")
        case misunderstandings.TEMPLATE_WHAT:
            return t("Nothing was sent. Write /template name | value | value, or choose in /templates.")
        case misunderstandings.TOO_MANY_BUTTONS:
            return t("Not sent: too many buttons. There can be 8 in a line and 12 lines.")
        case misunderstandings.MISTYPED_BUTTONS:
            return t(
                "Not changed: the client would read the brackets. Buttons are lines at the end with nothing but"
                " [[Yes]] [[No]] in them; if the brackets are meant, write a new message."
            )
        case misunderstandings.ONLY_BUTTONS:
            return t("Not sent: there are only buttons. Write above them what the client is to choose.")
        case _:
            return t("No such command. Nothing was sent to the client. See /help.")


def say_toast(t: Phrases, command: str, client: str) -> str:
    """What a pressed button has done; `client` may be empty."""
    match command:
        case "claim":
            return t("You are answering: {client}", client=client) if client else t("You are answering")
        case "decline":
            return t("Skipped")
        case "take_over":
            return t("You are answering: {client}", client=client) if client else t("You are answering")
        case "release" | "hand_back":
            return t("↩️ Back in the queue: {client}", client=client) if client else t("↩️ Back in the queue")
        case "change_person":
            return t("Changed")
        case "dismiss":
            return t("Dismissed")
        case "close":
            return t("✅ Finished: {client}", client=client) if client else t("Dialog finished")
        case "block":
            return t("🚫 Blocked: {client}", client=client) if client else t("Client blocked")
        case "undo":
            return t("↩️ Open again: {client}", client=client)
        case "unblock":
            return t("Client unblocked")
        case "send":
            return t("Goes like this")
        case "write_again" | "focus" | "choose":
            return t("Writing to: {client}", client=client) if client else ""
        case "drop":
            return t("Not sent to anybody")
        case "delete_reply":
            return t("It is taken back")
        case _:
            return ""


def say_delivery(t: Phrases, status: DeliveryStatus, problem: str | None) -> str | None:
    """What an operator must know of their message's way; None where the reaction says enough."""
    told = cut(say_reason(t, problem), DETAIL_LIMIT) if problem else ""
    if status is DeliveryStatus.FAILED:
        lost = t("Not delivered: {problem}", problem=told) if told else t("Not delivered.")
        return joined((lost, t("The client has not seen this. Send it again, or in other words.")))
    if status is DeliveryStatus.UNKNOWN:
        unknown = t("It is not known whether this arrived: the answer of the messenger was lost.")
        return joined((unknown, t("Send it again only if the client does not react.")))
    if status is DeliveryStatus.SENT and told:
        return t("Sent, but: {problem}", problem=told)
    return None


def say_greeting(t: Phrases, entered: e.OperatorEntered) -> str:
    """Four lines for who is new; all the rest is asked for."""
    hello = t("Hello, {name}!", name=name_person(entered.name))
    if not entered.new:
        return hello
    role = t("You are in as {role}.", role=name_role(t, entered.role))
    return joined(
        (
            joined((hello, role), " "),
            t("• A new client comes as a card. Press “Answer” and just write: your text goes to the client."),
            t("• Several dialogs at once? Answer the client's message or the card: it goes exactly there."),
            t("Everything else: /help"),
        )
    )


def say_help(t: Phrases, role: Role) -> str:
    """How to work here, on one screen of a phone."""
    lines = [
        t("• A new client comes as a card. Press “Answer” and just write: your text goes to the client."),
        t("• Several dialogs at once? Answer the client's message or the card: it goes exactly there."),
        t("• // at the beginning makes a hidden note: the client never sees it."),
        t("• You may correct a sent message, the client sees the correction."),
        t("• Buttons for the client: a last line such as {line}.", line=t("[[Yes]] [[No]]")),
        t("• 👀 accepted · 👌 sent · 👍 delivered or read · 💔 not delivered · 🤔 unknown · 🙈 deleted"),
        "",
        t("/waiting — who waits for an answer"),
        t("/my — my dialogs"),
        t("/close — finish the dialog (in answer to its message, or the current one)"),
        t("/return — give the dialog back to the queue (likewise)"),
        t("/delete in answer to your message — take it back from the client"),
        t("/react 👍 in answer to a client's message — put an emoji on it; /react alone takes it away"),
        t("/templates — texts for a client who may not be written to otherwise"),
        t("/on and /off — begin and end a shift"),
    ]
    if role is not Role.OPERATOR:
        lines.append(t("/take and a dialog's number, or in answer to its message — take it over"))
        lines.append(t("/people — who works here"))
    if role is Role.ADMIN:
        lines.append(t("/invite — let a colleague in; /invite line role for less or more than an operator"))
    return joined(lines)


def say_duty(t: Phrases, *, on: bool, waiting: int, mine: int) -> str:
    """On or off shift, and what that means now."""
    if on:
        told = t("🟢 You are on shift: new clients come here.")
        waits = t.plural("{n} client waits.", "{n} clients wait.", waiting) if waiting else t("Nobody waits now.")
        return joined((told, waits), " ")
    told = t("⚪️ You are off shift: new clients do not come here.")
    if not mine:
        return told
    has = t.plural("You have {n} open dialog: /my", "You have {n} open dialogs: /my", mine)
    return joined((told, has), " ")


def name_role(t: Phrases, role: Role) -> str:
    match role:
        case Role.OPERATOR:
            return t("operator")
        case Role.SUPERVISOR:
            return t("supervisor")
        case Role.ADMIN:
            return t("administrator")
    assert_never(role)


def say_newcomer(t: Phrases, entered: e.OperatorEntered) -> str:
    return t("👋 New colleague: {name}, {role}", name=name_person(entered.name), role=name_role(t, entered.role))


def say_parked(t: Phrases, account: AccountId, problem: str) -> str:
    why = cut(say_reason(t, problem), DETAIL_LIMIT)
    told = t("⛔️ The account {account} does not work: {problem}", account=account, problem=why)
    return joined((told, t("Answers wait and will go by themselves when the account works again.")))


def say_resumed(t: Phrases, account: AccountId) -> str:
    return t("✅ The account {account} works again.", account=account)


def say_passed_over(t: Phrases, number: int) -> str:
    told = t("⚠️ Something that happened could not be shown here (journal entry {number}).", number=number)
    return joined((told, t("It is in the history and in the log. You will not be told of further ones.")), " ")


def say_gone(t: Phrases, name: str, dialogs: int) -> str:
    return t.plural(
        "⚠️ {name} has blocked the bot. {n} open dialog returns to the queue.",
        "⚠️ {name} has blocked the bot. {n} open dialogs return to the queue.",
        dialogs,
        name=name,
    )


def commands_of(t: Phrases) -> list[tuple[str, str]]:
    """The bot's menu for setMyCommands: command and description."""
    return [
        ("waiting", t("who waits for an answer")),
        ("my", t("my dialogs")),
        ("close", t("finish the dialog")),
        ("templates", t("templates for a client")),
        ("on", t("begin a shift")),
        ("off", t("end a shift")),
        ("help", t("how to work here")),
    ]
