"""How MAX's API refuses: a status and `{"code", "message"}`; clients branch on the code.

Source: CHANNELS.md 9.7, from the official OpenAPI document, clients' fixtures and public reports. The words of
messages are from reports where there are any, else chosen.
"""

from sandbox.wire import Json


class MaxError(Exception):
    """A refusal by its status and code."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        self.status, self.code, self.message = status, code, message
        super().__init__(f"{status} {code}: {message}")

    def body(self) -> Json:
        return {"code": self.code, "message": self.message}


def wrong(message: str) -> MaxError:
    """The request itself is wrong: never worth a repeat."""
    return MaxError(400, "proto.payload", message)


def not_ready() -> MaxError:
    """A file is still in work."""
    return MaxError(400, "attachment.not.ready", "Key: errors.process.attachment.file.not.processed")


def wrong_token() -> MaxError:
    return MaxError(401, "verify.token", "Invalid access_token")


def no_right(message: str) -> MaxError:
    return MaxError(403, "access.denied", message)


def suspended() -> MaxError:
    """The person has stopped the bot."""
    return MaxError(403, "chat.denied", "error.dialogs.suspended")


def not_found(what: str, code: str = "not.found") -> MaxError:
    return MaxError(404, code, f"{what} not found")


def not_allowed(message: str) -> MaxError:
    return MaxError(405, "method.not.allowed", message)


def too_many() -> MaxError:
    return MaxError(429, "too.many.requests", "Too many requests")


def unsuccessful(code: str, message: str) -> Json:
    """The body of a 200 that says no; the code is told since November 2026."""
    return {"success": False, "code": code, "message": message}
