"""What MAX answers, as a result or as one of the four instructions to the runtime. Pure.

An error's `code` decides, then the status: since November 2026 a 200 with `"success": false` has a code too, and before
it had none. MAX's own words stand in a sentence only where we know nothing better.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from gateway.connectors.max import problems
from gateway.connectors.max.values import words
from gateway.connectors.toolkit.vendor_json import decode
from gateway.errors import ChannelError, Refused, TryLater, Unauthorized, Uncertain


class Rejected(Refused):
    """Refused for what it is, not for whom it is for: in another form it may pass."""


class NoChat(Refused):
    """There is no such chat, or not yet: right after Start MAX itself may not know it."""

    def __init__(self) -> None:
        super().__init__(problems.NOT_FOUND, gone=True)


class NotAllowed(Refused):
    """The API does not take this method (405): of updates, because a webhook takes them."""


class Call(NamedTuple):
    """A call of the API; `makes`: it makes something new at the client."""

    method: str
    path: str
    makes: bool = False


_OK, _REDIRECT = 200, 300
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _NOT_ALLOWED, _TOO_MANY, _SERVER = 401, 403, 404, 405, 429, 500
_TOKEN_CODES = frozenset({"verify.token"})
_LIMIT_CODES = frozenset({"too.many.requests"})
_BROKEN_CODES = frozenset({"internal.error", "service.unavailable"})
_NO_CHAT_CODES = frozenset({"dialog.not.found", "chat.not.found", "user.not.found"})
_NOT_READY = "attachment.not.ready"
_STOPPED = ("dialogs.suspended", "dialog.suspended")
_NOT_ADMIN = "not.admin"
_DENIED = {"PUT": problems.NO_EDIT, "DELETE": problems.NO_DELETE}
"""By the call's method: only messages are changed and deleted."""
_WORDS_LIMIT = 200
Json = Mapping[str, Any]


def unclear(call: Call, problem: str) -> ChannelError:
    """It was begun, and nobody knows whether it was done: everything but a new message may simply be done again."""
    return Uncertain(problem) if call.makes else TryLater(problem, after=0.0)


def result_of(call: Call, status: int, body: bytes, wait: float | None = None) -> Json:
    """What a call gave.

    Raises:
        TryLater, Refused, Uncertain, Unauthorized: it gave nothing.
    """
    try:
        said = decode(body)
    except ValueError:
        said = None
    answer: Json = said if isinstance(said, Mapping) else {}
    code, told = words(answer.get("code")).lower(), _told(answer)
    is_error = bool(code) and not isinstance(answer.get("message"), Mapping)
    if _OK <= status < _REDIRECT and isinstance(said, Mapping) and answer.get("success") is not False and not is_error:
        return answer
    if status == _UNAUTHORIZED or code in _TOKEN_CODES:
        raise Unauthorized(problems.TOKEN)
    if status == _TOO_MANY or code in _LIMIT_CODES:
        # Of the bot or of this chat, MAX does not say which; where it names no time the pauses grow.
        raise TryLater(problems.SLOWER, after=wait or 0.0, perhaps=True, limited=True)
    if status >= _SERVER or code in _BROKEN_CODES:
        raise unclear(call, problems.BROKEN.format(status=status))
    if not isinstance(said, Mapping):
        if status < _REDIRECT:
            raise unclear(call, problems.UNREADABLE.format(status=status))
        # A firewall or a wrong address: no API has seen the request.
        problem = problems.NOT_THE_API.format(status=status)
        raise TryLater(problem, after=0.0, everyone=True)
    raise _refusal(call, status, code, told)


def _refusal(call: Call, status: int, code: str, told: str) -> ChannelError:
    """An error that the API tells by its code or, where it has none, by its status."""
    if _NOT_READY in (code, told):
        return TryLater(problems.NOT_READY, after=0.0)
    if code == "chat.denied" or any(one in f"{code} {told}" for one in _STOPPED):
        if _NOT_ADMIN in told:
            return Refused(problems.NOT_ADMIN)
        return Refused(problems.STOPPED, gone=True)
    if code in _NO_CHAT_CODES:
        return NoChat()
    if "extension is forbidden" in told.lower():
        return Refused(problems.FORBIDDEN_ENDING)
    if "size must be between" in told and "text" in told:
        return Refused(problems.TOO_LONG)
    if code == "access.denied" or (not code and status == _FORBIDDEN):
        return Rejected(_DENIED.get(call.method, problems.NO_RIGHT))
    if status == _NOT_ALLOWED:
        return NotAllowed(problems.NOT_ALLOWED)
    if code == "not.found" or (not code and status == _NOT_FOUND):
        return NoChat() if call.makes else Rejected(problems.GONE_MESSAGE)
    said = " ".join(filter(None, (code, told)))[:_WORDS_LIMIT]
    if said:
        return Rejected(problems.REFUSED.format(told=said))
    return Rejected(problems.REFUSED_SILENTLY)


def _told(answer: Json) -> str:
    """MAX's own words, without what could be somebody's text behind them."""
    return words(answer.get("message")) or words(answer.get("error"))
