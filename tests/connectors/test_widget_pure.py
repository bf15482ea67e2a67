"""The widget's pure parts: frames, content, quotas, settings, long texts. Nothing strange gets through."""

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.connectors.widget import content, frames
from gateway.connectors.widget.http_api import block_of
from gateway.connectors.widget.pages import policy_of
from gateway.connectors.widget.parse import parse
from gateway.connectors.widget.quotas import Quota
from gateway.connectors.widget.settings import Settings
from gateway.model.codec import decode, encode
from gateway.model.commands import Entry, Ignored, ReceiveTyping
from gateway.model.messages import MediaKind

GOOD = {"secret": "x" * 32, "origins": ["https://shop.example.com"]}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = ["id", "text", "files", "reply_to", "profile", "visit", "message", "data", "n", "token", "after"]

# ── frames ────────────────────────────────────────────────────────────────────────────────────────────


@given(st.sampled_from([*sorted(frames.TYPES), "other"]), st.dictionaries(st.sampled_from(FIELDS), ANY_JSON), ANY_JSON)
def test_whatever_a_page_says_is_read_without_raising(kind: str, fields: Any, wild: Any) -> None:
    envelope = {"visitor": "v-abcdef", "at": 1_790_000_000_000}
    for frame in ({"type": kind, **fields}, {"type": kind, "id": "c1", "text": "x", **fields}, wild):
        for update in ({**envelope, "frame": frame}, {"frame": frame}):
            (item,) = parse(update)
            if not isinstance(item.item, Ignored | ReceiveTyping):
                entry = Entry(item.item)
                assert decode(encode(entry), Entry) == entry


def test_half_a_surrogate_pair_is_no_reason_to_lose_a_message() -> None:
    frame = frames.decode(b'{"type":"message","id":"c1","text":"a\\ud83d b \\ud83d\\ude00"}')
    (item,) = parse({"visitor": "v-abcdef", "at": 1, "frame": frame})
    assert not isinstance(item.item, Ignored)
    encode(Entry(item.item))  # type: ignore[arg-type]
    assert "😀" in str(item)


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("чай.png", "чай.png"), ("../../etc/passwd", "passwd"), ("C:\\Windows\\a.exe", "a.exe"), ("..", None),
        ("", None),
        ("a/", None), ("\u202egpj.exe", "gpj.exe"), ("a\x00b\nc.txt", "ab c.txt"), ("x" * 500, "x" * 120), (None, None),
        ("<img src=x onerror=alert(1)>.png", "<img src=x onerror=alert(1)>.png"),
    ],
)  # fmt: skip
def test_a_files_name_is_a_name_only(given_name: str | None, shown: str | None) -> None:
    assert frames.file_name(given_name) == shown


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", " javascript:alert(1)", "data:text/html,x", "//evil.example", "https://", "http:///x", "file:///x",
     "https://a b", 'https://a"b', "https://a<b", "https:\\\\a", "blob:https://a", "vbscript:x", "", "https://a\\b"],
)  # fmt: skip
def test_a_visit_is_an_address_of_the_web(url: str) -> None:
    assert frames.visit(frames.Page(url)) is None


def test_a_visits_lengths_are_cut() -> None:
    found = frames.visit(frames.Page(f"https://shop.example.com/{'x' * 5000}", "т" * 5000, f"https://a.b/{'y' * 5000}"))
    assert found is not None
    assert (len(found.url), len(found.title or ""), len(found.referrer or "")) == (2000, 200, 2000)


# ── content ───────────────────────────────────────────────────────────────────────────────────────────

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 640, 480)
JPEG = b"\xff\xd8\xff\xe0\x00\x04ab" + b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", 480, 640)
SEEN = [
    (PNG, "image/png", MediaKind.PHOTO, (640, 480)),
    (JPEG, "image/jpeg", MediaKind.PHOTO, (640, 480)),
    (b"GIF89a" + struct.pack("<HH", 640, 480), "image/gif", MediaKind.PHOTO, (640, 480)),
    (b"RIFF\x00\x00\x00\x00WEBPVP8X" + bytes(8) + b"\x7f\x02\x00\xdf\x01\x00", "image/webp",
     MediaKind.PHOTO, (640, 480)),
    (b"RIFF\x00\x00\x00\x00WEBPVP8L" + bytes(4) + b"\x2f" + struct.pack("<I", 639 | 479 << 14), "image/webp",
     MediaKind.PHOTO, (640, 480)),
    (b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(10) + struct.pack("<HH", 640, 480), "image/webp",
     MediaKind.PHOTO, (640, 480)),
    (b"RIFF\x00\x00\x00\x00WAVEfmt ", "audio/wav", MediaKind.AUDIO, (None, None)),
    (b"ID3\x04", "audio/mpeg", MediaKind.AUDIO, (None, None)),
    (b"OggS\x00OpusHead", "audio/ogg", MediaKind.AUDIO, (None, None)),
    (b"\x00\x00\x00\x18ftypmp42", "video/mp4", MediaKind.VIDEO, (None, None)),
    (b"\x00\x00\x00\x18ftypM4A ", "audio/mp4", MediaKind.AUDIO, (None, None)),
    (b"\x1a\x45\xdf\xa3", "video/webm", MediaKind.VIDEO, (None, None)),
]  # fmt: skip


@pytest.mark.parametrize(("head", "mime", "kind", "size"), SEEN)
def test_a_type_is_told_by_content(head: bytes, mime: str, kind: MediaKind, size: Any) -> None:
    found = content.look(head)
    assert (found.mime, found.kind, (found.width, found.height)) == (mime, kind, size)


@pytest.mark.parametrize(
    "head",
    [b"", b"<svg onload=alert(1)>", b"<html>", b"<?xml version='1.0'?><svg/>", b"%PDF-1.7", b"PK\x03\x04", b"GIF88a",
     b"\xff\xd8",     b"\x89PNG", b"MZ", b"OggS\x00x", b"RIFFxxxxAVI ", b"\x00\x00\x00\x18ftypheic",
     b" \x89PNG\r\n\x1a\n", b"\xef\xbb\xbf<script>"],
)  # fmt: skip
def test_everything_else_is_a_document(head: bytes) -> None:
    assert content.look(head) == content.Look("application/octet-stream", MediaKind.DOCUMENT)


@given(st.binary(max_size=60))
def test_no_bytes_confuse_the_measuring(tail: bytes) -> None:
    for opening in (
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"GIF89a",
        b"RIFF0000WEBP",
        b"RIFF0000WEBPVP8L",
        b"RIFF0000WEBPVP8X",
        b"",
    ):
        found = content.look(opening + tail)
        assert found.width is None or (found.width > 0 and (found.height or 0) > 0)


# ── quotas ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_quota_says_how_long_to_wait_and_keeps_to_it() -> None:
    quota = Quota(per_second=0.5, burst=2)
    for _ in range(2):
        assert quota.wait("a", 0) == 0
        quota.take("a", 0)
    assert quota.wait("a", 0) == 2
    assert quota.wait("b", 0) == 0
    assert quota.wait("a", 1999) == 1
    assert quota.wait("a", 2000) == 0


def test_a_quotas_memory_is_bounded_and_the_busy_are_remembered() -> None:
    quota = Quota(per_second=0.001, burst=1, most=10)
    for number in range(1000):
        quota.take("busy", 0)
        quota.take(f"a{number}", 0)
    assert len(quota) == 10
    assert quota.wait("busy", 0) > 0


@pytest.mark.parametrize(
    ("address", "block"),
    [("203.0.113.7", "203.0.113.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("", ""), ("::1", "::/64")],
)
def test_what_counts_as_one_address(address: str, block: str) -> None:
    assert block_of(address) == block


# ── settings ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_defaults_are_those_of_the_readme() -> None:
    found = Settings.model_validate(GOOD)
    assert (found.color, found.upload_limit, found.messages_per_minute) == ("#2f6fed", 20 * 1024 * 1024, 30)
    assert Settings.model_validate({**GOOD, "origins": "https://a.b, https://*.c.d"}).origins == (
        "https://a.b",
        "https://*.c.d",
    )
    empty = Settings.model_validate({**GOOD, "identity_secret": "", "avatar": "", "policy_url": ""})
    assert (empty.identity_secret, empty.avatar, empty.policy_url) == (None, None, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [("secret", ""), ("secret", "short"), ("identity_secret", "short"), ("identity_secret", "x" * 32), ("origins", []),
     ("origins", ["*"]), ("origins", ["https://a.b/'; script-src *"]), ("ask", ["passport"]), ("ask", ["name!!"]),
     ("policy_url", "javascript:alert(1)"), ("policy_url", "https://a.b/ x"), ("color", "red"), ("color", "#fff;x"),
     ("position", "top"), ("language", "de"), ("theme", "blue"), ("upload_limit_mb", 0), ("messages_per_minute", 0)],
)  # fmt: skip
def test_wrong_settings_are_refused_without_showing_them(name: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({**GOOD, name: value})
    assert "x" * 32 not in str(caught.value)


# ── texts and policies ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("host", ["x; script-src *", "x *", "*", "'unsafe-inline'", "x,y", "ж", "", "x\ty", "x/y"])
def test_no_host_writes_into_the_pages_policy(host: str) -> None:
    assert policy_of(("https://a.b",), host) == policy_of(("https://a.b",), "*")


def test_the_pages_policy_lets_its_sockets_through() -> None:
    policy = policy_of(("https://a.b",), "chat.example.com:8081")
    assert "connect-src 'self' ws://chat.example.com:8081 wss://chat.example.com:8081;" in policy
    assert "unsafe" not in json.dumps(policy)
