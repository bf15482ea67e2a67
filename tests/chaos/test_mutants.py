"""Bodies that no vendor would send: what the run of mutations knocks with."""

import hmac
import json
import random
from itertools import islice

import pytest

from chaos.hooks import Hook, Sign, hooks
from chaos.mutants import KINDS, mutants, renewed

HOOKS = list(hooks())
every_hook = pytest.mark.parametrize("hook", HOOKS, ids=[one.name for one in HOOKS])


def signed() -> Hook:
    """A channel whose bodies are signed, as Meta's are, with a word in the address besides."""
    sign = Sign(header="x-hub-signature-256", prefix="sha256=", key="k")
    return Hook(name="signed", address="/", bodies=({"id": 100, "of": "me"},), sign=sign, query={"key": "word"})


def some(hook: Hook, seed: int, count: int = 400) -> list[tuple[str, bytes]]:
    return list(islice(mutants(hook.bodies, hook.kept, random.Random(seed)), count))


@every_hook
def test_a_seed_says_which_bodies_and_every_kind_is_among_them(hook: Hook) -> None:
    assert some(hook, 1) == some(hook, 1)
    assert some(hook, 1, 20) != some(hook, 2, 20)
    assert {kind for kind, _ in some(hook, 1, 500)} == set(KINDS)
    assert len({body for _, body in some(hook, 1)}) > 350


@every_hook
def test_ids_are_others_but_for_those_of_the_account(hook: Hook) -> None:
    genuine = hook.bodies[0]
    found = [json.dumps(renewed(json.loads(json.dumps(genuine)), hook.kept, random.Random(seed))) for seed in range(20)]
    assert len(set(found)) > 15
    for name, value in genuine.items():
        if str(value) in hook.kept:
            assert {json.loads(one)[name] for one in found} == {value}


@every_hook
def test_a_forged_body_never_carries_the_proof(hook: Hook) -> None:
    body, chance = json.dumps(hook.bodies[0]).encode(), random.Random(1)
    proven = hook.proven(body)
    for _ in range(300):
        forged = hook.forged(body, chance)
        if hook.secret:
            assert json.loads(forged.body).get(hook.secret) != hook.shown
        else:
            assert (dict(forged.headers), dict(forged.query)) != (dict(proven.headers), dict(proven.query))
    if hook.secret:
        assert json.loads(proven.body)[hook.secret] == hook.shown


def test_a_signature_is_of_the_very_bytes_and_a_forged_one_of_none() -> None:
    hook, body, chance = signed(), b'{"id": 100}', random.Random(1)
    assert hook.proven(body).headers == {
        "x-hub-signature-256": "sha256=" + hmac.digest(b"k", body, "sha256").hex(),
    }
    assert hook.proven(body).query == {"key": "word"}
    forged = [hook.forged(body, chance) for _ in range(300)]
    assert all(dict(one.headers) != dict(hook.proven(one.body).headers) for one in forged)
    assert len({one.headers.get("x-hub-signature-256") for one in forged}) > 10
