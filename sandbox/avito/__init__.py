"""A stand-in of Avito's messenger: OAuth, the Messenger API, the webhook sender, and buyers who ask about listings."""
