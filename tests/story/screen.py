"""What stands in a visitor's tab: the log's entries applied one by one, without a look at whether they were there."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

Frame = dict[str, Any]
LOGGED = frozenset({"message", "edit", "delete", "reaction", "read"})
"""Frames that stand in the log."""


@dataclass
class Screen:
    """What stands in a tab, oldest first, and what the tab has heard beside it."""

    messages: list[Frame] = field(default_factory=list)
    heard: Counter[str] = field(default_factory=Counter)
    """Frames by type, and `torn`."""
    read: str | None = None
    online: bool | None = None

    def texts(self, who: str | None = None) -> list[str]:
        """Texts of the messages, all or one side's (`visitor`, `operator`)."""
        return [str(one["text"]) for one in self.messages if who in (None, one["from"])]

    def apply(self, body: Frame) -> None:
        """An entry of the log. A change of what is older than this screen changes nothing."""
        if body["type"] == "message":
            self.messages.append(dict(body))
            return
        if body["type"] == "read":
            self.read = body["id"]
            return
        for one in self.messages:
            if one["id"] != body["id"]:
                continue
            if body["type"] == "edit":
                one.update({key: value for key, value in body.items() if key not in {"type", "seq", "id"}})
            elif body["type"] == "delete":
                one["deleted"] = True
            else:
                one["emoji"] = body.get("emoji")
