"""A chat's messages read back: what became of a send whose answer was lost, and a file's fresh address."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from gateway.connectors.contract import Part
from gateway.connectors.max.answers import Call
from gateway.connectors.max.attachments import LINKED, place_of
from gateway.connectors.max.client import Client
from gateway.connectors.max.content import moment_of, native_of
from gateway.connectors.max.text import said
from gateway.connectors.max.values import Json, listed, table, url_of, words
from gateway.model.ids import ContactId, NativeId
from gateway.model.messages import Media

_PAGE, _PAGES = 100, 10
_SKEW_MS = 60_000
"""What MAX's clock and ours may differ by."""
_RENDITIONS = ("mp4_1080", "mp4_720", "mp4_480", "mp4_360", "mp4_240", "mp4_144")
_BUTTONS = frozenset({"inline_keyboard", "reply_keyboard"})
_PREVIEW = "share"
"""What MAX itself may attach to words that hold a link."""


class History:
    """Reads one bot's chats."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def sent_like(self, contact: ContactId, part: Part, since: int) -> Sequence[NativeId]:
        """The bot's own messages since then (milliseconds) that say just what the part says, oldest first.

        Raises:
            TryLater, Refused, Unauthorized: as every call.
        """
        found: dict[NativeId, Json] = {}
        before = 0
        for _ in range(_PAGES):
            # `from` is the later bound of the two, whatever its name says.
            bound = {"from": before} if before else {}
            told = await self._client.call(
                Call("GET", "/messages"), query={"chat_id": contact, "count": _PAGE, **bound}
            )
            page = [table(one) for one in listed(told.get("messages"))]
            new = {native: one for one in page if (native := native_of(table(one.get("body")))) not in found}
            found |= new
            oldest = min((moment_of(one) for one in page), default=0)
            if not new or len(page) < _PAGE or oldest < since - _SKEW_MS:
                break
            before = oldest
        ours = [
            (moment_of(one), native)
            for native, one in found.items()
            if native and moment_of(one) >= since - _SKEW_MS and _is_ours(one) and _says(table(one.get("body")), part)
        ]
        return [native for _, native in sorted(ours)]

    async def fresh(self, media: Media) -> str:
        """The file's address as MAX gives it now; empty: it is nowhere any more. Raises as every call."""
        place = place_of(media.remote)
        if place is None:
            return ""
        message = await self._message(place.mid)
        body = table(message.get("body"))
        if place.body == LINKED:
            body = table(table(message.get("link")).get("message"))
        attached = listed(body.get("attachments"))
        one = table(attached[place.attachment]) if place.attachment < len(attached) else {}
        payload = table(one.get("payload"))
        if words(one.get("type")) == "video" and (token := words(payload.get("token"))):
            return await self._video(token) or url_of(payload, "url")
        return url_of(payload, "url")

    async def attached_again(self, mid: str) -> list[dict[str, Any]] | None:
        """What is attached to a message beside its buttons, as an edit takes it: one that names any attachment drops
        those that it does not name. None where it holds something that no edit takes. Raises as every call.
        """
        body = table((await self._message(mid)).get("body"))
        found: list[dict[str, Any]] = []
        for one in (table(each) for each in listed(body.get("attachments"))):
            kind, token = words(one.get("type")), words(table(one.get("payload")).get("token"))
            if kind in _BUTTONS or kind == _PREVIEW:
                continue
            if not token:
                return None
            found.append({"type": kind, "payload": {"token": token}})
        return found

    async def _message(self, mid: str) -> Json:
        message = await self._client.call(Call("GET", f"/messages/{quote(mid, safe='')}"))
        return table(message.get("message")) or message

    async def _video(self, token: str) -> str:
        """The best of a video's files."""
        told = await self._client.call(Call("GET", f"/videos/{quote(token, safe='')}"))
        return url_of(table(told.get("urls")), *_RENDITIONS)


def _is_ours(message: Json) -> bool:
    """In a private chat everything that the person has not written is ours; MAX may leave out who did."""
    sender = table(message.get("sender"))
    return not sender or sender.get("is_bot") is True


def _says(body: Json, part: Part) -> bool:
    """Whether it is what the part would have become: the same words, and as many files of each kind."""
    wanted: dict[str, Any] = part.request["body"]
    words_sent = said(words(wanted.get("text")), html=wanted.get("format") == "html")
    if said(words(body.get("text")), html=False) != words_sent:
        return False
    sent = [one["as"] for one in part.request.get("uploads", ())]
    sent += [words(one.get("type")) for one in wanted.get("attachments", ())]
    shown = [words(table(one).get("type")) for one in listed(body.get("attachments"))]
    left_out = _BUTTONS | {_PREVIEW}
    return Counter(one for one in sent if one not in left_out) == Counter(one for one in shown if one not in left_out)
