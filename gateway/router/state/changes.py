"""One event's access to the rows: every change goes through here and is noted."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from gateway.model.ids import DialogId, OperatorId
from gateway.model.state import Contact, Dialog, Operator
from gateway.router.state.rows import Changes, Rows

SPOKE = 50
"""Of so many clients it is known in which order they wrote; one is enough to ask whom a word is for."""


class RowChanges:
    """One event's access to the rows."""

    def __init__(self, rows: Rows, changed: Changes, at: int) -> None:
        self.rows, self.changed, self.at = rows, changed, at

    def dialog(self, number: DialogId, **changed: Any) -> None:  # noqa: ANN401 - struct fields
        old = self.rows.dialogs.get(number)
        if old is not None:
            self.put_dialog(replace(old, **changed))

    def put_dialog(self, dialog: Dialog) -> None:
        self.changed.dialogs.setdefault(dialog.id, self.rows.dialogs.get(dialog.id))
        self.rows.put_dialog(dialog)

    def put_contact(self, contact: Contact) -> None:
        key = (contact.account, contact.id)
        self.rows.contacts[key] = contact
        self.changed.contacts.add(key)

    def put_operator(self, operator: Operator) -> None:
        self.rows.operators[operator.id] = operator
        self.changed.operators.add(operator.id)

    def operator(self, who: OperatorId | None, **changed: Any) -> None:  # noqa: ANN401 - struct fields
        old = self.rows.operators.get(who) if who is not None else None
        if old is not None:
            self.put_operator(replace(old, **changed))

    def own(self, who: OperatorId, dialog: DialogId) -> None:
        """The dialog is this operator's. Until they choose it, text without reply-to may be meant for it."""
        old = self.rows.operators.get(who)
        if old is not None and dialog not in old.dialogs:
            self.put_operator(replace(old, dialogs=(*old.dialogs, dialog)))
            self.spoke(who, dialog)

    def spoke(self, who: OperatorId | None, dialog: DialogId) -> None:
        """A client of the operator's has come up on their screen: text without reply-to may be meant for this one."""
        old = self.rows.operators.get(who) if who is not None else None
        if old is not None and dialog != old.current and old.spoke[-1:] != (dialog,):
            spoke = (*(one for one in old.spoke if one != dialog), dialog)[-SPOKE:]
            self.put_operator(replace(old, spoke=spoke))

    def mark_unsure(self, who: OperatorId | None) -> None:
        """Whom the operator means is not plain, until they say so."""
        old = self.rows.operators.get(who) if who is not None else None
        if old is not None and old.sure:
            self.put_operator(replace(old, sure=False))

    def disown(self, who: OperatorId | None, dialog: DialogId) -> None:
        old = self.rows.operators.get(who) if who is not None else None
        if old is not None:
            self.put_operator(
                replace(
                    old,
                    dialogs=tuple(one for one in old.dialogs if one != dialog),
                    current=None if old.current == dialog else old.current,
                )
            )


Handlers = Mapping[type[Any], Callable[[RowChanges, Any], None]]
"""Bookkeeping by the event's type."""
