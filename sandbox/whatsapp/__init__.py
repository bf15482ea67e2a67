"""The stand-in of WhatsApp's Cloud API: its calls, its webhooks, its people, and its staff's own app."""
