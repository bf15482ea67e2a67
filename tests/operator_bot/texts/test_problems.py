"""No English on a Russian screen: every problem that the code can tell is known in each language."""

import re
import time

import pytest
from babel.messages import Message

from gateway.connectors.avito.answers import TARIFF
from gateway.connectors.manifests import alert_labels, manifest
from gateway.connectors.registry import channel_names
from gateway.connectors.telegram import unsupported as telegrams
from gateway.connectors.telegram.parse import parse as telegram_parse
from gateway.connectors.vk import hints
from gateway.errors import Unauthorized
from gateway.model.commands import Notice
from gateway.model.events import NoticeRaised
from gateway.model.ids import AccountId
from gateway.model.messages import Unsupported
from gateway.model.outgoing import DeliveryStatus
from gateway.operator_bot.texts.alerts import say_alert
from gateway.operator_bot.texts.content_kinds import kinds
from gateway.operator_bot.texts.content_labels import name_unsupported
from gateway.operator_bot.texts.phrases import LANGUAGES, Texts, problem_catalogs
from gateway.operator_bot.texts.sentences import say_delivery, say_parked
from tests.operator_bot import said

TEXTS = Texts.load()
RU, EN = TEXTS.of("ru"), TEXTS.of("en")
SENTENCES = {text: where for text, where in said.sentences().items() if text not in said.UNSEEN}
NAMES = said.of_channels("latin") | {
    "Meta", "Redis", "API", "README", "DNS", "token", "mode", "webhook", "api_url", "redis_url", "MIME", "HTTP",
    "http", "https", "failed", "Office", "PDF", "JPEG", "PNG", "GIF", "BMP", "HEIC", "MP4", "MOV", "WEBM", "AVI",
    "OGG", "Ogg", "Opus", "AAC", "M4A", "WAV", "ACL", "SETUSER", "user", "all", "TYPE", "DUMP", "RENAME", "XADD",
    "api", "desk", "inbox", "gateway", "dead", "list", "readyz",
}  # fmt: skip
"""Latin words that are Russian enough: names of products, formats, settings, commands."""


def english(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z][\w-]*", text)) - NAMES


def source_of(entry: Message) -> str:
    return entry.id if isinstance(entry.id, str) else entry.id[0]


def filled(text: str) -> str:
    """A sentence that is told behind another, with something before it."""
    return text if text[0].isalnum() else said.VALUE + text


@pytest.mark.parametrize("text", [*SENTENCES, *said.GIVEN])
def test_every_problem_of_the_code_is_said_in_each_language(text: str) -> None:
    where, problem = SENTENCES.get(text, "put together"), filled(text)

    assert RU.problems.source_of(problem) is not None, f"{where}: no catalog of problems has it"
    assert english(RU.problems.say(problem)) == set(), where
    assert not re.search("[а-яё]", EN.problems.say(problem), re.IGNORECASE), where


@pytest.mark.parametrize("text", [*SENTENCES, *said.GIVEN])
def test_it_is_russian_wherever_it_is_shown(text: str) -> None:
    problem = filled(text)
    shown = [
        say_delivery(RU, DeliveryStatus.FAILED, f"{problem}; given up after 5 tries"),
        say_delivery(RU, DeliveryStatus.SENT, f"sent without the quoted words; {problem}"),
        say_parked(RU, AccountId("7"), problem),
        say_alert(RU, NoticeRaised(account=AccountId("7"), about="receiving", detail=problem, alarming=True)),
        say_alert(
            RU, NoticeRaised(account=None, about="stalled_rejected", detail=f"owner:7: {problem}", alarming=True)
        ),
    ]

    for one in shown:
        assert one is not None
        assert english(one) <= {"owner"}


def test_what_nobody_sees_is_still_said_somewhere() -> None:
    assert said.UNSEEN - set(said.sentences()) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogs_hold_what_is_said_and_nothing_else(language: str) -> None:
    entries = [one for _, catalog in problem_catalogs(language) for one in catalog if one.id]
    used = {RU.problems.source_of(filled(text)) for text in (*SENTENCES, *said.GIVEN)}
    sources = {source_of(one) for one in entries}

    assert sources - used == set()
    for one in entries:
        forms = one.string if isinstance(one.string, tuple) else (one.string,)
        assert all(forms), one.id
        known = set(re.findall(r"{(\w+)}", str(one.id)))
        assert all(set(re.findall(r"{(\w+)}", form)) <= known for form in forms), one.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_catalogs_that_have_one_sentence_say_it_alike(language: str) -> None:
    said_as: dict[str, str | tuple[str, ...]] = {}
    for file, catalog in problem_catalogs(language):
        for one in catalog:
            if one.id:
                assert said_as.setdefault(source_of(one), one.string) == one.string, f"{file}: {one.id}"


def test_what_channels_share_names_none_of_them() -> None:
    names = {channel: manifest(channel).name["en"] for channel in channel_names()}
    for file, catalog in problem_catalogs("en"):
        if file.parent.parent.name in names:
            continue
        for one in catalog:
            told = [name for name in names.values() if one.id and re.search(rf"\b{name}\b", source_of(one))]
            assert told == [], f"{file}: {one.id}"


def test_a_new_sentence_is_found() -> None:
    source = 'raise Refused(f"Avito wants {n} stamps")\nPart(loses="sent without its ribbon")\nlog.info("not this one")'

    assert said.sentences_of(source) == {"Avito wants 7 stamps": 1, "sent without its ribbon": 2}


def test_a_problem_within_a_problem_is_said_too() -> None:
    told = "the photo 'a.jpg' is not to be had: shop.example.com: no answer in time; given up after 2 tries"

    assert (
        RU.problems.say(told)
        == "файл не получить: shop.example.com: нет ответа вовремя; отправка прекращена после 2 попыток"
    )
    assert RU.problems.say("something new") == "something new"


@pytest.mark.parametrize("words", ["; ", "a; ", "a: ", "a: b; ", "the photo ", "x is not to be had: ", "7 (7 of its "])
def test_words_that_look_like_many_problems_are_looked_at_for_a_moment_only(words: str) -> None:
    began = time.process_time()

    told = RU.problems.say(words * 500)

    assert time.process_time() - began < 1
    assert told


def test_an_account_that_does_not_work_is_told_of_in_russian() -> None:
    told = say_parked(RU, AccountId("flowers"), str(Unauthorized(TARIFF)))

    assert told.startswith("⛔️ Аккаунт flowers не работает: в тарифе аккаунта на Авито нет API мессенджера (402)")


ALERTS = [
    *("webhook", "receiving", "gap", "unreadable", "added to a group", "handover", "policy", "lag", "disk", "memory"),
    *("dead_letters", "stalled_rejected", "stalled_newer"),
    *(about.replace("*", "7") for about in alert_labels("ru")),
]


@pytest.mark.parametrize("about", ALERTS)
def test_an_alert_is_russian(about: str) -> None:
    for account in (AccountId("7"), None):
        assert english(say_alert(RU, NoticeRaised(account=account, about=about, detail="7", alarming=True))) == set()


def test_an_alert_names_a_kind_of_content_as_cards_do_and_a_group_by_its_title_alone() -> None:
    strange = NoticeRaised(account=AccountId("7"), about="Unsupported(poll)", detail="7", alarming=True)
    [told] = telegram_parse(
        {
            "update_id": 1,
            "my_chat_member": {
                "chat": {"id": -100, "type": "supergroup", "title": "Склад"},
                "from": {"id": 5, "is_bot": False, "first_name": "Анна"},
                "date": 1_700_000_000,
                "new_chat_member": {"status": "member"},
            },
        }
    )
    assert isinstance(told.item, Notice)
    added = NoticeRaised(account=AccountId("7"), about=told.item.about, detail=told.item.detail, alarming=True)

    assert say_alert(RU, strange) == "⚠️ В аккаунт 7 пришло сообщение вида «опрос»: 7"
    assert say_alert(RU, added).endswith("в группу. Склад: бот отвечает только в личных чатах, уберите его оттуда")


def test_every_alarm_of_the_code_has_a_sentence_of_its_own() -> None:
    fallback = say_alert(RU, NoticeRaised(account=AccountId("7"), about="¤", detail="7", alarming=True))
    for about in said.alarms():
        told = say_alert(RU, NoticeRaised(account=AccountId("7"), about=about, detail="7", alarming=True))
        assert told != fallback.replace("¤", about), about


def test_every_kind_of_content_has_a_name() -> None:
    known = kinds(RU)
    used = {*said.kinds(), *telegrams.UNSUPPORTED, *hints.HINTS}

    assert used - set(known) == set()
    for kind in known:
        assert english(name_unsupported(RU, Unsupported(of=kind))) <= set(), kind
    assert name_unsupported(RU, Unsupported(of="hologram")) == "❔ что-то вида «hologram»"
    assert name_unsupported(RU, Unsupported(of="doc", hint="WhatsApp did not tell where the file is")).endswith(
        "(WhatsApp не сказал, где лежит файл)"
    )
