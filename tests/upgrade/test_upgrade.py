"""A data folder that 079a5ef has left (see `make_folder.py`) is taken up by this code: dialogs, archive, settings."""

import sqlite3
import tarfile
import tomllib
from pathlib import Path

from gateway.connectors.registry import channel
from gateway.settings import load
from tests.story.product import Product, labels, words

FOLDER = Path(__file__).parent / "079a5ef.tar.xz"
SETTINGS = FOLDER.with_name("079a5ef.toml")


async def test_what_the_version_before_has_left_goes_on(tmp_path: Path) -> None:
    with tarfile.open(FOLDER) as left:
        left.extractall(tmp_path, filter="data")
    async with Product(tmp_path) as product:
        old = rows(product, "SELECT seq, payload FROM journal ORDER BY seq")
        assert len(old) > 20, "the folder has an archive"
        await product.start()

        # The dialog that was answered: the same one, with the same operator, its history and its photo.
        await product.act("Мария", "text", text="А белые есть?")
        await product.sees("Анна", lambda one: "А белые есть?" in words(one))
        own = await product.sees("Анна", lambda one: "Вы отвечаете" in words(one) and "История" in labels(one))
        await product.presses("Анна", own, "История")
        history = await product.sees("Анна", lambda one: "История:" in words(one))
        for said in ("Есть пионы?", "Есть, свежие", "Вот такие"):
            assert said in words(history)
        # The version before did not note who had written since: the first words are asked about, and go where she says.
        await product.act("Анна", "text", text="Есть и белые")
        ask = await product.sees("Анна", lambda one: "Кому" in words(one) and any("Мария" in to for to in labels(one)))
        await product.presses("Анна", ask, next(to for to in labels(ask) if "Мария" in to))
        await product.sees("Мария", lambda one: words(one) == "Есть и белые")

        # The one that waited: its old card is pressed, and its client answered.
        waiting = await product.sees(
            "Анна", lambda one: "Спасибо, а когда?" in words(one) and "Ответить" in labels(one)
        )
        assert "Вы отвечаете" in await product.presses("Анна", waiting, "Ответить")
        await product.act("Анна", "text", text="Завтра до обеда")
        await product.sees("Иван", lambda one: words(one) == "Завтра до обеда")

        # Who worked there still does, with their role, and nothing stands among the dead letters.
        await product.act("Анна", "text", text="/people")
        await product.sees("Анна", lambda one: "Борис" in words(one))
        assert await product.stop() == 0
        log = product.output
        assert "cannot be handled" not in log
        new = rows(product, "SELECT seq, payload FROM journal ORDER BY seq")
        assert new[: len(old)] == old, "what was archived stays as it was written"
        assert [one for one, _ in new] == list(range(1, len(new) + 1)), "the journal's numbers go on without a gap"
        dialogs = rows(product, "SELECT number FROM dialogs")
        assert len(dialogs) == len(set(dialogs)) == 3, "no dialog was opened anew"


def rows(product: Product, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(f"file:{product.data / 'archive.db'}?mode=ro", uri=True) as archive:
        return archive.execute(query).fetchall()


def test_the_settings_of_the_version_before_are_read_as_they_were() -> None:
    settings = load(SETTINGS, {}, lambda name: channel(name).Settings)
    assert [one.account for one in settings.accounts()] == [
        "shop", "site", "shop_vk", "shop_whatsapp", "shop_ig", "shop_avito",
    ]  # fmt: skip
    written = tomllib.loads(SETTINGS.read_text("utf-8"))
    for one in settings.accounts():
        told = written["lines"][one.line]["accounts"][one.account]
        assert set(told) - {"channel"} <= set(type(one.settings).model_fields), "none of them has another name today"
