"""What becomes of an account whose credentials do not work: it is suspended, looked at again, and resumed.

The admins hear of both. Nothing is lost meanwhile: what is to be sent stays in the outbox, unread beyond what is
in memory already.
"""

import asyncio
from collections.abc import Callable

from gateway.connectors.contract import Checking, Connector
from gateway.connectors.runtime.context import AccountContext, described, log
from gateway.connectors.runtime.ingest import offer, store
from gateway.errors import GatewayError, StoreUnavailable
from gateway.model.commands import RecordAccount

_MINUTE_MS = 60 * 1000
_RECHECK_MOST_MS = 5 * _MINUTE_MS


class AccountSuspension:
    """Waits for the account to be suspended and brings it back.

    `reconnect` makes a connector from the settings as they are then: a token that was replaced in the file works
    without a restart.
    """

    def __init__(self, context: AccountContext, reconnect: Callable[[], Connector] | None = None) -> None:
        self._context = context
        self._reconnect = reconnect

    async def run(self) -> None:
        """Until cancelled."""
        context = self._context
        while True:
            await context.suspended.wait()
            await self._tell(RecordAccount(parked=True, problem=context.problem))
            wait_ms = context.pace.recheck_ms
            while True:
                await asyncio.sleep(wait_ms / 1000)
                if await self._works():
                    break
                wait_ms = min(wait_ms * 2, _RECHECK_MOST_MS)
            context.resume()
            log.info("account resumed", extra={"account": context.account})
            await self._tell(RecordAccount(parked=False))

    async def _works(self) -> bool:
        context = self._context
        candidate = context.connector
        try:
            candidate = self._reconnect() if self._reconnect is not None else context.connector
            if isinstance(candidate, Checking):
                await candidate.whoami()
        except GatewayError as error:
            log.info("still parked: %s", error, extra={"account": context.account})
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it now, later is another try
            log.error("still parked", extra={"account": context.account, "error": described(error)})
        else:
            candidate, context.connector = context.connector, candidate
            if candidate is not context.connector:
                await candidate.close()
            return True
        if candidate is not context.connector:
            await candidate.close()
        return False

    async def _tell(self, news: RecordAccount) -> None:
        context, failures = self._context, 0
        word = "parked" if news.parked else "resumed"
        told = offer(context, f"{word}:{context.clock() // _MINUTE_MS}", news)
        while True:
            try:
                return await store(context, [told])
            except StoreUnavailable:
                failures += 1
                await context.pause(failures)


async def is_revoked(context: AccountContext) -> bool:
    """Whether a call that was not let in means that the account is not let in at all: one method that a server refuses
    like a wrong token must not stop everything.
    """
    connector = context.connector
    if not isinstance(connector, Checking):
        return True
    try:
        await connector.whoami()
    except GatewayError:
        return True
    except Exception as error:  # noqa: BLE001 - what cannot be read says nothing for the token
        log.error("asking who we are failed", extra={"account": context.account, "error": described(error)})
        return True
    return False
