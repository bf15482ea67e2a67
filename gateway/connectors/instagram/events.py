"""Events beside messages: presses, links, reactions, reading, who holds the conversation. Pure; parse.py is total."""

from collections.abc import Callable, Mapping

from gateway.connectors.instagram.content import chosen, read_referral, window_from
from gateway.connectors.instagram.envelope import Event
from gateway.connectors.instagram.reactions import EMOJIS, UNKNOWN
from gateway.connectors.instagram.values import identity
from gateway.connectors.toolkit.values import Json, table, words
from gateway.model.commands import Ignored, Inbound, Notice, Receive, ReceiveReaction, ReceiveRead
from gateway.model.ids import NativeId
from gateway.model.messages import Message, Unsupported

Reader = Callable[[Event], tuple[Inbound, ...]]

_EMOJI = 32


def read_start(event: Event, native: str, referral: Json, name: str = "start") -> tuple[Inbound, ...]:
    """What brought the client, told before their words: those are real words and open the dialog."""
    contact = event.contact
    if not referral or contact is None:
        return ()
    bare = Message(native=NativeId(native), at=event.at)
    told = Receive(contact=contact, message=bare, profile=event.profile, start=read_referral(referral))
    return (Inbound(event.key(name, native), told),)


def read_link(event: Event) -> tuple[Inbound, ...]:
    """Somebody came by a link (ig.me) or an advertisement into a conversation that is there already."""
    if event.contact is None:
        return (event.unsupported("referral", "it names nobody whom it could be from"),)
    return read_start(event, "", table(event.what.get("referral")) or {"source": "link"}, "referral")


def read_postback(event: Event) -> tuple[Inbound, ...]:
    """A pressed button, menu entry or ice breaker: Instagram shows what stood on it as the client's own words."""
    raw, contact = table(event.what.get("postback")), event.contact
    native, payload = identity(raw.get("mid")), words(raw.get("payload"))
    key = event.key("postback", native)
    if event.is_own or contact is None:
        return (event.unsupported("postback", "it names nobody whom it could be from"),)
    text = chosen(words(raw.get("title")), payload)
    nothing = () if text else (Unsupported(of="postback"),)
    said = Receive(
        contact=contact,
        message=Message(native=NativeId(native), at=event.at, text=text, attachments=nothing),
        profile=event.profile,
        window=window_from(event.at),
    )
    return (*read_start(event, native, table(raw.get("referral"))), Inbound(key, said))


def read_reaction(event: Event) -> tuple[Inbound, ...]:
    raw, contact = table(event.what.get("reaction")), event.contact
    native, action = identity(raw.get("mid")), words(raw.get("action"))
    key = event.key("reaction", ":".join((native, event.sender, str(event.at), action)))
    if event.is_own:
        return (Inbound(key, Ignored("a reaction of the account's own")),)
    if contact is None or not native or action not in {"react", "unreact"}:
        return (event.unsupported("reaction"),)
    emoji = words(raw.get("emoji"))[:_EMOJI] or EMOJIS.get(words(raw.get("reaction")), UNKNOWN)
    return (Inbound(key, ReceiveReaction(contact, NativeId(native), (emoji,) if action == "react" else ())),)


def read_seen(event: Event) -> tuple[Inbound, ...]:
    """Meta mostly leaves out who has read it: receiving.py looks that up by the message."""
    native, contact = identity(table(event.what.get("read")).get("mid")), event.contact
    key = event.key("read", native)
    if event.is_own:
        return (Inbound(key, Ignored("the account read it, not the client")),)
    if contact is None:
        return (Inbound(key, Ignored("a read mark that does not say whose, of a message that could not be looked up")),)
    if not native:
        return (Inbound(key, Ignored("a read mark that does not say of which message")),)
    return (Inbound(key, ReceiveRead(contact, NativeId(native))),)


def read_handover(event: Event) -> tuple[Inbound, ...]:
    """Another app and this one pass a conversation to each other; only its holder may answer."""
    kind = next(one for one in _HANDOVERS if one in event.what)
    told, alarming = _HANDOVERS[kind]
    whose = f"contact {event.contact}" if event.contact else "a client who is not named"
    return (Inbound(event.key(kind), Notice("handover", told.format(whose=whose), alarming=alarming)),)


def read_policy(event: Event) -> tuple[Inbound, ...]:
    raw = table(event.what.get("policy-enforcement") or event.what.get("policy_enforcement"))
    said = ": ".join(filter(None, (words(raw.get("action"))[:40], words(raw.get("reason"))[:300])))
    told = f"Meta acted against the account ({said or 'without a reason'}): see the account's status in Instagram"
    return (Inbound(event.key("policy"), Notice("policy", told, alarming=True)),)


def leave_out(reason: str) -> Reader:
    """A reader of what is known and nobody's words."""

    def left_out(event: Event) -> tuple[Inbound, ...]:
        return (Inbound(event.key("left out"), Ignored(reason)),)

    return left_out


_HANDOVERS: Mapping[str, tuple[str, bool]] = {
    "pass_thread_control": ("the conversation with {whose} was passed on: whoever holds it now answers there", False),
    "take_thread_control": (
        "another app took the conversation with {whose}: Instagram refuses answers from here until it is passed back",
        True,
    ),
    "request_thread_control": ("another app asks for the conversation with {whose}", False),
    "app_roles": ("the apps of the account have changed their roles", False),
}

READERS: Mapping[str, Reader] = {
    "postback": read_postback,
    "reaction": read_reaction,
    "read": read_seen,
    "referral": read_link,
    "policy-enforcement": read_policy,
    "policy_enforcement": read_policy,
    "optin": leave_out("optin: a client's consent to notifications, which are not sent from here"),
    "delivery": leave_out("delivery: Instagram's sends are known by their answers"),
    "account_linking": leave_out("account_linking: a client's login elsewhere"),
    "response_feedback": leave_out("response_feedback: a mark given to another app's answer"),
    **dict.fromkeys(_HANDOVERS, read_handover),
}
