"""A call's parameters from wherever a client may put them: query, JSON, form or multipart with files.

Values stay as they came; the getters read them as leniently as the real server does.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from aiohttp import BodyPartReader, MultipartReader, StreamReader, hdrs

from sandbox.telegram.errors import TOO_LARGE, ApiError, bad_request
from sandbox.toolkit.uploads import Upload
from sandbox.wire import Json, decode


class Parameters:
    """One call's named values and files."""

    def __init__(self, values: Json, files: dict[str, Upload] | None = None) -> None:
        self.values = values
        self.files = files or {}

    def text(self, name: str) -> str:
        """The value as text; empty when it is absent."""
        value = self.values.get(name)
        if value is None:
            return ""
        return value if isinstance(value, str) else str(value)

    def integer(self, name: str, default: int = 0) -> int:
        try:
            return int(self.values.get(name, default))
        except (TypeError, ValueError):
            return default

    def number(self, name: str) -> float | None:
        try:
            return float(self.values[name])
        except (KeyError, TypeError, ValueError):
            return None

    def flag(self, name: str) -> bool:
        value = self.values.get(name)
        return value if isinstance(value, bool) else str(value).lower() in {"true", "yes", "1"}

    def parsed(self, name: str) -> Any:  # noqa: ANN401 - JSON of any shape, checked by its reader
        """A JSON value, whether it came as JSON or as JSON inside a string; None when absent or empty."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return decode(value)
        except msgspec.DecodeError as error:
            raise bad_request(f"can't parse {name} JSON object") from error

    def object(self, name: str) -> Json:
        """A JSON object; empty when absent."""
        value = self.parsed(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise bad_request(f"object expected as {name.replace('_', ' ')}")
        return value

    def list(self, name: str) -> list[Any]:
        """A JSON array; empty when absent."""
        value = self.parsed(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise bad_request(f"can't parse {name}: expected an Array")
        return value


async def read_parameters(
    headers: Mapping[str, str], body: StreamReader, query: Mapping[str, str], max_bytes: int
) -> Parameters:
    """Reads a request (or a webhook's answer); raises ApiError 413 for a file above `max_bytes`."""
    values: Json = dict(query)
    kind = headers.get(hdrs.CONTENT_TYPE, "").partition(";")[0].strip().lower()
    if kind.startswith("multipart/"):
        return await _read_multipart(values, MultipartReader(headers, body), max_bytes)
    content = await body.read()
    if not content:
        return Parameters(values)
    if kind == "application/json":
        values.update(_read_object(content))
    else:
        values.update(parse_qsl(content.decode("utf-8", "replace"), keep_blank_values=True))
    return Parameters(values)


def _read_object(content: bytes) -> Json:
    try:
        values = decode(content)
    except msgspec.DecodeError as error:
        raise bad_request("can't parse JSON object") from error
    if not isinstance(values, dict):
        raise bad_request("object expected")
    return values


async def _read_multipart(values: Json, reader: MultipartReader, max_bytes: int) -> Parameters:
    files: dict[str, Upload] = {}
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader) or not part.name:
            continue
        content = await _read_part(part, max_bytes)
        if part.filename is None:
            values[part.name] = content.decode("utf-8", "replace")
        else:
            mime = part.headers.get(hdrs.CONTENT_TYPE, "application/octet-stream")
            files[part.name] = Upload(part.filename, mime, content)
    return Parameters(values, files)


async def _read_part(part: BodyPartReader, max_bytes: int) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(256 * 1024):
        content += chunk
        if len(content) > max_bytes:
            raise ApiError(*TOO_LARGE)
    return bytes(part.decode(content)) if hdrs.CONTENT_TRANSFER_ENCODING in part.headers else bytes(content)
