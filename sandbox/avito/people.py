"""What buyers do on their phones on Avito: ask about a listing, send pictures and voices, call, take back, refuse.

Tests call these directly, the page through the control API. A wrong act is an ActError with a sentence.
"""

from collections.abc import Sequence

from sandbox.avito.acts import Act, Acts
from sandbox.avito.contents import FILE_KINDS, THINGS, location_content
from sandbox.avito.images import image_type
from sandbox.avito.records import Chat, MessageType
from sandbox.toolkit.acts import ActError
from sandbox.toolkit.uploads import Upload, sample_file
from sandbox.wire import Json

_LONGEST_TEXT = 1000


class People(Acts):
    """Each act names the buyer and the place: a listing's id, or the seller's own."""

    def text(self, buyer_id: int, place: int, text: str, *, reply_to: int | None = None) -> Act:
        """Writes words; the first ones begin the chat."""
        text = text.strip()
        if not text:
            raise ActError("There is no text to send.", "no-text")
        if len(text) > _LONGEST_TEXT:
            raise ActError("The text is longer than 1000 characters.", "avito-too-long")
        return self._write(buyer_id, place, "text", {"text": text}, reply_to=reply_to)

    def files(self, buyer_id: int, place: int, kind: str, uploads: Sequence[Upload], *, duration: int = 3) -> list[Act]:
        """Sends pictures or voices, each as a message: there are no captions and no albums."""
        if kind not in FILE_KINDS:
            raise ActError(f"There is no kind of file called {kind}: use one of {', '.join(FILE_KINDS)}.")
        if not all(upload.content for upload in uploads):
            raise ActError("The file is empty.", "empty-file")
        is_voice = kind == "voice"
        if not is_voice and not all(image_type(upload.content) for upload in uploads):
            raise ActError("Avito takes pictures only as JPEG, HEIC, GIF, BMP or PNG.", "avito-no-picture")
        done = []
        for upload in uploads:
            self._talk(buyer_id, place)
            file = self.avito.files.add(upload, duration=duration if is_voice else 0, is_voice=is_voice)
            done.append(self._write(buyer_id, place, FILE_KINDS[kind], {}, file=file.number))
        return done

    def sample(self, buyer_id: int, place: int, kind: str) -> Act:
        """Sends some picture or voice; a voice is opus in mp4, as on Avito."""
        upload = sample_file("voice_mp4" if kind == "voice" else kind)
        return self.files(buyer_id, place, kind, [upload])[0]

    def thing(self, buyer_id: int, place: int, kind: str) -> Act:
        """Sends something that has no bytes: a link, a listing's card, a missed call, a video, a file."""
        if kind not in THINGS:
            known = ", ".join([*FILE_KINDS, *THINGS])
            raise ActError(f"There is nothing called {kind} to send on Avito: use one of {known}.")
        chat = self._open(buyer_id, place)
        listing = self._world.listings.get(chat.listing_id) if chat.listing_id is not None else None
        message_type, make = THINGS[kind]
        content = make(self._world, self._world.sellers[chat.seller_id], listing)
        return self._write(buyer_id, place, message_type, content)

    def location(self, buyer_id: int, place: int, latitude: float, longitude: float, title: str = "") -> Act:
        return self._write(buyer_id, place, "location", location_content(latitude, longitude, title))

    def delete(self, buyer_id: int, place: int, number: int) -> Act:
        """Takes the own message back for both; somebody else's goes from the own phone only."""
        chat = self._open(buyer_id, place)
        message = self._known(chat, number)
        if message.author_id == buyer_id:
            return self._done("delete", chat, message, self.avito.erase(chat, message, by_buyer=True))
        message.is_hidden = True
        self._world.touch(chat, message, "deleted")
        return self._done("hide", chat, message, None)

    def read(self, buyer_id: int, place: int) -> None:
        """Looks at the chat: what the seller wrote is read, and nobody is told."""
        self._world.mark_read(self._open(buyer_id, place), by_seller=False)

    def refuse(self, buyer_id: int, place: int, *, is_refused: bool) -> None:
        """Wants no more messages of this chat's seller, or wants them again."""
        chat = self._open(buyer_id, place)
        chat.is_refused = is_refused
        self._world.keep_chat(chat)
        self._world.tell("blocked", chat, blocked=is_refused)

    def _talk(self, buyer_id: int, place: int) -> Chat:
        chat = self._open(buyer_id, place)
        if chat.is_blacklisted:
            raise ActError("The seller has put this person into the blacklist.", "avito-blacklisted")
        return chat

    def _write(
        self,
        buyer_id: int,
        place: int,
        kind: MessageType,
        content: Json,
        *,
        file: int | None = None,
        reply_to: int | None = None,
    ) -> Act:
        chat = self._talk(buyer_id, place)
        if chat.is_refused:
            self.refuse(buyer_id, place, is_refused=False)  # whoever writes wants an answer
        quoted = self._known(chat, reply_to).number if reply_to is not None else None
        message, event_id = self.avito.write(chat, buyer_id, kind, content, file=file, quoted=quoted)
        return self._done("message", chat, message, event_id)
