"""Where commands and replies of Redis end, as the fault run's proxy reads them."""

import random

import pytest

from chaos.wire import is_error, is_push, read_command, reply_end

COMMANDS = [
    (b"*1\r\n$4\r\nPING\r\n", (b"PING",)),
    (b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n", (b"SET", b"k", b"a\r\nb")),
    (b"*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", (b"ECHO", b"")),
]
REPLIES = [
    b"+OK\r\n",
    b"-NOSCRIPT no\r\n",
    b":7\r\n",
    b"_\r\n",
    b",1.5\r\n",
    b"#t\r\n",
    b"$-1\r\n",
    b"$0\r\n\r\n",
    b"$6\r\na\r\nb\r\n\r\n",
    b"=8\r\ntxt:some\r\n",
    b"!8\r\nERR a\r\nb\r\n",
    b"*-1\r\n",
    b"*0\r\n",
    b"*2\r\n*1\r\n$1\r\nx\r\n:5\r\n",
    b"%1\r\n+k\r\n*2\r\n:1\r\n:2\r\n",
    b"~2\r\n+a\r\n+b\r\n",
    b"|1\r\n+ttl\r\n:3\r\n+OK\r\n",
    b">2\r\n+invalidate\r\n*1\r\n+k\r\n",
]


def test_a_command_is_read_only_when_it_is_whole():
    for raw, words in COMMANDS:
        assert read_command(raw, 0) == (len(raw), words)
        for cut in range(len(raw)):
            assert read_command(raw[:cut], 0) is None


def test_of_a_long_command_the_first_words_are_enough():
    raw = b"*12\r\n" + b"".join(b"$2\r\n%02d\r\n" % number for number in range(12))
    found = read_command(b"xx" + raw + b"*1\r\n", 2)
    assert found is not None
    assert found.end == 2 + len(raw)
    assert found.head[:2] == (b"00", b"01")


def test_what_is_no_command_is_refused():
    with pytest.raises(ValueError, match="arrays"):
        read_command(b"PING\r\n", 0)


def test_a_reply_ends_where_it_ends():
    for raw in REPLIES:
        assert reply_end(raw + b"+NEXT\r\n", 0) == len(raw), raw
        for cut in range(len(raw)):
            assert reply_end(raw[:cut], 0) is None, (raw, cut)


def test_replies_in_any_row_are_told_apart():
    chance = random.Random(7)
    for _ in range(50):
        row = [chance.choice(REPLIES) for _ in range(20)]
        raw, at, found = b"".join(row), 0, []
        while at < len(raw):
            end = reply_end(raw, at)
            assert end is not None
            found.append(raw[at:end])
            at = end
        assert found == row


def test_pushes_and_errors_are_known():
    assert is_push(b">1\r\n+k\r\n", 0)
    assert not is_push(b"*1\r\n+k\r\n", 0)
    assert is_error(b"-NOSCRIPT\r\n", 0)
    assert is_error(b"!3\r\nERR\r\n", 0)
    assert not is_error(b"+OK\r\n", 0)
