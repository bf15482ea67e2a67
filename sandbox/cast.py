"""The bots and people that a new world begins with, read from a TOML file.

An existing world keeps its own people; the file only fills an empty one.
"""

import tomllib
from pathlib import Path
from typing import Literal

import msgspec

Role = Literal["customer", "operator"]

DEFAULT_CAST = Path(__file__).with_name("cast.toml")


class CastError(Exception):
    """The cast file cannot be read; the text says what to mend."""


class CastBot(msgspec.Struct, forbid_unknown_fields=True):
    id: int
    token: str
    username: str
    name: str
    description: str = ""


class CastCommunity(msgspec.Struct, forbid_unknown_fields=True):
    """A community of VK with the token of its API."""

    id: int
    token: str
    screen_name: str
    name: str
    description: str = ""


class CastMetaApp(msgspec.Struct, forbid_unknown_fields=True):
    """An app of Meta's dashboard, to which phones of WhatsApp and accounts of Instagram belong."""

    name: str
    id: str
    secret: str
    verify_token: str


class CastWhatsapp(msgspec.Struct, forbid_unknown_fields=True):
    """A business phone on WhatsApp: `id` is phone_number_id, `phone` the number itself without a plus."""

    id: str
    waba_id: str
    token: str
    app: str
    phone: str
    username: str
    name: str


class CastInstagram(msgspec.Struct, forbid_unknown_fields=True):
    """A business account on Instagram and the Facebook page that it is bound to."""

    id: str
    page_id: str
    token: str
    app: str
    username: str
    name: str


class CastSeller(msgspec.Struct, forbid_unknown_fields=True):
    """An account on Avito with access to its API."""

    id: int
    nick: str
    name: str
    client_id: str
    client_secret: str


class CastListing(msgspec.Struct, forbid_unknown_fields=True):
    """What a seller offers on Avito; `seller` is a nick, `slug` what stands in the address."""

    id: int
    seller: str
    title: str
    price: str
    city: str
    slug: str
    latitude: float = 0.0
    longitude: float = 0.0
    color: str = "#97cf26"


class CastMaxBot(msgspec.Struct, forbid_unknown_fields=True):
    """A bot on MAX with the token of its API."""

    id: int
    token: str
    username: str
    name: str
    description: str = ""


class CastUser(msgspec.Struct, forbid_unknown_fields=True):
    """`communities` are dialogs on VK: who has some needs an id below 2,000,000,000, as people there have.

    `whatsapp` and `instagram` name business accounts by username; who is on WhatsApp has a `phone`.
    `listings` are what the person looks at on Avito. `max` names bots on MAX by username.
    """

    id: int
    name: str
    username: str | None = None
    language_code: str | None = "ru"
    role: Role = "customer"
    color: str = "#607d8b"
    avatar: bool = False
    bots: list[str] = []
    communities: list[str] = []
    phone: str = ""
    whatsapp: list[str] = []
    instagram: list[str] = []
    listings: list[int] = []
    max: list[str] = []


class Cast(msgspec.Struct, forbid_unknown_fields=True):
    bots: list[CastBot] = []
    communities: list[CastCommunity] = []
    meta_apps: list[CastMetaApp] = []
    whatsapp: list[CastWhatsapp] = []
    instagram: list[CastInstagram] = []
    sellers: list[CastSeller] = []
    listings: list[CastListing] = []
    max_bots: list[CastMaxBot] = []
    users: list[CastUser] = []


def load_cast(path: Path = DEFAULT_CAST) -> Cast:
    """Reads a cast file; raises CastError with a sentence."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Cast)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise CastError(f"The cast file {path} cannot be used: {error}") from error
