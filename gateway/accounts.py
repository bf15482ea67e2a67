"""How an account's settings become a connector, and where its webhook is to be found."""

from gateway.connectors.contract import Connector, FileStore, Tools
from gateway.connectors.live_contract import LiveTools, Logs
from gateway.connectors.registry import channel
from gateway.connectors.runtime.webhook_server import app_address, webhook_address
from gateway.connectors.toolkit.http import HttpClient
from gateway.files import Files
from gateway.settings import AccountSettings, Settings


def connector(
    one: AccountSettings, files: Files, *, logs: Logs | None = None, uploads: FileStore | None = None
) -> Connector:
    """An account's connector, with its own HTTP client and proxy; nothing is called yet.

    A live channel sends and fetches only with `logs` and `uploads`.
    """
    proxy = getattr(one.settings, "proxy", None)
    http = HttpClient(
        api_url=getattr(one.settings, "api_url", ""), proxy=None if proxy is None else proxy.get_secret_value()
    )
    tools = Tools(account=one.account, http=http, files=files)
    if logs is not None and uploads is not None:
        tools = LiveTools(account=one.account, http=http, files=files, logs=logs, uploads=uploads)
    return channel(one.channel).connect(one.settings, tools)


def webhook_of(settings: Settings, one: AccountSettings) -> str | None:
    """The public address of the account's webhook, or of its app's; None where its updates are polled for."""
    if app := getattr(one.settings, "app", None):
        return app_address(settings.public_url, app)
    if getattr(one.settings, "mode", "polling") != "webhook":
        return None
    return webhook_address(settings.public_url, one.channel, one.account)
