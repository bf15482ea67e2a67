"""A few hundred mutated and forged bodies at every webhook of a running gateway; `make chaos` has tens of thousands."""

import pytest

from chaos import mutations
from chaos.room import Run
from chaos.webhooks import webhooks

SEED = 20261129


@pytest.mark.timeout(300)  # a gateway for each channel, beside other tests
async def test_nothing_that_is_sent_to_a_webhook_breaks_anything_and_nothing_forged_gets_in(tmp_path):
    outcome = await mutations.enter(Run(tmp_path, seed=SEED, is_short=True))
    assert outcome.problems == [], "\n".join(outcome.notes)
    for webhook in webhooks():
        assert outcome.said[f"{webhook.name}: entries stored of mutated bodies"] > 20, "most of them are read"
        assert outcome.injected[f"{webhook.name}: forged bodies"].count >= 40
