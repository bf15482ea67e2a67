"""Whom each word of an operator is meant for, by section 12 of the design alone: it reads nothing of the router's rows.

It sees what stands on an operator's screen, in its order: who wrote, what was pressed, what was answered.
"""

from enum import Enum

Who = str
"""An operator; a client is called by their name, whichever dialog they have now."""


class Answer(Enum):
    """What happens to words where it is no one client."""

    ASK = "the bot asks"
    REFUSE = "there is nobody to ask about, or nobody who can be told it"


class Oracle:
    """The clients of a few operators, and whom plain words of each are for."""

    def __init__(self) -> None:
        self.owner: dict[str, Who | None] = {}
        """Of every client with an open dialog."""
        self.current: dict[Who, str] = {}
        self.wrote: dict[Who, set[str]] = {}
        """Others who have written since the operator's last word to the current one, or since they chose that one."""
        self.open: dict[Who, set[str]] = {}
        """Questions that the operator has neither answered nor passed over by choosing somebody."""
        self.filling: dict[Who, str] = {}
        """Whose template waits for its values."""
        self.balked: set[Who] = set()
        """Who wanted to write to a client and could not: their next words may be for that one."""

    # ── what stands on the screen ─────────────────────────────────────────────────────────────────────

    def writes(self, client: str) -> None:
        """A client writes, and opens a dialog if there is none."""
        self.owner.setdefault(client, None)
        self._comes_up(self.owner[client], client)

    def chooses(self, who: Who, client: str) -> None:
        """By a button, a claim, a reply-to or the answer to a question."""
        self.owner[client], self.current[who] = who, client
        self.wrote[who], self.open[who] = set(), set()
        self.balked.discard(who)

    def balks(self, who: Who, client: str) -> None:
        """Words or a press for this client were refused."""
        if self.current.get(who) != client:
            self.balked.add(who)

    def ends(self, client: str, by: Who | None) -> None:
        """A dialog is over; `by` None: it was the clock."""
        owner = self.owner.pop(client)
        if owner is not None:
            if self.current.get(owner) == client:
                del self.current[owner]
            if by == owner:
                self.wrote.get(owner, set()).discard(client)

    def is_restored(self, client: str, owner: Who | None, *, was_current: bool) -> None:
        """A dialog that had ended goes on as it was."""
        self.owner[client] = owner
        if owner is not None and was_current and owner not in self.current:
            self.current[owner] = client
        else:
            self._comes_up(owner, client)

    def asks(self, who: Who, ask: str) -> None:
        self.open.setdefault(who, set()).add(ask)

    def drops(self, who: Who, ask: str) -> None:
        self.open.get(who, set()).discard(ask)

    def _comes_up(self, who: Who | None, client: str) -> None:
        if who is not None and self.current.get(who) != client:
            self.wrote.setdefault(who, set()).add(client)

    # ── whom words are for ────────────────────────────────────────────────────────────────────────────

    def mine(self, who: Who) -> list[str]:
        return [client for client, owner in self.owner.items() if owner == who]

    def plain(self, who: Who, *, is_text: bool = True) -> str | Answer:
        """Words, or `/close`, without a reply-to."""
        doubtful = self.wrote.get(who) or self.open.get(who) or who in self.balked
        if who in self.current and not doubtful and not (is_text and who in self.filling):
            return self.current[who]
        can_ask = self.mine(who) or (is_text and who in self.filling)
        return Answer.ASK if can_ask else Answer.REFUSE

    def named(self, who: Who, client: str) -> str | Answer:
        """Words in answer to anything that names this client."""
        return client if self.owner.get(client, "nobody") in {who, None} else Answer.REFUSE

    def several(self, who: Who, clients: list[str]) -> Answer:
        """Words in answer to a list: whoever is named there can be chosen, and so can all of the operator's."""
        can = [one for one in clients if self.owner.get(one, "nobody") in {who, None}]
        return Answer.ASK if can or self.mine(who) else Answer.REFUSE
