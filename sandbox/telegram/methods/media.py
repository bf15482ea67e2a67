"""Methods that send files, alone or as an album."""

from collections.abc import Callable

from sandbox.telegram.calls import Call, method
from sandbox.telegram.contents import add, deliver, new_group_id, read_caption, read_reply
from sandbox.telegram.errors import bad_request
from sandbox.telegram.uploads import read_file
from sandbox.wire import Json

_WITHOUT_CAPTION = frozenset({"video_note", "sticker"})
_IN_ALBUMS = frozenset({"photo", "video", "document", "audio"})
_ALONE_IN_ALBUMS = frozenset({"document", "audio"})
_MIN_ALBUM, _MAX_ALBUM = 2, 10


def _sends(kind: str) -> Callable[[Call], object]:
    async def send(call: Call) -> Json:
        call.writable_chat()  # told before a heavy file is looked at
        return deliver(call, await _content(call, kind, call.parameters.values, kind))

    return send


for _name, _kind in {
    "sendPhoto": "photo",
    "sendDocument": "document",
    "sendVoice": "voice",
    "sendVideo": "video",
    "sendVideoNote": "video_note",
    "sendAnimation": "animation",
    "sendAudio": "audio",
    "sendSticker": "sticker",
}.items():
    method(_name)(_sends(_kind))


async def _content(call: Call, kind: str, source: Json, field: str) -> Json:
    """File and caption of a call or of one InputMedia."""
    entities = source.get("caption_entities")
    if isinstance(entities, str):
        entities = call.parameters.parsed("caption_entities")
    caption = {} if kind in _WITHOUT_CAPTION else read_caption(source, entities).fields("caption")
    file = await read_file(call, kind, source, field)
    return {**call.telegram.files.fields(file, call.bot.id), **caption}


async def media_content(call: Call, media: Json) -> Json:
    """The content of an InputMedia; raises ApiError."""
    kind = str(media.get("type") or "")
    if kind not in _IN_ALBUMS | {"animation"}:
        raise bad_request("can't parse InputMedia: type must be one of animation, audio, document, photo, video")
    return await _content(call, kind, media, "media")


@method("sendMediaGroup")
async def send_media_group(call: Call) -> list[Json]:
    chat = call.writable_chat()
    album = call.parameters.list("media")
    if len(album) < _MIN_ALBUM:
        raise bad_request("too few messages to send as an album")
    if len(album) > _MAX_ALBUM:
        raise bad_request("too many messages to send as an album")
    if not all(isinstance(media, dict) for media in album):
        raise bad_request("can't parse InputMedia: expected an Object")
    kinds = {str(media.get("type")) for media in album}
    if not kinds <= _IN_ALBUMS:
        raise bad_request(f"{min(kinds - _IN_ALBUMS)} can't be sent as an album")
    alone = sorted(kinds & _ALONE_IN_ALBUMS)
    if alone and len(kinds) > 1:
        raise bad_request(f"{alone[0]} can't be mixed with other media types")
    contents = [await media_content(call, media) for media in album]
    reply = read_reply(call, chat)
    call.spend(chat, len(contents))
    group = {"media_group_id": new_group_id()}
    return [add(call, chat, {**reply, **group, **content}, {}).body for content in contents]
