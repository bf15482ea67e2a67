"""What Meta answers, as a result or as one of the four instructions to the runtime. Pure.

The body decides, whatever the status: errors come with 200 too. The sentences are for an operator or an admin; Meta's
own words stand in them only where we know nothing better, and never for a token, which Meta repeats in its own.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from gateway.connectors.toolkit.answers import is_success, wordless
from gateway.connectors.toolkit.values import table, words
from gateway.connectors.toolkit.vendor_json import decoded
from gateway.errors import ChannelError, Refused, TryLater, Unauthorized, Uncertain

SEND = "messages"
"""The one call that makes something new at the client; nothing dedupes it."""


class Rejected(Refused):
    """Refused for what it is, not for whom it is for: in another form it may pass."""


class _Refusal(NamedTuple):
    sentence: str
    gone: bool = False
    of_its_form: bool = False


_TOKEN = "get a new one (the README says where) and put it into the account's `token`"  # noqa: S105
_EXPIRED = frozenset({463, 467})
_REVOKED = frozenset({458, 460})
_DEAD = frozenset({102, 190})
_LATER = {
    4: (120.0, "Meta asks for slower sending: the app has made too many calls"),
    17: (120.0, "Meta asks for slower sending: the account has made too many calls"),
    32: (120.0, "Meta asks for slower sending: the page has made too many calls"),
    613: (60.0, "Meta asks for slower sending: too many calls of one kind"),
    80002: (300.0, "Meta asks for slower sending: the account has used up its calls for now"),
    80006: (300.0, "Meta asks for slower sending: the account has used up its calls for now"),
}
_TEMPORARY = frozenset({1, 2, 1200})
_TEMPORARY_SUBCODES = frozenset({1545012})
_OVER = _Refusal("the time in which Instagram lets this client be answered is over: they must write again first")
_UNKNOWN = _Refusal("Instagram knows no such client: their account was deleted, or wrote to another account", gone=True)
_AWAY = _Refusal("the client cannot be written to: they blocked the account, or theirs is switched off", gone=True)
_PERMISSION = _Refusal("Instagram does not permit it to the token: give it the permissions that the README names")
_REFUSED = {
    (10, 2534022): _OVER,
    (10, 2018278): _OVER,
    (10, 2018300): _Refusal("another app holds the conversation with this client: answer there, or pass it on there"),
    (100, 2534014): _UNKNOWN,
    (100, 2018001): _UNKNOWN,
    (100, 33): _Refusal("Instagram does not find it: it is gone, or belongs to another account than the token"),
    (551, None): _AWAY,
    (230, None): _Refusal("the client has not agreed to show who they are"),
    (3, None): _PERMISSION,
    (10, None): _PERMISSION,
    (200, None): _PERMISSION,
    (368, None): _Refusal("Meta has restricted the account for breaking its rules: see its status in Instagram"),
    (36000, None): _Refusal("Instagram does not take this file: it is too large", of_its_form=True),
    (100, 2018047): _Refusal(
        "Instagram does not take this file: it is broken, or of another kind than its name says", of_its_form=True
    ),
    (100, 2534068): _Refusal(
        "Instagram does not take this file: it is of a kind that Instagram does not show", of_its_form=True
    ),
}
_AWAY_SUBCODE = 1545041
_BAD_PARAMETER = 100
_OF_MUCH = 10
"""The code of missing permissions, and with a subcode of anything."""
_WORDS_LIMIT = 200


def unclear(method: str, problem: str) -> ChannelError:
    """It was begun, and nobody knows whether it was done: everything but a new message may simply be done again."""
    return Uncertain(problem) if method == SEND else TryLater(problem, after=0.0)


def read_answer(method: str, status: int, body: bytes, wait: float | None = None) -> Mapping[str, Any]:
    """The object that was answered; `wait`: what Retry-After asks for, in seconds.

    Raises:
        TryLater, Refused, Uncertain, Unauthorized: it is an error, or whoever answered is not the API, or broke down.
    """
    said = decoded(body)
    if isinstance(said, Mapping):
        if isinstance(error := said.get("error"), Mapping) and _code(error.get("code")) is not None:
            raise refusal(error, wait)
        if is_success(status) and "error" not in said:
            return said
    raise wordless(
        status,
        wait,
        slower=_LATER[4][1],
        unclear=unclear(method, f"Meta's server answered {status} and no words of the API"),
        stranger=f"whoever stands at api_url answered {status}, and it is not Meta's API",
    )


def refusal(error: Mapping[str, Any], wait: float | None = None) -> ChannelError:
    """An error's code and subcode as an instruction."""
    code, subcode = _code(error.get("code")) or 0, _code(error.get("error_subcode"))
    if code in _DEAD:
        return Unauthorized(_dead(subcode))
    if code in _LATER:
        after, sentence = _LATER[code]
        return TryLater(sentence, after=wait or after, everyone=True, limited=True)
    if subcode == _AWAY_SUBCODE:
        return Refused(_AWAY.sentence, gone=True)
    known = _REFUSED.get((code, subcode))
    if known is None and code != _OF_MUCH:
        known = _REFUSED.get((code, None))
    if known is not None:
        return (Rejected if known.of_its_form else Refused)(known.sentence, gone=known.gone)
    if code in _TEMPORARY or subcode in _TEMPORARY_SUBCODES or error.get("is_transient") is True:
        return TryLater(f"Instagram failed for a moment (error {code})", after=wait or 15.0, limited=False)
    told = words(error.get("message"))[:_WORDS_LIMIT]
    if code == _BAD_PARAMETER and "user cannot be found" in told.lower():
        return Refused(_UNKNOWN.sentence, gone=True)
    number = f"{code}/{subcode}" if subcode is not None else str(code)
    kind = Rejected if code == _BAD_PARAMETER else Refused
    return kind(f"Instagram refused it (error {number}){f': {told}' if told else ''}")


def sent_native(answer: Mapping[str, Any]) -> str:
    """The new message's id. Raises Uncertain: none came."""
    found = words(table(answer).get("message_id"))
    if not found:
        raise Uncertain("Instagram took the message and did not say which it is")
    return found


def _dead(subcode: int | None) -> str:
    if subcode in _EXPIRED:
        return f"the account's token has expired (error 190): {_TOKEN}"
    if subcode in _REVOKED:
        return f"the account's token was taken back, by a changed password or in Instagram (error 190): {_TOKEN}"
    return f"Meta does not accept the account's token (error 190): {_TOKEN}"


def _code(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
