"""Answers that somebody wrote in the messenger itself, past this gateway, and our own words coming back. Pure rules.

Messengers tell of both alike, and often before they answer the send itself. So while something of ours is on its way to
the client, what comes back waits: for the send's end, which names its messages, or for a minute.

```
            ┌─ its id is known ──────────────────► nothing: one of ours
  echo ─────┼─ a send of these words was lost ───► that one arrived after all
            ├─ something is on its way ──────────► waits ──► ours, when the send's end names it
            └─ else ──────────────► answered elsewhere ◄────── nothing is on its way any more, or a minute passed
```
"""

from collections.abc import Collection
from hashlib import blake2b

from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.ids import AccountId, MessageId, NativeId, dialog_of, message_id
from gateway.model.messages import Message
from gateway.model.outgoing import DeliveryStatus
from gateway.model.state import Dialog, HeldEcho
from gateway.router.rules.message_entry import quoting, with_files
from gateway.router.state.rows import Rows

WAITS_MS = 60_000
ECHOES = 50
"""How many may wait at a time."""
_ABOUT = "answered in the messenger itself"


def receive_echo(rows: Rows, account: AccountId, command: c.ReceiveEcho, now: int) -> list[e.Event]:
    """Somebody answered in the messenger itself: it stands in the open dialog, and whose that is does not change."""
    native = command.message.native
    if rows.message_known_as(account, command.contact, native) is not None:
        return []
    dialog = rows.open_dialog(rows.contacts.get((account, command.contact)))
    if dialog is None:
        told = f"contact {command.contact}, who has no open dialog"
        return [e.NoticeRaised(account=account, about=_ABOUT, detail=told)]
    echo = HeldEcho(command.message, command.author, now + WAITS_MS)
    lost = _lost(dialog, echo)
    if lost is not None:
        return [
            e.DeliveryChanged(dialog=dialog.id, id=lost, status=DeliveryStatus.SENT),
            e.EchoKnown(dialog=dialog.id, natives=(native,), id=lost),
        ]
    if not dialog.leaving or len(dialog.echoes) >= ECHOES:
        return _elsewhere(rows, dialog, [echo])
    if any(one.message.native == native for one in dialog.echoes):
        return []
    return [e.EchoHeld(dialog=dialog.id, echo=echo)]


def settled(rows: Rows, command: c.RecordDelivery, changed: list[e.Event]) -> list[e.Event]:
    """What the end of a send makes of what waits for it; `changed` is what it makes of the message itself."""
    dialog = rows.dialogs.get(dialog_of(command.message))
    if dialog is None or not dialog.echoes:
        return changed
    ours = [one.message.native for one in dialog.echoes if one.message.native in command.natives]
    found = list(changed)
    if command.status is DeliveryStatus.UNKNOWN and not ours:
        words = dialog.leaving.get(command.message)
        ours = [one.message.native for one in dialog.echoes if words and words_of(one.message) == words][:1]
        if ours:
            found = [_arrived(one) if isinstance(one, e.DeliveryChanged) else one for one in changed]
    if ours:
        found.append(e.EchoKnown(dialog=dialog.id, natives=tuple(ours), id=command.message))
    if dialog.leaving.keys() <= {command.message}:
        found += released(rows, dialog, ours)
    return found


def released(rows: Rows, dialog: Dialog, ours: Collection[NativeId] = ()) -> list[e.Event]:
    """What waited and is none of ours."""
    return _elsewhere(rows, dialog, [one for one in dialog.echoes if one.message.native not in ours])


def words_of(message: Message) -> str:
    """What the words are recognized by; empty: there are none."""
    said = " ".join(message.text.split())
    return blake2b(said.encode("utf-8", "replace"), digest_size=8).hexdigest() if said else ""


def _elsewhere(rows: Rows, dialog: Dialog, echoes: Collection[HeldEcho]) -> list[e.Event]:
    if not echoes:
        return []
    if not dialog.is_open:
        # Finished while it waited: a closed dialog gets no more words.
        told = f"contact {dialog.contact}, whose dialog was finished just then"
        natives = tuple(one.message.native for one in echoes)
        notices = [e.NoticeRaised(account=dialog.account, about=_ABOUT, detail=told) for _ in echoes]
        return [*notices, e.EchoKnown(dialog=dialog.id, natives=natives)]
    found: list[e.Event] = []
    for number, one in enumerate(echoes, dialog.messages + 1):
        identity = message_id(dialog.id, number)
        message = with_files(quoting(rows, dialog.account, dialog.contact, one.message), identity)
        found.append(e.AnsweredElsewhere(dialog=dialog.id, id=identity, message=message, author=one.author))
    return found


def _lost(dialog: Dialog, echo: HeldEcho) -> MessageId | None:
    """The message of ours whose end nobody knew, and which says the same."""
    words = words_of(echo.message)
    return next((one for one, said in dialog.doubtful.items() if words and said == words), None)


def _arrived(event: e.DeliveryChanged) -> e.DeliveryChanged:
    return replace(event, status=DeliveryStatus.SENT, problem=None)
