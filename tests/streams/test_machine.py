"""Whatever crashes, the ledger stays right; and faults that are planted are found."""

from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from gateway.model.codec import encode
from gateway.model.ids import AccountId, EntryId
from gateway.streams import outbox
from gateway.streams.connection import Store
from gateway.streams.intake import DAY_MS
from gateway.streams.lease import Lease
from gateway.streams.ownership import read_cursors
from tests.streams.fates import Fate
from tests.streams.life import SALES, Life, Parts
from tests.streams.machine import Machine

EXAMPLES = settings(
    max_examples=20,
    stateful_step_count=30,
    derandomize=True,
    deadline=None,
    database=None,
    # A failing walk is told as it was: to shorten it would take hundreds of walks more.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def walk(redis_url: str, parts: Parts) -> None:
    try:
        run_state_machine_as_test(lambda: Machine(redis_url, parts), settings=EXAMPLES)
    except Flaky as error:
        # Who was faster decides where a fault shows, so the same walk may end elsewhere. It is a fault all the same.
        raise AssertionError("; ".join(parts.found) or "two equal walks differ, and neither says why") from error


@pytest.mark.timeout(300)  # hundreds of steps, each a few round trips, on a busy machine
def test_whatever_crashes_nothing_is_lost_doubled_or_swapped(redis_url: str) -> None:
    parts = Parts()
    walk(redis_url, parts)
    dangers = (*get_args(Fate), "owner killed", "late commit refused", "settled again")
    assert all(parts.struck[one] >= 5 for one in dangers), f"too little has happened: {parts.struck}"


class Leaping:
    """A clock that goes three days further with each look."""

    def __init__(self) -> None:
        self._days = 20_000

    def __call__(self) -> int:
        self._days += 3
        return self._days * DAY_MS


async def trimmed_ahead(life: Life) -> None:
    await life.beside.note([("XTRIM", life.beside.keys.inbox(SALES), "MAXLEN", 0)])


async def trimmed_for_one_reader(life: Life) -> None:
    read = (await read_cursors(life.beside)).get("archive", "0")
    await life.beside.note([("XTRIM", life.beside.keys.journal, "MINID", f"{read}-0")])


async def told_before_settled(store: Store, lease: Lease, account: AccountId, entry: EntryId, **how: Any) -> str:
    if how.get("result") is not None:
        await store.note([("XADD", how["inbox"], "*", "p", encode(how["result"]))])
    return await outbox.settle(store, lease, account, entry, now_ms=how["now_ms"])


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        (Parts(clock=Leaping()), "stand twice in an inbox"),
        (Parts(trim=trimmed_ahead), "is lost: it was not handled"),
        (Parts(trim=trimmed_for_one_reader), "trimmed before it was read"),
        (Parts(settle=told_before_settled), "stand twice in an inbox"),
    ],
    ids=[
        "a dedupe that forgets",
        "trimming ahead of the owner",
        "trimming behind one reader",
        "telling before settling",
    ],
)
def test_a_planted_fault_is_found(redis_url: str, planted: Parts, found: str) -> None:
    with pytest.raises(AssertionError, match=found):
        walk(redis_url, planted)
