"""What VK's API answers, as a result or as one of the four instructions to the runtime. Pure.

HTTP says 200 for errors too: the body decides. The sentences are for an operator or an admin; VK's own words stand
in them only where we know nothing better, and what was sent (`request_params`) never does.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from gateway.connectors.toolkit.answers import is_success, wordless
from gateway.connectors.toolkit.vendor_json import decoded
from gateway.connectors.vk.values import count_signed, positive, signed
from gateway.errors import ChannelError, Refused, TryLater, Unauthorized, Uncertain

SEND = "messages.send"
"""The one method that makes something new at the client; VK dedupes it by `random_id`."""


class Rejected(Refused):
    """Refused for what it is, not for whom it is for: in another form it may pass."""


class _Refusal(NamedTuple):
    sentence: str
    gone: bool = False


_TOKEN = "get a new key in the community (Manage, API usage, Access tokens) and put it into the account's `token`"  # noqa: S105
_UNAUTHORIZED = {
    4: f"VK does not accept the community's key (error 4, wrong signature): {_TOKEN}",
    5: f"VK does not accept the community's key (error 5): it was revoked or mistyped; {_TOKEN}",
    27: f"VK does not accept the community's key (error 27): it belongs to no community or was revoked; {_TOKEN}",
    28: f"VK does not accept the key of the application (error 28): {_TOKEN}",
}
_LATER = {
    6: (1.0, True, "VK asks for slower sending: too many calls per second"),
    9: (300.0, False, "VK asks for slower sending: too many messages of one kind (flood control)"),
    29: (3600.0, True, "VK takes no more of these calls for now (its limit for the method)"),
}
_UNCLEAR = {1: "VK failed for a reason that it does not know (error 1)", 10: "VK's server failed (error 10)",
            950: "VK did not manage to answer in time (error 950)"}  # fmt: skip
_REFUSED = {
    3: _Refusal("VK does not know this method any more (error 3): a newer gateway is needed"),
    7: _Refusal("VK does not permit it to the community's key: give the key the rights that the README names"),
    14: _Refusal("VK asks for a captcha, which only a person can solve: write to the client in VK itself"),
    15: _Refusal("VK denies access to it: check the rights of the community's key and that messages are switched on"),
    17: _Refusal("VK wants the community's owner to confirm who they are: open vk.com with their account"),
    18: _Refusal("the client's VK page was deleted or blocked", gone=True),
    113: _Refusal("VK knows no such client", gone=True),
    203: _Refusal("VK denies the gateway access to this community: check `group_id` and the rights of the key"),
    900: _Refusal("the community has blocked this client: unblock them in VK first", gone=True),
    901: _Refusal("the client does not allow messages of the community: they must write first", gone=True),
    902: _Refusal("the client's privacy settings do not let the community write to them", gone=True),
    909: _Refusal("VK lets a message be changed for 24 hours only"),
    910: _Refusal("the message is too large for VK"),
    911: _Refusal("VK does not take these buttons"),
    913: _Refusal("VK does not take so many forwarded messages"),
    914: _Refusal("the message is too long for VK"),
    917: _Refusal("the community has no access to this chat", gone=True),
    920: _Refusal("VK does not let a message of this kind be changed"),
    924: _Refusal("VK no longer takes this message back at the client: that goes for 24 hours only"),
    936: _Refusal("VK knows no such client", gone=True),
    945: _Refusal("this chat is closed"),
    946: _Refusal("VK does not support this chat"),
    983: _Refusal("nobody may write in this chat at the moment"),
    2000: _Refusal("the community has 10 callback servers, the most that VK allows: delete one in its settings"),
}
_OF_ITS_FORM = frozenset({3, 100, 910, 911, 913, 914})
_BAD_PARAMETER = 100
_WORDS_LIMIT = 200


def unclear(method: str, problem: str) -> ChannelError:
    """It was begun, and nobody knows whether it was done: everything but a new message may simply be done again."""
    return Uncertain(problem) if method == SEND else TryLater(problem, after=0.0)


def require_answer(method: str, status: int, body: bytes, wait: float | None = None) -> None:
    """Lets pass what is an answer of the API: an object with `response`, or with an `error` that has a code.

    Raises:
        TryLater, Uncertain: whoever answered is not the API, or it broke down.
    """
    if is_success(status):
        said = decoded(body)
        if isinstance(said, Mapping):
            error = said.get("error")
            if isinstance(error, Mapping) and count_signed(error.get("error_code")) is not None:
                return
            if "error" not in said and "response" in said:
                return
    raise wordless(
        status,
        wait,
        slower=_LATER[6][2],
        unclear=unclear(method, f"VK's server answered {method} with {status} and no words of the API"),
        stranger=f"whoever stands at api_url answered {method} with {status}, and it is not VK's API",
    )


def refusal(method: str, code: int, words: str) -> ChannelError:
    """An error's code as an instruction."""
    if code in _UNAUTHORIZED:
        return Unauthorized(_UNAUTHORIZED[code])
    if code in _LATER:
        after, everyone, sentence = _LATER[code]
        return TryLater(sentence, after=after, everyone=everyone, perhaps=not everyone, limited=True)
    if code in _UNCLEAR:
        return unclear(method, _UNCLEAR[code])
    kind = Rejected if code in _OF_ITS_FORM else Refused
    if code in _REFUSED:
        known = _REFUSED[code]
        return kind(known.sentence, gone=known.gone)
    told = words[:_WORDS_LIMIT].strip()
    if code == _BAD_PARAMETER:
        return Rejected(f"VK refused {method}: {told or 'a parameter is wrong'}")
    return Rejected(f"VK refused {method} (error {code}){f': {told}' if told else ''}")


def sent_natives(result: object, method: str) -> list[tuple[int, int]]:
    """Message ids and numbers within the conversation that messages.send gave, 0 for what it did not tell.

    Raises:
        TryLater, Refused, Uncertain, Unauthorized: the message was refused for this recipient, or no id came.
    """
    if single := positive(result):
        return [(single, 0)]
    found = []
    for one in result if isinstance(result, list) else ():
        if not isinstance(one, Mapping):
            continue
        raise_item(one, method)
        found.append((positive(one.get("message_id")), positive(one.get("conversation_message_id", one.get("cmid")))))
    if not any(any(one) for one in found):
        raise unclear(method, f"VK answered {method} without the message's id")
    return found


def raise_item(one: Mapping[str, Any], method: str) -> None:
    """Raises what stands as an error beside one recipient or message of several."""
    error = one.get("error")
    if isinstance(error, Mapping):
        code = error.get("code", error.get("error_code"))
        told = error.get("description", error.get("error_msg"))
        raise refusal(method, signed(code), told if isinstance(told, str) else "")
