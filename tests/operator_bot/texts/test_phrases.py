import ast
import re
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages import Catalog
from babel.messages.pofile import read_po

from gateway import operator_bot
from gateway.operator_bot.texts.phrases import LANGUAGES, Texts, catalog_path

NOON = 1_700_049_600_000
DAY = 24 * 3600 * 1000
Source = str | tuple[str, ...]


def sources() -> Iterator[Source]:
    """Every text of the package, wherever `t(…)` or `….plural(…)` stands."""
    for path in Path(operator_bot.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            words = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if isinstance(node.func, ast.Name) and node.func.id == "t":
                assert len(words) == 1, f"{path.name}:{node.lineno}: a text must stand there as it is"
                yield words[0]
            elif isinstance(node.func, ast.Attribute) and node.func.attr == "plural":
                assert len(words) == 2, f"{path.name}:{node.lineno}: both forms must stand there as they are"
                yield tuple(words)


def catalog(language: str) -> Catalog:
    with catalog_path(language).open("rb") as file:
        return read_po(file, locale=language)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_and_none_is_left_over(language: str) -> None:
    known = {one.id: one.string for one in catalog(language) if one.id}

    assert set(known) == set(sources())
    for source, translated in known.items():
        forms = translated if isinstance(translated, tuple) else (translated,)
        assert all(forms), source


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_placeholders_of_its_source(language: str) -> None:
    for one in catalog(language):
        if not one.id:
            continue
        wanted = placeholders(one.id[-1] if isinstance(one.id, tuple) else one.id)
        for form in one.string if isinstance(one.string, tuple) else (one.string,):
            assert placeholders(form) == wanted, one.id


def test_no_russian_text_is_simply_its_source() -> None:
    same = {one.id for one in catalog("ru") if one.id and one.id == one.string}

    assert same == set()


@pytest.mark.parametrize(
    ("n", "told"),
    [
        (1, "Ждёт 1 клиент."),
        (2, "Ждут 2 клиента."),
        (5, "Ждут 5 клиентов."),
        (11, "Ждут 11 клиентов."),
        (21, "Ждёт 21 клиент."),
        (112, "Ждут 112 клиентов."),
    ],
)
def test_russian_numbers_take_their_forms(n: int, told: str) -> None:
    t = Texts.load().of("ru")

    assert t.plural("{n} client waits.", "{n} clients wait.", n) == told


def test_a_language_is_found_by_telegrams_code_and_the_default_stands_in() -> None:
    texts = Texts.load("ru")

    assert texts.of("en-GB")("Skip") == "Skip"
    for code in ("ru", "de", "", None):
        assert texts.of(code)("Skip") == "Пропустить"
    assert Texts.load("en").of("de")("Skip") == "Skip"


def test_a_default_that_nobody_speaks_is_refused_with_the_choice() -> None:
    with pytest.raises(ValueError, match="ru, en"):
        Texts.load("fr")


def test_braces_in_a_value_are_just_text() -> None:
    t = Texts.load().of("ru")

    assert t("Hello, {name}!", name="{0} {name}") == "Здравствуйте, {0} {name}!"


@pytest.mark.parametrize(
    ("at", "zone", "shown"),
    [
        (NOON, UTC, "12:00"),
        (NOON, ZoneInfo("Europe/Moscow"), "15:00"),
        (NOON - DAY, UTC, "14 нояб. 12:00"),
        (NOON - 400 * DAY, UTC, "11 окт. 2022 12:00"),
    ],
)
def test_a_moment_is_shown_by_the_readers_clock(at: int, zone: ZoneInfo, shown: str) -> None:
    assert Texts.load().of("ru").moment(at, NOON, zone) == shown


JUDGED_WRONG = (
    # an ending in brackets, in place of a form that fits everybody
    r"\w\(-?[а-яё]{1,4}\)",
    # a messenger's name that Russians write in Russian
    r"\bAvito\b",
    # officialese, and words that say something else than what is meant
    r"пропустили это обращение",
    r"лично и по существу",
    r"оставлено после",
    r"уходит так",
    r"личность клиента",
    r"\bданн(ый|ая|ое|ого|ой|ому|ым)\b",
    r"осуществля|вышеуказанн|нижеследующ|в целях\b|в случае если",
)


def in_russian() -> Iterator[tuple[str, str]]:
    """Every Russian text that a person can see: where it stands, and the text."""
    for one in catalog("ru"):
        if one.id:
            forms = one.string if isinstance(one.string, tuple) else (one.string,)
            yield from ((f"operator_bot.po, {one.id}", form) for form in forms)
    package = Path(operator_bot.__file__).parent.parent
    for path in sorted(one for ending in ("py", "ts", "toml") for one in package.rglob(f"*.{ending}")):
        if "node_modules" in path.parts:
            continue
        for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if re.search("[а-яё]{3}", text):
                yield f"{path.relative_to(package)}:{line}", text


def test_no_russian_text_holds_a_wording_that_was_judged_wrong() -> None:
    found = [
        (place, text) for place, text in in_russian() for one in JUDGED_WRONG if re.search(one, text, re.IGNORECASE)
    ]
    assert found == []


@pytest.mark.parametrize("text", ["взял(а) Анна", "На сайте известен(-на) как", "Avito этого не принял", "Уходит так"])
def test_such_a_wording_would_be_found(text: str) -> None:
    assert any(re.search(one, text, re.IGNORECASE) for one in JUDGED_WRONG)
