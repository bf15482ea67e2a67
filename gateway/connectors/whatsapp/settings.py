"""A WhatsApp account's table in gateway.toml. Never shows the token or the proxy's password, in errors neither."""

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, SecretStr, field_validator

from gateway.connectors.toolkit.meta import business_address, number_address
from gateway.connectors.toolkit.settings import AccountTable, is_shaped, number

_TOKEN = r"[\w.|-]{20,1000}"  # noqa: S105 - its shape


Id = Annotated[str, BeforeValidator(number), Field(pattern=r"^[0-9]{1,32}$")]


class Settings(AccountTable):
    """What one number needs. The rates are WhatsApp's own with a margin; above them it answers 130429 and 131056."""

    address_example: ClassVar[str] = "https://host/v23.0"

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
        if not is_shaped(token, _TOKEN):
            raise ValueError("a system user's token looks like EAAG… (Business settings, Users, System users)")
        return token
