"""Whatever is stored says since which version gateways know it, and nothing that was stored once is taken away.

`version_1.txt` holds each tag and enum value that gateways of version 1 know, one a line. A release adds a file of its
own; none is changed but for the new name of a class.
"""

import typing
from enum import Enum, nonmember
from pathlib import Path

import msgspec
import pytest

from gateway.errors import NewerVersion, Undecodable
from gateway.model import commands as c
from gateway.model import events as e
from gateway.model import outgoing as o
from gateway.model import state as s
from gateway.model.codec import OLDEST, VERSION, Codec, _within, decode, encode
from gateway.model.ids import AccountId, ContactId, DialogId, LineId, OperatorId
from gateway.model.messages import Message
from gateway.streams.outbox import Attempt

STORED = (c.Entry, e.Recorded, o.Outbound, s.Dialog, s.Contact, s.Operator, s.Line, s.Invite, s.Templates, Attempt)
"""The kinds of payload; everything else stands inside one of them."""
KNOWN = {
    line: version
    for version in range(OLDEST, VERSION + 1)
    for path in [Path(__file__).with_name(f"version_{version}.txt")]
    if path.exists()
    for line in path.read_text().splitlines()
}


def stored():
    """Every tag and enum value that may be stored, by class and value, with the version that it says."""
    for kind in sorted({one for whole in STORED for one in _within(whole, set())}, key=lambda kind: kind.__name__):
        since = getattr(kind, "SINCE", None)
        if issubclass(kind, Enum):
            for one in kind:
                yield f"{kind.__name__} {one.value}", (since or {}).get(one.value, OLDEST)
        elif (tag := kind.__struct_config__.tag) is not None:
            yield f"{kind.__name__} {tag}", since or OLDEST


def test_what_is_new_says_since_which_version_gateways_know_it():
    wrong = [f"{one} says {since}" for one, since in stored() if since != KNOWN.get(one, VERSION)]
    assert not wrong, "a new tag or value says SINCE = VERSION, see gateway/model/codec.py"


def test_nothing_that_was_stored_once_is_taken_away():
    assert not KNOWN.keys() - dict(stored()).keys(), "entries of the version before must still read"


def test_no_enum_says_a_version_for_a_value_that_it_does_not_have():
    for kind in {one for whole in STORED for one in _within(whole, set()) if issubclass(one, Enum)}:
        assert getattr(kind, "SINCE", {}).keys() <= {one.value for one in kind}


# ── a gateway of the next version, whose entries this one finds ───────────────────────────────────────


class Rate(msgspec.Struct, frozen=True, tag="rate"):
    """A command that there is not yet."""

    SINCE: typing.ClassVar[int] = VERSION + 1
    contact: ContactId
    stars: int


class NextEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    command: c.Receive | c.Notice | Rate
    account: AccountId | None = None


class NextState(Enum):
    NEW = "new"
    SNOOZED = "snoozed"
    SINCE = nonmember({"snoozed": VERSION + 1})


class NextDialog(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    id: DialogId
    line: LineId
    account: AccountId
    contact: ContactId
    client: str
    opened_at: int
    state: NextState = NextState.NEW
    snoozed_until: int = 0


class NextRecorded(msgspec.Struct, frozen=True):
    event: e.NoticeRaised
    at: int
    cause: str
    dialog: NextDialog | None = None


NEXT = Codec(VERSION + 1)
SHOP, SALES, MARIA = AccountId("shop"), LineId("sales"), ContactId("9001")


def next_dialog(**more):
    return NextDialog(id=DialogId("1"), line=SALES, account=SHOP, contact=MARIA, client="Мария", opened_at=1, **more)


def test_what_a_newer_gateway_says_in_words_that_we_know_reads():
    entry = NextEntry(c.Receive(MARIA, Message(text="Добрый день")), SHOP)
    assert decode(NEXT.encode(entry), c.Entry) == c.Entry(c.Receive(MARIA, Message(text="Добрый день")), SHOP)
    row = decode(NEXT.encode(next_dialog(snoozed_until=5)), s.Dialog)
    assert (row.client, row.state) == ("Мария", s.DialogState.NEW)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (NextEntry(Rate(MARIA, 5), SHOP), c.Entry),
        (next_dialog(state=NextState.SNOOZED), s.Dialog),
        (NextRecorded(e.NoticeRaised(None, "x"), 1, "", next_dialog(state=NextState.SNOOZED)), e.Recorded),
    ],
    ids=["a tag", "an enum's value", "a value deep inside"],
)
def test_what_is_really_new_carries_its_version_and_stops_us(value, kind):
    written = NEXT.encode(value)
    assert written.startswith(b"%d:" % (VERSION + 1))
    with pytest.raises(NewerVersion, match=rf"{kind.__name__} of version {VERSION + 1} .*start the newer version"):
        decode(written, kind)


@pytest.mark.parametrize(
    ("payload", "kind", "names"),
    [
        (b'1:{"command":{"type":"rate","contact":"x","stars":5},"account":"shop"}', c.Entry, "'rate'"),
        (b'1:{"event":{"type":"dialog_snoozed","dialog":"1"},"at":1,"cause":"x"}', e.Recorded, "'dialog_snoozed'"),
        (b'1:{"contact":"1","job":{"type":"pin"}}', o.Outbound, "'pin'"),
        (b'1:{"contact":"1","job":{"type":"delete","sent":"1"},"urgency":9}', o.Outbound, "value 9"),
        (
            b'1:{"command":{"type":"message","contact":"1","message":{"attachments":[{"type":"poll"}]}}}',
            c.Entry,
            "'poll'",
        ),
        (b'1:{"id":"1","name":"\xd0\x90","role":"auditor"}', s.Operator, "'auditor'"),
        (b"3:{}", Attempt, "version 3"),
        (b"27:[]", s.Line, "version 27"),
    ],
)
def test_an_unknown_tag_or_value_stops_us_whatever_version_it_says(payload, kind, names):
    with pytest.raises(NewerVersion, match=names):
        decode(payload, kind)


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (b'1:{"command":{"contact":"x"}}', c.Entry),
        (b'1:{"command":{"type":5}}', c.Entry),
        (b'1:{"command":{"type":"message","contact":7}}', c.Entry),
        (b'1:{"contact":"1","job":{"type":"delete","sent":"1"},"urgency":"7"}', o.Outbound),
        (b'1:{"event":', e.Recorded),
    ],
)
def test_what_is_broken_is_no_newer_version(payload, kind):
    with pytest.raises(Undecodable):
        decode(payload, kind)


# ── the gateway before (version 1), which reads nothing that opens with another number ────────────────


def test_what_the_gateway_before_knows_is_written_so_that_it_reads_it():
    for value in (
        c.Entry(c.Receive(MARIA, Message(text="x")), SHOP),
        e.Recorded(e.NoticeRaised(None, "x"), 1, ""),
        s.Dialog(id=DialogId("1"), line=SALES, account=SHOP, contact=MARIA, client="x", opened_at=1),
        s.Operator(id=OperatorId("501"), name="Анна", role=c.Role.ADMIN),
        Attempt(),
    ):
        assert encode(value).startswith(b"1:")


# ── lifts ─────────────────────────────────────────────────────────────────────────────────────────────


class Old(msgspec.Struct, frozen=True):
    client: str
    heard: dict[int, s.DialogState] = {}


class New(msgspec.Struct, frozen=True):
    client_name: str
    heard: dict[int, s.DialogState] = {}


class Other(msgspec.Struct, frozen=True):
    client: str


BEFORE = Codec(1)
AFTER = Codec(2, {(New, 1): lambda raw: {"client_name": raw.pop("client"), **raw}})


def test_the_version_before_is_lifted_when_read_and_only_the_kind_that_changed():
    assert AFTER.decode(BEFORE.encode(Old("Мария", {3: s.DialogState.NEW})), New) == New(
        "Мария", {3: s.DialogState.NEW}
    )
    assert AFTER.decode(AFTER.encode(New("Иван")), New) == New("Иван")
    assert AFTER.decode(BEFORE.encode(Other("Пётр")), Other) == Other("Пётр")


def test_a_kind_that_was_changed_is_written_so_that_the_version_before_stops_at_it():
    assert AFTER.encode(New("Иван")).startswith(b"2:")
    assert AFTER.encode(Other("Иван")).startswith(b"1:")
    with pytest.raises(NewerVersion):
        BEFORE.decode(AFTER.encode(New("Иван")), Old)


def test_lifts_of_two_versions_are_done_one_after_another():
    steps = {
        (Other, 1): lambda raw: {"who": raw["name"]},
        (Other, 2): lambda raw: {"client": raw["who"]},
    }
    assert Codec(3, steps).decode(b'1:{"name":"x"}', Other) == Other("x")
    assert Codec(3, steps).decode(b'2:{"who":"x"}', Other) == Other("x")
    assert Codec(3, steps).decode(b'3:{"client":"x"}', Other) == Other("x")


def test_a_lift_that_fails_is_a_broken_entry():
    with pytest.raises(Undecodable):
        AFTER.decode(b'1:{"nobody":1}', New)
