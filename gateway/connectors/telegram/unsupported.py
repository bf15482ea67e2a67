"""Content that the normal form has no attachment for: its names, what to tell of it, and what is no content at all.

Pure. Read from the raw JSON, because these are the parts of the API that change most often (a poll of an older
server has other mandatory fields than aiogram's), and a few words are all that is wanted of them.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from gateway.model.messages import Unsupported

Json = Mapping[str, Any]

_SERVICE = """
new_chat_members new_chat_member new_chat_participant left_chat_member left_chat_participant chat_owner_left
chat_owner_changed new_chat_title new_chat_photo delete_chat_photo group_chat_created
supergroup_chat_created channel_chat_created message_auto_delete_timer_changed migrate_to_chat_id
migrate_from_chat_id pinned_message connected_website write_access_allowed proximity_alert_triggered
boost_added chat_background_set direct_message_price_changed paid_message_price_changed forum_topic_created
forum_topic_edited forum_topic_closed forum_topic_reopened general_forum_topic_hidden
general_forum_topic_unhidden giveaway_created giveaway_completed managed_bot_created poll_option_added
poll_option_deleted suggested_post_approved suggested_post_approval_failed suggested_post_declined
suggested_post_paid suggested_post_refunded video_chat_scheduled video_chat_started video_chat_ended
video_chat_participants_invited community_chat_added community_chat_removed community_chat_joined
"""
SERVICE = frozenset(_SERVICE.split())
"""Fields of messages that nobody wrote: what happened to the chat itself. They never reach an operator."""


def read_unsupported(raw: Json) -> Iterator[Unsupported]:
    """What of the message cannot be shown, by the vendor's names, in their order there."""
    for name, value in raw.items():
        if name in _HINTS and value is not None:
            hint = _HINTS[name](value) if isinstance(value, Mapping) else ""
            yield Unsupported(of=name, hint=hint or None)


def _words(*names: str) -> Callable[[Json], str]:
    """Hints of the values under `names`, those that are there, beside each other."""

    def hint(value: Json) -> str:
        found = (value.get(name) for name in names)
        return " ".join(str(one) for one in found if isinstance(one, str | int | float) and one != "")

    return hint


def _inside(name: str, hint: Callable[[Json], str]) -> Callable[[Json], str]:
    def inner(value: Json) -> str:
        found = value.get(name)
        return hint(found) if isinstance(found, Mapping) else ""

    return inner


def _titled(title: str, items: str) -> Callable[[Json], str]:
    """`Question · one, two`."""

    def hint(value: Json) -> str:
        listed = value.get(items)
        texts = [_words("text")(one) for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
        return " · ".join(part for part in (_words(title)(value), ", ".join(filter(None, texts))) if part)

    return hint


def _people(value: Json) -> str:
    users = value.get("users")
    if isinstance(users, list):
        return ", ".join(_person(one) or str(one.get("user_id", "")) for one in users if isinstance(one, Mapping))
    ids = value.get("user_ids")
    return ", ".join(str(one) for one in ids) if isinstance(ids, list) else ""


_person = _words("first_name", "last_name")


def _chat(value: Json) -> str:
    return _words("title")(value) or _person(value) or _words("username")(value)


_nothing: Callable[[Json], str] = _words()

_HINTS: Mapping[str, Callable[[Json], str]] = {
    "poll": _titled("question", "options"),
    "checklist": _titled("title", "tasks"),
    "dice": _words("emoji", "value"),
    "story": _inside("chat", _chat),
    "reply_to_story": _inside("chat", _chat),
    "paid_media": lambda value: f"{_words('star_count')(value)} ⭐",
    "web_app_data": _words("data"),
    "users_shared": _people,
    "user_shared": _words("user_id"),
    "chat_shared": lambda value: _chat(value) or _words("chat_id")(value),
    "game": _words("title"),
    "invoice": _words("title"),
    "successful_payment": _words("total_amount", "currency"),
    "refunded_payment": _words("total_amount", "currency"),
    "gift": _words("text"),
    "unique_gift": _inside("gift", _words("name")),
    "gift_upgrade_sent": _words("text"),
    "passport_data": _nothing,
    "checklist_tasks_done": _nothing,
    "checklist_tasks_added": _nothing,
    "giveaway": _words("prize_description"),
    "giveaway_winners": _words("prize_description"),
    "rich_message": _nothing,
}
UNSUPPORTED = frozenset(_HINTS)
