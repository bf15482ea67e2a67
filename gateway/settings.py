"""Settings: gateway.toml under the environment, checked once at start and never changed after.

Secrets stand here only. An account's own table stays raw until its channel's `Settings` has validated it, and a raw
table never reaches a repr, a dump or an error: problems are told by the setting's name, never by its value.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as SourceError

from gateway.errors import SettingsError
from gateway.model.ids import AccountId, LineId, OperatorId

DEFAULT_FILE = Path("gateway.toml")
STAFF = AccountId("staff")
"""The operators' bot's account; its inbox is `inbox:staff`, so no line and no other account may be called so."""

Channels = Callable[[str], type[BaseModel]]
"""Gives a channel's `Settings` by the name of its folder. Raises LookupError where there is no such channel."""
Network = IPv4Network | IPv6Network
Place = tuple[str, ...]
"""A setting by the tables that lead to it and its own name: `("http", "port")`."""

_PREFIX = "GATEWAY_"
_DELIMITER = "__"
_NOT_OURS = re.compile(r"GATEWAY_(CONFIG|PORT|PORT_\d+_\w+|SERVICE_\w+)", re.IGNORECASE)
"""The file's own path, and what Kubernetes puts into every pod beside a service called "gateway"."""
_SHORTEST_QUOTE = 3
"""A given value of fewer characters is no secret, and replacing it would garble a sentence."""


def _named(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9_-]{1,32}", name) or _DELIMITER in name:
        raise ValueError("a name here has 1 to 32 of a-z, 0-9, _ and -, and no __")
    return name


def _unreserved(name: str) -> str:
    if name == STAFF:
        raise ValueError("this name belongs to the operators' bot: take another")
    return name


def _address(url: str) -> str:
    if url and not re.fullmatch(r"https?://[^/?#\s]+[^?#\s]*", url):
        raise ValueError("should be an address such as https://chat.example.com")
    return url.rstrip("/")


def _zone(name: str) -> str:
    if name and name not in available_timezones():
        raise ValueError("should be a time zone's name such as Europe/Moscow, or empty for the server's own")
    return name


def _word(given: SecretStr) -> SecretStr:
    word = given.get_secret_value()
    if not word:
        raise ValueError("is empty")
    if word != word.strip():
        raise ValueError("begins or ends with a blank: copy it anew")
    return given


def _listed(given: object) -> object:
    """Takes the ways people write a list into an environment variable: `7`, `7,8` and `[7, 8]`."""
    if isinstance(given, str):
        return [one.strip(" \"'") for one in given.strip("[] ").split(",") if one.strip()]
    return [str(one) for one in given] if isinstance(given, list | tuple) else [str(given)]


def _network(given: str) -> Network:
    try:
        return ip_network(given)
    except ValueError:
        raise ValueError("a proxy is given by its address or network, such as 127.0.0.1 or 10.0.0.0/8") from None


def _operator(name: str) -> OperatorId:
    if not re.fullmatch(r"[1-9]\d{0,19}", name):
        raise ValueError("an admin is given by their Telegram id, a number such as 123456789")
    return OperatorId(name)


Name = Annotated[str, AfterValidator(_named)]
PublicName = Annotated[Name, AfterValidator(_unreserved)]
SecretWord = Annotated[SecretStr, AfterValidator(_word)]
RawTable = dict[str, Any]
Raw: Any = Field(default_factory=dict, repr=False, exclude=True)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class HttpSettings(_Table):
    """Where our HTTP server listens: webhooks, /healthz, /readyz, /metrics, live channels. Port 0 takes any free one.

    `trusted_proxies` are addresses and networks whose X-Forwarded-For is believed.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8081, ge=0, le=65535)
    trusted_proxies: Annotated[
        tuple[Annotated[Network, BeforeValidator(_network)], ...], NoDecode, BeforeValidator(_listed)
    ] = ()


class AppSettings(_Table):
    """A Meta app: who signs its webhooks, and what Meta shows when its webhook's address is entered."""

    secret: SecretWord
    verify_token: SecretWord


class LineSettings(_Table):
    """What a line is seeded with. `title` empty: its name; `auto_close_minutes` 0: never."""

    title: str = ""
    auto_close_minutes: int = Field(default=240, ge=0)
    quiet_seconds: int = Field(default=60, ge=0)
    off_duty_minutes: int = Field(default=15, ge=0)
    accounts: dict[PublicName, RawTable] = Raw


class OperatorBotSettings(_Table):
    """What the operators' bot's table has besides the settings of its channel."""

    admins: Annotated[tuple[Annotated[str, AfterValidator(_operator)], ...], BeforeValidator(_listed)] = ()


@dataclass(frozen=True)
class AccountSettings:
    """One account, validated by its channel. `line` is None for the operators' bot."""

    account: AccountId
    line: LineId | None
    channel: str
    settings: BaseModel = field(repr=False)

    @property
    def place(self) -> Place:
        """Its table in the file."""
        return ("operator_bot",) if self.line is None else ("lines", self.line, "accounts", self.account)


class Settings(BaseSettings):
    """All settings; made by `load` only. gateway.example.toml says what each one means."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_nested_delimiter=_DELIMITER,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    data_dir: Path = Path("data")
    redis_url: SecretStr = SecretStr("")
    redis_prefix: Name = "gateway"
    desk: Name = "main"
    allow_everysec: bool = False
    archive_url: SecretStr = SecretStr("")
    public_url: Annotated[str, AfterValidator(_address)] = ""
    language: Literal["ru", "en"] = "ru"
    timezone: Annotated[str, AfterValidator(_zone)] = ""
    log_format: Literal["auto", "text", "json"] = "auto"
    log_level: Literal["debug", "info", "warning"] = "info"
    http: HttpSettings = HttpSettings()
    operator_bot: RawTable = Raw
    apps: dict[Name, AppSettings] = Field(default_factory=dict)
    lines: dict[PublicName, LineSettings] = Field(default_factory=dict)

    _admins: tuple[OperatorId, ...] = PrivateAttr(default=())
    _accounts: tuple[AccountSettings, ...] = PrivateAttr(default=())

    @property
    def admins(self) -> tuple[OperatorId, ...]:
        """The first admins, by Telegram id; others come by invite."""
        return self._admins

    def accounts(self) -> list[AccountSettings]:
        """Every account of every line, in the order of the file; the operators' bot is not among them."""
        return [one for one in self._accounts if one.line is not None]

    def operators_account(self) -> AccountSettings:
        """The operators' bot, as an account."""
        return next(one for one in self._accounts if one.line is None)

    def validate_accounts(self, channels: Channels) -> list[str]:
        """Takes in the accounts' raw tables and says what is wrong with them; for `load` only."""
        problems: list[str] = []
        found: list[AccountSettings] = []
        staff = {"channel": "telegram", **self.operator_bot}
        own = {name: staff.pop(name) for name in OperatorBotSettings.model_fields if name in staff}
        try:
            self._admins = tuple(OperatorId(one) for one in OperatorBotSettings.model_validate(own).admins)
        except ValidationError as error:
            problems += _sentences(error, ("operator_bot",), OperatorBotSettings)
        tables: list[tuple[AccountId, LineId | None, RawTable]] = [(STAFF, None, staff)]
        for line, rules in self.lines.items():
            tables += [(AccountId(name), LineId(line), table) for name, table in rules.accounts.items()]
        for account, line_id, table in tables:
            taken = _take_account(account, line_id, table, channels)
            if isinstance(taken, AccountSettings):
                found.append(taken)
            else:
                problems += taken
        self._accounts = tuple(found)
        return [*problems, *_contradictions(found, self.public_url), *_lost(found, self.apps, self.public_url)]


def load(path: Path | None, environ: Mapping[str, str], channels: Channels) -> Settings:
    """Reads the file under the environment and validates all of it.

    Args:
        path: the file; None means `GATEWAY_CONFIG`, else gateway.toml here. A missing file is an empty one.
        environ: environment variables; `GATEWAY_HTTP__PORT` is `port` of `[http]`, and wins over the file.
        channels: the channel's `Settings` by its folder's name.

    Raises:
        SettingsError: one sentence a line for everything that is wrong, naming each setting and no value.
    """
    file = path or Path(environ.get(f"{_PREFIX}CONFIG") or DEFAULT_FILE)
    problems = list(_unknown_variables(environ))
    try:
        settings = _read(file, environ)
        problems += settings.validate_accounts(channels)
        if not problems:
            return settings
    except ValidationError as error:
        problems += _sentences(error, (), Settings)
    except SourceError:
        problems.append(f"a variable {_PREFIX}… that stands for a whole table is no JSON: set its values one by one")
    except tomllib.TOMLDecodeError as error:
        problems.append(f"{file} is no TOML: {error}")
    except UnicodeDecodeError:
        problems.append(f"{file} is not UTF-8")
    except OSError as error:
        problems.append(f"{file} cannot be read: {error.strerror}")
    if not file.is_file():
        problems.append(f"(there is no file {file}: only the environment was read)")
    raise SettingsError("\n".join(problems))


def variable(place: Place) -> str:
    """The environment variable that wins over this place of the file."""
    return _PREFIX + _DELIMITER.join(place).upper()


def _read(file: Path, environ: Mapping[str, str]) -> Settings:
    class Given(Settings):
        """Settings from this file and this environment; pydantic-settings merges the two deeply."""

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings passes them by name
            env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            variables = EnvSettingsSource(settings_cls)
            variables.env_vars = {name.lower(): value for name, value in environ.items()}
            return variables, TomlConfigSettingsSource(settings_cls, toml_file=file)

    return Given()


def _take_account(
    account: AccountId, line: LineId | None, table: RawTable, channels: Channels
) -> AccountSettings | list[str]:
    """The account, or what is wrong with its table."""
    place = AccountSettings(account, line, "", _Table()).place
    own = dict(table)
    channel = own.pop("channel", None)
    if not isinstance(channel, str):
        return [f"{_told((*place, 'channel'))} is missing: it names the messenger, such as telegram"]
    try:
        kind = channels(channel)
    except LookupError:
        return [f"{_told((*place, 'channel'))}: there is no such channel"]
    also = ["channel"] if line else list(OperatorBotSettings.model_fields)
    problems = [_unknown((*place, name), [*kind.model_fields, *also]) for name in own if name not in kind.model_fields]
    known = {name: given for name, given in own.items() if name in kind.model_fields}
    try:
        settings = kind.model_validate(known)
    except ValidationError as error:
        return [*problems, *_sentences(error, place, kind)]
    return problems or AccountSettings(account, line, channel, settings)


def _contradictions(accounts: Iterable[AccountSettings], public_url: str) -> Iterator[str]:
    names: dict[AccountId, AccountSettings] = {}
    tokens: dict[tuple[str, str], AccountSettings] = {}
    for one in accounts:
        named = names.setdefault(one.account, one)
        if named is not one:
            yield f"{_told(one.place)}: line {named.line} has an account of the same name; take another"
        for name, whose in (("token", "bot"), ("client_secret", "key")):
            secret = getattr(one.settings, name, None)
            # One token may serve all the accounts of an app, which are told apart by their ids (`_lost`).
            if isinstance(secret, SecretStr) and getattr(one.settings, "app", None) is None:
                first = tokens.setdefault((name, secret.get_secret_value()), one)
                if first is not one:
                    what, other = _told((*one.place, name)), ".".join((*first.place, name))
                    yield f"{what} is the {name} of {other} too: each account needs its own {whose}"
        if getattr(one.settings, "mode", None) == "webhook" and not public_url:
            yield (
                f"{_told((*one.place, 'mode'))} is webhook, but {_told(('public_url',))} is not set: "
                "give the https address under which the messenger reaches this gateway, or take mode polling"
            )


def _lost(accounts: Iterable[AccountSettings], apps: Iterable[str], public_url: str) -> Iterator[str]:
    """Accounts that come through an app which is not there, or could not be told from each other there."""
    owners: dict[tuple[str, str], AccountSettings] = {}
    for one in accounts:
        app = getattr(one.settings, "app", None)
        if app is None:
            continue
        if app not in apps:
            name = _told((*one.place, "app"))
            yield f"{name} names an app that is not there: make a table [apps.<name>], as gateway.example.toml shows"
        if not public_url:
            yield (
                f"{_told((*one.place, 'app'))} is set, but {_told(('public_url',))} is not: "
                "give the https address under which Meta reaches this gateway"
            )
        # The first address is an account's own; what it may be is the channel's business.
        for own in getattr(one.settings, "addresses", ())[:1]:
            first = owners.setdefault((app, own), one)
            if first is not one:
                yield f"{'.'.join(one.place)} has the ids of {'.'.join(first.place)}: each number is one account's"


def _unknown_variables(environ: Iterable[str]) -> Iterator[str]:
    """Variables that pydantic-settings would pass over in silence: a mistyped one would simply not work."""
    for name in environ:
        if not name.upper().startswith(_PREFIX) or _NOT_OURS.fullmatch(name):
            continue
        head, *rest = name[len(_PREFIX) :].lower().split(_DELIMITER)
        if head not in Settings.model_fields or (rest and head not in {"http", "operator_bot", "apps", "lines"}):
            near = _nearest(head, Settings.model_fields)
            yield f"there is no setting {name}" + (f"; did you mean {variable((near, *rest))}?" if near else "")


def _sentences(error: ValidationError, place: Place, kind: type[BaseModel]) -> Iterator[str]:
    """A sentence for each of pydantic's errors, without what was given."""
    for one in error.errors(include_url=False, include_context=False):
        path = (*place, *(step for step in one["loc"] if isinstance(step, str) and step != "[key]"))
        message, given = one["msg"], one["input"]
        if isinstance(given, str) and len(given) >= _SHORTEST_QUOTE:
            message = message.replace(given, "…")
        if one["type"] == "missing":
            yield f"{_told(path)} is missing: {_remedy(path)}"
        elif one["type"] == "extra_forbidden":
            yield _unknown(path, _siblings(path, kind))
        elif message.startswith("Input should"):
            yield f"{_told(path)} {message.removeprefix('Input ')}"
        else:
            yield f"{_told(path)}: {message.removeprefix('Value error, ')}"


def _remedy(place: Place) -> str:
    if place == ("operator_bot", "token"):
        return "make a bot for your operators at @BotFather and put its token there"
    return "set it in the settings file or in the environment"


def _siblings(place: Place, kind: type[BaseModel]) -> Iterable[str]:
    tables: dict[str, type[BaseModel]] = {"http": HttpSettings, "apps": AppSettings, "lines": LineSettings}
    return (tables[place[0]] if kind is Settings and len(place) > 1 else kind).model_fields


def _unknown(place: Place, known: Iterable[str]) -> str:
    near = _nearest(place[-1], known)
    return f"there is no setting {_told(place)}" + (f"; did you mean {near}?" if near else "")


def _nearest(name: str, known: Iterable[str]) -> str | None:
    return next(iter(difflib.get_close_matches(name, list(known), 1)), None)


def _told(place: Place) -> str:
    """A setting's name in the file, and in the environment."""
    return f"{'.'.join(place)} ({variable(place)})"
