from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import commands as c
from gateway.model.ids import (
    ContactId,
    DialogId,
    MessageId,
    NativeId,
    OperatorId,
    card_at,
    copy_at,
    naming,
    notice_at,
    sent_to_client,
    template_at,
)
from gateway.model.messages import Button, Entity, Media, MediaKind, Message, Origin, Profile, ReplyTo
from gateway.operator_bot.inbound.invites import digest_of
from gateway.operator_bot.inbound.targets import lookups, resolve

ANNA = OperatorId("500")
PERSON = {"id": 500, "is_bot": False, "first_name": "Анна", "last_name": "Орлова", "language_code": "ru"}
CHAT = {"id": 500, "type": "private", "first_name": "Анна"}
CARD, COPY, OWN, SENTENCE, QUESTION, PINNED, LOST, LIST = (NativeId(str(one)) for one in range(41, 49))
SENT = {
    CARD: card_at(DialogId("12"), ANNA),
    COPY: copy_at(MessageId("12.3"), ANNA),
    OWN: sent_to_client(MessageId("12.4")),
    SENTENCE: notice_at("help", ANNA),
    QUESTION: template_at(DialogId("12"), "0a1b2c", ANNA),
    PINNED: naming(notice_at("pinned", ANNA), [DialogId("12")]),
    LOST: naming(notice_at("moved12:ivan@mail|x", ANNA), [DialogId("12")]),
    LIST: naming(notice_at("my7", ANNA), [DialogId("12"), DialogId("13")]),
}


def written(text: str = "", **more: object) -> dict[str, Any]:
    said = {"text": text} if text else {}
    return {"message_id": 77, "date": 1_700_000_000, "chat": CHAT, "from": PERSON, **said, **more}


def answering(native: str) -> dict[str, Any]:
    return {"reply_to_message": {"message_id": int(native), "date": 1_700_000_000, "chat": CHAT}}


def meant(message: dict[str, Any]) -> c.StaffCommand | None:
    return resolve({"update_id": 1, "message": message}, SENT)


def pressed(data: str, **more: object) -> c.StaffCommand | None:
    query = {
        "id": "p1",
        "from": PERSON,
        "chat_instance": "1",
        "data": data,
        "message": {"message_id": 41, "date": 1_700_000_000, "chat": CHAT},
    }
    return resolve({"update_id": 1, "callback_query": {**query, **more}}, {})


SAID = {"operator": ANNA, "origin": Origin(ContactId("500"), NativeId("77"))}
PRESSED = {"operator": ANNA, "origin": Origin(ContactId("500"), NativeId("41")), "press": "p1"}
DIALOG = DialogId("12")
PHOTO = {"photo": [{"file_id": "F1", "file_unique_id": "U1", "width": 90, "height": 90, "file_size": 900}]}


@pytest.mark.parametrize(
    ("data", "command"),
    [
        ("1:claim:12:3", c.Claim(dialog=DIALOG, version=3, **PRESSED)),
        ("1:skip:12:3", c.Decline(dialog=DIALOG, version=3, **PRESSED)),
        ("1:close:12:3", c.Close(dialog=DIALOG, version=3, **PRESSED)),
        ("1:block:12:3", c.Block(dialog=DIALOG, version=3, **PRESSED)),
        ("1:more:12", c.Look(view=c.View.MORE, dialog=DIALOG, **PRESSED)),
        ("1:block?:12", c.Look(view=c.View.BLOCK, dialog=DIALOG, **PRESSED)),
        ("1:card:12", c.Look(view=c.View.CARD, dialog=DIALOG, **PRESSED)),
        ("1:stopped:12:1", c.Look(view=c.View.STOPPED, dialog=DIALOG, page=1, **PRESSED)),
        ("1:unblock:12", c.Unblock(dialog=DIALOG, **PRESSED)),
        ("1:again:12", c.WriteAgain(dialog=DIALOG, **PRESSED)),
        ("1:focus:12", c.Focus(dialog=DIALOG, **PRESSED)),
        ("1:history:12:2", c.Look(view=c.View.HISTORY, dialog=DIALOG, page=2, **PRESSED)),
        ("1:choose:12:77", c.Choose(ask="77", dialog=DIALOG, **PRESSED)),
        ("1:drop:77", c.Choose(ask="77", dialog=None, **PRESSED)),
        ("0:claim:12:3", c.Misunderstood(why="stale", **PRESSED)),
        ("", c.Misunderstood(why="stale", **PRESSED)),
    ],
)
def test_a_button_is_the_command_that_stands_on_it(data: str, command: c.StaffCommand) -> None:
    assert pressed(data) == command


def test_a_button_under_a_message_too_old_to_be_seen_still_works() -> None:
    too_old = {"message_id": 41, "date": 0, "chat": CHAT}

    assert pressed("1:focus:12", message=too_old) == c.Focus(dialog=DIALOG, **PRESSED)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/waiting", c.Look(view=c.View.WAITING, **SAID)),
        ("/my", c.Look(view=c.View.MINE, **SAID)),
        ("/MY@desk_bot", c.Look(view=c.View.MINE, **SAID)),
        ("/help", c.Look(view=c.View.HELP, **SAID)),
        ("/on", c.SetDuty(on=True, **SAID)),
        ("/off", c.SetDuty(on=False, **SAID)),
        ("/price", c.Misunderstood(why="unknown_command", **SAID)),
        ("/", c.Misunderstood(why="unknown_command", **SAID)),
        ("/waiting/now", c.Misunderstood(why="unknown_command", **SAID)),
        ("// звонил вчера", c.AddNote(text="звонил вчера", **SAID)),
        ("//звонил\nвчера", c.AddNote(text="звонил\nвчера", **SAID)),
        ("//", c.AddNote(text="", **SAID)),
    ],
)
def test_what_begins_with_a_slash_is_never_words_to_a_client(text: str, command: c.StaffCommand) -> None:
    assert meant(written(text)) == command


def test_start_brings_the_digest_of_an_invite_and_never_its_token() -> None:
    profile = Profile(name="Анна Орлова", language="ru")

    assert meant(written("/start")) == c.Enter(profile=profile, **SAID)
    invited = meant(written("/start t0ken-t0ken"))
    assert invited == c.Enter(profile=profile, invite=digest_of("t0ken-t0ken"), **SAID)
    assert "t0ken" not in repr(invited)


def test_plain_words_go_to_the_current_dialog_with_their_formatting() -> None:
    bold = [{"type": "bold", "offset": 0, "length": 5}]

    reply = meant(written("Добрый день", entities=bold))

    words = Message(text="Добрый день", entities=(Entity("bold", 0, 5),))
    assert reply == c.Reply(message=words, **SAID)


@pytest.mark.parametrize(
    ("replied", "answers"),
    [(CARD, None), (COPY, MessageId("12.3")), (OWN, MessageId("12.4"))],
)
def test_answering_anything_of_a_dialog_writes_into_it(replied: str, answers: MessageId | None) -> None:
    quoted = None if answers is None else ReplyTo(message=answers)

    reply = meant(written("Да", **answering(replied)))

    assert reply == c.Reply(message=Message(text="Да", reply_to=quoted), dialog=DIALOG, answers=answers, **SAID)


def test_a_note_in_answer_to_a_card_belongs_to_its_dialog() -> None:
    assert meant(written("// vip", **answering(CARD))) == c.AddNote(text="vip", dialog=DIALOG, **SAID)


NOBODYS = {"among": (), **SAID}
SEVERAL = {"among": (DIALOG, DialogId("13")), **SAID}
ELSEWHERE = {"external_reply": {"origin": {"type": "user", "date": 1}, "message_id": 9}}


@pytest.mark.parametrize(
    ("replied", "whom"),
    [
        (answering(SENTENCE), NOBODYS),
        (answering("4040"), NOBODYS),
        (ELSEWHERE, NOBODYS),
        ({"reply_to_message": None}, NOBODYS),
        (answering(LIST), SEVERAL),
    ],
)
def test_an_answer_to_what_names_nobody_or_several_is_for_the_bot_to_ask_about(
    replied: dict[str, Any], whom: dict[str, Any]
) -> None:
    assert meant(written("Да", **replied)) == c.Reply(message=Message(text="Да"), **whom)
    assert meant(written("// note", **replied)) == c.AddNote(text="note", **whom)
    assert meant(written("/close", **replied)) == c.Close(**whom)
    assert meant(written("/templates", **replied)) == c.Look(view=c.View.TEMPLATES, **whom)
    assert meant(written("/template hi | 5", **replied)) == c.SayTemplate(template="hi", values=("5",), **whom)


def test_an_answer_to_a_story_is_not_taken_for_words_to_the_current_client() -> None:
    command = meant(written("Да", reply_to_story={"id": 1}))
    assert isinstance(command, c.Reply)
    assert (command.dialog, command.among) == (None, ())


@pytest.mark.parametrize("named", [PINNED, LOST, QUESTION])
def test_an_answer_to_any_sentence_that_names_one_client_is_for_this_one(named: str) -> None:
    assert meant(written("// note", **answering(named))) == c.AddNote(text="note", dialog=DIALOG, **SAID)
    assert meant(written("/close", **answering(named))) == c.Close(dialog=DIALOG, **SAID)
    if named != QUESTION:
        assert meant(written("Да", **answering(named))) == c.Reply(message=Message(text="Да"), dialog=DIALOG, **SAID)


def test_a_photo_with_words_is_a_reply_with_both() -> None:
    reply = meant(written(caption="Чек", media_group_id="g", **PHOTO))

    assert isinstance(reply, c.Reply)
    assert reply.message.text == "Чек"
    assert reply.message.group == "g"
    (photo,) = reply.message.attachments
    assert isinstance(photo, Media)
    assert (photo.kind, photo.remote) == (MediaKind.PHOTO, "F1")


@pytest.mark.parametrize(("caption", "why"), [("// чек", "note_with_file"), ("/my", "unknown_command")])
def test_a_file_that_is_meant_for_the_bot_never_reaches_the_client(caption: str, why: str) -> None:
    assert meant(written(caption=caption, **PHOTO)) == c.Misunderstood(why=why, **SAID)


def test_a_forwarded_message_goes_as_the_operators_own_words() -> None:
    author = {"id": 9, "is_bot": False, "first_name": "Пётр"}
    origin = {"type": "user", "date": 1_600_000_000, "sender_user": author}

    assert meant(written("Цены", forward_origin=origin)) == c.Reply(message=Message(text="Цены"), **SAID)


def test_a_corrected_message_is_found_by_its_id() -> None:
    edited = written("Да, есть", edit_date=1_700_000_010, message_id=int(OWN))
    update = {"update_id": 1, "edited_message": edited}
    about = {"operator": ANNA, "origin": Origin(ContactId("500"), OWN)}

    assert lookups(update) == (ContactId("500"), (OWN,))
    corrected = Message(text="Да, есть")
    assert resolve(update, SENT) == c.EditReply(message=corrected, message_id=MessageId("12.4"), **about)
    assert resolve(update, {}) == c.EditReply(message=corrected, message_id=None, **about)


@pytest.mark.parametrize("text", ["// лишнее", "/my"])
def test_correcting_words_into_a_note_or_command_does_not_change_the_clients_copy(text: str) -> None:
    edited = written(text, edit_date=1_700_000_010, message_id=int(OWN))

    meaning = resolve({"update_id": 1, "edited_message": edited}, SENT)

    assert isinstance(meaning, c.Misunderstood)
    assert meaning.why == "edited_to_command"


@pytest.mark.parametrize(("status", "gone"), [("kicked", True), ("member", False)])
def test_blocking_the_bot_and_coming_back_is_told(status: str, *, gone: bool) -> None:
    change = {"chat": CHAT, "from": PERSON, "date": 1, "new_chat_member": {"status": status, "user": {"id": 1}}}

    assert resolve({"update_id": 1, "my_chat_member": change}, {}) == c.Leave(operator=ANNA, gone=gone)


GROUP = {"id": -100, "type": "supergroup", "title": "Отдел"}


@pytest.mark.parametrize(
    "update",
    [
        {"message": written("hello", chat=GROUP)},
        {"edited_message": written("hello", chat=GROUP)},
        {"channel_post": written("hello", chat={"id": -7, "type": "channel"})},
        {"my_chat_member": {"chat": GROUP, "from": PERSON, "date": 1, "new_chat_member": {"status": "member"}}},
        {"callback_query": {"id": "p", "from": PERSON, "data": "1:claim:12:1", "message": written(chat=GROUP)}},
        {"message": written(pinned_message=written("hello"))},
        {"message": written("hello", **{"from": {"id": 9, "is_bot": True, "first_name": "bot"}})},
        {"message_reaction": {"chat": CHAT, "message_id": 5, "user": PERSON, "date": 1, "new_reaction": []}},
        {"inline_query": {"id": "1", "from": PERSON, "query": "x", "offset": ""}},
        {},
    ],
)
def test_what_is_not_said_to_the_bot_in_private_is_ignored(update: dict[str, Any]) -> None:
    assert resolve({"update_id": 1, **update}, SENT) is None
    assert lookups({"update_id": 1, **update}) in ((None, ()), (ContactId("500"), ()))


def test_only_the_answered_message_is_looked_up() -> None:
    assert lookups({"message": written("x", **answering("42"))}) == (ContactId("500"), (COPY,))
    assert lookups({"message": written("x")}) == (ContactId("500"), ())
    assert lookups({"callback_query": {"id": "p", "from": PERSON, "data": "1:focus:12"}}) == (None, ())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member", "poll"]),
        JSON
        | st.fixed_dictionaries(
            {}, optional={"chat": JSON | st.just(CHAT), "from": JSON | st.just(PERSON), "text": JSON, "id": JSON}
        ),
        max_size=2,
    )
)
def test_no_update_makes_it_raise(update: dict[str, Any]) -> None:
    lookups(update)
    resolve(update, SENT)


def test_invite_asks_for_a_link_and_not_for_the_help() -> None:
    assert meant(written("/invite")) == c.Look(view=c.View.INVITE, **SAID)


@pytest.mark.parametrize(
    ("text", "replied", "command"),
    [
        ("/close", None, c.Close(**SAID)),
        ("/close", CARD, c.Close(dialog=DIALOG, **SAID)),
        ("/close", COPY, c.Close(dialog=DIALOG, **SAID)),
        ("/delete", OWN, c.DeleteReply(message_id=MessageId("12.4"), **SAID)),
        ("/delete", COPY, c.Misunderstood(why="delete_what", **SAID)),
        ("/delete", CARD, c.Misunderstood(why="delete_what", **SAID)),
        ("/delete", None, c.Misunderstood(why="delete_what", **SAID)),
        ("/delete", "4040", c.Misunderstood(why="delete_what", **SAID)),
        ("/react 👍", COPY, c.React(message_id=MessageId("12.3"), emoji="👍", **SAID)),
        ("/react ❤️‍🔥", COPY, c.React(message_id=MessageId("12.3"), emoji="❤️‍🔥", **SAID)),
        ("/react", COPY, c.React(message_id=MessageId("12.3"), emoji=None, **SAID)),
        ("/react ok", COPY, c.Misunderstood(why="react_what", **SAID)),
        ("/react 👍 👍", COPY, c.Misunderstood(why="react_what", **SAID)),
        ("/react 👍", OWN, c.Misunderstood(why="react_what", **SAID)),
        ("/react 👍", CARD, c.Misunderstood(why="react_what", **SAID)),
        ("/react 👍", None, c.Misunderstood(why="react_what", **SAID)),
    ],
)
def test_commands_about_a_message_are_typed_in_answer_to_it(
    text: str, replied: str | None, command: c.StaffCommand
) -> None:
    assert meant(written(text, **({} if replied is None else answering(replied)))) == command


def test_marks_in_the_last_line_are_buttons_for_the_client() -> None:
    buttons = ((Button("Да", data="q:Да"), Button("Нет", data="q:Нет")),)

    assert meant(written("Берёте?\n[[Да]] [[Нет]]")) == c.Reply(
        message=Message(text="Берёте?", buttons=buttons), **SAID
    )
    edited = written("Берёте?\n[[Да]] [[Нет]]", edit_date=1_700_000_010, message_id=int(OWN))
    about = {"operator": ANNA, "origin": Origin(ContactId("500"), OWN)}
    assert resolve({"update_id": 1, "edited_message": edited}, SENT) == c.EditReply(
        message=Message(text="Берёте?", buttons=buttons), message_id=MessageId("12.4"), **about
    )


def test_a_correction_with_mistyped_buttons_changes_nothing_and_is_told() -> None:
    edited = written("Берёте?\n[[Да]] [[Нет]", edit_date=1_700_000_010, message_id=int(OWN))
    found = resolve({"update_id": 1, "edited_message": edited}, SENT)
    assert isinstance(found, c.Misunderstood)
    assert found.why == "mistyped_buttons"


@pytest.mark.parametrize("text", ["[[Да]]", "Да?\n[[" + "я" * 40 + "]]", "Да?\n" + "[[а]]" * 9])
def test_buttons_that_cannot_be_send_nothing(text: str) -> None:
    edited = written(text, edit_date=1_700_000_010, message_id=int(OWN))

    assert isinstance(meant(written(text)), c.Misunderstood)
    assert isinstance(resolve({"update_id": 1, "edited_message": edited}, SENT), c.Misunderstood)


# ── templates ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "native", "command"),
    [
        ("Мария\n № 5 \n\n", QUESTION, c.SayTemplate(template="0a1b2c", values=("Мария", "№ 5"), dialog="12", **SAID)),
        ("// не забыть", QUESTION, c.AddNote(text="не забыть", dialog="12", **SAID)),
        ("/templates", None, c.Look(view=c.View.TEMPLATES, **SAID)),
        ("/templates", CARD, c.Look(view=c.View.TEMPLATES, dialog="12", **SAID)),
        (
            "/template order_ready | Мария | № 5",
            None,
            c.SayTemplate(template="order_ready", values=("Мария", "№ 5"), **SAID),
        ),
        ("/template hello", COPY, c.SayTemplate(template="hello", dialog="12", **SAID)),
        ("/template", None, c.Misunderstood(why="template_what", **SAID)),
    ],
)
def test_templates_are_asked_for_and_said(text: str, native: str | None, command: c.StaffCommand) -> None:
    assert meant(written(text, **(answering(native) if native else {}))) == command


@pytest.mark.parametrize(
    ("data", "command"),
    [
        ("1:templates:12:1", c.Look(view=c.View.TEMPLATES, dialog="12", page=1, **PRESSED)),
        ("1:template:12:0a1b2c", c.PickTemplate(dialog="12", template="0a1b2c", **PRESSED)),
        ("1:say:12:0a1b2c:7", c.SayTemplate(dialog="12", template="0a1b2c", seen=7, **PRESSED)),
    ],
)
def test_a_templates_button_says_which_and_for_whom(data: str, command: c.StaffCommand) -> None:
    assert pressed(data) == command


@pytest.mark.parametrize("status", [["kicked"], {"is": "kicked"}, None, 1, "left"])
def test_a_membership_of_no_known_kind_is_nobodys(status: object) -> None:
    chat = {"id": 501, "type": "private"}
    change = {"from": {"id": 501}, "chat": chat, "new_chat_member": {"status": status}}
    assert resolve({"update_id": 1, "my_chat_member": change}, {}) is None


def test_a_message_that_is_nested_without_end_is_shown_as_what_it_is() -> None:
    deep: object = "x"
    for _ in range(2000):
        deep = [deep]
    chat = {"id": 501, "type": "private"}
    message = {"message_id": 5, "date": 1, "from": {"id": 501}, "chat": chat, "photo": deep}
    command = resolve({"update_id": 1, "message": message}, {})
    assert isinstance(command, c.Reply)
    assert [one.of for one in command.message.attachments] == ["message"]
