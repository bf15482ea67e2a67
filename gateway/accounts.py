"""How an account's settings become a connector, and where its webhook is to be found."""

from collections.abc import Sequence
from dataclasses import replace

from gateway.connectors.contract import Connector, FileStore, Tools
from gateway.connectors.live_contract import LiveTools, Logs
from gateway.connectors.registry import channel
from gateway.connectors.runtime.webhook_server import app_address, webhook_address
from gateway.connectors.toolkit.http import HttpClient
from gateway.connectors.toolkit.settings import AccountTable
from gateway.connectors.toolkit.ways import Way
from gateway.files import Files
from gateway.settings import AccountSettings, Settings


def http_client(one: AccountSettings) -> HttpClient:
    """The account's own HTTP client, with all its ways; nothing is called yet."""
    first, *others = one.settings.all_ways() if isinstance(one.settings, AccountTable) else (_own_way(one),)
    return HttpClient(api_url=first.api_url, proxy=first.proxy, ways=others)


def connector(
    one: AccountSettings,
    files: Files,
    *,
    http: HttpClient | None = None,
    logs: Logs | None = None,
    uploads: FileStore | None = None,
) -> Connector:
    """An account's connector, which closes its HTTP client (`http`, or one of its own); nothing is called yet.

    A live channel sends and fetches only with `logs` and `uploads`.
    """
    http = http or http_client(one)
    tools = Tools(account=one.account, http=http, files=files)
    if logs is not None and uploads is not None:
        tools = LiveTools(account=one.account, http=http, files=files, logs=logs, uploads=uploads)
    return channel(one.channel).connect(one.settings, tools)


def by_each_way(one: AccountSettings) -> Sequence[tuple[Way, AccountSettings]]:
    """The account with each of its ways alone, the first one first; empty where it has one only."""
    table = one.settings
    if not isinstance(table, AccountTable) or not table.ways:
        return ()
    return [(way, replace(one, settings=table.by_way(way))) for way in table.all_ways()]


def _own_way(one: AccountSettings) -> Way:
    proxy = getattr(one.settings, "proxy", None)
    return Way(getattr(one.settings, "api_url", ""), None if proxy is None else proxy.get_secret_value())


def webhook_of(settings: Settings, one: AccountSettings) -> str | None:
    """The public address of the account's webhook, or of its app's; None where its updates are polled for."""
    if app := getattr(one.settings, "app", None):
        return app_address(settings.public_url, app)
    if getattr(one.settings, "mode", "polling") != "webhook":
        return None
    return webhook_address(settings.public_url, one.channel, one.account)
