"""The messages of all chats of a stand-in: by chat and id, newest first, kept in the store up to a number."""

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, NamedTuple, TypeVar

from sandbox.settings import Settings
from sandbox.store import Store

ChatKey = TypeVar("ChatKey", bound=Hashable)
MessageKey = TypeVar("MessageKey", bound=Hashable)
Message = TypeVar("Message")


class Place(NamedTuple, Generic[ChatKey, MessageKey]):
    """Where a message stands; `record_id` is its id in the store."""

    chat: ChatKey
    id: MessageKey
    record_id: str


class History(Generic[ChatKey, MessageKey, Message]):
    """`kind` is the kind of its records in the store; `settings.messages_kept` bounds all chats together."""

    def __init__(
        self, store: Store, settings: Settings, kind: str, place: Callable[[Message], Place[ChatKey, MessageKey]]
    ) -> None:
        self._store = store
        self._settings = settings
        self._kind = kind
        self._place = place
        self._messages: dict[ChatKey, dict[MessageKey, Message]] = {}
        self._by_age: deque[Message] = deque()

    def restore(self, messages: list[Message]) -> None:
        """Takes the messages of an earlier run, oldest first."""
        for message in messages:
            self._remember(message)

    def add(self, message: Message) -> None:
        """Takes a new message; the oldest of all chats goes where there are too many."""
        self._remember(message)
        self.keep(message)

    def keep(self, message: Message) -> None:
        """Writes a message that changed."""
        self._store.put(self._kind, self._place(message).record_id, message)

    def get(self, chat: ChatKey, message_id: MessageKey) -> Message | None:
        return self._messages.get(chat, {}).get(message_id)

    def newest_first(self, chat: ChatKey) -> Iterator[Message]:
        return reversed(self._messages.get(chat, {}).values())

    def find(self, is_wanted: Callable[[ChatKey], bool], message_id: MessageKey) -> Message | None:
        """A message of any of the wanted chats."""
        for chat, messages in self._messages.items():
            if is_wanted(chat) and (found := messages.get(message_id)) is not None:
                return found
        return None

    def _remember(self, message: Message) -> None:
        place = self._place(message)
        self._messages.setdefault(place.chat, {})[place.id] = message
        self._by_age.append(message)
        kept = self._settings.messages_kept
        while kept is not None and len(self._by_age) > kept:
            oldest = self._place(self._by_age.popleft())
            del self._messages[oldest.chat][oldest.id]
            self._store.drop(self._kind, oldest.record_id)
