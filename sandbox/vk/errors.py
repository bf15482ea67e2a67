"""What VK's API says when it refuses: always HTTP 200, with a code, a sentence and an echo of the call.

Sources: VKCOM/vk-api-schema (errors.json) and CHANNELS.md 2.8; details behind a colon are from public reports.
"""

from sandbox.wire import Json

SENTENCES: dict[int, str] = {
    1: "Unknown error occurred",
    3: "Unknown method passed",
    5: "User authorization failed",
    6: "Too many requests per second",
    7: "Permission to perform this action is denied",
    8: "Invalid request",
    9: "Flood control",
    10: "Internal server error",
    14: "Captcha needed",
    15: "Access denied",
    17: "Validation required",
    18: "User was deleted or banned",
    27: "Group authorization failed",
    28: "Application authorization failed",
    29: "Rate limit reached",
    100: "One of the parameters specified was missing or invalid",
    113: "Invalid user id",
    121: "Invalid hash",
    125: "Invalid group id",
    129: "Invalid photo",
    203: "Access to group denied",
    900: "Can't send messages for users from blacklist",
    901: "Can't send messages for users without permission",
    902: "Can't send messages to this user due to their privacy settings",
    909: "Can't edit this message, because it's too old",
    910: "Can't sent this message, because it's too big",
    911: "Keyboard format is invalid",
    913: "Too many forwarded messages",
    914: "Message is too long",
    917: "You don't have access to this chat",
    920: "Can't edit this kind of message",
    921: "Can't forward these messages",
    924: "Can't delete this message for everybody",
    932: "Your community can't interact with this peer",
    936: "Contact not found",
    945: "Chat was disabled",
    946: "Chat not supported",
    950: "Can't send message, reply timed out",
    983: "Writing is disabled for this chat",
    1009: "Unknown reaction passed",
    2000: "Servers number limit is reached",
}


class VkError(Exception):
    """A refusal by its code; `detail` stands behind the code's own sentence, `extra` beside it."""

    def __init__(self, code: int, detail: str = "", extra: Json | None = None) -> None:
        sentence = SENTENCES.get(code, SENTENCES[1])
        self.code = code
        self.message = f"{sentence}: {detail}" if detail else sentence
        self.extra = extra or {}
        super().__init__(f"{code} {self.message}")

    def body(self, method: str, parameters: Json) -> Json:
        """The answer's JSON. The token is not echoed, everything else is."""
        echoed = {"method": method, "oauth": "1", **parameters}
        shown = [{"key": key, "value": str(value)} for key, value in echoed.items() if key != "access_token"]
        return {
            "error": {"error_code": self.code, "error_msg": self.message, "request_params": shown, **self.extra},
        }


def missing(detail: str) -> VkError:
    """The refusal of a wrong or absent parameter."""
    return VkError(100, detail)
