"""Meta's rates: calls a second of an account, and messages to one and the same person. Time comes as an argument."""

from sandbox.meta.records import Messenger
from sandbox.settings import Settings

_SECOND_MS = 1000


class Limits:
    """Leaky buckets, counted in what was let through; a refused call costs nothing."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._full: dict[tuple[str, ...], float] = {}
        """When each bucket is empty again, in milliseconds."""

    def admits_call(self, messenger: Messenger, account_id: str, now_ms: int) -> bool:
        """Takes one of the sends that an account has in a second."""
        settings = self._settings
        rate = settings.whatsapp_per_second if messenger == "whatsapp" else settings.instagram_per_second
        return self._take((messenger, account_id), rate, _SECOND_MS / rate, now_ms)

    def admits_pair(self, account_id: str, address: str, now_ms: int) -> bool:
        """Takes one of the messages to one person: a burst, and then one in some seconds."""
        settings = self._settings
        return self._take(("pair", account_id, address), settings.whatsapp_pair_burst,
                          settings.whatsapp_pair_every_ms, now_ms)  # fmt: skip

    def _take(self, key: tuple[str, ...], burst: int, every_ms: float, now_ms: int) -> bool:
        if not self._settings.limits:
            return True
        empty_at = max(self._full.get(key, 0.0), float(now_ms))
        if empty_at - now_ms > (burst - 1) * every_ms:
            return False
        self._full[key] = empty_at + every_ms
        return True
