"""POST /{account}/messages: words, files, answers to a message, sender actions; and uploads for later.

Source: CHANNELS.md 4.4. The echo of what was sent comes after the answer, or before it if the settings say so.
"""

from collections.abc import Iterator

from sandbox.instagram import shapes
from sandbox.meta.calls import Call, edge
from sandbox.meta.errors import OUTSIDE_WINDOW, OUTSIDE_WINDOW_SUBCODE, PERMISSION, GraphError, required, wrong
from sandbox.meta.records import Dialog, File, Message
from sandbox.pictures import media_type
from sandbox.toolkit.uploads import Upload
from sandbox.wire import Json

_TEXT_BYTES = 1000
_QUICK_REPLIES = 13
_ELEMENTS, _BUTTONS = 10, 3
_MB = 1024 * 1024
_KINDS: dict[str, tuple[int, frozenset[str]]] = {
    "image": (8 * _MB, frozenset({"image/png", "image/jpeg", "image/gif"})),
    "video": (25 * _MB, frozenset({"video/mp4", "video/ogg", "video/x-msvideo", "video/quicktime", "video/webm"})),
    "audio": (25 * _MB, frozenset({"audio/aac", "audio/mp4", "audio/x-m4a", "audio/wav", "audio/x-wav", "audio/mpeg"})),
    "file": (25 * _MB, frozenset({"application/pdf"})),
}
_REACTIONS = {"love": "❤", "haha": "😂", "wow": "😮", "sad": "😢", "angry": "😠", "like": "👍", "dislike": "👎"}
_TYPES = frozenset({"RESPONSE", "UPDATE", "MESSAGE_TAG"})


@edge("instagram", "account", "POST", "messages", "messages")
async def send(call: Call) -> Json:
    dialog = _dialog(call)
    person = call.world.people[dialog.person_id]
    if "sender_action" in call.values:
        _act(call, dialog)
        return {"recipient_id": person.igsid}
    message = call.object("message")
    if message is None:
        raise required("message")
    _check_window(call, dialog)
    if person.is_gone or dialog.is_blocked:
        raise GraphError(551, subcode=1545041)
    if not call.meta.limits.admits_call("instagram", call.account.id, call.meta.clock.now_ms()):
        raise GraphError(613, subcode=1996)
    made = await _write(call, dialog, message)
    call.message_id = made.id
    _tell_others(call, dialog, made)
    await _echo(call, dialog, made)
    return {"recipient_id": person.igsid, "message_id": made.id}


def _dialog(call: Call) -> Dialog:
    recipient = call.object("recipient")
    if recipient is None or not recipient.get("id"):
        raise required("recipient")
    person = call.world.person_by(igsid=str(recipient["id"]))
    dialog = call.world.dialogs.get((call.account.id, person.id)) if person is not None else None
    if dialog is None or not dialog.opened_at:
        raise GraphError(100, "The requested user cannot be found.", subcode=2534014)
    if dialog.is_elsewhere:
        said = "Message not sent: another app is controlling this thread now."
        raise GraphError(PERMISSION, said, subcode=2018300)
    return dialog


def _check_window(call: Call, dialog: Dialog) -> None:
    """24 hours for everybody, seven days for a human hand that may say so."""
    kind, settings = call.text("messaging_type", "RESPONSE"), call.meta.settings
    if kind not in _TYPES:
        raise wrong("(#100) Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG}")
    within_ms = settings.meta_window_ms
    if kind == "MESSAGE_TAG":
        if call.text("tag") != "HUMAN_AGENT":
            raise wrong("(#100) Invalid message tag: only HUMAN_AGENT is allowed on Instagram")
        if not call.account.may_tag_human:
            raise GraphError(PERMISSION, "(#10) Cannot send messages with the HUMAN_AGENT tag without its permission.")
        within_ms = settings.instagram_human_window_ms
    if not call.meta.is_open(dialog, within_ms):
        raise GraphError(PERMISSION, OUTSIDE_WINDOW, subcode=OUTSIDE_WINDOW_SUBCODE)


async def _write(call: Call, dialog: Dialog, given: Json) -> Message:
    text, attachments = given.get("text"), _attachments(given)
    if (text is not None) == bool(attachments):
        raise wrong("(#100) Param message must be non-empty, with either text or an attachment")
    if text is not None and not 1 <= len(str(text).encode()) <= _TEXT_BYTES:
        raise wrong(f"(#100) Length of param message[text] must be less than or equal to {_TEXT_BYTES}")
    replied = str((call.object("reply_to") or given.get("reply_to") or {}).get("mid", ""))
    if replied and call.world.message(dialog, replied) is None:
        raise wrong("(#100) The message to reply to cannot be found")
    extra, buttons = _quick_replies(given)
    kinds = {str(one.get("type", "")).lower() for one in attachments}
    if len(kinds) > 1:
        raise wrong("(#100) All attachments of a message must be of one type")
    kind = "text"
    content: Json = {}
    files: list[str] = []
    if attachments:
        kind = kinds.pop()
        if kind == "template":
            text, content, buttons = _template(attachments)
        elif kind == "like_heart":
            content = {"attachments": [{"type": "like_heart", "payload": {}}]}
        else:
            files = [(await _file(call, kind, one.get("payload") or {})).id for one in attachments]
    return call.world.add_message(
        dialog, is_out=True, kind=kind, text=str(text or ""), content=content, files=files, extra=extra,
        buttons=buttons, reply_to=replied, status="sent",
    )  # fmt: skip


def _attachments(given: Json) -> list[Json]:
    several, single = given.get("attachments"), given.get("attachment")
    if isinstance(several, list):
        return [one for one in several if isinstance(one, dict)]
    if isinstance(several, dict):
        return [several]
    return [single] if isinstance(single, dict) else []


def _quick_replies(given: Json) -> tuple[Json, list[Json]]:
    replies = given.get("quick_replies") or []
    if len(replies) > _QUICK_REPLIES:
        raise wrong(f"(#100) Param message[quick_replies] must have at most {_QUICK_REPLIES} elements")
    if not all(one.get("content_type") == "text" and one.get("title") and one.get("payload") for one in replies):
        raise wrong("(#100) A quick reply needs content_type text, title and payload")
    return {}, [{"title": one["title"], "payload": one["payload"], "kind": "quick_reply"} for one in replies]


def _template(attachments: list[Json]) -> tuple[str, Json, list[Json]]:
    payload = attachments[0].get("payload") or {}
    parts = payload.get("elements") or [payload]
    buttons = list(_postbacks(parts))
    if payload.get("template_type") not in {"generic", "button"} or len(parts) > _ELEMENTS:
        raise wrong("(#100) Unsupported template, or too many elements")
    text = "\n".join(str(one.get("title") or one.get("text") or "") for one in parts)
    return text, {"attachments": [{"type": "template", "payload": {"generic": {"elements": parts}}}]}, buttons


def _postbacks(parts: list[Json]) -> Iterator[Json]:
    for part in parts:
        buttons = part.get("buttons") or []
        if len(buttons) > _BUTTONS:
            raise wrong(f"(#100) At most {_BUTTONS} buttons are allowed")
        for one in buttons:
            is_link = one.get("type") == "web_url"
            yield {"title": str(one.get("title", "")), **(
                {"url": one.get("url")} if is_link else {"payload": str(one.get("payload", "")), "kind": "postback"}
            )}  # fmt: skip


async def _file(call: Call, kind: str, payload: Json) -> File:
    """The file of an attachment: uploaded before, or fetched now from its address."""
    if kind not in _KINDS:
        raise wrong(
            f"(#100) Unsupported attachment type: {kind}",
        )
    if "attachment_id" in payload:
        file = call.meta.media.usable(str(payload["attachment_id"]))
        if file is None or file.account_id != call.account.id:
            raise GraphError(100, "(#100) Invalid attachment id", subcode=2018074)
        return file
    if not payload.get("url"):
        raise wrong("(#100) An attachment needs a url or an attachment_id")
    fetched = await call.meta.sender.fetch(str(payload["url"]), _KINDS[kind][0])
    if fetched is None:
        raise GraphError(100, "Upload attachment failure: the file cannot be fetched.", subcode=2018047)
    name = str(payload["url"]).rpartition("/")[2].partition("?")[0] or kind
    return _kept(call, kind, Upload(name, fetched[1], fetched[0]))


def _kept(call: Call, kind: str, upload: Upload) -> File:
    most, types = _KINDS[kind]
    if len(upload.content) > most:
        raise GraphError(36000, "" if kind == "image" else f"The {kind} size is too large.")
    mime = media_type(upload.content) or upload.mime
    if mime not in types:
        raise GraphError(100, "The attachment is not of a supported format.", subcode=2534068)
    return call.meta.media.add(call.account.id, upload, lives_ms=call.meta.settings.whatsapp_uploaded_media_ms)


@edge("instagram", "account", "POST", "message_attachments", "upload")
async def upload(call: Call) -> Json:
    """Takes a file, by its bytes or its address, to be sent by its id."""
    message = call.object("message") or {}
    attachment = message.get("attachment")
    if not isinstance(attachment, dict):
        raise required("message[attachment]")
    kind = str(attachment.get("type", "")).lower()
    given = next(iter(call.files.values()), None)
    if given is None:
        return {"attachment_id": (await _file(call, kind, attachment.get("payload") or {})).id}
    if kind not in _KINDS:
        raise wrong(f"(#100) Unsupported attachment type: {kind}")
    return {"attachment_id": _kept(call, kind, given).id}


def _act(call: Call, dialog: Dialog) -> None:
    """Typing, seen, a reaction; each in a request of its own."""
    if "message" in call.values:
        raise wrong("(#100) A sender_action must not come with a message")
    action = call.text("sender_action").lower()
    payload = call.object("payload") or {}
    match action:
        case "typing_on":
            call.world.tell("typing", dialog)
        case "typing_off":
            pass
        case "mark_seen":
            for one in call.world.history(dialog):
                if not one.is_out and one.status != "read":
                    one.status = "read"
                    call.world.touch(one)
        case "react" | "unreact":
            target = call.world.message(dialog, str(payload.get("message_id", "")))
            reaction = str(payload.get("reaction", ""))
            if target is None or (action == "react" and not reaction):
                raise wrong("(#100) The message to react to cannot be found")
            target.reaction_out = _REACTIONS.get(reaction, reaction) if action == "react" else ""
            call.world.touch(target, "reaction")
        case _:
            raise wrong("(#100) Param sender_action must be one of {TYPING_ON, TYPING_OFF, MARK_SEEN, REACT, UNREACT}")


def _tell_others(call: Call, dialog: Dialog, made: Message) -> None:
    """Quick replies of before are gone once something newer stands in the dialog."""
    for one in call.world.history(dialog):
        if one is not made and one.is_out and any(button.get("kind") == "quick_reply" for button in one.buttons):
            one.buttons = []
            call.world.touch(one)


async def _echo(call: Call, dialog: Dialog, made: Message) -> None:
    meta, mode = call.meta, call.meta.settings.instagram_echoes
    if mode == "none":
        return
    echo = shapes.message(meta, call.account, call.world.people[dialog.person_id], made)
    if mode == "after":
        call.after.append(lambda: meta.publish(dialog, "messaging", echo, field="messages") and None)
        return
    posted = meta.publish(dialog, "messaging", echo, field="messages")
    if posted is not None and posted.id:
        await posted.tried.wait()
