"""What contacts and channels bring about: pure rules from an item and the rows to events.

No clock, no chance, no I/O: `now` is the moment in the entry's id, so that a replay decides the same.
"""

from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.ids import (
    AccountId,
    ContactId,
    LineId,
    NativeId,
    dialog_id,
    dialog_of,
    message_id,
    number_of,
)
from gateway.model.messages import BUTTON_BYTES, QUICK_REPLY, Consent, Message, Profile, ReplyTo, Visit
from gateway.model.state import Contact, Dialog, DialogState
from gateway.router.rules.aliases import are_apart, learned, merged
from gateway.router.rules.edits import KNOWN_MS, changes_nothing
from gateway.router.rules.message_entry import quoting, with_files
from gateway.router.rules.windows import moved
from gateway.router.state.rows import Rows

_AFTER_WORDS = {
    DialogState.CLAIMED: DialogState.WAITING,
    DialogState.ANSWERED: DialogState.WAITING_AGAIN,
    DialogState.CLOSING: DialogState.WAITING_AGAIN,
}
"""Where a client's words take a dialog; in every other state it stays as it is."""
_PRESS = "press:"
"""What the native id of a pressed quick reply begins with: the messenger knows no message of it."""


def receive(rows: Rows, line: LineId, account: AccountId, command: c.Receive, now: int) -> list[e.Event]:
    """A contact wrote: into the open dialog, or a new one opens. A bare Start opens none."""
    contact = _known(rows, account, command)
    profile = _profile(command.profile, contact, command.contact)
    if contact is not None and contact.blocked:
        # Under an id that is new of them: from now on the intake stops that one too.
        return [*learned(rows, account, command, profile), *stopped(account, contact)]
    if command.start is not None:
        return [
            e.ContactStarted(account=account, contact=command.contact, profile=profile, start=command.start or None),
            *moved(rows, account, command.contact, command.window, None if contact is None else contact.dialog),
        ]
    events: list[e.Event] = learned(rows, account, command, profile)
    if contact is not None and contact.profile != profile:
        events.append(e.ProfileChanged(account=account, contact=command.contact, profile=profile))
    if contact is not None and command.message.native in contact.ahead:
        # Its edit came first and stands already; these are the words that it took the place of.
        return [*events, *moved(rows, account, command.contact, command.window, contact.dialog)]
    dialog = rows.open_dialog(contact)
    if dialog is None:
        number = dialog_id(rows.number + 1)
        events.append(
            e.DialogOpened(
                dialog=number,
                line=line,
                account=account,
                contact=command.contact,
                client=profile.name,
                profile=profile,
                start=contact.start if contact is not None else None,
                parent=contact.last_dialog if contact is not None else None,
                visit=_asked_about(command.visit, contact),
                nth=contact.next_dialog if contact is not None else 1,
                former=contact.last_owner if contact is not None else None,
            )
        )
        identity, state, rings, visit = message_id(number, 1), DialogState.NEW, False, None
    else:
        if contact is not None and not contact.reachable:
            events.append(e.ReachChanged(account=account, contact=command.contact, reachable=True, dialog=dialog.id))
        number, identity = dialog.id, message_id(dialog.id, dialog.messages + 1)
        state = _AFTER_WORDS.get(dialog.state, dialog.state)
        rings = dialog.owner is None and now - dialog.rang_at >= rows.line_of(dialog).quiet_ms
        visit = _moved(_asked_about(command.visit, contact), dialog)
    events += moved(rows, account, command.contact, command.window, number)
    message = with_files(quoting(rows, account, command.contact, command.message), identity)
    events.append(e.MessageReceived(dialog=number, id=identity, message=message, state=state, rings=rings, visit=visit))
    return events


def _known(rows: Rows, account: AccountId, command: c.Receive) -> Contact | None:
    """Who writes, by what is known under either of their ids."""
    contact = rows.contacts.get((account, command.contact))
    if contact is not None and contact.now is not None:
        # Who had this number has gone on under another one, long ago.
        contact = None
    other = None if command.also is None else rows.contacts.get((account, command.also))
    if other is None or other.now is not None or are_apart(rows, other, contact):
        return contact
    moved = e.ContactMoved(account=account, contact=command.contact, former=other.id, profile=other.profile)
    return merged(other, contact, moved)


def stopped(account: AccountId, contact: Contact) -> list[e.Event]:
    """A blocked client's words that the intake could not stop: from before the block, or under another id."""
    return [e.NoticeRaised(account=account, about="blocked", detail=f"contact {contact.id}")]


def receive_edit(rows: Rows, line: LineId, account: AccountId, command: c.ReceiveEdit, now: int) -> list[e.Event]:
    """A contact corrected a message. One that nobody knows has not come yet, or never will: it is words like any
    others. Only one that is older than the native map, where somebody has the client, is kept as an orphan and shown to
    whoever that is. One that says what is known already is no event at all.
    """
    identity = rows.message_known_as(account, command.contact, command.message.native)
    if identity is None:
        dialog = rows.open_dialog(rows.contacts.get((account, command.contact)))
        if dialog is None or dialog.owner is None or now - command.message.at <= KNOWN_MS:
            words = c.Receive(contact=command.contact, message=command.message, profile=command.profile)
            return [
                replace(one, corrected=True) if isinstance(one, e.MessageReceived) else one
                for one in receive(rows, line, account, words, now)
            ]
    message = quoting(rows, account, command.contact, command.message)
    former = None if identity is None else rows.said.get(identity)
    if former is not None and changes_nothing(former, message):
        return []
    message = message if identity is None else with_files(message, identity, edited_at=now)
    return [
        e.MessageEdited(
            dialog=None if identity is None else dialog_of(identity),
            id=identity,
            account=account,
            contact=command.contact,
            message=message,
            former=former,
        )
    ]


def receive_delete(rows: Rows, account: AccountId, command: c.ReceiveDelete) -> list[e.Event]:
    """A contact took messages back: marked, never removed. One of ours that we took back is nothing new."""
    known = [rows.message_known_as(account, command.contact, native) for native in command.natives]
    found = [one for one in known if one is not None]
    ours = {one for one in found if (row := rows.dialogs.get(dialog_of(one))) and number_of(one) in row.deleted}
    return [e.MessageDeleted(dialog=dialog_of(one), id=one) for one in found if one not in ours]


def receive_reaction(rows: Rows, account: AccountId, command: c.ReceiveReaction) -> list[e.Event]:
    """A contact's reactions; on something that nobody remembers they mean nothing."""
    opens = _opens(rows, account, command)
    identity = rows.message_known_as(account, command.contact, command.native)
    if identity is None:
        return [*opens, e.NoticeRaised(account=account, about="reaction to a forgotten message")]
    return [*opens, e.ReactionChanged(dialog=dialog_of(identity), id=identity, emojis=command.emojis)]


def receive_press(rows: Rows, line: LineId, account: AccountId, command: c.ReceivePress, now: int) -> list[e.Event]:
    """A quick reply says its words for the client; any other button is somebody else's, and only its spinner ends."""
    contact = rows.contacts.get((account, command.contact))
    words = command.data.removeprefix(QUICK_REPLY) if command.data.startswith(QUICK_REPLY) else ""
    asked = contact is not None and not contact.blocked and contact.last_dialog is not None
    if not asked or not words.strip() or len(command.data.encode()) > BUTTON_BYTES:
        return [
            *_opens(rows, account, command),
            e.NoticeRaised(
                account=account,
                about="press of an unknown button",
                detail=f"contact {command.contact}",
                contact=command.contact,
                press=command.press,
            ),
        ]
    before = next((one for one in contact.chosen if one.native == command.native), None) if contact else None
    if before is not None and not command.shown:
        return [
            *_opens(rows, account, command),
            e.NoticeRaised(
                account=account,
                about="another press under a message that was answered",
                contact=command.contact,
                press=command.press,
                chosen=before.words,
                native=before.native,
            ),
        ]
    said = Message(
        native=NativeId(f"{_PRESS}{command.press}"),
        at=now,
        text=words,
        reply_to=None if command.native is None else ReplyTo(native=command.native),
    )
    received = c.Receive(contact=command.contact, message=said, profile=command.profile, window=command.window)
    return [
        replace(one, press=command.press) if isinstance(one, e.MessageReceived) else one
        for one in receive(rows, line, account, received, now)
    ]


def receive_reach(rows: Rows, account: AccountId, command: c.ReceiveReach) -> list[e.Event]:
    """A contact blocked our bot, or came back; one we never met is nobody yet."""
    contact = rows.contacts.get((account, command.contact))
    if contact is None or contact.reachable == command.reachable:
        return []
    dialog = rows.open_dialog(contact)
    return [
        e.ReachChanged(
            account=account,
            contact=command.contact,
            reachable=command.reachable,
            dialog=None if dialog is None else dialog.id,
        )
    ]


def receive_profile(rows: Rows, account: AccountId, command: c.ReceiveProfile) -> list[e.Event]:
    """What the channel tells of somebody who writes: more is known then, and nothing less."""
    contact = rows.contacts.get((account, command.contact))
    if contact is None:
        return []
    told, known = command.profile, contact.profile
    profile = replace(
        known,
        name=told.name or known.name,
        guest=known.guest and not told.name,
        username=told.username or known.username,
        language=told.language or known.language,
        phone=told.phone or known.phone,
        email=told.email or known.email,
        link=told.link or known.link,
    )
    if profile == known:
        return []
    return [e.ProfileChanged(account=account, contact=command.contact, profile=profile)]


def _opens(rows: Rows, account: AccountId, command: c.ReceiveReaction | c.ReceivePress) -> list[e.Event]:
    """The window that something opens which is no words."""
    dialog = rows.open_dialog(rows.contacts.get((account, command.contact)))
    return moved(rows, account, command.contact, command.window, None if dialog is None else dialog.id)


def record_account(account: AccountId, command: c.RecordAccount) -> list[e.Event]:
    if command.parked:
        return [e.AccountParked(account=account, problem=command.problem or "unknown")]
    return [e.AccountResumed(account=account)]


def _asked_about(told: Visit | None, contact: Contact | None) -> Visit | None:
    """The page or listing that they ask about; what is told of a listing by its number only takes nothing back."""
    known = contact.listing if contact is not None else None
    if known is None or (told is not None and not told.listing):
        return told
    return told if told is not None and (told.title or told.price or told.city) else known


def _moved(told: Visit | None, dialog: Dialog) -> Visit | None:
    """The page they write from now, if it is another one; what brought them to the site is told once and stays."""
    if told is None:
        return None
    before = dialog.visit
    visit = replace(told, referrer=before.referrer) if before is not None and told.referrer is None else told
    return None if visit == before else visit


def _profile(told: Profile | None, contact: Contact | None, who: ContactId) -> Profile:
    """Who writes: what is told now; a telling with less takes back no way to reach them and no consent."""
    known = contact.profile if contact is not None else None
    if told is None:
        return known or Profile(name=str(who))
    if known is None:
        return told
    nameless = told.guest or not told.name
    return replace(
        told,
        name=known.name if nameless else told.name,
        guest=known.guest if nameless else False,
        phone=told.phone or known.phone,
        email=told.email or known.email,
        link=told.link or known.link,
        consent=_consent(told.consent, known.consent),
    )


def _consent(told: Consent | None, known: Consent | None) -> Consent | None:
    """The newest policy agreed to, from the moment of the first time."""
    return told if told is not None and (known is None or told.policy != known.policy) else known
