"""Opening a vendor's file at its address: whether it is there, what it is called and of which type it claims to be."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import PurePosixPath

from yarl import URL

from gateway.connectors.contract import Download
from gateway.connectors.toolkit.answers import OK, is_served
from gateway.connectors.toolkit.http import HttpClient
from gateway.connectors.toolkit.rates import unserved
from gateway.errors import FileProblem
from gateway.model.messages import Media

_MB = 1024 * 1024


def require_fetchable(media: Media, limit: int) -> None:
    """Raises FileProblem where the file is larger than `limit` bytes by its own word."""
    if media.size is not None and media.size > limit:
        raise FileProblem(f"the file is larger than {limit // _MB} MB")


@asynccontextmanager
async def opened(
    http: HttpClient, url: str, *, hosts: Collection[str] = (), failed: str
) -> AsyncIterator[Download | None]:
    """The file at its address, named by the address and typed by the server; None: it is not there any more.

    Raises:
        FileProblem: the address is not one that files may come from.
        TryLater: it cannot be had now; `failed` is the sentence, with `{status}` for HTTP's.
    """
    async with http.download(url, hosts=hosts) as stream:
        if not is_served(stream.status):
            raise unserved(failed.format(status=stream.status), stream.status, stream.wait)
        if stream.status != OK:
            yield None
            return
        mime = stream.headers.get("content-type", "").partition(";")[0].strip() or None
        yield Download(stream.chunks, stream.size, PurePosixPath(URL(url).path).name or None, mime)


def told_by(download: Download, media: Media) -> Download:
    """The download under the name and the type that the message claimed, where it claimed any."""
    return Download(download.chunks, download.size, media.name or download.name, media.mime or download.mime)
