"""Which faults Avito can be asked for, and where."""

from collections.abc import Collection, Mapping
from typing import ClassVar

from sandbox.toolkit import faults

METHODS = (
    "token", "self", "subscribe", "unsubscribe", "subscriptions", "chats", "chat", "messages", "send", "send_image",
    "upload", "delete", "read", "voices", "blacklist",
)  # fmt: skip
_OFTEN = frozenset({"429", "500", "error", "reset", "timeout", "lost_reply", "delay", "malformed"})


class FaultRule(faults.FaultRule, kw_only=True, forbid_unknown_fields=True):
    """`method` is one of METHODS, `*` for any of them, `webhook` (our posts) or `file`, whose address names nobody.

    `status` and `message` are the refusal of the fault `error`, `status` is also the one of `500`. `retry_after` of
    `429` is in seconds, None leaves the header out.
    """

    messenger: str = "avito"
    seller_id: int | None = None
    status: int = 0
    message: str = ""
    retry_after: int | None = 1

    @property
    def account(self) -> int | None:
        return self.seller_id


class Faults(faults.Faults[FaultRule]):
    rule_type = FaultRule
    for_calls = _OFTEN | {"token", "402"}
    only_for: ClassVar[Mapping[str, frozenset[str]]] = {
        "token": _OFTEN,
        "webhook": frozenset({"duplicate", "delay", "lost_reply", "malformed", "unsubscribed"}),
        "file": frozenset({"500", "reset", "timeout", "delay", "slow", "expired"}),
    }
    apart = frozenset({"webhook", "file"})
    methods: ClassVar[Collection[str]] = METHODS
