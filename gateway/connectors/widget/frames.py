"""What a visitor's page may say, one frame of JSON at a time. Pure; a frame is read whole or refused, unknown types
and fields are passed over, and no text keeps what could not be written down again.
"""

import json
from collections.abc import Mapping
from re import ASCII, fullmatch
from re import compile as pattern
from typing import Annotated, Any, NoReturn

import msgspec
from msgspec import Meta, Struct

from gateway.connectors.toolkit.files import cut_name
from gateway.model.messages import Visit

FRAME_LIMIT = 32 * 1024
"""Bytes."""
TEXT_LIMIT = 4096
"""UTF-16 code units."""
_URL_LIMIT, _TITLE_LIMIT, _NAME_LIMIT, _FILES_LIMIT = 2000, 200, 120, 10
_LONGEST_NAME = 4096
"""What of a file's name is looked at, to find its ending."""
_CONTROLS = pattern(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")
_BENDERS = pattern(r"[\u202a-\u202e\u2066-\u2069]")
"""They let a name read otherwise than it is, such as gpj.exe for exe.jpg."""

ClientId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]
Pointer = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.#-]{1,64}\Z")]
Short = Annotated[str, Meta(max_length=4096)]
Long = Annotated[str, Meta(max_length=16384)]


class Page(Struct, frozen=True):
    url: Long = ""
    title: Long | None = None
    referrer: Long | None = None


class Person(Struct, frozen=True):
    """What a visitor says of themselves: claims."""

    name: Short | None = None
    phone: Short | None = None
    email: Short | None = None
    consent: bool = False


class File(Struct, frozen=True):
    upload: Short | None = None
    name: Short | None = None
    kind: Short | None = None


class Hello(Struct, frozen=True, tag="hello"):
    token: Short
    after: Annotated[str, Meta(max_length=64)] | None = None
    language: Short | None = None
    visit: Page | None = None


class Words(Struct, frozen=True, tag="message"):
    id: ClientId
    text: str = ""
    files: Annotated[tuple[File, ...], Meta(max_length=_FILES_LIMIT)] = ()
    reply_to: Pointer | None = None
    profile: Person | None = None
    visit: Page | None = None


class Press(Struct, frozen=True, tag="press"):
    id: ClientId
    message: Pointer
    data: Annotated[str, Meta(min_length=1, max_length=256)]


class Typing(Struct, frozen=True, tag="typing"):
    pass


class Read(Struct, frozen=True, tag="read"):
    id: Pointer


class Visiting(Struct, frozen=True, tag="visit"):
    visit: Page


class Ping(Struct, frozen=True, tag="ping"):
    n: int | str | None = None


class Renewed(Struct, frozen=True, tag="token"):
    token: Short


Frame = Hello | Words | Press | Typing | Read | Visiting | Ping | Renewed
TYPES = frozenset(str(msgspec.inspect.type_info(one).tag) for one in Frame.__args__)  # type: ignore[attr-defined]


class Unreadable(ValueError):
    """A frame that is none, in a sentence that repeats nothing of it."""


def decode(text: str | bytes) -> Any:  # noqa: ANN401 - any JSON
    """JSON with nothing in it that cannot be written as JSON again.

    Raises:
        Unreadable: it is not JSON.
    """
    try:
        whole = text.decode("utf-8") if isinstance(text, bytes) else text
        found = json.loads(whole, parse_constant=_refuse)
    except RecursionError:
        raise Unreadable("the body is nested too deeply") from None
    except ValueError:
        raise Unreadable("the body is not JSON") from None
    return found


def read(raw: object) -> Frame | None:
    """A frame; None: of a type that is not known here.

    Raises:
        Unreadable: of a known type, and not as it should be.
    """
    if not isinstance(raw, Mapping) or not isinstance(raw.get("type"), str):
        raise Unreadable("a frame is a JSON object with a type")
    if raw["type"] not in TYPES:
        return None
    try:
        found: Frame = msgspec.convert(raw, Frame)
    except (msgspec.ValidationError, ValueError):
        raise Unreadable(f"a frame {raw['type']} is not as the protocol says") from None
    return found


def id_of(raw: object) -> str | None:
    """The client's id in what may be no frame at all, so that a refusal can name it."""
    found = raw.get("id") if isinstance(raw, Mapping) else None
    return found if isinstance(found, str) and fullmatch(r"[A-Za-z0-9_-]{1,64}", found, ASCII) else None


def units(text: str) -> int:
    """The text's length as browsers and Telegram count it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cleaned(text: str) -> str:
    """Without control characters and half surrogate pairs, which neither a database nor a reader wants."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _CONTROLS.sub("", whole.replace("\r\n", "\n").replace("\r", "\n")).strip()


def line(text: str | None, limit: int = _TITLE_LIMIT) -> str | None:
    """One short line of a claim; None: nothing is left of it."""
    found = " ".join(_BENDERS.sub("", cleaned(text or "")).split())[:limit].strip()
    return found or None


def file_name(text: str | None) -> str | None:
    """A file's name without any folder; a claim, good for showing only."""
    found = line((text or "").replace("\\", "/").rsplit("/", 1)[-1], _LONGEST_NAME)
    return None if found in {None, ".", ".."} or found is None else cut_name(found, _NAME_LIMIT)


def language(text: str | None) -> str | None:
    """A language tag as browsers write it."""
    return text if text and fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}", text, ASCII) else None


def visit(page: Page | None) -> Visit | None:
    """The page somebody writes from; None: it has no address of the web."""
    if page is None or (url := _address(page.url)) is None:
        return None
    return Visit(url=url, title=line(page.title), referrer=_address(page.referrer or ""))


def _address(given: str) -> str | None:
    found = cleaned(given)[:_URL_LIMIT]
    return found if fullmatch(r"https?://[^\s/?#\"'<>\\]+[^\s\"'<>\\]*", found) else None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
