"""The Lua scripts: the only writers. Each is safe to repeat, because a reply may be lost after the work was done.

A `Call` is plain data, encoded where it is made: whoever sends it cannot fail on somebody else's arguments.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

RedisCommand = tuple[bytes | str | int, ...]
"""An ordinary command as data: name, key, arguments."""

WORDS_LIMIT = 7000
"""Words of one command: Lua's `unpack` ends not far above."""


_WITH = re.compile(rb"^-- with (\w+\.lua)$", re.MULTILINE)
"""The line of a script that stands for another file's text."""


class Script:
    """A script with the digest by which the server knows it."""

    def __init__(self, name: str, *, even_full: bool = False) -> None:
        """`even_full`: it runs with the memory full, though its file says that it does not."""
        self.name = name
        folder = Path(__file__).parent
        own = (folder / f"{name}.lua").read_bytes()
        if even_full:
            own = own.replace(b"#!lua\n", b"#!lua flags=allow-oom\n", 1)
        self.text = _WITH.sub(lambda found: (folder / found[1].decode()).read_bytes().rstrip(), own)
        self.sha = hashlib.sha1(self.text, usedforsecurity=False).hexdigest().encode()


class Call:
    """One call of a script: its keys, each once, and its flat arguments."""

    def __init__(self, script: Script, keys: Iterable[str] = ()) -> None:
        self.script = script
        self._numbers: dict[str, int] = {}
        self._args: list[bytes] = []
        for key in keys:
            self.number(key)

    @property
    def named(self) -> tuple[str, ...]:
        """What is called, and its first key, for a sentence about it."""
        return (f"the script {self.script.name}", *list(self._numbers)[:1])

    def number(self, key: str) -> int:
        """The key's place in KEYS."""
        return self._numbers.setdefault(key, len(self._numbers) + 1)

    def add(self, *words: bytes | str | int) -> None:
        """Appends to ARGV."""
        self._args.extend(map(_bytes, words))

    def add_commands(self, commands: Sequence[RedisCommand]) -> None:
        """Appends commands as `run` of the scripts reads them: length, name, the key's place, the rest."""
        for command in commands:
            name, key, *rest = command
            if not isinstance(key, str) or len(command) > WORDS_LIMIT:
                raise ValueError(f"not a command for a script: {name!r} with {len(command)} words")
            self.add(len(command), name, self.number(key), *rest)

    def words(self, *, full: bool = False) -> tuple[bytes | int, ...]:
        """The command as sent: by digest, or with the `full` text where the server does not know it."""
        head: tuple[bytes, bytes] = (b"EVAL", self.script.text) if full else (b"EVALSHA", self.script.sha)
        return (*head, len(self._numbers), *(key.encode() for key in self._numbers), *self._args)


def _bytes(word: bytes | str | int) -> bytes:
    if isinstance(word, bytes):
        return word
    return word.encode() if isinstance(word, str) else b"%d" % word


RECEIVE = Script("receive")
RECEIVE_OWN = Script("receive", even_full=True)
"""The same for what the gateway itself has to say: it is little, and with the memory full it matters most."""
COMMIT = Script("commit")
RESUME = Script("resume")
CAREFUL = Script("careful")
SPARE = Script("spare")
LEASE = Script("lease")
TRIM = Script("trim")
EXPIRE = Script("expire")
BEGIN = Script("begin")
SETTLE = Script("settle")
BURY = Script("bury")
REPLAY = Script("replay")
ADVANCE = Script("advance")
NOTE = Script("note")
LAG = Script("lag")
APPEND = Script("append")
BEHIND = Script("behind")
HINT = Script("hint")
