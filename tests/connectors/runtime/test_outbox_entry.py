"""What becomes of work that has waited: too late for its window, or late and a person's own."""

import pytest

from gateway.connectors.runtime.outbox_entry import OutboxEntry
from gateway.errors import WINDOW_OVER
from gateway.model.ids import ContactId, EntryId, SentId
from gateway.model.messages import Message, Window
from gateway.model.outgoing import DeliveryStatus, Outbound, SendMessage, SendTemplate

SAID = SendMessage(SentId("1.2"), Message(text="Здравствуйте!"))


def work(window: Window | None, job: SendMessage | SendTemplate = SAID, **more: int) -> OutboxEntry:
    return OutboxEntry(EntryId("1-0"), Outbound(ContactId("ann"), job, window=window, **more))


@pytest.mark.parametrize(
    ("window", "now", "problem", "late"),
    [
        (None, 10**15, None, False),
        (Window(100), 99, None, False),
        (Window(100), 100, WINDOW_OVER, True),
        (Window(100, 200), 99, None, False),
        (Window(100, 200), 100, None, True),
        (Window(100, 200), 200, WINDOW_OVER, True),
    ],
)
def test_the_window_decides_whether_and_how_it_goes(
    window: Window | None, now: int, problem: str | None, late: bool
) -> None:
    one = work(window)
    ended = one.too_late(now)
    assert (ended and ended.problem) == problem
    assert ended is None or ended.status is DeliveryStatus.FAILED
    job = one.job_at(now)
    assert isinstance(job, SendMessage)
    assert job.late is late


def test_a_template_is_never_late_and_what_expires_does() -> None:
    template = SendTemplate(SentId("1.2"), "hello")
    assert work(Window(1), template).job_at(10) == template
    ended = work(None, expires_at=5).too_late(5)
    assert ended is not None
    assert ended.problem == "it was not sent in time"
