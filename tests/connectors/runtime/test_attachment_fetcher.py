"""Attachments' bytes: each job ends in one result, and a repeat costs nothing."""

import time
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.connectors.contract import NO_TEMPLATES, Template
from gateway.connectors.runtime.template_listing import listed
from gateway.errors import Refused, TryLater, Unauthorized
from gateway.files import Files
from gateway.model.commands import RecordDelivery, RecordFile, RecordTemplates
from gateway.model.ids import ContactId, DialogId, FileId, MessageId, OperatorId
from gateway.model.messages import Media, MediaKind
from gateway.model.outgoing import Fetch, ListTemplates, Outbound

Account = Told = Any
"""conftest's; test modules cannot import it."""
HELLO = Template("hello", "ru", "Здравствуйте!", 0)
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 50


def fetch(remote: str, number: int = 0, *, size: int | None = None, at: int = 0) -> Outbound:
    media = Media(MediaKind.PHOTO, remote=remote, size=size)
    job = Fetch(MessageId("7.1"), FileId(f"7.1.{number}"), media)
    return Outbound(ContactId("ann"), job, at=at or time.time_ns() // 1_000_000)


async def test_bytes_are_stored_under_our_id_and_reported(account: Account, files: Files) -> None:
    account.vendor.files["photo"] = PNG
    account.start()
    await account.put(fetch("photo"))
    await account.settled()
    assert await account.results() == [RecordFile(MessageId("7.1"), FileId("7.1.0"), len(PNG), "image/png")]
    assert files.path(FileId("7.1.0")).read_bytes() == PNG


async def test_a_file_that_is_there_already_is_not_fetched_again(account: Account, files: Files) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield PNG

    await files.put(FileId("7.1.0"), chunks(), 1000)
    account.start()
    await account.put(fetch("gone at the vendor"))
    await account.settled()
    assert await account.results() == [RecordFile(MessageId("7.1"), FileId("7.1.0"), len(PNG), "image/png")]


async def test_a_file_that_is_not_to_be_had_is_reported_with_the_reason(account: Account) -> None:
    account.vendor.files["large"] = b"x" * 1001
    account.start()
    await account.put(fetch("missing", 0), fetch("large", 1), fetch("claimed", 2, size=5_000_000))
    await account.settled()
    problems = {one.file: one.problem for one in await account.results()}
    assert problems == {
        "7.1.0": "the vendor has it no more",
        "7.1.1": "the file is larger than 0.001 MB",
        "7.1.2": "the file is larger than the 0.001 MB that this messenger hands out",
    }


async def test_an_empty_download_is_a_failed_file_with_that_reason(account: Account, files: Files) -> None:
    account.vendor.files["empty"] = b""
    account.start()
    await account.put(fetch("empty"))
    await account.settled()
    assert await account.results() == [
        RecordFile(MessageId("7.1"), FileId("7.1.0"), problem="the file is empty (0 bytes)")
    ]
    assert not files.has(FileId("7.1.0"))


async def test_a_mere_container_does_not_replace_what_was_claimed(account: Account) -> None:
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    account.vendor.files |= {"docx": b"PK\x03\x04" + b"\0" * 60, "csv": b"a;b\n"}
    account.start()
    for number, (remote, name, mime) in enumerate([("docx", None, word), ("docx", "Договор.docx", None)]):
        media = Media(MediaKind.DOCUMENT, remote=remote, name=name, mime=mime)
        await account.put(Outbound(ContactId("ann"), Fetch(MessageId("7.1"), FileId(f"7.1.{number}"), media)))
    await account.settled()
    assert [one.mime for one in await account.results()] == [word, word]


async def test_the_vendors_trouble_is_waited_out(account: Account) -> None:
    account.vendor.files["photo"] = PNG
    account.vendor.file_faults.append(500)
    account.start()
    await account.put(fetch("photo"))
    await account.settled()
    (result,) = await account.results()
    assert result.problem is None


async def test_trouble_that_never_ends_is_given_up(account: Account) -> None:
    account.vendor.file_faults.append(500)
    account.start()
    await account.put(fetch("photo", at=1))
    await account.settled()
    (result,) = await account.results()
    assert result.problem == "the vendor is down"


async def test_words_do_not_wait_for_files_being_fetched(account: Account, told: Told) -> None:
    account.vendor.file_faults.extend([500] * 5)
    account.vendor.files["photo"] = PNG
    account.start()
    await account.put(fetch("photo"), told.say("ann", "hello"))
    await told.until(account.vendor.texts, is_=["hello"])
    await told.until(account.left, is_=1)
    assert [type(one) for one in await account.results()] == [RecordDelivery]


async def test_a_stop_in_the_middle_of_a_fetch_leaves_no_half_file(account: Account, files: Files, told: Told) -> None:
    account.vendor.files["photo"] = PNG
    account.vendor.file_faults.extend([500] * 50)
    account.start()
    await account.put(fetch("photo"))
    await told.until(lambda: len(account.vendor.file_faults) < 50)
    await account.stop()
    assert not files.has(FileId("7.1.0"))
    account.vendor.file_faults.clear()
    account.start()
    await account.settled()
    assert files.has(FileId("7.1.0"))


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ((HELLO,), None),
        (Refused("the token may not list templates"), "the token may not list templates"),
        (TryLater("the vendor is down", after=0), "the vendor is down"),
        (Unauthorized("the token was revoked"), "the token was revoked"),
        (ValueError("no JSON"), "the gateway could not read the answer"),
    ],
)
async def test_templates_are_asked_for_once_and_told_to_who_asked(
    account: Account, told: tuple[Template, ...] | Exception, problem: str | None
) -> None:
    account.vendor.templates = told
    account.start()
    await account.put(Outbound(ContactId("ann"), ListTemplates(DialogId("7"), OperatorId("501")), at=1))
    await account.settled()
    expected = told if isinstance(told, tuple) else ()
    result = next(one for one in await account.results() if isinstance(one, RecordTemplates))
    assert result == RecordTemplates(DialogId("7"), OperatorId("501"), expected, problem)


async def test_a_channel_without_templates_says_so() -> None:
    context: Any = SimpleNamespace(connector=object())
    result = await listed(context, ListTemplates(DialogId("7"), OperatorId("501")))
    assert result.problem == NO_TEMPLATES
