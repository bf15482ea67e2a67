"""What we want to say as calls of Avito's API: plain JSON, rendered once and stored before the first is sent. Pure.

`Part.method` is what is done in the chat, and the connector spells the address: pictures go before the words, for Avito
has no captions and what stands below a picture is read as one.
"""

from collections.abc import Iterator

from gateway.connectors.avito.media import AS_PICTURE, picture_name, require_picture
from gateway.connectors.avito.text import is_formatted, plain, split
from gateway.connectors.contract import NO_TEMPLATES, Known, Part
from gateway.errors import Refused
from gateway.model.ids import ContactId
from gateway.model.messages import ContactCard, Location, MediaKind, Message, Unsupported
from gateway.model.outgoing import (
    AnswerPress,
    Outgoing,
    SendDelete,
    SendEdit,
    SendMessage,
    SendReaction,
    SendReadMark,
    SendTemplate,
    SendTyping,
)

TEXT_LIMIT = 1000
TEXT, PICTURE, TAKE_BACK, READ = "text", "picture", "take back", "read"
"""What can be done in a chat."""
_TOO_OLD = "the message is not known any more (it was never sent, or is older than a month)"
_NO_EDITS = "Avito does not let a sent message be changed: write another"
_NO_REACTIONS = "Avito has no reactions"
_NO_BUTTONS = "sent without its buttons: Avito has none"
_NO_QUOTE = "sent without the quoted words"
_NO_FORMAT = "sent without its formatting"


def render(_contact: ContactId, outgoing: Outgoing, known: Known) -> tuple[Part, ...]:
    """The calls, in order.

    Raises:
        Refused: it cannot be said on Avito at all.
    """
    match outgoing:
        case SendMessage():
            return tuple(_message(outgoing))
        case SendTemplate():
            raise Refused(NO_TEMPLATES)
        case SendEdit():
            raise Refused(_NO_EDITS)
        case SendDelete():
            if not known.target:
                raise Refused(_TOO_OLD)
            return tuple(Part(TAKE_BACK, {"message": native}) for native in known.target)
        case SendReaction():
            raise Refused(_NO_REACTIONS)
        case SendReadMark():
            return (Part(READ, {}),)
        case SendTyping() | AnswerPress():
            return ()


def _message(outgoing: SendMessage) -> Iterator[Part]:
    message = outgoing.message
    for media in message.media:
        require_picture(media)
    lost = list(_lost(outgoing))
    text = "\n".join(part for part in (plain(message.text, message.entities), *_named(message)) if part.strip())
    pieces = list(split(text, TEXT_LIMIT))
    if not pieces and not message.media:
        raise Refused("the message is empty")
    for media in message.media:
        if media.file is not None:
            also = [] if media.kind is MediaKind.PHOTO else [AS_PICTURE]
            yield Part(PICTURE, {"name": picture_name(media)}, (media.file,), _told(also + lost))
            lost = []
    for piece in pieces:
        yield Part(TEXT, {"text": piece}, loses=_told(lost))
        lost = []


def _lost(outgoing: SendMessage) -> Iterator[str]:
    message = outgoing.message
    if message.reply_to is not None or outgoing.reply_to_sent is not None:
        yield _NO_QUOTE
    if is_formatted(message.entities):
        yield _NO_FORMAT
    if any(one.url is None for row in message.buttons for one in row):
        yield _NO_BUTTONS


def _named(message: Message) -> Iterator[str]:
    """What Avito has no form for, in words."""
    for one in message.attachments:
        match one:
            case ContactCard():
                yield ", ".join(filter(None, (one.name, one.phone)))
            case Location():
                point = f"{one.latitude:.6f}, {one.longitude:.6f}"
                yield ", ".join(filter(None, (one.title, one.address, point)))
            case Unsupported():
                yield f"[{one.of}] {one.hint or ''}".rstrip()
            case _:
                pass
    for button in (one for row in message.buttons for one in row):
        yield f"{button.text}: {button.url}" if button.url else f"• {button.text}"


def _told(lost: list[str]) -> str | None:
    return "; ".join(dict.fromkeys(lost)) or None
