"""What a vendor told of people when it was asked, while that is fresh; bounded. PURE: the clock is an argument."""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from gateway.connectors.toolkit.values import Json

REMEMBERED = 20_000
FRESH_SECONDS = 3600.0
PAUSE_SECONDS = 30.0
"""For so long after a failure nobody is asked about."""

K = TypeVar("K", bound=Hashable)


class ProfileCache(Generic[K]):
    """People by the vendor's id. `clock`: seconds that only grow."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: dict[K, tuple[float, Json]] = {}
        self._not_before = 0.0

    @property
    def is_paused(self) -> bool:
        """Whether the vendor failed a moment ago and should not be asked."""
        return self._clock() < self._not_before

    def pause(self) -> None:
        """The vendor failed."""
        self._not_before = self._clock() + PAUSE_SECONDS

    def fresh(self, person: K) -> Json | None:
        """What is fresh; None: they have to be asked about."""
        found = self._known.get(person)
        return found[1] if found is not None and self._clock() - found[0] <= FRESH_SECONDS else None

    def last(self, person: K) -> Json | None:
        """What was told last, however long ago; None: nothing is remembered."""
        found = self._known.get(person)
        return None if found is None else found[1]

    def keep(self, person: K, told: Json) -> Json:
        """Remembers what was told, and answers it; whoever was kept longest ago goes where there are too many."""
        self._known.pop(person, None)
        while len(self._known) >= REMEMBERED:
            self._known.pop(next(iter(self._known)))
        self._known[person] = (self._clock(), told)
        return told
