"""A site's table in gateway.toml. Never shows a secret, in errors neither; what a page's header or style will hold is
checked here, so that nothing behind it has to.
"""

from pathlib import Path
from re import ASCII, fullmatch
from typing import Annotated, Literal

from msgspec import Struct
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from gateway.connectors.widget.origins import rule_of

_SHORTEST_SECRET = 32
_MEGABYTE = 1024 * 1024


class Question(Struct, frozen=True):
    """What a visitor is asked for before the first message."""

    field: str
    required: bool


def _listed(given: object) -> object:
    """Takes the way people write a list into an environment variable: `a, b`."""
    if isinstance(given, str):
        return [one.strip(" \"'") for one in given.strip("[] ").split(",") if one.strip(" \"'")]
    return given


def _long(secret: SecretStr | None) -> SecretStr | None:
    if secret is not None and len(secret.get_secret_value()) < _SHORTEST_SECRET:
        raise ValueError(f"give {_SHORTEST_SECRET} characters of chance or more, such as `openssl rand -hex 32` prints")
    return secret


def _absent(given: object) -> object:
    return None if given == "" else given


def _rule(origin: str) -> str:
    return rule_of(origin)


def _question(asked: str) -> str:
    if not fullmatch(r"(name|phone|email)!?", asked):
        raise ValueError('ask for name, phone and email only; "!" behind one makes it required')
    return asked


def _policy(address: str | None) -> str | None:
    if address is not None and not fullmatch(r"https?://[^/?#\s@]+[^\s\"'<>]*", address):
        raise ValueError("should be an address such as https://shop.example.com/privacy")
    return address


def _colour(colour: str) -> str:
    if not fullmatch(r"#[0-9a-fA-F]{6}", colour, ASCII):
        raise ValueError("write it as #2f6fed")
    return colour.lower()


Count = Annotated[int, Field(ge=1, le=1_000_000)]
Secret = Annotated[SecretStr | None, BeforeValidator(_absent), AfterValidator(_long)]


class Settings(BaseModel):
    """What one site needs. The counts bound what strangers can make us do."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    channel: Literal["widget"] = "widget"
    secret: Annotated[SecretStr, AfterValidator(_long)]
    """Signs visitors' tokens; another one makes every visitor a new one."""
    identity_secret: Secret = None
    """Shared with the site's server, which signs its users' ids by it; None: nobody is identified."""
    origins: Annotated[tuple[Annotated[str, AfterValidator(_rule)], ...], Field(min_length=1), BeforeValidator(_listed)]
    """The sites that may embed it: `https://shop.example.com`, `https://*.example.com`."""
    title: Annotated[str, Field(max_length=80)] = ""
    greeting: Annotated[str, Field(max_length=500)] = ""
    color: Annotated[str, AfterValidator(_colour)] = "#2f6fed"
    position: Literal["right", "left"] = "right"
    avatar: Annotated[Path | None, BeforeValidator(_absent)] = None
    """An image file: PNG, JPEG, WebP or GIF."""
    language: Literal["auto", "ru", "en"] = "auto"
    theme: Literal["auto", "light", "dark"] = "auto"
    ask: Annotated[tuple[Annotated[str, AfterValidator(_question)], ...], BeforeValidator(_listed)] = ()
    policy_url: Annotated[
        Annotated[str, Field(max_length=500)] | None, BeforeValidator(_absent), AfterValidator(_policy)
    ] = None
    """With `ask`: consent to this policy is asked for, too."""
    upload_limit_mb: Annotated[int, Field(ge=1, le=200)] = 20
    messages_per_minute: Count = 30
    """Of one visitor."""
    address_per_minute: Count = 120
    """Of one network address."""
    account_per_second: Count = 200
    sockets_per_visitor: Count = 10
    sockets_per_address: Count = 50
    sessions_per_address_minute: Count = 30

    @model_validator(mode="after")
    def _secrets_differ(self) -> "Settings":
        if self.identity_secret is not None and self.identity_secret == self.secret:
            raise ValueError("identity_secret: take another than secret, as the site's server is to know this one only")
        return self

    @property
    def questions(self) -> tuple[Question, ...]:
        """What is asked, in order."""
        return tuple(Question(one.rstrip("!"), one.endswith("!")) for one in self.ask)

    @property
    def upload_limit(self) -> int:
        """In bytes."""
        return self.upload_limit_mb * _MEGABYTE
