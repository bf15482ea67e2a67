"""What the command line does beside a running gateway: looks, invites, replays. Each command ends by itself."""

import asyncio
from collections.abc import Sequence

from aiohttp import ClientError, ClientSession, ClientTimeout
from msgspec import Struct

from gateway import provisioning
from gateway.accounts import by_each_way, connector, webhook_of
from gateway.archive.dialect import archive_url, is_there
from gateway.archive.history import History
from gateway.archive.migrations import is_behind
from gateway.bootstrap import now_ms, open_infrastructure
from gateway.connectors.contract import Checking, Registering
from gateway.connectors.runtime.webhook_server import app_address
from gateway.errors import GatewayError, SettingsError, StoreUnavailable
from gateway.files import Files
from gateway.model import commands as c
from gateway.model.commands import Role
from gateway.model.ids import LineId
from gateway.operator_bot.inbound import invites
from gateway.router.rules.people import COMMAND_LINE
from gateway.settings import AccountSettings, Settings
from gateway.streams import queries
from gateway.streams.embedded import running_url


class Finding(Struct, frozen=True):
    """One line of `gateway check`: `state` is `ok`, `warning` or `wrong`."""

    subject: str
    state: str
    detail: str


async def check(settings: Settings) -> Sequence[Finding]:
    """Looks at the port, Redis, the archive and every account; changes and starts nothing, raises for no finding."""
    found = [Finding("settings", "ok", f"{len(settings.lines)} lines, {len(settings.accounts())} accounts")]
    if not settings.accounts():
        found.append(
            Finding("lines", "warning", "no account is set up: no customer can write; see gateway.example.toml")
        )
    if not settings.admins:
        found.append(Finding("operator_bot.admins", "warning", "empty: nobody can be invited but by `gateway invite`"))
    found.append(await check_port(settings.http.host, settings.http.port))
    found.append(await _check_redis(settings))
    found.append(await _check_archive(settings))
    found += [check_app(settings, name) for name in settings.apps]
    accounts = (settings.operators_account(), *settings.accounts())
    for findings in await asyncio.gather(*(_check_account(settings, one) for one in accounts)):
        found += findings
    return found


async def invite(settings: Settings, role: Role, lines: tuple[LineId, ...], hours: int) -> str:
    """Makes a one-time link to the operators' bot; only the token's digest is kept.

    Raises:
        SettingsError: a line is not in the settings.
        GatewayError: the bot cannot be asked for its name, or Redis cannot be reached.
    """
    for line in lines:
        provisioning.line_command(settings, line)
    username = await _username(settings)
    token = invites.new_token()
    command = c.MakeInvite(
        operator=COMMAND_LINE,
        digest=invites.digest_of(token),
        role=role,
        lines=lines,
        expires_at=now_ms() + hours * 3_600_000,
    )
    async with open_infrastructure(settings, beside=True) as infrastructure:
        await infrastructure.intake.offer(
            [provisioning.configured(infrastructure, f"invite:{command.digest}", command)]
        )
    return invites.invite_link(username, token)


async def apply_line(settings: Settings, line: LineId) -> bool:
    """Takes the settings of a line over into the line; False: nothing differs."""
    command = provisioning.line_command(settings, line)
    async with open_infrastructure(settings, beside=True) as infrastructure:
        row = (await queries.lines(infrastructure.store)).get(line)
        if row is not None and not provisioning.differs(row, command):
            return False
        await infrastructure.intake.offer([provisioning.configured(infrastructure, f"line:{line}:{now_ms()}", command)])
    return True


async def check_port(host: str, port: int) -> Finding:
    """Whether the gateway could listen there, or already does."""
    try:
        server = await asyncio.start_server(lambda _, writer: writer.close(), host, port, start_serving=False)
    except OSError as error:
        if await _is_ours(host, port):
            return Finding("http.port", "ok", f"{port} on {host}: a gateway listens there")
        why = error.strerror or str(error)
        return Finding("http.port", "wrong", f"{port} on {host} cannot be used: {why}; choose another one")
    server.close()
    await server.wait_closed()
    return Finding("http.port", "ok", f"{port or 'any free one'} on {host}")


async def _is_ours(host: str, port: int) -> bool:
    """Whether it is a gateway that holds the port: it says how it is."""
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - where to ask, not where to listen
    place = f"[{address}]" if ":" in address else address
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=2)) as session,
            session.get(f"http://{place}:{port}/healthz") as answer,
        ):
            told = await answer.json()
    except (ClientError, OSError, ValueError):
        return False
    return isinstance(told, dict) and {"ok", "wrong", "parts"} <= told.keys()


async def _check_redis(settings: Settings) -> Finding:
    if not settings.redis_url.get_secret_value() and running_url(settings.data_dir) is None:
        return Finding("redis", "ok", "embedded, and not running now: the gateway starts it")
    try:
        async with open_infrastructure(settings, beside=True) as infrastructure:
            info = await infrastructure.store.check(allow_everysec=settings.allow_everysec)
            letters = (await queries.counts(infrastructure.store)).dead
            kind = "embedded" if not settings.redis_url.get_secret_value() else infrastructure.store.address
    except GatewayError as error:
        return Finding("redis", "wrong", str(error))
    if letters:
        return Finding("redis", "warning", f"{info.version}, {kind}; {letters} dead letters: see `gateway dead list`")
    return Finding("redis", "ok", f"{info.version}, {kind}")


async def _check_archive(settings: Settings) -> Finding:
    try:
        named = settings.archive_url.get_secret_value()
        if not named and not (settings.data_dir / "archive.db").exists():
            return Finding("archive", "ok", "none yet: the gateway makes it when it starts")
        url = archive_url(named, settings.data_dir)
        if not is_there(url):
            return Finding("archive", "ok", "none yet: the gateway makes it when it starts")
        if await is_behind(url):
            return Finding("archive", "ok", "of an older version: the gateway brings it up when it starts")
        history = History(url)
        try:
            position = await history.check()
        finally:
            await history.close()
    except GatewayError as error:
        return Finding("archive", "wrong", str(error))
    return Finding("archive", "ok", f"journal up to {position}")


def check_app(settings: Settings, name: str) -> Finding:
    """A Meta app's webhook is entered there by hand: what to enter, and whether anything would come of it."""
    address = app_address(settings.public_url, name)
    if not any(getattr(one.settings, "app", None) == name for one in settings.accounts()):
        return Finding(f"apps.{name}", "warning", f"no account refers to it; its webhook's address would be {address}")
    return Finding(f"apps.{name}", "ok", f"its webhook's address: {address}")


async def _check_account(settings: Settings, one: AccountSettings) -> list[Finding]:
    return [*await _check_as_whole(settings, one), *await check_ways(settings, one)]


async def check_ways(settings: Settings, one: AccountSettings) -> list[Finding]:
    """Whether each of an account's several ways reaches its messenger; nothing where it has one only."""
    found = []
    for number, (way, alone) in enumerate(by_each_way(one), start=1):
        subject = f"{'.'.join(one.place)} way {number}"
        connected = connector(alone, Files(settings.data_dir / "files"))
        try:
            if isinstance(connected, Checking):
                await connected.whoami()
            found.append(Finding(subject, "ok", f"{way.named}: reaches the messenger"))
        except GatewayError as error:
            found.append(Finding(subject, "warning", f"{way.named}: {error}"))
        finally:
            await connected.close()
    return found


async def _check_as_whole(settings: Settings, one: AccountSettings) -> list[Finding]:
    subject = ".".join(one.place)
    connected = connector(one, Files(settings.data_dir / "files"))
    try:
        name = await connected.whoami() if isinstance(connected, Checking) else one.channel
        found = [Finding(subject, "ok", name)]
        if isinstance(connected, Registering):
            registration = await connected.registration(webhook_of(settings, one))
            state = "ok" if registration.drift is None else "warning"
            found.append(Finding(f"{subject} updates", state, registration.drift or registration.mode))
    except GatewayError as error:
        return [Finding(subject, "wrong", str(error))]
    else:
        return found
    finally:
        await connected.close()


async def _username(settings: Settings) -> str:
    connected = connector(settings.operators_account(), Files(settings.data_dir / "files"))
    try:
        if not isinstance(connected, Checking):
            raise SettingsError("operator_bot: this channel's bots have no name to link to")
        return await connected.whoami()
    except StoreUnavailable:
        raise
    except GatewayError as error:
        raise SettingsError(f"operator_bot: the bot cannot be asked for its name: {error}") from error
    finally:
        await connected.close()
