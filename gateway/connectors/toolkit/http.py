"""The HTTP client that an account's connector talks through: its ways to the vendor, its time and size limits.

It turns every transport failure into an instruction of `gateway.errors`, and never lets a URL into a sentence
(sessions.py). A request that surely was not written is tried by the account's other ways (ways.py); one that was
begun never is, for the vendor may have it.
"""

import ssl
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from time import monotonic, time
from types import SimpleNamespace

import aiohttp
from msgspec import Struct
from yarl import URL

from gateway.connectors.toolkit.rates import asked_wait
from gateway.connectors.toolkit.sessions import FAILURES, PrivateAddress, WaySession
from gateway.connectors.toolkit.ways import Way, WayOrder
from gateway.errors import FileProblem, Refused, SettingsError, TryLater, Uncertain
from gateway.model.codec import dump

_REDIRECTS = (301, 302, 303, 307, 308)
_REDIRECT_HOPS = 3
_CHUNK = 64 * 1024
_DOWNLOAD_SECONDS = 3600.0
MAX_ANSWER = 4 * 1024 * 1024
"""Bytes of an answer that are read into memory at most; files go by `download`."""

Form = Callable[[], aiohttp.FormData]
"""Makes a form: one is used up by one request."""


class Timeouts(Struct, frozen=True):
    """Seconds: to a connection, between two pieces of an answer, and for everything together."""

    connect: float = 10.0
    read: float = 30.0
    total: float = 60.0


class Answer(Struct, frozen=True):
    """What a vendor answered, whatever the status; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    wait: float | None = None
    """The seconds that it asks to wait before the next call, within a day."""


class Stream(Struct, frozen=True):
    """An answer whose body is still on its way; `size` in bytes, where the vendor tells."""

    status: int
    headers: Mapping[str, str]
    size: int | None
    chunks: AsyncIterator[bytes]
    wait: float | None = None
    """As in Answer."""


class HttpClient:
    """Calls one account's vendor.

    `api_url` is the account's own address of the vendor's server: its host alone may be private (a self-hosted
    server, a sandbox). With a proxy the names are resolved by the proxy, so there only addresses written as such
    are refused. Redirects are followed for downloads only, and only to hosts that were allowed.

    `ways` are further ones, tried where the first does not reach the vendor; callers write addresses of the first
    always. `clock`: seconds that only grow.

    Raises:
        SettingsError: a proxy is not an `http://`, `socks4://` or `socks5://` address.
    """

    def __init__(
        self,
        *,
        api_url: str,
        proxy: str | None = None,
        ways: Sequence[Way] = (),
        timeouts: Timeouts | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.ways = (Way(api_url, proxy), *ways)
        """All of them, the first one first."""
        self.order = WayOrder(len(self.ways), clock)
        """Which way works; `changed` is told of another one."""
        self._sessions = [WaySession(way, api_url) for way in self.ways]
        self._own_host = URL(api_url).host or ""
        self._timeouts = timeouts or Timeouts()
        self.context: ssl.SSLContext | None = None
        """What certificates are checked by; None: the machine's own roots."""

    def __repr__(self) -> str:
        return f"HttpClient({self._own_host})"

    def trust(self, certificates: str) -> None:
        """Takes these root certificates (PEM) beside the machine's own, for this client alone; before its first call.

        Raises:
            SettingsError: it holds no certificate.
        """
        context = ssl.create_default_context()
        try:
            context.load_verify_locations(cadata=certificates)
        except (ssl.SSLError, ValueError):
            raise SettingsError("the file of root certificates holds none in PEM format") from None
        self.context = context

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        data: Form | aiohttp.FormData | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        wait: float = 0.0,
        limit: int = MAX_ANSWER,
    ) -> Answer:
        """Sends one request and reads its answer; any status is an answer.

        `wait` seconds are added to the read and total limits: a long poll's own time, or an upload's. A form that was
        made already goes one way only, since it is used up by it.

        Raises:
            TryLater: it was surely not written, whatever way (`after` 0: the runtime's own back-off, `everyone`).
            Uncertain: it was begun, and no whole answer came.
            Refused: the address must not be called.
        """
        body = dump(json) if json is not None else data
        sent = {"Content-Type": "application/json"} if json is not None else {}
        failures: list[str] = []
        for way in self.order.order():
            session, trace = self._sessions[way], SimpleNamespace(written=False)
            target = session.target(url)
            try:
                async with session.opened(self.context).request(
                    method,
                    target,
                    data=body if isinstance(body, aiohttp.FormData) or not callable(body) else body(),
                    headers={**sent, **(headers or {})},
                    timeout=self._limits(wait=wait),
                    allow_redirects=False,
                    trace_request_ctx=trace,
                ) as answer:
                    told = _lowered(answer.headers)
                    whole = Answer(answer.status, told, await _body(answer, limit), asked_wait(told, time()))
            except PrivateAddress:
                raise Refused(f"{target.host} is an address of a private network: it is not called") from None
            except FAILURES as error:
                sentence = session.sentence(target, error)
                if trace.written:
                    self.order.lost(way)
                    raise Uncertain(sentence) from None
                failures.append(sentence)
                if isinstance(body, aiohttp.FormData):
                    break
            else:
                self.order.worked(way)
                return whole
        raise _unreached(failures, everyone=True)

    @asynccontextmanager
    async def download(
        self, url: str, *, hosts: Collection[str] = (), headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[Stream]:
        """Opens a file's address at the account's own host or one of `hosts` (`.example.com`: any host below it).

        Raises:
            FileProblem: the address is not one that files may come from.
            TryLater: the server cannot be reached, or broke off (also while `chunks` are read).
        """
        failures: list[str] = []
        for way in self.order.order():
            found = await self._found(self._sessions[way], url, hosts, headers)
            if isinstance(found, str):
                failures.append(found)
                continue
            self.order.worked(way)
            target, answer = found
            try:
                chunks, told = _chunks(self._sessions[way], target, answer), _lowered(answer.headers)
                yield Stream(answer.status, told, answer.content_length, chunks, asked_wait(told, time()))
            finally:
                # Not released: what is left of the body is nobody's, and may be endless.
                answer.close()
            return
        raise _unreached(failures, everyone=False)

    async def close(self) -> None:
        """Leaves no socket behind; the client may be used again and then opens anew."""
        for session in self._sessions:
            await session.close()

    def _limits(self, *, wait: float = 0.0, whole: float = 0.0) -> aiohttp.ClientTimeout:
        own = self._timeouts
        return aiohttp.ClientTimeout(
            total=own.total + wait + whole, connect=own.connect, sock_connect=own.connect, sock_read=own.read + wait
        )

    async def _found(
        self, session: WaySession, url: str, hosts: Collection[str], headers: Mapping[str, str] | None
    ) -> tuple[URL, aiohttp.ClientResponse] | str:
        """Behind all redirects: where the file is, and the answer's head; or why it is not reached this way."""
        target = session.source(url)
        for _ in range(_REDIRECT_HOPS):
            session.check_source(target, hosts)
            try:
                answer = await session.opened(self.context).get(
                    target, headers=headers, timeout=self._limits(whole=_DOWNLOAD_SECONDS), allow_redirects=False
                )
            except PrivateAddress:
                raise FileProblem(f"{target.host} is an address of a private network") from None
            except FAILURES as error:
                return session.sentence(target, error)
            if answer.status not in _REDIRECTS:
                return target, answer
            answer.close()
            target = target.join(session.source(answer.headers.get("Location", "")))
        raise FileProblem(f"{target.host} sends us on and on from one address to another")


def _unreached(failures: Sequence[str], *, everyone: bool) -> TryLater:
    return TryLater("; ".join(dict.fromkeys(failures)), after=0.0, everyone=everyone)


async def _chunks(session: WaySession, target: URL, answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.content.iter_chunked(_CHUNK):
            yield chunk
    except FAILURES as error:
        raise TryLater(session.sentence(target, error), after=0.0) from None


async def _body(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > limit:
            raise aiohttp.ClientPayloadError
    return bytes(body)


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
