"""The stage with a community of VK as one more account of the line."""

from tests.story import accounts
from tests.story.process import free_port, until
from tests.story.stage import Stage


class VkStage(Stage):
    """The stage with the community "Ромашка" as one more account of the line, and Ирина who writes to it."""

    def __init__(self, folder, mode, **settings):
        port = free_port()
        environment = accounts.vk(f"http://127.0.0.1:{port}", mode)
        super().__init__(folder, webhooks=mode == "webhook", environment=environment, port=port, **settings)

    async def __aenter__(self):
        await super().__aenter__()
        self.romashka, self.irina = self.sandbox.community("romashka").id, self.sandbox.user("irina")
        self.people, self.staff = self.sandbox.vk_people, self.sandbox.vk_staff
        return self

    async def open(self):
        """And VK knows where to bring its events."""
        await super().open()
        community = self.sandbox.vk.world.communities[self.romashka]

        def is_set_up():
            return accounts.is_vk_set_up(self.sandbox, self.romashka)

        await until(asking(is_set_up), lambda: f"{community}\n{self.gateway.log[-3000:]}")

    def dialog(self):
        """What stands on Irina's phone, oldest first."""
        dialog = self.sandbox.vk.world.dialogs[self.romashka, self.irina]
        return [one for one in self.sandbox.vk.world.history(dialog) if not one.is_gone][::-1]

    async def irina_sees(self, what):
        """Waits until she sees such a message of the community's; the newest one."""
        found = []

        async def there():
            found[:] = [one for one in self.dialog() if one.is_out and what(one)]
            return bool(found)

        await until(there, lambda: f"{[one.body for one in self.dialog()]}\n{self.gateway.log[-3000:]}")
        return found[-1]


def asking(question):
    """A plain question as one that can be waited for."""

    async def asked():
        return question()

    return asked
