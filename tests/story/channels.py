"""The stage with every channel in one gateway: VK by Long Poll and by Callback, Avito, WhatsApp and Instagram."""

from sandbox.cast import CastCommunity, CastUser
from tests.story import accounts
from tests.story.faultrun import Client
from tests.story.process import free_port, until
from tests.story.stage import Stage

POSTED = CastCommunity(
    id=219000002, token="vk1.a.demo-token-of-the-community-posted", screen_name="posted", name="Ромашка на Callback"
)
SOON = {
    "webhook_first_retry_ms": 200,
    "webhook_retry_cap_ms": 1000,
    "vk_callback_retry_ms": 500,
    "meta_retry_ms": 200,
    "meta_retry_cap_ms": 1000,
    "avito_webhook_retry_ms": 500,
    "vk_callback_attempts": 1000,
    "avito_webhook_attempts": 1000,
}
"""Vendors post again sooner and more often than they do: a run of seconds has no time for their minutes."""
CHANNELS = ("vk", "vk by callback", "avito", "whatsapp", "instagram")


class ChannelsStage(Stage):
    """An account of each channel on one line."""

    def __init__(self, folder, **settings):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        posted = accounts.account(
            "posted", CHANNEL="vk", TOKEN=POSTED.token, GROUP_ID=str(POSTED.id), API_URL=url, MODE="webhook"
        )
        environment = {
            **accounts.vk(url, "polling"),
            **posted,
            **accounts.avito(url, "webhook"),
            **accounts.whatsapp(url),
            **accounts.instagram(url),
            **accounts.meta_app(),
        }
        for name in ("romashka", "posted", "flowers", "romashka_wa", "romashka_ig"):
            environment |= accounts.account(name, **accounts.LIFTED)
        super().__init__(folder, webhooks=True, environment=environment, port=port, **SOON, **settings)

    async def __aenter__(self):
        await super().__aenter__()
        sandbox = self.sandbox
        sandbox.vk.world.add_community(POSTED)
        self.romashka, self.flowers = sandbox.community("romashka").id, sandbox.seller("flowers")
        self.number, self.page = sandbox.account("romashka_wa").id, sandbox.account("romashka.flowers").id
        return self

    async def open(self):
        """And every vendor knows where to bring its news."""
        await super().open()
        sandbox = self.sandbox

        async def is_set_up():
            return (
                accounts.is_vk_set_up(sandbox, self.romashka)
                and accounts.is_vk_set_up(sandbox, POSTED.id)
                and bool(sandbox.avito.world.sellers[self.flowers.id].url)
                and await accounts.is_meta_set_up(sandbox, self.gateway, self.number, self.page)
            )

        await until(is_set_up, lambda: self.gateway.log[-3000:])

    def client(self, channel, number):
        """Somebody new on a channel."""
        name = f"Клиент{number}"
        write, heard = getattr(self, f"_on_{channel.replace(' ', '_')}")(CastUser(id=710_000_000 + number, name=name))
        return Client(name, write, heard)

    def is_calm(self):
        """Whether every post of the vendors was taken, or given up."""
        posted, settled = set(), set()
        for row in self.sandbox.ledger.since():
            if row.get("messenger") and row.get("via") in {"callback", "webhook"}:
                (posted if row["kind"] == "update_offered" else settled).add(row["update_id"])
        return posted <= settled

    def set_faults(self, rules):
        """Returns how often the rules in force so far have fired: by messenger and fault."""
        fired = {}
        for rule in self.sandbox.fault_rules.in_force():
            name = getattr(rule, "messenger", "telegram"), rule.fault
            fired[name] = fired.get(name, 0) + rule.fired
        self.sandbox.fault_rules.replace(rules)
        return fired

    # ── who there is ──────────────────────────────────────────────────────────────────────────────────

    def _on_vk(self, cast):
        return self._at_community(cast, self.romashka)

    def _on_vk_by_callback(self, cast):
        return self._at_community(cast, POSTED.id)

    def _at_community(self, cast, community):
        world = self.sandbox.vk.world
        cast.communities = [world.communities[community].screen_name]
        user = self.sandbox.add_user(cast).id

        def heard():
            history = world.history(world.dialogs[community, user])
            return [one.body["text"] for one in history if one.is_out and not one.is_gone][::-1]

        return lambda text: self.sandbox.vk_people.text(user, community, text), heard

    def _on_avito(self, cast):
        world, place = self.sandbox.avito.world, self.flowers.listing
        cast.listings = [place]
        user = self.sandbox.add_user(cast).id

        def heard():
            history = world.history(world.chat_at(user, place))
            return [one.content["text"] for one in history if one.author_id == self.flowers.id][::-1]

        return lambda text: self.sandbox.avito_people.text(user, place, text), heard

    def _on_whatsapp(self, cast):
        cast.phone, cast.whatsapp = f"7916{cast.id % 10_000_000:07}", ["romashka_wa"]
        return self._at_meta(cast, self.number, self.sandbox.whatsapp_people)

    def _on_instagram(self, cast):
        cast.username, cast.instagram = f"client.{cast.id}", ["romashka.flowers"]
        return self._at_meta(cast, self.page, self.sandbox.instagram_people)

    def _at_meta(self, cast, account, people):
        world = self.sandbox.meta.world
        user = self.sandbox.add_user(cast).id

        def heard():
            history = world.history(world.dialogs[account, user])
            return [one.text for one in history if one.is_out and one.status != "failed" and not one.is_gone][::-1]

        return lambda text: people.text(user, account, text), heard
