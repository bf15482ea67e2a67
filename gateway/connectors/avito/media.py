"""What Avito takes of an operator's files: pictures, and nothing else. Pure."""

from gateway.connectors.toolkit.media import bare_mime, require_stored
from gateway.errors import Refused
from gateway.model.messages import Media, MediaKind

_MB = 1024 * 1024
PICTURE_LIMIT = 24 * _MB
_PIXELS = 75_000_000
_TAKEN = {
    "image/jpeg": "jpg", "image/jpg": "jpg", "image/png": "png", "image/gif": "gif", "image/bmp": "bmp",
    "image/heic": "heic", "image/heif": "heic",
}  # fmt: skip
PICTURES = frozenset(_TAKEN)
_NO_OTHER = "Avito takes pictures only: send a link to the file, or write it in words"
_NOT_THIS = "Avito takes pictures as JPEG, PNG, GIF, BMP or HEIC only"
_TOO_LARGE = "the picture is larger than 24 MB, the most that Avito takes"
_TOO_WIDE = "the picture has more than 75 megapixels, the most that Avito takes"
AS_PICTURE = "sent as a picture: Avito takes no files"


def require_picture(media: Media) -> None:
    """Raises Refused with words unless its bytes are here and Avito takes them as a picture."""
    mime = bare_mime(media)
    if media.kind is not MediaKind.PHOTO and mime not in _TAKEN:
        raise Refused(_NO_OTHER)
    if mime and mime not in _TAKEN:
        raise Refused(_NOT_THIS)
    if (media.size or 0) > PICTURE_LIMIT:
        raise Refused(_TOO_LARGE)
    if (media.width or 0) * (media.height or 0) > _PIXELS:
        raise Refused(_TOO_WIDE)
    require_stored(media, f"the picture{f' {media.name!r}' if media.name else ''}")


def picture_name(media: Media) -> str:
    """A name for the upload; nobody sees it."""
    return f"picture.{_TAKEN.get(bare_mime(media), 'jpg')}"
