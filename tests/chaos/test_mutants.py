"""Bodies that no vendor would send: what the run of mutations knocks with."""

import hmac
import json
import random
from itertools import islice

import pytest

from chaos.mutants import KINDS, mutants, renewed
from chaos.webhooks import Sign, Webhook, webhooks

WEBHOOKS = list(webhooks())
every_webhook = pytest.mark.parametrize("webhook", WEBHOOKS, ids=[one.name for one in WEBHOOKS])


def signed() -> Webhook:
    """A channel whose bodies are signed, as Meta's are, with a word in the address besides."""
    sign = Sign(header="x-hub-signature-256", prefix="sha256=", key="k")
    return Webhook(name="signed", address="/", bodies=({"id": 100, "of": "me"},), sign=sign, query={"key": "word"})


def some(webhook: Webhook, seed: int, count: int = 400) -> list[tuple[str, bytes]]:
    return list(islice(mutants(webhook.bodies, webhook.kept, random.Random(seed)), count))


@every_webhook
def test_a_seed_says_which_bodies_and_every_kind_is_among_them(webhook: Webhook) -> None:
    assert some(webhook, 1) == some(webhook, 1)
    assert some(webhook, 1, 20) != some(webhook, 2, 20)
    assert {kind for kind, _ in some(webhook, 1, 500)} == set(KINDS)
    assert len({body for _, body in some(webhook, 1)}) > 350


@every_webhook
def test_ids_are_others_but_for_those_of_the_account(webhook: Webhook) -> None:
    genuine = webhook.bodies[0]
    found = [
        json.dumps(renewed(json.loads(json.dumps(genuine)), webhook.kept, random.Random(seed))) for seed in range(20)
    ]
    assert len(set(found)) > 15
    for name, value in genuine.items():
        if str(value) in webhook.kept:
            assert {json.loads(one)[name] for one in found} == {value}


@every_webhook
def test_a_forged_body_never_carries_the_proof(webhook: Webhook) -> None:
    body, chance = json.dumps(webhook.bodies[0]).encode(), random.Random(1)
    proven = webhook.proven(body)
    for _ in range(300):
        forged = webhook.forged(body, chance)
        if webhook.secret:
            assert json.loads(forged.body).get(webhook.secret) != webhook.shown
        else:
            assert (dict(forged.headers), dict(forged.query)) != (dict(proven.headers), dict(proven.query))
    if webhook.secret:
        assert json.loads(proven.body)[webhook.secret] == webhook.shown


def test_a_signature_is_of_the_very_bytes_and_a_forged_one_of_none() -> None:
    webhook, body, chance = signed(), b'{"id": 100}', random.Random(1)
    assert webhook.proven(body).headers == {
        "x-hub-signature-256": "sha256=" + hmac.digest(b"k", body, "sha256").hex(),
    }
    assert webhook.proven(body).query == {"key": "word"}
    forged = [webhook.forged(body, chance) for _ in range(300)]
    assert all(dict(one.headers) != dict(webhook.proven(one.body).headers) for one in forged)
    assert len({one.headers.get("x-hub-signature-256") for one in forged}) > 10
