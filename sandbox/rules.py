"""The fault rules of every messenger together, as the control API shows and takes them."""

from typing import TYPE_CHECKING, TypeVar

import msgspec

from sandbox.avito.faults import FaultRule as AvitoRule
from sandbox.avito.faults import check as check_avito
from sandbox.meta.faults import FaultRule as MetaRule
from sandbox.meta.faults import check as check_meta
from sandbox.telegram.faults import FaultRule
from sandbox.toolkit.faults import FaultError
from sandbox.vk.faults import FaultRule as VkRule
from sandbox.vk.faults import check as check_vk
from sandbox.wire import Json

if TYPE_CHECKING:
    from sandbox.server import Sandbox

_MESSENGERS = ("telegram", "vk", "whatsapp", "instagram", "avito")
_OF_META = ("whatsapp", "instagram")

Wanted = TypeVar("Wanted")


def all_rules(sandbox: "Sandbox") -> list[object]:
    return [
        *sandbox.telegram.faults.rules,
        *sandbox.vk.faults.rules,
        *sandbox.meta.faults.rules,
        *sandbox.avito.faults.rules,
    ]


def replace_rules(sandbox: "Sandbox", given: list[Json]) -> None:
    """Puts these rules in force, all of them or none; raises FaultError or ValueError with a sentence."""
    rules: dict[str, list[Json]] = {messenger: [] for messenger in _MESSENGERS}
    for rule in given:
        messenger = rule.get("messenger", "telegram")
        if messenger not in rules:
            raise FaultError(f"There is no messenger {messenger}: use one of {', '.join(_MESSENGERS)}.")
        rules[messenger].append({name: value for name, value in rule.items() if name != "messenger"})
    telegram = _read(rules["telegram"], list[FaultRule])
    vk, avito = _read(rules["vk"], list[VkRule]), _read(rules["avito"], list[AvitoRule])
    meta = _read([{**rule, "messenger": one} for one in _OF_META for rule in rules[one]], list[MetaRule])
    check_vk(vk)
    check_meta(meta)
    check_avito(avito)
    sandbox.telegram.faults.replace(telegram)  # checks its own
    sandbox.vk.faults.replace(vk)
    sandbox.meta.faults.replace(meta)
    sandbox.avito.faults.replace(avito)


def _read(rules: list[Json], wanted: type[Wanted]) -> Wanted:
    try:
        return msgspec.convert(rules, wanted)
    except msgspec.ValidationError as error:
        raise FaultError(f"{error}.") from error
