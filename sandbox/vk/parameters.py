"""A call's parameters from wherever a client may put them: query, form, or multipart with files.

Values stay as they came; the getters read them as VK does and refuse with code 100.
"""

from urllib.parse import parse_qsl

import msgspec
from aiohttp import hdrs, web

from sandbox.toolkit.uploads import read_form
from sandbox.vk.errors import missing
from sandbox.wire import Json, decode

_INT32 = 1 << 32
_HALF = 1 << 31
_BEARER = "Bearer "


class Parameters:
    """One call's named values."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values = values

    def __contains__(self, name: str) -> bool:
        return self.values.get(name, "") != ""

    def text(self, name: str) -> str:
        """The value; empty when it is absent."""
        return self.values.get(name, "")

    def integer(self, name: str, default: int = 0) -> int:
        """A whole number; raises VkError 100 for anything else."""
        given = self.values.get(name, "").strip()
        if not given:
            return default
        try:
            return int(given)
        except ValueError:
            raise missing(f"{name} not integer") from None

    def needed(self, name: str) -> int:
        """A whole number that must be there."""
        if name not in self:
            raise missing(f"{name} is undefined")
        return self.integer(name)

    def int32(self, name: str) -> int:
        """A number of 32 bits; what is out of range wraps around."""
        return (self.integer(name) + _HALF) % _INT32 - _HALF

    def decimal(self, name: str) -> float | None:
        try:
            return float(self.values[name])
        except (KeyError, ValueError):
            return None

    def flag(self, name: str) -> bool:
        return self.text(name) in {"1", "true", "True"}

    def words(self, name: str) -> list[str]:
        """A list with commas."""
        return [one.strip() for one in self.text(name).split(",") if one.strip()]

    def integers(self, name: str) -> list[int]:
        """Numbers with commas; raises VkError 100."""
        try:
            return [int(one) for one in self.words(name)]
        except ValueError:
            raise missing(f"{name} is invalid") from None

    def object(self, name: str) -> Json:
        """A JSON object inside the value; raises VkError 100."""
        try:
            value = decode(self.text(name))
        except msgspec.DecodeError:
            raise missing(f"{name} should be a JSON object") from None
        if not isinstance(value, dict):
            raise missing(f"{name} should be a JSON object")
        return value


async def read_parameters(request: web.Request) -> Parameters:
    """Reads a call; a token in the header counts as one of the parameters."""
    values = dict(request.query)
    if request.content_type.startswith("multipart/"):
        values.update((await read_form(request)).fields)
    else:
        content = await request.text()
        values.update(parse_qsl(content, keep_blank_values=True))
    bearer = request.headers.get(hdrs.AUTHORIZATION, "")
    if bearer.startswith(_BEARER):
        values.setdefault("access_token", bearer.removeprefix(_BEARER).strip())
    return Parameters(values)
