"""Clients' edits behind the owner, on a real Redis: what was said is known over batches and restarts."""

from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.ids import AccountId, ContactId, NativeId
from gateway.model.messages import Location, Message
from gateway.router.rules.edits import overtaken
from tests.router.test_owner import MARIA, clock, desk, handled, offer, owner, seen, working

__all__ = ["clock", "desk", "offer", "owner", "seen", "working"]
SAID = Message(native=NativeId("1"), text="Мира 5")


def edit(message: Message) -> c.ReceiveEdit:
    return c.ReceiveEdit(contact=MARIA, message=message)


async def test_an_edit_of_a_later_batch_carries_what_was_and_an_equal_one_leaves_no_trace(store, desk, offer, working):
    await offer(text="Мира 5")
    await working()
    await handled(store, 2)
    await offer.item(edit(SAID))
    await offer.item(edit(replace(SAID, text="Мира 7")))
    await handled(store, 3)
    await offer.item(edit(replace(SAID, text="Мира 7")))
    await offer.item(edit(replace(SAID, text="Мира 9")))
    edits = [one.event for one in (await handled(store, 4))[2:]]
    assert [(type(one), one.former.text, one.message.text) for one in edits] == [
        (e.MessageEdited, "Мира 5", "Мира 7"),
        (e.MessageEdited, "Мира 7", "Мира 9"),
    ]
    assert 0 < await store.ask("TTL", store.keys.said("1")) <= 3 * 24 * 3600


async def test_of_the_moves_of_a_place_that_wait_together_the_newest_is_told(store, desk, offer, working):
    await offer(text="", attachments=(Location(55.75, 37.61),))
    for latitude in (55.751, 55.752, 55.753):
        await offer.item(edit(Message(native=NativeId("1"), attachments=(Location(latitude, 37.61),))))
    await offer(text="Я тут")
    await working()
    events = [one.event for one in await handled(store, 4)]
    (moved,) = [one for one in events if isinstance(one, e.MessageEdited)]
    assert moved.message.attachments == (Location(55.753, 37.61),)


async def test_a_message_that_comes_after_its_edit_is_nothing_new_in_a_later_batch(store, desk, offer, working):
    await offer.item(edit(replace(SAID, native=NativeId("2"))))
    await working()
    await handled(store, 2)
    await offer(text="Мира")
    await offer(text="Ау")
    # The dialog, the words, then what the message tells of who wrote it, and the next words.
    told = [one.event.message.text for one in await handled(store, 4) if isinstance(one.event, e.MessageReceived)]
    assert told == ["Мира 5", "Ау"]


def test_only_moves_of_the_same_place_overtake_each_other():
    def move(native: str, latitude: float, contact: ContactId = MARIA) -> c.Entry:
        place = Message(native=NativeId(native), attachments=(Location(latitude, 1),))
        return c.Entry(command=c.ReceiveEdit(contact=contact, message=place), account=AccountId("shop"))

    words = c.Entry(command=edit(SAID), account=AccountId("shop"))
    assert overtaken([move("1", 1), move("2", 1), words, move("1", 2), move("1", 1, ContactId("x")), words]) == {0}
