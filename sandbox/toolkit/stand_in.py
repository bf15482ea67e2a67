"""What the sandbox needs of a stand-in, whichever vendor it stands in for: its registration is being in the list."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

from aiohttp import web

from sandbox.cast import Cast, CastUser
from sandbox.toolkit.control import Route
from sandbox.toolkit.faults import Faults
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.uploads import Upload
from sandbox.wire import Json


class Shown(NamedTuple):
    """A message as the page knows it, and the id that the page knows it by."""

    message: Json
    id: int | str


class ControlPart(ABC):
    """A stand-in's part of the control API."""

    @abstractmethod
    def routes(self) -> list[Route]:
        """What it adds to the API: its chats, its files."""

    @abstractmethod
    def state(self) -> Json:
        """What it adds to the answer of GET /sandbox/api/state."""

    @abstractmethod
    async def act(self, messenger: str, given: Json, files: list[Upload]) -> Json:
        """Does what a person does, and answers POST /sandbox/api/act; raises ActError."""

    @abstractmethod
    def show(self, message: Any) -> Shown:  # noqa: ANN401 - each is given its own records only
        """A stored message, for the page's stream of events."""


class StandIn(ABC):
    """One vendor's servers and its people's phones.

    `messengers` are its names in acts, events, fault rules and the ledger.
    """

    messengers: ClassVar[tuple[str, ...]]
    faults: Faults[Any]
    control: ControlPart

    @abstractmethod
    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Adds the vendor's API."""

    @abstractmethod
    async def start(self, cast: Cast, url: str) -> list[CastUser]:
        """Fills an empty world and posts what is pending; the people of the cast who came with it. `url` is ours."""

    @abstractmethod
    async def stop(self) -> None:
        """Posts no more; what is pending stays in the store."""

    @abstractmethod
    def add_person(self, cast: CastUser) -> None:
        """Adds a person while it runs, if the cast gives them anything here."""

    async def do_chores(self) -> None:  # noqa: B027 - few have any
        """What is to be looked after every few seconds."""

    @abstractmethod
    def gateway_settings(self, url: str, gateway_url: str) -> dict[str, str]:
        """What the gateway that `make run` starts is told of its accounts here, as variables of the environment."""

    async def on_gateway_ready(self, gateway_url: str) -> None:  # noqa: B027 - few have to know
        """The gateway listens at that address now."""


class Stage(NamedTuple):
    """What a client of the vendor is tried with: its account's settings, a chat, and a person who writes there.

    `write` answers the vendor's id of what was written, `press` the one of a press on a button, where there are any.
    """

    settings: dict[str, str]
    contact: str
    write: Callable[[], str]
    press: Callable[[], str] = lambda: "no such thing here"


class SelfRegistered(StandIn):
    """One that nobody names: its account is its own, and registry.py finds it by its folder."""

    @abstractmethod
    def __init__(self, infrastructure: Infrastructure) -> None: ...

    @abstractmethod
    def stage(self, url: str) -> Stage:
        """An account with somebody who has written to it; `url` is ours."""


def account_settings(name: str, settings: dict[str, str]) -> dict[str, str]:
    """The gateway's variables for one account of its line "sales"."""
    prefix = f"GATEWAY_LINES__SALES__ACCOUNTS__{name.upper().replace('.', '_')}__"
    return {f"{prefix}{key}": value for key, value in settings.items()}
