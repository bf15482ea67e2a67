"""A Telegram account's table in gateway.toml. Never shows the token or the proxy's password, in errors neither."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator

from gateway.connectors.toolkit.settings import AccountTable, is_shaped

_TOKEN = r"\d{1,20}:[\w-]{20,200}"  # noqa: S105 - its shape


class Settings(AccountTable):
    """What one bot needs. The rates are Telegram's own limits with a margin; above them it answers 429."""

    channel: Literal["telegram"] = "telegram"
    token: SecretStr
    """From @BotFather."""
    api_url: str = "https://api.telegram.org"
    """Another address for a Bot API server of one's own."""
    mode: Literal["polling", "webhook"] = "polling"
    per_second: Annotated[float, Field(gt=0, le=100_000)] = 25.0
    """Messages, edits and reactions of the whole bot."""
    per_chat_second: Annotated[float, Field(gt=0, le=100_000)] = 1.0
    chat_burst: Annotated[int, Field(ge=1, le=100_000)] = 4
    """How many may go to one chat at once before `per_chat_second` holds."""

    @field_validator("token")
    @classmethod
    def _is_token(cls, token: SecretStr) -> SecretStr:
        if not is_shaped(token, _TOKEN):
            raise ValueError("a bot's token looks like 123456789:AAE… (@BotFather shows it under /mybots, API Token)")
        return token
