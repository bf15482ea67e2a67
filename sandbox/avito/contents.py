"""What a buyer's message can carry beside words: pictures, voices, and the things that have no bytes for a program."""

from collections.abc import Callable

from sandbox.avito.records import Listing, MessageType, Seller
from sandbox.avito.shapes import item_content
from sandbox.avito.world import World
from sandbox.toolkit.acts import ActError
from sandbox.wire import Json

FILE_KINDS: dict[str, MessageType] = {"photo": "image", "voice": "voice"}
"""How the page calls what has bytes, and how Avito does."""

_URL = "https://romashka.example/delivery"


def _link(world: World, _seller: Seller, listing: Listing | None) -> Json:
    picture = world.files.get(listing.picture) if listing is not None else None
    preview = {
        "title": "Доставка",
        "description": "Привезём за два часа",
        "domain": "romashka.example",
        "url": _URL,
        "images": world.files.sizes(picture) if picture is not None else None,
    }
    return {"link": {"text": _URL, "url": _URL, "preview": preview}}


def _item(world: World, seller: Seller, listing: Listing | None) -> Json:
    own = listing or next((one for one in world.listings.values() if one.seller_id == seller.id), None)
    if own is None:
        raise ActError("There is no listing to send.")
    return item_content(world, own)


def _call(_world: World, seller: Seller, _listing: Listing | None) -> Json:
    return {"call": {"status": "missed", "target_user_id": seller.id}}


def _nothing(_world: World, _seller: Seller, _listing: Listing | None) -> Json:
    return {}


THINGS: dict[str, tuple[MessageType, Callable[[World, Seller, Listing | None], Json]]] = {
    "link": ("link", _link),
    "item": ("item", _item),
    "call": ("call", _call),
    "app_call": ("appCall", _nothing),
    "video": ("video", _nothing),
    "file": ("file", _nothing),
}
"""What is sent without bytes: Avito's kind, and its content."""


def location_content(latitude: float, longitude: float, title: str) -> Json:
    return {"location": {"kind": "house", "lat": latitude, "lon": longitude, "text": title, "title": title}}
