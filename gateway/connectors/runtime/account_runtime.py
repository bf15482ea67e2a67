"""One account at work: sender, poller or webhook, fetch jobs, suspension and profiles, started and stopped as one.

Nothing is asked for where the client's side is ours too: a live channel's pages come to us by themselves.
"""

import asyncio
import random
from collections.abc import Callable, Coroutine, Iterator

from gateway.connectors.contract import Connector
from gateway.connectors.live_contract import Live
from gateway.connectors.registry import Channel
from gateway.connectors.runtime.account_suspension import AccountSuspension
from gateway.connectors.runtime.context import AccountContext, Pace, wall_clock
from gateway.connectors.runtime.poller import Poller
from gateway.connectors.runtime.profiles import Profiles
from gateway.connectors.runtime.sender import Sender
from gateway.connectors.runtime.way_alerts import WayAlerts
from gateway.files import Files
from gateway.model.ids import AccountId, LineId
from gateway.stalls import Stalls
from gateway.streams.connection import Store
from gateway.streams.intake import Intake


class AccountRuntime:
    """Runs a connector.

    Args:
        store: Redis.
        intake: the process's one way into the inboxes.
        connector: the account, connected; closed when `run` ends.
        channel: the channel's package, for `parse` and `unpack`.
        account: whose outbox and leases these are.
        inbox: the stream key that everything of the account goes into.
        raw: store updates as they come (the operators' bot) instead of parsed items.
        files: where attachments' bytes lie.
        line: whose operators answer; None: the operators' bot.
        address: the webhook's public address; None: updates are polled for.
        reconnect: a connector from the settings as they are now, tried while the account is suspended.
        force: take leases over at once, for the holder of the embedded server's folder.
        clock: milliseconds since the epoch.
        chance: a number in [0, 1), spreads retries.
        pace: how much at once, and how patient.
        stalls: where it is noted that sending or receiving stands still for what somebody must mend.
    """

    def __init__(
        self,
        store: Store,
        intake: Intake,
        connector: Connector,
        *,
        channel: Channel,
        account: AccountId,
        inbox: str,
        files: Files,
        line: LineId | None = None,
        raw: bool = False,
        address: str | None = None,
        reconnect: Callable[[], Connector] | None = None,
        force: bool = False,
        clock: Callable[[], int] = wall_clock,
        chance: Callable[[], float] = random.random,
        pace: Pace | None = None,
        stalls: Stalls | None = None,
    ) -> None:
        self.context = AccountContext(
            store,
            intake,
            connector,
            channel=channel,
            account=account,
            inbox=inbox,
            raw=raw,
            files=files,
            line=line,
            clock=clock,
            chance=chance,
            pace=pace,
            stalls=stalls,
        )
        """For WebhookServer, health and metrics: `problem`, `counts`."""
        self.profiles = Profiles(self.context)
        """Runs with the rest; alone, where only the account's webhook is served."""
        self._sender = Sender(self.context, force=force)
        self._poller = Poller(self.context, address=address, force=force)
        self._suspension = AccountSuspension(self.context, reconnect)

    async def run(self) -> None:
        """Until cancelled; then ends within the grace that `pace` gives, leaving no lease, task or socket.

        Raises:
            StoreRefused: Redis answers, but must not be used any more.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for name, work in self._parts():
                    group.create_task(work, name=f"{name}:{self.context.account}")
        except BaseExceptionGroup as group_of_one:
            # The first one ended the others; whoever started us reads a sentence, not a tree.
            raise group_of_one.exceptions[0] from None
        finally:
            await self.context.connector.close()

    def _parts(self) -> Iterator[tuple[str, Coroutine[None, None, None]]]:
        yield "sender", self._sender.run()
        if not isinstance(self.context.connector, Live):
            yield "poller", self._poller.run()
        yield "parking", self._suspension.run()
        yield "profiles", self.profiles.run()
        yield "ways", WayAlerts(self.context).run()
