"""What is pasted, dropped and attached: words stay words, nothing is cut in silence, and what cannot go says why."""

import pytest
from playwright.async_api import expect

from tests.widget.stage import Chat, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

GIVE = """(element, {type, texts = {}, files = [], composed = true}) => {
    const data = new DataTransfer();
    for (const [mime, text] of Object.entries(texts)) data.setData(mime, text);
    for (const {name, mime, size = 1} of files) data.items.add(new File(["x".repeat(size)], name, {type: mime}));
    const traits = {bubbles: true, cancelable: true, composed};
    const event = type == "paste" ? new ClipboardEvent(type, {clipboardData: data, ...traits})
                                  : new DragEvent(type, {dataTransfer: data, ...traits});
    const isTaken = !element.dispatchEvent(event);
    if (!isTaken && type == "paste") document.execCommand("insertText", false, data.getData("text/plain"));
    return isTaken;
}"""
PICTURE = {"name": "image.png", "mime": "image/png"}
TABLE = {"text/plain": "Роза\t15 шт", "text/html": "<table><tr><td>Роза</td><td>15 шт</td></tr></table>"}


@pytest.mark.parametrize("composed", [True, False])
@pytest.mark.parametrize("texts", [TABLE, {"text/plain": "Роза\t15 шт"}, TABLE | {"text/rtf": "{}"}])
async def test_what_an_office_program_copies_is_pasted_as_its_words(chat, texts, composed) -> None:
    await chat.open()
    given = {"type": "paste", "texts": texts, "files": [PICTURE], "composed": composed}
    assert not await chat.field.evaluate(GIVE, given)
    await expect(chat.field).to_have_value("Роза\t15 шт")
    await expect(chat.root.locator(".chip")).to_have_count(0)


@pytest.mark.parametrize(
    "texts",
    [
        {},
        {"text/html": '<img src="https://shop.example.com/a.png">'},
        {"text/plain": "  "},
        {"text/plain": "image.png"},
    ],
)
async def test_a_picture_without_words_is_attached(chat, texts) -> None:
    await chat.open()
    assert await chat.field.evaluate(GIVE, {"type": "paste", "texts": texts, "files": [PICTURE]})
    await expect(chat.root.locator(".chip")).to_have_text(["image.png"])
    await expect(chat.field).to_have_value("")


async def test_words_that_are_dropped_are_words(chat) -> None:
    await chat.open()
    await chat.field.fill("вот: ")
    assert await chat.panel.evaluate(GIVE, {"type": "drop", "texts": {"text/plain": "https://shop.example.com/розы"}})
    await expect(chat.field).to_have_value("вот: https://shop.example.com/розы")


@pytest.mark.parametrize("language", ["ru", "en"])
async def test_a_long_paste_goes_whole_and_the_visitor_is_told_how(page, site, gateway, language) -> None:
    site.language = language
    await page.goto(site.url)
    chat = Chat(page)
    await chat.open()
    await chat.field.fill("Смотрите: ")
    long = " ".join(f"слово{number}" for number in range(1200))  # above 8,192
    assert not await chat.field.evaluate(GIVE, {"type": "paste", "texts": {"text/plain": long}})
    await expect(chat.field).to_have_value("Смотрите: " + long)
    told = "Длинный текст уйдёт частями: 3" if language == "ru" else "The long text will go in parts: 3"
    await expect(chat.root.get_by_role("status").filter(has_text=told)).to_be_visible()
    await chat.field.press("Enter")
    await until(lambda: len(gateway.words()) == 3, "three messages")
    assert " ".join(gateway.words()) == "Смотрите: " + long
    assert max(len(words) for words in gateway.words()) <= 4096
    await expect(chat.root.locator(".alert:visible")).to_have_count(0)


async def test_no_letter_of_many_parts_and_no_line_is_torn(page, site, gateway) -> None:
    gateway.look["text_limit"] = 100
    await page.goto(site.url)
    chat = Chat(page)
    await chat.open()
    family = "👩‍👩‍👧‍👦"
    await chat.write(family * 30)
    await until(lambda: "".join(gateway.words()) == family * 30, "all of it")
    assert all(len(words.encode("utf-16-le")) <= 200 for words in gateway.words())
    assert all(len(words) % len(family) == 0 for words in gateway.words())
    await chat.write("а" * 60 + "\n" + "б" * 60)
    await until(lambda: gateway.words()[-2:] == ["а" * 60, "б" * 60], "by lines")


async def test_what_is_too_much_for_messages_goes_as_a_file_and_what_was_typed_stays(chat, gateway) -> None:
    await chat.open()
    await chat.field.fill("Прайс:")
    assert await chat.field.evaluate(GIVE, {"type": "paste", "texts": {"text/plain": "роза 100 ₽\n" * 5000}})
    await expect(chat.field).to_have_value("Прайс:")
    await expect(chat.root.locator(".chip")).to_have_text(["text.txt"])
    await expect(chat.root.get_by_role("alert")).to_have_text("Длинный текст приложен файлом.")
    await chat.field.press("Enter")
    await expect(chat.state("sent")).to_have_count(1)
    assert gateway.words() == ["Прайс:"]
    assert next(iter(gateway.uploads.values())).decode() == "роза 100 ₽\n" * 5000


async def choose(chat: Chat, *files) -> None:
    async with chat.page.expect_file_chooser() as choosing:
        await chat.root.get_by_role("button", name="Прикрепить файл").click()
    await (await choosing.value).set_files(list(files))


def of(name: str, size: int = 10) -> dict[str, object]:
    return {"name": name, "mimeType": "text/plain", "buffer": b"x" * size}


async def test_an_empty_file_is_refused_with_words_and_the_words_go(chat, gateway) -> None:
    await chat.open()
    await chat.field.fill("слова с пустым файлом")
    await choose(chat, of("пустой.txt", 0), of("полный.txt"))
    await expect(chat.root.get_by_role("alert")).to_have_text("пустой.txt: Файл пустой.")
    await expect(chat.root.locator(".chip")).to_have_text(["полный.txt"])
    await chat.root.get_by_title("Убрать полный.txt").click()
    await chat.field.press("Enter")
    await expect(chat.state("sent")).to_have_count(1)
    assert gateway.words() == ["слова с пустым файлом"]


async def test_of_too_many_files_each_that_stays_behind_is_named(chat, gateway) -> None:
    await chat.open()
    await choose(chat, *(of(f"{number}.txt") for number in range(12)))
    await expect(chat.root.locator(".chip")).to_have_count(10)
    told = "10.txt: Не больше 10 файлов за раз.\n11.txt: Не больше 10 файлов за раз."
    await expect(chat.root.get_by_role("alert")).to_have_text(told)


async def test_a_dropped_folder_is_no_file(chat, page, tmp_path) -> None:
    (tmp_path / "фото").mkdir()
    (tmp_path / "фото" / "роза.txt").write_text("роза")
    (tmp_path / "счёт.txt").write_text("1500")
    await chat.open()
    box = await chat.panel.bounding_box()
    assert box is not None
    session = await page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(tmp_path / "фото"), str(tmp_path / "счёт.txt")], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        at = {"type": kind, "x": box["x"] + 100, "y": box["y"] + 200, "data": data}
        await session.send("Input.dispatchDragEvent", at)
    await expect(chat.root.get_by_role("alert")).to_have_text("фото: Папки не отправляются, приложите файлы из неё.")
    await expect(chat.root.locator(".chip")).to_have_text(["счёт.txt"])


async def test_a_file_that_vanished_says_so_and_holds_neither_words_nor_other_files(chat, gateway, tmp_path) -> None:
    await chat.open()
    for name in ("пропал.txt", "цел.txt"):
        (tmp_path / name).write_text(name)
    await choose(chat, tmp_path / "пропал.txt", tmp_path / "цел.txt")
    await expect(chat.root.locator(".chip")).to_have_count(2)
    (tmp_path / "пропал.txt").unlink()
    await chat.write("слова")
    await expect(chat.root.locator(".bad")).to_contain_text("Файл потерян, приложите снова.")
    await until(lambda: gateway.words() == ["слова"], "the words")
    assert [one["name"] for one in gateway.said[-1]["files"]] == ["цел.txt"]
    await expect(chat.root.locator(".row:has(.bad)")).to_contain_text("пропал.txt")
    await expect(chat.root.locator(".bad").get_by_text("Повторить")).to_have_count(0)
    await chat.root.locator(".bad").get_by_text("Убрать").click()
    await expect(chat.rows).to_have_count(1)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (413, "Файл слишком большой."),
        (415, "Такие файлы здесь не принимают."),
        (400, "Не принято."),
        (403, "Не принято."),
    ],
)
async def test_a_file_that_the_gateway_refuses_says_why_and_holds_no_words(chat, gateway, status, told) -> None:
    gateway.upload_status = status
    await chat.open()
    await choose(chat, of("чертёж.dwg"))
    await chat.write("слова")
    await expect(chat.root.locator(".row:has(.bad)")).to_contain_text("чертёж.dwg")
    await expect(chat.root.locator(".bad")).to_contain_text(told)
    await until(lambda: gateway.words() == ["слова"], "the words")


async def test_of_an_upload_that_the_gateway_has_no_more_the_words_go_and_the_file_can_again(chat, gateway) -> None:
    await chat.open()
    gateway.refuses = [{"why": "upload"}]
    await choose(chat, of("счёт.txt"))
    await chat.write("слова")
    await until(lambda: gateway.words() == ["слова"], "the words")
    await chat.root.locator(".bad").get_by_text("Повторить").click()
    await until(lambda: gateway.words() == ["слова", ""], "the file")
    assert len(gateway.uploads) == 1, "the same upload again"


async def test_each_tab_has_its_own_draft_and_a_new_one_the_last(chat, page, context, site) -> None:
    other_page = await context.new_page()
    await other_page.goto(site.url)
    other = Chat(other_page)
    await chat.open()
    await expect(other.bubble).to_be_visible()
    if not await other.panel.is_visible():
        await other.open()
    await chat.field.fill("черновик А")
    await other.field.fill("черновик Б")
    await page.reload()
    await other_page.reload()
    await expect(chat.field).to_have_value("черновик А")
    await expect(other.field).to_have_value("черновик Б")
    third_page = await context.new_page()
    await third_page.goto(site.url)
    await expect(Chat(third_page).field).to_have_value("черновик Б")
    await chat.field.press("Enter")
    await expect(chat.state("sent")).to_have_count(1)
    await page.reload()
    await expect(chat.field).to_have_value("")
    await other_page.reload()
    await expect(other.field).to_have_value("черновик Б")
    for one in (other_page, third_page):
        await one.close()
