"""Instagram's reactions by name and by emoji. Pure."""

EMOJIS = {
    "love": "❤", "like": "👍", "dislike": "👎", "haha": "😆", "smile": "😆", "wow": "😮", "sad": "😢",
    "angry": "😠",
}  # fmt: skip
"""Webhooks name these; for all others they say `other` and give the emoji."""
UNKNOWN = "❔"
"""Stands for a reaction whose emoji is not told."""
LOVE = "love"
"""The only one that an account may put (developers.facebook.com, "Send a message")."""
NEAR = frozenset("❤🧡💛💚💙💜🤎🖤🤍💘💖💗💓💞💕❣🥰😍👍👌🔥👏🙏💯")
_PRESENTATION = "\ufe0f"


def name_of_reaction(emoji: str) -> str | None:
    """The name of the emoji, or of the nearest one that an account may put; None: nothing is near."""
    return LOVE if emoji.replace(_PRESENTATION, "") in NEAR else None
