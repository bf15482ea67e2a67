"""What a person's message can carry beside words: files, and the things of VK that have no bytes for a bot.

Shapes of API 5.199 with values of our own.
"""

from collections.abc import Callable

from sandbox.toolkit.acts import ActError
from sandbox.vk.files import FileKind
from sandbox.vk.methods.sending import sticker_of
from sandbox.wire import Json

FILE_KINDS: dict[str, FileKind] = {
    "photo": "photo",
    "document": "doc",
    "voice": "audio_message",
    "graffiti": "graffiti",
}
"""How the page calls what is uploaded, and how VK does."""


def _video(owner_id: int, number: int) -> Json:
    image = [
        {"url": f"https://vk.com/images/video_{side}.jpg", "width": side, "height": side * 9 // 16}
        for side in (320, 720)
    ]
    return {
        "id": number, "owner_id": owner_id, "title": "Букет в подарок", "description": "", "duration": 17,
        "image": image, "access_key": "a1b2c3d4e5f6a7b8c9", "date": 1_700_000_000, "type": "video", "views": 3,
    }  # fmt: skip


def _audio(owner_id: int, number: int) -> Json:
    return {"id": number, "owner_id": owner_id, "artist": "Open Lines", "title": "Ромашка", "duration": 184, "url": ""}


def _sticker(_owner_id: int, number: int) -> Json:
    return sticker_of(number)


def _link(_owner_id: int, _number: int) -> Json:
    return {
        "url": "https://romashka.example/delivery",
        "title": "Доставка",
        "caption": "romashka.example",
        "description": "",
    }


def _wall(owner_id: int, number: int) -> Json:
    return {
        "id": number, "from_id": owner_id, "to_id": owner_id, "date": 1_700_000_000, "post_type": "post",
        "text": "Акция: ромашки по средам", "attachments": [],
    }  # fmt: skip


def _market(owner_id: int, number: int) -> Json:
    price = {"amount": "259000", "currency": {"id": 643, "name": "RUB", "title": "₽"}, "text": "2590 ₽"}
    return {
        "id": number, "owner_id": owner_id, "title": "Букет «Июль»", "description": "Ромашки и васильки",
        "price": price, "availability": 0, "date": 1_700_000_000,
    }  # fmt: skip


def _gift(_owner_id: int, number: int) -> Json:
    return {
        "id": number,
        **{f"thumb_{side}": f"https://vk.com/images/gift/{number}/{side}.png" for side in (48, 96, 256)},
    }


THINGS: dict[str, Callable[[int, int], Json]] = {
    "video": _video,
    "audio": _audio,
    "sticker": _sticker,
    "link": _link,
    "wall": _wall,
    "market": _market,
    "gift": _gift,
}


def thing(kind: str, owner_id: int, number: int) -> Json:
    """The attachment of a kind without bytes; raises ActError."""
    if kind not in THINGS:
        raise ActError(f"There is nothing called {kind} to send on VK: use one of {', '.join([*FILE_KINDS, *THINGS])}.")
    return {"type": kind, kind: THINGS[kind](owner_id, number)}
