"""Brings attachments' bytes from the vendor into files/: durable jobs of the outbox, several at once.

A job ends in exactly one RecordFile, with the bytes stored or with a sentence why they are not. One that is
repeated after a crash finds the file there and is settled at once. A vendor's templates are asked for the same way.
"""

from msgspec.structs import replace

from gateway.connectors.contract import Download
from gateway.connectors.runtime.account_suspension import is_revoked
from gateway.connectors.runtime.contact_queues import ContactQueues
from gateway.connectors.runtime.context import AccountContext, described, log
from gateway.connectors.runtime.outbox_entry import OutboxEntry
from gateway.connectors.runtime.settlement import Settlement
from gateway.connectors.runtime.template_listing import listed
from gateway.errors import FileProblem, LostLease, Refused, StoreUnavailable, TryLater, Unauthorized, Uncertain
from gateway.files import Stored
from gateway.model.commands import RecordFile, RecordTemplates
from gateway.model.file_types import type_of
from gateway.model.outgoing import Fetch, ListTemplates

_LONGEST_PAUSE_MS = 5 * 60 * 1000


class AttachmentFetcher:
    """The fetch steps of one sender's session."""

    def __init__(self, context: AccountContext, queues: ContactQueues, settlement: Settlement) -> None:
        self._context = context
        self._queues = queues
        self._settlement = settlement

    async def step(self, key: str, work: OutboxEntry) -> None:
        """Fetches once; settles, or leaves it for later. Raises LostLease."""
        job = work.outbound.job
        if isinstance(job, ListTemplates):
            await self._settle(key, work, await listed(self._context, job))
            return
        assert isinstance(job, Fetch)
        work.tries += 1
        try:
            stored = await self._here(job) or await self._fetched(job)
        except (FileProblem, Refused) as error:
            await self._settle(key, work, RecordFile(job.message, job.file, problem=str(error)))
        except Unauthorized as error:
            if not await is_revoked(self._context):
                await self._later(key, work, job, TryLater(str(error)))
                return
            self._context.suspend(str(error))
            self._queues.release(key, self._context.clock())
        except (TryLater, Uncertain) as error:
            await self._later(key, work, job, error)
        except (LostLease, StoreUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 - a connector's fault must cost one file, not the account
            log.error("fetch failed", extra={"account": self._context.account, "error": described(error)})
            await self._later(key, work, job, TryLater("the gateway could not read the answer", after=0.0))
        else:
            await self._settle(key, work, RecordFile(job.message, job.file, stored.size, stored.mime))

    async def _here(self, job: Fetch) -> Stored | None:
        """The file as it was stored before a crash."""
        found = await self._context.files.stored(job.file)
        # An empty one was stored by a version that took it for a file.
        return None if found is None or not found.size else _typed(found, job)

    async def _fetched(self, job: Fetch) -> Stored:
        connector = self._context.connector
        limit = connector.capabilities.fetch_limit
        if job.media.size is not None and job.media.size > limit:
            raise FileProblem(f"the file is larger than the {limit / 1_000_000:.3g} MB that this messenger hands out")
        async with connector.fetch(job.media) as download:
            stored = await self._context.files.put(job.file, download.chunks, limit)
            return _typed(stored, job, download)

    async def _later(self, key: str, work: OutboxEntry, job: Fetch, error: TryLater | Uncertain) -> None:
        context = self._context
        now = context.clock()
        limited = isinstance(error, TryLater) and error.limited
        work.first = now if work.first is None else work.first
        patience = context.pace.fetch_patience_ms if limited else context.pace.fetch_transient_patience_ms
        if now - work.decided_at > context.pace.fetch_patience_ms or now - work.first > patience:
            await self._settle(key, work, RecordFile(job.message, job.file, problem=str(error)))
            return
        after_ms = int(error.after * 1000) if isinstance(error, TryLater) else 0
        if not limited:
            # Whatever trouble's own hint is, it is looked again before long.
            after_ms = max(min(after_ms, _LONGEST_PAUSE_MS), context.backoff_ms(self._queues.failed(key)))
        until = now + (after_ms or context.backoff_ms(self._queues.failed(key)))
        if isinstance(error, TryLater) and error.everyone and limited:
            context.on_limit(until, str(error))
        else:
            self._queues.hold(None if isinstance(error, TryLater) and error.everyone else key, until, now, str(error))
        self._queues.release(key, now)

    async def _settle(self, key: str, work: OutboxEntry, result: RecordFile | RecordTemplates) -> None:
        await self._settlement.settle_file(work, result)
        self._queues.finish(key, self._context.clock())


def _typed(stored: Stored, job: Fetch, download: Download | None = None) -> Stored:
    """The file with its type as far as its bytes and all who described it tell."""
    name, mime = (None, None) if download is None else (download.name, download.mime)
    return replace(stored, mime=type_of(stored.mime, job.media.name or name, job.media.mime, mime))
