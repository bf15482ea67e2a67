"""What an invite is known by everywhere but in its link. Pure."""

from hashlib import sha256


def digest_of(token: str) -> str:
    """SHA-256 of an invite's token, in hexadecimal: it tells tokens apart and gives none away."""
    return sha256(token.encode()).hexdigest()
