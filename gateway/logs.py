"""Logging: one line per handled batch, for people on a terminal and as JSON anywhere else.

A batch of one names its entry, and so does whatever went wrong; the level `debug` names every entry.

Whatever is logged passes `redact` last, tracebacks included, so a token cannot leave by an address or an exception of
some library. What customers write is never given to a logger at all: no filter could know it.

What a line is about is passed as `extra`, and shows in both forms: `log.info("handled", extra={"line": "sales"})`.
"""

import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TextIO
from urllib.parse import quote

from gateway.model.codec import dump

HIDDEN = "***"

_SHAPES = (
    # What must stand in a text for the shape to be in it, cheap to look for.
    # A Telegram token anywhere, also percent-encoded, and the part of a Bot API address that holds one.
    (":", re.compile(r"\d{6,}:[\w-]{20,}"), HIDDEN),
    ("%3", re.compile(r"\d{6,}%3[Aa][\w-]{20,}"), HIDDEN),
    ("/bot", re.compile(r"/bot\d[^/\s\"']*"), f"/bot{HIDDEN}"),
    # Name and password in an address: Redis, a proxy, a database.
    ("://", re.compile(r"(?<=://)[^/@\s\"']*:[^/@\s\"']*@"), f"{HIDDEN}@"),
    # Query parameters that are secrets: vendors' tokens, and `start`, which may carry an invite.
    ("=", re.compile(r"\b((?:access|secret|refresh)_token|client_secret|(?<=[?&])start)=[^&\s\"']+"), rf"\1={HIDDEN}"),
)
_SHORTEST = 4
"""Anything shorter is no secret, and hiding it would blank out ordinary words."""

_QUIET = {
    "aiogram": logging.WARNING,  # one line per update and per request, by its own loggers
    "aiohttp.access": logging.WARNING,
    "aiosqlite": logging.WARNING,
    "alembic": logging.WARNING,
    "asyncio": logging.WARNING,
}
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; the rest came by `extra`."""
_SIMPLE = (str, int, float)
"""What JSON shows as it is; a bool is an int."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""What could fake another line or speak to the terminal."""

_secrets: set[str] = set()
_longest_first: list[str] = []


def start(
    style: str = "auto", *, level: int = logging.INFO, secrets: Iterable[str] = (), to: TextIO | None = None
) -> None:
    """Makes the root logger write to `to` (standard error), replacing what wrote before.

    Args:
        style: `text`, `json`, or `auto`: text on a terminal, JSON elsewhere.
        level: the least level that is written; of libraries nothing below `info`, for they may tell what was said.
        secrets: values that must never appear, however they look.
        to: where lines go.
    """
    hide(secrets)
    # What no line shows need not be found out for each: where it was logged, by which thread and process.
    logging._srcfile = None  # noqa: SLF001 - the library's own advice
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    stream = to or sys.stderr
    handler = logging.StreamHandler(stream)
    is_json = style == "json" or (style == "auto" and not stream.isatty())
    handler.setFormatter(JsonFormatter() if is_json else TextFormatter())
    logging.basicConfig(level=max(level, logging.INFO), handlers=[handler], force=True)
    logging.getLogger("gateway").setLevel(level if level < logging.INFO else logging.NOTSET)
    logging.captureWarnings(capture=True)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, level))


def hide(secrets: Iterable[str]) -> None:
    """From now on these values come out as `***`; settings that are read again bring new ones."""
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            _secrets.update((secret, quote(secret, safe="")))
    _longest_first[:] = sorted(_secrets, key=len, reverse=True)


def redact(text: str) -> str:
    """The text without secrets: the known ones, and whatever has the shape of one."""
    for secret in _longest_first:
        text = text.replace(secret, HIDDEN)
    for sign, shape, instead in _SHAPES:
        if sign in text:
            text = shape.sub(instead, text)
    return text


class TextFormatter(logging.Formatter):
    """`12:00:00.123 INFO  router.owner  handled  line=sales dialog=7 ms=3`."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%H:%M:%S.%f")[:-3]
        name = record.name.removeprefix("gateway.")
        extra = " ".join(f"{key}={value}" for key, value in _extra(record).items() if value is not None)
        line = f"{moment} {record.levelname:<7} {name}  {record.getMessage()}"
        # Control characters are written otherwise after that: right behind one a secret would not look like one.
        head = redact(f"{line}  {extra}" if extra else line)
        return "\n".join([_CONTROL.sub(_visible, head), *map(redact, _trace(self, record))])


class JsonFormatter(logging.Formatter):
    """One JSON object per line: `at` (ISO 8601, UTC), `level`, `logger`, `message`, what `extra` gave, `trace`."""

    def format(self, record: logging.LogRecord) -> str:
        shown: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_extra(record),
        }
        if trace := _trace(self, record):
            shown["trace"] = "\n".join(trace)
        # One look at the whole line, for what has to be hidden is rare; where JSON had to write something otherwise,
        # it might be hidden from that look.
        line = dump(shown).decode()
        if "\\" not in line and redact(line) == line:
            return line
        return dump({key: redact(value) if isinstance(value, str) else value for key, value in shown.items()}).decode()


def _visible(control: re.Match[str]) -> str:
    return control[0].encode("unicode_escape").decode()


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {
        key: value if value is None or isinstance(value, _SIMPLE) else str(value)
        for key, value in vars(record).items()
        if key not in _PLAIN
    }


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> list[str]:
    trace = [formatter.formatException(record.exc_info)] if record.exc_info else []
    return [*trace, formatter.formatStack(record.stack_info)] if record.stack_info else trace
