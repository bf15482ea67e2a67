import pytest

from gateway.errors import StoreRefused
from gateway.streams.server_requirements import ServerInfo, judge

GOOD: dict[str, object] = {
    "redis_version": "7.0.15",
    "role": "master",
    "maxmemory_policy": "noeviction",
    "aof_enabled": 1,
    "used_memory": 1000,
    "maxmemory": 5000,
}


def judged(
    *, fsync: str | None = "always", everysec: bool = False, volatile: bool = False, **info: str | int
) -> ServerInfo:
    return judge(
        {**GOOD, **info}, fsync=fsync, address="redis.example:6379", allow_everysec=everysec, allow_volatile=volatile
    )


def test_a_good_server_is_told_as_it_is() -> None:
    assert judged() == ServerInfo(
        name="Redis", version="7.0.15", aof=True, fsync="always", used_memory=1000, maxmemory=5000
    )
    assert judged(valkey_version="9.1.2", redis_version="7.2.4").name == "Valkey"


@pytest.mark.parametrize(
    ("info", "fsync", "says"),
    [
        ({"redis_version": "6.2.14"}, "always", "version 6.2.14.*7.0 or later.*upgrade"),
        ({"redis_version": "0.0"}, "always", "version"),
        ({"role": "slave"}, "always", "replica.*point redis_url at the primary"),
        ({"maxmemory_policy": "allkeys-lru"}, "always", "allkeys-lru.*set maxmemory-policy noeviction"),
        ({"maxmemory_policy": "volatile-ttl"}, "always", "volatile-ttl.*set maxmemory-policy noeviction"),
        ({"aof_enabled": 0}, "always", "append-only file.*set appendonly yes"),
        ({}, "no", "appendfsync no.*set appendfsync always"),
        ({}, "everysec", "everysec.*allow_everysec = true"),
    ],
)
def test_a_server_that_would_lose_messages_is_refused_with_what_to_change(
    info: dict[str, str | int], fsync: str, says: str
) -> None:
    with pytest.raises(StoreRefused, match=f"redis.example:6379.*{says}"):
        judge({**GOOD, **info}, fsync=fsync, address="redis.example:6379", allow_everysec=False, allow_volatile=False)


def test_everysec_is_accepted_by_who_asks_for_it_and_no_fsync_never() -> None:
    assert judged(fsync="everysec", everysec=True).fsync == "everysec"
    with pytest.raises(StoreRefused, match="appendfsync no"):
        judged(fsync="no", everysec=True)


def test_a_managed_server_that_hides_its_configuration_is_judged_by_what_it_tells() -> None:
    assert judged(fsync=None).fsync is None
    with pytest.raises(StoreRefused, match="append-only"):
        judged(fsync=None, aof_enabled=0)


def test_a_volatile_server_is_accepted_only_where_nothing_needs_to_last() -> None:
    assert judged(volatile=True, aof_enabled=0).aof is False
    with pytest.raises(StoreRefused, match="noeviction"):
        judged(volatile=True, aof_enabled=0, maxmemory_policy="allkeys-lru")
