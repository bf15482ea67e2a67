"""Nothing that a stranger chooses is a command, turns text round, or hides, wherever an operator sees it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.commands import View
from gateway.model.ids import DialogId, FileId, NativeId
from gateway.model.messages import (
    Attachment,
    ContactCard,
    Entity,
    FileState,
    Location,
    Media,
    MediaKind,
    Message,
    Profile,
    ReplyTo,
    Unsupported,
    Visit,
)
from gateway.model.outgoing import AnswerPress, SendEdit, SendMessage
from gateway.operator_bot.outbound.mirrored_messages import draw_copy
from gateway.operator_bot.texts.content_labels import name_person
from gateway.operator_bot.texts.formatted_text import FormattedText
from gateway.operator_bot.texts.phrases import LANGUAGES, Texts, catalog_path
from gateway.operator_bot.texts.untrusted import JOINER, OwnText, defused, defused_words, exact_name, joined, plain_name
from sandbox.telegram.entities import find_entities, utf16_slice
from tests.operator_bot.conftest import ANNA, BORIS, IVAN, MARIA, Desk

OVER = "\u202e"
EVIL = f"{OVER}\u200f/evil @evilbot #evil t.me/evil www.evil.com \u2066\u200b"
"""All at once: it turns round, calls a command, names a bot, is a tag, leads away."""
TEXTS = Texts.load()
T = TEXTS.of("ru")
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
BOT = Path(__file__).resolve().parents[3] / "gateway" / "operator_bot"


def found(text: str, entities: tuple[Entity, ...] = ()) -> dict[str, list[str]]:
    """What Telegram finds in a text by itself, by kind."""
    marked = [{"type": one.kind, "offset": one.offset, "length": one.length} for one in entities]
    told: dict[str, list[str]] = {}
    for one in find_entities(text, marked):
        if one not in marked:
            told.setdefault(one["type"], []).append(utf16_slice(text, one["offset"], one["length"]))
    return told


def commands(text: str, entities: tuple[Entity, ...] = ()) -> list[str]:
    return found(text, entities).get("bot_command", [])


# ── names ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Мария Иванова", "Мария Иванова"),
        ("И. П. Павлов", "И. П. Павлов"),
        ("\u202eнавИ \u202c", "навИ"),
        ("/off", f"/{JOINER}off"),
        ("@admin_bot", f"@{JOINER}admin_bot"),
        ("t.me/evil", f"t.{JOINER}me/{JOINER}evil"),
        ("https://evil.com", f"https:/{JOINER}/{JOINER}evil.{JOINER}com"),
        ("Анна\n\n\nБот: вы уволены", "Анна Бот: вы уволены"),
        ("👨‍👩‍👧 Семья", "👨‍👩‍👧 Семья"),
        ("שלום עולם", "שלום עולם"),
        ("Nguyễn Thị", "Nguyễn Thị"),
        ("е" + "\u0301" * 50, "е" + "\u0301" * 3),
        ("договор.pdf", "договор.pdf"),
        ("\x1b[2J\x00", "[2J"),
    ],
)
def test_a_name_reads_as_what_it_is(name: str, shown: str) -> None:
    assert plain_name(name) == shown
    assert name_person(name) == shown


@pytest.mark.parametrize("name", ["", " ", "\u200b", "\u3164\u3164", "\u202e\u202c", "\u2800", "\u0301", "\ufeff"])
def test_a_name_that_nobody_sees_is_shown_as_one_that_is_missing(name: str) -> None:
    assert name_person(name) == "…"


@given(st.text(st.characters(), max_size=40))
def test_in_no_name_is_anything_to_be_tapped_or_turned(name: str) -> None:
    shown = plain_name(f"{name} /off {name}@bot{name}")
    assert not {"bot_command", "mention", "hashtag", "url", "email"} & found(shown).keys()
    assert not TURNING.search(shown)
    assert "\n" not in shown
    assert plain_name(shown) == shown


# ── words ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "/off",
        "команда вместо имени, /close",
        "(/off)",
        "/off@desk_bot",
        "а\n/my",
        "evil,/off",
        "//off /off",
        "ya.ru /off",
    ],
)
def test_a_command_in_a_clients_words_is_words(text: str) -> None:
    assert commands(text)
    assert commands(defused(text)) == []
    assert defused(text).replace(JOINER, "") == text


@pytest.mark.parametrize(
    "text",
    [
        "https://shop.ru/#/cart",
        "https://shop.ru/?/a",
        "5/6",
        "и/или",
        "//заметка",
        "см. http://shop.ru:8080/a/b",
        "км/ч",
        "/ off",
    ],
)
def test_what_is_no_command_stays_as_it_is(text: str) -> None:
    assert defused(text) == text


@given(st.lists(st.sampled_from(["/off", "слово", "😀", OVER, "\u2067", " ", "\n", "x", "http://a.ru/b"]), max_size=12))
def test_formatting_stays_on_what_it_was_on(pieces: list[str]) -> None:
    text = "".join(pieces)
    entities, at = [], 0
    for piece in pieces:
        length = len(piece.encode("utf-16-le")) // 2
        entities.append(Entity("bold", at, length))
        at += length
    shown, moved = defused_words(text, entities)
    kept = [piece for piece in pieces if TURNING.sub("", piece)]
    assert [utf16_slice(shown, one.offset, one.length).replace(JOINER, "") for one in moved] == kept
    assert commands(shown) == []
    assert not TURNING.search(shown)


@pytest.mark.parametrize(
    "address", ["tg://resolve?domain=evil", "javascript:alert(1)", "tg://bot_command?command=off", "", "http://"]
)
def test_a_link_behind_a_clients_words_leads_to_a_page_or_is_none(address: str) -> None:
    assert defused_words("сюда", (Entity("text_link", 0, 4, url=address),))[1] == ()
    page = Entity("text_link", 0, 4, url="https://shop.ru/a")
    assert defused_words("сюда", (page,))[1] == (page,)


def test_formatting_the_bots_own_text_makes_a_strangers_of_it_and_joining_does_not() -> None:
    own = T("You have no open dialogs. Who waits: /waiting")
    assert commands(FormattedText().write(own).message().text) == ["/waiting"]
    assert commands(FormattedText().write(f"{own}").message().text) == []
    assert commands(FormattedText().write(joined((own, "/evil"))).message().text) == ["/waiting"]
    assert commands(own + " /evil") == ["/waiting"]
    assert commands("/evil " + own) == ["/waiting"]
    assert isinstance("/evil " + own, OwnText)


# ── everything that the bot says ──────────────────────────────────────────────────────────────────────


def sentences() -> Iterator[tuple[str, str, str]]:
    """Every sentence of every language, with its plural where it has one."""
    for language in LANGUAGES:
        with catalog_path(language).open("rb") as file:
            for one in read_po(file, locale=language):
                if one.id:
                    yield language, *(one.id if isinstance(one.id, tuple) else (one.id, ""))


@pytest.mark.parametrize(("language", "one", "many"), list(sentences()))
def test_in_no_sentence_does_a_strangers_text_act_and_in_each_the_bots_own_commands_do(
    language: str, one: str, many: str
) -> None:
    t = TEXTS.of(language)
    values = dict.fromkeys(re.findall(r"\{(\w+)\}", one + many), EVIL) | {"n": "7"}
    if many:
        values.pop("n")
        said = t.plural(one, many, 7, **values)
        bare = t.plural(one, many, 7, **dict.fromkeys(values, "x"))
    else:
        said, bare = t(one, **values), t(one, **dict.fromkeys(values, "x"))
    shown = FormattedText().write(said).message().text
    assert commands(shown) == commands(bare)
    assert not TURNING.search(shown)


def test_messages_are_made_by_a_drawing_alone() -> None:
    """So that there is one way to an operator's screen, and it makes harmless what strangers chose."""
    made = {
        path.name
        for path in BOT.glob("**/*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Message"
    }
    # What was drawn and refused is put otherwise there, and defused again.
    assert made == {"formatted_text.py", "mirroring_failures.py"}


# ── everything that operators see in a play ───────────────────────────────────────────────────────────

HOSTILE = Profile(name=EVIL, username=EVIL, phone=EVIL, email=EVIL, link=f"https://evil.com/{EVIL}")
FILE = FileId("1.1.0")
THINGS: tuple[Attachment, ...] = (
    Media(MediaKind.DOCUMENT, name=EVIL, file=FILE, state=FileState.FAILED, problem=EVIL),
    Media(MediaKind.AUDIO, name=EVIL, title=EVIL, performer=EVIL, file=FILE, state=FileState.STORED),
    Location(1, 2, title=EVIL, address=EVIL),
    ContactCard(EVIL, name=EVIL),
    Unsupported(EVIL, EVIL),
    Unsupported("poll", EVIL),
)


async def test_in_a_whole_play_with_a_hostile_client_nothing_that_operators_see_does_harm(desk: Desk) -> None:
    desk.hostile = True
    await desk.change(BORIS, name=EVIL)
    desk.rows.lines["sales"] = replace(desk.rows.lines["sales"], title=EVIL)  # type: ignore[index]
    visit = Visit(
        url=f"https://evil.com/{EVIL}", title=EVIL, referrer=f"https://evil.com/{EVIL}", city=EVIL, price=EVIL
    )
    shown = []

    async def client(**more: object) -> None:
        said = {"native": NativeId(str(len(shown) + 900)), "at": desk.now, "text": EVIL, "forwarded_from": EVIL, **more}
        message = Message(reply_to=ReplyTo(quote=EVIL), **said)  # type: ignore[arg-type]
        await desk.do(c.Receive(contact=MARIA, message=message, profile=HOSTILE, visit=visit), after_ms=70_000)
        shown.extend((await desk.told()).sends)

    await client()
    await client(entities=(Entity("text_link", 0, 4, url="tg://resolve?domain=evil"),))
    await client(text="", attachments=THINGS)
    for view in (View.WAITING, View.MINE, View.HELP):
        await desk.do(c.Look(operator=ANNA, view=view))
    await desk.claims()
    await client(attachments=THINGS[1:])
    await client(text="ok", native=NativeId("950"))
    await desk.do(c.ReceiveEdit(contact=MARIA, message=Message(native=NativeId("950"), text=EVIL)))
    await desk.do(c.ReceiveEdit(contact=MARIA, message=Message(native=NativeId("never"), text=EVIL)))
    await desk.do(c.ReceiveEcho(MARIA, Message(native=NativeId("n7"), text=EVIL), EVIL))
    await desk.do(c.Claim(operator=ANNA, dialog=DialogId("1"), version=1, press="p"))
    await desk.writes(IVAN)
    await desk.claims(dialog="2")
    await desk.do(c.Look(operator=BORIS, view=View.MINE))
    await desk.do(c.Focus(operator=BORIS, dialog=DialogId("1"), press="p"))
    await desk.says(text=EVIL)
    await desk.do(c.ReceiveReach(MARIA, reachable=False))
    await desk.do(c.Notice(EVIL, EVIL, alarming=True))
    await desk.happen(e.AccountParked("shop", EVIL), e.OperatorEntered(ANNA, EVIL, c.Role.ADMIN, (), "ru", new=True))  # type: ignore[arg-type]
    await desk.closes()
    shown.extend((await desk.told()).sends)

    words = 0
    for one in shown:
        if isinstance(one.job, AnswerPress):
            assert not TURNING.search(one.job.text)
        if not isinstance(one.job, SendMessage | SendEdit):
            continue
        message = one.job.message
        words += "evil" in message.text
        assert not TURNING.search(message.text), message.text
        assert not [told for told in commands(message.text, message.entities) if "evil" in told], message.text
        for button in (button for row in message.buttons for button in row):
            assert not TURNING.search(button.text)
        for entity in message.entities:
            assert entity.url is None or entity.url.startswith("https://")
        for attached in message.attachments:
            assert not TURNING.search(str(attached)), attached
    assert words > 20, "the client was seen"


async def test_a_toast_names_a_client_as_every_other_place_does(desk: Desk) -> None:
    name = f"{OVER}навИ \u202c"
    message = Message(native=NativeId("900"), at=desk.now, text="Здравствуйте")
    await desk.do(c.Receive(contact=MARIA, message=message, profile=replace(HOSTILE, name=name)))

    await desk.do(c.Claim(operator=BORIS, dialog=DialogId("1"), version=1, press="p"))

    assert (await desk.told()).toasts(BORIS) == ["Вы отвечаете: навИ"]


def test_what_stands_in_a_name_is_no_bot_no_tag_and_no_address_on_a_card_or_a_copy() -> None:
    (copy,) = draw_copy(T, Message(text="Слова", forwarded_from=EVIL), f"{name_person(EVIL)} · №1")
    assert found(copy.message.text, copy.message.entities) == {}
    assert exact_name(EVIL) == "/evil @evilbot #evil t.me/evil www.evil.com"


# ── addresses ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("of", ["video", "link", "wall", "market", "ig_reel", "ig_post", "share", "story"])
@pytest.mark.parametrize("length", [10, 119, 120, 400])
def test_a_title_is_cut_and_an_address_never(of: str, length: int) -> None:
    address = "https://vk.com/video-219000001_456239017?access_key=" + "k" * 80
    for thing in (Unsupported(of, "т" * length, link=address), Unsupported(of, f"{'т' * length} · {address}")):
        (copy,) = draw_copy(T, Message(attachments=(thing,)), None)
        (link,) = [one for one in copy.message.entities if one.kind == "text_link"]
        assert link.url == address
        assert "https://" not in copy.message.text
        assert "т" * min(length, 100) in copy.message.text


def test_an_address_that_is_no_page_is_not_linked() -> None:
    (copy,) = draw_copy(T, Message(attachments=(Unsupported("link", "Тут", link="javascript:alert(1)"),)), None)
    assert copy.message.entities == ()
