"""Some minutes of the busy hour (tests/story/hour.py): no word reaches anybody but whom it is meant for."""

import pytest

from tests.story.hour import play, say

STEPS = 30
SEED = 20261130


@pytest.mark.timeout(300)
async def test_no_word_of_a_busy_hour_reaches_the_wrong_client(tmp_path, chromium):
    counts = await play(tmp_path, chromium, SEED, goes_on=lambda steps: steps < STEPS)
    say(f"{dict(counts)}")
    assert counts["misdirected"] == 0
    assert counts["words of operators"] >= STEPS // 6
    assert counts["asked"] >= 1
    assert counts["went at once"] >= 1
