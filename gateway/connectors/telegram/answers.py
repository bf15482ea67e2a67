"""What the Bot API answers, as a result or as one of the four instructions to the runtime. Pure.

The sentences are for an operator or an admin. The server's own words stand in them only where we know nothing
better; they hold neither the token nor what was sent.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from gateway.connectors.toolkit.answers import SERVER, TOO_MANY, is_success, wordless
from gateway.connectors.toolkit.vendor_json import decoded
from gateway.errors import ChannelError, Refused, TryLater, Unauthorized, Uncertain


class Rejected(Refused):
    """Refused for what it is, not for whom it is for: in a plainer form it may pass."""


class Vanished(Refused):
    """The message is not there any more, or cannot be changed."""


class MethodUnknown(Refused):
    """The Bot API server is older than the method."""


class _Reason(NamedTuple):
    words: str
    sentence: str
    gone: bool = False
    vanished: bool = False


_NO_CONNECTION = "the business account has disconnected the bot, or connected it anew (then a new dialog opens)"
_NO_PEER = "the bot may answer for a business account for 24 hours, and only in chats that it was given"
_REASONS = (
    _Reason("business connection not found", _NO_CONNECTION),
    _Reason("business_connection_invalid", _NO_CONNECTION),
    _Reason("business_connection_not_found", _NO_CONNECTION),
    _Reason("business_peer_invalid", _NO_PEER),
    _Reason("business_peer_usage_missing", _NO_PEER),
    _Reason("bot_access_forbidden", "the business account has not given the bot the right to do this"),
    _Reason("bot was blocked by the user", "the client blocked the bot", gone=True),
    _Reason("user is deactivated", "the client's Telegram account was deleted", gone=True),
    _Reason(
        "bot can't initiate conversation",
        "the client has never pressed Start at this bot, and before that Telegram lets it write to nobody",
        gone=True,
    ),
    _Reason(
        "bot can't send messages to bots", "the other side is a bot, and bots cannot write to each other", gone=True
    ),
    _Reason("bot was kicked", "the bot was removed from that chat", gone=True),
    _Reason("bot is not a member", "the bot is not in that chat", gone=True),
    _Reason("chat not found", "Telegram knows no such chat at this bot: the client never wrote to it", gone=True),
    _Reason("peer_id_invalid", "Telegram knows no such client at this bot", gone=True),
    _Reason("user not found", "Telegram knows no such client", gone=True),
    _Reason("input_user_deactivated", "the client's Telegram account was deleted", gone=True),
    _Reason("upgraded to a supergroup", "that is a group, and it has moved; only private chats are answered"),
    _Reason("message to edit not found", "the message is no longer there, so it cannot be changed", vanished=True),
    _Reason("message can't be edited", "Telegram does not let this message be changed", vanished=True),
    _Reason("message can't be deleted", "Telegram lets a bot delete a message for 48 hours only"),
    _Reason("message to react not found", "the message is no longer there"),
    _Reason("message_id_invalid", "the message is no longer there", vanished=True),
    _Reason("message text is empty", "the message is empty"),
    _Reason("reaction_invalid", "Telegram does not let bots set this reaction"),
    _Reason("file is too big", "the file is larger than 20 MB, the most that Telegram hands to bots"),
    _Reason("wrong file_id", "Telegram no longer has the file, or it belongs to another bot"),
    _Reason("invalid file_id", "Telegram no longer has the file, or it belongs to another bot"),
)
_REJECTIONS = (_Reason("voice_messages_forbidden", "the client does not accept voice messages"),)
_SUCCESSES = (
    "message is not modified",
    "message to delete not found",
    "query is too old",
    "query id is invalid",
)
"""What we wanted is so already, or nobody waits for it any more."""

_WORDS_LIMIT = 200
_UNAUTHORIZED, _NOT_FOUND, _CONFLICT, _TOO_LARGE = 401, 404, 409, 413
_NO_SUCH_METHOD = frozenset({404, 405, 501})
_SLOWER = "Telegram asks for slower sending"


def is_repeatable(method: str) -> bool:
    """Whether doing it twice is the same as doing it once: everything but what makes a new message."""
    return not method.startswith("send") or method == "sendChatAction"


def unclear(method: str, problem: str, wait: float | None = None) -> ChannelError:
    """It was begun, and nobody knows whether it was done."""
    return TryLater(problem, after=wait or 0.0, limited=False) if is_repeatable(method) else Uncertain(problem)


def result_of(method: str, status: int, body: bytes, wait: float | None = None) -> Any:  # noqa: ANN401 - any JSON
    """The `result`; None where the refusal means that there is nothing left to do. `wait`: what Retry-After asks for.

    Raises:
        TryLater, Refused, Uncertain, Unauthorized: as gateway.errors says; `Rejected` and `MethodUnknown` among them.
    """
    said = decoded(body)
    if not isinstance(said, Mapping) or "ok" not in said:
        raise _not_the_api(method, status, wait)
    if said["ok"] is True and is_success(status):
        return said.get("result")
    code = said.get("error_code", status)
    words = str(said.get("description", ""))
    if any(one in words.lower() for one in _SUCCESSES):
        return None
    raise _refusal(method, code if isinstance(code, int) else status, words, said.get("parameters"), wait)


def _not_the_api(method: str, status: int, wait: float | None) -> ChannelError:
    if status in _NO_SUCH_METHOD:
        # A server of somebody else's that lacks the method, or none at all: others will tell.
        return TryLater(f"whoever stands at api_url answered {method} with {status}: it may not know it")
    broken = f"Telegram's server answered {method} with {status} and no words of the Bot API"
    return wordless(
        status,
        wait,
        slower=_SLOWER,
        unclear=unclear(method, broken, wait),
        stranger=f"whoever stands at api_url answered {method} with {status}, and it is no Bot API server",
    )


def _refusal(method: str, code: int, words: str, parameters: object, wait: float | None) -> ChannelError:
    hints = parameters if isinstance(parameters, Mapping) else {}
    if code == TOO_MANY:
        # The same words for one chat's limit and for the whole bot's.
        after = _seconds(hints.get("retry_after")) or wait or 0.0
        return TryLater(_SLOWER, after=after, perhaps=True, limited=True)
    if "migrate_to_chat_id" in hints:
        return Refused("that is a group, and it has moved; only private chats are answered")
    if code == _UNAUTHORIZED:
        return Unauthorized(
            "Telegram does not accept the bot's token (401): it was revoked or mistyped; "
            "get the present one from @BotFather and put it into the account's `token`"
        )
    if code == _NOT_FOUND:
        return _not_found(method, words)
    if code == _CONFLICT:
        return _conflict(words)
    if code == _TOO_LARGE:
        return Refused("the file is larger than Telegram takes from a bot (50 MB): send a link to it")
    if code >= SERVER:
        return unclear(method, f"Telegram's server failed at {method} ({code})", wait)
    lowered = words.lower()
    for one in _REASONS:
        if one.words in lowered:
            return Vanished(one.sentence) if one.vanished else Refused(one.sentence, gone=one.gone)
    for one in _REJECTIONS:
        if one.words in lowered:
            return Rejected(one.sentence)
    return Rejected(f"Telegram refused {method}: {words[:_WORDS_LIMIT] or code}")


def _seconds(told: object) -> float:
    try:
        return float(told) if isinstance(told, int | float | str) and not isinstance(told, bool) else 0.0
    except (ValueError, OverflowError):
        return 0.0


def _not_found(method: str, words: str) -> ChannelError:
    if "method not found" in words.lower():
        return MethodUnknown(f"the Bot API server at api_url does not know {method}: it is older than this gateway")
    return Unauthorized(
        "Telegram knows no bot with this token (404): check the account's `token`, and `api_url` if it is set"
    )


def _conflict(words: str) -> Refused:
    if "webhook" in words.lower() and "setwebhook" not in words.lower():
        return Refused(
            "a webhook is set for this bot, so Telegram hands out no updates: somebody else uses its token, or "
            '`mode` should be "webhook"; restart the gateway to take the webhook away'
        )
    return Refused(
        "another program asks for the updates of this bot: stop it, or give it a bot (and a token) of its own"
    )
