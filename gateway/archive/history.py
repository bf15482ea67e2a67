"""What was said: a client's messages over all their dialogs, and one dialog. Read-only, on connections of its own.

It shows what is recorded: words of the last moments may still be on their way from the journal.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from msgspec import Struct
from sqlalchemy import Select, func, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.archive import tables
from gateway.archive.dialect import open_reader
from gateway.archive.rows import DialogRow, UnreadableRow, join_message
from gateway.errors import StoreUnavailable
from gateway.model.ids import AccountId, ContactId, DialogId, MessageId, OperatorId, dialog_id
from gateway.model.messages import Message
from gateway.model.outgoing import DeliveryStatus

_DIALOGS, _MESSAGES, _OPERATORS = tables.dialogs.c, tables.messages.c, tables.operators.c
_VERSIONS = tables.message_versions.c
_AT_ONCE = 500
"""Messages whose former words are asked for at once: a question takes so many values in every database."""
_LINES = select(tables.messages, _OPERATORS.name.label("author")).join(
    tables.operators, _OPERATORS.id == _MESSAGES.operator, isouter=True
)


class HistoryLine(Struct, frozen=True, kw_only=True):
    """One message as it is now. Moments in milliseconds; `author` is the operator's name."""

    id: MessageId
    dialog: DialogId
    side: str
    """`client`, `operator`, `elsewhere` (answered in the messenger itself) or `note`."""
    operator: OperatorId | None
    author: str | None
    at: int
    message: Message
    status: DeliveryStatus | None
    problem: str | None
    edited_at: int | None
    deleted_at: int | None
    reactions: tuple[str, ...]
    our_reaction: str | None = None
    former: Message | None = None
    """What it said before its last edit."""


class HistoryPage(Struct, frozen=True):
    """A page of a client's messages, oldest first; page 0 is the newest. `pages` is at least 1."""

    lines: tuple[HistoryLine, ...]
    page: int
    pages: int
    total: int


class HistoryDialog(Struct, frozen=True):
    """One dialog with all that was said in it, oldest first."""

    row: DialogRow
    lines: tuple[HistoryLine, ...]


class History:
    """The archive's questions; one per process."""

    def __init__(self, url: str) -> None:
        """Opens nothing yet."""
        self._engine = open_reader(url)

    async def close(self) -> None:
        await self._engine.dispose()

    async def page(self, account: AccountId, contact: ContactId, page: int, size: int) -> HistoryPage:
        """Messages of all the client's dialogs, `size` to a page; a page past the oldest is the oldest.

        Raises:
            StoreUnavailable: the archive cannot be read.
        """
        theirs = (_DIALOGS.account == account, _DIALOGS.contact == contact)
        in_dialog = _DIALOGS.number == _MESSAGES.dialog
        counted = select(func.count()).select_from(tables.messages).join(tables.dialogs, in_dialog).where(*theirs)
        total = int((await self._ask(counted))[0][0])
        pages = max(1, -(-total // size))
        shown = min(max(page, 0), pages - 1)
        found = await self._ask(
            _LINES.join(tables.dialogs, in_dialog)
            .where(*theirs)
            .order_by(_DIALOGS.number.desc(), _MESSAGES.seq.desc())
            .limit(size)
            .offset(shown * size)
        )
        return HistoryPage(await self._lines(list(reversed(found))), shown, pages, total)

    async def dialog(self, number: DialogId) -> HistoryDialog | None:
        """The dialog, or None where the archive has none of that number. Raises StoreUnavailable."""
        wanted = int(number)
        rows = await self._ask(select(tables.dialogs).where(_DIALOGS.number == wanted))
        if not rows:
            return None
        lines = await self._ask(_LINES.where(_MESSAGES.dialog == wanted).order_by(_MESSAGES.seq))
        return HistoryDialog(DialogRow(**rows[0]._mapping), await self._lines(lines))  # noqa: SLF001

    async def put_aside(self, limit: int) -> list[UnreadableRow]:
        """The oldest entries that could not be written, without what they hold. Raises StoreUnavailable."""
        aside = tables.unreadable.c
        rows = await self._ask(select(aside.seq, aside.reason, aside.set_aside_at).order_by(aside.seq).limit(limit))
        return [UnreadableRow(row.seq, b"", row.reason, row.set_aside_at) for row in rows]

    async def check(self) -> int:
        """Whether the archive can be read: the last journal number in it. Raises StoreUnavailable."""
        rows = await self._ask(select(func.max(tables.positions.c.seq)))
        return int(rows[0][0] or 0)

    async def _lines(self, rows: Sequence[Any]) -> tuple[HistoryLine, ...]:
        """The messages, those that were edited with what they said before."""
        edited = [row.id for row in rows if row.edited_at is not None]
        former: dict[str, Message] = {}
        for start in range(0, len(edited), _AT_ONCE):
            wanted = edited[start : start + _AT_ONCE]
            asked = select(tables.message_versions).where(_VERSIONS.message.in_(wanted)).order_by(_VERSIONS.seq)
            former |= {one.message: join_message(one.text, one.content) for one in await self._ask(asked)}
        return tuple(_line(row, former.get(row.id)) for row in rows)

    async def _ask(self, question: Select[Any]) -> list[Any]:
        with _translated():
            async with self._engine.connect() as connection:
                return list(await connection.execute(question))


def _line(row: Any, former: Message | None) -> HistoryLine:  # noqa: ANN401 - SQLAlchemy's row
    return HistoryLine(
        id=row.id,
        dialog=dialog_id(row.dialog),
        side=row.side,
        operator=row.operator,
        author=row.author,
        at=row.at,
        message=join_message(row.text, row.content),
        status=None if row.status is None else DeliveryStatus(row.status),
        problem=row.problem,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
        reactions=tuple((row.reactions or "").split()),
        our_reaction=row.our_reaction,
        former=former,
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        cause = getattr(error, "orig", None) or type(error).__name__
        raise StoreUnavailable(f"the archive cannot be read: {cause}") from error
