"""The fault run's report: what is not clean, or proves nothing, says so."""

import pytest

from chaos.report import Report
from chaos.room import Injected, Outcome


def outcome(*, count=10, least=10, faults=()):
    return Outcome(
        load="two visitors", said={"messages": 7}, injected={"kills": Injected(count, least)}, faults=list(faults)
    )


def report(**given):
    return Report(command="python -m chaos", outcomes={"Kills": outcome(**given)}, minutes=1)


def test_a_clean_run_says_what_was_injected():
    page = report().markdown()
    assert report().is_clean
    assert "Clean." in page
    assert "| fault: kills | 10 | 10 |" in page
    assert "| messages | 7 | |" in page


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"count": 9}, "9 × kills, at least 10 are needed"),
        ({"faults": ["message lost from the archive: m1"]}, "message lost from the archive: m1"),
    ],
)
def test_too_few_faults_and_a_broken_promise_are_both_no_proof(given, told):
    assert not report(**given).is_clean
    page = report(**given).markdown()
    assert "**Not clean.**" in page
    assert f"- **{told}**" in page
