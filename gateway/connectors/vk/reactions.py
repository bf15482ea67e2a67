"""VK's sixteen reactions, by number and by emoji. Pure."""

REACTIONS = {
    1: "❤", 2: "🔥", 3: "😂", 4: "👍", 5: "💩", 6: "⁉", 7: "😭", 8: "😡",
    9: "👎", 10: "👌", 11: "😃", 12: "🤔", 13: "🙏", 14: "😘", 15: "😍", 16: "🎉",
}  # fmt: skip
"""As messages.getReactionsAssets lists them."""
UNKNOWN = "❔"
"""Stands for a reaction that is newer than this list."""

_NUMBERS = {emoji: number for number, emoji in REACTIONS.items()}
NEAREST = {
    "🥰": "😍", "😁": "😃", "😄": "😃", "😊": "😃", "🙂": "😃", "🤣": "😂", "😢": "😭", "💔": "😭", "🤬": "😡",
    "👏": "🎉", "🤩": "😍", "💯": "🔥", "🤝": "👌", "✅": "👌", "✍": "👌", "😱": "⁉", "🤯": "⁉", "❓": "🤔",
    "💋": "😘", "💘": "❤", "🧡": "❤", "💛": "❤", "💚": "❤", "💙": "❤", "💜": "❤", "🏆": "🎉", "👀": "🤔",
}  # fmt: skip


def number_of_reaction(emoji: str) -> int | None:
    """The number of the emoji, or of the nearest one that VK has; None: nothing is near."""
    bare = emoji.replace("\ufe0f", "")
    return _NUMBERS.get(bare) or _NUMBERS.get(NEAREST.get(bare, ""))
