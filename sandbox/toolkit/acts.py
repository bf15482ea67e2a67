"""What a person does on a phone: what becomes of it, and how it is refused."""

from typing import Generic, NamedTuple, TypeVar

Message = TypeVar("Message")


class ActError(Exception):
    """A person cannot do that: a sentence for whoever plays the person, and a code where a page can say it itself."""

    def __init__(self, sentence: str, code: str | None = None) -> None:
        super().__init__(sentence)
        self.code = code


class Act(NamedTuple, Generic[Message]):
    """What became of an act; `event_id` is of the event or webhook that the business is told of it by, if any."""

    message: Message | None
    event_id: str | None
