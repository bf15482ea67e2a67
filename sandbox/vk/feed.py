"""A community's events: made once, in the shape that each receiver's API version asks for, and handed out.

The Long Poll server reads them from here by number; the Callback sender is given its own copies.
"""

import asyncio
import secrets
from collections import deque

import msgspec

from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.vk.callbacks import CallbackSender
from sandbox.vk.records import CallbackServer, Community, Dialog, FeedEvent, PendingPost, version_of
from sandbox.vk.world import World
from sandbox.wire import Json, encode

EVENTS = frozenset(
    {
        "message_new", "message_reply", "message_edit", "message_allow", "message_deny", "message_event",
        "message_read", "message_typing_state", "message_reaction_event", "user_block", "user_unblock",
        "group_join", "group_leave", "wall_post_new", "wall_reply_new", "photo_new",
    }
)  # fmt: skip
"""The kinds that can be turned on; VK has more, about which people here can do nothing."""

_WRAPPED_SINCE = (5, 103)
_CLIENT_INFO: Json = {
    "button_actions": [
        "text", "vkpay", "open_app", "location", "open_link", "callback", "intent_subscribe", "intent_unsubscribe",
    ],
    "keyboard": True,
    "inline_keyboard": True,
    "carousel": True,
    "lang_id": 0,
}  # fmt: skip


class Feed:
    """Events of all communities. `settings.vk_events_kept` bounds what Long Poll still remembers."""

    def __init__(self, infrastructure: Infrastructure, world: World, sender: CallbackSender) -> None:
        self._store, _, _, self._clock, self._settings = infrastructure
        self._world = world
        self._sender = sender
        self._kept: dict[int, deque[FeedEvent]] = {}
        self._news: dict[int, asyncio.Event] = {}
        for event in self._store.read("vk_event", FeedEvent, order=lambda one: one.seq):
            self._kept.setdefault(event.community_id, deque()).append(event)

    def publish(self, dialog: Dialog, kind: str, content: Json) -> str:
        """Tells whoever of the community's receivers has this kind on; the event's id."""
        community = self._world.communities[dialog.community_id]
        event_id = secrets.token_hex(20)
        if community.longpoll.is_enabled and kind in community.longpoll.events:
            self._remember(community, _envelope(community, kind, content, event_id, community.longpoll.api_version))
        for server in community.servers:
            if kind in server.events and server.status == "ok":
                body = _envelope(community, kind, content, event_id, server.api_version)
                self._post(community, server, body, str(dialog.peer_id))
        return event_id

    def publish_raw(self, community: Community, event: Json) -> str:
        """Gives out an event as it is, whatever kinds are on; its id and community are filled in where they lack."""
        whole = {"group_id": community.id, "event_id": secrets.token_hex(20), **event}
        self._remember(community, whole)
        for server in community.servers:
            if server.status == "ok":
                self._post(community, server, whole, "raw")
        return str(whole["event_id"])

    def last(self, community: Community) -> int:
        """The newest event's number: a reader that begins now begins behind it."""
        return community.next_event - 1

    def after(self, community: Community, ts: int) -> list[FeedEvent] | None:
        """What came behind `ts`; None when some of it is forgotten, or `ts` is of the future."""
        kept = self._kept.get(community.id, deque())
        oldest = kept[0].seq if kept else community.next_event
        if ts > self.last(community) or ts < oldest - 1:
            return None
        return [event for event in kept if event.seq > ts]

    def newest(self, community: Community, count: int) -> list[FeedEvent]:
        """The last events, for the fault that gives them out again."""
        return list(self._kept.get(community.id, deque()))[-count:]

    def news(self, community: Community) -> asyncio.Event:
        """Set and replaced at each event: whoever waits takes it before looking."""
        return self._news.setdefault(community.id, asyncio.Event())

    def forget(self, community: Community) -> None:
        """Loses what Long Poll remembers, as VK does when it pleases."""
        for event in self._kept.pop(community.id, deque()):
            self._store.drop("vk_event", f"{event.community_id}:{event.seq}")
        community.next_event += 1
        self._world.keep_community(community)

    def _remember(self, community: Community, body: Json) -> None:
        event = FeedEvent(community_id=community.id, seq=community.next_event, body=msgspec.Raw(encode(body)))
        community.next_event += 1
        self._world.keep_community(community)
        kept = self._kept.setdefault(community.id, deque())
        kept.append(event)
        self._store.put("vk_event", f"{community.id}:{event.seq}", event)
        while len(kept) > self._settings.vk_events_kept:
            oldest = kept.popleft()
            self._store.drop("vk_event", f"{community.id}:{oldest.seq}")
        self._news.pop(community.id, asyncio.Event()).set()

    def _post(self, community: Community, server: CallbackServer, body: Json, ordering_key: str) -> None:
        signed = {**body, "secret": server.secret} if server.secret else body
        self._sender.push(
            PendingPost(
                community_id=community.id,
                server_id=server.id,
                event_id=str(body["event_id"]),
                ordering_key=ordering_key,
                at=self._clock.now_ms(),
                body=msgspec.Raw(encode(signed)),
            )
        )


def _envelope(community: Community, kind: str, content: Json, event_id: str, version: str) -> Json:
    is_wrapped = kind == "message_new" and version_of(version) >= _WRAPPED_SINCE
    shape = {"message": content, "client_info": _CLIENT_INFO} if is_wrapped else content
    return {"group_id": community.id, "type": kind, "event_id": event_id, "v": version, "object": shape}
