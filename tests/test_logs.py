import io
import json
import logging
from collections.abc import Iterator

import pytest

from gateway import logs

TOKEN = "7000000001:AAExampleExampleExampleExampleExample"
PASSWORD = "s3cret pass/word"
QUOTED = 'pa\\ss"word'


@pytest.fixture(autouse=True)
def _leaves_logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    logging.getLogger("gateway").setLevel(logging.NOTSET)
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def written(style: str, line: str, **options: object) -> str:
    to = io.StringIO()
    logs.start(style, secrets=[PASSWORD, QUOTED], to=to)
    logging.getLogger("gateway.test").info(line, **options)  # type: ignore[arg-type]
    return to.getvalue()


def written_on_failure(style: str, text: str) -> str:
    to = io.StringIO()
    logs.start(style, secrets=[PASSWORD, QUOTED], to=to)
    try:
        try:
            raise ConnectionError(text)
        except ConnectionError as error:
            raise RuntimeError("and another") from error
    except RuntimeError:
        logging.getLogger("gateway.test").exception("a send failed")
    return to.getvalue()


LEAKS = [
    f"POST https://api.telegram.org/bot{TOKEN}/sendMessage failed",
    f"token={TOKEN}",
    f"https://api.telegram.org/file/bot{TOKEN.replace(':', '%3A')}/photos/1.jpg",
    f"proxy says: {PASSWORD}",
    "proxy http://user:s3cret%20pass%2Fword@proxy.example:3128",
    "rediss://:hunter22@redis.example:6380/0 does not answer",
    "https://api.vk.example/method/users.get?access_token=vk1.a.AbCdEf&v=5.199",
    "https://t.me/desk_bot?start=b2t4LW9uZS10aW1lLWludml0ZQ",
    "the answer was:\naccess_token=vk1.a.AbCdEf&v=5.199",
    'the proxy refused "user" with "pa\\ss"word"',
]
HIDDEN = [TOKEN, "AAExample", PASSWORD, "s3cret", "hunter22", "AbCdEf", "b2t4LW9u", 'ss\\"word', 'ss"word']


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize("leak", LEAKS)
def test_no_secret_comes_out(style: str, leak: str) -> None:
    lines = [
        written(style, leak),
        written(style, "%s", extra={"problem": leak}).replace("%s", ""),
        written_on_failure(style, leak),
    ]
    assert [one for line in lines for one in HIDDEN if one in line] == []
    assert all("***" in line for line in lines)


def test_a_token_in_arguments_is_hidden_too() -> None:
    to = io.StringIO()
    logs.start("text", to=to)
    logging.getLogger("gateway.test").warning("%s said %r", {"url": f"/bot{TOKEN}/getMe"}, ConnectionError(TOKEN))
    assert "AAExample" not in to.getvalue()


def test_a_secret_given_later_is_hidden_from_then_on() -> None:
    logs.hide(["reloaded-secret"])
    assert logs.redact("now reloaded-secret") == "now ***"


def test_a_line_for_people_shows_what_it_is_about() -> None:
    line = written("text", "handled", extra={"line": "sales", "dialog": "7", "ms": 3})
    assert line.endswith("INFO    test  handled  line=sales dialog=7 ms=3\n")


def test_a_line_for_machines_is_one_json_object() -> None:
    shown = json.loads(written("json", "handled", extra={"line": "sales", "ms": 3, "late": False}))
    assert shown.pop("at").endswith("+00:00")
    assert shown == {
        "level": "info",
        "logger": "gateway.test",
        "message": "handled",
        "line": "sales",
        "ms": 3,
        "late": False,
    }


def test_a_traceback_stays_inside_its_json_line() -> None:
    text = written_on_failure("json", "no route")
    assert text.count("\n") == 1
    assert "ConnectionError: no route" in json.loads(text)["trace"]


def test_away_from_a_terminal_lines_are_json() -> None:
    assert json.loads(written("auto", "handled"))["message"] == "handled"


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_newline_cannot_fake_another_line(style: str) -> None:
    assert written(style, "one\n12:00 INFO two\x1b[31m", extra={"detail": "a\nb"}).count("\n") == 1


def test_chatty_libraries_are_tamed() -> None:
    to = io.StringIO()
    logs.start("text", to=to)
    logging.getLogger("aiogram.event").info("Update id=1 is handled")
    logging.getLogger("aiohttp.access").info("GET /readyz")
    assert to.getvalue() == ""


def test_at_debug_libraries_still_tell_nothing_of_what_was_said() -> None:
    to = io.StringIO()
    logs.start("text", level=logging.DEBUG, to=to)
    logging.getLogger("aiogram.client").debug("sendMessage: the customer's words")
    logging.getLogger("some.library").debug("body: the customer's words")
    logging.getLogger("gateway.router").debug("handled")
    assert "handled" in to.getvalue()
    assert "words" not in to.getvalue()


def test_warnings_become_log_lines() -> None:
    to = io.StringIO()
    logs.start("text", to=to)
    logging.getLogger("py.warnings").warning("something is deprecated")
    assert "something is deprecated" in to.getvalue()
