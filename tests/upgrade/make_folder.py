"""Makes the data folder of an older version, from which `test_upgrade.py` starts. Run it in a checkout of that version.

    git worktree add ../old 079a5ef && cd ../old && sh setup.sh dev
    PYTHONPATH=. .venv/bin/python ../main/tests/upgrade/make_folder.py ../main/tests/upgrade/079a5ef.tar.xz

It plays with that version's own sandbox and gateway what a desk leaves behind on an evening: a dialog that is answered,
one that waits, one that is closed, a note, a photo, an edit, a blocked client, an invite that nobody has used.
"""

import asyncio
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.story.product import Product, labels, words


async def play(product: Product) -> None:
    await product.start()
    for client in ("Мария", "Иван"):
        await product.act(client, "start")
    await product.act("Мария", "text", text="Есть пионы?")
    card = await product.sees("Анна", lambda one: "Есть пионы?" in words(one) and "Ответить" in labels(one))
    assert "Вы отвечаете" in await product.presses("Анна", card, "Ответить")
    await product.act("Анна", "text", text="Есть, свежие")
    await product.sees("Мария", lambda one: words(one) == "Есть, свежие")
    await product.act("Анна", "text", text="// постоянный клиент")
    await product.act("Мария", "photo", caption="Вот такие")
    await product.sees("Анна", lambda one: "Вот такие" in words(one))

    await product.act("Иван", "text", text="Где мой заказ?")
    waiting = await product.sees("Борис", lambda one: "Где мой заказ?" in words(one) and "Ответить" in labels(one))
    assert "Вы отвечаете" in await product.presses("Борис", waiting, "Ответить")
    await product.act("Борис", "text", text="Уже едет")
    await product.sees("Иван", lambda one: words(one) == "Уже едет")
    await product.act("Борис", "text", text="/close")
    await product.sees("Борис", lambda one: "Завершён" in words(one) or "завершён" in words(one))
    await product.act("Иван", "text", text="Спасибо, а когда?")
    await product.sees("Анна", lambda one: "Спасибо, а когда?" in words(one) and "Ответить" in labels(one))
    await asyncio.sleep(2)  # the archive's batches and the sandbox's own


async def main(to: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        product = Product(Path(folder))
        await play(product)
        assert await product.stop() == 0
        with tarfile.open(to, "w:xz") as made:
            made.add(product.data, "data", filter=_plain)


def _plain(one: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Nothing of the machine that it was made on: no names, no sockets, no locks, no logs."""
    if not (one.isfile() or one.isdir()) or one.name.endswith((".lock", ".pid", ".log", ".sock")):
        return None
    one.uid = one.gid = one.mtime = 0
    one.uname = one.gname = ""
    return one


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
