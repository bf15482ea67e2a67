"""A WhatsApp account's table in gateway.toml. Never shows the token or the proxy's password, in errors neither."""

from re import ASCII, fullmatch
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator

from gateway.connectors.toolkit.meta import business_address, number_address

_TOKEN = r"[\w.|-]{20,1000}"  # noqa: S105 - its shape
_PROXY = r"(http|socks4|socks5)://(?:[^@/\s]+@)?[^@/:\s]+:\d{1,5}/?"


def _number(given: object) -> object:
    # In the file they stand with or without quotes.
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


Id = Annotated[str, BeforeValidator(_number), Field(pattern=r"^[0-9]{1,32}$")]


class Settings(BaseModel):
    """What one number needs. The rates are WhatsApp's own with a margin; above them it answers 130429 and 131056."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    channel: Literal["whatsapp"] = "whatsapp"
    app: str
    """The Meta app, by its name in `[apps.<name>]`."""
    token: SecretStr
    """A system user's, with whatsapp_business_messaging and whatsapp_business_management; numbers may share it."""
    phone_number_id: Id
    """The number's id, not the number itself."""
    waba_id: Id
    """The id of its WhatsApp Business account."""
    api_url: str = "https://graph.facebook.com/v23.0"
    """With the version; another address for a stand-in or a relay."""
    proxy: SecretStr | None = None
    """`http://` or `socks5://user:password@host:port`."""
    list_button: Annotated[str, Field(min_length=1, max_length=20)] = "Выбрать"
    """What stands on the button that opens more than three answers."""
    per_second: Annotated[float, Field(gt=0, le=1000)] = 40.0
    """Messages of the whole number; WhatsApp allows 80, both ways together."""
    per_chat_second: Annotated[float, Field(gt=0, le=1000)] = 0.15
    """WhatsApp allows one message in six seconds to one client for long."""
    chat_burst: Annotated[int, Field(ge=1, le=1000)] = 20
    """How many may go to one client at once before `per_chat_second` holds; WhatsApp takes about 45."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """By which ids updates are this account's, its own first."""
        return number_address(self.phone_number_id), business_address(self.waba_id)

    @field_validator("token")
    @classmethod
    def _is_token(cls, token: SecretStr) -> SecretStr:
        if not fullmatch(_TOKEN, token.get_secret_value(), ASCII):
            raise ValueError("a system user's token looks like EAAG… (Business settings, Users, System users)")
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
            raise ValueError("write it as https://host/v23.0 or http://host:port, without a user, `?` or `#`")
        return api_url.rstrip("/")
