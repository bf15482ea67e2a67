"""JSON and back: the only module that knows how the normal form looks in a stream or a key.

Every payload opens with its version, `1:{…}`. Entries of the version before are lifted by a step of `lifts`
when read, so that an upgrade finds its backlog readable; anything older or newer is refused, never guessed at.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from gateway.errors import Undecodable

T = TypeVar("T")
Lift = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns a payload's plain form of one version into that of the next."""


class Codec:
    """Writes `version`, reads it and every version that `lifts` has a step from."""

    def __init__(self, version: int, lifts: Mapping[int, Lift]) -> None:
        self.version = version
        self._lifts = dict(lifts)
        self._encoder = msgspec.json.Encoder()
        self._decoders: dict[Any, msgspec.json.Decoder[Any]] = {}

    def encode(self, value: object) -> bytes:
        """A payload: version, colon, JSON."""
        return b"%d:%b" % (self.version, self._encoder.encode(value))

    def decode(self, payload: bytes, kind: type[T]) -> T:
        """Reads a payload as `kind`.

        Raises:
            Undecodable: it is of a version that this codec has no way from, or not of that kind.
        """
        head, colon, body = payload.partition(b":")
        if not colon or not head.isdigit():
            raise Undecodable("an entry without a version: it was not written by a gateway")
        version = int(head)
        try:
            if version == self.version:
                return self._decoder(kind).decode(body)
            if version in self._lifts:
                return msgspec.convert(self._lifted(version, msgspec.json.decode(body)), kind)
        except (msgspec.MsgspecError, ValueError, KeyError, TypeError) as error:
            raise Undecodable(f"an entry of version {version} is not a {kind.__name__}: {error}") from error
        known = ", ".join(str(one) for one in (*sorted(self._lifts), self.version))
        raise Undecodable(f"an entry of version {version}; this gateway reads {known}")

    def _lifted(self, version: int, raw: dict[str, Any]) -> dict[str, Any]:
        while version != self.version:
            raw = self._lifts[version](raw)
            version += 1
        return raw

    def _decoder(self, kind: type[T]) -> msgspec.json.Decoder[T]:
        found = self._decoders.get(kind)
        if found is None:
            found = self._decoders[kind] = msgspec.json.Decoder(kind)
        return found


CODEC = Codec(version=1, lifts={})
"""What this gateway speaks. A change of a stored struct that old entries do not fit raises the version and adds
a lift; a new field with a default needs neither."""

encode = CODEC.encode
decode = CODEC.decode


def raw_object(raw: msgspec.Raw) -> dict[str, Any]:
    """A vendor's object that was stored as it came.

    Raises:
        Undecodable: it is no JSON object.
    """
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise Undecodable(f"what was stored is no JSON object: {error}") from error


def dump(value: object) -> bytes:
    """Plain JSON, for a column or field that is read by its own code only; stream payloads use `encode`."""
    return msgspec.json.encode(value)


def load(body: bytes | str, kind: type[T]) -> T:
    """Reads what `dump` wrote.

    Raises:
        Undecodable: it is not that.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as error:
        raise Undecodable(f"what was stored is not a {kind.__name__}: {error}") from error


def to_builtins(value: object) -> Any:  # noqa: ANN401 - the point is to leave the types
    """Plain dicts and lists, for command-line output and goldens."""
    return msgspec.to_builtins(value, str_keys=True)
