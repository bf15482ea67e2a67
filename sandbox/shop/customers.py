"""Who is logged in at the shop, and how its server vouches for them to the chat.

This is what any site's server does: it keeps the secret that it shares with the gateway, and signs its customer's id.
"""

import hashlib
import hmac

import msgspec

_VOUCHED_S = 3600


class Customer(msgspec.Struct, frozen=True):
    id: str
    name: str
    email: str
    phone: str


OLGA = Customer("client-1042", "Ольга Ветрова", "olga@example.com", "+7 495 555-01-42")
_KNOWN = {OLGA.id: OLGA}


class VouchedUser(msgspec.Struct, frozen=True):
    """What the page hands to the chat; `until` in Unix seconds."""

    id: str
    name: str
    email: str
    phone: str
    until: int
    signature: str


def vouch(customer: Customer, secret: str, now_s: int) -> VouchedUser:
    """The customer, signed for an hour with the secret that the shop shares with the gateway."""
    until = now_s + _VOUCHED_S
    signature = _sign(secret, f"{customer.id}\n{until}")
    return VouchedUser(customer.id, customer.name, customer.email, customer.phone, until, signature)


def pass_of(customer: Customer, secret: str) -> str:
    """The shop's own cookie for who has logged in."""
    return f"{customer.id}.{_sign(secret, f'logged in: {customer.id}')}"


def customer_of(shown_pass: str, secret: str) -> Customer | None:
    """Whose cookie it is; None for a missing or invented one."""
    customer = _KNOWN.get(shown_pass.rpartition(".")[0])
    if customer is None or not hmac.compare_digest(pass_of(customer, secret).encode(), shown_pass.encode()):
        return None
    return customer


def _sign(secret: str, text: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
