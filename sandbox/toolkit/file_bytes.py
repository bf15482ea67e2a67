"""The bytes of a stand-in's files by name: in a folder of the store's, or in memory up to a bound."""

from sandbox.settings import Settings
from sandbox.store import Store


class FileBytes:
    """`folder` is a name inside the store's folder. In memory the oldest go first (`settings.file_bytes_kept`)."""

    def __init__(self, store: Store, settings: Settings, folder: str) -> None:
        self._store = store
        self._settings = settings
        self._folder = store.folder / folder if store.folder else None
        self._memory: dict[str, bytes] = {}
        self._memory_size = 0

    def put(self, name: str, content: bytes) -> None:
        if self._folder is not None:
            self._store.put_bytes(self._folder / name, content)
            return
        self._memory[name] = content
        self._memory_size += len(content)
        while self._memory_size > self._settings.file_bytes_kept and len(self._memory) > 1:
            self._memory_size -= len(self._memory.pop(next(iter(self._memory))))

    def get(self, name: str) -> bytes | None:
        """The bytes; None when they are gone."""
        if self._folder is None:
            return self._memory.get(name)
        path = self._folder / name
        pending = self._store.pending_bytes(path)
        if pending is not None:
            return pending
        return path.read_bytes() if path.exists() else None
