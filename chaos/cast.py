"""Who there is in the fault run, and the settings of a gateway that serves them: four lines, each a bot and a site."""

from collections.abc import Sequence
from typing import NamedTuple

from sandbox.cast import CastBot, CastUser
from tests.story.site import ORIGIN

LINES = 4
OPERATORS = 6
ACCOUNTS = ("staff", *(f"shop{number}" for number in range(LINES)))
"""Accounts over Telegram, by their names in the settings."""
_FIRST_CUSTOMER, _FIRST_OPERATOR, _FIRST_BOT = 920_000_000, 930_000_000, 7_000_000_100
_LIFTED_BOT = {"PER_SECOND": "1000", "PER_CHAT_SECOND": "1000", "CHAT_BURST": "1000"}
_LIFTED_SITE = {
    "MESSAGES_PER_MINUTE": "100000",
    "ADDRESS_PER_MINUTE": "1000000",
    "ACCOUNT_PER_SECOND": "10000",
    "SOCKETS_PER_VISITOR": "1000",
    "SOCKETS_PER_ADDRESS": "100000",
    "SESSIONS_PER_ADDRESS_MINUTE": "100000",
}


class Size(NamedTuple):
    """How many clients there are, half of them at the widget, and how much is said a second."""

    clients: int
    messages: float
    replies: float


def shop_bot(number: int) -> CastBot:
    """The bot of a line."""
    return CastBot(
        id=_FIRST_BOT + number,
        token=f"{_FIRST_BOT + number}:AAchaos-token-that-nobody-gave-shop-bot{number}",
        username=f"chaos{number}_bot",
        name=f"Магазин {number}",
    )


def customer(number: int) -> CastUser:
    """A client over Telegram, with one of the lines' bots."""
    bot = shop_bot(number % LINES).username
    return CastUser(id=_FIRST_CUSTOMER + number, name=f"Клиент{number}", bots=[bot])


def operator(number: int) -> CastUser:
    return CastUser(id=_FIRST_OPERATOR + number, name=f"Оператор{number}", role="operator", bots=["desk_bot"])


def environment(api_url: str, desk_token: str, admins: Sequence[int]) -> dict[str, str]:
    """Settings of a gateway whose messenger is at `api_url`; nothing of it is slower than the messenger allows."""
    found = {
        "GATEWAY_OPERATOR_BOT__TOKEN": desk_token,
        "GATEWAY_OPERATOR_BOT__API_URL": api_url,
        "GATEWAY_OPERATOR_BOT__ADMINS": str(list(admins)),
        **{f"GATEWAY_OPERATOR_BOT__{name}": value for name, value in _LIFTED_BOT.items()},
    }
    for number in range(LINES):
        line = f"GATEWAY_LINES__LINE{number}"
        shop = {"CHANNEL": "telegram", "TOKEN": shop_bot(number).token, "API_URL": api_url, **_LIFTED_BOT}
        site = {
            "CHANNEL": "widget",
            "SECRET": "what-the-widget-of-the-fault-run-signs-with",
            "ORIGINS": f'["{ORIGIN}"]',
            **_LIFTED_SITE,
        }
        found[f"{line}__TITLE"] = f"Линия {number}"
        found |= {f"{line}__ACCOUNTS__SHOP{number}__{name}": value for name, value in shop.items()}
        found |= {f"{line}__ACCOUNTS__SITE{number}__{name}": value for name, value in site.items()}
    return found
