"""What a VK attachment without a file tells of itself: its title in a line, and the whole link to it. Pure.

A link carries VK's access key where the attachment has one: what is not public opens with it only.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from gateway.connectors.toolkit.text import Unit, shorten
from gateway.connectors.toolkit.values import Json, url_of, words
from gateway.connectors.vk.mentions import unmarked
from gateway.connectors.vk.values import count, count_signed

HINT = 400
"""Signs of a hint at most."""
_KEY = 200


class Description(NamedTuple):
    """`link` is whole or empty, never a part of `hint`."""

    hint: str = ""
    link: str = ""


def _said(value: object) -> str:
    """A title or text in one line, with the words of its mentions."""
    return shorten(" ".join(unmarked(words(value)).split()), HINT // 2, Unit.CHARS)


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _page(kind: str, body: Json, *, owner: str = "owner_id", number: str = "id", query: str = "") -> str:
    """The address of a thing's own page, `https://vk.com/video-1_2?access_key=…`; empty: VK did not tell enough."""
    whose, which = count_signed(body.get(owner)), count(body.get(number))
    key = words(body.get("access_key"))
    opens = f"access_key={key}" if key.isalnum() and len(key) <= _KEY else ""
    asked = "&".join(filter(None, (query, opens)))
    found = "" if whose is None or which is None else f"https://vk.com/{kind}{whose}_{which}"
    return f"{found}?{asked}" if found and asked else found


def _thing(kind: str) -> Callable[[Json], Description]:
    """Something with a title and a page of its own."""

    def told(body: Json) -> Description:
        return Description(anything(body).hint, _page(kind, body) or anything(body).link)

    return told


def _video(body: Json) -> Description:
    kind = "clip" if body.get("type") == "short_video" else "video"
    return Description(_said(body.get("title")), _page(kind, body) or url_of(body, "share_url", "player"))


def _post(body: Json) -> Description:
    owner = next((one for one in ("owner_id", "to_id", "from_id") if count_signed(body.get(one)) is not None), "")
    return Description(_said(body.get("text")), _page("wall", body, owner=owner))


def _comment(body: Json) -> Description:
    which = count(body.get("id"))
    page = "" if which is None else _page("wall", body, number="post_id", query=f"reply={which}")
    return Description(_said(body.get("text")), page)


def _goods(body: Json) -> Description:
    price = body.get("price")
    amount = words(price.get("text")) if isinstance(price, Mapping) else ""
    return Description(_joined(_said(body.get("title")), amount), _page("product", body) or url_of(body, "url"))


def _goods_album(body: Json) -> Description:
    owner, which = count_signed(body.get("owner_id")), count(body.get("id"))
    page = "" if owner is None or which is None else f"https://vk.com/market{owner}?section=album_{which}"
    return Description(_said(body.get("title")), page)


def _link(body: Json) -> Description:
    return Description(_said(body.get("title")) or _said(body.get("description")), url_of(body, "url"))


def _gift(body: Json) -> Description:
    best = max(("thumb_512", "thumb_256", "thumb_96", "thumb_48"), key=lambda name: bool(url_of(body, name)))
    return Description(link=url_of(body, best))


def _poll(body: Json) -> Description:
    listed = body.get("answers")
    answers = [
        words(one.get("text")) for one in (listed if isinstance(listed, list) else ()) if isinstance(one, Mapping)
    ]
    return Description(_joined(words(body.get("question")), ", ".join(filter(None, answers))), _page("poll", body))


def _recording(kind: str) -> Callable[[Json], Description]:
    def told(body: Json) -> Description:
        named = " – ".join(filter(None, (words(body.get("artist")), words(body.get("title")))))
        return Description(named, _page(kind, body))

    return told


def _call(body: Json) -> Description:
    seconds = count(body.get("duration"))
    return Description(_joined(words(body.get("state")), f"{seconds // 60}:{seconds % 60:02}" if seconds else ""))


def _spoken(body: Json) -> Description:
    """A voice message without its sound: what VK itself has heard in it."""
    return Description(transcript_of(body))


def transcript_of(body: Json) -> str:
    """The words of a voice message as VK has written them down; empty: it has not."""
    return words(body.get("transcript"))


def anything(body: Json) -> Description:
    """What a kind that nobody here knows tells of itself."""
    names = ("title", "name", "question", "text", "caption", "description", "transcript")
    said = next((_said(body.get(name)) for name in names if words(body.get(name))), "")
    return Description(said, url_of(body, "view_url", "share_url", "url", "link"))


HINTS: Mapping[str, Callable[[Json], Description]] = {
    "video": _video,
    "clip": _thing("clip"),
    "wall": _post,
    "wall_reply": _comment,
    "market": _goods,
    "market_album": _goods_album,
    "link": _link,
    "gift": _gift,
    "poll": _poll,
    "photo": _thing("photo"),
    "doc": _thing("doc"),
    "album": _thing("album"),
    "audio": _recording("audio"),
    "podcast": _recording("podcast"),
    "story": _thing("story"),
    "narrative": _thing("narrative"),
    "audio_message": _spoken,
    "call": _call,
}
