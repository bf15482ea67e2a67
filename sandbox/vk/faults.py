"""Which faults VK can be asked for, and where."""

from collections.abc import Mapping
from typing import ClassVar

from aiohttp import web

from sandbox.toolkit import faults

_GATEWAY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


class FaultRule(faults.FaultRule, kw_only=True, forbid_unknown_fields=True):
    """`method` is a method's name, `*` for any method, `longpoll`, `callback` (our posts), `upload` or `file`.

    `error_code` is the code of the fault `error`, or the number of the fault `failed`.
    """

    messenger: str = "vk"
    community_id: int | None = None
    error_code: int = 10

    @property
    def account(self) -> int | None:
        return self.community_id


class Faults(faults.Faults[FaultRule]):
    rule_type = FaultRule
    for_calls = frozenset({"error", "500", "reset", "timeout", "lost_reply", "delay", "malformed"})
    only_for: ClassVar[Mapping[str, frozenset[str]]] = {
        "longpoll": frozenset({"failed", "duplicate", "500", "reset", "timeout", "delay", "malformed"}),
        "callback": frozenset({"duplicate", "delay", "lost_reply", "malformed"}),
        "upload": frozenset({"error", "500", "reset", "timeout", "delay", "malformed"}),
        "file": frozenset({"500", "reset", "timeout", "delay", "slow", "expired"}),
    }
    apart = frozenset(only_for)


def gateway_page() -> web.Response:
    """What stands before VK's servers answers in HTML where they do not."""
    return web.Response(status=502, text=_GATEWAY_PAGE, content_type="text/html")
