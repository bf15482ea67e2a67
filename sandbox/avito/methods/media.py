"""Pictures that are uploaded before they are sent, and the links behind which voices can be had."""

from sandbox.avito.calls import Call, method
from sandbox.avito.errors import AvitoError, invalid
from sandbox.avito.images import image_size, image_type
from sandbox.wire import Json

_FIELD = "uploadfile[]"


@method("upload")
def upload(call: Call) -> Json:
    """One picture a call; its id is the key of the answer."""
    given = call.files.get(_FIELD)
    if given is None or not given.content:
        raise invalid(**{_FIELD: "should be an image"})
    settings = call.avito.settings
    if len(given.content) > settings.avito_max_image_bytes:
        raise AvitoError(400, "The image is too big")
    size = image_size(given.content)
    if image_type(given.content) is None or size is None or min(size) <= 0:
        raise AvitoError(400, "The image should be JPEG, HEIC, GIF, BMP or PNG")
    if size.width * size.height > settings.avito_max_image_pixels:
        raise AvitoError(400, "The image has too many pixels")
    file = call.avito.files.add(given)
    return {file.image_id: call.avito.files.sizes(file)}


@method("voices")
def list_voices(call: Call) -> Json:
    """Links of an hour; ids that are not of the seller's chats are left out."""
    wanted = call.words("voice_ids")
    if not wanted:
        raise invalid(voice_ids="should not be empty")
    world = call.world
    heard = {message.file for chat in world.started(call.seller) for message in world.history(chat)}
    files = {voice_id: call.avito.files.by_voice_id(voice_id) for voice_id in wanted}
    return {
        "voices_urls": {
            voice_id: call.avito.files.voice_link(file)
            for voice_id, file in files.items()
            if file is not None and file.number in heard
        }
    }
