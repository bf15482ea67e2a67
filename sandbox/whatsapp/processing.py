"""What Meta makes of a file: which types and sizes it takes, and whether the bytes are of the type that was told.

Sources: CHANNELS.md 3.6 and 10.3. The server that takes uploads knows one list of types and 100 MB; what each kind of
message may hold is looked at when it is sent.
"""

from sandbox.meta.errors import GraphError, wrong
from sandbox.meta.records import File
from sandbox.pictures import media_type

_MB = 1024 * 1024
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OLD_OFFICE = frozenset({"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"})
_NEW_OFFICE = frozenset(
    f"{_OFFICE}{one}" for one in ("wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation")
)
UPLOADS: dict[str, tuple[int, frozenset[str]]] = {
    "image": (5 * _MB, frozenset({"image/jpeg", "image/png"})),
    "video": (16 * _MB, frozenset({"video/mp4", "video/3gpp"})),
    "audio": (16 * _MB, frozenset({"audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg", "audio/opus"})),
    "sticker": (500 * 1024, frozenset({"image/webp"})),
    "document": (100 * _MB, frozenset({"text/plain", "application/pdf"}) | _OLD_OFFICE | _NEW_OFFICE),
}
"""By kind: how big, and of which types. A document may be of every type that can be uploaded at all."""
TYPES = frozenset(one for _, types in UPLOADS.values() for one in types)
_LARGEST = 100 * _MB
_LONGEST_NAME = 240
_ZIP, _OLE, _UNKNOWN = "application/zip", "application/x-ole-storage", "application/octet-stream"
_STARTS = {
    b"%PDF": "application/pdf", b"PK\x03\x04": _ZIP, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": _OLE, b"#!AMR": "audio/amr",
    b"\x1f\x8b": "application/gzip", b"\xff\xf1": "audio/aac", b"\xff\xf9": "audio/aac", b"\xff\xfb": "audio/mpeg",
    b"\xff\xf3": "audio/mpeg",
}  # fmt: skip
_BRANDS = {b"qt  ": "video/quicktime", b"3gp": "video/3gpp", b"heic": "image/heic", b"mif1": "image/heic"}
_FILMS = frozenset({"video/mp4", "video/3gpp", "audio/mp4"})
_TEXT_HEAD = 4096


def check_upload(mime: str, content: bytes) -> None:
    """Raises GraphError for what Meta does not take."""
    if mime not in TYPES:
        types = ", ".join(sorted(TYPES))
        raise wrong(
            f"Param file must be a file with one of the following types: {types}. Received file of type '{mime}'."
        )
    if not content or len(content) > _LARGEST:
        raise GraphError(131053, details=f"Media file size is {len(content)} bytes; at most {_LARGEST} are allowed")
    real = _real_type(content)
    if not _is(mime, real, content):
        raise GraphError(
            131053,
            details=f"Media file uploaded with mimetype as {mime}, however on processing it is of type "
            f"{real or _UNKNOWN}. Please choose a different file.",
        )


def check_message(kind: str, file: File) -> None:
    """Whether a message of that kind may hold the file; raises GraphError."""
    most, types = UPLOADS[kind]
    mime = file.mime.partition(";")[0]
    if kind != "document" and mime not in types:
        raise GraphError(131053, details=f"Unsupported {kind} mime type {mime}. Supported: {', '.join(sorted(types))}.")
    if file.size > most:
        raise GraphError(131053, details=f"Media file size is {file.size} bytes; at most {most} are allowed for {kind}")


def check_file_name(name: str) -> None:
    if len(name) > _LONGEST_NAME:
        raise GraphError(131009, details=f"document['filename'] must be at most {_LONGEST_NAME} characters long")


def check_voice(file: File) -> None:
    """A voice message is Opus in Ogg; raises GraphError."""
    if file.mime.partition(";")[0] not in {"audio/ogg", "audio/opus"}:
        raise GraphError(131053, details="audio['voice'] is for files of audio/ogg with the codec opus only")


def _real_type(content: bytes) -> str | None:
    if content[4:8] == b"ftyp":
        return next((mime for brand, mime in _BRANDS.items() if content[8:12].startswith(brand)), media_type(content))
    known = next((mime for start, mime in _STARTS.items() if content.startswith(start)), None)
    return known or media_type(content)


def _is(mime: str, real: str | None, content: bytes) -> bool:
    if mime == "text/plain":
        return real is None and b"\0" not in content[:_TEXT_HEAD]
    if mime in {"audio/ogg", "audio/opus"}:
        return real == "audio/ogg" and b"OpusHead" in content[:_TEXT_HEAD]
    container = _ZIP if mime in _NEW_OFFICE else _OLE if mime in _OLD_OFFICE else mime
    return real == container or (mime in _FILMS and real in _FILMS)
