"""A year of a busy desk in fast time: whatever Redis holds stops growing, kind by kind."""

import sys
import time

import pytest

from gateway.model.ids import ContactId
from gateway.streams import queries
from tests.router.year import LONG_AGO, NEW, SHOP, Year

MAY_GROW: dict[str, str] = {
    "contact (blocked)": "a block stays until somebody takes it back; each is a press by hand",
    "removals": "the notifier takes away five cards a second by its clock, which has only a few moments a day here",
}
"""Kinds of keys that may grow for as long as the desk lives, and why."""
STEADY = (7, 8)
"""Months in which everything has its full size: what is kept for longest is kept for half a year."""
MORE = 1.2
"""How much more there may be at the end of the year: chance. What grows evenly has grown by half."""
SLACK = 2048
"""Bytes, for what is small."""


@pytest.mark.timeout(400)  # forty seconds on a quiet machine
async def test_nothing_grows_from_month_to_month(own_store):
    year, months = Year(own_store, time.time_ns() // 1_000_000), [{}]
    await year.opens()
    try:
        for month in range(1, 13):
            for _ in range(30):
                await year.goes_on()
            months.append(await year.sizes())
            _print(month, months[-1])
        long_ago = await queries.contact(own_store, SHOP, ContactId(f"c{354 * NEW - LONG_AGO + 1}"))
    finally:
        await year.closes()
    growing = {}
    for kind, last in months[-1].items():
        full = [months[one][kind] for one in STEADY if kind in months[one]]
        for what in ("bytes", "largest"):
            before, now = max((getattr(one, what) for one in full), default=0), getattr(last, what)
            if kind not in MAY_GROW and now > MORE * before + SLACK:
                growing[kind] = f"{what} {before} -> {now}"
    assert growing == {}
    # The year was one: all of this happened, and nothing was put aside.
    assert "dead" not in months[-1]
    assert {"Block ok", "DeleteReply ok", "SayTemplate ok", "RecordFile ok", "Expire ok", "Release ok"} <= year.served
    # Who is here again after their row has gone has a dialog as anybody has.
    assert long_ago is not None
    assert long_ago.last_dialog is not None


def _print(month, sizes):
    told = [f"month {month}"]
    for kind, size in sorted(sizes.items()):
        told.append(f"  {kind:20} {size.keys:6} keys {size.bytes:10,} bytes, the largest {size.largest:8,}")
    sys.stdout.write("\n".join(told) + "\n")
