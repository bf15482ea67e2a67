"""What a batch's decisions are as Redis commands, where no other test of the rules looks."""

from gateway.model import events as e
from gateway.model.ids import AccountId, ContactId, DeskId, DialogId, LineId, MessageId, NativeId
from gateway.model.messages import Message, Profile
from gateway.model.state import Contact, Dialog, DialogState
from gateway.router.plan import EventInContext, plan
from gateway.router.state.rows import Changes, Rows
from gateway.streams.keys import Keys

KEYS = Keys("gateway", DeskId("main"))
SHOP, MARIA, SALES, NOW = AccountId("shop"), ContactId("9001"), LineId("sales"), 1_750_000_000_000


def received(number: int) -> EventInContext:
    dialog = Dialog(
        id=DialogId("1"), line=SALES, account=SHOP, contact=MARIA, client="Мария", opened_at=NOW, state=DialogState.NEW
    )
    message = Message(native=NativeId(str(number)), text="Добрый день")
    event = e.MessageReceived(dialog=dialog.id, id=MessageId(f"1.{number}"), message=message, state=DialogState.NEW)
    return EventInContext(event=event, at=NOW, cause=f"inbox:sales:{number}-0", line=SALES, dialog=dialog)


def test_a_batchs_messages_are_remembered_in_few_commands_that_a_script_can_take() -> None:
    count = 1200
    commands = plan(KEYS, Rows(AccountId("staff")), Changes(), [received(one) for one in range(count)], sequence=0)
    key = KEYS.native(SHOP, NOW // (7 * 24 * 3600 * 1000))
    hashes = [one for one in commands if one[:2] == ("HSET", key)]
    assert 1 < len(hashes) <= 4
    pairs = [dict(zip(one[2::2], one[3::2], strict=True)) for one in hashes]
    assert sum(len(one) for one in pairs) == 2 * count  # both ways
    assert {f"{MARIA}/{number}" for number in range(count)} <= {field for one in pairs for field in one}
    said = KEYS.said(DialogId("1"))
    assert {one for one in commands if one[0] == "EXPIRE"} == {
        ("EXPIRE", key, 5 * 7 * 24 * 3600),
        ("EXPIRE", said, 3 * 24 * 3600),
    }
    slots = {slot for one in commands if one[:2] == ("HSET", said) for slot in one[2::2]}
    assert slots == set(range(100)), "of the newest only, so that it never grows"


def test_more_rows_than_are_kept_make_room_for_the_next_batch() -> None:
    rows = Rows(AccountId("staff"))
    for number in range(3):
        rows.contacts[SHOP, ContactId(str(number))] = Contact(
            account=SHOP, id=ContactId(str(number)), profile=Profile(name="Мария")
        )
    rows.evict(3)
    assert len(rows.contacts) == 3
    rows.evict(2)
    assert rows.contacts == {} and rows.dialogs == {}
