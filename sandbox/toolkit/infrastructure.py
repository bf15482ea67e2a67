"""What every stand-in is built on: where it keeps records, and what it tells of itself."""

from typing import NamedTuple

import msgspec

from sandbox.clock import Clock
from sandbox.events import Events
from sandbox.ledger import Ledger
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.toolkit.control import convert
from sandbox.wire import Json


class Infrastructure(NamedTuple):
    """One of each for all stand-ins together."""

    store: Store
    events: Events
    ledger: Ledger
    clock: Clock
    settings: Settings

    def change_settings(self, given: Json) -> None:
        """Changes some settings by name while everything runs; raises ControlError."""
        current = msgspec.to_builtins(self.settings)
        checked = convert({**current, **given}, Settings)
        for name in given:
            setattr(self.settings, name, getattr(checked, name))
        if "ledger_kept" in given:
            self.ledger.keep(self.settings.ledger_kept)
        self.events.publish("state")
