"""Faults on request: which call goes wrong, how, how often; a rule's chance comes from its own seed.

Nothing here makes a fault happen: it only says that one should. A vendor's `faults.py` adds the fields of its own rules
and says which faults are possible where.
"""

import random
from collections.abc import Collection, Mapping
from typing import ClassVar, Generic, TypeVar

import msgspec

from sandbox.wire import Json


class FaultError(ValueError):
    """A rule that can never fire; the text says why."""


class FaultRule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`method` is the name of a call, `*` for any call, or a place that is no call, such as `webhook` (our posts).

    Fires `times` times (None: always), each time by `probability`; `fired` counts. `accepted` says whether a `timeout`
    did its work before it fell silent.
    """

    method: str
    fault: str
    messenger: str = ""
    times: int | None = None
    probability: float = 1.0
    seed: int = 0
    delay_ms: int = 1000
    accepted: bool = False
    fired: int = 0

    @property
    def account(self) -> int | str | None:
        """Whose calls it is for; None for anybody's."""
        return None


Rule = TypeVar("Rule", bound=FaultRule)


class Faults(Generic[Rule]):
    """The rules in force; the first that fits and fires wins. A vendor's class fills in what is possible where."""

    rule_type: type[Rule]
    for_calls: ClassVar[frozenset[str]]
    """The faults of a call, unless `only_for` has others for it."""
    only_for: ClassVar[Mapping[str, frozenset[str]]]
    """By method in lower case."""
    apart: ClassVar[frozenset[str]]
    """The methods that are no calls, to which `*` does not extend."""
    messengers: ClassVar[Collection[str]] = ()
    """Where one stand-in is several messengers: a rule is for one of them."""
    methods: ClassVar[Collection[str]] = ()
    """The names of the calls, where a rule for any other name is a mistake."""

    def __init__(self) -> None:
        self._rules: list[tuple[Rule, random.Random]] = []

    @property
    def rules(self) -> list[Rule]:
        return [rule for rule, _ in self._rules]

    def read(self, given: list[Json]) -> list[Rule]:
        """Rules as JSON, checked; raises FaultError."""
        try:
            rules = [msgspec.convert(one, self.rule_type) for one in given]
        except msgspec.ValidationError as error:
            raise FaultError(f"{error}.") from error
        self.check(rules)
        return rules

    def replace(self, rules: list[Rule]) -> None:
        """Puts these rules in force instead of the ones before; raises FaultError."""
        self.check(rules)
        self._rules = [(msgspec.structs.replace(rule, fired=0), random.Random(rule.seed)) for rule in rules]

    def draw(self, account: int | str | None, method: str, messenger: str = "") -> Rule | None:
        """The rule that fires for this call, if any; without an account those of every account fit."""
        for rule, chance in self._rules:
            is_there = not messenger or rule.messenger == messenger
            if is_there and self._fits(rule, account, method) and _fires(rule, chance):
                rule.fired += 1
                return rule
        return None

    def check(self, rules: list[Rule]) -> None:
        """Raises FaultError for a rule that can never fire."""
        for rule in rules:
            if self.messengers and rule.messenger not in self.messengers:
                raise FaultError(f"A rule is for one messenger: name one of {', '.join(self.messengers)}.")
            if self.methods and rule.method not in {*self.methods, *self.only_for, "*"}:
                raise FaultError(f"There is no method {rule.method}: use one of {', '.join(self.methods)}.")
            possible = self._possible(rule.method)
            if rule.fault not in possible:
                raise FaultError(
                    f"Fault {rule.fault} is not possible for {rule.method}: use one of {', '.join(sorted(possible))}."
                )

    def _possible(self, method: str) -> frozenset[str]:
        return self.only_for.get(method.lower(), self.for_calls)

    def _fits(self, rule: Rule, account: int | str | None, method: str) -> bool:
        if rule.times is not None and rule.fired >= rule.times:
            return False
        if None not in {rule.account, account} and rule.account != account:
            return False
        if rule.method == "*":
            return method.lower() not in self.apart and rule.fault in self._possible(method)
        return rule.method.lower() == method.lower()


def _fires(rule: FaultRule, chance: random.Random) -> bool:
    return rule.probability >= 1 or chance.random() < rule.probability
