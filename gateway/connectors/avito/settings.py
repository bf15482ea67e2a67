"""An Avito account's table in gateway.toml. Never shows the secret or the proxy's password, in errors neither."""

from re import ASCII, fullmatch
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator

from gateway.connectors.toolkit.settings import AccountTable, is_shaped

_KEY = r"[\w.~+/=-]{4,200}"


class Settings(AccountTable):
    """What one account of Avito needs. Its rates are our caution: Avito publishes none, and says so with error 429."""

    channel: Literal["avito"] = "avito"
    client_id: str
    """Of the account's API key; avito.ru/professionals/api shows it."""
    client_secret: SecretStr
    """What stands beside it there. The webhook's own secret is derived from it."""
    api_url: str = "https://api.avito.ru"
    """Another address for a stand-in or a relay."""
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
        if not is_shaped(client_secret, _KEY):
            raise ValueError("it is the Client_secret that avito.ru/professionals/api shows, as it stands there")
        return client_secret
