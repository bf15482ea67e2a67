"""What operators are shown of clients whom colleagues answer goes after a while: cards that only say so, and rings.

What is to go stands in Redis with its moment. Few go in a second, for each costs as much as a message to a client.
"""

from gateway.model.ids import OperatorId, SentId, card_at
from gateway.model.outgoing import SendDelete
from gateway.model.state import Dialog
from gateway.operator_bot.outbound.entry_notifier import EntryNotifier

AFTER_MS = 10 * 60_000
"""How long after a claim."""
EVERY_MS = 1_000
AT_ONCE = 5
"""How many go together, and how much time is between."""
TOO_OLD_MS = 36 * 3_600_000
"""What is overdue by that much stays: Telegram deletes nothing that is older than 48 hours."""
RINGS_MOST = 100
"""Rings of one dialog that are remembered."""


async def remember_ring(notifier: EntryNotifier, dialog: Dialog, operator: OperatorId, sent: SentId) -> None:
    """A ring goes with the card that it belongs to."""
    await notifier.view.ring(dialog.id, operator, sent, most=RINGS_MOST)


async def plan_removals(notifier: EntryNotifier, dialog: Dialog, owner: OperatorId, shown: set[OperatorId]) -> None:
    """The dialog is `owner`'s now: what all others were shown of it will go."""
    rings = await notifier.view.rings(dialog.id)
    for operator, sent in sorted(rings):
        if operator == owner:
            # Under the same name stands the copy that the owner is given.
            await notifier.view.unring(dialog.id, operator, sent)
    others = [(one, card_at(dialog.id, one)) for one in shown] + list(rings)
    for operator, sent in sorted(others):
        if operator != owner:
            notifier.view.remove_at(notifier.at + AFTER_MS, dialog.id, operator, sent)


async def remove(notifier: EntryNotifier, dialog: Dialog, operator: OperatorId, sent: SentId, late_ms: int) -> None:
    """Takes it away, unless it is of use again: the dialog is theirs by now, or in the queue."""
    if dialog.owner in (None, operator) or notifier.reader(operator) is None:
        return
    if sent == card_at(dialog.id, operator):
        await notifier.view.hide(dialog.id, operator)
    else:
        await notifier.view.unring(dialog.id, operator, sent)
    if late_ms < TOO_OLD_MS:
        # As urgent as anything that may be sent under the same name later: what comes anew must not be what goes.
        notifier.put(operator, SendDelete(sent))
