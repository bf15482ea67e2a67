"""The objects of Avito's API: messages, chats, webhooks; files become addresses here.

Source: the messenger's OpenAPI document and CHANNELS.md 5.2; `city` in the item's context is from a recorded chat.
"""

import uuid
from datetime import UTC, datetime

from sandbox.avito.records import Chat, Listing, Message
from sandbox.avito.world import World
from sandbox.wire import Json

SITE = "https://www.avito.ru"
VERSION = "v3.0.0"


def content_of(world: World, message: Message) -> Json:
    file = world.files.get(message.file) if message.file is not None else None
    if file is None:
        return message.content
    if message.type == "voice":
        return {"voice": {"voice_id": file.voice_id}}
    return {"image": {"sizes": world.files.sizes(file)}}


def _core(world: World, chat: Chat, message: Message) -> Json:
    is_out = message.author_id == chat.seller_id
    return {
        "id": message.id,
        "author_id": message.author_id,
        "created": message.created,
        "content": content_of(world, message),
        "type": message.type,
        "direction": "out" if is_out else "in",
    }


def listed_message(world: World, chat: Chat, message: Message) -> Json:
    """As the list of messages has it."""
    is_out = message.author_id == chat.seller_id
    told = {**_core(world, chat, message), "is_read": is_out or message.read is not None, "read": message.read}
    quoted = world.message_by_number(chat, message.quoted) if message.quoted is not None else None
    if quoted is not None:
        told["quote"] = {name: value for name, value in _core(world, chat, quoted).items() if name != "direction"}
    return told


def sent_message(world: World, chat: Chat, message: Message) -> Json:
    """As the answer to a send has it: a text without its author, as in the document's example."""
    told = _core(world, chat, message)
    if message.type == "text":
        del told["author_id"]
    return told


def webhook(world: World, chat: Chat, message: Message) -> Json:
    """What is posted of a message, with an id of its own."""
    value: Json = {
        "id": message.id,
        "chat_id": chat.id,
        "user_id": chat.seller_id,
        "author_id": message.author_id,
        "created": message.created,
        "type": message.type,
        "chat_type": chat.kind,
        "content": content_of(world, message),
        "read": message.read,
        "published_at": datetime.fromtimestamp(message.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if chat.listing_id is not None:
        value["item_id"] = chat.listing_id
    return envelope(value, message.created)


def envelope(value: Json, now_s: int) -> Json:
    return {
        "id": str(uuid.uuid4()),
        "version": VERSION,
        "timestamp": now_s,
        "payload": {"type": "message", "value": value},
    }


def shown_chat(world: World, chat: Chat) -> Json:
    """A chat with its two people, what it is about, and its newest message."""
    listing = world.listings.get(chat.listing_id) if chat.listing_id is not None else None
    newest = next(iter(world.history(chat)), None)
    told: Json = {
        "id": chat.id,
        "created": chat.created,
        "updated": chat.updated,
        "users": [_user(world, user_id, listing) for user_id in (chat.buyer_id, chat.seller_id)],
    }
    if listing is not None:
        told["context"] = {"type": "item", "value": _item(world, listing)}
    if newest is not None:
        told["last_message"] = {**_core(world, chat, newest), "delivered": newest.created}
    return told


def listing_url(listing: Listing) -> str:
    return f"{SITE}/{listing.slug}_{listing.id}"


def profile_url(user_id: int) -> str:
    return f"{SITE}/user/{uuid.uuid5(uuid.NAMESPACE_URL, f'{SITE}/{user_id}').hex}/profile"


def item_content(world: World, listing: Listing) -> Json:
    """A listing as the content of a message."""
    picture = world.files.get(listing.picture)
    assert picture is not None
    return {
        "item": {
            "title": listing.title,
            "price_string": listing.price,
            "image_url": world.files.sizes(picture)["640x480"],
            "item_url": listing_url(listing),
        }
    }


def _item(world: World, listing: Listing) -> Json:
    picture = world.files.get(listing.picture)
    assert picture is not None
    return {
        "id": listing.id,
        "title": listing.title,
        "user_id": listing.seller_id,
        "images": {"main": world.files.main_size(picture), "count": 1},
        "status_id": listing.status_id,
        "price_string": listing.price,
        "url": listing_url(listing),
        "location": {"title": listing.city, "lat": listing.latitude, "lon": listing.longitude},
    }


def _user(world: World, user_id: int, listing: Listing | None) -> Json:
    person = world.buyers.get(user_id) or world.sellers[user_id]
    avatar = world.files.get(person.avatar)
    assert avatar is not None
    profile: Json = {"user_id": user_id, "avatar": world.files.avatar(avatar), "url": profile_url(user_id)}
    if listing is not None:
        profile["item_id"] = listing.id
    return {
        "id": user_id,
        "name": person.name,
        "parsing_allowed": user_id in world.sellers,
        "public_user_profile": profile,
    }
