"""The ledger of a fault run: what people really said, against what arrived. Pure; the run feeds it, it judges.

It is tested on planted faults (test_ledger.py): a checker that finds nothing is no proof.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass
class Ledger:
    """Texts are unique over the run, so a text is the message. Lists are in the order in which things happened."""

    written: dict[str, list[str]] = field(default_factory=dict)
    """Customer -> what they wrote, as the messenger accepted it."""
    archived: list[str] = field(default_factory=list)
    """Every client's text in the archive, in the archive's order."""
    shown: set[str] = field(default_factory=set)
    """Clients' texts that stood in some operator's chat."""
    replied: dict[str, list[str]] = field(default_factory=dict)
    """Customer -> what operators said to them, as the operators' messenger accepted it."""
    delivered: dict[str, list[str]] = field(default_factory=dict)
    """Customer -> what stands in their chat from the bot."""
    archived_replies: list[str] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    """Replies whose operator sees that the outcome is not known."""
    refused: set[str] = field(default_factory=set)
    """Replies whose operator sees that they did not go."""
    ambiguous: Mapping[str, int] = field(default_factory=dict)
    """Reply -> how often its send was logged as ambiguous (it may have arrived, the answer was lost)."""
    screens: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    """Customer -> what each of their own tabs shows, both sides' words, oldest first; only where the tab is ours."""
    returns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Customer -> what a tab shows that they open afterwards: the end of the same."""
    leftovers: list[str] = field(default_factory=list)
    """Unfinished work after the run: entries, leases' work, held replies, dead letters."""

    def faults(self) -> list[str]:
        """Everything that contradicts the promises; empty is clean."""
        return [
            *self._archive("message", [one for said in self.written.values() for one in said], self.archived),
            *self._not_shown(),
            *self._order("written", self.written, self.archived),
            *self._archive(
                "reply",
                [one for said in self.replied.values() for one in said if one not in self.refused],
                [one for one in self.archived_replies if one not in self.refused],
            ),
            *self._replies(),
            *self._reply_order(),
            *self._screens(),
            *self._returns(),
            *(f"left over: {one}" for one in self.leftovers),
        ]

    def _archive(self, kind: str, said: Sequence[str], rows: Sequence[str]) -> Iterable[str]:
        counted = Counter(rows)
        for text in said:
            if counted[text] == 0:
                yield f"{kind} lost from the archive: {text}"
            elif counted[text] > 1:
                yield f"{kind} {counted[text]} times in the archive: {text}"
        for text in counted.keys() - set(said):
            yield f"{kind} in the archive that nobody said: {text}"

    def _not_shown(self) -> Iterable[str]:
        for said in self.written.values():
            for text in said:
                if text not in self.shown:
                    yield f"never shown to an operator: {text}"

    def _order(self, what: str, said: Mapping[str, Sequence[str]], rows: Sequence[str]) -> Iterable[str]:
        place = {text: number for number, text in enumerate(rows)}
        for who, texts in said.items():
            places = [place[text] for text in texts if text in place]
            if places != sorted(places):
                yield f"order of what {who} has {what} is not kept"

    def _replies(self) -> Iterable[str]:
        for who, texts in self.replied.items():
            arrived = Counter(self.delivered.get(who, ()))
            for text in texts:
                copies, extra = arrived[text], self.ambiguous.get(text, 0)
                if copies == 0 and text not in self.unknown | self.refused:
                    yield f"reply neither delivered nor told to the operator: {text}"
                if copies > 1 + extra:
                    yield f"reply {copies} times at {who}, {extra} ambiguous attempts logged: {text}"
                if copies and text in self.refused:
                    yield f"reply delivered though its operator was told that it did not go: {text}"
        for who, texts in self.delivered.items():
            for text in set(texts) - set(self.replied.get(who, ())):
                yield f"{who} got what nobody said to them: {text}"

    def _reply_order(self) -> Iterable[str]:
        for who, texts in self.replied.items():
            first: dict[str, int] = {}
            for number, text in enumerate(self.delivered.get(who, ())):
                first.setdefault(text, number)
            places = [first[text] for text in texts if text in first]
            if places != sorted(places):
                yield f"order of the replies to {who} is not kept"

    def _screens(self) -> Iterable[str]:
        for who, tabs in self.screens.items():
            said, heard = self.written.get(who, ()), self.replied.get(who, ())
            for tab in tabs:
                counted = Counter(tab)
                for text in said:
                    if counted[text] != 1:
                        yield f"{counted[text]} times on the own screen of {who}: {text}"
                for text in counted.keys() - {*said, *heard}:
                    yield f"on the screen of {who} and not theirs: {text}"
                if [text for text in tab if text in set(said)] != [text for text in said if counted[text]]:
                    yield f"order of what {who} has written is not kept on their own screen"
            if any(list(tab) != list(tabs[0]) for tab in tabs):
                yield f"the tabs of {who} differ"

    def _returns(self) -> Iterable[str]:
        for who, history in self.returns.items():
            shown = list(self.screens[who][0])
            if not history or list(history) != shown[-len(history) :]:
                yield f"{who} comes back to another history than was shown"
