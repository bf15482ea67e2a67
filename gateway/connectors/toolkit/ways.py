"""Several ways to one vendor, tried in turn: which comes first, and when it is gone back to. PURE: the clock is an
argument.

A network may slow or close a vendor's own address; another address of its API, or a proxy, then still reaches it.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct
from yarl import URL

RETURN_SECONDS = 300.0
"""After so long on another way one request tries the first again."""
MOST_LOST = 3
"""Answers lost in a row, after which a way counts as slowed and the next one comes first."""


class Way(Struct, frozen=True):
    """One way to a vendor: an address of its API, and the proxy in front of it, which may hold a password."""

    api_url: str
    proxy: str | None = None

    def __repr__(self) -> str:
        return f"Way({self.named})"

    @property
    def host(self) -> str:
        """Where it ends."""
        return URL(self.api_url).host or ""

    @property
    def proxy_place(self) -> str:
        """Host and port of the proxy; empty: there is none."""
        proxy = URL(self.proxy or "")
        return f"{proxy.host}:{proxy.port}" if self.proxy else ""

    @property
    def named(self) -> str:
        """The way in words, without secrets."""
        return f"{self.host} (proxy {self.proxy_place})" if self.proxy else self.host


class WayOrder:
    """In which order one request tries the ways, by what became of those before it. Numbers count from 0.

    Args:
        count: how many ways there are.
        clock: seconds that only grow.
    """

    def __init__(self, count: int, clock: Callable[[], float]) -> None:
        self._count, self._clock = count, clock
        self._first = self._lost = 0
        self._back_at = 0.0
        self.working = 0
        """The way that reached the vendor last."""
        self.changed: Callable[[int], None] = lambda _: None
        """Is told the number of a way that works, where another one did before."""

    def order(self) -> Sequence[int]:
        """The ways for one request; once in `RETURN_SECONDS` one request begins with the first way again."""
        begin = [self._first]
        if self._first and self._clock() >= self._back_at:
            self._back_at = self._clock() + RETURN_SECONDS
            begin.insert(0, 0)
        return [*begin, *(one for one in range(self._count) if one not in begin)]

    def worked(self, way: int) -> None:
        """An answer came this way: the next request begins with it."""
        self._lost = 0
        if way != self._first:
            self._begin_with(way)
        if way != self.working:
            self.working = way
            self.changed(way)

    def lost(self, way: int) -> None:
        """A request was written this way and no whole answer came; it is tried no other way, but later ones are."""
        if way != self._first or self._count == 1:
            return
        self._lost += 1
        if self._lost >= MOST_LOST:
            self._begin_with((way + 1) % self._count)

    def _begin_with(self, way: int) -> None:
        self._first, self._lost = way, 0
        self._back_at = self._clock() + RETURN_SECONDS
