"""Admins hear once that an account reaches its messenger by another way, and nothing when the first works again."""

from gateway.connectors.runtime.context import WayTaken
from gateway.model.commands import Notice
from tests.connectors.conftest import Account, Vendor, until

SECOND = WayTaken(2, 3, "api.example.com", "proxy.example.com:1080")


async def test_another_way_is_told_once_and_the_first_one_again_is_not(account: Account, vendor: Vendor) -> None:
    account.start()
    assert account.runtime is not None
    context = account.runtime.context
    for way in (SECOND, None, SECOND, None, WayTaken(3, 3, "relay.example.net")):
        context.take_way(way)
        await until(context.way_changed.is_set, is_=False)

    async def notices() -> list[str | None]:
        return [one.detail for one in await account.results() if isinstance(one, Notice) and one.about == "another way"]

    await until(
        notices,
        is_=["way 2 of 3: api.example.com through the proxy proxy.example.com:1080", "way 3 of 3: relay.example.net"],
    )
    assert all(one.alarming for one in await account.results() if isinstance(one, Notice))
