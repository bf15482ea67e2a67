"""What WhatsApp's API answers, as a result or as one of the four instructions to the runtime. Pure.

The body's code decides, not HTTP's status. The same codes come as failed statuses after a send that was accepted, so
their sentences are for operators and admins alike; WhatsApp's own words stand there only where we know nothing better.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from gateway.connectors.toolkit.answers import SERVER, TOO_MANY, is_success, wordless
from gateway.connectors.toolkit.values import Json, table
from gateway.connectors.toolkit.vendor_json import decoded
from gateway.connectors.whatsapp.values import words
from gateway.errors import ChannelError, Refused, TryLater, Unauthorized, Uncertain

_WORDS = 200
_TOKEN = (
    "make a new one for the system user (Business settings, Users, System users) and put it into the account's `token`"  # noqa: S105
)


class Rejected(Refused):
    """Refused for what it is, not for whom it is for: in another form it may pass."""


class Later(NamedTuple):
    """How long to wait, and whether for this contact only, for the whole account, or `perhaps` for that; 0: it is no
    rate limit but trouble, and the wait grows.
    """

    seconds: float
    everyone: bool
    perhaps: bool = False


_UNAUTHORIZED = frozenset({0, 190})
_LATER = {
    1: Later(0, everyone=False),
    2: Later(0, everyone=False),
    4: Later(60, everyone=True),
    80007: Later(60, everyone=True),
    130429: Later(5, everyone=True),
    131000: Later(0, everyone=False),
    131016: Later(0, everyone=False),
    131048: Later(900, everyone=False, perhaps=True),
    131056: Later(6, everyone=False),
    131057: Later(60, everyone=True),
    131064: Later(900, everyone=False, perhaps=True),
    133016: Later(3600, everyone=True),
    135000: Later(0, everyone=False),
}
_OF_ITS_FORM = frozenset({100, 131008, 131009, 131051, 131052, 131053})
_GONE = frozenset({131030})
_SENTENCES = {
    1: "WhatsApp failed for a reason that it does not tell",
    2: "WhatsApp is down for a while",
    3: "the token lacks the right to it: give it whatsapp_business_messaging and whatsapp_business_management",
    4: "WhatsApp asks for slower sending: too many calls of the app",
    10: "the token lacks the right to it: give it whatsapp_business_messaging and whatsapp_business_management",
    368: "WhatsApp has restricted the business for breaking its rules: see Meta's Business manager",
    80007: "WhatsApp asks for slower sending: too many calls of the business account",
    130429: "WhatsApp asks for slower sending: too many messages of this number",
    130472: "WhatsApp keeps this client from such messages for an experiment of its own; sending again does not help",
    130497: "WhatsApp does not let this business write to clients of that country",
    131000: "WhatsApp failed for a reason that it does not tell",
    131005: "the token lacks the right to it: give it whatsapp_business_messaging and whatsapp_business_management",
    131016: "WhatsApp is down for a while",
    131021: "a number cannot write to itself",
    131026: "WhatsApp cannot deliver to this client: they may have no WhatsApp, an old one, or have blocked us",
    131030: "the number is a test number, and this client is not on its list of recipients",
    131031: "WhatsApp has locked the business account: see Meta's Business manager",
    131037: "the number has no approved display name yet: see WhatsApp Manager",
    131042: "WhatsApp wants a payment method of the business account: see the billing in Meta's Business manager",
    131045: "the number is not registered with WhatsApp as it should be: register it in WhatsApp Manager",
    131047: "more than 24 hours have passed since the client's last message: only an approved template can be sent",
    131048: "WhatsApp limits this number, because clients have blocked it or complained",
    131049: "WhatsApp does not deliver more marketing to this client for now; not before tomorrow",
    131050: "the client has opted out of marketing messages of this business",
    131051: "WhatsApp does not take messages of this kind",
    131052: "WhatsApp could not load the client's file: ask them to send it again",
    131053: "WhatsApp could not take the file: send it as another kind, or a link to it",
    131056: "WhatsApp asks for slower sending: too many messages to this client",
    131057: "the number is under maintenance for a few minutes",
    131062: "a message of this kind cannot go to a client who hides their number",
    131064: "WhatsApp limits this number, because clients have blocked it or complained",
    132000: "the template wants another number of variables",
    132001: "WhatsApp has no such approved template in this language",
    132005: "the template is too long with these words in it",
    132007: "WhatsApp refuses the template: it breaks the rules for its kind",
    132008: "a variable of the template is not as the template wants it",
    132012: "a variable of the template is not as the template wants it",
    132015: "WhatsApp has paused the template for its low quality",
    132016: "WhatsApp has switched the template off for its low quality",
    133010: "the number is not registered with WhatsApp: register it in WhatsApp Manager",
    133016: "WhatsApp takes no more registrations of this number for now",
    135000: "WhatsApp failed for a reason that it does not tell",
    137000: "the client's identity has changed and is not confirmed yet",
}
_RIGHTS = range(200, 300)


def read(status: int, body: bytes, wait: float | None = None) -> Json:
    """The answer, if it is one of success; `wait`: what Retry-After asks for, in seconds.

    Raises:
        TryLater, Refused, Uncertain, Unauthorized: what else it says.
    """
    said = decoded(body)
    error = said.get("error") if isinstance(said, Mapping) else None
    if isinstance(error, Mapping):
        raise refusal(error, status, wait)
    if is_success(status) and isinstance(said, Mapping):
        return said
    raise wordless(
        status,
        wait,
        slower=_SENTENCES[4],
        unclear=Uncertain(f"WhatsApp's server answered {status} and no words of the API"),
        stranger=f"whoever stands at api_url answered {status}, and it is not WhatsApp's API",
    )


def refusal(error: Json, status: int, wait: float | None = None) -> ChannelError:
    """An error's code as an instruction."""
    code = _code(error)
    if code in _UNAUTHORIZED or (code is None and status == 401):  # noqa: PLR2004 - HTTP's own
        return Unauthorized(
            f"WhatsApp does not accept the token (error {code}): it has expired or was revoked; {_TOKEN}"
        )
    if code in _LATER:
        later = _LATER[code]
        after = wait or later.seconds
        is_limit = later.seconds > 0
        return TryLater(_SENTENCES[code], after=after, everyone=later.everyone, perhaps=later.perhaps, limited=is_limit)
    if status == TOO_MANY:
        return TryLater(_SENTENCES[4], after=wait or 5.0, everyone=True, limited=True)
    if code is None and status >= SERVER:
        return Uncertain(f"WhatsApp's server answered {status} and an error without a code")
    if code in _GONE:
        return Refused(_SENTENCES[code], gone=True)
    return (Rejected if code is None or code in _OF_ITS_FORM else Refused)(sentence(error))


def sentence(error: Json) -> str:
    """An error of the API, or of a failed status, in words."""
    code = _code(error)
    if code in _RIGHTS:
        return _SENTENCES[10]
    known = _SENTENCES.get(code) if code is not None else None
    if known is not None:
        return known
    told = words(table(error.get("error_data")).get("details")) or words(error.get("details"))
    told = (told or words(error.get("message")) or words(error.get("title")))[:_WORDS]
    return f"WhatsApp refused it (error {'without a code' if code is None else code}){f': {told}' if told else ''}"


def sent_id(said: Mapping[str, Any]) -> str:
    """The id of what was sent.

    Raises:
        Uncertain: it was accepted, and no id came.
    """
    listed = said.get("messages")
    first = table(listed[0]) if isinstance(listed, list) and listed else {}
    if not (found := words(first.get("id"), 256)):
        raise Uncertain("WhatsApp answered without the message's id")
    return found


def _code(error: Json) -> int | None:
    told = words(error.get("code"), 12)
    return int(told) if told.isascii() and told.isdecimal() else None
