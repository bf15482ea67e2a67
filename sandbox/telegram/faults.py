"""Which faults the Bot API can be asked for, and where."""

from collections.abc import Mapping
from typing import ClassVar

from sandbox.toolkit import faults

_FOR_METHODS = frozenset({"429", "500", "reset", "timeout", "lost_reply", "delay", "malformed"})


class FaultRule(faults.FaultRule, kw_only=True, forbid_unknown_fields=True):
    """`method` is a method's name, `*` for any method, `webhook` (our posts) or `file` (downloads)."""

    messenger: str = "telegram"
    bot_id: int | None = None
    retry_after: int = 1

    @property
    def account(self) -> int | None:
        return self.bot_id


class Faults(faults.Faults[FaultRule]):
    rule_type = FaultRule
    for_calls = _FOR_METHODS
    only_for: ClassVar[Mapping[str, frozenset[str]]] = {
        "getupdates": _FOR_METHODS | {"duplicate"},
        "webhook": frozenset({"duplicate", "delay", "lost_reply", "malformed"}),
        "file": frozenset({"500", "reset", "timeout", "delay", "slow", "expired"}),
    }
    apart = frozenset({"webhook", "file"})
