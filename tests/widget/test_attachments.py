"""Files each way: attached in every way there is, sent with progress, refused, lost, shown and kept harmless."""

import pytest
from playwright.async_api import expect

from sandbox.pictures import plain_png

pytestmark = pytest.mark.asyncio(loop_scope="module")

PNG = plain_png(320, 240, "#7a9e7e")


async def test_a_picture_goes_with_progress_and_comes_back_to_be_seen(chat, gateway, page) -> None:
    gateway.uploads_pass.clear()
    await chat.open()
    async with page.expect_file_chooser() as choosing:
        await chat.root.get_by_role("button", name="Прикрепить файл").click()
    await (await choosing.value).set_files({"name": "букет.png", "mimeType": "image/png", "buffer": PNG})
    await expect(chat.root.locator(".chip")).to_contain_text("букет.png")
    await chat.write("Такой")
    await expect(chat.root.locator("progress")).to_be_visible()
    gateway.uploads_pass.set()
    await expect(chat.state("sent")).to_have_count(1)
    await expect(chat.root.locator(".pic img")).to_have_js_property("naturalWidth", 320)
    assert list(gateway.uploads.values()) == [PNG]
    await chat.root.locator(".pic").click()
    await expect(chat.root.locator(".light img")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(chat.root.locator(".light")).to_have_count(0)
    await expect(chat.panel).to_be_visible()
    await expect(chat.root.locator(".pic")).to_be_focused()


async def test_pasted_and_dropped_files_are_attached(chat, page) -> None:
    await chat.open()
    give = """(element, type) => {
        const data = new DataTransfer();
        data.items.add(new File(["x"], type + ".png", {type: "image/png"}));
        const event = type == "paste" ? new ClipboardEvent(type, {clipboardData: data, bubbles: true, cancelable: true})
                                      : new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true});
        element.dispatchEvent(event);
    }"""
    await chat.field.evaluate(give, "paste")
    await chat.panel.evaluate(give, "drop")
    await expect(chat.root.locator(".chip")).to_have_text(["paste.png", "drop.png"])
    await chat.root.get_by_title("Убрать paste.png").click()
    await expect(chat.root.locator(".chip")).to_have_text(["drop.png"])


async def test_an_upload_can_be_cancelled_refused_and_lost(chat, gateway, page) -> None:
    async def attach(name: str, size: int = 10) -> None:
        async with page.expect_file_chooser() as choosing:
            await chat.root.get_by_role("button", name="Прикрепить файл").click()
        await (await choosing.value).set_files({"name": name, "mimeType": "text/plain", "buffer": b"x" * size})

    await chat.open()
    await attach("большой.txt", (1 << 20) + 1)
    await expect(chat.root.get_by_role("alert")).to_contain_text("Файл слишком большой. (> 1 МБ)")
    await expect(chat.root.locator(".chip")).to_have_count(0)
    gateway.uploads_pass.clear()
    await attach("один.txt")
    await chat.field.press("Enter")
    await chat.rows.get_by_title("Убрать").click()
    await expect(chat.rows).to_have_count(0)
    gateway.uploads_pass.set()
    gateway.upload_status = 413
    await attach("два.txt")
    await chat.field.press("Enter")
    await expect(chat.root.locator(".bad")).to_contain_text("Файл слишком большой.")
    gateway.upload_status = 200
    await chat.root.get_by_text("Повторить").click()
    await expect(chat.state("sent")).to_have_count(1)
    gateway.uploads_pass.clear()
    await attach("три.txt")
    await chat.write("и слова")
    await expect(chat.root.locator("progress")).to_be_visible()
    await page.reload()
    await expect(chat.root.locator(".bad")).to_contain_text("Файл потерян, приложите снова.")
    gateway.uploads_pass.set()
    assert [name["name"] for one in gateway.said if one["type"] == "message" for name in one["files"]] == ["два.txt"]


async def test_a_document_is_downloaded_under_its_name_and_never_opened(chat, gateway, page) -> None:
    gateway.files["page"] = (b"<script>window.hacked=1</script>", "text/html")
    await chat.open()
    await gateway.write(
        visitor="v-1", files=[{"file": "page", "grant": "g", "kind": "document", "name": "Счёт.html", "size": 30}]
    )
    async with page.expect_download() as waiting:
        await chat.root.locator("button.doc").click()
    download = await waiting.value
    assert download.suggested_filename == "Счёт.html"
    assert (await download.path()).read_bytes() == b"<script>window.hacked=1</script>"
    kept_type = "(url) => fetch(url).then((answer) => answer.headers.get('content-type'))"
    assert await page.evaluate(kept_type, download.url) == "application/octet-stream"


async def test_a_files_size_is_said_in_units_that_mean_something(chat, gateway) -> None:
    await chat.open()
    sizes = {"0 КБ": 0, "1 КБ": 36, "40 КБ": 40_000, "1,5 МБ": 1_500_000, "20 МБ": 20 << 20}
    files = [
        {"file": str(size), "grant": "g", "kind": "document", "name": f"{size}.txt", "size": size}
        for size in sizes.values()
    ]
    await gateway.write(files=files)
    await expect(chat.rows.locator(".doc small")).to_have_text(list(sizes))
