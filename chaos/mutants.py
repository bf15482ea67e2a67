"""Bodies that no vendor would send: a genuine one, spoilt by chance, first as a tree and then as bytes.

Everything comes from the seed. Ids are changed as well, or nearly all would be known as repeats and never be read.
"""

import copy
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Any

Json = Any
Tree = dict[str, Json] | list[Json]

_ODD = (
    "", " ", "\x00", "\u202egpj.exe", "я" * 3_000, "😀" * 1_000, "👨\u200d👩\u200d👧", "a\u0301" * 300, "\ud83d",
    "\udc00\ud800", "\ufeff", "\u2028", "%s%n{}{0}", "<b>&amp;", "../../etc/passwd", "https://[broken", "http://127.0.0.1/",
    "-1", "1e999", "NaN", "null",
)  # fmt: skip
_NUMBERS = (0, -1, 1, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 2**64, 10**400, 1.5, -0.0, 1e308, 5e-324, 1e400, -1e400)
_OTHERS: tuple[Json, ...] = (None, True, False, [], {}, [[]], [None], {"": None}, [{}], {"type": "photo"})
_LARGE = 2_000
"""Values in a body that is not spoilt any further."""
_SMALL = 1_000
"""Characters of a value that may be repeated a hundred times."""
_LONGEST = 3 * 2**20
"""Bytes; whatever is above one megabyte is refused by its length."""
_DEPTHS = (2, 20, 200, 700)
_LEAST_ID = 100


def mutants(bodies: Sequence[Json], kept: AbstractSet[str], chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Without end: how a body was spoilt, and the body. `kept` are ids that stay what they are."""
    while True:
        try:
            kind, body = _mutant(bodies, kept, chance)
        except RecursionError:
            # Nested deeper than can be written here; as bytes there are deeper ones.
            continue
        if len(body) < _LONGEST:
            yield kind, body


def _mutant(bodies: Sequence[Json], kept: AbstractSet[str], chance: random.Random) -> tuple[str, bytes]:
    tree = renewed(copy.deepcopy(chance.choice(bodies)), kept, chance)
    name = ""
    for _ in range(chance.choice((1, 1, 2, 4))):
        if name and sum(1 for _ in islice(_places(tree), _LARGE)) == _LARGE:
            # What is large already would grow beyond all bounds.
            break
        name = chance.choice(sorted(_SHAPES))
        _SHAPES[name](tree, bodies, chance)
    body = written(tree, chance)
    if chance.random() < _RAW:
        name = chance.choice(sorted(_BYTES))
        body = _BYTES[name](body, chance)
    return name, body


_RAW = 0.25
"""How many are spoilt as bytes too."""


_CHANGED = 0.8
"""How many ids are others, and how many bodies are written in the usual way."""


def renewed(tree: Json, kept: AbstractSet[str], chance: random.Random, *, share: float = _CHANGED) -> Json:
    """The body with other ids, so that it is no repeat; `share` of them are changed."""
    for place, key in list(_places(tree)):
        old = place[key]
        is_id = isinstance(old, int) and not isinstance(old, bool) and old >= _LEAST_ID and str(old) not in kept
        is_word = isinstance(old, str) and "id" in str(key) and old not in kept
        if is_id and chance.random() < share:
            place[key] = max(_LEAST_ID, old + chance.randint(-50, 10**6))
        elif is_word and chance.random() < share:
            place[key] = (
                f"{chance.getrandbits(64):x}" if not old.isdecimal() else str(int(old) + chance.randint(1, 10**6))
            )
    return tree


def written(tree: Json, chance: random.Random) -> bytes:
    """As JSON, now with letters as they are and now as escapes; what is no JSON (NaN, half letters) among it."""
    if chance.random() < _CHANGED:
        return json.dumps(tree, ensure_ascii=True).encode()
    return json.dumps(tree, ensure_ascii=False, indent=chance.choice((None, 1))).encode("utf-8", "surrogatepass")


def _places(tree: Json) -> Iterator[tuple[Json, Any]]:
    """Every value's container and key; without recursion, for trees may be deep."""
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        keys = list(one) if isinstance(one, dict) else range(len(one)) if isinstance(one, list) else ()
        for key in keys:
            yield one, key
            waiting.append(one[key])


def _place(tree: Json, chance: random.Random) -> tuple[Json, Any] | None:
    found = list(_places(tree))
    return chance.choice(found) if found else None


def _odd(chance: random.Random) -> Json:
    return copy.deepcopy(chance.choice(chance.choice((_ODD, _NUMBERS, _OTHERS))))


# ── as a tree ─────────────────────────────────────────────────────────────────────────────────────────


def _retyped(tree: Tree, _: Sequence[Json], chance: random.Random) -> None:
    if (found := _place(tree, chance)) is not None:
        found[0][found[1]] = _odd(chance)


def _missing(tree: Tree, _: Sequence[Json], chance: random.Random) -> None:
    if (found := _place(tree, chance)) is not None:
        del found[0][found[1]]


def _extra(tree: Tree, _: Sequence[Json], chance: random.Random) -> None:
    place = chance.choice([tree, *(place for place, _ in _places(tree))])
    if isinstance(place, dict):
        place[chance.choice(("unknown", "", "type", "id", "text", "ключ", "__class__"))] = _odd(chance)
    elif isinstance(place, list):
        place.insert(chance.randint(0, len(place)), _odd(chance))


def _nested(tree: Tree, _: Sequence[Json], chance: random.Random) -> None:
    if (found := _place(tree, chance)) is not None:
        place, key = found
        for _n in range(chance.choice(_DEPTHS)):
            place[key] = {key: place[key]} if isinstance(place, dict) and chance.random() < _CHANGED else [place[key]]


def _swapped(tree: Tree, others: Sequence[Json], chance: random.Random) -> None:
    """A value in the place of another, of its own body or of another one."""
    other = chance.choice((tree, chance.choice(others)))
    here, there = _place(tree, chance), _place(other, chance)
    if here is not None and there is not None:
        here[0][here[1]] = copy.deepcopy(there[0][there[1]])


def _repeated(tree: Tree, _: Sequence[Json], chance: random.Random) -> None:
    if (found := _place(tree, chance)) is not None:
        place, key = found
        one = place[key]
        is_small = len(str(one)) < _SMALL
        place[key] = (one if isinstance(one, list) else [one]) * chance.choice((2, 10, 100) if is_small else (2, 3))
        if isinstance(one, str):
            place[key] = one * chance.choice((2, 50) if is_small else (2, 3))


def _renamed(tree: Tree, _: Sequence[Json], chance: random.Random) -> None:
    if (found := _place(tree, chance)) is not None and isinstance(found[0], dict):
        place, key = found
        place[chance.choice((key.upper(), f"{key}s", f" {key}", key[:-1]))] = place.pop(key)


_SHAPES: Mapping[str, Callable[[Tree, Sequence[Json], random.Random], None]] = {
    "another type or an odd value": _retyped,
    "a field missing": _missing,
    "a field too many": _extra,
    "deep nesting": _nested,
    "values swapped": _swapped,
    "values repeated": _repeated,
    "a field renamed": _renamed,
}


# ── as bytes ──────────────────────────────────────────────────────────────────────────────────────────


def _flipped(body: bytes, chance: random.Random) -> bytes:
    found = bytearray(body)
    for _ in range(chance.choice((1, 1, 3, 20))):
        # The first byte stays: a body that is no object carries no secret, and proves nothing.
        at = chance.randrange(1, max(2, len(found)))
        if at < len(found):
            found[at] ^= 1 << chance.randrange(8)
    return bytes(found)


def _cut(body: bytes, chance: random.Random) -> bytes:
    return body[: chance.randrange(1, len(body) + 1)]


def _inserted(body: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(1, len(body) + 1)
    what = chance.choice(
        (b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b",", b"}", b"[" * 5_000, b'{"a":' * 5_000, chance.randbytes(16))
    )
    return body[:at] + what + body[at:]


def _doubled(body: bytes, chance: random.Random) -> bytes:
    del chance
    return body + body


def _recoded(body: bytes, chance: random.Random) -> bytes:
    text = body.decode("utf-8", "replace")
    return text[:1].encode() + text[1:].encode(chance.choice(("utf-16-le", "cp1251", "utf-7")), "replace")


_BYTES: Mapping[str, Callable[[bytes, random.Random], bytes]] = {
    "bits flipped": _flipped,
    "cut off": _cut,
    "bytes put in": _inserted,
    "sent twice in one": _doubled,
    "another encoding": _recoded,
}
KINDS = (*_SHAPES, *_BYTES)
