"""What the archive keeps of a site's visitors: their first page, what they gave and agreed to, and their marks."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec.structs import replace

from gateway.archive.history import History
from gateway.archive.writer import Writer
from gateway.model import events as e
from gateway.model.ids import AccountId, ContactId, DialogId, MessageId, NativeId, OperatorId
from gateway.model.messages import Button, Consent, Message, Profile, Visit

Tale = Any
"""conftest's."""
RowsOf = Callable[..., Awaitable[list[dict[str, Any]]]]

SHOP, ANNA = AccountId("shop"), OperatorId("1001")
START, SECOND = 1_700_000_000_000, 1000
LAMPS = Visit("https://shop.example.com/lamps", "Лампы", "https://search.example.com/")
CHAIRS = Visit("https://shop.example.com/chairs")


def with_visit(tale: Tale, visit: Visit) -> None:
    """The last entry happened on this page."""
    seq, recorded = tale.entries[-1]
    tale.entries[-1] = (seq, replace(recorded, event=replace(recorded.event, visit=visit)))


def pages(rows: list[dict[str, Any]]) -> list[tuple[str | None, ...]]:
    return [(row["visit_url"], row["visit_title"], row["visit_referrer"]) for row in rows]


async def test_a_dialogs_first_page_is_kept(writer: Writer, tale: Tale, rows_of: RowsOf) -> None:
    tale.opened(7)
    with_visit(tale, LAMPS)
    tale.received(7, "слово")
    with_visit(tale, CHAIRS)
    await writer.write(tale.payloads)
    assert pages(await rows_of("dialogs")) == [(LAMPS.url, LAMPS.title, LAMPS.referrer)]


async def test_of_a_dialog_that_an_operator_opened_it_is_the_page_of_the_first_answer(
    writer: Writer, tale: Tale, rows_of: RowsOf
) -> None:
    tale.opened(7, by=ANNA)
    tale.received(7, "слово")
    with_visit(tale, CHAIRS)
    await writer.write(tale.payloads)
    assert pages(await rows_of("dialogs")) == [(CHAIRS.url, None, None)]


async def test_of_a_listing_its_price_and_city_are_kept_too(writer: Writer, tale: Tale, rows_of: RowsOf) -> None:
    tale.opened(7)
    with_visit(tale, Visit("https://avito.ru/7", "Скатерть", price="2 500 ₽", city="Тула"))
    await writer.write(tale.payloads)
    assert pages(await rows_of("dialogs")) == [("https://avito.ru/7", "Скатерть · 2 500 ₽ · Тула", None)]


async def test_what_a_contact_gave_and_agreed_to_is_kept(writer: Writer, tale: Tale, rows_of: RowsOf) -> None:
    tale.opened(7)
    consent = Consent(START, "https://shop.example.com/policy")
    for profile in (
        Profile(name="Иван", phone="+7900", email="i@example.com", consent=consent),
        Profile(name="Иван П."),
    ):
        tale.add(e.ProfileChanged(account=SHOP, contact=ContactId("ivan"), profile=profile))
        await writer.write(tale.payloads)
        (row,) = await rows_of("contacts")
        assert row["name"] == profile.name
        assert (row["phone"], row["email"]) == ("+7900", "i@example.com")
        assert (row["consent_at"], row["consent_policy"]) == (consent.at, consent.policy)


async def test_an_answer_taken_back_is_marked_and_never_removed(writer: Writer, history: History, tale: Tale) -> None:
    tale.opened(7)
    tale.received(7, "слово")
    reply = tale.replied(7, "не туда")
    await writer.write(tale.payloads)
    tale.add(e.ReplyDeleted(dialog=DialogId("7"), id=reply, operator=ANNA), 7)
    await writer.write(tale.payloads)
    line = (await history.page(SHOP, ContactId("ivan"), 0, 10)).lines[-1]
    assert (line.message.text, line.deleted_at) == ("не туда", START + 3 * SECOND)


async def test_the_operators_emoji_stands_beside_the_clients(writer: Writer, history: History, tale: Tale) -> None:
    tale.opened(7)
    words = tale.received(7, "слово")

    async def put(emoji: str | None) -> tuple[tuple[str, ...], str | None]:
        tale.add(e.ReactionPut(DialogId("7"), MessageId(words), ANNA, NativeId("n1"), emoji), 7)
        await writer.write(tale.payloads)
        line = (await history.page(SHOP, ContactId("ivan"), 0, 10)).lines[0]
        return line.reactions, line.our_reaction

    tale.add(e.ReactionChanged(dialog=DialogId("7"), id=words, emojis=("🔥",)), 7)
    assert await put("👍") == (("🔥",), "👍")
    assert await put(None) == (("🔥",), None)


async def test_an_edit_changes_the_quick_replies_under_an_answer(writer: Writer, history: History, tale: Tale) -> None:
    tale.opened(7)
    yes, no = Button("Да", data="q:Да"), Button("Нет", data="q:Нет")
    reply = tale.replied(7, Message(text="Удобно?", buttons=((yes,),)))
    new = Message(text="Удобно завтра?", buttons=((yes, no),))
    tale.add(e.ReplyEdited(dialog=DialogId("7"), id=reply, operator=ANNA, message=new), 7)
    await writer.write(tale.payloads)
    (line,) = (await history.page(SHOP, ContactId("ivan"), 0, 10)).lines
    assert line.message == new
