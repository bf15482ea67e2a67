"""An Avito account's table in gateway.toml. Never shows the secret or the proxy's password, in errors neither."""

from re import ASCII, fullmatch
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

_KEY = r"[\w.~+/=-]{4,200}"
_PROXY = r"(http|socks4|socks5)://(?:[^@/\s]+@)?[^@/:\s]+:\d{1,5}/?"


class Settings(BaseModel):
    """What one account of Avito needs. Its rates are our caution: Avito publishes none, and says so with error 429."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    channel: Literal["avito"] = "avito"
    client_id: str
    """Of the account's API key; avito.ru/professionals/api shows it."""
    client_secret: SecretStr
    """What stands beside it there. The webhook's own secret is derived from it."""
    api_url: str = "https://api.avito.ru"
    """Another address for a stand-in or a relay."""
    proxy: SecretStr | None = None
    """`http://` or `socks5://user:password@host:port`."""
    mode: Literal["polling", "webhook"] = "polling"
    """Ask for unread chats, or have messages delivered (and ask for what was missed)."""
    poll_seconds: Annotated[float, Field(gt=0, le=600)] = 5.0
    """How often chats are asked for in mode polling."""
    check_seconds: Annotated[float, Field(gt=0, le=1.5)] = 0.5
    """Seconds for reading a delivered message back in mode webhook; of the two that Avito waits, storing takes most."""
    per_second: Annotated[float, Field(gt=0, le=1000)] = 5.0
    """Messages per second of the whole account; a picture takes two calls."""
    per_chat_second: Annotated[float, Field(gt=0, le=1000)] = 1.0
    chat_burst: Annotated[int, Field(ge=1, le=1000)] = 4
    """How many may go to one chat at once before `per_chat_second` holds."""

    @field_validator("client_id")
    @classmethod
    def _is_id(cls, client_id: str) -> str:
        if not fullmatch(_KEY, client_id, ASCII):
            raise ValueError("it is the Client_id that avito.ru/professionals/api shows, as it stands there")
        return client_id

    @field_validator("client_secret")
    @classmethod
    def _is_secret(cls, client_secret: SecretStr) -> SecretStr:
        if not fullmatch(_KEY, client_secret.get_secret_value(), ASCII):
            raise ValueError("it is the Client_secret that avito.ru/professionals/api shows, as it stands there")
        return client_secret

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
