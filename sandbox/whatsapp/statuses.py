"""What becomes of a message that was accepted, and in which order the business hears of it.

Statuses come after the answer of the send, as usual; or the first before it, or the later before the earlier.
"""

from sandbox.meta.calls import Call
from sandbox.meta.errors import GraphError
from sandbox.meta.meta import Meta
from sandbox.meta.records import Dialog, Message, Person
from sandbox.meta.webhooks import Posted
from sandbox.whatsapp.shapes import status

_ALWAYS_ALLOWED = frozenset({"template"})
RANKS = {"failed": 0, "accepted": 1, "sent": 2, "delivered": 3, "read": 4, "played": 5}


def expected_error(meta: Meta, dialog: Dialog, kind: str) -> GraphError | None:
    """Why a message will not arrive, if it will not."""
    fault = meta.faults.draw(dialog.account_id, "status", "whatsapp")
    if fault is not None:
        return GraphError(fault.error_code)
    if dialog.is_blocked or meta.world.people[dialog.person_id].is_gone:
        return GraphError(131026)
    if kind not in _ALWAYS_ALLOWED and not meta.is_open(dialog, meta.settings.meta_window_ms):
        return GraphError(131047)
    return None


async def report(call: Call, who: Person | str, message: Message) -> None:
    """Tells the statuses in the order that the settings ask for; waits where one is to be heard before the answer."""
    meta, mode = call.meta, call.meta.settings.whatsapp_statuses
    if mode == "silent":
        return
    steps = ["failed"] if message.status == "failed" else ["sent", "delivered"]
    if mode == "reversed":
        steps.reverse()
    if mode == "early":
        posted = publish(meta, who, message, steps.pop(0))
        if posted is not None and posted.id:
            await posted.tried.wait()

    def later() -> None:
        for step in steps:
            publish(meta, who, message, step)

    call.after.append(lambda: meta.later(meta.settings.whatsapp_status_after_ms, later))


def publish(meta: Meta, who: Person | str, message: Message, step: str) -> Posted | None:
    """One step of a message; what is known of it only ever goes up."""
    account = meta.world.accounts[message.account_id]
    if RANKS.get(step, 0) > RANKS.get(message.status, 0) and message.status != "failed":
        message.status = step
        if meta.world.message_anywhere(account, message.id) is message:
            meta.world.touch(message)
    change = status(account, who, message, step, meta.clock.now_ms())
    return meta.publish_of(account, "changes", change, ordering_key=f"{account.id}:{message.person_id}")
