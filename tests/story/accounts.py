"""An account of each channel as the gateway's settings name it, at the sandbox's stand-ins, and when it is set up."""

from sandbox.cast import load_cast
from sandbox.server import Sandbox
from tests.story.process import Gateway

LIFTED = {"PER_SECOND": "1000", "PER_CHAT_SECOND": "1000", "CHAT_BURST": "1000"}
"""The gateway's own pace, lifted where the sandbox's limits are."""


def account(name: str, **settings: str) -> dict[str, str]:
    """An account of the stage's line."""
    return {f"GATEWAY_LINES__SALES__ACCOUNTS__{name.upper()}__{one}": value for one, value in settings.items()}


def vk(url: str, mode: str) -> dict[str, str]:
    """The community "Ромашка"."""
    token = "vk1.a.demo-token-of-the-sandbox-community-romashka"
    return account("romashka", CHANNEL="vk", TOKEN=token, GROUP_ID="219000001", API_URL=url, MODE=mode)


def avito(url: str, mode: str) -> dict[str, str]:
    """The seller "Ромашка"."""
    key, secret = "demo-client-of-the-sandbox", "demo-client-secret-of-the-sandbox-flowers"
    known = account("flowers", CHANNEL="avito", CLIENT_ID=key, CLIENT_SECRET=secret, API_URL=url, MODE=mode)
    return known | account("flowers", POLL_SECONDS="0.1", PER_CHAT_SECOND="1000")


def whatsapp(url: str) -> dict[str, str]:
    """The shop's number."""
    token, number, owner = "EAAGdemo0token0of0the0sandbox0whatsapp", "106540352242001", "102290129340001"
    known = account("romashka_wa", CHANNEL="whatsapp", APP="romashka_app", TOKEN=token, API_URL=f"{url}/v23.0")
    return known | account(
        "romashka_wa", PHONE_NUMBER_ID=number, WABA_ID=owner, PER_CHAT_SECOND="1000", CHAT_BURST="1000"
    )


def instagram(url: str) -> dict[str, str]:
    """The account romashka.flowers."""
    token, number = "IGAAdemo0token0of0the0sandbox0instagram", "17841400000000001"
    known = account("romashka_ig", CHANNEL="instagram", APP="romashka_app", TOKEN=token, API_URL=url)
    return known | account("romashka_ig", INSTAGRAM_ID=number)


def meta_app() -> dict[str, str]:
    """The app to which both of Meta's belong."""
    app = load_cast().meta_apps[0]
    return {
        "GATEWAY_APPS__ROMASHKA_APP__SECRET": app.secret,
        "GATEWAY_APPS__ROMASHKA_APP__VERIFY_TOKEN": app.verify_token,
    }


def is_vk_set_up(sandbox: Sandbox, community: int) -> bool:
    """Whether VK knows where to bring a community's events."""
    known = sandbox.vk.world.communities[community]
    return known.longpoll.is_enabled or any(one.status == "ok" and one.events for one in known.servers)


async def is_meta_set_up(sandbox: Sandbox, gateway: Gateway, *accounts: str) -> bool:
    """Enters the app's webhook in Meta's dashboard; whether it was taken, and the accounts are subscribed."""
    app = sandbox.meta.world.apps["romashka_app"]
    is_taken = await sandbox.meta.set_callback(app, f"{gateway.url}/hooks/meta/{app.name}")
    return is_taken and all(sandbox.meta.world.accounts[one].is_subscribed for one in accounts)
