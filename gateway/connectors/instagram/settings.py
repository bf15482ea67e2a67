"""An Instagram account's table in gateway.toml. Never shows the token or the proxy's password, in errors neither."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from gateway.connectors.toolkit.meta import profile_address
from gateway.connectors.toolkit.settings import AccountTable, is_shaped, number

HOSTS = {"instagram": "https://graph.instagram.com", "facebook": "https://graph.facebook.com"}
_TOKEN = r"[\w|.-]{20,600}"  # noqa: S105 - its shape
_ID = Annotated[str, Field(pattern=r"^\d{1,30}$")]
"""A text: many are larger than what a number keeps exactly."""


class Settings(AccountTable):
    """What one account needs; the app's secret and verify token stand in the app's own table."""

    channel: Literal["instagram"] = "instagram"
    app: Annotated[str, Field(min_length=1)]
    """The name of the Meta app in `[apps.<name>]`, through which updates come."""
    token: SecretStr
    """Instagram Login: the Instagram user's long-lived token. Facebook Login: the page's token."""
    instagram_id: _ID
    """The professional account's id, 17841…: updates are addressed to it."""
    login: Literal["instagram", "facebook"] = "instagram"
    """Which of Meta's two ways the token is of."""
    page_id: _ID | None = None
    """Facebook Login: the page that the account is linked to."""
    token_made: date | None = None
    """Instagram Login: the day on which the token was made or refreshed; it lives 60 days from then."""
    api_url: str = ""
    """Another address for a stand-in or a relay; empty: Meta's host for this login."""
    api_version: Annotated[str, Field(pattern=r"^v\d{1,3}\.\d$")] = "v24.0"
    per_second: Annotated[float, Field(gt=0, le=1000)] = 50.0
    """Messages and reactions of the whole account; Meta allows 300 a second, of sound and film 10."""
    per_chat_second: Annotated[float, Field(gt=0, le=1000)] = 2.0
    chat_burst: Annotated[int, Field(ge=1, le=1000)] = 10
    """How many may go to one client at once before `per_chat_second` holds."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """By either login updates are addressed to the professional account."""
        return (profile_address(self.instagram_id),)

    @model_validator(mode="before")
    @classmethod
    def _has_an_address(cls, given: Any) -> Any:  # noqa: ANN401 - whatever the file holds
        if isinstance(given, Mapping) and not given.get("api_url"):
            return {**given, "api_url": HOSTS.get(str(given.get("login", "instagram")), HOSTS["instagram"])}
        return given

    @field_validator("token")
    @classmethod
    def _is_token(cls, token: SecretStr) -> SecretStr:
        if not is_shaped(token, _TOKEN):
            raise ValueError("an Instagram user's token looks like IGAA…, a page's like EAA… (the README says where)")
        return token

    @field_validator("page_id", "token_made", mode="before")
    @classmethod
    def _is_nothing(cls, given: object) -> object:
        return given or None

    @field_validator("instagram_id", "page_id", mode="before")
    @classmethod
    def _is_a_text(cls, given: object) -> object:
        return number(given)

    @model_validator(mode="after")
    def _has_a_page(self) -> "Settings":
        if self.login == "facebook" and self.page_id is None:
            raise ValueError('login = "facebook" needs `page_id`, the number of the page that the account is linked to')
        return self
