"""What the accounts' tables of all messengers have: where the API is, the proxy in front of it, and further ways.

A channel's own settings.py adds its keys and limits. Nothing here shows a proxy's password, in errors neither.
"""

import json
from re import ASCII, fullmatch
from typing import Annotated, Any, ClassVar, Protocol, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, SecretStr, field_validator, model_validator

from gateway.connectors.contract import Rates
from gateway.connectors.toolkit.ways import Way

_PROXY = r"(http|socks4|socks5)://(?:[^@/\s]+@)?[^@/:\s]+:\d{1,5}/?"
_ADDRESS = r"https?://[^\s/?#@]+(/[^\s?#]*)?"


def is_shaped(secret: SecretStr, shape: str) -> bool:
    """Whether a key looks as this regular expression says, in ASCII."""
    return fullmatch(shape, secret.get_secret_value(), ASCII) is not None


def number(given: object) -> object:
    """An id as a text: in the file it stands with or without quotes, and many are larger than what a number keeps."""
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


def _absent(given: object) -> object:
    return given or None


def _proxy(proxy: SecretStr | None) -> SecretStr | None:
    if proxy is not None and not fullmatch(_PROXY, proxy.get_secret_value()):
        raise ValueError("write it as http://host:port or socks5://user:password@host:port")
    return proxy


def _address(api_url: str, example: str) -> str:
    if not fullmatch(_ADDRESS, api_url):
        raise ValueError(f"write it as {example} or http://host:port, without a user, `?` or `#`")
    return api_url.rstrip("/")


def _listed(given: object) -> object:
    """Takes the way a list of tables is written into an environment variable: as JSON."""
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given or "[]")
    except ValueError:
        raise ValueError('in a variable it is written as JSON: [{"proxy": "socks5://host:port"}]') from None


Proxy = Annotated[SecretStr | None, BeforeValidator(_absent), AfterValidator(_proxy)]
"""`http://` or `socks5://user:password@host:port`; empty: none."""


class WayTable(BaseModel):
    """A further way to the messenger: another address of its API, a proxy, or both."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    api_url: str = ""
    """Empty: the account's own."""
    proxy: Proxy = None
    """Empty: none, whatever the account's own is."""

    @field_validator("api_url")
    @classmethod
    def _is_address(cls, api_url: str) -> str:
        return _address(api_url, "https://host") if api_url else ""

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if not self.api_url and self.proxy is None:
            raise ValueError("a way needs `api_url`, `proxy` or both")
        return self


class AccountTable(BaseModel):
    """An account's table; `api_url` gets its default from the channel."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    address_example: ClassVar[str] = "https://host"

    api_url: str
    """Another address for a stand-in or a relay."""
    proxy: Proxy = None
    """`http://` or `socks5://user:password@host:port`."""
    ways: Annotated[tuple[WayTable, ...], BeforeValidator(_listed)] = ()
    """Tried in turn where the messenger is not reached by `api_url` and `proxy`."""

    @field_validator("api_url")
    @classmethod
    def _is_address(cls, api_url: str) -> str:
        return _address(api_url, cls.address_example)

    @model_validator(mode="after")
    def _ways_differ(self) -> Self:
        every = self.all_ways()
        if len(set(every)) < len(every):
            raise ValueError("ways: two of them, or one and the account's own `api_url` and `proxy`, are the same")
        return self

    def all_ways(self) -> tuple[Way, ...]:
        """The account's own way, then the further ones."""
        return (
            Way(self.api_url, _shown(self.proxy)),
            *(Way(one.api_url or self.api_url, _shown(one.proxy)) for one in self.ways),
        )

    def by_way(self, way: Way) -> Self:
        """The same account with this way alone."""
        alone: dict[str, Any] = {"api_url": way.api_url, "proxy": way.proxy and SecretStr(way.proxy), "ways": ()}
        return self.model_copy(update=alone)


class Rated(Protocol):
    """A table that says how fast the account may send."""

    @property
    def per_second(self) -> float: ...
    @property
    def per_chat_second(self) -> float: ...
    @property
    def chat_burst(self) -> int: ...


def rates_of(settings: Rated) -> Rates:
    """How fast the account may send, for its capabilities."""
    return Rates(
        per_second=settings.per_second,
        per_contact_second=settings.per_chat_second,
        contact_burst=settings.chat_burst,
    )


def _shown(proxy: SecretStr | None) -> str | None:
    return None if proxy is None else proxy.get_secret_value()
