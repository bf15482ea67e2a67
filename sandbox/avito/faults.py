"""Faults on request: which call goes wrong, how, how often; a rule's chance comes from its own seed.

Nothing here makes a fault happen: it only says that one should.
"""

import random
from typing import Literal

import msgspec

FaultKind = Literal[
    "429", "500", "error", "token", "402", "reset", "timeout", "lost_reply", "delay", "duplicate", "malformed", "slow",
    "expired", "unsubscribed",
]  # fmt: skip

METHODS = (
    "token", "self", "subscribe", "unsubscribe", "subscriptions", "chats", "chat", "messages", "send", "send_image",
    "upload", "delete", "read", "voices", "blacklist",
)  # fmt: skip
_OFTEN = frozenset({"429", "500", "error", "reset", "timeout", "lost_reply", "delay", "malformed"})
_ONLY_FOR: dict[str, frozenset[str]] = {
    "token": _OFTEN,
    "webhook": frozenset({"duplicate", "delay", "lost_reply", "malformed", "unsubscribed"}),
    "file": frozenset({"500", "reset", "timeout", "delay", "slow", "expired"}),
}
_FOR_METHODS = _OFTEN | {"token", "402"}
_APART = frozenset({"webhook", "file"})


class FaultRule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`method` is one of METHODS, `*` for any of them, `webhook` (our posts) or `file`.

    Fires `times` times (None: always), each time by `probability`. `status` and `message` are the refusal of the fault
    `error`, `status` is also the one of `500`. `retry_after` of `429` is in seconds, None leaves the header out.
    `accepted` says whether a `timeout` did its work before it fell silent.
    """

    method: str
    fault: FaultKind
    messenger: Literal["avito"] = "avito"
    seller_id: int | None = None
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    status: int = 0
    message: str = ""
    retry_after: int | None = 1
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

    def draw(self, seller_id: int, method: str) -> FaultRule | None:
        """The rule that fires for this call, if any."""
        for rule, chance in self._rules:
            if _fits(rule, seller_id, method) and (rule.probability >= 1 or chance.random() < rule.probability):
                rule.fired += 1
                return rule
        return None


def check(rules: list[FaultRule]) -> None:
    """Raises FaultError for a rule that can never fire."""
    for rule in rules:
        if rule.method not in (*METHODS, *_ONLY_FOR, "*"):
            raise FaultError(f"There is no method {rule.method} on Avito: use one of {', '.join(METHODS)}.")
        possible = _ONLY_FOR.get(rule.method, _FOR_METHODS)
        if rule.fault not in possible:
            raise FaultError(
                f"Fault {rule.fault} is not possible for {rule.method}: use one of {', '.join(sorted(possible))}."
            )


def _fits(rule: FaultRule, seller_id: int, method: str) -> bool:
    if rule.times is not None and rule.fired >= rule.times:
        return False
    if rule.seller_id not in {None, seller_id} and method != "file":  # a file's address names nobody
        return False
    if rule.method == "*":
        return method not in _APART and rule.fault in _ONLY_FOR.get(method, _FOR_METHODS)
    return rule.method == method
