"""What WhatsApp tells besides messages: how ours fare, who is called how now, calls, and news of the account. Pure."""

from collections.abc import Iterator

from gateway.connectors.toolkit.values import Json, listed, table
from gateway.connectors.whatsapp.answers import sentence
from gateway.connectors.whatsapp.people import person_of
from gateway.connectors.whatsapp.render import TRACKER
from gateway.connectors.whatsapp.values import digest, moment, words
from gateway.model.commands import Ignored, Inbound, Notice, Receive, ReceiveAlias, ReceiveStatus
from gateway.model.ids import ContactId, MessageId, NativeId
from gateway.model.messages import Message, Unsupported
from gateway.model.outgoing import DeliveryStatus

_STATUSES = {
    "sent": DeliveryStatus.SENT,
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.READ,
    "played": DeliveryStatus.READ,
    "failed": DeliveryStatus.FAILED,
}
_LEFT_OUT = frozenset({"deleted", "warning", "pending", "accepted"})
"""Statuses that change nothing of what an operator knows."""
_ALARMING = frozenset({
    "account_alerts", "account_review_update", "account_update", "business_capability_update",
    "message_template_quality_update", "phone_number_quality_update", "security",
})  # fmt: skip
_TOLD = frozenset({
    "business_username_update", "business_username_updates", "message_template_components_update",
    "message_template_status_update", "phone_number_name_update", "template_category_update",
    "template_correct_category_detection", "user_preferences",
})  # fmt: skip
_SILENT = {
    "history": "what was said before the number was connected",
    "smb_app_state_sync": "the address book of the WhatsApp Business app",
    "flows": "how forms fare",
    "automatic_events": "what Meta guesses of a chat",
    **dict.fromkeys(
        ("group_lifecycle_update", "group_participants_update", "group_settings_update", "group_status_update"),
        "groups, and only private chats are answered",
    ),
    "message_echoes": "an echo of what was sent through the API",
    "tracking_events": "clicks on links of templates",
    "payment_configuration_update": "how payments are set up",
    "partner_solutions": "the partners of the business",
}
_FACTS = (
    "event", "decision", "status", "message_template_name", "message_template_language", "reason", "new_quality_score",
    "new_category", "previous_category", "current_limit", "max_daily_conversation_per_phone", "username", "category",
    "value", "detail", "alert_type", "alert_description", "requested_verified_name",
)  # fmt: skip
"""What is told of an event, by the names of its fields."""
_ID = 256


def read_status(raw: Json, value: Json) -> Iterator[Inbound]:
    """How a message of ours fares."""
    native, kind = words(raw.get("id"), _ID), words(raw.get("status"), 32)
    number, user = words(raw.get("recipient_id"), _ID), words(raw.get("recipient_user_id"), _ID)
    key = f"status:{native}:{kind}:{number or user or digest(raw)}"
    person = person_of(value, number, user)
    if words(raw.get("recipient_type")) == "group":
        yield Inbound(f"{key}:{digest(raw)}", Ignored("a status in a group: only private chats are answered"))
    elif words(raw.get("type")) == "call" or native.startswith("wacid."):
        yield Inbound(f"{key}:{digest(raw)}", Ignored("how a call of the business goes"))
    elif kind in _LEFT_OUT:
        yield Inbound(key, Ignored(f"status {kind}: nothing that an operator should know"))
    elif kind not in _STATUSES or not native or person is None:
        told = f"status {kind or 'without a name'}" + ("" if native else " without an id")
        yield Inbound(f"{key}:{digest(raw)}", Notice("Unsupported(status)", told))
    else:
        status = _STATUSES[kind]
        errors = [sentence(table(one)) for one in listed(raw.get("errors"))]
        failed = "; ".join(errors) or "WhatsApp did not deliver it and did not say why"
        yield Inbound(
            key,
            ReceiveStatus(
                contact=person.contact,
                native=NativeId(native),
                status=status,
                message=_ours(raw.get("biz_opaque_callback_data")),
                problem=failed if status is DeliveryStatus.FAILED else None,
            ),
        )


def read_system(raw: Json, value: Json) -> Iterator[Inbound]:
    """A client's number has changed, or their phone."""
    system, native = table(raw.get("system")), words(raw.get("id"), _ID) or digest(raw)
    kind, key = words(system.get("type"), 64), f"message:{native}"
    former = words(raw.get("from"), _ID) or words(raw.get("from_user_id"), _ID)
    new = words(system.get("wa_id"), _ID) or words(system.get("new_wa_id"), _ID)
    if kind in {"user_changed_number", "customer_changed_number"} and former and new and former != new:
        yield Inbound(key, ReceiveAlias(contact=ContactId(new), former=ContactId(former)))
        if user := words(system.get("user_id"), _ID):
            yield Inbound(f"alias:{user}:{new}", ReceiveAlias(contact=ContactId(new), former=ContactId(user)))
    elif kind in {"user_id_update", "user_changed_user_id"} and former and words(system.get("user_id"), _ID):
        yield _moved(system.get("previous_user_id"), system.get("user_id"), former)
    else:
        person = person_of(value, words(raw.get("from"), _ID), words(raw.get("from_user_id"), _ID))
        who = "" if person is None else f"client {person.contact}: "
        yield Inbound(key, Notice(f"whatsapp: {kind or 'system'}", f"{who}{words(system.get('body'), 300)}".strip()))


def read_user_ids(value: Json) -> Iterator[Inbound]:
    """WhatsApp calls users by new ids of its own."""
    updates = [table(one) for one in listed(value.get("user_id_update"))]
    for one in updates:
        ids = table(one.get("user_id"))
        yield _moved(ids.get("previous"), ids.get("current"), words(one.get("wa_id"), _ID))
    if not updates:
        yield Inbound(f"user_id_update:{digest(value)}", Notice("whatsapp: user_id_update", "without an id"))


def _moved(previous: object, current: object, number: str) -> Inbound:
    """The same person by another id: the number stays who they are, where it is known."""
    before, now = words(previous, _ID), words(current, _ID)
    contact, former = (number, now) if number and number != now else (now, before)
    if not contact or not former or contact == former:
        return Inbound(f"alias:{before}:{now}:{number}", Notice("whatsapp: user_id_update", "without an id"))
    return Inbound(f"alias:{former}:{contact}", ReceiveAlias(contact=ContactId(contact), former=ContactId(former)))


def read_call(raw: Json, value: Json) -> Iterator[Inbound]:
    """A client called: nobody can take it here, and somebody should call back or write."""
    native, event = words(raw.get("id"), _ID), words(raw.get("event"), 32)
    person = person_of(value, words(raw.get("from"), _ID), words(raw.get("from_user_id"), _ID))
    key = f"call:{native or digest(raw)}:{event}"
    is_theirs = words(raw.get("direction")).upper() != "BUSINESS_INITIATED"
    if not is_theirs or event not in {"connect", ""} or person is None:
        yield Inbound(key, Ignored(f"a call's {event or 'event'}: only a client's call is told"))
        return
    at = moment(raw.get("timestamp"))
    missed = Message(native=NativeId(native), at=at, attachments=(Unsupported(of="call"),))
    yield Inbound(key, Receive(contact=person.contact, message=missed, profile=person.profile))


def read_news(field: str, value: Json) -> Inbound:
    """News of the account, its numbers and templates."""
    key = f"{field}:{digest(value)}"
    if field in _SILENT:
        return Inbound(key, Ignored(f"{field}: {_SILENT[field]}"))
    facts = [words(value.get(one), 200) for one in _FACTS]
    for one in listed(value.get(field))[:20]:
        facts += [words(table(one).get(fact), 200) for fact in ("wa_id", *_FACTS)]
    for name in ("violation_info", "ban_info", "lock_info"):
        facts += [f"{what}: {words(fact, 100)}" for what, fact in table(value.get(name)).items()]
    facts += [words(table(one).get("restriction_type"), 100) for one in listed(value.get("restriction_info"))]
    detail = ", ".join(filter(None, facts)) or None
    if field in _ALARMING or field in _TOLD:
        return Inbound(key, Notice(f"whatsapp: {field}", detail, alarming=field in _ALARMING))
    return Inbound(key, Notice(f"Unsupported({field or 'no field'})", detail))


def read_error(raw: Json) -> Inbound:
    """A failure of the account that no message is told of."""
    return Inbound(f"error:{digest(raw)}", Notice("whatsapp: error", sentence(raw)))


def _ours(tracker: object) -> MessageId | None:
    """Our own id of the message, which went along with it and comes back."""
    told = words(tracker, 512)
    return MessageId(told.removeprefix(TRACKER)) if told.startswith(TRACKER) else None
