"""Faults on request: which call or webhook goes wrong, how, how often; a rule's chance comes from its own seed.

What is done to a client then is sandbox.misbehaving's.
"""

import random
from typing import Literal

import msgspec

from sandbox.meta.records import Messenger

FaultKind = Literal[
    "error", "500", "502", "reset", "timeout", "lost_reply", "delay", "duplicate", "malformed", "slow", "expired",
    "wrong_signature", "failed",
]  # fmt: skip

_FOR_CALLS = frozenset({"error", "500", "502", "reset", "timeout", "lost_reply", "delay", "malformed"})
_ONLY_FOR: dict[str, frozenset[str]] = {
    "webhook": frozenset({"duplicate", "delay", "lost_reply", "malformed", "wrong_signature"}),
    "file": frozenset({"500", "502", "reset", "timeout", "delay", "slow", "expired"}),
    "status": frozenset({"failed"}),
}


class FaultRule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`method` is a call's name (`messages`, `upload`, `media`, `templates`, …), `*` for any call, `webhook` (our
    posts), `file` (the address of a file) or `status` (what becomes of an accepted message on WhatsApp).

    Fires `times` times (None: always), each time by `probability`. `error_code` (and `error_subcode`) are of the
    faults `error` and `failed`. `accepted` says whether a `timeout` did its work before it fell silent. A webhook
    with a `delay` is overtaken by those after it.
    """

    method: str
    fault: FaultKind
    messenger: Messenger
    account_id: str | None = None
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    error_code: int = 131000
    error_subcode: int | None = None
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

    def draw(self, messenger: Messenger, account_id: str, method: str) -> FaultRule | None:
        """The rule that fires now, if any."""
        for rule, chance in self._rules:
            fits = rule.messenger == messenger and _fits(rule, account_id, method)
            if fits and (rule.probability >= 1 or chance.random() < rule.probability):
                rule.fired += 1
                return rule
        return None


def check(rules: list[FaultRule]) -> None:
    """Raises FaultError for a rule that can never fire."""
    for rule in rules:
        possible = _ONLY_FOR.get(rule.method, _FOR_CALLS)
        if rule.fault not in possible:
            raise FaultError(
                f"Fault {rule.fault} is not possible for {rule.method}: use one of {', '.join(sorted(possible))}."
            )


def _fits(rule: FaultRule, account_id: str, method: str) -> bool:
    if rule.times is not None and rule.fired >= rule.times:
        return False
    if rule.account_id is not None and rule.account_id != account_id:
        return False
    return rule.method == method or (rule.method == "*" and method not in _ONLY_FOR)
