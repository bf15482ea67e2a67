"""How the product is told of the cast's seller: its settings for an account on the channel Avito."""

from sandbox.avito.world import World


def account(world: World, url: str) -> tuple[str, dict[str, str]] | None:
    """The first seller's name and settings, if there is any; it is asked for news, as nobody outside can reach us."""
    for seller in world.sellers.values():
        settings = {
            "CHANNEL": "avito",
            "CLIENT_ID": seller.client_id,
            "CLIENT_SECRET": seller.client_secret,
            "API_URL": url,
            "MODE": "polling",
            "POLL_SECONDS": "1",
        }
        return seller.nick, settings
    return None
