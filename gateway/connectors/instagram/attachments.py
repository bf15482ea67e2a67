"""What is attached to an Instagram message, in the normal form. Pure and total: what cannot be shown is named.

A file's handle (`Media.remote`) is its address. Meta signs it for a time and gives no other one later, so the bytes
are fetched at once. What a shared thing is (a story, a reel, a post) stands as words beside its picture or film.
"""

from collections.abc import Iterator

from gateway.connectors.instagram.values import identity, tables
from gateway.connectors.toolkit.files import READ_LIMIT, cut_name
from gateway.connectors.toolkit.text import Unit, shorten
from gateway.connectors.toolkit.values import Json, table, url_of, words
from gateway.model.messages import Attachment, Media, MediaKind, Unsupported

HINT = 400
"""Signs of a hint at most."""
_CARD = 80
HOSTS = ("lookaside.fbsbx.com", ".fbsbx.com", ".cdninstagram.com", ".fbcdn.net")
"""Where Meta keeps files."""
_PAGES = ("instagram.com", "facebook.com", "ig.me", "fb.com")
HEART = "like_heart"
_HEART = "❤"
_FILES = {
    "image": MediaKind.PHOTO,
    "video": MediaKind.VIDEO,
    "audio": MediaKind.VOICE,
    "file": MediaKind.DOCUMENT,
    "sticker": MediaKind.STICKER,
}
_FILMS = frozenset({"reel", "ig_reel"})
_PICTURES = frozenset({"story_mention", "story_reply", "ig_story", "ig_post", "share"})


def read_attachments(listed: object) -> Iterator[Attachment]:
    """All of a message's attachments; a post that stands there in its old form and its new one, once."""
    found = [(words(one.get("type"))[:64], one) for one in tables(listed)]
    posts = [_post_of(one) for kind, one in found if kind == "ig_post"]
    for kind, one in found:
        if kind == "share" and any(_is_same(_post_of(one), post) for post in posts):
            continue
        if kind != HEART:
            yield from read_attachment(kind, one)


def hearts(listed: object) -> str:
    """The hearts among the attachments: Instagram's one-tap like, which is a word and no file."""
    return "".join(_HEART for one in tables(listed) if one.get("type") == HEART)


def read_attachment(kind: str, one: Json) -> Iterator[Attachment]:
    """One attachment: `{"type": "image", "payload": {"url": …}}`."""
    payload = table(one.get("payload"))
    url = url_of(payload, "url", "story_media_url") or url_of(one, "url")
    if kind in _FILES and url:
        yield Media(kind=_FILES[kind], remote=url, name=_name(payload))
        return
    if kind in _FILMS | _PICTURES or _is_metas(url):
        yield from read_shared(kind or "attachment", url, words(payload.get("title")) or words(one.get("title")))
        return
    told = _template(payload) if kind == "template" else ""
    hint = shorten(told or _title(payload, one), HINT, Unit.CHARS)
    yield Unsupported(of=kind or "attachment", hint=hint or None, link=url or None)


def read_shared(kind: str, url: str, title: str) -> Iterator[Attachment]:
    """Something of Instagram's own: its name with its words, and its picture or film where Meta hands it out."""
    is_file = _is_file(url)
    named = shorten(" ".join(title.split()), HINT, Unit.CHARS)
    yield Unsupported(of=kind, hint=named or None, link=None if is_file else url or None)
    if is_file:
        # What it is, picture or film, only its bytes tell; whoever shows it goes by them.
        as_what = MediaKind.PHOTO if kind in _PICTURES else MediaKind.DOCUMENT
        yield Media(kind=MediaKind.VIDEO if kind in _FILMS else as_what, remote=url)


def _is_metas(url: str) -> bool:
    """Whether it lies where Meta keeps files: of whatever kind it is, its link ends soon."""
    host = _host(url)
    return any(host.endswith(one) if one.startswith(".") else host == one for one in HOSTS)


def _is_file(url: str) -> bool:
    """Whether it is a picture or film, and no page that is opened in Instagram."""
    host = _host(url)
    return bool(host) and not any(host == one or host.endswith(f".{one}") for one in _PAGES)


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].partition(":")[0].lower()


def _name(payload: Json) -> str | None:
    return cut_name(words(payload.get("name")) or words(payload.get("title")), READ_LIMIT) or None


def _post_of(one: Json) -> tuple[str, str]:
    payload = table(one.get("payload"))
    return identity(payload.get("ig_post_media_id")), url_of(payload, "url")


def _is_same(share: tuple[str, str], post: tuple[str, str]) -> bool:
    return any(mine and mine == theirs for mine, theirs in zip(share, post, strict=True)) or share == ("", "")


# ── what has no file ──────────────────────────────────────────────────────────────────────────────────


def _template(payload: Json) -> str:
    """The cards of a template, or the goods of a catalogue, by their titles."""
    generic, product = table(payload.get("generic")), table(payload.get("product"))
    cards = tables(generic.get("elements")) or tables(payload.get("elements")) or tables(product.get("elements"))
    told = [", ".join(filter(None, (_short(card.get("title")), _short(card.get("subtitle"))))) for card in cards]
    return "; ".join(filter(None, told)) or words(payload.get("text"))


def _short(value: object) -> str:
    return shorten(words(value), _CARD, Unit.CHARS)


def _title(payload: Json, one: Json) -> str:
    """What a kind that nobody here knows tells of itself."""
    return words(payload.get("title")) or words(one.get("title")) or words(payload.get("text"))
