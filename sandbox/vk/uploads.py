"""What the upload servers take and answer, and what becomes of it when it is saved."""

import json
import re

from sandbox.pictures import media_type, picture_size
from sandbox.toolkit.uploads import Upload
from sandbox.vk.errors import VkError, missing
from sandbox.vk.files import File, Ticket
from sandbox.vk.vk import Vk
from sandbox.wire import Json

_SERVER = 857_236
# The documented name, and those under which clients have long sent photos with success.
_PHOTO_FIELD = re.compile(r"photo|file\d*")
_REFUSED_NAMES = frozenset({"exe", "mp3", "bat", "cmd", "com", "msi", "apk"})
_MAX_SIDES = 14_000
_MAX_RATIO = 20


def take_upload(vk: Vk, ticket: Ticket, files: dict[str, Upload]) -> Json:
    """The upload server's answer. What cannot be used is refused here, with status 200, as VK does it."""
    if ticket.kind == "photo":
        upload = next((one for field, one in files.items() if _PHOTO_FIELD.fullmatch(field)), None)
        is_fit = upload is not None and len(upload.content) <= vk.settings.vk_max_photo_bytes and _is_photo(upload)
        if upload is None or not is_fit:
            return {"server": _SERVER, "photo": "[]", "hash": ""}
        name = vk.files.shelve(ticket, upload)
        size = picture_size(upload.content)
        assert size is not None
        photo = [{"markers_restarted": True, "photo": name, "sizes": [], "size": list(size)}]
        return {"server": _SERVER, "photo": json.dumps(photo), "hash": name}
    upload = files.get("file")
    if upload is None:
        return {"error": "no_file"}
    if len(upload.content) > vk.settings.vk_max_doc_bytes:
        return {"error": "file_is_too_big"}
    if upload.name.rpartition(".")[2].lower() in _REFUSED_NAMES:
        return {"error": "wrong_file_type"}
    if ticket.kind == "audio_message" and media_type(upload.content) != "audio/ogg":
        return {"error": "unknown audio format"}
    if ticket.kind == "graffiti" and media_type(upload.content) != "image/png":
        return {"error": "wrong_file_type"}
    return {"file": f"{ticket.community_id}|0|0|{_SERVER}|{vk.files.shelve(ticket, upload)}"}


def save_photo(vk: Vk, community_id: int, photo: str, name: str) -> File:
    """Makes a photo of what was uploaded; raises VkError."""
    if not photo or photo == "[]":
        raise missing("photos list is invalid")
    found = vk.files.unshelve(name, community_id)
    if found is None:
        raise VkError(121)
    return vk.files.add("photo", -community_id, found[1])


def save_doc(vk: Vk, community_id: int, given: str, title: str) -> File:
    """Makes a document, a voice message or a graffiti of what was uploaded; raises VkError."""
    found = vk.files.unshelve(given.rpartition("|")[2], community_id)
    if found is None:
        raise missing("file is invalid" if given else "file is undefined")
    ticket, upload = found
    name = title or upload.name
    extension = upload.name.rpartition(".")[2]
    if title and "." in upload.name and not title.lower().endswith(f".{extension.lower()}"):
        name = f"{title}.{extension}"
    return vk.files.add(ticket.kind, -community_id, upload._replace(name=name))


def _is_photo(upload: Upload) -> bool:
    size = picture_size(upload.content)
    if size is None or media_type(upload.content) == "image/webp":
        return False
    short, long = sorted(size)
    return short > 0 and short + long <= _MAX_SIDES and long / short <= _MAX_RATIO
