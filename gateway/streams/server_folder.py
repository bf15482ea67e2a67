"""The embedded server's folder: its files, its socket, and the two locks that say who is there.

`gateway.lock` is held by the gateway that uses the folder. `server.lock` is inherited by the server at its start
and held by the system until it is truly gone, however it died: no second server ever opens the same files.
"""

import fcntl
import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import quote

from gateway.errors import StoreRefused

SOCKET_LIMIT = 100
"""Bytes of a socket's path; systems end at 104 or 108."""


class ServerFolder:
    """`redis/` inside a data folder."""

    def __init__(self, data_dir: Path) -> None:
        """Touches nothing yet."""
        self.path = data_dir.resolve() / "redis"
        self.log = self.path / "server.log"
        self.pid_file = self.path / "server.pid"
        self.socket = self.path / "server.sock"
        self._is_short = len(os.fsencode(self.socket)) > SOCKET_LIMIT
        if self._is_short:
            digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]
            self.socket = Path(tempfile.gettempdir(), f"gateway-{os.getuid()}-{digest}", "server.sock")

    @property
    def url(self) -> str:
        """The address of the server that runs here."""
        return f"unix://{quote(str(self.socket))}"

    def make(self) -> None:
        """Makes the folder, for our user only.

        Raises:
            StoreRefused: the place for its socket belongs to somebody else.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.chmod(0o700)
        place = self.socket.parent
        place.mkdir(mode=0o700, exist_ok=True)
        state = place.lstat()
        if state.st_uid != os.getuid() or state.st_mode & 0o077:
            raise StoreRefused(f"{place} is open to others and cannot hold our socket; remove it, or shorten data_dir")

    def clear(self) -> None:
        """Removes what lies outside the folder; the server must be gone."""
        if self._is_short:
            self.socket.unlink(missing_ok=True)
            self.socket.parent.rmdir()

    def lock_for_us(self) -> int:
        """The gateway's lock, an open file.

        Raises:
            StoreRefused: another gateway has it.
        """
        path = self.path / "gateway.lock"
        lock = _try_lock(path)
        if lock is None:
            raise StoreRefused(
                f"another gateway (process {path.read_text().strip() or '?'}) uses {self.path}; stop it,"
                " or give this one its own data_dir"
            )
        os.ftruncate(lock, 0)
        os.write(lock, b"%d\n" % os.getpid())
        return lock

    def try_server_lock(self) -> int | None:
        """The server's lock, an open file to be inherited; None: a server is alive here."""
        return _try_lock(self.path / "server.lock")

    @property
    def is_served(self) -> bool:
        """Whether a server is alive here."""
        if not self.path.is_dir():
            return False
        lock = self.try_server_lock()
        if lock is None:
            return True
        os.close(lock)
        return False

    def last_words(self) -> str:
        """What the server that ran last said last."""
        lines = self.log.read_text(errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing"


def _try_lock(path: Path) -> int | None:
    """An open file that only we have locked; None: somebody else has."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
