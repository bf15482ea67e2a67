"""A file's name is cut before its ending, wherever it is read or sent."""

import pytest
import regex

from gateway.connectors.instagram.attachments import read_attachment as read_instagram
from gateway.connectors.instagram.media import way_to_send as instagram_way
from gateway.connectors.telegram.media import file_name as telegram_name
from gateway.connectors.toolkit.files import NAME_LIMIT, READ_LIMIT, cut_name, file_name
from gateway.connectors.toolkit.text import Unit, size
from gateway.connectors.vk.attachments import Place, read_attachment
from gateway.connectors.vk.media import file_name as vk_name
from gateway.connectors.whatsapp.attachments import read_file
from gateway.connectors.whatsapp.media import way_to_send as whatsapp_way
from gateway.connectors.widget.frames import file_name as widget_name
from gateway.model.messages import Media, MediaKind
from gateway.operator_bot.texts.content_labels import name_attachment
from gateway.operator_bot.texts.phrases import Texts

LONG = "а" * 300


@pytest.mark.parametrize("ending", [".pdf", ".docx", ".tar.gz", ".JPEG", ".тхт"])
@pytest.mark.parametrize("unit", list(Unit))
def test_a_long_name_keeps_its_ending(ending: str, unit: Unit) -> None:
    for limit in (20, 60, 120, 255):
        short = cut_name(LONG + ending, limit, unit)
        assert short.endswith(ending)
        assert size(short, unit) <= limit
        assert cut_name(LONG + ending, limit, unit, "…").endswith(f"…{ending}")
    assert cut_name(f"счёт{ending}", 120, unit) == f"счёт{ending}"


def test_what_is_no_ending_holds_nothing_back() -> None:
    assert cut_name(f"{LONG}.{LONG}", 20) == "а" * 20
    assert cut_name("в. " + "слово " * 50, 20) == "в. слово слово слово"
    assert cut_name(f"{LONG}.pdf", 3) == "а" * 3


@pytest.mark.parametrize("sign", ["🇷🇺", "👨‍👩‍👧", "e\u0301"])
def test_no_visible_sign_of_a_name_is_taken_apart(sign: str) -> None:
    for shift in range(12):
        short = cut_name(f"{'x' * shift}{sign * 100}.pdf", 50)
        assert set(regex.findall(r"\X", short.removesuffix(".pdf"))) <= {"x", sign}


def test_every_channel_reads_a_long_name_with_its_ending() -> None:
    name = f"{LONG}.docx"
    doc = {"type": "doc", "doc": {"title": LONG, "ext": "docx", "url": "https://vk.example/a"}}
    found = [
        widget_name(name),
        widget_name(f"C:\\папка\\{name}"),
        read_file("document", {"id": "1", "filename": name}).name,
        read_attachment(doc, Place(1, "2", 0, 0)).name,
        next(read_instagram("file", {"payload": {"url": "https://cdn.example/a", "name": name}})).name,
    ]
    assert all(one is not None and one.endswith(".docx") and len(one) <= READ_LIMIT for one in found), found


def test_every_channel_sends_a_long_name_with_its_ending() -> None:
    media = Media(MediaKind.DOCUMENT, name=f"{LONG}.pdf", mime="application/pdf")
    for name in (telegram_name(media), vk_name(media), whatsapp_way(media).name, instagram_way(media).name):
        assert name == "а" * (NAME_LIMIT - 4) + ".pdf"


def test_operators_see_the_ending_of_a_long_name() -> None:
    for language in ("ru", "en"):
        assert "….pdf»" in name_attachment(Texts.load().of(language), Media(MediaKind.DOCUMENT, name=f"{LONG}.pdf"))


def test_a_name_that_could_harm_is_made_harmless() -> None:
    assert file_name(Media(MediaKind.DOCUMENT, name='a/b\\c:"d".pdf')) == "a_b_c__d_.pdf"
    assert file_name(Media(MediaKind.DOCUMENT, name="фото\u202egpj.exe")) == "фотоgpj.exe"
    assert file_name(Media(MediaKind.DOCUMENT, name="...", mime="application/pdf")) == "document.pdf"
    assert file_name(Media(MediaKind.DOCUMENT, name="счёт", mime="application/pdf")) == "счёт.pdf"
    assert file_name(Media(MediaKind.PHOTO), "jpg") == "photo.jpg"
    assert file_name(Media(MediaKind.DOCUMENT)) == "document"
