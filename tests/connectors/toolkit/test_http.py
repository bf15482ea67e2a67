"""The client against real servers: what was surely not sent, what may have been, and what is never called."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from gateway.connectors.toolkit.http import HttpClient, Timeouts
from gateway.errors import FileProblem, Refused, SettingsError, TryLater, Uncertain

QUICK = Timeouts(connect=0.5, read=0.5, total=1.0)
TOKEN = "123456:AAsecret"
Handler = Callable[[web.Request], Awaitable[Any]]
Serve = Callable[..., Awaitable[str]]
ClientOf = Callable[..., HttpClient]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Starts a server of these handlers; answers its URL."""
    runners = []

    async def start(**handlers: Handler) -> str:
        app = web.Application()
        for name, handler in handlers.items():
            app.router.add_route("*", f"/bot{TOKEN}/{name}", handler)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        runners.append(runner)
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for one in runners:
        await one.cleanup()


@pytest.fixture
async def client_of() -> AsyncIterator[ClientOf]:
    made = []

    def make(url: str, **more: object) -> HttpClient:
        made.append(HttpClient(api_url=url, **{"timeouts": QUICK, **more}))
        return made[-1]

    yield make
    for one in made:
        await one.close()


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def test_any_status_is_an_answer(serve: Serve, client_of: ClientOf) -> None:
    async def echo(request: web.Request) -> web.Response:
        return web.json_response({"got": await request.json()}, status=418, headers={"X-Told": "yes"})

    url = await serve(echo=echo)
    answer = await client_of(url).request("POST", f"{url}/bot{TOKEN}/echo", json={"a": 1})
    assert (answer.status, answer.body, answer.headers["x-told"]) == (418, b'{"got": {"a": 1}}', "yes")


async def test_a_refused_connection_was_surely_not_a_request(client_of: ClientOf) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    with pytest.raises(TryLater) as told:
        await client_of(url).request("POST", f"{url}/bot{TOKEN}/send", json={})
    assert told.value.everyone
    assert told.value.after == 0
    assert TOKEN not in str(told.value)
    assert "127.0.0.1" in str(told.value)


async def test_a_name_that_is_not_found_was_surely_not_a_request(client_of: ClientOf) -> None:
    url = "http://no-such-host.invalid"
    with pytest.raises(TryLater, match="no-such-host"):
        await client_of(url).request("POST", f"{url}/bot{TOKEN}/send", json={})


async def test_a_proxy_that_is_not_there_was_surely_not_a_request(serve: Serve, client_of: ClientOf) -> None:
    url = await serve()
    for scheme in ("http", "socks5"):
        proxy = f"{scheme}://user:pass-word@127.0.0.1:{closed_port()}"
        with pytest.raises(TryLater, match="the proxy 127") as told:
            await client_of(url, proxy=proxy).request("POST", f"{url}/bot{TOKEN}/send", json={})
        assert "pass-word" not in str(told.value)


async def test_a_lost_or_late_answer_may_have_been_accepted(serve: Serve, client_of: ClientOf) -> None:
    async def abort(request: web.Request) -> None:
        await request.read()
        request.transport.abort()

    async def sleep(request: web.Request) -> None:
        await asyncio.sleep(30)

    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"{")
        request.transport.abort()
        return response

    url = await serve(abort=abort, sleep=sleep, half=half)
    for name in ("abort", "sleep", "half"):
        with pytest.raises(Uncertain) as told:
            await client_of(url).request("POST", f"{url}/bot{TOKEN}/{name}", json={})
        assert TOKEN not in str(told.value)
        assert TOKEN not in repr(told.value.__cause__)
        assert told.value.__suppress_context__


async def test_a_long_poll_may_take_its_time(serve: Serve, client_of: ClientOf) -> None:
    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(0.8)
        return web.Response(text="late")

    url = await serve(slow=slow)
    answer = await client_of(url).request("GET", f"{url}/bot{TOKEN}/slow", wait=5)
    assert answer.body == b"late"


async def test_an_answer_is_read_to_its_limit_and_no_further(serve: Serve, client_of: ClientOf) -> None:
    async def endless(request: web.Request) -> None:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    url = await serve(endless=endless)
    with pytest.raises(Uncertain):
        await client_of(url).request("GET", f"{url}/bot{TOKEN}/endless", limit=100_000)


async def test_a_request_follows_no_redirect(serve: Serve, client_of: ClientOf) -> None:
    async def away(request: web.Request) -> None:
        raise web.HTTPFound("http://example.com/")

    url = await serve(away=away)
    assert (await client_of(url).request("POST", f"{url}/bot{TOKEN}/away", json={})).status == 302


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/x",
        "http://10.1.2.3/x",
        "http://[::1]/x",
        "http://169.254.169.254/x",
        "http://[::ffff:10.0.0.1]/x",
    ],
)
async def test_private_addresses_are_not_called_unless_they_are_the_accounts_own(
    client_of: ClientOf, address: str
) -> None:
    client = client_of("https://api.example.com")
    with pytest.raises(Refused, match="private"):
        await client.request("GET", address)
    with pytest.raises(FileProblem):
        async with client.download(address, hosts=("127.0.0.1", "10.1.2.3", "169.254.169.254")):
            raise AssertionError


async def test_a_name_that_leads_to_a_private_address_is_not_called(serve: Serve, client_of: ClientOf) -> None:
    url = await serve()
    port = url.rsplit(":", 1)[1]
    client = client_of("https://api.example.com")
    with pytest.raises(Refused, match="localhost"):
        await client.request("GET", f"http://localhost:{port}/")
    with pytest.raises(FileProblem, match="localhost"):
        async with client.download(f"https://localhost:{port}/x", hosts=("localhost",)):
            raise AssertionError


@pytest.mark.parametrize("address", ["ftp://api.example.com/x", "/bot/x", "file:///etc/passwd"])
async def test_only_http_is_called(client_of: ClientOf, address: str) -> None:
    with pytest.raises(Refused):
        await client_of("https://api.example.com").request("GET", address)


async def test_files_come_from_known_hosts_only(client_of: ClientOf) -> None:
    client = client_of("https://api.example.com")
    strange = ("https://[broken", "https://cdn.example.net:port/x", "", f"https://{'я' * 300}.example.net/x")
    for address in ("https://evil.example.org/x", "http://cdn.example.net/x", "https://notexample.net/x", *strange):
        with pytest.raises(FileProblem):
            async with client.download(address, hosts=("cdn.example.net", ".example.net")):
                raise AssertionError


async def test_a_download_follows_redirects_within_what_is_allowed(serve: Serve, client_of: ClientOf) -> None:
    async def here(request: web.Request) -> None:
        raise web.HTTPFound(f"/bot{TOKEN}/file")

    async def away(request: web.Request) -> None:
        raise web.HTTPFound("https://evil.example.org/")

    async def nowhere(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "https://[broken"})

    async def round_and_round(request: web.Request) -> None:
        raise web.HTTPFound(request.path)

    async def file(request: web.Request) -> web.Response:
        return web.Response(body=b"bytes")

    url = await serve(here=here, away=away, round_and_round=round_and_round, nowhere=nowhere, file=file)
    client = client_of(url)
    async with client.download(f"{url}/bot{TOKEN}/here") as stream:
        assert (stream.status, stream.size, b"".join([one async for one in stream.chunks])) == (200, 5, b"bytes")
    for name in ("away", "round_and_round", "nowhere"):
        with pytest.raises(FileProblem) as told:
            async with client.download(f"{url}/bot{TOKEN}/{name}"):
                raise AssertionError
        assert TOKEN not in str(told.value)


async def test_a_download_that_breaks_off_can_be_tried_later_and_what_its_reader_raises_is_left_alone(
    serve: Serve, client_of: ClientOf
) -> None:
    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"x" * 10)
        request.transport.abort()
        return response

    url = await serve(half=half)
    client = client_of(url)
    async with client.download(f"{url}/bot{TOKEN}/half") as stream:
        with pytest.raises(TryLater) as told:
            _ = [one async for one in stream.chunks]
    assert TOKEN not in str(told.value)
    with pytest.raises(OSError, match="the disk"):
        async with client.download(f"{url}/bot{TOKEN}/half"):
            raise OSError("the disk")


@pytest.mark.parametrize(
    "proxy", ["localhost:1080", "ftp://h:1", "http://h", "socks5://user:secret@:1", "http://h:port"]
)
def test_a_proxy_that_is_none_is_a_sentence_without_its_password(proxy: str) -> None:
    with pytest.raises(SettingsError) as told:
        HttpClient(api_url="https://api.example.com", proxy=proxy)
    assert "secret" not in str(told.value)


async def test_a_proxy_is_gone_through(serve: Serve, client_of: ClientOf) -> None:
    asked = []

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.split(b"\r\n")[0].decode())
        host, port = head.split()[1].decode().split(":")
        there_reader, there_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")

        async def pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                target.write(data)
            target.close()

        await asyncio.gather(pipe(reader, there_writer), pipe(there_reader, writer))

    async def hello(request: web.Request) -> web.Response:
        return web.Response(text="through")

    url = await serve(hello=hello)
    proxy = await asyncio.start_server(tunnel, "127.0.0.1", 0)
    client = client_of(url, proxy=f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
    answer = await client.request("GET", f"{url}/bot{TOKEN}/hello")
    assert answer.body == b"through"
    assert asked == [f"CONNECT {url.removeprefix('http://')} HTTP/1.1"]
    await client.close()
    proxy.close()
    await proxy.wait_closed()


def test_a_client_shows_no_secret() -> None:
    assert "secret" not in repr(HttpClient(api_url="https://api.example.com", proxy="socks5://u:secret@h:1"))
