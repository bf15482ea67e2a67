import asyncio
import logging

import pytest

from gateway.connectors.runtime.batch_log import BatchLog
from gateway.model.ids import AccountId, EntryId


def shown(caplog: pytest.LogCaptureFixture) -> list[tuple[str, object, object, object]]:
    told = [vars(one) for one in caplog.records]
    return [(one["msg"], one.get("count"), one.get("entry"), one.get("last")) for one in told]


async def test_what_is_told_together_is_one_line_for_each_word(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    items = BatchLog(AccountId("shop"))
    for number in range(3):
        items.tell("stored", entry=EntryId(f"{number}-0"))
    items.tell("repeated", entry=EntryId("9-0"))
    await asyncio.sleep(0)
    assert shown(caplog) == [("stored", 3, None, "2-0"), ("repeated", None, "9-0", None)]


async def test_what_is_told_later_is_another_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    items = BatchLog(AccountId("shop"))
    for number in range(2):
        items.tell("stored", entry=EntryId(f"{number}-0"))
        await asyncio.sleep(0)
    assert shown(caplog) == [("stored", None, "0-0", None), ("stored", None, "1-0", None)]


async def test_at_debug_each_has_its_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="gateway.connectors")
    items = BatchLog(AccountId("shop"))
    for number in range(2):
        items.tell("sent", entry=EntryId(f"{number}-0"))
    await asyncio.sleep(0)
    assert shown(caplog) == [("sent", None, "0-0", None), ("sent", None, "1-0", None)]
