"""Who writes: the phone number where there is one, else the id that WhatsApp gives a user who hides it. Pure.

Such an id (`RU.1349…`, of the business's own) stands beside the number where both are known: it is then told along as
`also`, another name of the same person, so that they stay the same when only one of the two comes.
"""

from msgspec import Struct

from gateway.connectors.toolkit.values import Json, listed, table
from gateway.connectors.whatsapp.values import words
from gateway.model.ids import ContactId
from gateway.model.messages import Profile

_ID = 128
_NAME = 200


class Person(Struct, frozen=True):
    """One person of an update: `contact` is who they are here, `user` WhatsApp's own id of them where it is told."""

    contact: ContactId
    profile: Profile
    user: str = ""

    @property
    def also(self) -> ContactId | None:
        """Their other id."""
        return ContactId(self.user) if self.user and self.user != self.contact else None


def is_phone(contact: str) -> bool:
    """Whether the id is a phone number, as WhatsApp writes them: digits alone."""
    return contact.isascii() and contact.isdecimal()


def sender_of(message: Json, value: Json) -> Person | None:
    """Who wrote a message; None: nobody that could be made out."""
    return person_of(value, words(message.get("from"), _ID), words(message.get("from_user_id"), _ID))


def person_of(value: Json, number: str, user: str) -> Person | None:
    """The person by the ids that are told, with what the update tells of them."""
    number = number.removeprefix("+")
    told = _told(value, number, user)
    profile = table(told.get("profile"))
    number = number or words(told.get("wa_id"), _ID)
    user = user or words(told.get("user_id"), _ID)
    if not number and not user:
        return None
    contact = number or user
    phone = f"+{contact}" if is_phone(contact) else None
    username = words(profile.get("username"), _NAME).removeprefix("@")
    return Person(
        contact=ContactId(contact),
        user=user,
        profile=Profile(
            name=words(profile.get("name"), _NAME) or username or phone or contact,
            username=username or None,
            phone=phone,
            link=f"https://wa.me/{contact}" if phone else None,
        ),
    )


def _told(value: Json, number: str, user: str) -> Json:
    """What stands about them in `contacts`; the only entry is theirs where nothing says otherwise."""
    people = [table(one) for one in listed(value.get("contacts"))]
    for one in people:
        if number and words(one.get("wa_id"), _ID) == number:
            return one
        if user and words(one.get("user_id"), _ID) == user:
            return one
    if len(people) != 1:
        return {}
    (only,) = people
    # Test payloads write the number differently in the two places: the name is theirs, an id would be a guess.
    return only if not (number or user) else {"profile": only.get("profile")}
