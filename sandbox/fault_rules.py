"""The fault rules of all messengers together, as the control API shows and takes them."""

from collections.abc import Sequence

from sandbox.toolkit.faults import FaultError
from sandbox.toolkit.stand_in import StandIn
from sandbox.wire import Json

_DEFAULT = "telegram"


class FaultRules:
    """Each rule names its messenger; one that names none is for Telegram."""

    def __init__(self, stand_ins: Sequence[StandIn]) -> None:
        self._stand_ins = stand_ins

    def in_force(self) -> list[object]:
        return [rule for stand_in in self._stand_ins for rule in stand_in.faults.rules]

    def replace(self, given: list[Json]) -> None:
        """Puts these rules in force, all of them or none; raises FaultError."""
        named = [{"messenger": _DEFAULT, **rule} for rule in given]
        known = [messenger for stand_in in self._stand_ins for messenger in stand_in.messengers]
        for rule in named:
            if rule["messenger"] not in known:
                raise FaultError(f"There is no messenger {rule['messenger']}: use one of {', '.join(known)}.")
        read = [
            (one.faults, one.faults.read([rule for rule in named if rule["messenger"] in one.messengers]))
            for one in self._stand_ins
        ]
        for faults, rules in read:
            faults.replace(rules)
