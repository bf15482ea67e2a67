"""One call of an API method, and the table that methods register themselves in.

A method takes the call and returns its response (plain JSON values), or raises VkError; it may be a coroutine.
"""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from sandbox.toolkit.methods import Registrar
from sandbox.vk.errors import VkError, missing
from sandbox.vk.parameters import Parameters
from sandbox.vk.records import Community, Dialog, Message, version_of
from sandbox.vk.vk import Vk

_CHATS_FROM = 2_000_000_000
_CONTACTS_FROM = 1_900_000_000


class Call:
    """Which community calls, with what, on which server."""

    def __init__(self, vk: Vk, community: Community, parameters: Parameters) -> None:
        self.vk = vk
        self.world = vk.world
        self.community = community
        self.parameters = parameters
        self.version = version_of(parameters.text("v"))

    def check_group(self) -> None:
        """The community named by `group_id` must be the token's own."""
        if self.parameters.needed("group_id") != self.community.id:
            raise VkError(15, "no access to this group")

    def peer(self) -> int:
        """The one peer that the call names; raises VkError 100 without any."""
        for name in ("peer_id", "user_id"):
            if name in self.parameters:
                return self.parameters.integer(name)
        raise missing("peer_id is undefined")

    def dialog(self, peer_id: int | None = None) -> Dialog:
        """A dialog that there is; raises VkError where the community has none with that peer."""
        peer_id = self.peer() if peer_id is None else peer_id
        dialog = self.world.dialogs.get((self.community.id, peer_id))
        if dialog is None:
            raise stranger(peer_id)
        return dialog

    def writable(self, peer_id: int) -> Dialog:
        """The dialog, if the community may write to it now; raises VkError."""
        person = self.world.people.get(peer_id)
        if person is not None and person.is_deactivated:
            raise VkError(18)
        dialog = self.dialog(peer_id)
        if dialog.is_banned:
            raise VkError(900)
        if person is not None and person.is_private:
            raise VkError(902)
        if not dialog.is_allowed:
            raise VkError(901)
        return dialog

    def message(self, dialog: Dialog, id_name: str = "message_id", cmid_name: str = "cmid") -> Message:
        """The message that the call names by either of its ids; raises VkError 100."""
        if cmid_name in self.parameters:
            message = self.world.message_by_cmid(dialog, self.parameters.integer(cmid_name))
        else:
            message = self.world.message(dialog, self.parameters.needed(id_name))
        if message is None:
            raise missing("message not found")
        return message


def stranger(peer_id: int) -> VkError:
    """How a peer is refused that the community has no dialog with."""
    if peer_id > _CHATS_FROM:
        return VkError(917)
    if peer_id > _CONTACTS_FROM:
        return VkError(936)
    if peer_id < 0:
        return VkError(932)
    return VkError(901) if peer_id else missing("peer_id is invalid")


Method: TypeAlias = Callable[[Call], object] | Callable[[Call], Awaitable[object]]

METHODS: dict[str, Method] = {}

method = Registrar(METHODS)
"""Registers a function as the API method of that name."""
