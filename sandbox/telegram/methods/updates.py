"""Methods by which a bot receives: getUpdates and the webhook's settings."""

import re
from urllib.parse import urlsplit

from sandbox.telegram.calls import Call, DescribedResult, method
from sandbox.telegram.errors import WEBHOOK_IS_ACTIVE, bad_request, conflict, too_many_requests
from sandbox.telegram.records import Webhook
from sandbox.toolkit.loopback import is_loopback_url
from sandbox.wire import Json

_SECRET = re.compile(r"[A-Za-z0-9_-]{0,256}")
_PORTS = frozenset({443, 80, 88, 8443})
_MAX_CONNECTIONS = 100
_USUAL_CONNECTIONS = 40


@method("getUpdates")
async def get_updates(call: Call) -> list[object]:
    queue = call.telegram.queue(call.bot)
    if call.bot.webhook is not None:
        raise conflict(WEBHOOK_IS_ACTIVE)
    _take_allowed_updates(call)
    updates = await queue.get(
        call.parameters.integer("offset"), call.parameters.integer("limit", 100), call.parameters.integer("timeout")
    )
    for update in updates:
        call.telegram.ledger.add("update_offered", bot_id=call.bot.id, update_id=update.update_id, via="getUpdates")
    return [update.body for update in updates]


@method("setWebhook")
async def set_webhook(call: Call) -> DescribedResult | bool:
    url = call.parameters.text("url")
    if not url:
        return await delete_webhook(call)
    secret = call.parameters.text("secret_token")
    if len(secret) > 256:  # noqa: PLR2004
        raise bad_request("secret token is too long")
    if not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    _check_address(url)
    if not call.telegram.may_set_webhook(call.bot):
        raise too_many_requests(1)
    _take_allowed_updates(call)
    if call.parameters.flag("drop_pending_updates"):
        call.telegram.queue(call.bot).drop_all()
    was_same = call.bot.webhook is not None and call.bot.webhook.url == url
    connections = call.parameters.integer("max_connections", _USUAL_CONNECTIONS)
    webhook = Webhook(
        url=url,
        secret=secret,
        max_connections=connections if 0 < connections <= _MAX_CONNECTIONS else _USUAL_CONNECTIONS,
        has_certificate="certificate" in call.parameters.files,
        ip_address=call.parameters.text("ip_address"),
    )
    await call.telegram.set_webhook(call.bot, webhook)
    return DescribedResult("Webhook is already set" if was_same else "Webhook was set")


@method("deleteWebhook")
async def delete_webhook(call: Call) -> DescribedResult:
    if call.parameters.flag("drop_pending_updates"):
        call.telegram.queue(call.bot).drop_all()
    if call.bot.webhook is None:
        return DescribedResult("Webhook is already deleted")
    await call.telegram.set_webhook(call.bot, None)
    return DescribedResult("Webhook was deleted")


@method("getWebhookInfo")
def get_webhook_info(call: Call) -> Json:
    webhook, bot = call.bot.webhook, call.bot
    info: Json = {
        "url": webhook.url if webhook else "",
        "has_custom_certificate": bool(webhook and webhook.has_certificate),
        "pending_update_count": len(call.telegram.queue(bot)),
    }
    if bot.allowed_updates is not None:
        info["allowed_updates"] = bot.allowed_updates
    if webhook is None:
        return info
    info["max_connections"] = webhook.max_connections
    if webhook.ip_address:
        info["ip_address"] = webhook.ip_address
    if webhook.last_error_at:
        info["last_error_date"] = webhook.last_error_at // 1000
        info["last_error_message"] = webhook.last_error
    return info


def _take_allowed_updates(call: Call) -> None:
    """Absent: as before. Empty: the default kinds. Otherwise exactly these, from the next update on."""
    given = call.parameters.parsed("allowed_updates")
    if given is None:
        return
    if not isinstance(given, list):
        raise bad_request("can't parse allowed updates list")
    call.bot.allowed_updates = [str(kind) for kind in given] or None
    call.world.keep_bot(call.bot)


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise bad_request("bad webhook: Wrong HTTP URL") from None
    if is_loopback_url(url) and parts.scheme in ("http", "https"):
        return  # a developer's own machine: the one thing that is easier here than in the real world
    if parts.scheme != "https" or not parts.hostname:
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if (port or 443) not in _PORTS:
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
