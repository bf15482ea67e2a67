"""The fault run's checker finds what is planted, and nothing where all is well."""

import pytest

from tests.story.ledger import Ledger


def clean() -> Ledger:
    return Ledger(
        written={"maria": ["m1", "m2"], "ivan": ["i1"]},
        archived=["m1", "i1", "m2"],
        shown={"m1", "m2", "i1"},
        replied={"maria": ["r1", "r2", "r3"]},
        delivered={"maria": ["r1", "r2"]},
        archived_replies=["r1", "r2", "r3"],
        unknown={"r3"},
        screens={"maria": [["m1", "r1", "m2", "r2"], ["m1", "r1", "m2", "r2"]]},
        returns={"maria": ["m2", "r2"]},
    )


def test_a_clean_run_is_clean():
    assert clean().faults() == []


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        (lambda run: run.archived.remove("m2"), "message lost from the archive: m2"),
        (lambda run: run.archived.append("m1"), "message 2 times in the archive: m1"),
        (lambda run: run.archived.append("x"), "message in the archive that nobody said: x"),
        (lambda run: run.archived.sort(reverse=True), "order of what maria has written is not kept"),
        (lambda run: run.shown.remove("i1"), "never shown to an operator: i1"),
        (lambda run: run.delivered["maria"].remove("r2"), "reply neither delivered nor told to the operator: r2"),
        (lambda run: run.unknown.clear(), "reply neither delivered nor told to the operator: r3"),
        (lambda run: run.delivered["maria"].append("r1"), "reply 2 times at maria, 0 ambiguous attempts logged: r1"),
        (lambda run: run.delivered["maria"].reverse(), "order of the replies to maria is not kept"),
        (lambda run: run.delivered.update(ivan=["r1"]), "ivan got what nobody said to them: r1"),
        (lambda run: run.archived_replies.append("r1"), "reply 2 times in the archive: r1"),
        (lambda run: run.archived_replies.remove("r2"), "reply lost from the archive: r2"),
        (lambda run: run.refused.add("r2"), "reply delivered though its operator was told that it did not go: r2"),
        (lambda run: run.screens["maria"][0].remove("m2"), "0 times on the own screen of maria: m2"),
        (lambda run: run.screens["maria"][1].append("m1"), "2 times on the own screen of maria: m1"),
        (lambda run: run.screens["maria"][0].append("i1"), "on the screen of maria and not theirs: i1"),
        (
            lambda run: run.screens["maria"][1].reverse(),
            "order of what maria has written is not kept on their own screen",
        ),
        (lambda run: run.screens["maria"][1].remove("r2"), "the tabs of maria differ"),
        (lambda run: run.returns["maria"].clear(), "maria comes back to another history than was shown"),
        (lambda run: run.returns["maria"].reverse(), "maria comes back to another history than was shown"),
        (lambda run: run.leftovers.append("outbox:shop 1"), "left over: outbox:shop 1"),
    ],
)
def test_what_is_planted_is_found(planted, found):
    run = clean()
    planted(run)
    assert found in run.faults()


def test_one_extra_copy_is_allowed_per_logged_ambiguous_attempt():
    run = clean()
    run.delivered["maria"] = ["r1", "r1", "r2"]
    run.ambiguous = {"r1": 1}
    assert run.faults() == []
