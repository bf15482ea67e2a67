"""What an act on VK needs, whoever does it: the person, the community, their dialog, and a note in the ledger."""

from typing import TypeAlias

from sandbox.toolkit import acts
from sandbox.toolkit.acts import ActError
from sandbox.vk.records import Community, Dialog, Message, Person
from sandbox.vk.shapes import shown
from sandbox.vk.vk import Vk

Act: TypeAlias = acts.Act[Message]


class Acts:
    """What the people's and the staff's acts have in common."""

    def __init__(self, vk: Vk) -> None:
        self.vk = vk
        self._world = vk.world

    def _edit(self, dialog: Dialog, message: Message, text: str, act: str) -> Act:
        if not text and not message.body["attachments"]:
            raise ActError("There is no text to send.", "no-text")
        message.body = {**message.body, "text": text, "update_time": self.vk.clock.now_s()}
        self._world.touch(message, "edited")
        return self._done(act, message, self.vk.feed.publish(dialog, "message_edit", shown(self._world, message)))

    def _done(self, act: str, message: Message, event_id: str | None) -> Act:
        self.vk.ledger.add(
            "act",
            messenger="vk",
            act=act,
            bot_id=message.community_id,
            chat_id=message.peer_id,
            message_id=message.id,
            update_id=event_id,
            text=message.body["text"] or None,
        )
        return Act(message, event_id)

    def _open(self, person_id: int, community_id: int) -> tuple[Person, Community, Dialog]:
        person, community = self._person(person_id), self._community(community_id)
        return person, community, self._world.open_dialog(community, person)

    def _talk(self, person_id: int, community_id: int) -> tuple[Person, Community, Dialog]:
        person, community, dialog = self._open(person_id, community_id)
        if person.is_deactivated:
            raise ActError("This person's page is deleted.", "deactivated")
        if dialog.is_banned:
            raise ActError("The community has put this person into its blacklist.", "bot-blocked")
        return person, community, dialog

    def _person(self, person_id: int) -> Person:
        person = self._world.people.get(person_id)
        if person is None:
            raise ActError(f"There is no person {person_id} on VK.")
        return person

    def _community(self, community_id: int) -> Community:
        community = self._world.communities.get(community_id)
        if community is None:
            raise ActError(f"There is no community {community_id}.")
        return community

    def _known(self, dialog: Dialog, message_id: int) -> Message:
        message = self._world.message(dialog, message_id)
        if message is None:
            raise ActError(f"There is no message {message_id} in this dialog.", "no-message")
        return message
