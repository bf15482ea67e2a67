"""One-time invites: a token that only the link holds, and the digest of it that everything else knows.

The token must never reach a stream, a key or a log: whoever has it can become an operator.
"""

import secrets

from gateway.operator_bot.inbound.invite_digest import digest_of

__all__ = ["digest_of", "invite_link", "new_token"]


def new_token() -> str:
    """A token fit for a Start link: 22 characters of A-Z a-z 0-9 _ -, 128 bits of chance."""
    return secrets.token_urlsafe(16)


def invite_link(username: str, token: str) -> str:
    """The link that opens the operators' bot and presses Start with the token; `username` with or without @."""
    return f"https://t.me/{username.removeprefix('@')}?start={token}"
