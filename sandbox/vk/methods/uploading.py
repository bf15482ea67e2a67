"""Addresses to upload to, and saving what was uploaded."""

from sandbox.vk.calls import Call, method
from sandbox.vk.errors import missing
from sandbox.vk.files import FileKind
from sandbox.vk.uploads import save_doc, save_photo
from sandbox.wire import Json

_MESSAGES_ALBUM = -64
_DOC_KINDS: dict[str, FileKind] = {"doc": "doc", "audio_message": "audio_message", "graffiti": "graffiti"}


@method("photos.getMessagesUploadServer")
def photo_server(call: Call) -> Json:
    address = _address(call, "photo")
    return {"album_id": _MESSAGES_ALBUM, "upload_url": address, "user_id": 0, "group_id": call.community.id}


@method("photos.saveMessagesPhoto")
def save_messages_photo(call: Call) -> list[Json]:
    file = save_photo(call.vk, call.community.id, call.parameters.text("photo"), call.parameters.text("hash"))
    return [call.vk.files.object_of(file)]


@method("docs.getMessagesUploadServer")
def doc_server(call: Call) -> Json:
    kind = _DOC_KINDS.get(call.parameters.text("type") or "doc")
    if kind is None:
        raise missing("type should be one of doc, audio_message, graffiti")
    if "peer_id" not in call.parameters:
        raise missing("peer_id is required for community messages")
    call.dialog(call.parameters.integer("peer_id"))
    return {"upload_url": _address(call, kind)}


@method("docs.save")
def save(call: Call) -> Json:
    file = save_doc(call.vk, call.community.id, call.parameters.text("file"), call.parameters.text("title"))
    return call.vk.files.attachment(file)


def _address(call: Call, kind: FileKind) -> str:
    return f"{call.vk.files.base}/vk/upload/{kind}/{call.vk.files.open_ticket(call.community.id, kind)}"
