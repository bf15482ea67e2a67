"""What a person's message can carry beside words: files, and the things that need none."""

import hashlib
import hmac

from sandbox.max.bodies import vcard
from sandbox.max.files import FileKind
from sandbox.max.records import Bot, Link, Person, mid_of
from sandbox.wire import Json

FILE_KINDS: dict[str, FileKind] = {
    "photo": "image",
    "video": "video",
    "audio": "audio",
    "document": "file",
    "voice": "audio",
    "sticker": "image",
}
"""How the page calls what has bytes, and how MAX does."""
ALBUMS = frozenset({"photo", "video"})
"""What may stand in one message with others."""

_SITE = "https://romashka.example/delivery"
_STRANGERS_CHAT = -70_801_090_403_050
_STRANGERS_SEQ = 116_327_994_376_978_687


def share(url: str = "") -> Json:
    """A link with its preview."""
    payload = {"url": url or _SITE, "token": "f9LHodD0cOLdemo"}
    return {"type": "share", "payload": payload, "title": "Доставка", "description": "Привезём за два часа"}


def location(latitude: float, longitude: float) -> Json:
    """MAX's one attachment without a payload."""
    return {"type": "location", "latitude": latitude, "longitude": longitude}


def contact(bot: Bot, name: str, phone: str, person: Person | None, known: Json | None) -> Json:
    """A card signed for the bot; of a person of MAX also who it is."""
    card = vcard(name if person is None else person.name, phone if person is None else person.phone)
    sign = hmac.new(bot.token.encode(), card.encode(), hashlib.sha256).hexdigest()
    whose = {} if known is None else {"max_info": known}
    return {"type": "contact", "payload": {"vcf_info": card, "hash": sign, **whose}}


def strangers_words(text: str, sender: Json) -> Link:
    """A message from a chat that the bot is not in, to be passed on."""
    return Link(
        type="forward",
        sender=sender,
        chat_id=_STRANGERS_CHAT,
        mid=mid_of(_STRANGERS_CHAT, _STRANGERS_SEQ),
        seq=_STRANGERS_SEQ,
        text=text,
    )
