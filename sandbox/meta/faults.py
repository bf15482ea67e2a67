"""Which faults Meta can be asked for, and where."""

from collections.abc import Collection, Mapping
from typing import ClassVar

from sandbox.toolkit import faults


class FaultRule(faults.FaultRule, kw_only=True, forbid_unknown_fields=True):
    """`method` is a call's name (`messages`, `upload`, `media`, `templates`, …), `*` for any call, `webhook` (our
    posts), `file` (the address of a file) or `status` (what becomes of an accepted message on WhatsApp).

    `messenger` is `whatsapp` or `instagram`. `error_code` (and `error_subcode`) are of the faults `error` and `failed`.
    A webhook with a `delay` is overtaken by those after it.
    """

    account_id: str | None = None
    error_code: int = 131000
    error_subcode: int | None = None

    @property
    def account(self) -> str | None:
        return self.account_id


class Faults(faults.Faults[FaultRule]):
    rule_type = FaultRule
    for_calls = frozenset({"error", "500", "502", "reset", "timeout", "lost_reply", "delay", "malformed"})
    only_for: ClassVar[Mapping[str, frozenset[str]]] = {
        "webhook": frozenset({"duplicate", "delay", "lost_reply", "malformed", "wrong_signature"}),
        "file": frozenset({"500", "502", "reset", "timeout", "delay", "slow", "expired"}),
        "status": frozenset({"failed"}),
    }
    apart = frozenset(only_for)
    messengers: ClassVar[Collection[str]] = ("whatsapp", "instagram")
