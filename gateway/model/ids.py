"""Every id as its own type, and the only place where composed ids are built and taken apart.

Ids are opaque strings: vendors' ids exceed 2^53 and change their shape. Nothing else may glue or split them.
"""

import re
from collections.abc import Sequence
from typing import NewType

DeskId = NewType("DeskId", str)
LineId = NewType("LineId", str)
AccountId = NewType("AccountId", str)
"""One connected bot, page, number or site; the operators' bot is an account too."""
ContactId = NewType("ContactId", str)
"""A person as one account knows them: the vendor's id. On the operators' bot it is the operator's."""
OperatorId = NewType("OperatorId", str)
"""An operator's Telegram id."""
DialogId = NewType("DialogId", str)
"""The dialog's number, in decimal."""
MessageId = NewType("MessageId", str)
"""`<dialog>.<n>`: the n-th message of a dialog, of either side."""
FileId = NewType("FileId", str)
"""`<message>.<n>`: the n-th attachment of a message; names its bytes in files/."""
NativeId = NewType("NativeId", str)
"""The vendor's id of a message, unique within one contact of one account."""
EntryId = NewType("EntryId", str)
"""A stream entry's id, `<ms>-<n>`; its first half is the moment that decisions call now."""
SentId = NewType("SentId", str)
"""What the native map calls one thing we sent: a message for a client, a card or a copy for an operator."""


MOST_NAMED = 30
"""Of so many clients of one list it is kept that it names them."""
MORE = DialogId("0")
"""Stands for all the others that a list names; no dialog has this number."""
NOBODY = (MORE, MORE)
"""What a sentence names that named a client once: whoever answers it is asked."""
_MESSAGE = re.compile(r"[1-9][0-9]{0,15}\.[1-9][0-9]{0,15}")


def dialog_id(number: int) -> DialogId:
    return DialogId(str(number))


def message_id(dialog: DialogId, number: int) -> MessageId:
    return MessageId(f"{dialog}.{number}")


def file_id(message: MessageId, number: int, edited_at: int = 0) -> FileId:
    """The n-th attachment's file; an edit that may have exchanged it gets a file of its own."""
    return FileId(f"{message}.{number}-{edited_at}" if edited_at else f"{message}.{number}")


def is_replacement(file: FileId) -> bool:
    """Whether the file came with an edit and takes the place of the attachment of the same number."""
    return "-" in file


def number_of_file(file: FileId) -> int:
    """Which attachment of its message the file is, from 0."""
    return int(file.rsplit(".", 1)[1].split("-", 1)[0])


def message_of_file(file: FileId) -> MessageId:
    """The message that the file belongs to."""
    return MessageId(file.rsplit(".", 1)[0])


def dialog_of(message: MessageId) -> DialogId:
    """The dialog that the message belongs to."""
    return DialogId(message.split(".", 1)[0])


def number_of(message: MessageId) -> int:
    """Which message of its dialog it is, from 1; 0 for what is no message's id: somebody made it up."""
    return int(message.split(".")[1]) if _MESSAGE.fullmatch(message) else 0


def sent_to_client(message: MessageId) -> SentId:
    """How the native map calls an operator's message at the client."""
    return SentId(message)


def card_at(dialog: DialogId, operator: OperatorId) -> SentId:
    """How the native map calls the dialog's card in one operator's chat."""
    return SentId(f"{dialog}@{operator}")


def copy_at(message: MessageId, operator: OperatorId, part: int = 0) -> SentId:
    """How the native map calls a message's copy in one operator's chat.

    Part 0 is its text (or its only part), part n its n-th attachment.
    """
    return SentId(f"{message}@{operator}" if part == 0 else f"{message}/{part}@{operator}")


def notice_at(cause: str, operator: OperatorId) -> SentId:
    """How the native map calls a sentence of the bot itself: by this nobody can be answered through it."""
    return SentId(f"!{cause}@{operator}")


def naming(sent: SentId, names: Sequence[DialogId]) -> SentId:
    """How the native map calls such a sentence for whoever answers it: these clients stand in it.

    Of one that names very many only that is kept.
    """
    cause, _, operator = sent.rpartition("@")
    named = ",".join(names) if len(names) <= MOST_NAMED else ",".join((*names[:MOST_NAMED], MORE))
    return SentId(f"{cause}|{named}@{operator}")


def last_word_at(number: int, operator: OperatorId) -> SentId:
    """How the native map calls the sentence that something could not be shown: nothing is said of its own refusal."""
    return notice_at(f"unshown{number}", operator)


def is_last_word(sent: SentId) -> bool:
    """Whether it is such a sentence."""
    return sent.startswith("!unshown")


def template_at(dialog: DialogId, template: str, operator: OperatorId) -> SentId:
    """How the native map calls the bot's question for a template's variables: its answer is for that client."""
    return notice_at(f"template:{dialog}:{template}", operator)


def template_of_sent(sent: SentId) -> tuple[DialogId, str] | None:
    """The dialog and the template whose variables a sentence of the bot asks for, if that is what it does."""
    found = re.fullmatch(r"!template:(\d+):([0-9a-f]+)@.*", sent)
    return None if found is None else (DialogId(found[1]), found[2])


def dialog_of_sent(sent: SentId) -> DialogId | None:
    """The one dialog that a sent thing speaks of; None for a sentence that names no client, or several."""
    named = dialogs_of_sent(sent)
    return named[0] if len(named) == 1 else None


def dialogs_of_sent(sent: SentId) -> tuple[DialogId, ...]:
    """Every dialog that a sent thing speaks of, as far as it is kept; more than one, where it names several clients."""
    if not sent.startswith("!"):
        return (DialogId(sent.split("@", 1)[0].split(".", 1)[0]),)
    template = template_of_sent(sent)
    if template is not None:
        return template[:1]
    named = sent.rpartition("@")[0].rpartition("|")
    return tuple(DialogId(one) for one in named[2].split(",")) if named[1] else ()


def message_of_sent(sent: SentId) -> MessageId | None:
    """The message that a sent thing is, or is a copy of; None for a card and for the bot's own sentences."""
    bare = sent.split("@", 1)[0].split("/", 1)[0]
    return MessageId(bare) if "." in bare and not sent.startswith("!") else None


def moment_of(entry: EntryId) -> int:
    """The entry's moment, in milliseconds since the epoch."""
    return int(entry.split("-", 1)[0])


def entry_after(one: EntryId, other: EntryId) -> bool:
    """Whether `one` stands behind `other` in a stream."""
    return order_of(one) > order_of(other)


def order_of(entry: EntryId) -> tuple[int, int]:
    """What entries are sorted by: as text `9-0` would stand behind `10-0`."""
    moment, _, number = entry.partition("-")
    return int(moment), int(number or 0)
