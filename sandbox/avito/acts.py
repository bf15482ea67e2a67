"""What an act on Avito needs, whoever does it: the buyer, the chat, and a note in the ledger."""

from typing import TypeAlias

from sandbox.avito.avito import Avito
from sandbox.avito.records import Buyer, Chat, Message
from sandbox.toolkit import acts
from sandbox.toolkit.acts import ActError

Act: TypeAlias = acts.Act[Message]


class Acts:
    """What the buyers' and the seller's acts have in common. `place` is a listing's id, or a seller's own."""

    def __init__(self, avito: Avito) -> None:
        self.avito = avito
        self._world = avito.world

    def _done(self, act: str, chat: Chat, message: Message, event_id: str | None) -> Act:
        self.avito.ledger.add(
            "act",
            messenger="avito",
            act=act,
            bot_id=chat.seller_id,
            chat_id=chat.id,
            message_id=message.id,
            update_id=event_id,
            text=message.content.get("text"),
        )
        return Act(message, event_id)

    def _open(self, buyer_id: int, place: int) -> Chat:
        buyer = self._buyer(buyer_id)
        if place not in self._world.listings and place not in self._world.sellers:
            raise ActError(f"There is no listing and no seller {place} on Avito.")
        return self._world.open_chat(buyer, place)

    def _buyer(self, buyer_id: int) -> Buyer:
        buyer = self._world.buyers.get(buyer_id)
        if buyer is None:
            raise ActError(f"There is no person {buyer_id} on Avito.")
        return buyer

    def _known(self, chat: Chat, number: int) -> Message:
        message = self._world.message_by_number(chat, number)
        if message is None or message.is_hidden:
            raise ActError(f"There is no message {number} in this chat.", "no-message")
        return message
