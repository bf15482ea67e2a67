"""How the control API shows Avito's sellers, listings, chats and messages; the shapes that the page knows."""

from sandbox.avito.records import Chat, Listing, Message, Seller
from sandbox.avito.shapes import listed_message, listing_url
from sandbox.avito.world import World
from sandbox.wire import Json


def show_message(world: World, message: Message) -> Json:
    """Avito's object and beside it what only the phone knows; addresses are of the page's own server."""
    chat = world.chats[message.chat_id]
    return {
        **listed_message(world, chat, message),
        "number": message.number,
        "mine": message.author_id == chat.buyer_id,
        "is_hidden": message.is_hidden,
        "quoted": message.quoted,
        "files": [] if message.file is None else [_show_file(world, message.file)],
    }


def _show_file(world: World, number: int) -> Json:
    file = world.files.get(number)
    assert file is not None
    measured = {"width": file.width, "height": file.height, "duration": file.duration}
    return {
        "kind": "voice" if file.voice_id else "photo",
        "url": _address(number),
        "name": file.name,
        "mime": file.mime,
        "size": file.size,
        **{name: value for name, value in measured.items() if value},
    }


def _address(number: int) -> str:
    return f"/sandbox/avito/files/{number}"


def show_seller(seller: Seller) -> Json:
    """A seller without its secrets."""
    return {
        "id": seller.id,
        "nick": seller.nick,
        "name": seller.name,
        "client_id": seller.client_id,
        "subscribed": bool(seller.url),
        "paid": seller.is_paid,
    }


def show_listing(listing: Listing) -> Json:
    return {
        "id": listing.id,
        "seller_id": listing.seller_id,
        "title": listing.title,
        "price": listing.price,
        "city": listing.city,
        "url": listing_url(listing),
        "picture": _address(listing.picture),
    }


def show_chat(chat: Chat) -> Json:
    return {
        "id": chat.id,
        "place": chat.place,
        "seller_id": chat.seller_id,
        "listing_id": chat.listing_id,
        "user_id": chat.buyer_id,
        "refused": chat.is_refused,
        "blacklisted": chat.is_blacklisted,
        "unread": chat.unread,
    }
