"""Subscriptions to webhooks: https on port 443 only, or any address of this machine."""

import re
from urllib.parse import urlsplit

from sandbox.max.calls import SUCCESS, Call, method
from sandbox.max.errors import MaxError, wrong
from sandbox.max.records import Subscription
from sandbox.toolkit.loopback import is_loopback_url
from sandbox.wire import Json

_SECRET = re.compile(r"[A-Za-z0-9_-]{5,256}")
_HTTPS_PORT = 443
_NO_ADDRESS = "url: must be a valid https address on port 443"


@method("subscribe")
def subscribe(call: Call) -> Json:
    """Makes a subscription, or puts a new one in the place of that with the same address."""
    body = call.object()
    url, secret, kinds = body.get("url"), body.get("secret"), body.get("update_types")
    if not isinstance(url, str) or not _is_fit(url):
        raise wrong(_NO_ADDRESS)
    if secret is not None and not (isinstance(secret, str) and _SECRET.fullmatch(secret)):
        raise wrong("secret: must match ^[a-zA-Z0-9_-]{5,256}$")
    if kinds is not None and not (isinstance(kinds, list) and all(isinstance(one, str) for one in kinds)):
        raise wrong("update_types: must be a list of kinds")
    made = Subscription(
        url=url, secret=secret or "", update_types=kinds or None, at=call.server.clock.now_ms(), failing_since=None
    )
    call.bot.subscriptions = [*(one for one in call.bot.subscriptions if one.url != url), made]
    call.world.keep_bot(call.bot)
    return SUCCESS


@method("subscriptions")
def subscriptions(call: Call) -> Json:
    """Those there are, without their secrets."""
    return {
        "subscriptions": [
            {"url": one.url, "time": one.at, "update_types": one.update_types} for one in call.bot.subscriptions
        ]
    }


@method("unsubscribe")
def unsubscribe(call: Call) -> Json:
    url = call.query.get("url", "")
    if not url:
        raise wrong("url: must not be empty")
    left = [one for one in call.bot.subscriptions if one.url != url]
    if len(left) == len(call.bot.subscriptions):
        raise MaxError(404, "not.found", "Subscription not found")
    call.bot.subscriptions = left
    call.world.keep_bot(call.bot)
    return SUCCESS


def _is_fit(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if is_loopback_url(url):
        return parts.scheme in {"http", "https"}
    return parts.scheme == "https" and bool(parts.hostname) and port in {None, _HTTPS_PORT}
