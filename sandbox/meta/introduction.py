"""How the gateway is told of Meta's apps and accounts: as the variables of its settings, by their names only."""

from sandbox.meta.world import World

_LINE = "GATEWAY_LINES__SALES__ACCOUNTS__"


def settings_of(world: World, sandbox_url: str, gateway_url: str) -> dict[str, str]:
    """The phones on WhatsApp and accounts on Instagram with their apps, which want the gateway's own address too."""
    settings = {"GATEWAY_PUBLIC_URL": gateway_url} if world.accounts else {}
    for app in world.apps.values():
        named = f"GATEWAY_APPS__{app.name.upper()}__"
        settings |= {f"{named}SECRET": app.secret, f"{named}VERIFY_TOKEN": app.verify_token}
    for account in world.accounts.values():
        own = {"CHANNEL": account.messenger, "APP": account.app, "TOKEN": account.token}
        if account.messenger == "whatsapp":
            own |= {"PHONE_NUMBER_ID": account.id, "WABA_ID": account.owner_id, "API_URL": f"{sandbox_url}/v23.0"}
        else:
            own |= {"INSTAGRAM_ID": account.id, "API_URL": sandbox_url}
        name = account.username.upper().replace(".", "_")
        settings |= {f"{_LINE}{name}__{key}": value for key, value in own.items()}
    return settings
