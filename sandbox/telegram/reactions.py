"""The emoji that a bot (without a Premium owner's rights) may set as a reaction.

Source: Bot API, ReactionTypeEmoji.
"""

_NAMED = """
❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔
🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾
🤷‍♂ 🤷 🤷‍♀ 😡
"""

REACTIONS = frozenset(_NAMED.split())


def plain_emoji(emoji: str) -> str:
    """The emoji without variation selectors, as the server compares it."""
    return emoji.replace("\ufe0f", "")
