"""The state of VK's side: communities, people, dialogs, messages; loaded from and kept in the store.

Every change goes through here, so that the store and the page hear of it. No rules of the API live here.
"""

import hashlib
from collections.abc import Iterator

from sandbox.cast import Cast, CastCommunity, CastUser
from sandbox.pictures import plain_png
from sandbox.toolkit.history import History, Place
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.toolkit.uploads import Upload
from sandbox.vk.files import Files
from sandbox.vk.records import CallbackServer, Community, Dialog, Message, Person
from sandbox.wire import Json

# After a kill the last half second is forgotten, but its ids were seen outside: never give them again.
_IDS_SKIPPED_AFTER_KILL = 10_000


class World:
    """By ids; `peer_id` of a dialog is the person's id."""

    def __init__(self, infrastructure: Infrastructure, files: Files) -> None:
        self._store, self._events, _, self._clock, settings = infrastructure
        self.files = files
        self.communities: dict[int, Community] = {}
        self.people: dict[int, Person] = {}
        self.dialogs: dict[tuple[int, int], Dialog] = {}
        self._messages = History(self._store, settings, "vk_message", _place)
        self._load()

    def _load(self) -> None:
        for community in self._store.read("vk_community", Community, order=lambda one: one.order):
            if self._store.was_killed:
                community.next_message_id += _IDS_SKIPPED_AFTER_KILL
                community.next_event += _IDS_SKIPPED_AFTER_KILL
            self.communities[community.id] = community
        people = self._store.read("vk_person", Person, order=lambda one: one.order)
        self.people = {person.id: person for person in people}
        for dialog in self._store.read("vk_dialog", Dialog):
            if self._store.was_killed:
                dialog.next_cmid += _IDS_SKIPPED_AFTER_KILL
            self.dialogs[dialog.community_id, dialog.peer_id] = dialog
        self._messages.restore(self._store.read("vk_message", Message, order=lambda one: one.id))

    def fill(self, cast: Cast) -> list[CastUser]:
        """Adds the cast's communities to a world without any; those of the cast's people who came with them."""
        if self.communities:
            return []
        for community in cast.communities:
            self.add_community(community)
        added = [user for user in cast.users if user.communities]
        for user in added:
            self.add_person(user)
        return added

    def add_community(self, cast: CastCommunity) -> Community:
        community = Community(
            id=cast.id,
            token=cast.token,
            screen_name=cast.screen_name,
            name=cast.name,
            description=cast.description,
            order=len(self.communities),
        )
        self.communities[community.id] = community
        self.renew_confirmation(community)
        return community

    def add_person(self, cast: CastUser) -> Person:
        """A person of the cast, with a dialog for each of their communities."""
        person = Person(id=cast.id, name=cast.name, order=len(self.people), screen_name=cast.username or "")
        if cast.avatar:
            picture = Upload("avatar.png", "image/png", plain_png(200, 200, cast.color))
            person.avatar = self.files.add("picture", person.id, picture).number
        self.people[person.id] = person
        self.keep_person(person)
        by_name = {community.screen_name: community for community in self.communities.values()}
        for screen_name in cast.communities:
            self.open_dialog(by_name[screen_name], person)
        return person

    def community_by_token(self, token: str) -> Community | None:
        return next((one for one in self.communities.values() if one.token == token), None)

    def callback_server(self, community_id: int, server_id: int) -> tuple[Community, CallbackServer] | None:
        """A community's server as it is now, if it still is there."""
        community = self.communities.get(community_id)
        servers = community.servers if community is not None else []
        server = next((one for one in servers if one.id == server_id), None)
        return None if community is None or server is None else (community, server)

    def replace_token(self, community: Community, token: str) -> None:
        """Gives the community another token; the old one is answered with error 5, its keys with failed 2."""
        community.token = token
        self.keep_community(community)

    def renew_confirmation(self, community: Community) -> None:
        """The string that a new server must answer with changes with every change of the servers."""
        seed = f"{community.id} {community.next_server_id} {community.confirmation_code}"
        community.confirmation_code = hashlib.sha256(seed.encode()).hexdigest()[:8]
        self.keep_community(community)

    def keep_community(self, community: Community) -> None:
        self._store.put("vk_community", str(community.id), community)

    def keep_person(self, person: Person) -> None:
        self._store.put("vk_person", str(person.id), person)

    def keep_dialog(self, dialog: Dialog) -> None:
        self._store.put("vk_dialog", f"{dialog.community_id}:{dialog.peer_id}", dialog)

    def open_dialog(self, community: Community, person: Person) -> Dialog:
        """The person's dialog with the community, new or known."""
        dialog = self.dialogs.get((community.id, person.id))
        if dialog is None:
            dialog = Dialog(community_id=community.id, peer_id=person.id)
            self.dialogs[community.id, person.id] = dialog
            self.keep_dialog(dialog)
            self.tell("state", dialog)
        return dialog

    def tell(self, kind: str, dialog: Dialog, message: Message | None = None, **fields: object) -> None:
        """Puts something about a dialog on the page's stream of events."""
        self._events.publish(
            kind, message, messenger="vk", bot_id=dialog.community_id, user_id=dialog.peer_id, **fields
        )

    def add_message(self, dialog: Dialog, sender_id: int, content: Json, *, keyboard: Json | None = None) -> Message:
        """A new message: ids go up through all dialogs of a community, cmids through one dialog."""
        community = self.communities[dialog.community_id]
        is_out = sender_id == -community.id
        message_id, cmid = community.next_message_id, dialog.next_cmid
        community.next_message_id += 1
        dialog.next_cmid += 1
        self.keep_community(community)
        body: Json = {
            "date": self._clock.now_s(),
            "from_id": sender_id,
            "id": message_id,
            "version": 10_000_000 + message_id,
            "out": int(is_out),
            "important": False,
            "is_hidden": False,
            "attachments": [],
            "conversation_message_id": cmid,
            "fwd_messages": [],
            "text": "",
            "peer_id": dialog.peer_id,
            "random_id": 0,
            **content,
        }
        message = Message(
            community_id=community.id,
            peer_id=dialog.peer_id,
            id=message_id,
            cmid=cmid,
            body=body,
            is_out=is_out,
            keyboard=keyboard,
        )
        self._messages.add(message)
        dialog.unread = dialog.unread + 1 if is_out else 0
        self.keep_dialog(dialog)
        self.tell("message", dialog, message)
        return message

    def set_keyboard(self, dialog: Dialog, keyboard: Json | None, brought_by: Message | None) -> None:
        """Puts another keyboard under the input, or none; the page shows it under the message that brought it."""
        before = self.message(dialog, dialog.keyboard_of)
        dialog.keyboard, dialog.keyboard_of = keyboard, brought_by.id if brought_by is not None else 0
        self.keep_dialog(dialog)
        for message in (before, brought_by):
            if message is not None:
                self.tell("edited", dialog, message, message_id=message.id)

    def touch(self, message: Message, kind: str, **fields: object) -> None:
        """Keeps a message that changed and tells the page."""
        self._messages.keep(message)
        dialog = self.dialogs[message.community_id, message.peer_id]
        self.tell(kind, dialog, message, message_id=message.id, **fields)

    def message(self, dialog: Dialog, message_id: int) -> Message | None:
        """A message that still exists for the API."""
        message = self._messages.get((dialog.community_id, dialog.peer_id), message_id)
        return message if message is not None and not message.is_gone else None

    def message_by_cmid(self, dialog: Dialog, cmid: int) -> Message | None:
        return next((one for one in self.history(dialog) if one.cmid == cmid and not one.is_gone), None)

    def message_anywhere(self, community: Community, message_id: int) -> Message | None:
        """A message of any dialog of the community."""
        found = self._messages.find(lambda chat: chat[0] == community.id, message_id)
        return None if found is None or found.is_gone else found

    def history(self, dialog: Dialog, before: int | None = None) -> Iterator[Message]:
        """Messages newest first, below id `before`, those deleted for everybody among them."""
        for message in self._messages.newest_first((dialog.community_id, dialog.peer_id)):
            if before is None or message.id < before:
                yield message


def _place(message: Message) -> Place[tuple[int, int], int]:
    chat = message.community_id, message.peer_id
    return Place(chat, message.id, f"{message.community_id}:{message.id}")
