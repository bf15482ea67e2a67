"""The state of Meta's side: apps, accounts, people, dialogs, messages; loaded from and kept in the store.

Every change goes through here, so that the store and the page hear of it. No rules of the APIs live here.
"""

import base64
import secrets
from collections.abc import Iterator
from typing import Unpack

from sandbox.cast import Cast, CastInstagram, CastMetaApp, CastUser, CastWhatsapp
from sandbox.meta.media import Media
from sandbox.meta.records import Account, App, Dialog, Message, MessageFields, Messenger, Person
from sandbox.pictures import plain_png
from sandbox.toolkit.history import History, Place
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.uploads import Upload
from sandbox.whatsapp.first_templates import first_templates

_NO_END_MS = 1 << 52
_SEQS_SKIPPED_AFTER_KILL = 10_000


class World:
    """Apps by name, everything else by id; a dialog by its account's and its person's."""

    def __init__(self, infrastructure: Infrastructure, media: Media) -> None:
        self._store, self._events, _, self._clock, settings = infrastructure
        self.media = media
        self.apps: dict[str, App] = {}
        self.accounts: dict[str, Account] = {}
        self.people: dict[int, Person] = {}
        self.dialogs: dict[tuple[str, int], Dialog] = {}
        self._messages = History(self._store, settings, "meta_message", _place)
        self._load()

    def _load(self) -> None:
        apps = self._store.read("meta_app", App, order=lambda one: one.order)
        self.apps = {app.name: app for app in apps}
        for account in self._store.read("meta_account", Account, order=lambda one: one.order):
            account.next_seq += _SEQS_SKIPPED_AFTER_KILL * self._store.was_killed
            self.accounts[account.id] = account
        people = self._store.read("meta_person", Person, order=lambda one: one.order)
        self.people = {person.id: person for person in people}
        self.dialogs = {(one.account_id, one.person_id): one for one in self._store.read("meta_dialog", Dialog)}
        self._messages.restore(self._store.read("meta_message", Message, order=lambda one: one.seq))

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

    def callback_of(self, app_name: str, account_id: str) -> tuple[App | None, str]:
        """Where the events of an account go now; an empty address: nowhere."""
        app, account = self.apps.get(app_name), self.accounts.get(account_id)
        url = account.override_url or app.callback_url if app is not None and account is not None else ""
        return app, url

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
        self._messages.add(message)
        dialog.unread = dialog.unread + 1 if is_out else 0
        self.keep_dialog(dialog)
        self.tell("message", dialog, message)
        return message

    def touch(self, message: Message, kind: str = "edited", **fields: object) -> None:
        """Keeps a message that changed and tells the page."""
        self._messages.keep(message)
        dialog = self.dialogs[message.account_id, message.person_id]
        self.tell(kind, dialog, message, message_id=message.id, **fields)

    def message(self, dialog: Dialog, message_id: str) -> Message | None:
        return self._messages.get((dialog.account_id, dialog.person_id), message_id)

    def message_anywhere(self, account: Account, message_id: str) -> Message | None:
        """A message of any dialog of the account."""
        return self._messages.find(lambda chat: chat[0] == account.id, message_id)

    def history(self, dialog: Dialog, before: int | None = None) -> Iterator[Message]:
        """Messages newest first, below number `before`, those taken back among them."""
        for message in self._messages.newest_first((dialog.account_id, dialog.person_id)):
            if before is None or message.seq < before:
                yield message


def _place(message: Message) -> Place[tuple[str, int], str]:
    chat = message.account_id, message.person_id
    return Place(chat, message.id, f"{message.account_id}:{message.seq}")


def new_id(messenger: Messenger, account_id: str, person_id: int, seq: int) -> str:
    """A message's id in the shape of the real ones, which begin alike and tell nothing."""
    if messenger == "whatsapp":
        return "wamid." + base64.b64encode(f"\x1d\x18{person_id}\x15\x02{seq:020d}".encode() + b"\0").decode()
    thread = f"{account_id}:340282366841710301{person_id:021d}"
    item = base64.urlsafe_b64encode(f"ig_item:1:IGMessageID:{thread}:{32 * 10**30 + seq}".encode()).decode().rstrip("=")
    return f"{item}ZD"
