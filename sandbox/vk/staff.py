"""What a community's staff does in VK's own interface, past every bot; and the events of it."""

from sandbox.toolkit.acts import ActError
from sandbox.vk.acts import Act, Acts
from sandbox.vk.errors import VkError
from sandbox.vk.keyboards import read_keyboard
from sandbox.vk.records import Dialog
from sandbox.vk.shapes import quoted, shown
from sandbox.wire import Json

_STAFF_ID = 1


class Staff(Acts):
    """Each act names the person and the community by id."""

    def answer(
        self, person_id: int, community_id: int, text: str, *, reply_to: int | None = None, keyboard: str = ""
    ) -> Act:
        """The community's staff writes in VK's own interface, past every bot."""
        _, community, dialog = self._open(person_id, community_id)
        if not text.strip():
            raise ActError("There is no text to send.", "no-text")
        if not dialog.is_allowed or dialog.is_banned:
            raise ActError("This person does not let the community write.", "bot-blocked")
        content: Json = {"text": text.strip(), "admin_author_id": _STAFF_ID}
        if reply_to is not None:
            content["reply_message"] = quoted(self._known(dialog, reply_to))
        try:
            shown_keyboard = read_keyboard(keyboard, community_id) if keyboard else None
        except VkError as error:
            raise ActError(error.message) from error
        message = self._world.add_message(dialog, -community.id, content, keyboard=shown_keyboard)
        event_id = self.vk.feed.publish(dialog, "message_reply", shown(self._world, message))
        return self._done("staff_answer", message, event_id)

    def edit(self, person_id: int, community_id: int, message_id: int, text: str) -> Act:
        """The staff changes what was written in the community's name."""
        dialog = self._open(person_id, community_id)[2]
        message = self._known(dialog, message_id)
        if not message.is_out:
            raise ActError("This message is the person's own.", "not-own")
        return self._edit(dialog, message, text.strip(), "staff_edit")

    def ban(self, person_id: int, community_id: int) -> Act:
        """The community puts the person into its blacklist."""
        dialog = self._set_banned(person_id, community_id, is_banned=True)
        told: Json = {"admin_id": _STAFF_ID, "user_id": person_id, "unblock_date": 0, "reason": 0, "comment": ""}
        return Act(None, self.vk.feed.publish(dialog, "user_block", told))

    def unban(self, person_id: int, community_id: int) -> Act:
        dialog = self._set_banned(person_id, community_id, is_banned=False)
        told: Json = {"admin_id": _STAFF_ID, "user_id": person_id, "by_end_date": 0}
        return Act(None, self.vk.feed.publish(dialog, "user_unblock", told))

    def _set_banned(self, person_id: int, community_id: int, *, is_banned: bool) -> Dialog:
        dialog = self._open(person_id, community_id)[2]
        dialog.is_banned = is_banned
        self._world.keep_dialog(dialog)
        self._world.tell("state", dialog)
        return dialog

    def inject(self, community_id: int, event: Json) -> Act:
        """Gives out a raw event of any kind; raises ActError."""
        community = self._community(community_id)
        if not isinstance(event.get("type"), str):
            raise ActError("A raw event needs a type.")
        return Act(None, self.vk.feed.publish_raw(community, event))
