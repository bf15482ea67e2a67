"""Buttons under a message as WhatsApp's interactive messages: three buttons, a list of ten, or one link. Pure."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from gateway.connectors.whatsapp.text import shorten
from gateway.model.messages import Button

BODY_LIMIT = 1024
"""Characters over the buttons."""
_BUTTONS, _ROWS = 3, 10
_TITLE, _ROW_TITLE, _DESCRIPTION, _ID = 20, 24, 72, 200

Json = dict[str, Any]


class Choice(NamedTuple):
    """`action` and `kind` as WhatsApp takes them, None where there is nothing to press; `told`: lines for the text;
    `loses`: in words.
    """

    kind: str | None = None
    action: Json | None = None
    told: tuple[str, ...] = ()
    loses: str | None = None


def choice(rows: Sequence[Sequence[Button]], list_button: str) -> Choice:
    """What the buttons become. `list_button` stands on the button that opens a list."""
    buttons = [one for row in rows for one in row]
    links = [one for one in buttons if one.url]
    answers = list({one.data or one.text: one for one in buttons if not one.url}.values())
    if (
        not answers
        and len(links) == 1
        and (url := links[0].url) is not None
        and url.startswith(("https://", "http://"))
    ):
        parameters = {"display_text": shorten(links[0].text, _TITLE), "url": url}
        return Choice("cta_url", {"name": "cta_url", "parameters": parameters})
    # WhatsApp shows links and answers never together: an address can be pressed in the text as well.
    told = tuple(f"{one.text}: {one.url}" for one in links)
    if not answers:
        return Choice(told=told)
    titles = {shorten(one.text, _TITLE) for one in answers}
    if len(answers) <= _BUTTONS and len(titles) == len(answers) and all(len(one.text) <= _TITLE for one in answers):
        return Choice("button", {"buttons": [_button(one) for one in answers]}, told)
    loses = "sent without some of the buttons: WhatsApp shows 10" if len(answers) > _ROWS else None
    section = {"title": shorten(list_button, _ROW_TITLE), "rows": [_row(one) for one in answers[:_ROWS]]}
    return Choice("list", {"button": shorten(list_button, _TITLE), "sections": [section]}, told, loses)


def _button(button: Button) -> Json:
    return {"type": "reply", "reply": {"id": _id(button), "title": button.text}}


def _row(button: Button) -> Json:
    row = {"id": _id(button), "title": shorten(button.text, _ROW_TITLE)}
    return row if len(button.text) <= _ROW_TITLE else {**row, "description": shorten(button.text, _DESCRIPTION)}


def _id(button: Button) -> str:
    return (button.data or button.text)[:_ID]
