"""Forms that bring a file to a vendor: made anew for each try, since a request uses one up and closes its file."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from aiohttp import FormData

from gateway.connectors.toolkit.http import Form
from gateway.model.file_types import UNKNOWN, type_by_name

_RATE = 64 * 1024
"""Bytes a second: an upload is given the time that a slow line needs."""


class Upload(NamedTuple):
    """A form with a file, made anew for each try, and the seconds that its bytes may take."""

    form: Form
    wait: float


def wait_of(size: int) -> float:
    """The seconds that so many bytes may take."""
    return size / _RATE


@contextmanager
def upload_of(
    path: Path, field: str, name: str, *, mime: str | None = None, fields: Mapping[str, str] | None = None
) -> Iterator[Upload]:
    """The form: `fields`, and behind them the file's bytes as `field`, under a name and its type.

    `mime` None: the type that the name says. All files that it opened are closed at the end.
    """
    kind = mime or type_by_name(name) or UNKNOWN
    with ExitStack() as files:

        def form() -> FormData:
            made = FormData(quote_fields=False)
            for key, value in (fields or {}).items():
                made.add_field(key, value)
            made.add_field(field, files.enter_context(path.open("rb")), filename=name, content_type=kind)
            return made

        yield Upload(form, wait_of(path.stat().st_size))
