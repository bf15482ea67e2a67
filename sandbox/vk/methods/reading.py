"""What a community can look up again: messages by id, a dialog's history, the list of dialogs."""

from itertools import islice

from sandbox.vk.calls import Call, method
from sandbox.vk.errors import missing
from sandbox.vk.records import Dialog, Message
from sandbox.vk.shapes import shown
from sandbox.wire import Json

_PAGE = 20
_LARGEST_PAGE = 200
_MOST_IDS = 100


@method("messages.getById")
def get_by_id(call: Call) -> Json:
    parameters = call.parameters
    if "cmids" in parameters:
        return _listed(call, _by_cmids(call, parameters.needed("peer_id"), parameters.integers("cmids")))
    if "message_ids" not in parameters:
        raise missing("message_ids is undefined")
    found = [call.world.message_anywhere(call.community, number) for number in parameters.integers("message_ids")]
    return _listed(call, [one for one in found if one is not None][:_MOST_IDS])


@method("messages.getByConversationMessageId")
def get_by_cmid(call: Call) -> Json:
    cmids = call.parameters.integers("conversation_message_ids")
    if not cmids:
        raise missing("conversation_message_ids is undefined")
    return _listed(call, _by_cmids(call, call.parameters.needed("peer_id"), cmids))


def _by_cmids(call: Call, peer_id: int, cmids: list[int]) -> list[Message]:
    dialog = call.dialog(peer_id)
    found = [call.world.message_by_cmid(dialog, cmid) for cmid in cmids[:_MOST_IDS]]
    return [one for one in found if one is not None]


@method("messages.getHistory")
def get_history(call: Call) -> Json:
    """Newest first, or with `rev` oldest first, from `start_message_id` on."""
    parameters = call.parameters
    peer_id = parameters.integer("peer_id") or parameters.integer("user_id")
    if not peer_id:
        raise missing("user_id is undefined")
    dialog = call.dialog(peer_id)
    messages = [one for one in call.world.history(dialog) if not one.is_gone]
    total = len(messages)
    if parameters.flag("rev"):
        messages.reverse()
    start, first = parameters.integer("start_message_id"), 0
    if start > 0:
        sign = 1 if parameters.flag("rev") else -1
        first = next((index for index, one in enumerate(messages) if sign * one.id >= sign * start), total)
    first = max(0, first + parameters.integer("offset"))
    page = messages[first : first + _count(call)]
    return {**_listed(call, page), "count": total}


@method("messages.getConversations")
def get_conversations(call: Call) -> Json:
    parameters = call.parameters
    talks = [(dialog, last) for dialog in _dialogs(call) if (last := _last(call, dialog)) is not None]
    talks.sort(key=lambda pair: pair[1].id, reverse=True)
    match parameters.text("filter"):
        case "unread" | "unanswered":
            talks = [(dialog, last) for dialog, last in talks if last.id > dialog.in_read and not last.is_out]
        case _:
            pass
    offset = parameters.integer("offset")
    page = talks[offset : offset + _count(call)]
    items = [
        {"conversation": _conversation(call, dialog), "last_message": shown(call.world, last)} for dialog, last in page
    ]
    unread = sum(not last.is_out and last.id > dialog.in_read for dialog, last in talks)
    return {"count": len(talks), "unread_count": unread, "items": items}


@method("messages.getConversationsById")
def get_conversations_by_id(call: Call) -> Json:
    peers = call.parameters.integers("peer_ids")
    if not peers:
        raise missing("peer_ids is undefined")
    known = [dialog for dialog in _dialogs(call) if dialog.peer_id in peers]
    return {"count": len(known), "items": [_conversation(call, dialog) for dialog in known]}


@method("messages.isMessagesFromGroupAllowed")
def is_allowed(call: Call) -> Json:
    call.check_group()
    dialog = call.world.dialogs.get((call.community.id, call.parameters.needed("user_id")))
    return {"is_allowed": int(dialog is not None and dialog.is_allowed)}


def _listed(call: Call, messages: list[Message]) -> Json:
    return {"count": len(messages), "items": [shown(call.world, one) for one in messages]}


def _dialogs(call: Call) -> list[Dialog]:
    return [one for one in call.world.dialogs.values() if one.community_id == call.community.id]


def _last(call: Call, dialog: Dialog) -> Message | None:
    return next(islice((one for one in call.world.history(dialog) if not one.is_gone), 1), None)


def _conversation(call: Call, dialog: Dialog) -> Json:
    last = _last(call, dialog)
    unread = sum(not one.is_out and one.id > dialog.in_read for one in call.world.history(dialog))
    can_write: Json = {"allowed": True} if dialog.is_allowed and not dialog.is_banned else {
        "allowed": False, "reason": 900 if dialog.is_banned else 901,
    }  # fmt: skip
    shown_as: Json = {
        "peer": {"id": dialog.peer_id, "type": "user", "local_id": dialog.peer_id},
        "last_message_id": last.id if last else 0,
        "last_conversation_message_id": last.cmid if last else 0,
        "in_read": dialog.in_read,
        "out_read": dialog.out_read,
        "unread_count": unread,
        "can_write": can_write,
    }
    return {**shown_as, **({"current_keyboard": dialog.keyboard} if dialog.keyboard else {})}


def _count(call: Call) -> int:
    count = call.parameters.integer("count", _PAGE)
    if not 0 <= count <= _LARGEST_PAGE:
        raise missing(f"count should be less or equal to {_LARGEST_PAGE}")
    return count
