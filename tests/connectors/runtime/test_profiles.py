"""Who writes is looked up beside everything else, once, and its failure loses nothing."""

from typing import Any

import pytest

from gateway.connectors.runtime.ingest import offer as arrival
from gateway.connectors.runtime.ingest import store_batch
from gateway.connectors.runtime.profiles import AGAIN_MS, FRESH_MS, ProfileQueue
from gateway.errors import Refused, TryLater, Unauthorized, Uncertain
from gateway.model.commands import Entry, Receive, ReceiveEdit, ReceiveProfile
from gateway.model.ids import AccountId, ContactId, NativeId
from gateway.model.messages import Message, Profile
from gateway.streams.intake import Offer

Account = Told = Any
"""conftest's; test modules cannot import it."""
ANN = Profile(name="Анна", username="ann", link="https://vendor.example/ann")


class Knowing:
    """A connector that can be asked about people besides: the answers are used up, then everybody is Anna."""

    def __init__(self, connector: Any, answers: list[Profile | Exception | None]) -> None:
        self.asked: list[str] = []
        self._connector, self._answers = connector, answers

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connector, name)

    async def profile(self, contact: ContactId) -> Profile | None:
        self.asked.append(contact)
        answer = self._answers.pop(0) if self._answers else ANN
        if isinstance(answer, Exception):
            raise answer
        return answer


def started(account: Account, *answers: Profile | Exception | None, **options: Any) -> Knowing:
    runtime = account.start(**options)
    runtime.context.connector = Knowing(runtime.context.connector, list(answers))
    return runtime.context.connector


def read(results: list[Any]) -> tuple[list[str], list[ReceiveProfile]]:
    """The words and the profiles of an inbox."""
    words = [one.message.text for one in results if isinstance(one, Receive)]
    return words, [one for one in results if isinstance(one, ReceiveProfile)]


async def test_whoever_comes_without_a_name_is_looked_up_once_and_after_their_words(
    account: Account, told: Told
) -> None:
    for text in ("one", "two"):
        account.vendor.say({"from": "ann", "text": text})
    connector = started(account)

    async def both() -> bool:
        return len(await account.results()) == 3

    await told.until(both)
    results = await account.results()
    assert read(results) == (["one", "two"], [ReceiveProfile(ContactId("ann"), ANN)])
    assert isinstance(results[0], Receive)
    account.vendor.say({"from": "ann", "text": "three"})
    account.vendor.say({"from": "bob", "text": "four"})
    await told.until(lambda: connector.asked == ["ann", "bob"])


@pytest.mark.parametrize(
    "failure",
    [
        Refused("it does not tell"),
        Uncertain("it broke off"),
        Unauthorized("no such right"),
        ValueError("a fault"),
        None,
    ],
    ids=lambda one: type(one).__name__,
)
async def test_a_profile_that_is_not_to_be_had_costs_no_message_and_no_account(
    account: Account, told: Told, failure: Exception | None
) -> None:
    account.vendor.say({"from": "ann", "text": "one"})
    connector = started(account, failure)
    await told.until(lambda: connector.asked)
    account.vendor.say({"from": "ann", "text": "two"})
    account.vendor.say({"from": "bob", "text": "three"})
    await told.until(lambda: connector.asked == ["ann", "bob"])

    async def whole() -> bool:
        return len(await account.results()) == 4

    await told.until(whole)
    words, profiles = read(await account.results())
    assert (sorted(words), [one.contact for one in profiles]) == (["one", "three", "two"], ["bob"])
    assert account.runtime.context.problem is None


async def test_a_busy_vendor_is_asked_again(account: Account, told: Told) -> None:
    account.vendor.say({"from": "ann", "text": "one"})
    connector = started(account, TryLater("busy", after=0.01), TryLater("busy", after=0.0))

    async def found() -> bool:
        return bool(read(await account.results())[1])

    await told.until(found)
    assert connector.asked == ["ann"] * 3


async def test_whoever_comes_through_an_app_that_accounts_share_is_looked_up_too(account: Account, told: Told) -> None:
    connector = started(account)
    await told.until(lambda: account.vendor.polls)
    context = account.runtime.context
    words = Receive(ContactId("ann"), Message(native=NativeId("7"), text="one"))
    await store_batch([(context, [arrival(context, "one", words)])])
    await told.until(lambda: connector.asked == ["ann"])


def offer(contact: str, *, named: bool = False, edit: bool = False) -> Offer:
    message, who = Message(native=NativeId("1"), text="?"), ContactId(contact)
    profile = ANN if named else None
    command = ReceiveEdit(who, message, profile) if edit else Receive(who, message, profile)
    return Offer("inbox", AccountId("shop"), f"{contact}:1", Entry(command, AccountId("shop")), who)


async def test_nobody_is_asked_about_who_is_known_or_was_asked_about_lately_and_memory_is_bounded() -> None:
    now = [0]
    strangers = ProfileQueue(lambda: now[0], waiting=2, remembered=2)
    strangers.notice([offer("ann", named=True), offer("bob", edit=True), *map(offer, "abc")])
    assert [await strangers.next(), await strangers.next()] == ["a", "b"], "the third did not fit"
    strangers.settle(ContactId("a"), FRESH_MS)
    strangers.settle(ContactId("b"), AGAIN_MS)
    now[0] = AGAIN_MS
    strangers.notice([offer("a"), offer("b")])
    assert await strangers.next() == "b", "who could not be found out is asked about again, and earlier"
    for name in "xyz":
        strangers.settle(ContactId(name), FRESH_MS)
    strangers.notice([offer("a")])
    assert await strangers.next() == "a", "the oldest is forgotten"
