"""The fault run in its short form: a few clients, each fault at least once, the same judge as in `make chaos`."""

import pytest

from chaos import points, rights, stores, upgrades
from chaos.play import Play
from chaos.room import Run

SEED = 20261127
ROOMS = {"points": points, "rights": rights, "stores": stores, "upgrades": upgrades}


def run_in(folder):
    return Run(folder, seed=SEED, is_short=True)


@pytest.mark.timeout(300)  # dozens of starts, beside other tests; it ends when its faults have happened
@pytest.mark.parametrize("room", ROOMS)
async def test_a_room_of_the_fault_run_is_clean(tmp_path, room):
    outcome = await ROOMS[room].enter(run_in(tmp_path))
    assert outcome.problems == [], "\n".join(outcome.notes)
    assert outcome.said["messages of clients"] >= 24
    assert outcome.said["replies of operators"] >= 1


@pytest.mark.timeout(300)
async def test_what_is_planted_is_found_by_the_run(tmp_path):
    async with Play(run_in(tmp_path)) as play:
        name = play.crowd.clients()[0]
        play.crowd.speak()
        await play.crowd.until_true(lambda: play.crowd.answered >= 3, "three replies are given")
        await play.end()
        assert play.judge().faults() == []
        play.crowd.written[name].append("сообщение, которого никто не получил")
        answered = next(iter(play.crowd.replied))
        first = play.crowd.replied[answered].pop(0)
        play.leftovers.append("a forgotten entry")
        told = "\n".join(play.outcome({}).problems)
    assert "message lost from the archive: сообщение, которого никто не получил" in told
    assert "never shown to an operator: сообщение, которого никто не получил" in told
    assert f"{answered} got what nobody said to them: {first}" in told
    assert "left over: a forgotten entry" in told
