"""A VK account's table in gateway.toml. Never shows the token or the proxy's password, in errors neither."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator

from gateway.connectors.toolkit.settings import AccountTable, is_shaped

_TOKEN = r"[\w.-]{20,300}"  # noqa: S105 - its shape


class Settings(AccountTable):
    """What one community needs. The rates are VK's own limits with a margin; above them it answers errors 6 and 9."""

    channel: Literal["vk"] = "vk"
    token: SecretStr
    """The community's access key, with the rights to messages, community management, photos and documents."""
    group_id: Annotated[int, Field(gt=0, lt=2**53)]
    """The community's number: 123 of vk.com/club123."""
    api_url: str = "https://api.vk.com"
    """Another address for a stand-in or a relay."""
    mode: Literal["polling", "webhook"] = "polling"
    """Long Poll, or the Callback API."""
    per_second: Annotated[float, Field(gt=0, le=1000)] = 15.0
    """Messages, edits and reactions of the whole community; each may take several calls, of which VK allows 20."""
    per_chat_second: Annotated[float, Field(gt=0, le=1000)] = 1.0
    chat_burst: Annotated[int, Field(ge=1, le=1000)] = 5
    """How many may go to one chat at once before `per_chat_second` holds."""
    calls_per_second: Annotated[float, Field(gt=0, le=1000)] = 20.0
    """Calls of the API of any kind; VK allows a community 20."""

    @field_validator("token")
    @classmethod
    def _is_token(cls, token: SecretStr) -> SecretStr:
        if not is_shaped(token, _TOKEN):
            raise ValueError("a community's key looks like vk1.a.… (Manage, API usage, Access tokens show it)")
        return token
