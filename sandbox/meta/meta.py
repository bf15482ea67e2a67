"""Meta's parts put together: world, media, webhooks, limits, faults. It knows no HTTP request.

The one object that calls and people of both messengers act through.
"""

import asyncio
from collections.abc import Callable

from sandbox.cast import Cast, CastUser
from sandbox.meta.envelopes import Piece
from sandbox.meta.faults import Faults
from sandbox.meta.limits import Limits
from sandbox.meta.media import Media
from sandbox.meta.records import Account, App, Dialog
from sandbox.meta.webhooks import Posted, WebhookSender
from sandbox.meta.world import World
from sandbox.toolkit.infrastructure import Infrastructure
from sandbox.wire import Json


class Meta:
    """Everything of the stand-ins of WhatsApp and Instagram."""

    def __init__(self, infrastructure: Infrastructure) -> None:
        _, self.events, self.ledger, self.clock, self.settings = infrastructure
        self.media = Media(infrastructure)
        self.world = World(infrastructure, self.media)
        self.faults = Faults()
        self.limits = Limits(self.settings)
        self._timers: set[asyncio.TimerHandle] = set()
        self.sender = WebhookSender(infrastructure, self.faults, self.world)

    def start(self, cast: Cast, base: str) -> list[CastUser]:
        """Fills an empty world and posts what is pending; the people of the cast who came with it."""
        self.media.base = base
        added = self.world.fill(cast)
        self.sender.start()
        return added

    async def stop(self) -> None:
        for timer in self._timers:
            timer.cancel()
        await self.sender.stop()

    async def set_callback(self, app: App, url: str, verify_token: str = "") -> bool:
        """What the dashboard does with a new address: it is taken only if it answers the challenge."""
        is_right = await self.sender.verify_callback(app, url, verify_token or app.verify_token)
        app.status = "ok" if is_right else "failed"
        if is_right:
            app.callback_url = url
        self.world.keep_app(app)
        return is_right

    async def set_callbacks(self, gateway: str) -> None:
        """Sets every app's callback that has none of its own, as a person would in the dashboard."""
        for app in self.world.apps.values():
            url = f"{gateway}/hooks/meta/{app.name}"
            if app.callback_url in {"", url} or app.is_callback_ours:
                app.is_callback_ours = await self.set_callback(app, url)

    def publish(self, dialog: Dialog, place: str, item: Json, *, field: str = "") -> Posted | None:
        """Tells an account's app of an event, if the account is subscribed to it at all."""
        account = self.world.accounts[dialog.account_id]
        return self.publish_of(account, place, item, field=field, ordering_key=f"{account.id}:{dialog.person_id}")

    def publish_of(
        self, account: Account, place: str, item: Json, *, field: str = "", ordering_key: str = ""
    ) -> Posted | None:
        if not account.is_subscribed or (account.messenger == "instagram" and field and field not in account.fields):
            return None
        entry_id = account.owner_id if account.messenger == "whatsapp" else account.id
        ordering_key = ordering_key or account.id
        piece = Piece(account.app, account.messenger, account.id, entry_id, place, item, ordering_key)
        return self.sender.publish(piece)

    def later(self, ms: int, act: Callable[[], None]) -> None:
        """Does something after a while, or at once; what is still to come when the stand-in stops never happens."""
        if ms == 0:
            act()
        else:
            self._timers = {one for one in self._timers if one.when() > asyncio.get_running_loop().time()}
            self._timers.add(asyncio.get_running_loop().call_later(ms / 1000, act))

    def is_open(self, dialog: Dialog, within_ms: int) -> bool:
        """Whether the person wrote so lately that they may be written to."""
        return bool(dialog.opened_at) and self.clock.now_ms() - dialog.opened_at < within_ms
