"""What Avito's API answers, as a result or as one of the four instructions to the runtime. Pure.

The sentences are for an operator or an admin; Avito's own words stand in them only where we know nothing better, and
nothing of what was sent does.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from gateway.connectors.toolkit.answers import SERVER, TOO_MANY, is_success
from gateway.connectors.toolkit.http import Answer
from gateway.connectors.toolkit.values import inner, words
from gateway.connectors.toolkit.vendor_json import decoded
from gateway.errors import ChannelError, Refused, TryLater, Unauthorized, Uncertain

BAD, UNKNOWN_TOKEN, UNPAID, FORBIDDEN, NOT_FOUND = 400, 401, 402, 403, 404
_USUAL_WAIT = 5.0
"""Seconds, where Avito asks for slower calls and does not say how long."""
_WORDS_LIMIT = 200

KEYS = (
    "Avito does not accept the account's Client_id and Client_secret: look them up at avito.ru/professionals/api "
    "and put them into `client_id` and `client_secret`"
)
DENIED = (
    "Avito does not let the account's key use the messenger: make a new key at avito.ru/professionals/api and put it "
    "into `client_id` and `client_secret`"
)
TARIFF = (
    "Avito's messenger API is not in the account's tariff (402): pay for one that has it at avito.ru/paid-services; "
    "messages wait here until then"
)
SLOWER = "Avito asks for slower sending: too many calls"
NO_CHAT = "Avito knows no such chat"
CLOSED = "Avito does not let the shop write into this chat"


class Call(NamedTuple):
    """A call of the API."""

    method: str
    path: str
    what: str
    """What it does, for sentences: a path holds ids that tell nobody anything."""
    makes: bool = False
    """It makes something new at the client, so a lost answer must not be repeated."""
    in_chat: bool = False
    """It may be denied for one chat only."""


def unclear(call: Call, problem: str) -> ChannelError:
    """It was begun, and nobody knows whether it was done: everything but a new message may simply be done again."""
    return Uncertain(problem) if call.makes else TryLater(problem, after=0.0)


def result_of(call: Call, answer: Answer) -> Any:  # noqa: ANN401 - any JSON
    """What the API says. 401 and 403 are for whoever can ask for a new token first.

    Raises:
        TryLater, Refused, Uncertain, Unauthorized: it says that it was not done, or nothing to be read.
    """
    said = decoded(answer.body)
    status = answer.status
    if is_success(status):
        if isinstance(said, Mapping | list) and not (isinstance(said, Mapping) and inner(said, "error")):
            return said
        raise unclear(call, f"Avito's server answered {status} to {call.what} and nothing to be read")
    if status >= SERVER:
        raise unclear(call, f"Avito's server failed at {call.what} ({status})")
    if status == TOO_MANY:
        raise TryLater(SLOWER, after=wait_of(answer), everyone=True, limited=True)
    if status == UNPAID:
        raise Unauthorized(TARIFF)
    if status in {UNKNOWN_TOKEN, FORBIDDEN}:
        raise Unauthorized(DENIED)
    told = _told(said)
    if told is None or status < BAD:
        # A firewall or a wrong address: no API has seen the request.
        problem = f"whoever stands at api_url answered {status} to {call.what}, and it is not Avito's API"
        raise TryLater(problem, after=0.0, everyone=True)
    if status == NOT_FOUND:
        raise Refused(NO_CHAT, gone=call.makes)
    raise Refused(f"Avito refused {call.what} ({status}){f': {told}' if told else ''}")


def wait_of(answer: Answer) -> float:
    """How long Avito asks to wait, in seconds."""
    return _USUAL_WAIT if answer.wait is None else max(answer.wait, 1.0)


def _told(said: object) -> str | None:
    """An error's own words; None: it is no error of the API."""
    if not isinstance(said, Mapping):
        return None
    for name in ("error", "result"):
        body = said.get(name)
        if isinstance(body, Mapping) and ("message" in body or "code" in body):
            return words(body.get("message"))[:_WORDS_LIMIT]
    return None
