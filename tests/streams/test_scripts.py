from pathlib import Path

import pytest

from gateway.streams import scripts
from gateway.streams.scripts import COMMIT, LEASE, RECEIVE, REPLAY, WORDS_LIMIT, Call, Script

WRITING = (
    b"SET",
    b"DEL",
    b"HSET",
    b"HDEL",
    b"HINCRBY",
    b"XADD",
    b"XDEL",
    b"XTRIM",
    b"EXPIRE",
    b"PEXPIRE",
    b"ZADD",
    b"ZREM",
)
ALL = [one for one in vars(scripts).values() if isinstance(one, Script)]


def test_every_lua_file_is_a_script_and_every_script_has_a_file() -> None:
    folder = Path(scripts.__file__).parent
    assert {one.name for one in ALL} | {"may"} == {path.stem for path in folder.glob("*.lua")}


def test_every_script_that_writes_more_than_once_looks_first_whether_it_may() -> None:
    """Lua does not roll back. `note` holds what may be repeated as it is."""
    for one in ALL:
        looks = b"local function may(" in one.text
        writes = sum(one.text.count(b"redis.call('%b'" % name) for name in WRITING) + one.text.count(b"unpack(ARGV")
        assert looks == (writes > 1 and one.name not in {"note", "lease"}), one.name
        assert b"-- with " not in one.text


def test_only_what_adds_work_for_later_stops_when_the_memory_is_full() -> None:
    stops = {one.name for one in ALL if b"allow-oom" not in one.text.splitlines()[0]}
    assert stops == {RECEIVE.name, REPLAY.name}


def test_a_key_named_twice_is_sent_once() -> None:
    call = Call(COMMIT, ["a"])
    call.add_commands([("SET", "k", b"\x00"), ("HSET", "k", "f", 5), ("DEL", "a")])
    assert call.words()[2:] == (
        2,
        b"a",
        b"k",
        b"3",
        b"SET",
        b"2",
        b"\x00",
        b"4",
        b"HSET",
        b"2",
        b"f",
        b"5",
        b"2",
        b"DEL",
        b"1",
    )


def test_the_full_call_carries_the_text_and_nothing_else_changes() -> None:
    call = Call(LEASE, ["k"])
    call.add("take", "т", 5)
    assert call.words()[:2] == (b"EVALSHA", LEASE.sha)
    assert call.words(full=True) == (b"EVAL", LEASE.text, *call.words()[2:])


@pytest.mark.parametrize("command", [("SET", b"key", "v"), ("RPUSH", "k", *range(WORDS_LIMIT))])
def test_what_a_script_could_not_run_is_refused_before_it_is_sent(command: tuple[bytes | str | int, ...]) -> None:
    with pytest.raises(ValueError, match="not a command"):
        Call(COMMIT).add_commands([command])
