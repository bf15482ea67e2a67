"""A root certificate that one account trusts: for its own client, beside the machine's roots, and never instead of a
check. The certificates in `tls/` were made for this test; their root's key is gone.
"""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from gateway.connectors.toolkit.http import HttpClient, Timeouts
from gateway.errors import SettingsError, TryLater

HERE = Path(__file__).parent / "tls"
ROOT = (HERE / "root.pem").read_text("ascii")


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """Of a server whose certificate hangs on a root that no machine knows, made out to 127.0.0.1."""

    async def hello(_request: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", hello)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(HERE / "server.pem")
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def said(url: str, *, roots: str | None) -> str:
    client = HttpClient(api_url=url, timeouts=Timeouts(connect=2, read=2, total=4))
    if roots is not None:
        client.trust(roots)
    try:
        return (await client.request("GET", url)).body.decode()
    finally:
        await client.close()


async def test_a_root_is_trusted_by_the_client_that_was_told_of_it_and_by_no_other(port: int) -> None:
    url = f"https://127.0.0.1:{port}/"
    assert await said(url, roots=ROOT) == "hello"
    with pytest.raises(TryLater, match="its certificate is not trusted"):
        await said(url, roots=None)


async def test_a_trusted_root_does_not_make_a_certificate_of_another_name_good(port: int) -> None:
    with pytest.raises(TryLater, match="its certificate is not trusted"):
        await said(f"https://localhost:{port}/", roots=ROOT)


def test_the_machines_own_roots_stay_trusted() -> None:
    client = HttpClient(api_url="https://127.0.0.1")
    before = ssl.create_default_context().cert_store_stats()["x509_ca"]
    client.trust(ROOT)
    assert client.context is not None
    assert client.context.cert_store_stats()["x509_ca"] == before + 1
    assert (client.context.verify_mode, client.context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize("text", ["", "no certificate", ROOT.replace("MII", "???", 1)])
def test_what_is_no_certificate_is_told(text: str) -> None:
    with pytest.raises(SettingsError, match="root certificates"):
        HttpClient(api_url="https://127.0.0.1").trust(text)
