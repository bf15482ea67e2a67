"""The state of Meta's side: apps, accounts, people, dialogs, messages; loaded from and kept in the store.

Every change goes through here, so that the store and the page hear of it. No rules of the APIs live here.
"""

import base64
import secrets
from collections import deque
from collections.abc import Iterator
from typing import TypeVar, Unpack

import msgspec

from sandbox.cast import Cast, CastInstagram, CastMetaApp, CastUser, CastWhatsapp
from sandbox.clock import Clock
from sandbox.events import Events
from sandbox.meta.media import Media
from sandbox.meta.records import Account, App, Dialog, Message, MessageFields, Messenger, Person
from sandbox.pictures import plain_png
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.toolkit.uploads import Upload
from sandbox.whatsapp.first_templates import first_templates

_NO_END_MS = 1 << 52
_SEQS_SKIPPED_AFTER_KILL = 10_000

Record = TypeVar("Record")


class World:
    """Apps by name, everything else by id; a dialog by its account's and its person's."""

    def __init__(self, store: Store, events: Events, clock: Clock, settings: Settings, media: Media) -> None:
        self._store = store
        self._settings = settings
        self._events = events
        self._clock = clock
        self.media = media
        self.apps: dict[str, App] = {}
        self.accounts: dict[str, Account] = {}
        self.people: dict[int, Person] = {}
        self.dialogs: dict[tuple[str, int], Dialog] = {}
        self._messages: dict[tuple[str, int], dict[str, Message]] = {}
        self._by_age: deque[Message] = deque()
        self._load()

    def _load(self) -> None:
        apps = sorted(self._loaded("meta_app", App), key=lambda one: one.order)
        self.apps = {app.name: app for app in apps}
        for account in sorted(self._loaded("meta_account", Account), key=lambda one: one.order):
            account.next_seq += _SEQS_SKIPPED_AFTER_KILL * self._store.was_killed
            self.accounts[account.id] = account
        people = sorted(self._loaded("meta_person", Person), key=lambda one: one.order)
        self.people = {person.id: person for person in people}
        self.dialogs = {(one.account_id, one.person_id): one for one in self._loaded("meta_dialog", Dialog)}
        for message in sorted(self._loaded("meta_message", Message), key=lambda one: one.seq):
            self._remember(message)

    def _loaded(self, kind: str, record: type[Record]) -> list[Record]:
        return [msgspec.json.decode(body, type=record) for body in self._store.load(kind)]

    # ── who there is ──────────────────────────────────────────────────────────────────────────────────

    def fill(self, cast: Cast) -> list[CastUser]:
        """Adds the cast's accounts to a world without any; those of the cast's people who came with them."""
        if self.accounts:
            return []
        for app in cast.meta_apps:
            self.add_app(app)
        for phone in cast.whatsapp:
            self.add_account(phone)
        for account in cast.instagram:
            self.add_account(account)
        added = [user for user in cast.users if user.whatsapp or user.instagram]
        for user in added:
            self.add_person(user)
        return added

    def add_app(self, cast: CastMetaApp) -> App:
        app = App(name=cast.name, id=cast.id, secret=cast.secret, verify_token=cast.verify_token, order=len(self.apps))
        self.apps[app.name] = app
        self.keep_app(app)
        return app

    def add_account(self, cast: CastWhatsapp | CastInstagram) -> Account:
        of_whatsapp = isinstance(cast, CastWhatsapp)
        account = Account(
            messenger="whatsapp" if of_whatsapp else "instagram",
            id=cast.id,
            owner_id=cast.waba_id if isinstance(cast, CastWhatsapp) else cast.page_id,
            token=cast.token,
            app=cast.app,
            name=cast.name,
            username=cast.username,
            phone=cast.phone if isinstance(cast, CastWhatsapp) else "",
            templates=first_templates() if of_whatsapp else [],
            order=len(self.accounts),
        )
        self.accounts[account.id] = account
        self.keep_account(account)
        return account

    def add_person(self, cast: CastUser) -> Person:
        """A person of the cast, with a dialog for each of their accounts; the ids follow from the one of the cast."""
        person = Person(
            id=cast.id,
            name=cast.name,
            order=len(self.people),
            username=cast.username or "",
            phone=cast.phone,
            user_id=f"RU.{10**19 + cast.id}",
            igsid=str(9 * 10**15 + cast.id),
        )
        if cast.avatar:
            picture = Upload("avatar.png", "image/png", plain_png(200, 200, cast.color))
            person.avatar = self.media.add("", picture, lives_ms=_NO_END_MS).id
        self.people[person.id] = person
        self.keep_person(person)
        by_name = {account.username: account for account in self.accounts.values()}
        for username in (*cast.whatsapp, *cast.instagram):
            self.open_dialog(by_name[username], person)
        return person

    def accounts_of(self, token: str) -> list[Account]:
        """The accounts that a token may speak for."""
        return [one for one in self.accounts.values() if secrets.compare_digest(one.token.encode(), token.encode())]

    def account(self, username: str) -> Account:
        return next(one for one in self.accounts.values() if one.username == username)

    def person_by(self, **fields: str) -> Person | None:
        """The person with this phone, user_id or igsid."""
        ((name, value),) = fields.items()
        return next((one for one in self.people.values() if value and getattr(one, name) == value), None)

    def open_dialog(self, account: Account, person: Person) -> Dialog:
        dialog = self.dialogs.get((account.id, person.id))
        if dialog is None:
            dialog = Dialog(account_id=account.id, person_id=person.id)
            self.dialogs[account.id, person.id] = dialog
            self.keep_dialog(dialog)
            self.tell("state", dialog)
        return dialog

    def messenger(self, dialog: Dialog) -> Messenger:
        return self.accounts[dialog.account_id].messenger

    def keep_app(self, app: App) -> None:
        self._store.put("meta_app", app.name, app)

    def keep_account(self, account: Account) -> None:
        self._store.put("meta_account", account.id, account)

    def keep_person(self, person: Person) -> None:
        self._store.put("meta_person", str(person.id), person)

    def keep_dialog(self, dialog: Dialog) -> None:
        self._store.put("meta_dialog", f"{dialog.account_id}:{dialog.person_id}", dialog)

    def tell(self, kind: str, dialog: Dialog, message: Message | None = None, **fields: object) -> None:
        """Puts something about a dialog on the page's stream of events."""
        self._events.publish(
            kind, message, messenger=self.messenger(dialog), bot_id=dialog.account_id, user_id=dialog.person_id,
            **fields,
        )  # fmt: skip

    # ── messages ──────────────────────────────────────────────────────────────────────────────────────

    def add_message(
        self, dialog: Dialog, *, is_out: bool, kind: str, at: int | None = None, **more: Unpack[MessageFields]
    ) -> Message:
        """A new message of now, or of `at`; numbers go up through an account, ids look like the vendor's."""
        account = self.accounts[dialog.account_id]
        seq = account.next_seq
        account.next_seq += 1
        self.keep_account(account)
        message = Message(
            id=new_id(account.messenger, account.id, dialog.person_id, seq),
            account_id=account.id,
            person_id=dialog.person_id,
            seq=seq,
            at=self._clock.now_ms() if at is None else at,
            is_out=is_out,
            kind=kind,
            **more,
        )
        self._remember(message)
        dialog.unread = dialog.unread + 1 if is_out else 0
        self.keep_dialog(dialog)
        self._keep(message)
        self.tell("message", dialog, message)
        return message

    def touch(self, message: Message, kind: str = "edited", **fields: object) -> None:
        """Keeps a message that changed and tells the page."""
        self._keep(message)
        dialog = self.dialogs[message.account_id, message.person_id]
        self.tell(kind, dialog, message, message_id=message.id, **fields)

    def message(self, dialog: Dialog, message_id: str) -> Message | None:
        return self._messages.get((dialog.account_id, dialog.person_id), {}).get(message_id)

    def message_anywhere(self, account: Account, message_id: str) -> Message | None:
        """A message of any dialog of the account."""
        for (account_id, _), messages in self._messages.items():
            if account_id == account.id and (found := messages.get(message_id)) is not None:
                return found
        return None

    def history(self, dialog: Dialog, before: int | None = None) -> Iterator[Message]:
        """Messages newest first, below number `before`, those taken back among them."""
        for message in reversed(self._messages.get((dialog.account_id, dialog.person_id), {}).values()):
            if before is None or message.seq < before:
                yield message

    def _keep(self, message: Message) -> None:
        self._store.put("meta_message", f"{message.account_id}:{message.seq}", message)

    def _remember(self, message: Message) -> None:
        self._messages.setdefault((message.account_id, message.person_id), {})[message.id] = message
        self._by_age.append(message)
        kept = self._settings.messages_kept
        while kept is not None and len(self._by_age) > kept:
            oldest = self._by_age.popleft()
            del self._messages[oldest.account_id, oldest.person_id][oldest.id]
            self._store.drop("meta_message", f"{oldest.account_id}:{oldest.seq}")


def new_id(messenger: Messenger, account_id: str, person_id: int, seq: int) -> str:
    """A message's id in the shape of the real ones, which begin alike and tell nothing."""
    if messenger == "whatsapp":
        return "wamid." + base64.b64encode(f"\x1d\x18{person_id}\x15\x02{seq:020d}".encode() + b"\0").decode()
    thread = f"{account_id}:340282366841710301{person_id:021d}"
    item = base64.urlsafe_b64encode(f"ig_item:1:IGMessageID:{thread}:{32 * 10**30 + seq}".encode()).decode().rstrip("=")
    return f"{item}ZD"
