"""Approved texts (templates): read from WhatsApp's list, and filled with the words that an operator gives. Pure.

Shown as one text whose variables are numbered through its head and body, whatever WhatsApp calls them. A template that
wants more than words (a picture, a code, an address behind a button) is none of those that can be sent here.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.connectors.contract import Template
from gateway.connectors.toolkit.values import Json, listed, table
from gateway.connectors.whatsapp.values import words
from gateway.errors import Refused

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")
_WORDY = ("HEADER", "BODY")
_PLAIN_BUTTONS = frozenset({"QUICK_REPLY", "URL", "PHONE_NUMBER", "VOICE_CALL"})
_KNOWN = frozenset({"HEADER", "BODY", "FOOTER", "BUTTONS"})
_VALUE = 1024


def read_template(raw: Json) -> Template | None:
    """One of the list; None: it is not approved, or wants what nobody can give in words."""
    name = words(raw.get("name"), 512)
    parts = _components(raw)
    if words(raw.get("status")).upper() != "APPROVED" or not name or "BODY" not in parts or not _is_wordy(parts):
        return None
    lines, number = [], 0
    for kind in (*_WORDY, "FOOTER"):
        text = words(parts.get(kind, {}).get("text"))
        names = _names(text)
        for place, one in enumerate(names, start=number + 1):
            text = re.sub(rf"\{{\{{\s*{re.escape(one)}\s*\}}\}}", f"{{{{\0{place}}}}}", text)
        number += len(names)
        lines.append(text.replace("\0", ""))
    return Template(
        name=name,
        language=words(raw.get("language"), 32) or None,
        text="\n".join(filter(None, lines)),
        variables=number,
    )


def filled(raw: Json, values: Sequence[str]) -> dict[str, Any]:
    """The template as a message takes it.

    Raises:
        Refused: another number of values is wanted.
    """
    rest = list(values)
    components = []
    parts = _components(raw)
    for kind in _WORDY:
        names = _names(words(parts.get(kind, {}).get("text")))
        given, rest = rest[: len(names)], rest[len(names) :]
        if len(given) < len(names):
            raise Refused("the template wants another number of variables")
        if names:
            parameters = [_parameter(one, value) for one, value in zip(names, given, strict=True)]
            components.append({"type": kind.lower(), "parameters": parameters})
    if rest:
        raise Refused("the template wants another number of variables")
    found: dict[str, Any] = {"name": raw.get("name"), "language": {"code": raw.get("language")}}
    return {**found, "components": components} if components else found


def chosen(listing: Sequence[Json], name: str, language: str | None) -> Json:
    """The template of this name and language among those that WhatsApp listed.

    Raises:
        Refused: it is not there, or not approved any more.
    """
    for one in listing:
        is_it = words(one.get("name"), 512) == name and language in {None, words(one.get("language"), 32)}
        if is_it and words(one.get("status")).upper() == "APPROVED":
            return one
    raise Refused("WhatsApp has no such approved template in this language")


def _components(raw: Json) -> dict[str, Json]:
    parts = [table(one) for one in listed(raw.get("components"))]
    return {words(one.get("type")).upper(): one for one in parts}


def _is_wordy(parts: Mapping[str, Json]) -> bool:
    if not parts.keys() <= _KNOWN:
        return False
    header = parts.get("HEADER", {})
    if header and words(header.get("format")).upper() != "TEXT":
        return False
    buttons = [table(one) for one in listed(parts.get("BUTTONS", {}).get("buttons"))]
    return all(
        words(one.get("type")).upper() in _PLAIN_BUTTONS and not _VARIABLE.search(words(one.get("url")))
        for one in buttons
    )


def _names(text: str) -> list[str]:
    """The variables in the order in which values are given: numbered ones by their number, others as they stand."""
    found = list(dict.fromkeys(one[1] for one in _VARIABLE.finditer(text)))
    return sorted(found, key=int) if all(one.isdecimal() for one in found) else found


def _parameter(name: str, value: str) -> dict[str, str]:
    # WhatsApp takes no line ends, tabs or runs of blanks in a variable.
    told = {"type": "text", "text": re.sub(r"\s+", " ", value).strip()[:_VALUE]}
    return told if name.isdecimal() else {**told, "parameter_name": name}


def pages(said: Json) -> tuple[Iterator[Json], str]:
    """What one page of a list holds, and the cursor of the next; "": there is none."""
    paging = table(said.get("paging"))
    after = words(table(paging.get("cursors")).get("after"), 4096) if paging.get("next") else ""
    return (table(one) for one in listed(said.get("data"))), after
