"""Who the seller is, and where its webhooks go: one address, which a new one replaces."""

from urllib.parse import urlsplit

from sandbox.avito.calls import Call, method
from sandbox.avito.errors import invalid
from sandbox.avito.shapes import profile_url
from sandbox.wire import Json

_OK: Json = {"ok": True}


@method("self")
def tell_self(call: Call) -> Json:
    seller = call.seller
    return {
        "id": seller.id,
        "name": seller.name,
        "email": f"{seller.nick}@shop.example",
        "phone": "79990001042",
        "phones": ["79990001042"],
        "profile_url": profile_url(seller.id),
    }


@method("subscribe")
def subscribe(call: Call) -> Json:
    call.seller.url = _url(call)
    call.world.keep_seller(call.seller)
    return _OK


@method("unsubscribe")
def unsubscribe(call: Call) -> Json:
    """An address that is not subscribed is no trouble."""
    if call.seller.url == _url(call):
        call.seller.url = ""
        call.world.keep_seller(call.seller)
    return _OK


@method("subscriptions")
def list_subscriptions(call: Call) -> Json:
    url = call.seller.url
    return {"subscriptions": [{"url": url, "version": "3"}] if url else []}


def _url(call: Call) -> str:
    url = call.object().get("url")
    if not isinstance(url, str) or urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise invalid(url="should be an address")
    return url
