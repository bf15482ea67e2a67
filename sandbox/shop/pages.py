"""The shop's pages as HTML, filled in from templates and a list of goods. Everything that goes in is escaped here."""

import tomllib
from html import escape
from pathlib import Path
from string import Template

import msgspec

from sandbox.shop.customers import Customer

_FOLDER = Path(__file__).parent
_ROOT = "/shop/"
ACCOUNT = "site"
"""The gateway's name for this site."""


class Good(msgspec.Struct, frozen=True):
    slug: str
    name: str
    price: int
    short: str
    text: str
    parts: list[str]
    size: str
    lasts: str


class _Goods(msgspec.Struct):
    goods: list[Good]


class ChatPlace(msgspec.Struct, frozen=True):
    """Where the gateway is, if there is one, and whether it answers yet."""

    origin: str | None
    is_running: bool

    @property
    def script(self) -> str | None:
        """The one address that a site embeds."""
        return f"{self.origin}/widget/{ACCOUNT}/widget.js" if self.origin and self.is_running else None


class Page(msgspec.Struct, frozen=True):
    title: str
    body: str


class Pages:
    """Every page by its path below /shop/; `missing` is for all other paths."""

    def __init__(self) -> None:
        goods = msgspec.convert(tomllib.loads((_FOLDER / "goods.toml").read_text("utf-8")), _Goods).goods
        cards = "".join(_fill("card", good) for good in goods)
        self.missing = Page("Страница не нашлась · Ромашка", _template("missing").substitute())
        self._by_path = {
            "": Page("Ромашка — букеты с доставкой", _template("home").substitute(cards=cards)),
            "delivery": Page("Доставка и оплата · Ромашка", _template("delivery").substitute()),
            **{f"goods/{good.slug}": Page(f"{good.name} · Ромашка", _fill("good", good)) for good in goods},
        }
        self._frame = _template("frame")

    def find(self, path: str) -> Page | None:
        return self._by_path.get(path)

    def html(self, page: Page, path: str, customer: Customer | None, vouched: str, chat: ChatPlace) -> str:
        """The whole document; `vouched` is the signed customer for the chat, as JSON."""
        place = escape(_ROOT + path)
        account = (
            _template("logged-in").substitute(name=escape(customer.name.partition(" ")[0]), back=place)
            if customer
            else _template("log-in").substitute(back=place)
        )
        return self._frame.substitute(
            title=escape(page.title),
            body=page.body,
            account=account,
            user=escape(vouched),
            origin=escape(chat.origin or ""),
            chat=f'<script async src="{escape(chat.script)}"></script>' if chat.script else "",
        )


def _fill(name: str, good: Good) -> str:
    texts = {field: escape(str(value)) for field, value in msgspec.structs.asdict(good).items()}
    parts = "".join(f"<li>{escape(part)}</li>" for part in good.parts)
    return _template(name).substitute({**texts, "parts": parts, "price": f"{good.price:,}".replace(",", "\N{NBSP}")})


def _template(name: str) -> Template:
    return Template((_FOLDER / "templates" / f"{name}.html").read_text("utf-8"))
