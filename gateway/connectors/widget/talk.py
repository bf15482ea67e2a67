"""What becomes of a visitor's frames, whichever way they came: into the line's inbox first, then into their log.

Both are idempotent by the page's own id, so that a resend mends whatever broke between the two. Nobody hears `stored`
before it is.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakValueDictionary

import msgspec

from gateway.connectors.widget import frames
from gateway.connectors.widget.frames import Person, Ping, Press, Read, Typing, Unreadable, Visiting, Words
from gateway.connectors.widget.parse import Envelope, item_of
from gateway.connectors.widget.render import shown_file
from gateway.connectors.widget.site import Site
from gateway.connectors.widget.tokens import Visitor
from gateway.errors import FileProblem, TryLater
from gateway.model.ids import ContactId
from gateway.model.messages import Media, Visit

Json = dict[str, Any]

log = logging.getLogger("gateway.connectors")

QUICK = "q:"
"""What the data of a quick reply begins with; the rest is what the visitor says by it."""
_TYPING_MS = 3_000
_BUSY_SECONDS = 1
_DATA_LIMIT = 64
"""Bytes of a button's data; whoever sends more presses no button of ours."""


class Speaker:
    """One connection of a visitor, or one request, and what was said on it so far."""

    __slots__ = ("address", "profile", "typed_at", "visit", "who")

    def __init__(self, who: Visitor, address: str) -> None:
        self.who = who
        self.address = address
        self.visit: Visit | None = None
        self.profile: Person | None = None
        self.typed_at = 0


class Talk:
    """Takes frames of every visitor of one account."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def hear(self, speaker: Speaker, raw: object) -> Sequence[Json]:
        """Does what one decoded frame says; answers what to send back."""
        try:
            frame = frames.read(raw)
        except Unreadable:
            return (refused("bad", frames.id_of(raw)),)
        match frame:
            case Words() | Press():
                return (await self._say(speaker, frame, raw),)
            case Read() | Typing():
                return await self._signal(speaker, frame, raw)
            case Visiting(visit=page):
                speaker.visit = frames.visit(page) or speaker.visit
                return ()
            case Ping(n=number):
                return ({"type": "pong", "n": number},)
            case _:
                return ()

    async def _say(self, speaker: Speaker, frame: Words | Press, raw: object) -> Json:
        if (denied := self._site.quotas.say(speaker.who.visitor, speaker.address, self._site.clock())) is not None:
            return refused(denied.why, frame.id, denied.retry_after)
        if (why := _fault(frame)) is not None:
            return refused(why, frame.id)
        uploads: dict[str, Media] = {}
        if isinstance(frame, Words):
            found = self._uploads(speaker.who.visitor, frame)
            if found is None:
                return refused("upload", frame.id)
            uploads = found
            speaker.profile = frame.profile or speaker.profile
            speaker.visit = frames.visit(frame.visit) or speaker.visit
        envelope = self._envelope(speaker, raw, uploads)
        lock = self._locks.setdefault(speaker.who.visitor, asyncio.Lock())
        try:
            # One at a time, so that the log has the inbox's order.
            async with lock:
                return await self._store(envelope, frame)
        except TryLater as problem:
            log.warning("visitor's frame not stored: %s", problem, extra={"account": self._site.account})
            return refused("busy", frame.id, max(_BUSY_SECONDS, round(problem.after)))

    async def _store(self, envelope: Envelope, frame: Words | Press) -> Json:
        (accepted,) = await self._site.reception.accept([item_of(envelope, frame)])
        if accepted.outcome == "blocked":
            return refused("blocked", frame.id)
        body = _shown(envelope, frame)
        if body is None:
            return {"type": "stored", "id": frame.id}
        logged = await self._site.logs.append(envelope.visitor, f"in:{frame.id}", body)
        return {"type": "stored", "id": frame.id, "seq": logged.seq}

    async def _signal(self, speaker: Speaker, frame: Read | Typing, raw: object) -> Sequence[Json]:
        now = self._site.clock()
        if isinstance(frame, Typing):
            if 0 <= now - speaker.typed_at < _TYPING_MS:
                return ()
            speaker.typed_at = now
        if (denied := self._site.quotas.signal(speaker.who.visitor, speaker.address, now)) is not None:
            return (refused(denied.why, None, denied.retry_after),)
        try:
            await self._site.reception.accept([item_of(self._envelope(speaker, raw, {}), frame)])
        except TryLater:
            # Typing is over by then; the page says what it has read with its next frame.
            return (refused("busy", None, _BUSY_SECONDS),) if isinstance(frame, Read) else ()
        return ()

    def _envelope(self, speaker: Speaker, raw: object, uploads: dict[str, Media]) -> Envelope:
        assert isinstance(raw, Mapping)
        language = speaker.who.language
        if language is None and self._site.settings.language != "auto":
            language = self._site.settings.language
        return Envelope(
            visitor=speaker.who.visitor,
            at=self._site.clock(),
            frame=dict(raw),
            user=speaker.who.user,
            language=language,
            policy=self._site.settings.policy_url,
            profile=speaker.profile,
            visit=speaker.visit,
            uploads=uploads,
        )

    def _uploads(self, visitor: ContactId, frame: Words) -> dict[str, Media] | None:
        """What the handles of a message stand for; None: one is not this visitor's, or its bytes are gone."""
        found: dict[str, Media] = {}
        for one in frame.files:
            if one.upload is None:
                continue
            facts = self._site.signer.uploaded(visitor, one.upload)
            if facts is None:
                return None
            media = msgspec.convert(facts, Media)
            try:
                self._site.reception.kept(media.remote)
            except FileProblem:
                return None
            found[one.upload] = media
        return found


def refused(why: str, client_id: str | None = None, retry_after: int | None = None) -> Json:
    """The frame that says no; `why` is a code of the protocol."""
    found: Json = {"type": "refused", "why": why}
    if client_id is not None:
        found["id"] = client_id
    if retry_after is not None:
        found["retry_after"] = retry_after
    return found


def _fault(frame: Words | Press) -> str | None:
    if isinstance(frame, Press):
        return None if len(frame.data.encode("utf-8", "replace")) <= _DATA_LIMIT else "bad"
    if frames.units(frame.text) > frames.TEXT_LIMIT:
        return "too_long"
    return None if frames.cleaned(frame.text) or frame.files else "bad"


def _shown(envelope: Envelope, frame: Words | Press) -> Json | None:
    """What all tabs of the visitor show for it; None: nothing."""
    body: Json = {"type": "message", "id": frame.id, "from": "visitor", "at": envelope.at}
    if isinstance(frame, Press):
        if not frame.data.startswith(QUICK):
            return None
        return {**body, "text": frames.cleaned(frame.data.removeprefix(QUICK)), "reply_to": frame.message}
    body["text"] = frames.cleaned(frame.text)
    if frame.reply_to is not None:
        body["reply_to"] = frame.reply_to
    files = []
    for one in frame.files:
        media = envelope.uploads.get(one.upload or "")
        if media is not None:
            named = msgspec.structs.replace(media, name=frames.file_name(one.name) or media.name)
            files.append(shown_file(named, media.remote))
    return {**body, "files": files} if files else body
