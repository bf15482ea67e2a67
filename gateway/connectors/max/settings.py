"""A MAX account's table in gateway.toml. Never shows the token or the proxy's password, in errors neither."""

from re import ASCII, fullmatch
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

_TOKEN = r"[\w.=+/~-]{16,512}"  # noqa: S105 - its shape
_PROXY = r"(http|socks4|socks5)://(?:[^@/\s]+@)?[^@/:\s]+:\d{1,5}/?"


class Settings(BaseModel):
    """What one bot needs. The rates are MAX's own limits with a margin: 30 requests a second, and 2 for one chat."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    channel: Literal["max"] = "max"
    token: SecretStr
    """The bot's, from business.max.ru."""
    api_url: str = "https://platform-api2.max.ru"
    """Another address for a stand-in or a relay."""
    ca_file: str | None = None
    """Root certificates (PEM) in the place of the one in this folder, for this account's connections alone."""
    proxy: SecretStr | None = None
    """`http://` or `socks5://user:password@host:port`."""
    mode: Literal["polling", "webhook"] = "polling"
    per_second: Annotated[float, Field(gt=0, le=1000)] = 15.0
    """Messages and edits of the whole bot; one with a file takes two requests, of which MAX allows 30."""
    per_chat_second: Annotated[float, Field(gt=0, le=1000)] = 1.9
    chat_burst: Annotated[int, Field(ge=1, le=1000)] = 1
    """How many may go to one chat at once before `per_chat_second` holds."""

    @field_validator("token")
    @classmethod
    def _is_token(cls, token: SecretStr) -> SecretStr:
        if not fullmatch(_TOKEN, token.get_secret_value(), ASCII):
            raise ValueError("a bot's token is one long word without spaces (business.max.ru, Chat bots, Settings)")
        return token

    @field_validator("proxy", "ca_file", mode="before")
    @classmethod
    def _is_nothing(cls, value: object) -> object:
        return value or None

    @field_validator("proxy")
    @classmethod
    def _is_proxy(cls, proxy: SecretStr | None) -> SecretStr | None:
        if proxy is not None and not fullmatch(_PROXY, proxy.get_secret_value()):
            raise ValueError("write it as http://host:port or socks5://user:password@host:port")
        return proxy

    @field_validator("api_url")
    @classmethod
    def _is_address(cls, api_url: str) -> str:
        if not fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", api_url):
            raise ValueError("write it as https://host or http://host:port, without a user, `?` or `#`")
        return api_url.rstrip("/")
