"""What may be sent on WhatsApp: each type's object is checked as the vendor checks it, and becomes what a phone shows.

Limits: CHANNELS.md 3.4 and 3.6. Words of refusals follow the vendor's where they are known.
"""

import msgspec

from sandbox.meta.calls import Call
from sandbox.meta.errors import GraphError, wrong
from sandbox.whatsapp.processing import check_file_name, check_message, check_voice
from sandbox.wire import Json

_TEXT, _CAPTION, _BODY, _SHORT = 4096, 1024, 1024, 60
_BUTTONS, _TITLE, _BUTTON_ID = 3, 20, 256
_ROWS, _ROW_TITLE, _ROW_ID, _ROW_DESCRIPTION, _SECTION = 10, 24, 200, 72, 24
_TYPES = "AUDIO, CONTACTS, DOCUMENT, IMAGE, INTERACTIVE, LOCATION, REACTION, STICKER, TEMPLATE, TEXT, VIDEO"
_WITHOUT_CAPTION = frozenset({"audio", "sticker"})


class Content(msgspec.Struct, frozen=True):
    """`link` is a file that the vendor has yet to fetch; `reaction_to` the message that a reaction stands at."""

    text: str = ""
    content: Json = {}
    files: tuple[str, ...] = ()
    buttons: tuple[Json, ...] = ()
    link: str = ""
    reaction_to: str = ""


def read_content(call: Call, kind: str) -> Content:
    """Raises GraphError for what is not to be sent."""
    given = call.object(kind) if kind != "contacts" else {"contacts": call.values.get("contacts")}
    if not given:
        raise GraphError(131008, details=f"{kind} is required")
    match kind:
        case "text":
            return _text(given)
        case "image" | "video" | "audio" | "document" | "sticker":
            return _media(call, kind, given)
        case "interactive":
            return _interactive(given)
        case "reaction":
            return Content(text=str(given.get("emoji", "")), reaction_to=_string(given, "reaction", "message_id"))
        case "location":
            return _location(given)
        case "contacts":
            return _contacts(given["contacts"])
        case _:
            raise wrong(f"Param type must be one of {{{_TYPES}}} - got {kind}.")


def _text(given: Json) -> Content:
    body = _string(given, "text", "body")
    if len(body) > _TEXT:
        raise wrong(f"Param text['body'] must be at most {_TEXT} characters long.")
    return Content(text=body, content={"body": body})


def _media(call: Call, kind: str, given: Json) -> Content:
    caption = str(given.get("caption", ""))
    if caption and kind in _WITHOUT_CAPTION:
        raise wrong(f'Unexpected key "caption" on param "{kind}".')
    if len(caption) > _CAPTION:
        raise wrong(f"Param {kind}['caption'] must be at most {_CAPTION} characters long.")
    extra: Json = {"caption": caption} if caption else {}
    if kind == "document" and given.get("filename"):
        check_file_name(str(given["filename"]))
        extra["filename"] = str(given["filename"])
    if "voice" in given and (kind != "audio" or not isinstance(given["voice"], bool)):
        raise wrong(f'Unexpected key "voice" on param "{kind}".')
    if ("id" in given) == ("link" in given):
        raise wrong(f"Param {kind} must have exactly one of id and link.")
    if "link" in given:
        return Content(text=caption, content=extra, link=str(given["link"]))
    file = call.meta.media.usable(str(given["id"]))
    if file is None or file.account_id != call.account.id:
        raise wrong(f"Param {kind}['id'] is not a valid whatsapp business account media attachment ID")
    check_message(kind, file)
    if given.get("voice") is True:
        check_voice(file)
        call.meta.media.mark_voice(file)
    return Content(text=caption, content={"file": file.id, **extra}, files=(file.id,))


def _interactive(given: Json) -> Content:
    kind = given.get("type")
    body = given.get("body") or {}
    text = _string(body, "interactive['body']", "text") if kind != "product" else str(body.get("text", ""))
    if len(text) > _BODY:
        raise _bad("Body text length invalid", f"Max length: {_BODY}")
    for part in ("footer", "header"):
        if len(str((given.get(part) or {}).get("text", ""))) > _SHORT:
            raise _bad(f"{part.title()} text length invalid", f"Max length: {_SHORT}")
    action = given.get("action") or {}
    match kind:
        case "button":
            buttons = _reply_buttons(action)
        case "list":
            buttons = _rows(action)
        case "cta_url":
            parameters = action.get("parameters") or {}
            if not str(parameters.get("url", "")).startswith(("http://", "https://")):
                raise _bad("Invalid url in cta_url action", "url must begin with http:// or https://")
            buttons = [{"title": _string(parameters, "parameters", "display_text"), "url": parameters["url"]}]
        case _:
            raise _bad("Unsupported interactive type", str(kind))
    return Content(text=text, content=given, buttons=tuple(buttons))


def _reply_buttons(action: Json) -> list[Json]:
    given = [one.get("reply") or {} for one in action.get("buttons") or []]
    if not 1 <= len(given) <= _BUTTONS:
        raise _bad("Invalid buttons count", f"Min buttons: 1, Max buttons: {_BUTTONS}")
    for one in given:
        if not 1 <= len(str(one.get("title", ""))) <= _TITLE:
            raise _bad("Button title length invalid", f"Min length: 1, Max length: {_TITLE}")
        if not 1 <= len(str(one.get("id", ""))) <= _BUTTON_ID:
            raise _bad("Button id length invalid", f"Min length: 1, Max length: {_BUTTON_ID}")
    _distinct([str(one["title"]) for one in given], "Duplicate title")
    _distinct([str(one["id"]) for one in given], "Duplicate reply id")
    return [{"title": str(one["title"]), "id": str(one["id"]), "kind": "button_reply"} for one in given]


def _rows(action: Json) -> list[Json]:
    if not 1 <= len(str(action.get("button", ""))) <= _TITLE:
        raise _bad("Button text length invalid", f"Min length: 1, Max length: {_TITLE}")
    sections = action.get("sections") or []
    rows = [row for section in sections for row in section.get("rows") or []]
    if not 1 <= len(rows) <= _ROWS:
        raise _bad("Total row count exceed max allowed count", f"Max rows: {_ROWS}")
    if len(sections) > 1 and not all(1 <= len(str(one.get("title", ""))) <= _SECTION for one in sections):
        raise _bad("Section title length invalid", f"Min length: 1, Max length: {_SECTION}")
    for row in rows:
        if not 1 <= len(str(row.get("title", ""))) <= _ROW_TITLE:
            raise _bad("Row title is too long", f"Max length: {_ROW_TITLE}")
        if not 1 <= len(str(row.get("id", ""))) <= _ROW_ID:
            raise _bad("Row id is too long", f"Max length: {_ROW_ID}")
        if len(str(row.get("description", ""))) > _ROW_DESCRIPTION:
            raise _bad("Row description is too long", f"Max length: {_ROW_DESCRIPTION}")
    _distinct([str(row["id"]) for row in rows], "Duplicate row id")
    return [
        {"title": str(row["title"]), "id": str(row["id"]), "kind": "list_reply",
         **({"description": row["description"]} if row.get("description") else {})}
        for row in rows
    ]  # fmt: skip


def _location(given: Json) -> Content:
    try:
        latitude, longitude = float(given["latitude"]), float(given["longitude"])
    except (KeyError, TypeError, ValueError):
        raise GraphError(131009, details="location: latitude and longitude must be numbers") from None
    place = {name: str(given[name]) for name in ("name", "address") if given.get(name)}
    return Content(content={"latitude": latitude, "longitude": longitude, **place})


def _contacts(given: object) -> Content:
    people = given if isinstance(given, list) else []
    if not people or not all(isinstance(one, dict) and (one.get("name") or {}).get("formatted_name") for one in people):
        raise GraphError(131008, details="contacts: name and formatted_name are required")
    return Content(text=", ".join(str(one["name"]["formatted_name"]) for one in people), content={"contacts": people})


def _string(given: Json, where: str, name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise GraphError(131008, details=f"Parameter {where}['{name}'] is required")
    return value


def _distinct(values: list[str], complaint: str) -> None:
    if len(set(values)) < len(values):
        raise _bad(complaint, "each must be unique")


def _bad(complaint: str, limit: str) -> GraphError:
    return GraphError(131009, details=f"{complaint}. {limit}")
