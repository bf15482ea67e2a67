import asyncio
import sys
from pathlib import Path

import msgspec
import pytest

from sandbox.store import Store, StoreError


async def test_what_was_put_is_found_and_what_was_dropped_is_not(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put("user", "1", {"name": "Мария"})
    store.put("user", "2", {"name": "Иван"})
    store.put_bytes(tmp_path / "files" / "1", b"bytes")
    await store.flush()
    store.drop("user", "2")
    await store.stop()
    again = Store(tmp_path)
    assert [msgspec.json.decode(body) for body in again.load("user")] == [{"name": "Мария"}]
    assert (tmp_path / "files" / "1").read_bytes() == b"bytes"
    assert not again.was_killed
    await again.stop()


async def test_a_record_is_written_as_it_is_when_the_batch_goes(tmp_path: Path) -> None:
    store = Store(tmp_path)
    record = {"text": "раз"}
    store.put("message", "1", record)
    record["text"] = "два"
    await store.flush()
    assert [msgspec.json.decode(body) for body in store.load("message")] == [{"text": "два"}]
    await store.stop()


async def test_without_a_folder_nothing_is_kept() -> None:
    store = Store(None)
    store.put("user", "1", {})
    assert store.load("user") == []
    await store.stop()


async def test_a_kill_loses_no_more_than_the_last_batch_and_is_noticed(tmp_path: Path) -> None:
    program = (
        "import asyncio, pathlib, sys\n"
        "from sandbox.store import Store\n"
        "async def main():\n"
        "    store = Store(pathlib.Path(sys.argv[1]))\n"
        "    store.put('user', '1', {})\n"
        "    await store.flush()\n"
        "    store.put('user', '2', {})\n"
        "    print('ready', flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(tmp_path), stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"ready\n"
    child.kill()
    await child.wait()
    store = Store(tmp_path)
    assert len(store.load("user")) == 1
    assert store.was_killed
    await store.stop()


def test_a_folder_that_cannot_be_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot keep its world"):
        Store(tmp_path / "file" / "below")
