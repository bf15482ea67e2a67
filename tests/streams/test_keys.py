import pytest

from gateway.errors import SettingsError
from gateway.model.ids import AccountId, ContactId, DeskId, DialogId, LineId, OperatorId
from gateway.streams.keys import Keys

KEYS = Keys("gateway", DeskId("main"))


def every_key(keys: Keys) -> list[str]:
    account, contact, dialog = AccountId("owner"), ContactId("c"), DialogId("7")
    made = [
        keys.inbox(LineId("sales")), keys.outbox(account), keys.attempts(account), keys.lease("owner"),
        keys.seen(account, 1), keys.seen(None, 1), keys.poll(account), keys.holds(account),
        keys.stopped(account, contact),
        keys.native(account, 1), keys.dialog(dialog), keys.contact(account, contact), keys.mine(OperatorId("5")),
        keys.shown(dialog), keys.drawn(dialog),
        keys.live(account, contact), keys.live_keys(account, contact), keys.feed(account),
    ]  # fmt: skip
    return made + [key for key in vars(keys).values() if ":" in key and key != "gateway:{main}:"]


def test_every_key_is_in_the_desks_slot_and_none_is_like_another() -> None:
    keys = every_key(KEYS)
    assert len(set(keys)) == len(keys)
    assert all(key.startswith("gateway:{main}:") for key in keys)


def test_a_name_is_the_key_without_prefix_and_desk_and_leads_back() -> None:
    for key in every_key(KEYS):
        assert KEYS.of_name(KEYS.name_of(key)) == key
    assert KEYS.name_of(KEYS.staff) == "inbox:staff"
    assert KEYS.name_of(KEYS.inbox(LineId("sales"))) == "inbox:sales"


def test_no_line_may_take_the_staffs_inbox() -> None:
    with pytest.raises(SettingsError, match="staff"):
        KEYS.inbox(LineId("staff"))


@pytest.mark.parametrize(("prefix", "desk"), [("a{b", "main"), ("", "main"), ("gateway", "ma}in"), ("gateway", "")])
def test_a_name_that_would_break_the_hash_tag_is_refused(prefix: str, desk: str) -> None:
    with pytest.raises(SettingsError, match="braces"):
        Keys(prefix, DeskId(desk))
