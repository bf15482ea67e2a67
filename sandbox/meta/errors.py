"""How the Graph API refuses: status, code, subcode, type and words, as both messengers know them.

Sources: CHANNELS.md 3.7 and 4.6. HTTP statuses are not reliable in the real API either: clients branch on the code.
"""

import secrets
from typing import Literal, NamedTuple

from sandbox.wire import Json

UNKNOWN = 1
PERMISSION = 10
PARAMETER = 100
TOKEN = 190

Flavour = Literal["whatsapp", "instagram", "facebook"]
"""Whose words: `facebook` is Instagram's API by Facebook Login."""


class Known(NamedTuple):
    """`details` stand beside the title in WhatsApp's error_data."""

    status: int
    title: str
    details: str = ""


KNOWN: dict[int, Known] = {
    0: Known(401, "AuthException", "We were unable to authenticate the app user."),
    1: Known(500, "An unknown error has occurred.", "Possibly an invalid request or a server error."),
    2: Known(503, "Service temporarily unavailable", "Temporary due to downtime or due to being overloaded."),
    3: Known(403, "Application does not have the capability to make this API call."),
    4: Known(429, "Application request limit reached", "The app has reached its API call rate limit."),
    10: Known(403, "Application does not have permission for this action"),
    17: Known(429, "User request limit reached"),
    32: Known(429, "Page request limit reached"),
    100: Known(400, "Invalid parameter"),
    190: Known(401, "Error validating access token: The session has been invalidated."),
    200: Known(403, "Permissions error"),
    230: Known(403, "User consent is required to access user profile"),
    368: Known(403, "Temporarily blocked for policies violations"),
    551: Known(400, "This person isn't available right now."),
    613: Known(429, "Calls to this api have exceeded the rate limit."),
    1200: Known(500, "Temporary send message failure. Please try again later."),
    36000: Known(400, "The image size is too large."),
    80007: Known(429, "Rate limit issues", "The WhatsApp Business Account has reached its rate limit."),
    130429: Known(429, "Rate limit hit", "Message failed to send because there were too many messages sent."),
    130472: Known(400, "User's number is part of an experiment"),
    130497: Known(403, "Business account is restricted from messaging users in this country."),
    131000: Known(500, "Something went wrong", "Message failed to send due to an unknown error."),
    131005: Known(403, "Access denied"),
    131008: Known(400, "Required parameter is missing"),
    131009: Known(400, "Parameter value is not valid"),
    131016: Known(500, "Service unavailable", "A service is temporarily unavailable."),
    131021: Known(400, "Recipient cannot be sender", "Sender and recipient phone number is the same."),
    131026: Known(400, "Message undeliverable", "Message Undeliverable."),
    131030: Known(400, "Recipient phone number not in allowed list", "Add the number to the allowed list."),
    131031: Known(403, "Business Account locked"),
    131037: Known(400, "WhatsApp provided number needs display name approval before message can be sent"),
    131042: Known(400, "Business eligibility payment issue", "There was an error related to your payment method."),
    131045: Known(500, "Incorrect certificate"),
    131047: Known(
        400,
        "Re-engagement message",
        "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
    ),
    131048: Known(429, "Spam rate limit hit"),
    131049: Known(400, "This message was not delivered to maintain healthy ecosystem engagement."),
    131050: Known(
        400, "Unable to deliver the message. This recipient has chosen to stop receiving marketing messages."
    ),
    131051: Known(400, "Unsupported message type"),
    131052: Known(400, "Media download error", "Failed to download the media from the sender."),
    131053: Known(400, "Media upload error"),
    131056: Known(
        429,
        "(Business Account, Consumer Account) pair rate limit hit",
        "Too many messages sent from this phone number to the same phone number in a short period.",
    ),
    131057: Known(500, "Account in maintenance mode"),
    131062: Known(400, "Business-scoped user ids are not supported for this message"),
    132000: Known(400, "Number of parameters does not match the expected number of params"),
    132001: Known(404, "Template name does not exist in the translation"),
    132005: Known(400, "Translated text too long"),
    132007: Known(400, "Template format character policy violated"),
    132012: Known(400, "Parameter format does not match format in the created template"),
    132015: Known(400, "Template is paused"),
    132016: Known(400, "Template is disabled"),
    133010: Known(400, "Phone number not registered", "The account does not exist in the Cloud API."),
    135000: Known(400, "Generic user error"),
}
"""Code to HTTP status and words."""

OUTSIDE_WINDOW = "This message is sent outside of allowed window."
OUTSIDE_WINDOW_SUBCODE = 2534022


class GraphError(Exception):
    """A refusal. Without words of its own it takes those of its code."""

    def __init__(
        self, code: int, message: str = "", *, details: str = "", subcode: int | None = None, status: int | None = None
    ) -> None:
        known = KNOWN.get(code, Known(400, "Unknown error"))
        self.code = code
        self.title = message or known.title
        self.details = details or known.details
        self.subcode = subcode
        self.status = status or known.status
        super().__init__(f"{code} {self.title}")

    def body(self, flavour: Flavour) -> Json:
        """The answer's body; Instagram has no error_data, and a type of its own by its own login."""
        is_whatsapp = flavour == "whatsapp"
        error: Json = {
            "message": f"(#{self.code}) {self.title}" if is_whatsapp and self.code != TOKEN else self.title,
            "type": "IGApiException" if flavour == "instagram" and self.code != TOKEN else "OAuthException",
            "code": self.code,
        }
        if is_whatsapp and self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        error["fbtrace_id"] = f"A{secrets.token_urlsafe(16)}"
        return {"error": error}

    def in_status(self) -> Json:
        """The same as a failed status of WhatsApp brings it."""
        return {
            "code": self.code,
            "title": self.title,
            "message": self.title,
            "error_data": {"details": self.details or self.title},
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        }


def unknown_node(verb: str, node: str) -> GraphError:
    """How an id is refused that is nobody's, or another token's."""
    return GraphError(
        PARAMETER,
        f"Unsupported {verb.lower()} request. Object with ID '{node}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation. Please read the Graph API documentation at "
        "https://developers.facebook.com/docs/graph-api",
        subcode=33,
    )


def required(name: str) -> GraphError:
    return GraphError(PARAMETER, f"The parameter {name} is required.")


def wrong(reason: str) -> GraphError:
    """A parameter that cannot be used, with the reason in the words of the vendor."""
    return GraphError(PARAMETER, reason)
