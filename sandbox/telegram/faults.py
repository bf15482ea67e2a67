"""Faults on request: which call goes wrong, how, how often; a rule's chance comes from its own seed.

Nothing here makes a fault happen: it only says that one should.
"""

import random
from typing import Literal

import msgspec

FaultKind = Literal[
    "429", "500", "reset", "timeout", "lost_reply", "delay", "duplicate", "malformed", "slow", "expired"
]

_ONLY_FOR: dict[str, frozenset[str]] = {
    "webhook": frozenset({"duplicate", "delay", "lost_reply", "malformed"}),
    "file": frozenset({"500", "reset", "timeout", "delay", "slow", "expired"}),
}
_FOR_METHODS = frozenset({"429", "500", "reset", "timeout", "lost_reply", "delay", "malformed"})


class FaultRule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`method` is a method's name, `*` for any method, `webhook` (our posts) or `file` (downloads).

    Fires `times` times (None: always), each time by `probability`. `accepted` says whether a `timeout`
    did its work before it fell silent.
    """

    method: str
    fault: FaultKind
    bot_id: int | None = None
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    retry_after: int = 1
    delay_ms: int = 1000
    accepted: bool = False
    fired: int = 0


class FaultError(Exception):
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
        for rule in rules:
            _check(rule)
        self._rules = [(msgspec.structs.replace(rule, fired=0), random.Random(rule.seed)) for rule in rules]

    def draw(self, bot_id: int, method: str) -> FaultRule | None:
        """The rule that fires for this call (`method` in lower case), if any."""
        for rule, chance in self._rules:
            if _fits(rule, bot_id, method) and (rule.probability >= 1 or chance.random() < rule.probability):
                rule.fired += 1
                return rule
        return None


def _fits(rule: FaultRule, bot_id: int, method: str) -> bool:
    if rule.times is not None and rule.fired >= rule.times:
        return False
    if rule.bot_id is not None and rule.bot_id != bot_id:
        return False
    return rule.method.lower() == method or (rule.method == "*" and method not in _ONLY_FOR)


def _check(rule: FaultRule) -> None:
    method = rule.method.lower()
    possible = _ONLY_FOR.get(method, _FOR_METHODS | {"duplicate"} if method == "getupdates" else _FOR_METHODS)
    if rule.fault not in possible:
        raise FaultError(
            f"Fault {rule.fault} is not possible for {rule.method}: use one of {', '.join(sorted(possible))}."
        )
