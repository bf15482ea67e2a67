"""Sends whose answer was lost: told in the log, taken up again after a restart, and found out where a chat can be read.

Nothing is sent here.
"""

from msgspec import convert

from gateway.connectors.contract import Part, Reconciling
from gateway.connectors.runtime.context import AccountContext, described, log
from gateway.connectors.runtime.outbox_entry import OutboxEntry, Outcome
from gateway.errors import ChannelError, Refused
from gateway.model.outgoing import DeliveryStatus, Receipt
from gateway.streams import outbox

_UNKNOWN = "the messenger's answer was lost: it may have arrived or not; ask the client before sending it again"


def unknown(work: OutboxEntry) -> Outcome:
    """How a send ends of which nobody can say whether it has arrived."""
    return Outcome(DeliveryStatus.UNKNOWN, _UNKNOWN + work.arrived)


def can_find_out(context: AccountContext) -> bool:
    """Whether the channel can tell afterwards what has arrived."""
    return isinstance(context.connector, Reconciling)


async def find_out(context: AccountContext, work: OutboxEntry, part: Part) -> Receipt | None:
    """What the lost answer would have said; None: the part has not arrived.

    A message of the chat that is known as another send, or was written past this gateway, is not this one: the native
    map tells them apart.

    Raises:
        Refused: it cannot be found out. TryLater, Uncertain, Unauthorized: not now. LostLease, StoreUnavailable.
    """
    connector, contact = context.connector, work.outbound.contact
    if not isinstance(connector, Reconciling):
        raise Refused("this messenger does not tell what has arrived")
    try:
        maybe = await connector.reconcile(contact, part, work.decided_at)
    except ChannelError:
        raise
    except Exception as error:  # noqa: BLE001 - a connector's fault must cost one message, not the account
        log.error("reconcile failed", extra={"account": context.account, "error": described(error)})
        raise Refused("the gateway could not read the answer") from None
    pairs = [(contact, native) for one in maybe for native in one.natives]
    taken = await outbox.sent_of(context.store, context.account, pairs, context.clock()) if pairs else {}
    free = (
        one for one in maybe if not any((contact, native) in taken or native in work.natives for native in one.natives)
    )
    found = next(free, None)
    word = "arrived after all" if found is not None else "has not arrived"
    log.info("reconciled: it %s", word, extra={"account": context.account, "entry": work.entry, "part": len(work.done)})
    return found


def resumed(context: AccountContext, work: OutboxEntry, attempt: outbox.Attempt) -> None:
    """Makes the work what the sender before left."""
    work.parts = tuple(convert(part, Part) for part in attempt.parts) or None
    work.done = list(attempt.done)
    work.begun = attempt.begun >= 0
    work.lost = attempt.problem
    work.tries = attempt.tries
    work.first = attempt.first
    if work.begun:
        work.unclear = True
        ambiguous(context, work, "begun before a restart, and its answer was not heard")


def ambiguous(context: AccountContext, work: OutboxEntry, problem: str) -> None:
    """Logs that a part may have arrived or not: no extra copy without such a line."""
    context.counts["ambiguous"] += 1
    log.warning(
        "ambiguous",
        extra={"account": context.account, "entry": work.entry, "part": len(work.done), "problem": problem},
    )
