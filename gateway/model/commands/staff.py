"""What staff commands have in common, and the raw update of the operators' bot that becomes one."""

import msgspec
from msgspec import Struct

from gateway.model.ids import DialogId, OperatorId
from gateway.model.messages import Origin


class StaffUpdate(Struct, frozen=True, tag="staff"):
    """The operators' bot's update as it came; resolved by the owner, because what it means depends on state."""

    update: msgspec.Raw


class Staff(Struct, frozen=True, kw_only=True):
    """What every staff command carries: who, where they said it, and the press that wants an answer."""

    operator: OperatorId
    origin: Origin | None = None
    press: str | None = None
    among: tuple[DialogId, ...] | None = None
    """It was said in answer to something that names several clients (these), or of which nobody knows whom it names
    (none): then it is for nobody else, and the bot asks. None: it was no answer, or whom it is for is known."""


class Misunderstood(Staff, frozen=True, tag="misunderstood"):
    """Something from staff that cannot be acted on; `why` is a code of the bot's texts."""

    why: str
