"""What an act on Meta's messengers needs, whoever does it: the person, the account, their dialog, a ledger's row."""

from typing import TypeAlias, TypedDict

from sandbox.meta.meta import Meta
from sandbox.meta.records import Account, Dialog, Message, Messenger, Person
from sandbox.meta.webhooks import Posted
from sandbox.toolkit import acts
from sandbox.toolkit.acts import ActError

_HOUR_MS = 3600 * 1000


Act: TypeAlias = acts.Act[Message]


class When(TypedDict, total=False):
    """How a message is written; `hours_ago` puts its time that far back, so that its window is as good as over."""

    hours_ago: float
    reply_to: str


class Acts:
    """What people's and staff's acts have in common; `messenger` says whose."""

    messenger: Messenger

    def __init__(self, meta: Meta) -> None:
        self.meta = meta
        self._world = meta.world

    def _done(self, act: str, message: Message, posted: Posted | None) -> Act:
        event_id = posted.id or None if posted is not None else None
        self.meta.ledger.add(
            "act",
            messenger=self.messenger,
            act=act,
            bot_id=message.account_id,
            chat_id=message.person_id,
            message_id=message.id,
            update_id=event_id,
            text=message.text or None,
        )
        return Act(message, event_id)

    def _told(self, posted: Posted | None) -> Act:
        return Act(None, posted.id or None if posted is not None else None)

    def _open(self, person_id: int, account_id: str) -> tuple[Person, Account, Dialog]:
        person, account = self._person(person_id), self._account(account_id)
        return person, account, self._world.open_dialog(account, person)

    def _talk(self, person_id: int, account_id: str) -> tuple[Person, Account, Dialog]:
        person, account, dialog = self._open(person_id, account_id)
        if person.is_gone:
            raise ActError("This person has left the messenger.", "deactivated")
        if dialog.is_blocked:
            raise ActError("This person has blocked the business: unblock it first.", "bot-blocked")
        return person, account, dialog

    def _person(self, person_id: int) -> Person:
        person = self._world.people.get(person_id)
        if person is None:
            raise ActError(f"There is no person {person_id} in Meta's messengers.")
        return person

    def _account(self, account_id: str) -> Account:
        account = self._world.accounts.get(account_id)
        if account is None or account.messenger != self.messenger:
            raise ActError(f"There is no account {account_id} of {self.messenger}.")
        return account

    def _known(self, dialog: Dialog, message_id: str) -> Message:
        message = self._world.message(dialog, message_id)
        if message is None or message.is_gone:
            raise ActError(f"There is no message {message_id} in this dialog.", "no-message")
        return message

    def _own(self, dialog: Dialog, message_id: str) -> Message:
        message = self._known(dialog, message_id)
        if message.is_out:
            raise ActError("This message is the business's: only one's own can be changed.", "not-own")
        return message

    def _when(self, hours_ago: float) -> int:
        """The time of a message that was written so long ago and comes only now."""
        if hours_ago < 0:
            raise ActError("A message cannot be written in the future: hours_ago must not be negative.")
        return self.meta.clock.now_ms() - round(hours_ago * _HOUR_MS)

    def _wrote(self, dialog: Dialog, at: int) -> None:
        """What the person wrote opens the window, from when it was written."""
        dialog.opened_at = max(dialog.opened_at, at)
        self._world.keep_dialog(dialog)

    def set_blocked(self, person_id: int, account_id: str, *, is_blocked: bool) -> Act:
        """Blocks the business, or lets it write again; it is never told."""
        dialog = self._open(person_id, account_id)[2]
        dialog.is_blocked = is_blocked
        self._world.keep_dialog(dialog)
        self._world.tell("blocked", dialog, blocked=is_blocked)
        return Act(None, None)

    def set_gone(self, person_id: int, *, is_gone: bool) -> Act:
        """Leaves the messenger, or comes back."""
        person = self._person(person_id)
        person.is_gone = is_gone
        self._world.keep_person(person)
        return Act(None, None)
