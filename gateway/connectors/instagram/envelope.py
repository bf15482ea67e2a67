"""One event of an account, and the questions that every reader of one asks: whose, with whom, when. Pure.

Ids are Instagram-scoped: the account's own is the entry's, the client's is good for this account alone.
"""

from typing import NamedTuple

from gateway.connectors.instagram.values import identity, moment
from gateway.connectors.toolkit.values import Json, digest, table
from gateway.model.commands import Inbound, Notice
from gateway.model.ids import ContactId
from gateway.model.messages import Profile

_USERNAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._")
_NAME = 200
_USERNAME_SIGNS = 30


class Event(NamedTuple):
    """One item of an entry; `account` is the entry's id, empty where a bare item came without one."""

    account: str
    what: Json
    entry_time: object = None

    @property
    def sender(self) -> str:
        return identity(table(self.what.get("sender")).get("id"))

    @property
    def recipient(self) -> str:
        return identity(table(self.what.get("recipient")).get("id"))

    @property
    def is_own(self) -> bool:
        """Whether the account itself did it."""
        is_echo = table(self.what.get("message")).get("is_echo") is True
        return is_echo or bool(self.account and self.sender == self.account)

    @property
    def contact(self) -> ContactId | None:
        """The client; None: it names nobody."""
        first, second = (self.recipient, self.sender) if self.is_own else (self.sender, self.recipient)
        found = first if first != self.account else second
        return ContactId(found) if found and found != self.account else None

    @property
    def at(self) -> int:
        """When it happened, in milliseconds by Meta's clock; 0: it does not say."""
        return moment(self.what.get("timestamp")) or moment(self.entry_time)

    @property
    def profile(self) -> Profile | None:
        """Who the client is, where receiving.py has asked for it."""
        return None if self.is_own else read_profile(table(self.what.get("sender")))

    def key(self, kind: str, native: str = "") -> str:
        """What a redelivery has in common with it: the message's id, else all of it."""
        return f"{kind}:{native or digest(self._bare)}"

    def unsupported(self, kind: str, detail: str | None = None) -> Inbound:
        return Inbound(self.key(f"unsupported:{kind}"), Notice(f"Unsupported({kind})", detail))

    @property
    def _bare(self) -> Json:
        # Without what was put beside it after it came: that may differ the second time.
        sender = {"id": self.sender} if self.sender else None
        return {name: sender if name == "sender" else one for name, one in self.what.items()}


def read_profile(told: Json) -> Profile | None:
    """A person as the profile look-up tells of them."""
    name = told.get("name")
    name = name.strip()[:_NAME] if isinstance(name, str) else ""
    username = told.get("username")
    username = username.strip().lower() if isinstance(username, str) else ""
    if not 0 < len(username) <= _USERNAME_SIGNS or not set(username) <= _USERNAME:
        username = ""
    if not name and not username:
        return None
    link = f"https://instagram.com/{username}" if username else None
    return Profile(name=name or username, username=username or None, link=link)
