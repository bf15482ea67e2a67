"""The reactions that a bot may set, and which of them says what another emoji says. Data.

Source: Bot API, ReactionTypeEmoji (core.telegram.org/bots/api#reactiontypeemoji, as of Bot API 10). Telegram compares
without variation selectors, so they are left out here.
"""

_ALLOWED = (
    "❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 "
    "🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡"
)
REACTIONS = frozenset(_ALLOWED.split())

_NEAREST = {
    "👍": "✅ ☑ ✔ 🆗 👍🏻 👍🏼 👍🏽 👍🏾 👍🏿 💪 ➕",
    "👎": "❌ ✖ 🚫 ⛔ 👎🏻 👎🏼 👎🏽 👎🏾 👎🏿 ➖",
    "❤": "🧡 💛 💚 💙 💜 🖤 🤍 🤎 💗 💖 💕 💞 💓 ♥ 🩷 🩵 🌹 💐",
    "😁": "😀 😃 😄 😊 🙂 ☺ 😆 😺",
    "🤣": "😂 😹 😅",
    "😢": "😞 😔 🙁 ☹ 😥 😿 😓",
    "😭": "🥺 😩 😫",
    "😱": "😮 😯 😲 🙀 😳",
    "🤔": "❓ ❔ 🧐 ⏳ ⌛ ⏰",
    "🎉": "🎊 🥳 🎁 🎂 🎈",
    "🙏": "🙇 🙇‍♂ 🙇‍♀",
    "👏": "🙌 👏🏻 👏🏼 👏🏽",
    "👌": "👌🏻 👌🏼 👌🏽 🤙",
    "🤝": "🤝🏻 🤲",
    "😡": "😠 😤 💢",
    "😍": "🤤 😻",
    "😘": "😗 😙 😚",
    "⚡": "❗ ‼ 🚨",
    "🏆": "🥇 🎖 🏅 ⭐ 🌟",
    "🔥": "✨ 💥 🚀",
    "👀": "👁 🔎 🔍",
    "🤮": "🤢",
    "🤯": "😵 😵‍💫",
    "😎": "🕶",
    "✍": "📝 ✏ 🖊",
}


def plain(emoji: str) -> str:
    """The emoji without variation selectors."""
    return emoji.replace("\ufe0f", "")


SUBSTITUTES = {plain(one): nearest for nearest, others in _NEAREST.items() for one in others.split()}


def nearest_reaction(emoji: str) -> str | None:
    """The emoji itself where a bot may set it, otherwise the one that says the same; None: there is none."""
    bare = plain(emoji)
    return bare if bare in REACTIONS else SUBSTITUTES.get(bare)
