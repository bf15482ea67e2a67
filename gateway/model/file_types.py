"""Of which type a file is, as far as anybody tells: its bytes, whoever sent it, its name. Pure.

A claim proves nothing, and bytes do not tell everything: a Word document begins as any other zip archive does, and a
table of prices as no known file. So what the bytes tell stands, unless they tell of a mere container, or nothing: then
the more exact claim does, if such a file lies in such a container.
"""

import mimetypes
from collections.abc import Mapping
from functools import cache

from gateway.model.messages import Media

UNKNOWN = "application/octet-stream"
_ENDING_LIMIT = 16

_OPEN_XML = "application/vnd.openxmlformats-officedocument."
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
_ZIP, _OLE, _GZIP, _OGG, _MP4, _WEBM = (
    "application/zip", "application/x-ole-storage", "application/gzip", "application/ogg", "video/mp4", "video/webm",
)  # fmt: skip
_HOLDS: Mapping[str, tuple[str, ...]] = {
    _ZIP: (
        _OPEN_XML, _OPEN_DOCUMENT, "application/vnd.ms-", "application/vnd.apple.", "application/epub+zip",
        "application/java-archive", "application/vnd.android.package-archive", "application/vnd.google-earth.kmz",
        "application/x-iwork-", "application/vnd.sketchup.", "application/vnd.sun.xml.", "application/x-xmind",
    ),
    _OLE: (
        "application/msword", "application/vnd.ms-", "application/vnd.visio", "application/x-msi", "application/x-hwp",
        "application/vnd.wps-", "image/vnd.dwg", "application/x-mspublisher",
    ),
    _GZIP: ("application/x-tgsticker", "application/x-tar", "application/x-gtar", "image/svg+xml"),
    _OGG: ("audio/", "video/ogg"),
    _MP4: ("audio/", "video/", "image/heic", "image/heif", "image/avif"),
    _WEBM: ("audio/webm", "audio/x-matroska", "video/x-matroska", "video/webm"),
    "video/ogg": ("audio/",),
    "image/heif": ("image/heic", "image/avif"),
    "video/x-ms-asf": ("audio/x-ms-wma", "video/x-ms-wmv"),
    "application/xml": ("image/svg+xml", "application/", "text/"),
    "text/plain": ("text/", "application/json", "application/xml", "application/rtf", "application/javascript"),
}  # fmt: skip
"""What may lie in a container, by the beginnings of types."""
_SAME = {
    "application/x-zip-compressed": _ZIP, "application/x-zip": _ZIP, "application/x-gzip": _GZIP, "text/xml":
    "application/xml", "application/x-msdos-program": UNKNOWN, "binary/octet-stream": UNKNOWN,
    "application/octetstream": UNKNOWN, "application/x-unknown": UNKNOWN, "application/cdfv2": _OLE,
    "application/x-cfb": _OLE, "application/download": UNKNOWN, "application/force-download": UNKNOWN,
    "application/x-download": UNKNOWN, "image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg",
}  # fmt: skip
"""Types by other names."""
_BY_ENDING = {
    "docx": f"{_OPEN_XML}wordprocessingml.document", "dotx": f"{_OPEN_XML}wordprocessingml.template",
    "xlsx": f"{_OPEN_XML}spreadsheetml.sheet", "xltx": f"{_OPEN_XML}spreadsheetml.template",
    "pptx": f"{_OPEN_XML}presentationml.presentation", "ppsx": f"{_OPEN_XML}presentationml.slideshow",
    "docm": "application/vnd.ms-word.document.macroenabled.12",
    "xlsm": "application/vnd.ms-excel.sheet.macroenabled.12",
    "xlsb": "application/vnd.ms-excel.sheet.binary.macroenabled.12",
    "doc": "application/msword", "dot": "application/msword", "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint", "pps": "application/vnd.ms-powerpoint", "msg": "application/vnd.ms-outlook",
    "vsd": "application/vnd.visio", "pub": "application/x-mspublisher", "msi": "application/x-msi",
    "odt": f"{_OPEN_DOCUMENT}text", "ods": f"{_OPEN_DOCUMENT}spreadsheet", "odp": f"{_OPEN_DOCUMENT}presentation",
    "epub": "application/epub+zip", "apk": "application/vnd.android.package-archive", "jar": "application/java-archive",
    "pages": "application/vnd.apple.pages", "numbers": "application/vnd.apple.numbers",
    "key": "application/vnd.apple.keynote", "kmz": "application/vnd.google-earth.kmz",
    "zip": _ZIP, "rar": "application/vnd.rar", "7z": "application/x-7z-compressed", "gz": _GZIP,
    "pdf": "application/pdf", "rtf": "application/rtf", "txt": "text/plain", "log": "text/plain", "csv": "text/csv",
    "tsv": "text/tab-separated-values", "md": "text/markdown", "json": "application/json", "xml": "application/xml",
    "html": "text/html", "htm": "text/html", "ics": "text/calendar", "vcf": "text/vcard", "yaml": "application/yaml",
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp",
    "bmp": "image/bmp", "heic": "image/heic", "heif": "image/heif", "avif": "image/avif", "tif": "image/tiff",
    "tiff": "image/tiff", "svg": "image/svg+xml", "dwg": "image/vnd.dwg", "psd": "image/vnd.adobe.photoshop",
    "mp3": "audio/mpeg", "ogg": "audio/ogg", "oga": "audio/ogg", "opus": "audio/ogg", "m4a": "audio/mp4",
    "aac": "audio/aac", "wav": "audio/wav", "amr": "audio/amr", "flac": "audio/flac", "wma": "audio/x-ms-wma",
    "mp4": _MP4, "m4v": "video/x-m4v", "mov": "video/quicktime", "3gp": "video/3gpp", "webm": _WEBM,
    "mkv": "video/x-matroska", "avi": "video/x-msvideo", "wmv": "video/x-ms-wmv", "mpeg": "video/mpeg",
    "mpg": "video/mpeg", "tgs": "application/x-tgsticker",
}  # fmt: skip
_ENDINGS = {
    **{mime: ending for ending, mime in reversed(_BY_ENDING.items())},
    "audio/x-wav": "wav", "audio/x-m4a": "m4a", "audio/m4a": "m4a", "audio/mp3": "mp3", "audio/opus": "ogg",
    "application/ogg": "ogg", "video/3gp": "3gp", "video/ogg": "ogv", "video/avi": "avi",
}  # fmt: skip
"""The usual ending of a type."""


def bare(mime: str | None) -> str:
    """A type without its parameters, by its usual name; empty: none is told."""
    told = (mime or "").partition(";")[0].strip().lower()
    return _SAME.get(told, told)


def type_of(sniffed: str | None, name: str | None, *claims: str | None) -> str | None:
    """A file's type: what its bytes tell (`sniffed`), made more exact by the claims, the first ones before the name.

    None: nothing is known of it.
    """
    told = bare(sniffed)
    exact = [one for one in (*map(bare, claims), type_by_name(name)) if one and one != UNKNOWN]
    if not told or told == UNKNOWN:
        return next((one for one in exact if one not in _HOLDS), next(iter(exact), None)) or told or None
    fitting = (one for one in exact if one not in _HOLDS and one.startswith(_HOLDS.get(told, ("?",))))
    return next(fitting, told)


def type_by_name(name: str | None) -> str:
    """What a file of this name usually is; empty: its ending is not known."""
    ending = ending_of(name or "").lower()
    return _BY_ENDING.get(ending) or bare(_of_python().get(f".{ending}"))


def mime_of(media: Media) -> str:
    """What the file is as far as anybody has told: its type, or else what its name says; empty: nobody knows."""
    return type_of(media.mime, media.name) or ""


@cache
def _of_python() -> Mapping[str, str]:
    """The types that Python itself knows, whatever the machine's own lists say."""
    return dict(mimetypes.MimeTypes().types_map[True])


def ending_for(mime: str | None) -> str:
    """The usual ending of a type (`pdf`); empty: it has none that is known here."""
    return _ENDINGS.get(bare(mime), "")


def ending_of(name: str) -> str:
    """What stands behind the last dot (`pdf`); empty where it can be no ending."""
    stem, dot, ending = name.rstrip(" .").rpartition(".")
    return ending if dot and stem.strip() and 0 < len(ending) <= _ENDING_LIMIT and ending.isalnum() else ""
