"""The mistakes that this kind of program makes, made in a copy: the tests must find each of them."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.variants.table import VARIANTS, Variant
from tests.variants.trial import caught, copied, failures, spoil


@pytest.mark.timeout(300)  # more than a dozen tests one after another, beside others
def test_the_tree_as_it_is_passes_what_the_variants_must_fail(tmp_path: Path) -> None:
    tests = {one for variant in VARIANTS for one in variant.caught}
    assert failures(copied(tmp_path, tests), tests) == dict.fromkeys(tests)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda one: one.name)
def test_a_known_bad_variant_is_caught(variant: Variant, tmp_path: Path) -> None:
    for test, said in caught(tmp_path, variant).items():
        assert said is not None, f"{test} passes with the mistake in {variant.file}"
        assert variant.caught[test] in said


def test_a_place_that_was_rewritten_is_told(tmp_path: Path) -> None:
    rewritten = replace(VARIANTS[0], old="text of before")
    with pytest.raises(LookupError, match=r"stands 0 times in gateway/streams/receive\.lua"):
        spoil(copied(tmp_path, rewritten.caught), rewritten)


def test_a_variant_that_breaks_more_than_it_means_to_is_no_proof(tmp_path: Path) -> None:
    """A test that cannot even be imported has found nothing."""
    broken = replace(VARIANTS[0], file="gateway/streams/keys.py", old='STAFF = "staff"\n', new="STAFF =\n")
    with pytest.raises(RuntimeError, match="did not run"):
        caught(tmp_path, broken)


def test_all_ten_are_there() -> None:
    named = (
        "remember before add", "MAXLEN on", "200 before write", "offset before store", "cursor before commit",
        "no fencing", "retry inside retry_after", 'timeout taken for "not sent"', "dedupe of one second",
        "healthy entries counted out",
    )  # fmt: skip
    for name in named:
        assert any(one.name.startswith(name) for one in VARIANTS), name
