"""Lists of chats, one chat, read marks and the blacklist."""

from sandbox.avito.calls import Call, method
from sandbox.avito.errors import invalid
from sandbox.avito.shapes import shown_chat
from sandbox.wire import Json

_KINDS = frozenset({"u2i", "u2u", "a2u"})
_REASONS = range(1, 5)


@method("chats")
def list_chats(call: Call) -> Json:
    """Newest first; only chats about listings unless other kinds are named."""
    page, kinds = call.page(), call.words("chat_types") or ["u2i"]
    if not _KINDS.issuperset(kinds):
        raise invalid(chat_types=f"should be of {', '.join(sorted(_KINDS))}")
    is_unread_only, items = call.flag("unread_only"), call.words("item_ids")
    found = [
        chat
        for chat in call.world.started(call.seller)
        if chat.kind in kinds
        and (not items or str(chat.listing_id) in items)
        and (not is_unread_only or call.world.is_unread(chat))
    ]
    shown = found[page.offset : page.offset + page.limit]
    has_more = len(found) > page.offset + page.limit
    return {"chats": [shown_chat(call.world, chat) for chat in shown], "meta": {"has_more": has_more}}


@method("chat")
def get_chat(call: Call) -> Json:
    return shown_chat(call.world, call.chat())


@method("read")
def read(call: Call) -> Json:
    """Marks the whole chat."""
    call.world.mark_read(call.chat(), by_seller=True)
    return {"ok": True}


@method("blacklist")
def blacklist(call: Call) -> Json:
    """From then on these people write to the seller no more, about whatever listing."""
    users = call.object().get("users")
    if not isinstance(users, list) or not users:
        raise invalid(users="should be a list")
    for user in users:
        context = user.get("context", {}) if isinstance(user, dict) else None
        if not isinstance(context, dict) or not isinstance(user.get("user_id"), int):
            raise invalid(users="should have a user_id each")
        if context.get("reason_id", _REASONS[0]) not in _REASONS:
            raise invalid(reason_id="should be from 1 to 4")
    unwanted = {user["user_id"] for user in users}
    for chat in call.world.chats.values():
        if chat.seller_id == call.seller.id and chat.buyer_id in unwanted:
            chat.is_blacklisted = True
            call.world.keep_chat(chat)
            call.world.tell("state", chat)
    return {}
