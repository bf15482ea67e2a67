"""Polling: nothing is confirmed before it is stored, and nobody's trouble loses an update."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from gateway.connectors.contract import Polled
from gateway.errors import Refused, SettingsError, TryLater, Unauthorized
from gateway.model.codec import decode
from gateway.model.commands import Entry, Notice, Receive, RecordAccount, StaffUpdate

Account = RedisServer = Told = Any
"""conftest's; test modules cannot import it."""
AccountOn = Callable[[RedisServer], Account]


def texts(results: list[Any]) -> list[str]:
    return [one.message.text for one in results if isinstance(one, Receive)]


async def test_updates_are_stored_and_the_cursor_is_passed_on_and_kept(account: Account, told: Told) -> None:
    for text in ("one", "two"):
        account.vendor.say({"from": "ann", "text": text})
    account.start()
    await told.until(lambda: "2" in account.vendor.polls)
    assert texts(await account.results()) == ["one", "two"]
    await account.stop()
    account.vendor.polls.clear()
    account.vendor.say({"from": "ann", "text": "three"})
    account.start()
    await told.until(account.results, is_=None, seconds=5)
    await told.until(lambda: "3" in account.vendor.polls)
    assert account.vendor.polls[0] == "2"
    assert texts(await account.results()) == ["one", "two", "three"]


async def test_the_vendor_is_told_that_we_poll(account: Account, told: Told) -> None:
    account.start()
    await told.until(lambda: account.vendor.polls)
    assert account.vendor.registered == [None]


async def test_a_batch_that_cannot_be_stored_is_kept_and_nothing_more_is_asked_for(
    own_redis: RedisServer, account_on: AccountOn, told: Told
) -> None:
    account = account_on(own_redis)
    account.start()
    await told.until(lambda: account.vendor.polls)
    own_redis.kill()
    account.vendor.say({"from": "ann", "text": "while Redis is down"})
    await told.until(lambda: not account.vendor.news.is_set() or account.vendor.updates)
    # Long enough for another poll, which must not come: it would confirm what is stored nowhere.
    await asyncio.sleep(1.5)
    assert "1" not in account.vendor.polls
    own_redis.start()
    await told.until(lambda: "1" in account.vendor.polls)
    assert texts(await account.results()) == ["while Redis is down"]


async def test_no_cursor_is_kept_for_what_a_full_memory_does_not_take(
    own_redis: RedisServer, account_on: AccountOn, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    account = account_on(own_redis)
    account.start()
    await told.until(lambda: account.vendor.polls)
    # What drains may be written still, and so might a cursor be.
    await account.store.ask("CONFIG", "SET", "maxmemory", 1)
    account.vendor.say({"from": "ann", "text": "while the memory is full"})
    await told.until(lambda: caplog.text.count("not stored yet") >= 2)
    assert await account.intake.poll_cursor(told.ACCOUNT) is None
    assert "1" not in account.vendor.polls
    await account.store.ask("CONFIG", "SET", "maxmemory", 0)
    await told.until(lambda: "1" in account.vendor.polls)
    assert texts(await account.results()) == ["while the memory is full"]
    assert await account.intake.poll_cursor(told.ACCOUNT) == "1"


async def test_a_repeated_update_is_stored_once(account: Account, told: Told) -> None:
    account.vendor.say({"from": "ann", "text": "once"})
    account.start()
    await told.until(lambda: "1" in account.vendor.polls)
    await account.stop()
    await account.store.redis.delete(account.keys.poll(told.ACCOUNT))
    account.vendor.number = 0
    account.vendor.polls.clear()
    account.vendor.say({"from": "ann", "text": "once"})
    runtime = account.start()
    await told.until(lambda: "1" in account.vendor.polls)
    assert texts(await account.results()) == ["once"]
    assert runtime.context.counts["repeated"] == 1


async def test_another_poller_at_the_vendor_is_an_alarm_and_we_go_on(account: Account, told: Told) -> None:
    account.vendor.poll_faults.extend([409, 409])
    account.start(chance=lambda: 0.999)
    account.vendor.say({"from": "ann", "text": "later"})
    await told.until(lambda: "1" in account.vendor.polls)
    notices = [one for one in await account.results() if isinstance(one, Notice)]
    assert notices == [Notice(about="receiving", detail="refused (409)", alarming=True)]
    assert texts(await account.results()) == ["later"]


async def test_a_setting_that_is_wrong_is_told_in_words(account: Account, told: Told) -> None:
    account.vendor.register_problem = "public_url is missing"
    account.start()
    await told.until(account.results)
    account.vendor.register_problem = None
    assert await account.results() == [Notice(about="receiving", detail="public_url is missing", alarming=True)]


async def test_the_vendors_own_trouble_is_no_alarm(account: Account, told: Told) -> None:
    account.vendor.poll_faults.append(500)
    account.start()
    account.vendor.say({"from": "ann", "text": "later"})
    await told.until(lambda: "1" in account.vendor.polls)
    assert [type(one) for one in await account.results()] == [Receive]


async def test_the_operators_bots_updates_are_stored_as_they_came(account: Account, told: Told) -> None:
    account.inbox = account.keys.staff
    update = {"text": "answer", "from": {"id": 500}, "anything": [1, 2.5, None]}
    account.vendor.say(update)
    account.start(raw=True)
    await told.until(lambda: "1" in account.vendor.polls)
    ((_, fields),) = await account.store.redis.xrange(account.keys.staff)
    entry = decode(fields[b"p"], Entry)
    assert isinstance(entry.command, StaffUpdate)
    assert msgspec.json.decode(entry.command.update) == {"update_id": 1, **update}
    assert entry.account == told.ACCOUNT


async def test_an_update_that_breaks_the_parser_alarms_and_stops_nobody(account: Account, told: Told) -> None:
    account.vendor.say({"text": 5})  # no sender: the parser of these tests raises
    account.vendor.say({"from": "ann", "text": "fine"})
    account.start()
    await told.until(lambda: "2" in account.vendor.polls)
    notice, words = await account.results()
    assert notice.about == "unreadable"
    assert notice.alarming
    assert notice.detail.startswith("KeyError at parse:")
    assert words.message.text == "fine"


async def test_a_revoked_token_parks_a_polling_account_and_loses_nothing(account: Account, told: Told) -> None:
    account.vendor.token_works = False
    runtime = account.start()
    await told.until(lambda: runtime.context.problem)
    account.vendor.say({"from": "ann", "text": "meanwhile"})
    account.vendor.token_works = True
    await told.until(lambda: "1" in account.vendor.polls)
    found = await account.results()
    assert found[0] == RecordAccount(parked=True, problem="the token is not accepted")
    assert texts(found) == ["meanwhile"]


async def test_only_one_poller_asks_at_a_time(account: Account, told: Told) -> None:
    account.start()
    await told.until(lambda: account.vendor.polls)
    account.start()
    account.vendor.say({"from": "ann", "text": "hello"})
    await told.until(lambda: "1" in account.vendor.polls)
    assert account.vendor.registered == [None]


async def test_an_address_is_registered_instead_of_polling(account: Account, told: Told) -> None:
    account.start(address="https://desk.example.com/hooks/scripted/shop")
    await told.until(lambda: account.vendor.registered)
    assert account.vendor.registered == ["https://desk.example.com/hooks/scripted/shop"]
    assert account.vendor.polls == []


async def test_an_address_that_was_changed_at_the_vendor_is_mended_and_told(account: Account, told: Told) -> None:
    address = "https://desk.example.com/hooks/scripted/shop"
    account.start(address=address, pace={"look_after_seconds": 0.05})
    await told.until(lambda: account.vendor.registered)
    account.vendor.drift = "the vendor delivers to another address"
    await told.until(lambda: account.vendor.registered, is_=[address, address])
    (notice,) = await account.results()
    assert notice == Notice(about="webhook", detail="the vendor delivers to another address", alarming=True)


async def test_what_came_while_we_were_away_is_asked_for_at_the_start(account: Account, told: Told) -> None:
    hello = {"update_id": 5, "from": "ann", "text": "hello"}
    account.vendor.missed.append(Polled((hello,), "5"))
    account.start(address="https://desk.example.com", kind=told.Backfilling)
    await told.until(lambda: account.vendor.backfills)
    await told.until(account.results)
    await account.stop()
    account.vendor.missed.append(Polled((hello, {"update_id": 6, "from": "ann", "text": "again"}), "6"))
    account.start(address="https://desk.example.com", kind=told.Backfilling)
    await told.until(lambda: account.vendor.backfills, is_=[None, "5"])
    await told.until(lambda: account.intake.poll_cursor(told.ACCOUNT), is_="6")
    assert texts(await account.results()) == ["hello", "again"]


async def test_what_is_not_settled_or_cannot_be_asked_for_is_asked_for_again(account: Account, told: Told) -> None:
    account.vendor.read_faults.append(TryLater("the vendor is down", after=0.01))
    account.vendor.missed.append(Polled((), "1", again=True))
    account.vendor.missed.append(Polled(({"update_id": 5, "from": "ann", "text": "settled"},), "2"))
    account.start(address="https://desk.example.com", kind=told.Backfilling)
    await told.until(account.results)
    assert account.vendor.backfills == [None, None, "1"]
    assert texts(await account.results()) == ["settled"]


async def test_without_a_reason_too_it_is_asked_for_and_the_address_looked_after(account: Account, told: Told) -> None:
    address = "https://desk.example.com"
    account.start(address=address, kind=told.Backfilling, pace={"backfill_seconds": 0.05})
    await told.until(lambda: len(account.vendor.backfills) > 2)
    account.vendor.drift = "the subscription vanished"
    await told.until(lambda: account.vendor.registered, is_=[address, address])


class NotRegistered(Exception):
    """What a set-up raises that no error of a channel's describes."""


@pytest.mark.parametrize(
    "problem",
    [
        SettingsError("public_url is missing"),
        TryLater("too fast", after=3600, limited=True),
        Unauthorized("this method is not for this token"),
        Refused("no such method"),
        NotRegistered("a fault of the connector's"),
    ],
    ids=lambda one: type(one).__name__,
)
async def test_updates_come_though_the_set_up_is_not_taken(account: Account, told: Told, problem: Exception) -> None:
    class Unregistered(told.Scripted):  # type: ignore[name-defined,misc]
        async def register(self, public_url: str | None) -> None:
            raise problem

    account.vendor.say({"from": "ann", "text": "hello"})
    runtime = account.start(kind=Unregistered)
    await told.until(lambda: "1" in account.vendor.polls)
    assert texts(await account.results()) == ["hello"]
    assert runtime.context.problem is None


async def test_updates_come_though_the_set_up_hangs(account: Account, told: Told) -> None:
    class Hanging(told.Scripted):  # type: ignore[name-defined,misc]
        async def register(self, public_url: str | None) -> None:
            await asyncio.Event().wait()

    account.vendor.say({"from": "ann", "text": "hello"})
    account.start(kind=Hanging, pace={"register_seconds": 0.05})
    await told.until(lambda: "1" in account.vendor.polls)
    assert texts(await account.results()) == ["hello"]


async def test_what_was_missed_is_asked_for_though_the_address_is_not_taken(account: Account, told: Told) -> None:
    account.vendor.register_problem = "the address is not taken"
    account.vendor.missed.append(Polled(({"update_id": 5, "from": "ann", "text": "missed"},), "5"))
    account.start(address="https://desk.example.com", kind=told.Backfilling, pace={"backfill_seconds": 0.05})
    await told.until(lambda: account.vendor.backfills)
    await told.until(lambda: account.intake.poll_cursor(told.ACCOUNT), is_="5")
    account.vendor.register_problem = None
    await told.until(lambda: account.vendor.registered, is_=["https://desk.example.com"])
