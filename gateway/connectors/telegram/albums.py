"""Single files as one album: drafts that Telegram lets stand together become one request. Pure.

Each file keeps its order and becomes one message, so what the native map knows of them holds either way.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from gateway.connectors.contract import Part
from gateway.connectors.telegram.media import WAY_OF_METHOD
from gateway.model.ids import FileId

ALBUM = "sendMediaGroup"
MOST = 10
_TOGETHER = {"sendPhoto": "seen", "sendVideo": "seen", "sendDocument": "files", "sendAudio": "heard"}
"""What may stand in one album with what (Bot API, sendMediaGroup)."""


class Draft(Struct, frozen=True):
    """One message to be, without its chat: how it is sent, and with what."""

    method: str
    request: dict[str, Any]
    files: tuple[FileId, ...] = ()
    loses: str | None = None


def joined(drafts: Iterable[Draft]) -> Iterator[Draft]:
    """The drafts, with neighbours of a kind as albums of up to ten."""
    for kind, group in groupby(drafts, lambda one: _TOGETHER.get(one.method)):
        run = list(group)
        if kind is None:
            yield from run
            continue
        for start in range(0, len(run), MOST):
            yield _album(run[start : start + MOST])


def as_files(part: Part) -> Part | None:
    """The album with every file as a mere file; None where that is what it is."""
    media = part.request["media"]
    if all(one["type"] == "document" for one in media):
        return None
    kept = ("media", "caption", "caption_entities")
    plain = [{"type": "document", **{name: one[name] for name in kept if name in one}} for one in media]
    return replace(part, request={**part.request, "media": plain}, loses="sent as a file: not taken as album")


def _album(run: list[Draft]) -> Draft:
    if len(run) == 1:
        return run[0]
    media = [_item(number, one) for number, one in enumerate(run)]
    lost = "; ".join(dict.fromkeys(one.loses for one in run if one.loses))
    return Draft(ALBUM, {"media": media}, tuple(file for one in run for file in one.files), lost or None)


def _item(number: int, draft: Draft) -> Mapping[str, Any]:
    field = WAY_OF_METHOD[draft.method].field
    rest = {name: value for name, value in draft.request.items() if name != field}
    return {"type": field, "media": {**draft.request[field], "attach": number}, **rest}
