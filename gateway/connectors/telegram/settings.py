"""A Telegram account's table in gateway.toml. Never shows the token or the proxy's password, in errors neither."""

from re import ASCII, fullmatch
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

_TOKEN = r"\d{1,20}:[\w-]{20,200}"  # noqa: S105 - its shape
_PROXY = r"(http|socks4|socks5)://(?:[^@/\s]+@)?[^@/:\s]+:\d{1,5}/?"


class Settings(BaseModel):
    """What one bot needs. The rates are Telegram's own limits with a margin; above them it answers 429."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    channel: Literal["telegram"] = "telegram"
    token: SecretStr
    """From @BotFather."""
    api_url: str = "https://api.telegram.org"
    """Another address for a Bot API server of one's own."""
    proxy: SecretStr | None = None
    """`http://` or `socks5://user:password@host:port`."""
    mode: Literal["polling", "webhook"] = "polling"
    per_second: Annotated[float, Field(gt=0, le=100_000)] = 25.0
    """Messages, edits and reactions of the whole bot."""
    per_chat_second: Annotated[float, Field(gt=0, le=100_000)] = 1.0
    chat_burst: Annotated[int, Field(ge=1, le=100_000)] = 4
    """How many may go to one chat at once before `per_chat_second` holds."""

    @field_validator("token")
    @classmethod
    def _is_token(cls, token: SecretStr) -> SecretStr:
        if not fullmatch(_TOKEN, token.get_secret_value(), ASCII):
            raise ValueError("a bot's token looks like 123456789:AAE… (@BotFather shows it under /mybots, API Token)")
        return token

    @field_validator("proxy", mode="before")
    @classmethod
    def _is_no_proxy(cls, proxy: object) -> object:
        return proxy or None

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
