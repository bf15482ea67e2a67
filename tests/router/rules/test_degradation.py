"""What a channel cannot carry is known before it goes: asked about, refused at once, or nothing at all."""

import pytest
from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.abilities import Abilities, Loss, MediaRule, Reactions, TextRule
from gateway.model.events import Refusal
from gateway.model.ids import AccountId, ContactId, DialogId, FileId, MessageId, NativeId, OperatorId
from gateway.model.messages import Entity, FileState, Media, MediaKind, Message, Origin
from gateway.model.outgoing import SendMessage
from gateway.router.rules.degradation import foreseen
from gateway.router.rules.permissions import Refuse

ANNA, BORIS = OperatorId("501"), OperatorId("502")
MARIA = ContactId("9001")
SHOP = AccountId("shop")
MB = 1024 * 1024
PHOTO, VIDEO, VOICE, STICKER = (
    Media(kind=kind, remote=f"r-{kind}", size=1000)
    for kind in (MediaKind.PHOTO, MediaKind.VIDEO, MediaKind.VOICE, MediaKind.STICKER)
)
POOR = Abilities(
    text=TextRule(limit=1000, caption_limit=20, unit="chars", formatting=False),
    media={
        MediaKind.PHOTO: MediaRule(limit=10 * MB),
        MediaKind.VIDEO: MediaRule(limit=50 * MB, goes_as=MediaKind.DOCUMENT),
        MediaKind.VOICE: MediaRule(limit=50 * MB, captioned=False),
        MediaKind.DOCUMENT: MediaRule(limit=50 * MB),
    },
    reactions=Reactions(),
    edits=False,
    deletes=False,
    quotes=False,
    buttons=False,
)


@pytest.fixture
def poor(core):
    """Maria has written (1.1) through a channel that can do little, and Boris has her dialog."""
    core.rows.abilities = {SHOP: POOR}
    core.writes()
    core.claims(BORIS)
    return core


def choose(core, ask: str, dialog: str | None = "1", who: OperatorId = BORIS) -> list[e.Event]:
    return core.when(c.Choose(operator=who, ask=ask, dialog=dialog and DialogId(dialog), press="p"))


@pytest.mark.parametrize(
    ("text", "media", "losses"),
    [
        ("", VIDEO, (Loss(MediaKind.VIDEO, MediaKind.DOCUMENT),)),
        ("", replace(PHOTO, size=11 * MB), (Loss(MediaKind.PHOTO, MediaKind.DOCUMENT),)),
        (
            "слов больше, чем подпись вмещает",
            VIDEO,
            (Loss(MediaKind.VIDEO, MediaKind.DOCUMENT), Loss(MediaKind.VIDEO)),
        ),
    ],
)
def test_what_the_client_would_get_otherwise_is_asked_about_and_nothing_leaves(poor, text, media, losses):
    [asked] = poor.says(BORIS, text, attachments=(media,))
    assert isinstance(asked, e.LossAsked)
    assert (asked.dialog, asked.client, asked.losses) == ("1", "Мария", losses)
    assert poor.jobs == []
    assert poor.dialog().messages == 1


@pytest.mark.parametrize(
    ("text", "media"),
    [
        ("", PHOTO),
        ("вот оно", PHOTO),
        ("слов больше, чем подпись вмещает", PHOTO),
        ("", VOICE),
        ("вот", VOICE),
        ("x" * 3000, None),
        ("**да**", None),
    ],
)
def test_what_arrives_as_it_is_or_loses_only_its_looks_just_goes(poor, kinds, text, media):
    bold = (Entity("bold", 0, 2),) if text else ()
    said = poor.says(BORIS, text, attachments=() if media is None else (media,), entities=bold)
    assert kinds(said) == ["ReplyAccepted"]
    assert not said[0].agreed


def test_a_channel_that_nothing_is_known_of_is_asked_nothing(core, kinds):
    core.writes()
    core.claims(BORIS)
    assert kinds(core.says(BORIS, "вот", attachments=(STICKER,))) == ["ReplyAccepted"]


def test_agreed_to_it_goes_once_and_the_question_is_over(poor, kinds, refusal):
    [asked] = poor.says(BORIS, "", attachments=(VIDEO,))
    happened = choose(poor, asked.ask)
    assert kinds(happened) == ["TargetChosen", "ReplyAccepted", "PressAccepted"]
    assert happened[1].origin == asked.origin
    assert not [one for one in poor.jobs if isinstance(one, SendMessage)], "its file is on the way"
    left = poor.when(c.RecordFile(message=MessageId("1.2"), file=happened[1].message.media[0].file, size=1000))
    assert kinds(left) == ["AttachmentStored", "ReplyReleased"]
    assert [(one.sent, one.agreed) for one in poor.jobs if isinstance(one, SendMessage)] == [("1.2", True)]
    assert refusal(choose(poor, asked.ask)).why is Refusal.ASK_GONE


def test_not_agreed_to_it_goes_nowhere(poor, kinds, refusal):
    [asked] = poor.says(BORIS, "", attachments=(VIDEO,))
    assert kinds(choose(poor, asked.ask, None)) == ["TargetChosen", "PressAccepted"]
    assert poor.jobs == []
    assert poor.dialog().messages == 1
    assert refusal(choose(poor, asked.ask)).why is Refusal.ASK_GONE


def test_an_album_is_one_question_and_its_pictures_go_in_their_order(poor, kinds):
    first, *further = [poor.says(BORIS, "", attachments=(VIDEO,), group="g")[0] for _ in range(3)]
    other = poor.says(BORIS, "", attachments=(VIDEO,), group="h")[0]
    assert [one.beside for one in (first, *further, other)] == [None, first.ask, first.ask, None]
    happened = choose(poor, first.ask)
    said = [one for one in happened if isinstance(one, e.ReplyAccepted)]
    assert [(one.id, one.origin) for one in said] == [
        (f"1.{number}", one.origin) for number, one in enumerate((first, *further), 2)
    ]
    assert [one.ask for one in poor.rows.operators[BORIS].asks] == [other.ask]


def test_words_to_an_unclaimed_client_claim_only_when_they_go(core, kinds):
    core.rows.abilities = {SHOP: POOR}
    core.writes()
    [asked] = core.says(BORIS, "", "1", attachments=(VIDEO,))
    assert isinstance(asked, e.LossAsked)
    assert core.dialog().owner is None
    assert kinds(choose(core, asked.ask)) == [
        "TargetChosen",
        "DialogClaimed",
        "FocusChanged",
        "ReplyAccepted",
        "PressAccepted",
    ]


def test_what_became_of_the_dialog_meanwhile_counts(poor, refusal):
    [asked] = poor.says(BORIS, "", attachments=(VIDEO,))
    poor.closes(BORIS)
    assert refusal(choose(poor, asked.ask)).why is Refusal.CLOSED


def test_words_that_were_asked_about_twice_are_first_whose_then_how(poor, kinds):
    poor.writes(ContactId("9002"), name="Иван")
    poor.claims(BORIS, "2")
    poor.writes()
    [whose] = poor.says(BORIS, "", attachments=(VIDEO,))
    assert isinstance(whose, e.TargetAsked)
    happened = choose(poor, whose.ask, "2")
    assert kinds(happened) == ["TargetChosen", "FocusChanged", "LossAsked", "PressAccepted"]
    assert kinds(choose(poor, happened[2].ask, "2")) == ["TargetChosen", "ReplyAccepted", "PressAccepted"]


@pytest.mark.parametrize(
    ("media", "why", "detail"),
    [
        (STICKER, Refusal.CANNOT_CARRY, "sticker"),
        (replace(VIDEO, size=51 * MB), Refusal.TOO_LARGE, "50"),
        (replace(PHOTO, size=51 * MB), Refusal.TOO_LARGE, "50"),
    ],
)
def test_what_cannot_go_at_all_is_refused_at_once(poor, refusal, media, why, detail):
    refused = refusal(poor.says(BORIS, "вот", attachments=(media,)))
    assert (refused.why, refused.detail, refused.dialog) == (why, detail, "1")
    assert poor.jobs == []


def test_a_picture_sent_as_a_file_goes_as_a_photo_where_there_are_no_files(core, refusal):
    rule = MediaRule(limit=MB, files=frozenset({"image/png"}), captioned=False)
    core.rows.abilities = {SHOP: Abilities(media={MediaKind.PHOTO: rule})}
    core.writes()
    core.claims(BORIS)
    picture = Media(kind=MediaKind.DOCUMENT, remote="r", mime="image/PNG; x", size=MB)
    [asked] = core.says(BORIS, "", attachments=(picture,))
    assert asked.losses == (Loss(MediaKind.DOCUMENT, MediaKind.PHOTO),)
    [asked] = core.says(BORIS, "Вот", attachments=(picture,))
    assert asked.losses == (Loss(MediaKind.DOCUMENT, MediaKind.PHOTO), Loss(MediaKind.DOCUMENT))
    other = refusal(core.says(BORIS, "", attachments=(replace(picture, mime="application/pdf"),)))
    assert (other.why, other.detail) == (Refusal.CANNOT_CARRY, "document")
    assert refusal(core.says(BORIS, "", attachments=(replace(picture, size=MB + 1),))).why is Refusal.TOO_LARGE


def test_a_voice_message_of_a_type_that_the_channel_does_not_take_is_refused_at_once(core, refusal, kinds):
    voice = MediaRule(limit=MB, mimes=frozenset({"audio/mp4"}))
    core.rows.abilities = {SHOP: Abilities(media={MediaKind.VOICE: voice, MediaKind.PHOTO: MediaRule(limit=MB)})}
    core.writes()
    core.claims(BORIS)
    refused = refusal(core.says(BORIS, "", attachments=(replace(VOICE, mime="audio/ogg"),)))
    assert (refused.why, refused.detail) == (Refusal.CANNOT_CARRY, "voice")
    for mime in ("audio/mp4", "Audio/MP4; codecs=x", None):
        assert kinds(core.says(BORIS, "", attachments=(replace(VOICE, mime=mime),))) == ["ReplyAccepted"]
    assert kinds(core.says(BORIS, "", attachments=(replace(PHOTO, mime="image/any"),))) == ["ReplyAccepted"]


def test_what_is_of_a_type_that_its_kind_cannot_be_of_goes_as_a_file_or_as_its_emoji(core):
    sticker = MediaRule(limit=MB, mimes=frozenset({"image/png"}))
    rules = {
        MediaKind.STICKER: sticker,
        MediaKind.VIDEO: MediaRule(limit=MB, mimes=frozenset({"video/mp4"})),
        MediaKind.DOCUMENT: MediaRule(limit=MB),
    }
    core.writes()
    core.claims(BORIS)
    core.rows.abilities = {SHOP: Abilities(media=rules)}
    [asked] = core.says(BORIS, "", attachments=(replace(VIDEO, mime="video/webm"),))
    assert asked.losses == (Loss(MediaKind.VIDEO, MediaKind.DOCUMENT),)
    core.rows.abilities = {SHOP: Abilities(media={**rules, MediaKind.STICKER: replace(sticker, or_emoji=True)})}
    [asked] = core.says(BORIS, "", attachments=(replace(STICKER, mime="image/webp", emoji="🌼"),))
    assert asked.losses == (Loss(MediaKind.STICKER, spoken=True),)
    [asked] = core.says(BORIS, "", attachments=(replace(STICKER, mime="image/webp"),))
    assert asked.losses == (Loss(MediaKind.STICKER, MediaKind.DOCUMENT),)


def test_a_channel_without_edits_deletions_and_reactions_says_so_at_once(poor, refusal):
    poor.says(BORIS, "опечтака")
    edit = c.EditReply(operator=BORIS, message_id=MessageId("1.2"), message=Message(text="опечатка"))
    assert refusal(poor.when(edit)).why is Refusal.NO_EDITS
    assert refusal(poor.when(c.DeleteReply(operator=BORIS, message_id=MessageId("1.2")))).why is Refusal.NO_DELETES
    for emoji in ("👍", None):
        react = c.React(operator=BORIS, message_id=MessageId("1.1"), emoji=emoji)
        assert refusal(poor.when(react)).why is Refusal.NO_REACTIONS
        assert poor.jobs == []


def test_what_has_not_left_yet_can_be_corrected_and_taken_back_wherever_it_goes(poor, kinds):
    poor.says(BORIS, "вто", attachments=(PHOTO,))
    edit = c.EditReply(operator=BORIS, message_id=MessageId("1.2"), message=Message(text="вот"))
    assert kinds(poor.when(edit)) == ["ReplyEdited"]
    assert kinds(poor.when(c.DeleteReply(operator=BORIS, message_id=MessageId("1.2")))) == ["ReplyDeleted"]
    assert poor.jobs == []


def test_an_emoji_that_the_channel_does_not_have_is_refused_with_those_it_has(core, refusal, kinds):
    core.rows.abilities = {SHOP: Abilities(reactions=Reactions(frozenset("❤👍"), near=frozenset("🧡")))}
    core.writes()
    core.claims(BORIS)
    react = c.React(operator=BORIS, message_id=MessageId("1.1"), emoji="🦄")
    refused = refusal(core.when(react))
    assert (refused.why, refused.detail) == (Refusal.NO_SUCH_REACTION, "❤ 👍")
    for emoji in ("👍", "❤️", "🧡", None):
        assert kinds(core.when(replace(react, emoji=emoji))) == ["ReactionPut"]


def test_a_length_is_counted_as_the_channel_counts(core):
    core.writes()
    words = Message(text="я😀" * 5, attachments=(PHOTO,))
    for unit, size in (("chars", 10), ("utf16", 15), ("bytes", 30)):
        for limit, loses in ((size, False), (size - 1, True)):
            can = Abilities(text=TextRule(limit=4096, caption_limit=limit, unit=unit))
            assert bool(foreseen(can, words, core.dialog())) == loses


def test_words_that_nobody_could_be_asked_about_just_go(poor, kinds):
    said = poor.when(c.Reply(operator=BORIS, message=Message(attachments=(VIDEO,)), dialog=DialogId("1")))
    assert kinds(said) == ["ReplyAccepted"]
    assert Origin(MARIA, NativeId("1")) not in poor.dialog().unsettled.values()


@pytest.mark.parametrize(
    ("answered", "clients", "goes"),
    [
        ("1.1", 1, True),  # an older one of several: which is meant is lost with the quote
        ("1.2", 1, False),
        ("1.1", 2, False),
        ("1.2", 2, False),
    ],
)
def test_an_answer_that_only_says_whom_it_is_for_asks_no_messenger_for_a_quote_that_it_has_not(
    poor, answered, clients, goes
):
    poor.writes(text="И ещё вопрос")
    if clients > 1:
        poor.writes(ContactId("9002"), name="Иван")
        poor.claims(BORIS, "2")
    origin = Origin(ContactId(BORIS), NativeId("700"))
    reply = c.Reply(
        operator=BORIS,
        origin=origin,
        message=Message(text="Да"),
        dialog=DialogId("1"),
        answers=MessageId(answered),
    )
    [said] = [one for one in poor.when(reply) if isinstance(one, e.ReplyAccepted)]
    assert (said.message.reply_to is not None) is goes


def test_where_a_messenger_quotes_the_quote_goes_in_any_case(core):
    core.writes()
    core.claims(BORIS)
    reply = c.Reply(operator=BORIS, message=Message(text="Да"), dialog=DialogId("1"), answers=MessageId("1.1"))
    [said] = [one for one in core.when(reply) if isinstance(one, e.ReplyAccepted)]
    assert said.message.reply_to.message == "1.1"


def test_a_file_of_an_ending_that_the_channel_never_takes_is_refused_before_it_leaves(core):
    film = MediaRule(limit=10**9, goes_as=MediaKind.DOCUMENT)
    rules = {
        MediaKind.DOCUMENT: MediaRule(limit=10**9, refused_endings=frozenset({"exe"})),
        MediaKind.VIDEO: film,
        MediaKind.PHOTO: MediaRule(limit=10**9),
    }
    can = Abilities(media=rules)
    program = Media(kind=MediaKind.DOCUMENT, name="Setup.EXE", file=FileId("f"), state=FileState.STORED)
    core.writes()
    for kind in (MediaKind.DOCUMENT, MediaKind.VIDEO):
        with pytest.raises(Refuse) as refused:
            foreseen(can, Message(attachments=(replace(program, kind=kind),)), core.dialog())
        assert (refused.value.why, refused.value.detail) == (Refusal.CANNOT_CARRY, f"{kind} .exe")
    assert foreseen(can, Message(attachments=(replace(program, kind=MediaKind.PHOTO),)), core.dialog()) == ()
    assert foreseen(can, Message(attachments=(replace(program, name="Setup.exe.zip"),)), core.dialog()) == ()
