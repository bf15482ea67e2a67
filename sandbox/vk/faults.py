"""Faults on request: which call goes wrong, how, how often; a rule's chance comes from its own seed.

What is done to a client then is sandbox.misbehaving's. Nothing here knows a method.
"""

import random
from typing import Literal

import msgspec
from aiohttp import web

FaultKind = Literal[
    "error", "failed", "500", "reset", "timeout", "lost_reply", "delay", "duplicate", "malformed", "slow", "expired"
]

_ONLY_FOR: dict[str, frozenset[str]] = {
    "longpoll": frozenset({"failed", "duplicate", "500", "reset", "timeout", "delay", "malformed"}),
    "callback": frozenset({"duplicate", "delay", "lost_reply", "malformed"}),
    "upload": frozenset({"error", "500", "reset", "timeout", "delay", "malformed"}),
    "file": frozenset({"500", "reset", "timeout", "delay", "slow", "expired"}),
}
_FOR_METHODS = frozenset({"error", "500", "reset", "timeout", "lost_reply", "delay", "malformed"})
_GATEWAY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


class FaultRule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`method` is a method's name, `*` for any method, `longpoll`, `callback` (our posts), `upload` or `file`.

    Fires `times` times (None: always), each time by `probability`. `error_code` is the code of the fault `error`,
    or the number of the fault `failed`. `accepted` says whether a `timeout` did its work before it fell silent.
    """

    method: str
    fault: FaultKind
    messenger: Literal["vk"] = "vk"
    community_id: int | None = None
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    error_code: int = 10
    delay_ms: int = 1000
    accepted: bool = False
    fired: int = 0


class FaultError(ValueError):
    """A rule that can never fire; the text says why."""


class Faults:
    """The rules in force; the first that fits and fires wins."""

    def __init__(self) -> None:
        self._rules: list[tuple[FaultRule, random.Random]] = []

    @property
    def rules(self) -> list[FaultRule]:
        return [rule for rule, _ in self._rules]

    def replace(self, rules: list[FaultRule]) -> None:
        """Puts these rules in force instead of the ones before; raises FaultError."""
        check(rules)
        self._rules = [(msgspec.structs.replace(rule, fired=0), random.Random(rule.seed)) for rule in rules]

    def draw(self, community_id: int, method: str) -> FaultRule | None:
        """The rule that fires for this call, if any."""
        for rule, chance in self._rules:
            if _fits(rule, community_id, method) and (rule.probability >= 1 or chance.random() < rule.probability):
                rule.fired += 1
                return rule
        return None


def check(rules: list[FaultRule]) -> None:
    """Raises FaultError for a rule that can never fire."""
    for rule in rules:
        possible = _ONLY_FOR.get(rule.method, _FOR_METHODS)
        if rule.fault not in possible:
            raise FaultError(
                f"Fault {rule.fault} is not possible for {rule.method}: use one of {', '.join(sorted(possible))}."
            )


def _fits(rule: FaultRule, community_id: int, method: str) -> bool:
    if rule.times is not None and rule.fired >= rule.times:
        return False
    if rule.community_id is not None and rule.community_id != community_id:
        return False
    return rule.method.lower() == method.lower() or (rule.method == "*" and method not in _ONLY_FOR)


def gateway_page() -> web.Response:
    """What stands before VK's servers answers in HTML where they do not."""
    return web.Response(status=502, text=_GATEWAY_PAGE, content_type="text/html")
