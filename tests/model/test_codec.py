"""What was written reads back as it was; what is broken is refused by name. (Versions: `test_versions.py`.)"""

import typing

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import Undecodable
from gateway.model import commands as c
from gateway.model import events as e
from gateway.model import messages as m
from gateway.model import outgoing as o
from gateway.model import state as s
from gateway.model.codec import OLDEST, decode, encode

text = st.text(max_size=20)


def structs(kind: object) -> st.SearchStrategy:
    """Any value of a struct or union of ours, from its annotations."""
    if kind is msgspec.Raw:
        return st.just(msgspec.Raw(b'{"update_id":1}'))
    if kind is float:
        return st.floats(allow_nan=False, allow_infinity=False, width=32)
    if kind is int:
        return st.integers(-(2**53), 2**53)
    if kind is str:
        return text
    if kind is dict or kind is typing.Any:
        return st.dictionaries(text, st.integers(0, 9), max_size=2)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return st.lists(structs(arguments[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*(structs(one) for one in arguments))
    if origin is dict:
        return st.dictionaries(structs(arguments[0]), structs(arguments[1]), max_size=2)
    if arguments:
        return st.one_of(*(structs(one) for one in arguments))
    if isinstance(kind, typing.NewType):
        return structs(kind.__supertype__)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = typing.get_type_hints(kind)
        return st.builds(kind, **{name: structs(hints[name]) for name in kind.__struct_fields__})
    return st.from_type(kind)


WHOLE = [c.Entry, e.Recorded, o.Outbound, s.Dialog, s.Contact, s.Operator, s.Line, s.Invite, s.Templates]


@pytest.mark.parametrize("kind", WHOLE, ids=lambda kind: kind.__name__)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_was_written_reads_back(kind, data):
    value = data.draw(structs(kind))
    again = decode(encode(value), kind)
    if kind is c.Entry and isinstance(value.command, c.StaffUpdate):
        assert bytes(again.command.update) == bytes(value.command.update)
    else:
        assert again == value


def test_every_member_of_the_unions_reads_back_under_its_own_tag():
    tags = [one.__struct_config__.tag for one in typing.get_args(e.Event)]
    assert len(tags) == len(set(tags))
    tags = [one.__struct_config__.tag for one in (*typing.get_args(c.Command), c.Ignored, c.StaffUpdate)]
    assert len(tags) == len(set(tags))


def test_a_payload_opens_with_its_version():
    assert encode(m.Location(1.0, 2.0)).startswith(b"%d:{" % OLDEST)


def test_a_field_added_with_a_default_needs_no_new_version():
    class Old(msgspec.Struct, frozen=True):
        client: str

    class New(msgspec.Struct, frozen=True):
        client: str
        phone: str = ""

    assert decode(encode(Old("Мария")), New) == New("Мария")


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (b"", "without a version"),
        (b"{}", "without a version"),
        (b"0:{}", "version 0"),
        (b"1:{", "is not a Location"),
        (b'1:{"latitude":"x"}', "is not a Location"),
        (b"1:\xff", "is not a Location"),
    ],
)
def test_anything_else_is_refused_by_name(payload, told):
    with pytest.raises(Undecodable, match=told):
        decode(payload, m.Location)
