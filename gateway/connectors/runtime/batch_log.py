"""An account's log lines about single items: what is told within one turn of the event loop becomes one line per word.

A word that was told once stands with all that was given; of more there are the count and the last one's entry. The
level `debug` shows each by itself.
"""

import asyncio
import logging

from gateway.model.ids import AccountId

log = logging.getLogger("gateway.connectors")


class BatchLog:
    """Of one account."""

    def __init__(self, account: AccountId) -> None:
        self._account = account
        self._waiting: dict[str, list[dict[str, object]]] = {}

    def tell(self, word: str, **about: object) -> None:
        """What became of one item. An event loop must run; the line comes at its next turn."""
        if log.isEnabledFor(logging.DEBUG):
            log.debug(word, extra={"account": self._account, **about})
            return
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._write)
        self._waiting.setdefault(word, []).append(about)

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for word, items in waiting.items():
            last = items[-1] if len(items) == 1 else {"count": len(items), "last": items[-1].get("entry")}
            log.info(word, extra={"account": self._account, **last})
