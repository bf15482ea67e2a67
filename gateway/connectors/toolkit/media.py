"""What channels ask of a file before they send it: its bytes are here, its type, its name in words, its shape. Pure.

What a vendor takes, and up to which size, stands in its channel's media.py.
"""

from gateway.errors import Refused
from gateway.model.messages import FileState, Media


def is_stored(media: Media) -> bool:
    """Whether its bytes are here."""
    return media.state is FileState.STORED and media.file is not None


def require_stored(media: Media, said: str = "") -> None:
    """Raises Refused with words unless the file's bytes are here; `said`: what it is called in them."""
    if media.state is FileState.FAILED:
        raise Refused(f"{said or named(media)} is not to be had: {media.problem or 'its download failed'}")
    if not is_stored(media):
        raise Refused(f"{said or named(media)} has not been downloaded yet")


def named(media: Media) -> str:
    """The file in a sentence: `the video note 'a.mp4'`."""
    return f"the {media.kind.value.replace('_', ' ')}{f' {media.name!r}' if media.name else ''}"


def bare_mime(media: Media) -> str:
    """The type that it claims, without parameters and in lower case; empty: none."""
    return (media.mime or "").partition(";")[0].strip().lower()


def is_shaped(media: Media, *, sides: int, ratio: int) -> bool:
    """Whether both sides together have at most `sides` pixels, and the longer at most `ratio` times the shorter's; also
    where they are not known.
    """
    if not media.width or not media.height:
        return True
    longer, shorter = max(media.width, media.height), min(media.width, media.height)
    return longer + shorter <= sides and longer <= shorter * ratio
