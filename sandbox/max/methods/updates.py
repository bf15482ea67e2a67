"""Long polling. It does not work while there is a subscription."""

from sandbox.max.calls import Call, method
from sandbox.max.errors import not_allowed
from sandbox.wire import Json

_LIMIT, _MOST = 100, 1000
_TIMEOUT_S, _LONGEST_S = 30, 90


@method("updates")
async def updates(call: Call) -> Json:
    """Waits for what is new; the settings say how much of the wanted limit and time MAX really grants."""
    if call.bot.subscriptions:
        raise not_allowed("Long polling is not available: the bot has a webhook subscription")
    settings = call.server.settings
    marker = call.integer("marker")
    limit, timeout = call.integer("limit", 1, _MOST), call.integer("timeout", 0, _LONGEST_S)
    kinds = frozenset(one.strip() for one in call.query.get("types", "").split(",") if one.strip())
    batch = await call.server.feed.get(
        call.bot,
        marker,
        min(_LIMIT if limit is None else limit, settings.max_updates_at_once),
        min(_TIMEOUT_S if timeout is None else timeout, settings.max_poll_s),
        kinds,
    )
    return {"updates": [one.body for one in batch.events], "marker": batch.marker}
