"""Bookkeeping of what became of our messages, and of what came back from the messenger meanwhile. Total."""

from collections.abc import Collection, Mapping
from typing import TypeVar

from msgspec.structs import replace

from gateway.model import events as e
from gateway.model.ids import DialogId, MessageId, NativeId, OperatorId, number_of
from gateway.model.outgoing import DeliveryStatus
from gateway.model.state import Dialog, EarlyStatus, HeldEcho, Waiting
from gateway.router.rules.retries import FAILED_MOST, retry_of
from gateway.router.state.changes import Handlers, RowChanges

K = TypeVar("K")
V = TypeVar("V")
STATUSES = 60
"""Of how many of our messages it is remembered what the vendor said last."""
EARLY = 20
"""How many statuses may wait for the answers to their sends."""
DOUBTFUL_KEPT = 8
"""How many of our messages whose end nobody knows may still be recognized when they come back."""


def _delivery(changes: RowChanges, event: e.DeliveryChanged) -> None:
    _note_failed(changes, event)
    if event.status is DeliveryStatus.FAILED:
        drop_held(changes, event.dialog, event.id)
    dialog = changes.rows.dialogs.get(event.dialog)
    if dialog is not None:
        _note_stage(changes, dialog, event)
        dialog = changes.rows.dialogs[event.dialog]
    if dialog is not None and event.id in dialog.unsettled and event.status is not DeliveryStatus.QUEUED:
        unsettled = {key: origin for key, origin in dialog.unsettled.items() if key != event.id}
        # Without an answer that is still to come no status is anybody's.
        early = dialog.early if unsettled else ()
        dialog = replace(dialog, unsettled=unsettled, early=early)
        changes.put_dialog(dialog)
    if dialog is not None and event.status is not DeliveryStatus.QUEUED:
        _ended(changes, dialog, event)
    if dialog is not None and event.status is DeliveryStatus.READ and number_of(event.id) > dialog.read_to:
        changes.dialog(event.dialog, read_to=number_of(event.id))


def _note_failed(changes: RowChanges, event: e.DeliveryChanged) -> None:
    """Words that did not arrive wait at their author for a press, a few of them."""
    author = None if event.origin is None else changes.rows.operators.get(OperatorId(event.origin.contact))
    if author is None or event.origin is None or event.words is None:
        return
    failed = Waiting(retry_of(event.id), event.words, event.origin, event.dialog)
    changes.put_operator(replace(author, failed=(*author.failed, failed)[-FAILED_MOST:]))


def _note_stage(changes: RowChanges, dialog: Dialog, event: e.DeliveryChanged) -> None:
    """What the vendor has said of it, or that its sending ended badly: what comes later must not go back behind it."""
    number = number_of(event.id)
    if event.native is not None:
        early = tuple(one for one in dialog.early if one.native != event.native)
        changes.dialog(dialog.id, heard=_newest({**dialog.heard, number: event.status}), early=early)
    elif event.status is DeliveryStatus.READ:
        changes.dialog(dialog.id, heard=_newest({**dialog.heard, number: event.status}))
    elif event.status in {DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN}:
        changes.dialog(dialog.id, ended=_newest({**dialog.ended, number: event.status}))
    elif number in dialog.ended:
        changes.dialog(dialog.id, ended={key: status for key, status in dialog.ended.items() if key != number})


def newest(told: Mapping[K, V], most: int) -> dict[K, V]:
    """The last `most` of what was told, in the order of telling."""
    return dict(list(told.items())[-most:])


def _newest(statuses: dict[int, DeliveryStatus]) -> dict[int, DeliveryStatus]:
    return dict(sorted(statuses.items())[-STATUSES:])


def _heard(changes: RowChanges, event: e.StatusHeard) -> None:
    dialog = changes.rows.dialogs.get(event.dialog)
    if dialog is not None:
        waiting = (*dialog.early, EarlyStatus(event.native, event.status, event.problem))
        changes.put_dialog(replace(dialog, early=waiting[-EARLY:]))


def _ended(changes: RowChanges, dialog: Dialog, event: e.DeliveryChanged) -> None:
    """A reply is on its way no more; one whose end is not known may still come back."""
    said = dialog.leaving.get(event.id)
    if said is None and event.id not in dialog.doubtful:
        return
    leaving = {key: words for key, words in dialog.leaving.items() if key != event.id}
    doubtful = {key: words for key, words in dialog.doubtful.items() if key != event.id}
    if event.status is DeliveryStatus.UNKNOWN and said:
        doubtful = newest({**doubtful, event.id: said}, DOUBTFUL_KEPT)
    changes.put_dialog(replace(dialog, leaving=leaving, doubtful=doubtful))


def drop_held(changes: RowChanges, number: DialogId, message: MessageId) -> None:
    dialog = changes.rows.dialogs.get(number)
    if dialog is not None and any(one.id == message for one in dialog.held):
        changes.put_dialog(replace(dialog, held=tuple(one for one in dialog.held if one.id != message)))


def _echo_held(changes: RowChanges, event: e.EchoHeld) -> None:
    dialog = changes.rows.dialogs.get(event.dialog)
    if dialog is not None:
        changes.put_dialog(replace(dialog, echoes=(*dialog.echoes, event.echo)))


def _echo_known(changes: RowChanges, event: e.EchoKnown) -> None:
    dialog = changes.rows.dialogs.get(event.dialog)
    if dialog is None:
        return
    for native in event.natives if event.id is not None else ():
        changes.rows.know(dialog.account, dialog.contact, native, event.id or MessageId(""))
    changes.put_dialog(replace(dialog, echoes=without_echoes(dialog, event.natives)))


def without_echoes(dialog: Dialog, natives: Collection[NativeId]) -> tuple[HeldEcho, ...]:
    return tuple(one for one in dialog.echoes if one.message.native not in natives)


HANDLERS: Handlers = {
    e.DeliveryChanged: _delivery,
    e.StatusHeard: _heard,
    e.EchoHeld: _echo_held,
    e.EchoKnown: _echo_known,
}
