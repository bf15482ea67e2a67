"""What a VK attachment without a file tells of itself in a line: its title, and a link to it. Pure."""

from collections.abc import Callable, Mapping

from gateway.connectors.vk.values import Json, count, count_signed, url_of, words

HINT = 400
"""Signs of a hint at most."""


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _page(kind: str, body: Json, *, owner: str = "owner_id") -> str:
    """The address of a thing's own page: vk.com/video-1_2."""
    whose, which = count_signed(body.get(owner)), count(body.get("id"))
    return "" if whose is None or which is None else f"https://vk.com/{kind}{whose}_{which}"


def _video(body: Json) -> str:
    return _joined(words(body.get("title")), _page("video", body))


def _post(body: Json) -> str:
    owner = next((one for one in ("owner_id", "to_id", "from_id") if count_signed(body.get(one)) is not None), "")
    page = _page("wall", body, owner=owner)
    return _joined(words(body.get("text"))[: HINT // 2], page)


def _comment(body: Json) -> str:
    owner, post, which = count_signed(body.get("owner_id")), count(body.get("post_id")), count(body.get("id"))
    page = "" if None in {owner, post, which} else f"https://vk.com/wall{owner}_{post}?reply={which}"
    return _joined(words(body.get("text"))[: HINT // 2], page)


def _goods(body: Json) -> str:
    price = body.get("price")
    amount = words(price.get("text")) if isinstance(price, Mapping) else ""
    return _joined(words(body.get("title"))[: HINT // 2], amount, _page("product", body))


def _link(body: Json) -> str:
    return _joined(words(body.get("title"))[: HINT // 2], url_of(body, "url"))


def _gift(body: Json) -> str:
    best = max(("thumb_512", "thumb_256", "thumb_96", "thumb_48"), key=lambda name: bool(url_of(body, name)))
    return url_of(body, best)


def _poll(body: Json) -> str:
    listed = body.get("answers")
    answers = [
        words(one.get("text")) for one in (listed if isinstance(listed, list) else ()) if isinstance(one, Mapping)
    ]
    return _joined(words(body.get("question")), ", ".join(filter(None, answers)))


def _recording(body: Json) -> str:
    return _joined(" – ".join(filter(None, (words(body.get("artist")), words(body.get("title"))))))


def _story(body: Json) -> str:
    return _page("story", body)


def _call(body: Json) -> str:
    seconds = count(body.get("duration"))
    return _joined(words(body.get("state")), f"{seconds // 60}:{seconds % 60:02}" if seconds else "")


def anything(body: Json) -> str:
    """What a kind that nobody here knows tells of itself."""
    said = next((words(body.get(name)) for name in ("title", "name", "question", "text") if words(body.get(name))), "")
    return _joined(said[: HINT // 2], url_of(body, "view_url", "url", "link"))


HINTS: Mapping[str, Callable[[Json], str]] = {
    "video": _video,
    "wall": _post,
    "wall_reply": _comment,
    "market": _goods,
    "link": _link,
    "gift": _gift,
    "poll": _poll,
    "audio": _recording,
    "podcast": _recording,
    "story": _story,
    "call": _call,
}
