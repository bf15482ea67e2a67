"""What a chat tells beside its messages: who writes, and which listing they ask about. Pure and total."""

from collections.abc import Iterator

from gateway.connectors.avito.values import identity
from gateway.connectors.toolkit.values import Json, inner, url_of, words
from gateway.model.messages import Profile, Visit

_NAME = 200
_TITLE = 300


def client_of(chat: Json, me: str, author: str = "") -> Profile | None:
    """The other side of the chat: whoever wrote, or else the user who is not us."""
    users = list(_users(chat))
    found = next((one for one in users if author and identity(one.get("id")) == author != me), None)
    if found is None and me:
        found = next((one for one in users if identity(one.get("id")) != me), None)
    if found is None:
        return None
    name = words(found.get("name"))[:_NAME]
    link = url_of(inner(found, "public_user_profile"), "url") or None
    return Profile(name=name or identity(found.get("id")), link=link) if name or link else None


def item_of(chat: Json) -> Visit | None:
    """The listing that the chat is about."""
    context = inner(chat, "context")
    value = inner(context, "value")
    number = identity(value.get("id"))
    url = url_of(value, "url") or (item_page(number) if number else "")
    if words(context.get("type")) != "item" or not url:
        return None
    return Visit(
        url=url[:1000],
        title=words(value.get("title"))[:_TITLE] or None,
        price=words(value.get("price_string"))[:64] or None,
        city=words(inner(value, "location").get("title"))[:64] or None,
        listing=True,
    )


def item_page(number: str) -> str:
    """A listing's page by its number alone; Avito sends on from there."""
    return f"https://avito.ru/{number}"


def _users(chat: Json) -> Iterator[Json]:
    listed = chat.get("users")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and identity(one.get("id")):
            yield one
