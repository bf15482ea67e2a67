"""POST /{phone}/messages: to whom and what, and reading and typing, which are the same call.

200 says only that it was accepted; what became of it comes as a status. Source: CHANNELS.md 3.4.
"""

import re

from sandbox.meta.calls import Call, edge
from sandbox.meta.errors import GraphError, required, wrong
from sandbox.meta.records import Dialog, Message, Person
from sandbox.meta.world import new_id
from sandbox.toolkit.uploads import Upload
from sandbox.whatsapp.contents import Content, read_content
from sandbox.whatsapp.processing import UPLOADS
from sandbox.whatsapp.statuses import expected_error, report
from sandbox.whatsapp.templates import read_template
from sandbox.wire import Json

_BSUID = re.compile(r"[A-Z]{2}\.(?:ENT\.)?\w+")
_SHORTEST_PHONE = 5
_LONGEST_TRACKER = 512


@edge("whatsapp", "phone", "POST", "messages", "messages")
async def send(call: Call) -> Json:
    if call.values.get("messaging_product") != "whatsapp":
        raise required("messaging_product")
    if "status" in call.values:
        return _read(call)
    if len(call.text("biz_opaque_callback_data")) > _LONGEST_TRACKER:
        raise wrong(f"Param biz_opaque_callback_data must be at most {_LONGEST_TRACKER} characters long.")
    kind = call.text("type", "text").lower()
    person, address = _recipient(call)
    if kind == "template":
        content, template = read_template(call)
        if template["category"] == "AUTHENTICATION" and "recipient" in call.values:
            raise GraphError(131062)
    else:
        content = read_content(call, kind)
    now_ms = call.meta.clock.now_ms()
    if not call.meta.limits.admits_call("whatsapp", call.account.id, now_ms):
        raise GraphError(130429)
    if not call.meta.limits.admits_pair(call.account.id, address, now_ms):
        raise GraphError(131056)
    if person is None:
        message = _undelivered(call, kind)
    elif kind == "reaction":
        message = _react(call, call.world.open_dialog(call.account, person), content)
    else:
        message = await _write(call, call.world.open_dialog(call.account, person), kind, content)
    call.message_id = message.id
    await report(call, person or address, message)
    who: Json = {"input": call.text("recipient") or call.text("to")}
    if person is None or "recipient" not in call.values:
        who["wa_id"] = person.phone if person is not None else address
    if person is not None and "recipient" in call.values:
        who["user_id"] = person.user_id
    accepted = {"message_status": "accepted"} if kind == "template" else {}
    return {"messaging_product": "whatsapp", "contacts": [who], "messages": [{"id": message.id, **accepted}]}


def _recipient(call: Call) -> tuple[Person | None, str]:
    """The person, if WhatsApp knows one by that address; raises GraphError for what is no address, or not allowed."""
    if "recipient" in call.values:
        address = call.needed("recipient")
        if not _BSUID.fullmatch(address):
            raise GraphError(131009, details="recipient must be a business-scoped user id")
        person = call.world.person_by(user_id=address)
    else:
        given = call.needed("to")
        address = re.sub(r"[+\s()-]", "", given)
        if not address.isdigit() or len(address) < _SHORTEST_PHONE:
            raise GraphError(131009, details="to must be a phone number")
        person = call.world.person_by(phone=address)
    if address == call.account.phone:
        raise GraphError(131021)
    if call.account.is_test_number and (person is None or (call.account.id, person.id) not in call.world.dialogs):
        raise GraphError(131030)
    return person, address


def _undelivered(call: Call, kind: str) -> Message:
    """A message to nobody: it has an id, as every other."""
    message = Message(
        id=new_id("whatsapp", call.account.id, 0, call.account.next_seq),
        account_id=call.account.id,
        person_id=0,
        seq=call.account.next_seq,
        at=call.meta.clock.now_ms(),
        is_out=True,
        kind=kind,
        tracker=call.text("biz_opaque_callback_data"),
        error=GraphError(131026).in_status(),
        status="failed",
    )
    call.account.next_seq += 1
    call.world.keep_account(call.account)
    return message


async def _write(call: Call, dialog: Dialog, kind: str, content: Content) -> Message:
    files, body, error = content.files, content.content, expected_error(call.meta, dialog, kind)
    if content.link and error is None:
        most, _ = UPLOADS[kind]
        fetched = await call.meta.sender.fetch(content.link, most)
        if fetched is None:
            error = GraphError(131053, details="Downloading media from weblink failed")
        else:
            name = content.link.rpartition("/")[2].partition("?")[0] or kind
            lives_ms = call.meta.settings.whatsapp_uploaded_media_ms
            file = call.meta.media.add(call.account.id, Upload(name, fetched[1], fetched[0]), lives_ms=lives_ms)
            files, body = (file.id,), {"file": file.id, **body}
    replied = (call.object("context") or {}).get("message_id", "")
    return call.world.add_message(
        dialog,
        is_out=True,
        kind=kind,
        text=content.text,
        content=body,
        files=list(files),
        buttons=list(content.buttons),
        reply_to=replied if call.world.message(dialog, replied) is not None else "",
        tracker=call.text("biz_opaque_callback_data"),
        status="failed" if error is not None else "accepted",
        error=error.in_status() if error is not None else None,
    )


def _react(call: Call, dialog: Dialog, content: Content) -> Message:
    """Puts a reaction, which is a message of its own with an id and statuses, at another."""
    target = call.world.message(dialog, content.reaction_to)
    error = expected_error(call.meta, dialog, "reaction")
    if error is None and target is None:
        error = GraphError(131009, details="Message to react to was not found")
    if error is None and target is not None:
        target.reaction_out = content.text
        call.world.touch(target, "reaction")
    message = _undelivered(call, "reaction")
    message.person_id = dialog.person_id
    message.status, message.error = ("failed", error.in_status()) if error is not None else ("accepted", None)
    return message


def _read(call: Call) -> Json:
    """Marks a message of the person's and all before it as read, and shows that somebody types."""
    if call.text("status") != "read":
        raise GraphError(131009, details='status must be "read"')
    message = call.world.message_anywhere(call.account, call.needed("message_id"))
    if message is None or message.is_out:
        raise GraphError(131009, details="Message with this id was not found")
    dialog = call.world.dialogs[call.account.id, message.person_id]
    for one in call.world.history(dialog):
        if not one.is_out and one.seq <= message.seq and one.status != "read":
            one.status = "read"
            call.world.touch(one)
    typing = call.object("typing_indicator")
    if typing is not None:
        if typing.get("type") != "text":
            raise GraphError(131009, details='typing_indicator: type must be "text"')
        call.world.tell("typing", dialog)
    return {"success": True}
