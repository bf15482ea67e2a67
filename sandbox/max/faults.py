"""Which faults MAX can be asked for, and where."""

from collections.abc import Collection, Mapping
from typing import ClassVar

from aiohttp import web

from sandbox.toolkit import faults

METHODS = (
    "me", "commands", "updates", "subscribe", "subscriptions", "unsubscribe", "send", "edit", "delete", "messages",
    "message", "answer", "action", "chat", "uploads", "video",
)  # fmt: skip
_OFTEN = frozenset(
    {"429", "500", "502", "error", "token", "success_false", "reset", "timeout", "lost_reply", "delay", "malformed"}
)
_PROXYS_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


class FaultRule(faults.FaultRule, kw_only=True, forbid_unknown_fields=True):
    """`method` is one of METHODS, `*` for any of them, or a place that is no call: `webhook` (our posts), `upload`,
    `file`, or a kind of update that is spoilt as it is made.

    `status`, `code` and `message` are the refusal of the fault `error`; `code` and `message` are those of
    `success_false` too. A `500` that was `accepted` did its work before. `retry_after` of `429` is in seconds; None,
    as nobody has seen one of MAX's, leaves the header out.
    """

    messenger: str = "max"
    bot_id: int | None = None
    status: int = 0
    code: str = ""
    message: str = ""
    retry_after: int | None = None

    @property
    def account(self) -> int | None:
        return self.bot_id


class Faults(faults.Faults[FaultRule]):
    rule_type = FaultRule
    for_calls = _OFTEN
    only_for: ClassVar[Mapping[str, frozenset[str]]] = {
        "updates": _OFTEN | {"duplicate"},
        "send": _OFTEN | {"not_ready"},
        "edit": _OFTEN | {"not_ready"},
        "webhook": frozenset({"duplicate", "delay", "lost_reply", "malformed", "unsubscribed"}),
        "upload": frozenset({"500", "xml", "forbidden", "reset", "timeout", "delay", "malformed"}),
        "file": frozenset({"500", "reset", "timeout", "delay", "slow", "expired"}),
        "message_created": frozenset({"no_message", "null_body", "no_username"}),
        "message_edited": frozenset({"null_message", "no_username"}),
        "message_callback": frozenset({"null_message", "no_username"}),
    }
    apart = frozenset({"webhook", "upload", "file", "message_created", "message_edited", "message_callback"})
    methods: ClassVar[Collection[str]] = METHODS


def proxys_page() -> web.Response:
    """What stands before MAX's servers answers in HTML where they do not."""
    return web.Response(status=502, text=_PROXYS_PAGE, content_type="text/html")
