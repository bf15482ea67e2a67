"""The sentences that connectors, files and the store give as problems, in one language, from their own catalogs. Pure.

A channel's catalogs stand in its own folder (gateway/connectors/manifests.py), the others' beside this file.
The catalogs' source strings are those sentences as the code says them, with names in the places where something is
filled in. What is filled in may be such a sentence itself and is said too. What no catalog knows is shown as it came.
"""

import gettext
import re
from collections.abc import Iterator
from typing import NamedTuple

from babel.messages import Catalog, Message

from gateway.operator_bot.texts.untrusted import OwnText, joined, trusted

LONGEST = 1000
"""Of a longer problem only so much is looked at; what is shown is cut shorter."""
_MOST_TOGETHER = 8
_DEEPEST = 4
"""Sentences beside each other, and within each other: a stranger's words may look like any number of them."""
_PLACE = re.compile(r"{(\w+)}")
_BETWEEN = "; "
"""Between sentences that are told together, and within some of them."""
_FIGURE, _WORD, _ANY = r"[\d.,]+", r"\S+", r".+"
_SHAPES = dict.fromkeys(("n", "done", "all", "seconds"), _FIGURE) | dict.fromkeys(
    ("status", "code", "host", "port", "target", "method", "mime", "emoji", "command", "key"), _WORD
)


class _Known(NamedTuple):
    source: str
    many: str | None
    shape: re.Pattern[str]


class Problems:
    """One language's."""

    def __init__(self, catalog: Catalog, translations: gettext.NullTranslations) -> None:
        self._translations = translations
        found = [_known(one) for one in catalog if one.id]
        # What says more of itself goes first: "{host}: {why}" fits nearly everything.
        self._known = sorted(found, key=lambda one: -len(_PLACE.sub("", one.source)))

    def say(self, problem: str) -> str:
        """The problem in this language, sentence by sentence."""
        return self._said(problem[:LONGEST], 0)

    def source_of(self, problem: str) -> str | None:
        """By which of the catalog's sentences it is said; None: by none."""
        return next((known.source for known, _ in self._fitting(problem)), None)

    def _said(self, problem: str, depth: int) -> str:
        if depth > _DEEPEST:
            return problem
        pieces, found = problem.split(_BETWEEN, _MOST_TOGETHER), []
        while pieces:
            for number in range(len(pieces), 0, -1):
                said = self._whole(_BETWEEN.join(pieces[:number]), depth)
                if said is not None:
                    break
            else:
                number, said = 1, None
            found.append(pieces[0] if said is None else said)
            pieces = pieces[number:]
        return found[0] if len(found) == 1 else joined(found, _BETWEEN)

    def _whole(self, problem: str, depth: int) -> OwnText | None:
        """As one sentence of the catalog."""
        for known, values in self._fitting(problem):
            translated = (
                self._translations.gettext(known.source)
                if known.many is None
                else self._translations.ngettext(known.source, known.many, int(values["n"]))
            )
            filled = {name: trusted(self._said(one, depth + 1)) for name, one in values.items()}
            return OwnText(translated.format_map(filled))
        return None

    def _fitting(self, problem: str) -> Iterator[tuple[_Known, dict[str, str]]]:
        for known in self._known:
            found = known.shape.fullmatch(problem)
            if found is not None:
                yield known, found.groupdict()


def _known(entry: Message) -> _Known:
    ids = [entry.id] if isinstance(entry.id, str) else [*entry.id]
    source, many = ids[0], ids[1] if len(ids) > 1 else None
    literals = _PLACE.split(many or source)
    shape = "".join(
        re.escape(one) if number % 2 == 0 else f"(?P<{one}>{_SHAPES.get(one, _ANY)})"
        for number, one in enumerate(literals)
    )
    return _Known(source, many, re.compile(shape, re.DOTALL))
