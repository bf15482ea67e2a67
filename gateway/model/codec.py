"""JSON and back: the only module that knows how the normal form looks in a stream or a key.

Every payload opens with its version, `1:{…}`: the oldest version whose gateways can read it. An older gateway goes on
reading a newer one's entries until the first that it cannot understand; there it stops (`NewerVersion`), and nothing is
buried or skipped. So a rolling upgrade and going back one version both work; what is really new waits for who knows it.

How something is added to what is stored (`VERSION` is raised once per release, by its first change that needs it):

- a field: give it a default that means "as before". Nothing else; an older gateway leaves it out.
- a tag (a command, an event, a job, an attachment): `SINCE: ClassVar[int] = VERSION` as a number in its class.
- a value of an enum: `SINCE = nonmember({"value": 2})` in the enum, with `VERSION` as a number.
- anything else (a field renamed, of another type or meaning): raise the version and add to `LIFTS` a step from
  `(kind, version before)` for each kind of payload that holds it. An older gateway reads no such kind any more.
- nothing that was stored once is taken away: entries of the version before must read. `tests/model/test_versions.py`
  knows all tags and values of each version, and fails for one that says nothing of its version or is gone.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

from gateway.errors import NewerVersion, Undecodable

T = TypeVar("T")
Lift = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns a payload's plain form of one version into that of the next."""

OLDEST = 1
"""The first version that there was; what says nothing else can be read by its gateways."""
VERSION = 2
"""The newest that this gateway knows."""
LIFTS: Mapping[tuple[type, int], Lift] = {}
"""By kind of payload and version: the step to the next version."""

_UNKNOWN = re.compile(r"Invalid (?:enum )?value ")
"""How msgspec opens its sentence about a tag or an enum's value that there is not; `test_codec.py` holds it to that."""


class Codec:
    """Reads every version from `OLDEST` to `version`, and writes each payload as the oldest that can read it."""

    def __init__(self, version: int, lifts: Mapping[tuple[type, int], Lift] | None = None) -> None:
        self.version = version
        self._lifts = dict(lifts or {})
        self._floors: dict[type, int] = {}
        for kind, before in self._lifts:
            self._floors[kind] = max(before + 1, self._floors.get(kind, OLDEST))
        self._encoder = msgspec.json.Encoder()
        self._decoders: dict[Any, msgspec.json.Decoder[Any]] = {}

    def encode(self, value: object) -> bytes:
        """A payload: version, colon, JSON."""
        version = max(_version_of(value), self._floors.get(type(value), OLDEST))
        return b"%d:%b" % (version, self._encoder.encode(value))

    def decode(self, payload: bytes, kind: type[T]) -> T:
        """Reads a payload as `kind`.

        Raises:
            NewerVersion: a newer gateway wrote it, by its version or by a tag or value that is not known here.
            Undecodable: it is broken, not of that kind, or older than all that this codec reads.
        """
        head, colon, body = payload.partition(b":")
        if not colon or not head.isdigit():
            raise Undecodable("an entry without a version: it was not written by a gateway")
        version = int(head)
        if version > self.version:
            raise NewerVersion(
                f"{_name(kind)} of version {version} was written by a newer gateway, and this one reads up to"
                f" {self.version}: start the newer version again; until then nothing of it is lost",
                what=f"{_name(kind)} {version} > {self.version}",
            )
        if version < OLDEST:
            raise Undecodable(f"an entry of version {version}; this gateway reads {OLDEST} to {self.version}")
        try:
            return self._decoder(kind).decode(self._lifted(kind, version, body))
        except msgspec.ValidationError as error:
            if _UNKNOWN.match(str(error)):
                raise NewerVersion(
                    f"{_name(kind)} holds something that this gateway does not know ({error}): a newer one wrote it."
                    " Start the newer version again; until then nothing of it is lost",
                    what=f"{_name(kind)}: {_UNKNOWN.sub('', str(error))}",
                ) from error
            raise Undecodable(f"an entry of version {version} is not a {_name(kind)}: {error}") from error
        except (msgspec.MsgspecError, ValueError, KeyError, TypeError) as error:
            raise Undecodable(f"an entry of version {version} is not a {_name(kind)}: {error}") from error

    def _lifted(self, kind: type, version: int, body: bytes) -> bytes:
        if version >= self._floors.get(kind, OLDEST):
            return body
        raw = msgspec.json.decode(body)
        for before in range(version, self.version):
            step = self._lifts.get((kind, before))
            raw = raw if step is None else step(raw)
        return self._encoder.encode(raw)

    def _decoder(self, kind: type[T]) -> msgspec.json.Decoder[T]:
        found = self._decoders.get(kind)
        if found is None:
            found = self._decoders[kind] = msgspec.json.Decoder(kind)
        return found


def _name(kind: type) -> str:
    return getattr(kind, "__name__", str(kind))


def _version_of(value: object) -> int:
    """The oldest version whose gateways know every tag and enum value in it."""
    if isinstance(value, msgspec.Struct):
        since, fields = _plan(type(value))
        for name in fields:
            since = max(since, _version_of(getattr(value, name)))
        return since
    if isinstance(value, Enum):
        return int(getattr(type(value), "SINCE", {}).get(value.value, OLDEST))
    if isinstance(value, tuple | list):
        return max(map(_version_of, value), default=OLDEST)
    if isinstance(value, dict):
        return max(map(_version_of, (*value, *value.values())), default=OLDEST)
    return OLDEST


_plans: dict[type, tuple[int, tuple[str, ...]]] = {}


def _plan(kind: type[msgspec.Struct]) -> tuple[int, tuple[str, ...]]:
    """A struct's own version, and the fields in which something newer may stand: mostly none, so that it is quick."""
    found = _plans.get(kind)
    if found is None:
        hints = get_type_hints(kind)
        names = (name for name in kind.__struct_fields__ if any(map(_is_newer, _within(hints[name], set()))))
        found = _plans[kind] = (getattr(kind, "SINCE", OLDEST), tuple(names))
    return found


def _is_newer(kind: type) -> bool:
    since = getattr(kind, "SINCE", OLDEST)
    return bool(since) if isinstance(since, dict) else since > OLDEST


def _within(hint: Any, seen: set[Any]) -> Iterator[type]:  # noqa: ANN401 - an annotation
    """Every struct and enum that a value of this annotation may hold."""
    hint = getattr(hint, "__supertype__", hint)
    if arguments := get_args(hint):
        for one in arguments:
            yield from _within(one, seen)
    elif isinstance(hint, type) and hint not in seen and issubclass(hint, msgspec.Struct | Enum):
        seen.add(hint)
        yield hint
        if issubclass(hint, msgspec.Struct):
            hints = get_type_hints(hint)
            for name in hint.__struct_fields__:
                yield from _within(hints[name], seen)


CODEC = Codec(VERSION, LIFTS)
"""What this gateway speaks."""

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
