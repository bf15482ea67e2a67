"""One way of an account to the wire: its session, its proxy, which addresses it may call, and failures in sentences.

No URL stands in a sentence, for some vendors carry the token in the path; nor does anything of a proxy but its place.
Private addresses are refused, since links come from strangers.
"""

import ipaddress
import socket
import ssl
from collections.abc import Collection
from types import SimpleNamespace

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError
from yarl import URL

from gateway.connectors.toolkit.ways import Way
from gateway.errors import FileProblem, Refused, SettingsError

_PROXY_SCHEMES = ("http", "socks4", "socks5")
FAILURES = (aiohttp.ClientError, OSError, TimeoutError, ProxyError, ProxyConnectionError, ProxyTimeoutError)
"""All that a request may raise because of the network."""


class PrivateAddress(Exception):
    """A name resolved to an address that is not public."""


class WaySession:
    """One way's session, opened by its first call. `first_url`: the address of the API that callers write.

    The host of the way's own address alone may be private (a self-hosted server, a sandbox). With a proxy the names are
    resolved by the proxy, so there only addresses written as such are refused.

    Raises:
        SettingsError: the proxy is not an `http://`, `socks4://` or `socks5://` address.
    """

    def __init__(self, way: Way, first_url: str) -> None:
        self._first_url, self._api_url = first_url.rstrip("/"), way.api_url.rstrip("/")
        self._own_host = URL(way.api_url).host or ""
        self._proxy = _checked_proxy(way.proxy) if way.proxy else None
        self._session: aiohttp.ClientSession | None = None

    def opened(self, context: ssl.SSLContext | None) -> aiohttp.ClientSession:
        """The session; `context`: what certificates are checked by, None: the machine's own roots."""
        if self._session is None:
            watch = aiohttp.TraceConfig()
            watch.on_request_headers_sent.append(_mark_written)
            self._session = aiohttp.ClientSession(
                connector=self._connector(context),
                cookie_jar=aiohttp.DummyCookieJar(),
                trace_configs=[watch],
                headers={"User-Agent": "open-lines-gateway"},
            )
        return self._session

    async def close(self) -> None:
        """Leaves no socket behind; the next call opens anew."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def target(self, url: str) -> URL:
        """Where a request to `url` goes this way. Raises Refused: it must not be called."""
        target = URL(self._translated(url))
        if target.scheme not in {"http", "https"} or not target.host:
            raise Refused("an address that is neither http nor https is not called")
        if target.host != self._own_host and _is_private(target.host):
            raise Refused(f"{target.host} is an address of a private network: it is not called")
        return target

    def source(self, url: str) -> URL:
        """Where a file lies for this way, as somebody else has written it. Raises FileProblem: it is no address."""
        try:
            return URL(self._translated(url))
        except ValueError:
            raise FileProblem("the file lies at an address that cannot be read") from None

    def check_source(self, target: URL, hosts: Collection[str]) -> None:
        """Raises FileProblem unless files may come from there: the way's own host or, by https, one of `hosts`."""
        host = target.host or ""
        if host == self._own_host and target.scheme in {"http", "https"}:
            return
        if target.scheme != "https":
            raise FileProblem("the file lies at an address that is not https")
        if not any(host.endswith(one) if one.startswith(".") else host == one for one in hosts):
            raise FileProblem(f"files do not come from {host}")
        if _is_private(host):
            raise FileProblem(f"{host} is an address of a private network")

    def sentence(self, target: URL, error: BaseException) -> str:
        """Why `target` was not reached, or its answer was lost."""
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

    def _translated(self, url: str) -> str:
        """An address of the first way's API as one of this way's; any other address as it is."""
        rest = url.removeprefix(self._first_url)
        is_own = bool(self._first_url) and url.startswith(self._first_url) and (not rest or rest[0] in "/?#")
        return f"{self._api_url}{rest}" if is_own else url

    def _connector(self, context: ssl.SSLContext | None) -> aiohttp.BaseConnector:
        if self._proxy is not None:
            connector: aiohttp.BaseConnector = ProxyConnector.from_url(self._proxy, ssl=context or True)
            return connector
        return aiohttp.TCPConnector(resolver=_PublicResolver(self._own_host), ssl=context or True)


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
            raise PrivateAddress
        return public

    async def close(self) -> None:
        await self._inner.close()


async def _mark_written(_session: object, context: SimpleNamespace, _params: object) -> None:
    # aiohttp calls this right before the first byte: unset, the vendor cannot have seen the request.
    if context.trace_request_ctx is not None:
        context.trace_request_ctx.written = True


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
