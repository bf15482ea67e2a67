"""What `gateway check` says of a Meta app, of the port, of Redis and of the archive; and that it changes nothing."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from aiohttp import web

from gateway.admin_commands import Finding, _check_account, _check_archive, _check_redis, check_app, check_port
from gateway.cli import _secrets
from gateway.connectors.registry import channel
from gateway.health import Health, Metrics
from gateway.settings import load

APP = """
public_url = "https://chat.example.com/"

[operator_bot]
token = "111111:secret-of-the-operators-bot-000000"

[apps.shop]
secret = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
verify_token = "a word"
"""
ACCOUNT = """
[lines.sales.accounts.shop_whatsapp]
channel = "whatsapp"
app = "shop"
token = "EAAG0FixtureTokenThatWasNeverIssued0123456789"
phone_number_id = 106540352242922
waba_id = "102290129340398"
"""


@pytest.mark.parametrize(
    ("accounts", "state", "detail"),
    [
        (ACCOUNT, "ok", "its webhook's address: https://chat.example.com/hooks/meta/shop"),
        ("", "warning", "no account refers to it"),
    ],
)
def test_an_app_says_which_address_to_enter(tmp_path: Path, accounts: str, state: str, detail: str) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(APP + accounts, encoding="utf-8")
    found = check_app(load(file, {}, lambda name: channel(name).Settings), "shop")
    assert isinstance(found, Finding)
    assert (found.subject, found.state) == ("apps.shop", state)
    assert detail in found.detail


async def test_a_look_changes_nothing_and_starts_nothing(tmp_path: Path) -> None:
    """What it finds where nothing ran yet, what it leaves there, and an archive of an older version."""
    settings = load(write(tmp_path), {}, lambda name: channel(name).Settings)
    before = sorted(tmp_path.rglob("*"))
    assert (await _check_redis(settings)).state == "ok"
    assert (await _check_archive(settings)).detail == "none yet: the gateway makes it when it starts"
    assert sorted(tmp_path.rglob("*")) == before
    settings.data_dir.mkdir()
    with sqlite3.connect(settings.data_dir / "archive.db") as old:
        old.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    content = (settings.data_dir / "archive.db").read_bytes()
    assert (await _check_archive(settings)).detail == "of an older version: the gateway brings it up when it starts"
    with sqlite3.connect(settings.data_dir / "archive.db") as newer:
        newer.execute("INSERT INTO alembic_version VALUES ('ffff')")
    assert (await _check_archive(settings)).state == "wrong"
    with sqlite3.connect(settings.data_dir / "archive.db") as older:
        older.execute("DELETE FROM alembic_version")
    assert len((settings.data_dir / "archive.db").read_bytes()) == len(content)
    assert not (settings.data_dir / "redis").exists()


async def test_a_port_that_somebody_else_has_is_wrong_and_a_gateways_own_is_not() -> None:
    free = await check_port("127.0.0.1", 0)
    assert free.state == "ok"
    stranger = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = stranger.sockets[0].getsockname()[1]
    found = await check_port("127.0.0.1", port)
    assert (found.subject, found.state) == ("http.port", "wrong")
    assert str(port) in found.detail
    stranger.close()
    await stranger.wait_closed()
    app = web.Application()
    app.add_routes(Health(Metrics()).routes())
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    own = await check_port("127.0.0.1", runner.addresses[0][1])
    await runner.cleanup()
    assert own.state == "ok"


def write(folder: Path) -> Path:
    token = "123456789:" + "A" * 35
    file = folder / "gateway.toml"
    file.write_text(f'data_dir = "{folder / "data"}"\n[operator_bot]\ntoken = "{token}"\n')
    return file


async def test_each_way_of_an_account_is_looked_at_by_itself(tmp_path: Path) -> None:
    async def me(_request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "result": {"id": 1, "is_bot": True, "username": "shop_bot"}})

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", me)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    (file := tmp_path / "gateway.toml").write_text(
        f"""
        [operator_bot]
        token = "111111:secret-of-the-operators-bot-000000"
        api_url = "http://no-such-host.invalid"
        ways = [
            {{ proxy = "socks5://user:pass-word@127.0.0.1:9" }},
            {{ api_url = "http://127.0.0.1:{runner.addresses[0][1]}" }},
        ]
        """,
        encoding="utf-8",
    )
    settings = load(file, {}, lambda name: channel(name).Settings)
    one = settings.operators_account()
    try:
        found = await _check_account(settings, one)
    finally:
        await runner.cleanup()

    assert [(finding.subject, finding.state) for finding in found] == [
        ("operator_bot", "ok"), ("operator_bot updates", "ok"),
        ("operator_bot way 1", "warning"), ("operator_bot way 2", "warning"), ("operator_bot way 3", "ok"),
    ]  # fmt: skip
    assert "its name is not found" in found[2].detail
    assert found[3].detail.startswith("no-such-host.invalid (proxy 127.0.0.1:9): the proxy 127.0.0.1:9 ")
    assert found[4].detail == "127.0.0.1: reaches the messenger"
    assert "pass-word" not in str(found)
    assert "pass-word" in "".join(_secrets(settings)), "the log knows what must not pass"
