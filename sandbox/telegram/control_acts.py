"""An act as JSON turned into what a person does; the inside of POST /sandbox/api/act.

Wrong acts come out as ActError with a sentence that names what is missing.
"""

from collections.abc import Callable

import msgspec

from sandbox.telegram.business import Business
from sandbox.telegram.contents import new_group_id
from sandbox.telegram.files import KINDS, Details
from sandbox.telegram.injection import inject
from sandbox.telegram.people import Act, People, Pressed
from sandbox.toolkit.acts import ActError
from sandbox.toolkit.uploads import Upload, from_base64, sample_file
from sandbox.wire import Json


class ActRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Every field that some act takes; `do` says which."""

    do: str
    bot_id: int
    user_id: int = 0
    payload: str = ""
    text: str = ""
    caption: str = ""
    reply_to: int | None = None
    quote: str | None = None
    entities: list[Json] | None = None
    media_group_id: str | None = None
    bytes_base64: str | None = None
    file_name: str | None = None
    mime: str | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    emoji: str = ""
    performer: str | None = None
    title: str = ""
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    phone_number: str = ""
    first_name: str = ""
    message_id: int | None = None
    row: int = 0
    column: int = 0
    wait: bool = True
    inaccessible: bool = False
    for_both: bool = False
    update: Json | None = None
    owner_id: int = 0
    can_reply: bool = True
    ago_s: int = 0


async def perform(people: People, act: ActRequest, files: list[Upload]) -> list[Act] | Pressed:
    """Does it; several files become an album. Raises ActError."""
    if act.do == "press":
        return await people.press(
            act.user_id,
            act.bot_id,
            _message_id(act),
            act.row,
            act.column,
            wait=act.wait,
            is_inaccessible=act.inaccessible,
        )
    if act.do in KINDS:
        return _send_files(people, act, files)
    if act.do not in _SIMPLE:
        raise ActError(f"There is no act called {act.do}: use one of {', '.join([*_SIMPLE, 'press', *KINDS])}.")
    return [_SIMPLE[act.do](people, act)]


def _send_files(people: People, act: ActRequest, files: list[Upload]) -> list[Act]:
    uploads = files or [_given_file(act)]
    group = act.media_group_id or (new_group_id() if len(uploads) > 1 else None)
    duration = round(act.duration) if act.duration else None
    performer, title = act.performer, act.title or None
    details = Details(act.width, act.height, duration, act.emoji or None, performer, title)
    return [
        people.file(
            act.user_id,
            act.bot_id,
            act.do,
            upload,
            caption=act.caption if index == 0 else "",
            reply_to=act.reply_to if index == 0 else None,
            media_group_id=group,
            details=details,
        )
        for index, upload in enumerate(uploads)
    ]


def _given_file(act: ActRequest) -> Upload:
    """The file inside the JSON, or a sample of its kind when there is none."""
    sample = sample_file(act.do)
    if act.bytes_base64 is None:
        return sample
    return from_base64(act.bytes_base64, act.file_name or sample.name, act.mime or sample.mime)


def _message_id(act: ActRequest) -> int:
    if act.message_id is None:
        raise ActError(f"The act {act.do} needs message_id.")
    return act.message_id


def _place(act: ActRequest) -> tuple[float, float]:
    if act.latitude is None or act.longitude is None:
        raise ActError(f"The act {act.do} needs latitude and longitude.")
    return act.latitude, act.longitude


def _contact(people: People, act: ActRequest) -> Act:
    if not act.phone_number or not act.first_name:
        raise ActError("The act contact needs phone_number and first_name.")
    return people.contact(act.user_id, act.bot_id, act.phone_number, act.first_name)


def _inject(people: People, act: ActRequest) -> Act:
    if act.update is None:
        raise ActError("The act update needs update: the raw object.")
    return inject(people.telegram, act.bot_id, act.update)


def _set_deactivated(people: People, act: ActRequest) -> Act:
    people.set_deactivated(act.user_id, is_deactivated=act.do == "deactivate")
    return Act(None, None)


def _text(people: People, act: ActRequest) -> Act:
    return people.text(act.user_id, act.bot_id, act.text, reply_to=act.reply_to, entities=act.entities, quote=act.quote)


def _connect(people: People, act: ActRequest) -> Act:
    return Business(people.telegram).connect(act.user_id, act.bot_id, can_reply=act.can_reply)


_SIMPLE: dict[str, Callable[[People, ActRequest], Act]] = {
    "start": lambda people, act: people.start(act.user_id, act.bot_id, act.payload),
    "text": _text,
    "location": lambda people, act: people.location(act.user_id, act.bot_id, *_place(act)),
    "venue": lambda people, act: people.venue(act.user_id, act.bot_id, _place(act), act.title, act.address),
    "contact": _contact,
    "edit": lambda people, act: people.edit(
        act.user_id, act.bot_id, _message_id(act), text=act.text, caption=act.caption
    ),
    "react": lambda people, act: people.react(act.user_id, act.bot_id, _message_id(act), act.emoji),
    "block": lambda people, act: people.block(act.user_id, act.bot_id),
    "unblock": lambda people, act: people.unblock(act.user_id, act.bot_id),
    "delete": lambda people, act: people.delete(act.user_id, act.bot_id, _message_id(act), for_both=act.for_both),
    "update": _inject,
    "deactivate": _set_deactivated,
    "reactivate": _set_deactivated,
    "business_connect": _connect,
    "business_disconnect": lambda people, act: Business(people.telegram).disconnect(act.user_id, act.bot_id),
    "business_text": lambda people, act: Business(people.telegram).write(
        act.user_id, act.owner_id, act.bot_id, act.text, ago_s=act.ago_s
    ),
    "business_answer": lambda people, act: Business(people.telegram).answer(
        act.owner_id, act.user_id, act.bot_id, act.text
    ),
    "business_edit": lambda people, act: Business(people.telegram).edit(
        act.user_id, act.owner_id, act.bot_id, _message_id(act), act.text
    ),
    "business_delete": lambda people, act: Business(people.telegram).delete(
        act.user_id, act.owner_id, act.bot_id, _message_id(act)
    ),
}
