"""What happens to a bot past its API: a lost subscription, another token, updates of any kind."""

import secrets

from sandbox.max.acts import Act, Acts
from sandbox.wire import Json


class Staff(Acts):
    def unsubscribe(self, bot_id: int) -> None:
        """Every subscription vanishes, and nobody is told."""
        bot = self._bot(bot_id)
        bot.subscriptions = []
        self._world.keep_bot(bot)

    def revoke_token(self, bot_id: int) -> str:
        """Gives the bot another token, returned; the old one is answered with 401."""
        bot = self._bot(bot_id)
        bot.token = f"f9LHodD0cO{secrets.token_urlsafe(40)}"
        self._world.keep_bot(bot)
        return bot.token

    def inject(self, bot_id: int, update: Json) -> Act:
        """Tells the bot an update as it is, such as a group's; raises ActError."""
        return Act(None, self.server.feed.publish_raw(self._bot(bot_id), update))
