"""Formatting for the page stands side by side: a link inside of something bold is still a link."""

from gateway.connectors.contract import Known
from gateway.connectors.widget.render import render
from gateway.model.ids import SentId
from gateway.model.messages import ContactCard, Entity, Message
from gateway.model.outgoing import SendMessage

SHOP = "https://shop.example/a"


def shown(text: str, *entities: Entity) -> list[tuple[str, str, str | None]]:
    (part,) = render(SendMessage(SentId("1.1"), Message(text=text, entities=entities)), Known())
    body = part.request["body"]
    encoded = text.encode("utf-16-le")
    return [
        (
            one["kind"],
            encoded[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le"),
            one.get("url"),
        )
        for one in body.get("entities", [])
    ]


def test_a_link_inside_of_bold_words_survives_whichever_comes_first() -> None:
    bold, link = Entity("bold", 0, 16), Entity("text_link", 3, 5, url=SHOP)
    told = [("bold", "😀 ", None), ("text_link", "вот т", SHOP), ("bold", "ак важно", None)]
    assert shown("😀 вот так важно!", bold, link) == told
    assert shown("😀 вот так важно!", link, bold) == told


def test_an_address_that_was_typed_inside_of_bold_words_is_a_link() -> None:
    text = f"Смотрите {SHOP}, да"
    assert shown(text, Entity("bold", 0, len(text))) == [
        ("bold", "Смотрите ", None),
        ("text_link", SHOP, SHOP),
        ("bold", ", да", None),
    ]
    assert shown(text) == [], "the page finds it by itself"
    assert shown(text, Entity("code", 0, len(text))) == [("code", text, None)]


def test_words_in_two_formats_keep_both_where_they_do_not_overlap() -> None:
    told = shown("раз два три", Entity("bold", 0, 7), Entity("italic", 4, 7))
    assert [one[0] for one in told] in (["bold", "italic"], ["italic", "bold"])
    assert "".join(one[1] for one in told) == "раз два три"


def test_what_is_no_address_of_the_web_is_no_link_and_loses_nothing() -> None:
    assert shown("вот", Entity("bold", 0, 3), Entity("text_link", 0, 3, url="javascript:alert(1)")) == [
        ("bold", "вот", None)
    ]


def test_each_number_of_a_contact_reaches_the_visitor() -> None:
    cards = (ContactCard("+7900", "Пётр"), ContactCard("+7495", "Пётр"))
    (part,) = render(SendMessage(SentId("1.1"), Message(attachments=cards)), Known())
    body = part.request["body"]
    assert (body["person"], body["text"]) == ({"name": "Пётр", "phone": "+7900"}, "Пётр, +7495")
