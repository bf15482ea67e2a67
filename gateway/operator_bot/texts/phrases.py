"""The bot's own words in the languages it knows, from gettext catalogs read at start (no compile step).

Source strings are English; Russian comes first all the same: it is the language of whoever has said nothing.
Numbers, plurals and moments are formatted here and nowhere else.
"""

import gettext
import io
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Self

from babel.dates import format_datetime
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from gateway.connectors.manifests import catalog_files
from gateway.operator_bot.texts.problems import Problems
from gateway.operator_bot.texts.untrusted import OwnText, trusted

DOMAIN = "operator_bot"
PROBLEMS = "problems"
FOLDER = Path(__file__).parent / "locale"
LANGUAGES = ("ru", "en")


class Phrases:
    """One language: `t("Nobody waits")`, `t.plural("{n} message", "{n} messages", n)`, `t.problems.say(problem)`."""

    def __init__(self, language: str, translations: gettext.NullTranslations, problems: Problems) -> None:
        self.language = language
        self._translations = translations
        self.problems = problems

    def __call__(self, source: str, /, **values: object) -> OwnText:
        """The source string in this language, with the values filled in: what is not the bot's own is made harmless."""
        return OwnText(self._translations.gettext(source).format_map(_harmless(values)))

    def plural(self, one: str, many: str, n: int, /, **values: object) -> OwnText:
        """The form that the number wants; `{n}` is filled in."""
        return OwnText(self._translations.ngettext(one, many, n).format_map({"n": n, **_harmless(values)}))

    def fill(self, text: str, **values: object) -> OwnText:
        """A text that is in this language already, from a channel's manifest, with the values filled in likewise."""
        return OwnText(text.format_map(_harmless(values)))

    def number(self, value: float) -> str:
        """A number with this language's decimal sign, without needless noughts."""
        return format_decimal(value, format="#,##0.#", locale=self.language)

    def moment(self, at: int, now: int, zone: tzinfo) -> str:
        """A moment as its reader's clock shows it: the time of today, date and time of another day."""
        then, today = (datetime.fromtimestamp(one / 1000, zone) for one in (at, now))
        if then.date() == today.date():
            return format_datetime(then, "HH:mm", locale=self.language)
        if then.year == today.year:
            return format_datetime(then, "d MMM HH:mm", locale=self.language)
        return format_datetime(then, "d MMM y HH:mm", locale=self.language)


def _harmless(values: Mapping[str, object]) -> dict[str, object]:
    return {name: trusted(one) if isinstance(one, str) else one for name, one in values.items()}


class Texts:
    """Every language the bot speaks."""

    def __init__(self, spoken: Mapping[str, Phrases], default: str) -> None:
        self._spoken, self._default = spoken, spoken[default]

    @classmethod
    def load(cls, default: str = LANGUAGES[0]) -> Self:
        """Reads the catalogs. `default` is the settings' language.

        Raises:
            ValueError: the default is none of LANGUAGES.
        """
        if default not in LANGUAGES:
            raise ValueError(f"language = {default!r} is not spoken; choose one of {', '.join(LANGUAGES)}")
        return cls({one: _phrases(one) for one in LANGUAGES}, default)

    def of(self, language: str | None) -> Phrases:
        """The phrases for a Telegram language code (`ru`, `en-GB`); the default's for a language not spoken."""
        return self._spoken.get((language or "").partition("-")[0].lower(), self._default)


def catalog_path(language: str, domain: str = DOMAIN) -> Path:
    """Where the language's catalog lies: of the bot's own texts, or with `PROBLEMS` of what others tell it."""
    return FOLDER / language / "LC_MESSAGES" / f"{domain}.po"


def problem_catalogs(language: str) -> Sequence[tuple[Path, Catalog]]:
    """Each catalog of problems with its file: the gateway's own, the one that channels share, and each channel's."""
    files = (catalog_path(language, PROBLEMS), *catalog_files(language))
    return [(file, _catalog(file, language, PROBLEMS)) for file in files]


def _phrases(language: str) -> Phrases:
    problems = Catalog(locale=language, domain=PROBLEMS)
    for _, catalog in problem_catalogs(language):
        for entry in catalog:
            if entry.id:
                problems.add(entry.id, entry.string)
    own = _catalog(catalog_path(language), language, DOMAIN)
    return Phrases(language, _translations(own), Problems(problems, _translations(problems)))


def _catalog(path: Path, language: str, domain: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=domain)


def _translations(catalog: Catalog) -> gettext.GNUTranslations:
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
