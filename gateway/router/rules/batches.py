"""Which of the entries that were read are decided in one commit: a bounded piece, shared fairly among the inboxes.

Without a bound over all inboxes a desk of many lines that was away for a while would commit tens of thousands of
commands at once, and everything else would stand still meanwhile.
"""

from collections import Counter
from collections.abc import Sequence

from gateway.model.ids import DialogId, EntryId, order_of
from gateway.model.messages import Message
from gateway.model.state import Dialog

ENTRIES = 200
"""Entries decided in one commit, over all inboxes."""
EVENTS = 600
"""Events of one commit, about: no entry is looked at after so many. Each makes a few commands."""
PAYLOAD_BYTES = 512 * 1024
"""Bytes of the entries of one commit; the first goes in any case."""
ROW_BYTES = 2 * 1024 * 1024
"""Bytes of the dialogs' rows that one commit writes, about: no entry is looked at after so many."""

Read = tuple[str, EntryId, bytes]
"""An entry as read: its inbox, its id, its payload."""


def fair(read: Sequence[Read]) -> list[Read]:
    """A piece of what was read, in the order of the entries' ids; each inbox's own order is kept.

    First come the inboxes' first entries, the oldest of them first, then the second ones: a line whose clients write
    a lot keeps nobody else waiting, and who waits longest is never passed over.
    """
    places: dict[str, int] = {}
    ranked = []
    for one in read:
        places[one[0]] = places.get(one[0], 0) + 1
        ranked.append((places[one[0]], order_of(one[1]), one))
    ranked.sort(key=lambda one: one[:2])
    taken: list[Read] = []
    weight = 0
    for _, _, one in ranked[:ENTRIES]:
        weight += len(one[2])
        if taken and weight > PAYLOAD_BYTES:
            break
        taken.append(one)
    return sorted(taken, key=lambda one: order_of(one[1]))


class Weight:
    """How much one commit holds so far."""

    def __init__(self) -> None:
        self._events = self._bytes = 0
        self._rows: dict[DialogId, int] = {}

    def add(self, row: Dialog | None) -> None:
        """One event more, after which its dialog's row is this one; a row is written once, however often it changes."""
        self._events += 1
        if row is not None:
            now = _row_weight(row)
            self._bytes += now - self._rows.get(row.id, 0)
            self._rows[row.id] = now

    @property
    def is_full(self) -> bool:
        """Whether further entries are for the next commit."""
        return self._events >= EVENTS or self._bytes >= ROW_BYTES


def _row_weight(dialog: Dialog) -> int:
    """About how many bytes the row takes: most of them are words that wait in it."""
    words = [one.message for one in dialog.backlog]
    words += [one.message for one in dialog.unanswered]
    words += [one.message for one in dialog.held]
    words += [one.message for one in dialog.echoes]
    return 1000 + sum(_weight(one) for one in words)


def _weight(message: Message) -> int:
    # A letter takes two bytes or so.
    return 300 + 2 * len(message.text) + 500 * len(message.attachments) + 60 * len(message.entities)


def next_count(count: int, read: Sequence[Read], inboxes: int) -> int:
    """How many entries of each inbox to ask for next, after `count` were asked for and these came.

    One busy line gets whole batches; of many busy ones each is asked for its share, so that little is read in vain.
    """
    share = max(1, ENTRIES // max(1, inboxes))
    if not read:
        return share
    is_short = max(Counter(one[0] for one in read).values()) >= count
    if len(read) > ENTRIES or (is_short and 2 * len(read) > ENTRIES):
        return min(ENTRIES, max(1, count * ENTRIES // len(read)))
    return min(ENTRIES, 2 * count) if is_short else max(count, share)
