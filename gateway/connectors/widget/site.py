"""What the parts of one account's public side share: its settings, what the runtime lends, the clock and chance."""

from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec import Struct

from gateway.connectors.contract import FileStore
from gateway.connectors.live_contract import Logs, Reception
from gateway.connectors.widget.quotas import Quotas
from gateway.connectors.widget.settings import Settings
from gateway.connectors.widget.tokens import Claims, TokenSigner
from gateway.model.ids import AccountId


class Timings(Struct, frozen=True, kw_only=True):
    """How patient the account is with its pages; seconds."""

    hello: float = 10.0
    slow: float = 20.0
    """How long a page may leave our words unread."""
    heartbeat: float = 25.0
    close: float = 0.5
    """How long a page has to answer a close."""
    rounds: float = 2.0
    """How often presence and tokens are looked at."""
    again: float = 1.0
    """The pause before a log that could not be read is read again."""
    poll: float = 25.0
    penalty: float = 1.0
    """How long a page that was refused for its speed is left unread, or without its answer."""
    body: float = 10.0
    upload: float = 600.0
    """In which a body has to come."""


@dataclass(frozen=True, slots=True)
class Site:
    """One account's public side. `clock` is in milliseconds, `chance` gives so many random bytes."""

    account: AccountId
    settings: Settings
    signer: TokenSigner = field(repr=False)
    quotas: Quotas
    reception: Reception
    logs: Logs
    files: FileStore
    clock: Callable[[], int]
    chance: Callable[[int], bytes]
    timings: Timings

    @property
    def now(self) -> int:
        """Seconds since the epoch, as tokens count."""
        return self.clock() // 1000

    def claims(self, token: object) -> Claims | None:
        """Who an access token speaks for; None: it is none of ours that is still good."""
        return self.signer.claims(token, self.now) if isinstance(token, str) else None
