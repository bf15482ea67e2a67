"""In which order rooms are gone through, and which at the same time."""

from chaos.__main__ import BESIDE, ROOMS, rows


def test_every_room_is_gone_through_once():
    assert sorted(name for row in rows(list(ROOMS)) for name in row) == sorted(ROOMS)
    assert {name for row in BESIDE for name in row} <= ROOMS.keys()


def test_what_waits_for_time_to_pass_goes_together_and_nothing_else():
    assert list(rows(["points", "pauses", "kills", "trims"])) == [("points",), ("pauses", "trims"), ("kills",)]
    assert list(rows(["kills"])) == [("kills",)]
