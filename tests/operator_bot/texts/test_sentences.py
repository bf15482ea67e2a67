import pytest

from gateway.model import events as e
from gateway.model.commands import Role
from gateway.model.events import Refusal
from gateway.model.ids import AccountId, OperatorId
from gateway.model.outgoing import DeliveryStatus
from gateway.operator_bot.inbound import misunderstandings
from gateway.operator_bot.inbound.misunderstandings import EDITED_TO_COMMAND, NOTE_WITH_FILE
from gateway.operator_bot.texts.alerts import say_alert
from gateway.operator_bot.texts.formatted_text import TEXT_LIMIT, TOAST_LIMIT, units
from gateway.operator_bot.texts.phrases import LANGUAGES, Texts
from gateway.operator_bot.texts.sentences import (
    commands_of,
    say_delivery,
    say_duty,
    say_greeting,
    say_help,
    say_refusal,
    say_toast,
)

TEXTS = Texts.load()
NAME = "Анна-Мария Константинопольская-Преображенская"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("why", Refusal)
@pytest.mark.parametrize("by", ["", NAME])
def test_every_refusal_is_a_sentence_that_fits_a_toast(why: Refusal, by: str, language: str) -> None:
    t = TEXTS.of(language)

    told = say_refusal(t, why, by=by, words=False)

    assert told.endswith((".", "/waiting", "/help", "/people"))
    assert len(told) <= TOAST_LIMIT
    assert "{" not in told


def test_refusals_are_told_apart() -> None:
    t = TEXTS.of("ru")

    assert len({say_refusal(t, why, by="Анна", words=True) for why in Refusal}) == len(Refusal)


def test_words_that_a_colleague_was_faster_with_are_said_not_to_be_sent() -> None:
    t = TEXTS.of("ru")

    assert say_refusal(t, Refusal.TAKEN, by="Анна") == "Этому клиенту уже отвечает Анна."
    for channel, told in (
        ("telegram", "клиент заблокировал нашего бота"),
        ("vk", "клиент запретил сообщения от сообщества"),
        ("avito", "клиент не принимает наших сообщений"),
    ):
        assert say_refusal(t, Refusal.UNREACHABLE, channel=channel) == f"Не отправлено: {told}."
    assert say_refusal(t, Refusal.TAKEN, by="Анна", words=True) == "Не отправлено: этому клиенту отвечает Анна."


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        (NOTE_WITH_FILE, "Скрытая заметка может быть только текстом. Ничего не отправлено и не сохранено."),
        (EDITED_TO_COMMAND, "У клиента ничего не изменилось: новый текст начинается с «/»."),
        (None, "Такой команды нет. Клиенту ничего не отправлено. Подсказка: /help"),
    ],
)
def test_what_was_misunderstood_is_explained(detail: str | None, told: str) -> None:
    assert say_refusal(TEXTS.of("ru"), Refusal.UNKNOWN_COMMAND, detail=detail) == told


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("claim", "Вы отвечаете: Мария"),
        ("decline", "Пропущено"),
        ("close", "✅ Завершён: Мария"),
        ("block", "🚫 Заблокирован: Мария"),
        ("unblock", "Клиент разблокирован"),
        ("write_again", "Теперь пишете: Мария"),
        ("focus", "Теперь пишете: Мария"),
        ("choose", "Теперь пишете: Мария"),
        ("drop", "Никому не отправлено"),
        ("look", ""),
    ],
)
def test_a_press_hears_what_it_did(command: str, told: str) -> None:
    assert say_toast(TEXTS.of("ru"), command, "Мария") == told


@pytest.mark.parametrize("status", DeliveryStatus)
def test_only_what_needs_doing_is_said_of_a_delivery(status: DeliveryStatus) -> None:
    told = say_delivery(TEXTS.of("ru"), status, None)

    assert (told is not None) == (status in (DeliveryStatus.FAILED, DeliveryStatus.UNKNOWN))


def test_what_was_lost_on_the_way_is_said() -> None:
    told = say_delivery(TEXTS.of("ru"), DeliveryStatus.SENT, "sent as a file")

    assert told == "Отправлено, но: sent as a file"


@pytest.mark.parametrize(
    ("on", "waiting", "mine", "told"),
    [
        (True, 0, 2, "🟢 Вы на смене: новые клиенты приходят сюда. Сейчас никто не ждёт."),
        (True, 1, 0, "🟢 Вы на смене: новые клиенты приходят сюда. Ждёт 1 клиент."),
        (False, 3, 0, "⚪️ Вы не на смене: новые клиенты сюда не приходят."),
    ],
)
def test_a_shift_says_what_it_means_now(*, on: bool, waiting: int, mine: int, told: str) -> None:
    assert say_duty(TEXTS.of("ru"), on=on, waiting=waiting, mine=mine) == told


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", Role)
def test_help_names_every_command_and_fits_a_screen(role: Role, language: str) -> None:
    t = TEXTS.of(language)

    told = say_help(t, role)

    assert units(told) < TEXT_LIMIT // 3
    assert all(f"/{name}" in told for name, _ in commands_of(t) if name != "help")
    assert ("/invite" in told) == (role is Role.ADMIN)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", Role)
def test_who_is_new_reads_four_lines_and_where_the_rest_is(role: Role, language: str) -> None:
    told = say_greeting(TEXTS.of(language), e.OperatorEntered(OperatorId("1"), "Анна", role, (), language, new=True))

    lines = told.splitlines()
    assert len(lines) == 4
    assert all(lines)
    assert "/help" in lines[-1]


def test_who_comes_back_is_greeted_shortly() -> None:
    entered = e.OperatorEntered(OperatorId("1"), "Анна", Role.OPERATOR, (), "ru", new=False)

    assert say_greeting(TEXTS.of("ru"), entered) == "Здравствуйте, Анна!"


@pytest.mark.parametrize("about", ["dead_letters", "lag", "memory", "disk", "added to a group"])
def test_an_alarm_carries_its_figures(about: str) -> None:
    notice = e.NoticeRaised(AccountId("shop"), about, "42", alarming=True)

    assert "42" in say_alert(TEXTS.of("ru"), notice)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_menu_passes_telegrams_limits(language: str) -> None:
    for name, description in commands_of(TEXTS.of(language)):
        assert name.isascii()
        assert name.islower()
        assert 1 <= len(description) <= 256


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "code", [value for name, value in vars(misunderstandings).items() if name.isupper() and name != "UNSENT"]
)
def test_every_code_has_a_sentence_of_its_own(code: str, language: str) -> None:
    t = TEXTS.of(language)

    told = say_refusal(t, Refusal.UNKNOWN_COMMAND, detail=code)

    assert told != say_refusal(t, Refusal.UNKNOWN_COMMAND, detail="price")
    assert told.endswith((".", "👍."))
