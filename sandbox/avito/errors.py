"""How Avito's API refuses: a status, and a body of one of two shapes.

Sources: the messenger's OpenAPI document (badRequestError and its like, validatingError) and CHANNELS.md 5.4. What
stands before the API, and knows tokens only, answers in the shape of `result`.
"""

from http import HTTPStatus

from sandbox.wire import Json

SENTENCES: dict[int, str] = {
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment required",
    403: "Forbidden",
    404: "Not found",
    429: "Too Many Requests",
    500: "Error while processing request. Please, contact support",
    503: "Service temporarily unavailable. Please, contact support",
}


class AvitoError(Exception):
    """A refusal by its status. `fields` are of a failed validation; `retry_after` is a header in seconds."""

    def __init__(
        self,
        status: int,
        message: str = "",
        *,
        fields: dict[str, str] | None = None,
        retry_after: int | None = None,
        is_outer: bool = False,
    ) -> None:
        self.status = status
        self.message = message or SENTENCES.get(status) or HTTPStatus(status).phrase
        self.fields = fields
        self.retry_after = retry_after
        self._is_outer = is_outer
        super().__init__(f"{status} {self.message}")

    def body(self) -> Json:
        if self._is_outer:
            return {"result": {"message": self.message, "status": False}}
        fields = {} if self.fields is None else {"fields": self.fields}
        return {"error": {"code": self.status, "message": self.message, **fields}}

    def headers(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


def invalid(**fields: str) -> AvitoError:
    """The refusal of wrong or absent parameters, each by its name."""
    return AvitoError(400, "Validation error", fields=fields)


def not_found(what: str = "") -> AvitoError:
    return AvitoError(404, f"{what} not found" if what else "")


def no_token() -> AvitoError:
    """A token that was never given out, or none at all."""
    return AvitoError(401, "invalid access token", is_outer=True)


def old_token() -> AvitoError:
    """A token whose time is over: 403, not 401."""
    return AvitoError(403, "access token expired", is_outer=True)
