"""Signed addresses of files: whoever has one may read the file until a moment that stands in it."""

import hmac


class LinkSigner:
    """Moments are in the unit of whoever uses it. The key is no secret: nothing here is worth one."""

    def __init__(self, key: bytes, size: int = 12) -> None:
        self._key, self._size = key, size

    def sign(self, name: object, until: int) -> str:
        return hmac.digest(self._key, f"{name}:{until}".encode(), "sha256")[: self._size].hex()

    def is_good(self, name: object, until: str, sign: str, now: int) -> bool:
        """Whether an address was signed here and its time is not over."""
        if not until.isdecimal() or not hmac.compare_digest(sign.encode(), self.sign(name, int(until)).encode()):
            return False
        return int(until) > now
