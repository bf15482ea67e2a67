"""Everybody there is, whichever messengers they are on. Telegram's world knows all of them, the others their own."""

from collections.abc import Sequence

from sandbox.cast import CastUser
from sandbox.telegram.records import User
from sandbox.telegram.world import World
from sandbox.toolkit.stand_in import StandIn

_FIRST_ID = 100_000_000


class Directory:
    def __init__(self, world: World, stand_ins: Sequence[StandIn]) -> None:
        self._world = world
        self._stand_ins = stand_ins

    def add(self, cast: CastUser) -> User:
        """Adds a person, with the chats and dialogs of the cast."""
        for stand_in in self._stand_ins:
            stand_in.add_person(cast)
        return self._world.users[cast.id]

    def know(self, cast: CastUser) -> None:
        """Makes a person known who came with a messenger that was not there when the world began."""
        if cast.id not in self._world.users:
            self._world.add_user(cast)

    def id_of(self, name: str) -> int:
        """A person's id by username or by name; raises KeyError."""
        for user in self._world.users.values():
            if name in (user.username, user.name, user.name.partition(" ")[0]):
                return user.id
        raise KeyError(name)

    def next_id(self) -> int:
        return max(self._world.users, default=_FIRST_ID) + 1
