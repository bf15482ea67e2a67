"""What the seller does in Avito's own app, past every program; what Avito itself does; and how access is lost."""

from sandbox.avito.acts import Act, Acts
from sandbox.avito.records import AVITO_ITSELF, Seller
from sandbox.toolkit.acts import ActError
from sandbox.wire import Json

_GREETING_FLOW = "seller_audience_discount"


class Staff(Acts):
    """Acts in a chat name the buyer and the place, the others the seller."""

    def answer(self, buyer_id: int, place: int, text: str) -> Act:
        """The seller writes in Avito's own app, where the chat is open and therefore read."""
        chat = self._open(buyer_id, place)
        if not text.strip():
            raise ActError("There is no text to send.", "no-text")
        if not any(self._world.history(chat)):
            raise ActError("The buyer has not begun this chat yet.", "avito-not-begun")
        self._world.mark_read(chat, by_seller=True)
        message, event_id = self.avito.write(chat, chat.seller_id, "text", {"text": text.strip()})
        return self._done("staff_answer", chat, message, event_id)

    def system(self, buyer_id: int, place: int, text: str) -> Act:
        """Avito says something to both."""
        chat = self._open(buyer_id, place)
        content = {"text": text.strip() or "Не переводите деньги вне Авито", "flow_id": _GREETING_FLOW}
        message, event_id = self.avito.write(chat, AVITO_ITSELF, "system", content)
        return self._done("system", chat, message, event_id)

    def unsubscribe(self, seller_id: int) -> None:
        """The subscription vanishes, and nobody is told."""
        seller = self._seller(seller_id)
        seller.url = ""
        self._world.keep_seller(seller)

    def expire_tokens(self, seller_id: int) -> None:
        """Every token's time is over now."""
        self.avito.expire_tokens(self._seller(seller_id))

    def renew_secret(self, seller_id: int, secret: str) -> None:
        """Another secret in the cabinet: the old one and its tokens are worthless."""
        seller = self._seller(seller_id)
        seller.client_secret, seller.tokens = secret, {}
        self._world.keep_seller(seller)

    def set_paid(self, seller_id: int, *, is_paid: bool) -> None:
        """The tariff with the messenger's API ends, or is paid again."""
        seller = self._seller(seller_id)
        seller.is_paid = is_paid
        self._world.keep_seller(seller)

    def inject(self, seller_id: int, value: Json) -> Act:
        """Posts a raw value of any kind; raises ActError."""
        return Act(None, self.avito.inject(self._seller(seller_id), value))

    def _seller(self, seller_id: int) -> Seller:
        seller = self._world.sellers.get(seller_id)
        if seller is None:
            raise ActError(f"There is no seller {seller_id} on Avito.")
        return seller
