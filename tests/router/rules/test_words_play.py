"""Every word of a busy day reaches whom it is meant for, or the bot asks: a seeded play against an oracle."""

import sys

import pytest

from tests.router.rules.words_play import Play


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_none_of_two_thousand_words_reaches_anybody_else(seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    counts = Play(seed).run(2_000)
    with capsys.disabled():
        told = ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))
        sys.stdout.write(f"\nplay of words, seed {seed}: {told}\n")
    assert (counts["words"], counts["misdirected"]) == (2_000, 0)
    assert min(counts["asked"], counts["undone"], counts["finished"], counts["refused"]) > 20, "all kinds are played"
