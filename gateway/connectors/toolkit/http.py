"""The HTTP client that an account's connector talks through: one session, its proxy, its time and size limits.

It turns every transport failure into an instruction of `gateway.errors`, and never lets a URL into a sentence:
some vendors carry the token in the path. It refuses private addresses, for links come from strangers.
"""

import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from time import time
from types import SimpleNamespace

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError
from msgspec import Struct
from yarl import URL

from gateway.connectors.toolkit.rates import asked_wait
from gateway.errors import FileProblem, Refused, SettingsError, TryLater, Uncertain
from gateway.model.codec import dump

_PROXY_SCHEMES = ("http", "socks4", "socks5")
_PROXY_FAILURES = (ProxyError, ProxyConnectionError, ProxyTimeoutError)
_FAILURES = (aiohttp.ClientError, OSError, TimeoutError, *_PROXY_FAILURES)
_REDIRECTS = (301, 302, 303, 307, 308)
_REDIRECT_HOPS = 3
_CHUNK = 64 * 1024
_DOWNLOAD_SECONDS = 3600.0
MAX_ANSWER = 4 * 1024 * 1024
"""Bytes of an answer that are read into memory at most; files go by `download`."""


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


class _Private(Exception):
    """A name resolved to an address that is not public."""


class HttpClient:
    """Calls one account's vendor.

    `api_url` is the account's own address of the vendor's server: its host alone may be private (a self-hosted
    server, a sandbox). With a proxy the names are resolved by the proxy, so there only addresses written as such
    are refused. Redirects are followed for downloads only, and only to hosts that were allowed.

    Raises:
        SettingsError: `proxy` is not an `http://`, `socks4://` or `socks5://` address.
    """

    def __init__(self, *, api_url: str, proxy: str | None = None, timeouts: Timeouts | None = None) -> None:
        self._own_host = URL(api_url).host or ""
        self._proxy = _checked_proxy(proxy) if proxy else None
        self._timeouts = timeouts or Timeouts()
        self._session: aiohttp.ClientSession | None = None
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
        data: aiohttp.FormData | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        wait: float = 0.0,
        limit: int = MAX_ANSWER,
    ) -> Answer:
        """Sends one request and reads its answer; any status is an answer.

        `wait` seconds are added to the read and total limits: a long poll's own time, or an upload's.

        Raises:
            TryLater: the request was surely not written (`after` 0: the runtime's own back-off, `everyone`).
            Uncertain: it was begun, and no whole answer came.
            Refused: the address must not be called.
        """
        target, trace = self._checked(url), SimpleNamespace(written=False)
        body = dump(json) if json is not None else data
        sent = {"Content-Type": "application/json"} if json is not None else {}
        try:
            async with self._opened().request(
                method,
                target,
                data=body,
                headers={**sent, **(headers or {})},
                timeout=self._limits(wait=wait),
                allow_redirects=False,
                trace_request_ctx=trace,
            ) as answer:
                told = _lowered(answer.headers)
                return Answer(answer.status, told, await _body(answer, limit), asked_wait(told, time()))
        except _Private:
            raise Refused(f"{target.host} is an address of a private network: it is not called") from None
        except _FAILURES as error:
            raise self._told(target, error, written=trace.written) from None

    @asynccontextmanager
    async def download(
        self, url: str, *, hosts: Collection[str] = (), headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[Stream]:
        """Opens a file's address at the account's own host or one of `hosts` (`.example.com`: any host below it).

        Raises:
            FileProblem: the address is not one that files may come from.
            TryLater: the server cannot be reached, or broke off (also while `chunks` are read).
        """
        target = _source(url)
        for _ in range(_REDIRECT_HOPS):
            self._check_source(target, hosts)
            answer = await self._begun(target, headers)
            try:
                if answer.status not in _REDIRECTS:
                    chunks, told = self._chunks(target, answer), _lowered(answer.headers)
                    wait = asked_wait(told, time())
                    yield Stream(answer.status, told, answer.content_length, chunks, wait)
                    return
                target = target.join(_source(answer.headers.get("Location", "")))
            finally:
                # Not released: what is left of the body is nobody's, and may be endless.
                answer.close()
        raise FileProblem(f"{target.host} sends us on and on from one address to another")

    async def close(self) -> None:
        """Leaves no socket behind; the client may be used again and then opens anew."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            watch = aiohttp.TraceConfig()
            watch.on_request_headers_sent.append(_mark_written)
            self._session = aiohttp.ClientSession(
                connector=self._connector(),
                cookie_jar=aiohttp.DummyCookieJar(),
                trace_configs=[watch],
                headers={"User-Agent": "open-lines-gateway"},
            )
        return self._session

    def _connector(self) -> aiohttp.BaseConnector:
        if self._proxy is not None:
            connector: aiohttp.BaseConnector = ProxyConnector.from_url(self._proxy, ssl=self.context or True)
            return connector
        return aiohttp.TCPConnector(resolver=_PublicResolver(self._own_host), ssl=self.context or True)

    def _limits(self, *, wait: float = 0.0, whole: float = 0.0) -> aiohttp.ClientTimeout:
        own = self._timeouts
        return aiohttp.ClientTimeout(
            total=own.total + wait + whole, connect=own.connect, sock_connect=own.connect, sock_read=own.read + wait
        )

    def _checked(self, url: str) -> URL:
        target = URL(url)
        if target.scheme not in {"http", "https"} or not target.host:
            raise Refused("an address that is neither http nor https is not called")
        if target.host != self._own_host and _is_private(target.host):
            raise Refused(f"{target.host} is an address of a private network: it is not called")
        return target

    def _check_source(self, target: URL, hosts: Collection[str]) -> None:
        host = target.host or ""
        if host == self._own_host and target.scheme in {"http", "https"}:
            return
        if target.scheme != "https":
            raise FileProblem("the file lies at an address that is not https")
        if not any(host.endswith(one) if one.startswith(".") else host == one for one in hosts):
            raise FileProblem(f"files do not come from {host}")
        if _is_private(host):
            raise FileProblem(f"{host} is an address of a private network")

    async def _begun(self, target: URL, headers: Mapping[str, str] | None) -> aiohttp.ClientResponse:
        try:
            return await self._opened().get(
                target, headers=headers, timeout=self._limits(whole=_DOWNLOAD_SECONDS), allow_redirects=False
            )
        except _Private:
            raise FileProblem(f"{target.host} is an address of a private network") from None
        except _FAILURES as error:
            raise TryLater(self._sentence(target, error), after=0.0) from None

    async def _chunks(self, target: URL, answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        try:
            async for chunk in answer.content.iter_chunked(_CHUNK):
                yield chunk
        except _FAILURES as error:
            raise TryLater(self._sentence(target, error), after=0.0) from None

    def _told(self, target: URL, error: BaseException, *, written: bool) -> TryLater | Uncertain:
        sentence = self._sentence(target, error)
        return Uncertain(sentence) if written else TryLater(sentence, after=0.0, everyone=True)

    def _sentence(self, target: URL, error: BaseException) -> str:
        match error:
            case ProxyError() | ProxyConnectionError() | ProxyTimeoutError():
                proxy = URL(self._proxy or "")
                return f"the proxy {proxy.host}:{proxy.port} does not bring us to {target.host}"
            case aiohttp.ClientConnectorDNSError():
                reason = "its name is not found (DNS)"
            case aiohttp.ClientSSLError() | aiohttp.ClientConnectorCertificateError():
                reason = "its certificate is not trusted"
            case TimeoutError():
                reason = "no answer in time"
            case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError() | ConnectionResetError():
                reason = "the connection broke off"
            case aiohttp.ClientConnectorError():
                reason = error.os_error.strerror or "no connection"
            case _:
                reason = type(error).__name__
        return f"{target.host}: {reason}"


class _PublicResolver(AbstractResolver):
    """The system's resolver, deaf to private addresses for every name but one.

    The check stands here and not before the call, so that a name cannot answer differently the second time.
    """

    def __init__(self, own_host: str) -> None:
        self._own_host = own_host
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if host == self._own_host:
            return found
        public = [one for one in found if not _is_private(one["host"])]
        if not public:
            raise _Private
        return public

    async def close(self) -> None:
        await self._inner.close()


async def _mark_written(_session: object, context: SimpleNamespace, _params: object) -> None:
    # aiohttp calls this right before the first byte: unset, the vendor cannot have seen the request.
    if context.trace_request_ctx is not None:
        context.trace_request_ctx.written = True


async def _body(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > limit:
            raise aiohttp.ClientPayloadError
    return bytes(body)


def _source(url: str) -> URL:
    """Where a file lies, as somebody else has written it. Raises FileProblem: it is no address."""
    try:
        return URL(url)
    except ValueError:
        raise FileProblem("the file lies at an address that cannot be read") from None


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _checked_proxy(proxy: str) -> str:
    try:
        parsed = URL(proxy)
    except ValueError:
        parsed = URL()
    if parsed.scheme not in _PROXY_SCHEMES or not parsed.host or not parsed.explicit_port:
        # The address may hold a password: it is not repeated.
        raise SettingsError("proxy: write it as http://host:port or socks5://user:password@host:port")
    return proxy


def _is_private(host: str) -> bool:
    """Whether `host` is an address, however written, that is not on the public internet; names are not."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return not (mapped or address).is_global
