"""Which servers are refused at start, and in which words. Pure: it judges what INFO said.

A managed server may hide CONFIG; then what INFO tells has to do.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from gateway.errors import StoreRefused

OLDEST = (7, 0)
"""Of Redis; Valkey calls itself 7.2 for compatibility."""


class ServerInfo(Struct, frozen=True, kw_only=True):
    """A server that was not refused; sizes in bytes, `maxmemory` 0 means no limit."""

    name: str
    version: str
    aof: bool
    fsync: str | None
    """`always`, `everysec`; None where the server does not tell."""
    used_memory: int
    maxmemory: int


def judge(
    info: Mapping[str, Any], *, fsync: str | None, address: str, allow_everysec: bool, allow_volatile: bool
) -> ServerInfo:
    """What INFO and `appendfsync` (None: hidden) say about a server.

    Raises:
        StoreRefused: it would lose messages as it is set up; says what to change.
    """
    for problem in _problems(info, fsync, allow_everysec=allow_everysec, allow_volatile=allow_volatile):
        raise StoreRefused(f"Redis at {address} cannot be used: {problem}")
    valkey = info.get("valkey_version")
    return ServerInfo(
        name="Valkey" if valkey else "Redis",
        version=str(valkey or info.get("redis_version", "?")),
        aof=_is_on(info, "aof_enabled"),
        fsync=fsync,
        used_memory=int(info.get("used_memory", 0)),
        maxmemory=int(info.get("maxmemory", 0)),
    )


def _problems(info: Mapping[str, Any], fsync: str | None, *, allow_everysec: bool, allow_volatile: bool) -> list[str]:
    problems = []
    version = str(info.get("redis_version", "0"))
    if _numbers(version) < OLDEST:
        problems.append(f"it is version {version}, and the gateway needs Redis 7.0 or later (or Valkey); upgrade it")
    if info.get("role") not in {None, "master"}:
        problems.append("it is a replica, which takes no writes; point redis_url at the primary")
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        problems.append(
            f"with maxmemory-policy {policy} it throws messages away when its memory is full;"
            " set maxmemory-policy noeviction"
        )
    if not allow_volatile and not _is_on(info, "aof_enabled"):
        problems.append("without an append-only file a restart loses messages; set appendonly yes")
    elif not allow_volatile and fsync == "no":
        problems.append("with appendfsync no a power cut loses messages; set appendfsync always")
    elif not allow_volatile and fsync == "everysec" and not allow_everysec:
        problems.append(
            "with appendfsync everysec a power cut loses up to two seconds of messages; set appendfsync always,"
            " or accept that with allow_everysec = true in gateway.toml"
        )
    return problems


def _is_on(info: Mapping[str, Any], name: str) -> bool:
    return str(info.get(name, "0")) == "1"


def _numbers(version: str) -> tuple[int, ...]:
    head = version.split("-", 1)[0]
    return tuple(int(part) for part in head.split(".") if part.isdigit())
