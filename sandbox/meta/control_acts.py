"""An act on WhatsApp or Instagram as JSON, turned into what a person or the business's staff does."""

import msgspec

from sandbox.instagram.people import FILE_KINDS as INSTAGRAM_FILES
from sandbox.instagram.people import THINGS
from sandbox.instagram.people import People as InstagramPeople
from sandbox.instagram.staff import Staff as InstagramStaff
from sandbox.meta.acts import Act, When
from sandbox.meta.errors import GraphError
from sandbox.toolkit.acts import ActError
from sandbox.toolkit.uploads import Upload
from sandbox.whatsapp.people import FILE_KINDS as WHATSAPP_FILES
from sandbox.whatsapp.people import People as WhatsappPeople
from sandbox.whatsapp.staff import Staff as WhatsappStaff
from sandbox.whatsapp.statuses import RANKS, publish
from sandbox.wire import Json


class ActRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Every field that some act takes; `do` says which. `hours_ago`: the message was written that long ago."""

    do: str
    account_id: str
    user_id: int = 0
    text: str = ""
    caption: str = ""
    reply_to: str = ""
    hours_ago: float = 0
    message_id: str = ""
    index: int = 0
    emoji: str = ""
    latitude: float = 0.0
    longitude: float = 0.0
    title: str = ""
    phone: str = ""
    name: str = ""
    ref: str = ""
    forwarded: bool = False
    referral: bool = False
    status: str = ""
    error_code: int = 131026
    bytes_base64: str | None = None
    file_name: str | None = None
    mime: str | None = None
    event: Json | None = None


def on_whatsapp(people: WhatsappPeople, staff: WhatsappStaff, act: ActRequest, files: list[Upload]) -> Act:
    """Raises ActError."""
    ids, when = (act.user_id, act.account_id), When(hours_ago=act.hours_ago, reply_to=act.reply_to)
    if act.do in WHATSAPP_FILES:
        captions = [act.caption, *[""] * (len(files) - 1)]
        done = [people.file(*ids, act.do, one, caption=said, **when) for one, said in zip(files, captions, strict=True)]
        return done[-1]
    match act.do:
        case "text":
            return people.text(*ids, act.text, referral=act.referral, forwarded=act.forwarded, **when)
        case "location":
            return people.location(*ids, (act.latitude, act.longitude), act.title)
        case "contact":
            return people.contact(*ids, act.name, act.phone)
        case "order":
            return people.order(*ids, act.text)
        case "unsupported":
            return people.unsupported(*ids)
        case "flow":
            return people.flow(*ids)
        case "press":
            return people.press(*ids, act.message_id, act.index)
        case "react":
            return people.react(*ids, act.message_id, act.emoji or None)
        case "edit":
            return people.edit(*ids, act.message_id, act.text)
        case "delete":
            return people.revoke(*ids, act.message_id)
        case "change_number":
            return people.change_number(*ids, act.phone)
        case "hide_phone" | "show_phone":
            return people.hide_phone(act.user_id, is_hidden=act.do == "hide_phone")
        case "staff_answer":
            return staff.answer(*ids, act.text)
        case "event":
            return staff.inject(act.account_id, act.event or {})
        case "status":
            return _status(people, act)
        case _:
            return _of_both(people, act)


def on_instagram(people: InstagramPeople, staff: InstagramStaff, act: ActRequest, files: list[Upload]) -> Act:
    """Raises ActError."""
    ids, when = (act.user_id, act.account_id), When(hours_ago=act.hours_ago, reply_to=act.reply_to)
    if act.do in INSTAGRAM_FILES:
        return people.files(*ids, files, **when)
    if act.do in THINGS:
        return people.thing(*ids, act.do, act.text, upload=files[0] if files else None, **when)
    match act.do:
        case "text":
            return people.text(*ids, act.text, referral=act.ref, **when)
        case "press":
            return people.press(*ids, act.message_id, act.index)
        case "ice_breaker":
            return people.ice_breaker(*ids, act.title or act.text)
        case "open_link":
            return people.open_link(*ids, act.ref)
        case "react":
            return people.react(*ids, act.message_id, act.emoji or None)
        case "edit":
            return people.edit(*ids, act.message_id, act.text)
        case "delete":
            return people.unsend(*ids, act.message_id)
        case "hand_over" | "hand_back":
            return people.hand_over(*ids, to_other=act.do == "hand_over")
        case "close_profile" | "open_profile":
            return people.close_profile(act.user_id, is_closed=act.do == "close_profile")
        case "staff_answer":
            return staff.answer(*ids, act.text)
        case "staff_unsend":
            return staff.unsend(*ids, act.message_id)
        case "event":
            return staff.inject(act.account_id, act.event or {})
        case _:
            return _of_both(people, act)


def _of_both(people: WhatsappPeople | InstagramPeople, act: ActRequest) -> Act:
    match act.do:
        case "read":
            people.read(act.user_id, act.account_id)
            return Act(None, None)
        case "block" | "unblock":
            return people.set_blocked(act.user_id, act.account_id, is_blocked=act.do == "block")
        case "leave" | "come_back":
            return people.set_gone(act.user_id, is_gone=act.do == "leave")
        case _:
            raise ActError(f"There is no act called {act.do} on {people.messenger}.")


def _status(people: WhatsappPeople, act: ActRequest) -> Act:
    """Tells a status of a message by hand, out of turn if that is wanted."""
    world = people.meta.world
    message = world.message_anywhere(world.accounts[act.account_id], act.message_id)
    if message is None or not message.is_out or act.status not in {*RANKS} - {"accepted"}:
        raise ActError(f"The act status needs message_id of an outgoing message, and one of {', '.join(RANKS)}.")
    if act.status == "failed":
        message.status, message.error = "failed", GraphError(act.error_code).in_status()
        world.touch(message, "deleted")
    posted = publish(people.meta, world.people[message.person_id], message, act.status)
    return Act(message, posted.id or None if posted is not None else None)
