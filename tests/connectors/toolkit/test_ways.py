"""Several ways to one vendor, with real servers and proxies: the next is tried only for what was surely not sent."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr, ValidationError

from gateway.connectors.telegram.settings import Settings
from gateway.connectors.toolkit.http import HttpClient, Timeouts
from gateway.connectors.toolkit.uploads import upload_of
from gateway.connectors.toolkit.ways import MOST_LOST, RETURN_SECONDS, Way, WayOrder
from gateway.errors import FileProblem, TryLater, Uncertain

QUICK = Timeouts(connect=0.5, read=0.5, total=1.0)
TOKEN = "123456:AAsecret"
PASSWORD = "pass-word"


class Vendor:
    """A server that counts what it is asked, and answers `ok`, by its name."""

    def __init__(self, name: str) -> None:
        self.name, self.paths, self.bodies = name, list[str](), list[bytes]()
        self.url, self.port = "", 0
        self.breaks = False

    async def handle(self, request: web.Request) -> web.Response:
        self.paths.append(request.path)
        self.bodies.append(await request.read())
        if self.breaks:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(text=self.name)


@asynccontextmanager
async def running(name: str, port: int = 0) -> AsyncIterator[Vendor]:
    vendor, app = Vendor(name), web.Application()
    app.router.add_route("*", "/{tail:.*}", vendor.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    vendor.port = runner.addresses[0][1]
    vendor.url = f"http://127.0.0.1:{vendor.port}"
    try:
        yield vendor
    finally:
        await runner.cleanup()


@asynccontextmanager
async def listening(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An HTTP proxy that lets in whoever knows the password."""
    head = await reader.readuntil(b"\r\n\r\n")
    if b"Proxy-Authorization: Basic dXNlcjpwYXNzLXdvcmQ=" not in head:
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        writer.close()
        return
    host, port = head.split()[1].decode().split(":")
    there_reader, there_writer = await asyncio.open_connection(host, int(port))
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")

    async def pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            target.write(data)
        target.close()

    await asyncio.gather(pipe(reader, there_writer), pipe(there_reader, writer))


async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A proxy that takes connections and says nothing, as a network does that drops what it does not like."""
    await reader.read()
    writer.close()


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def client(*ways: Way, clock: Callable[[], float] | None = None) -> AsyncIterator[HttpClient]:
    first, *others = ways
    made = HttpClient(
        api_url=first.api_url, proxy=first.proxy, ways=others, timeouts=QUICK, **({"clock": clock} if clock else {})
    )
    try:
        yield made
    finally:
        await made.close()


async def post(http: HttpClient, url: str) -> str:
    return (await http.request("POST", f"{url}/bot{TOKEN}/send", json={"text": "hello"})).body.decode()


async def test_a_closed_address_is_passed_by_and_the_way_that_works_is_remembered_and_told_once() -> None:
    first = f"http://127.0.0.1:{closed_port()}"
    async with running("second") as vendor, client(Way(first), Way(vendor.url)) as http:
        told: list[int] = []
        http.order.changed = told.append

        assert [await post(http, first) for _ in range(3)] == ["second"] * 3

        assert vendor.paths == [f"/bot{TOKEN}/send"] * 3
        assert (http.order.working, told, http.order.order()) == (1, [1], [1, 0])


@pytest.mark.parametrize("address", ["http://no-such-host.invalid", "https://{plain}"])
async def test_a_name_that_is_not_found_and_a_server_without_tls_are_passed_by(address: str) -> None:
    async with running("second") as vendor:
        first = address.replace("{plain}", vendor.url.removeprefix("http://"))
        async with client(Way(first), Way(vendor.url)) as http:
            assert await post(http, first) == "second"
            assert len(vendor.paths) == 1


async def test_a_proxy_that_says_nothing_is_passed_by_for_one_with_a_password() -> None:
    async with running("vendor") as vendor, listening(mute) as silent, listening(tunnel) as open_one:
        ways = Way(vendor.url, f"http://{silent}"), Way(vendor.url, f"http://user:{PASSWORD}@{open_one}")
        async with client(*ways) as http:
            assert await post(http, vendor.url) == "vendor"
            assert len(vendor.paths) == 1
            assert PASSWORD not in f"{http!r} {http.ways!r} {[way.named for way in http.ways]}"


async def test_what_may_have_arrived_is_never_sent_another_way() -> None:
    async with running("first") as first, running("second") as second:
        first.breaks = True
        async with client(Way(first.url), Way(second.url)) as http:
            with pytest.raises(Uncertain):
                await post(http, first.url)
        assert (len(first.paths), second.paths) == (1, [])


async def test_a_way_that_loses_answer_after_answer_gives_way_to_the_next() -> None:
    async with running("first") as first, running("second") as second:
        first.breaks = True
        async with client(Way(first.url), Way(second.url)) as http:
            for _ in range(MOST_LOST):
                with pytest.raises(Uncertain):
                    await post(http, first.url)
            assert await post(http, first.url) == "second"
        assert (len(first.paths), len(second.paths)) == (MOST_LOST, 1)


async def test_after_a_while_one_request_looks_at_the_first_way_again_and_stays_if_it_works() -> None:
    port, clock = closed_port(), Clock()
    first = f"http://127.0.0.1:{port}"
    async with running("second") as second, client(Way(first), Way(second.url), clock=clock) as http:
        told: list[int] = []
        http.order.changed = told.append
        assert await post(http, first) == "second"
        clock.now += RETURN_SECONDS
        assert await post(http, first) == "second", "it is still closed"

        async with running("first", port):
            assert await post(http, first) == "second", "it was looked at a moment ago"
            clock.now += RETURN_SECONDS
            assert [await post(http, first) for _ in range(2)] == ["first"] * 2

        assert told == [1, 0]


async def test_where_no_way_leads_there_each_is_named_without_its_secrets() -> None:
    first = f"http://127.0.0.1:{closed_port()}"
    proxy = f"socks5://user:{PASSWORD}@127.0.0.1:{closed_port()}"
    async with client(Way(first), Way("http://no-such-host.invalid"), Way(first, proxy)) as http:
        with pytest.raises(TryLater) as told:
            await post(http, first)
    assert told.value.everyone
    assert ["127.0.0.1:" in str(told.value), "no-such-host.invalid: its name" in str(told.value)] == [True, True]
    assert "the proxy 127.0.0.1:" in str(told.value)
    assert PASSWORD not in str(told.value)
    assert TOKEN not in str(told.value)


async def test_a_form_with_a_file_is_made_anew_for_the_next_way(tmp_path: Path) -> None:
    (file := tmp_path / "a.txt").write_bytes(b"bytes of the file")
    first = f"http://127.0.0.1:{closed_port()}"
    async with running("second") as vendor, client(Way(first), Way(vendor.url)) as http:
        with upload_of(file, "document", "a.txt", fields={"chat": "7"}) as upload:
            await http.request("POST", f"{first}/send", data=upload.form, wait=upload.wait)
    assert b"bytes of the file" in vendor.bodies[0]
    assert b'name="chat"' in vendor.bodies[0]


async def test_a_form_that_was_made_already_goes_one_way_only() -> None:
    first = f"http://127.0.0.1:{closed_port()}"
    async with running("second") as vendor, client(Way(first), Way(vendor.url)) as http:
        with pytest.raises(TryLater):
            await http.request("POST", f"{first}/send", data=aiohttp.FormData({"chat": "7"}))
    assert vendor.paths == []


async def test_a_file_is_fetched_by_the_next_way_and_from_that_ways_own_host_only() -> None:
    first = f"http://127.0.0.1:{closed_port()}"
    async with running("second") as vendor, client(Way(first), Way(vendor.url)) as http:
        async with http.download(f"{first}/file/bot{TOKEN}/a.jpg") as stream:
            assert b"".join([one async for one in stream.chunks]) == b"second"
        with pytest.raises(FileProblem, match="not https"):
            async with http.download("http://files.example.com/a.jpg", hosts=("files.example.com",)):
                raise AssertionError
    assert vendor.paths == [f"/file/bot{TOKEN}/a.jpg"]


def test_an_address_that_only_begins_like_the_first_one_is_left_alone() -> None:
    http = HttpClient(api_url="https://api.example.com", ways=[Way("https://relay.example.net/x")])
    found = [
        str(http._sessions[1].target(url))
        for url in ("https://api.example.com/a?b", "https://api.example.com.evil.org/a", "https://upload.example.com/a")
    ]
    assert found == [
        "https://relay.example.net/x/a?b", "https://api.example.com.evil.org/a", "https://upload.example.com/a",
    ]  # fmt: skip


def test_with_one_way_lost_answers_change_nothing() -> None:
    order = WayOrder(1, Clock())
    for _ in range(2 * MOST_LOST):
        order.lost(0)
    assert (order.order(), order.working) == ([0], 0)


# ── settings ──────────────────────────────────────────────────────────────────────────────────────────


def table(**more: object) -> Settings:
    return Settings.model_validate({"token": f"123456:{'A' * 30}", **more})


def test_a_way_takes_over_the_accounts_address_and_never_its_proxy() -> None:
    ways = [{"proxy": f"socks5://u:{PASSWORD}@h:1080"}, {"api_url": "https://relay.example.net/"}]
    made = table(proxy="http://p:3128", ways=ways)

    assert made.all_ways() == (
        Way("https://api.telegram.org", "http://p:3128"),
        Way("https://api.telegram.org", f"socks5://u:{PASSWORD}@h:1080"),
        Way("https://relay.example.net"),
    )
    alone = made.by_way(made.all_ways()[1])
    assert (alone.proxy, alone.ways) == (SecretStr(f"socks5://u:{PASSWORD}@h:1080"), ())
    assert PASSWORD not in repr(made)


def test_ways_in_a_variable_are_json() -> None:
    assert table(ways='[{"proxy": "http://h:1"}]').all_ways()[1].proxy == "http://h:1"
    assert table(ways="").ways == ()


@pytest.mark.parametrize(
    ("ways", "sentence"),
    [
        ([{}], "a way needs `api_url`, `proxy` or both"),
        ([{"proxy": f"socks5:u:{PASSWORD}@h"}], "write it as http://host:port"),
        ([{"api_url": "relay.example.net"}], "write it as https://host"),
        ([{"proxy": "http://h:1"}, {"proxy": "http://h:1"}], "are the same"),
        ([{"api_url": "https://api.telegram.org/"}], "are the same"),
        ("{", "in a variable it is written as JSON"),
    ],
)
def test_ways_that_are_none_are_a_sentence_without_their_password(ways: object, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence) as told:
        table(ways=ways)
    assert PASSWORD not in str(told.value)
