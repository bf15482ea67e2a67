"""Who a client is, where they write from, and what their quick replies say."""

import pytest
from msgspec.structs import replace

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.ids import AccountId, ContactId, DialogId, NativeId, OperatorId
from gateway.model.messages import Button, Consent, Media, MediaKind, Message, Profile, ReplyTo, Visit
from gateway.model.outgoing import AnswerPress, SendReadMark
from gateway.model.state import DialogState

ANNA, MARIA = OperatorId("501"), ContactId("9001")
ONE = DialogId("1")
LAMPS = Visit(url="https://shop.example.com/lamps", title="Лампы", referrer="https://search.example.com/")
CHAIRS = Visit(url="https://shop.example.com/chairs", title="Стулья")
POLICY = "https://shop.example.com/policy"


@pytest.fixture
def tells(core):
    """Maria writes with this profile, from this page."""
    numbers = iter(range(1000, 2000))

    def tells(profile: Profile | None = None, visit: Visit | None = None) -> list[e.Event]:
        message = Message(native=NativeId(f"w{next(numbers)}"), text="слово")
        return core.when(c.Receive(contact=MARIA, message=message, profile=profile, visit=visit))

    return tells


@pytest.fixture
def presses(core):
    def presses(data: str, press: str = "p1", contact: ContactId = MARIA, **more: object) -> list[e.Event]:
        return core.when(c.ReceivePress(contact=contact, press=press, data=data, **more))

    return presses


def known(core) -> Profile:
    return core.rows.contacts[(AccountId("shop"), MARIA)].profile


# ── pages ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_that_opened_a_dialog_is_told_once(core, tells):
    opened, received = tells(Profile(name="Мария"), LAMPS)
    assert (opened.visit, received.visit) == (LAMPS, None)
    assert core.dialog().visit == LAMPS
    assert tells(visit=LAMPS)[-1].visit is None


def test_another_page_is_told_and_keeps_what_brought_them_to_the_site(core, tells):
    tells(Profile(name="Мария"), LAMPS)
    moved = tells(visit=CHAIRS)[-1].visit
    assert (moved.url, moved.title, moved.referrer) == (CHAIRS.url, CHAIRS.title, LAMPS.referrer)
    assert core.dialog().visit == moved
    assert tells(visit=CHAIRS)[-1].visit is None
    assert tells()[-1].visit is None
    assert core.dialog().visit == moved


def test_a_listing_stays_with_every_later_dialog_of_its_chat(core, tells):
    sofa = Visit(url="https://avito.ru/7", title="Диван", price="55 000 ₽", city="Казань", listing=True)
    tells(Profile(name="Мария"), sofa)
    assert tells(visit=Visit(url="https://avito.ru/items/7", listing=True))[-1].visit is None, "it tells less"
    core.claims(ANNA)
    core.closes(ANNA)
    tells()
    assert core.dialog("2").visit == sofa
    core.claims(ANNA, "2")
    core.closes(ANNA, "2")
    core.when(c.WriteAgain(operator=ANNA, dialog=DialogId("2")))
    assert core.dialog("3").visit == sofa
    cheaper = replace(sofa, price="50 000 ₽")
    tells(visit=cheaper)
    assert core.dialog("3").visit == cheaper
    core.closes(ANNA, "3")
    tells()
    assert core.dialog("4").visit == cheaper


def test_a_page_of_a_site_is_of_its_own_dialog_only(core, tells):
    tells(Profile(name="Мария"), LAMPS)
    core.claims(ANNA)
    core.closes(ANNA)
    tells()
    assert core.dialog("2").visit is None


# ── profiles ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_telling_with_less_takes_back_no_way_to_reach_them_and_no_consent(core, tells, kinds):
    whole = Profile(name="Мария", phone="+7900", email="m@example.com", consent=Consent(5, POLICY))
    tells(whole)
    assert kinds(tells(Profile(name="Мария"))) == ["MessageReceived"], "nothing has changed"
    assert known(core) == whole
    tells(Profile(name="Мария Петровна", phone="+7911"))
    assert known(core) == Profile(name="Мария Петровна", phone="+7911", email=whole.email, consent=whole.consent)
    tells(Profile(name=""))
    assert known(core).name == "Мария Петровна"


def test_a_made_up_name_never_takes_the_place_of_a_told_one(core, tells, kinds):
    tells(Profile(name="Гость ab12", guest=True))
    assert (core.dialog().client, known(core).guest) == ("Гость ab12", True)
    tells(Profile(name="Мария"))
    assert kinds(tells(Profile(name="Гость cd34", guest=True))) == ["MessageReceived"]
    assert (core.dialog().client, known(core)) == ("Мария", Profile(name="Мария"))


def test_what_the_channel_tells_when_asked_adds_to_what_is_known_and_the_next_message_keeps_it(core, tells, kinds):
    tells(None)
    assert core.dialog().client == MARIA
    asked = c.ReceiveProfile(contact=MARIA, profile=Profile(name="Мария", username="m", link="https://vk.com/m"))
    assert kinds(core.when(asked)) == ["ProfileChanged"]
    assert core.dialog().client == "Мария"
    assert core.when(asked) == [], "nothing new"
    assert kinds(tells(None)) == ["MessageReceived"]
    assert kinds(tells(Profile(name="Мария", username="m"))) == ["MessageReceived"], (
        "no page is told, and none taken back"
    )
    core.when(replace(asked, profile=Profile(name="", phone="+7900")))
    assert known(core) == Profile(name="Мария", username="m", link="https://vk.com/m", phone="+7900")


def test_a_profile_of_somebody_who_never_wrote_is_nothing(core):
    assert core.when(c.ReceiveProfile(contact=MARIA, profile=Profile(name="Мария"))) == []


def test_a_consent_counts_from_its_first_moment_and_a_new_policy_from_its_own(core, tells):
    tells(Profile(name="Мария", consent=Consent(5, POLICY)))
    tells(Profile(name="Мария", consent=Consent(9, POLICY)))
    assert known(core).consent == Consent(5, POLICY)
    tells(Profile(name="Мария", consent=Consent(12, f"{POLICY}/2")))
    assert known(core).consent == Consent(12, f"{POLICY}/2")


def test_a_client_who_introduces_themselves_has_their_name_on_the_dialog(core, tells, kinds):
    tells(Profile(name="Гость ab12"))
    assert kinds(tells(Profile(name="Мария"))) == ["ProfileChanged", "MessageReceived"]
    assert core.dialog().client == "Мария"


def test_a_profile_that_changed_while_no_dialog_was_open_is_an_event_too(core, tells, kinds):
    tells(Profile(name="Мария"))
    core.claims(ANNA)
    core.closes(ANNA)
    happened = tells(Profile(name="Мария", email="m@example.com"))
    assert kinds(happened) == ["ProfileChanged", "DialogOpened", "MessageReceived"]
    assert happened[0].profile == happened[1].profile == Profile(name="Мария", email="m@example.com")


# ── quick replies ─────────────────────────────────────────────────────────────────────────────────────


def test_a_quick_reply_says_its_words_for_the_client(core, presses, kinds):
    core.writes()
    core.claims(ANNA)
    asked = core.says(ANNA, "Удобно завтра?", buttons=((Button("Да", data="q:Да"),),))[-1]
    core.rows.know(AccountId("shop"), MARIA, NativeId("77"), asked.id)
    happened = presses("q:Да", native=NativeId("77"))
    assert kinds(happened) == ["MessageReceived"]
    [said] = happened
    assert (said.message.text, said.message.native, said.message.at) == ("Да", "press:p1", core.now)
    assert said.message.reply_to == ReplyTo(native=NativeId("77"), message=asked.id)
    assert (said.press, said.state) == ("p1", DialogState.WAITING_AGAIN)
    assert core.jobs == [AnswerPress("p1", "✅ Да", native=NativeId("77"), chosen="Да")]
    assert core.left[0].contact == MARIA
    assert core.left[0].expires_at > core.now
    core.says(ANNA, "Ждём")
    assert SendReadMark(NativeId("press:p1")) in core.jobs
    assert not [native for _, _, native in core.rows.natives if native.startswith("press:")], "nobody can quote it"


def test_a_quick_reply_after_the_close_opens_a_new_dialog(core, presses, kinds):
    core.writes()
    core.claims(ANNA)
    core.closes(ANNA)
    assert kinds(presses("q:Спасибо", profile=Profile(name="Мария П."))) == [
        "ProfileChanged",
        "DialogOpened",
        "MessageReceived",
    ]
    assert core.dialog("2").client == "Мария П."
    assert core.jobs == [AnswerPress("p1", "✅ Спасибо", chosen="Спасибо")]


def test_a_quick_reply_is_pressed_once_and_a_further_press_shows_what_was_chosen(core, presses, kinds):
    core.writes()
    core.claims(ANNA)
    buttons = ((Button("Да", data="q:Да"), Button("Нет", data="q:Нет")),)
    asked = core.says(ANNA, "Удобно завтра?", buttons=buttons)[-1]
    core.rows.know(AccountId("shop"), MARIA, NativeId("77"), asked.id)
    assert kinds(presses("q:Да", native=NativeId("77"))) == ["MessageReceived"]
    for data in ("q:Да", "q:Нет"):
        assert kinds(presses(data, press="p2", native=NativeId("77"))) == ["NoticeRaised"]
        assert core.jobs == [AnswerPress("p2", "✅ Да", native=NativeId("77"), chosen="Да")]
    assert kinds(presses("q:Нет", press="p3", native=NativeId("78"))) == ["MessageReceived"], "it is another question"
    core.when(c.EditReply(operator=ANNA, message=Message(text="А в среду?", buttons=buttons), message_id=asked.id))
    assert kinds(presses("q:Нет", press="p4", native=NativeId("77"))) == ["MessageReceived"], "it was asked anew"


def test_each_press_counts_where_the_client_sees_it_as_their_own_words(core, presses, kinds):
    core.writes()
    for press in ("p1", "p2"):
        happened = presses("q:Да", press=press, native=NativeId("77"), shown=True)
        assert kinds(happened) == ["MessageReceived"]


def test_what_was_chosen_is_remembered_within_a_bound(core, presses):
    core.writes()
    for number in range(100):
        presses("q:Да", press=f"p{number}", native=NativeId(str(number)))
    chosen = core.rows.contacts[(AccountId("shop"), MARIA)].chosen
    assert [one.native for one in chosen] == [str(number) for number in range(80, 100)]


@pytest.mark.parametrize("data", ["", "1:claim:7", "q:", "q:   ", "q:" + "я" * 32])
def test_any_other_press_says_nothing_but_its_spinner_ends(core, presses, kinds, data):
    core.writes()
    assert kinds(presses(data)) == ["NoticeRaised"]
    assert core.jobs == [AnswerPress("p1")]
    assert core.dialog().messages == 1


def test_a_press_of_somebody_who_never_wrote_opens_nothing(core, presses, kinds):
    assert kinds(presses("q:Да")) == ["NoticeRaised"]
    assert core.jobs == [AnswerPress("p1")]
    assert core.rows.number == 0


def test_a_press_of_a_blocked_client_says_nothing(core, presses, kinds):
    core.writes()
    core.when(c.Block(operator=ANNA, dialog=ONE, version=1))
    assert kinds(presses("q:Да")) == ["NoticeRaised"]
    assert core.jobs == [AnswerPress("p1")]
    assert core.rows.number == 1


# ── answered in the messenger itself ──────────────────────────────────────────────────────────────────


@pytest.fixture
def echoes(core):
    def echoes(native: str, text: str = "Отвечаю сам", **more: object) -> list[e.Event]:
        message = Message(native=NativeId(native), text=text, **more)
        return core.when(c.ReceiveEcho(contact=MARIA, message=message, author="vk.com/id7"))

    return echoes


def test_an_answer_in_the_messenger_itself_stands_in_the_dialog_and_the_client_waits_no_more(core, tells, echoes):
    tells(Profile(name="Мария"))
    core.when(c.Claim(operator=ANNA, dialog=ONE, version=1))
    (event,) = echoes("n7")
    assert (type(event), event.id, event.author) == (e.AnsweredElsewhere, "1.2", "vk.com/id7")
    dialog = core.dialog()
    assert (dialog.state, dialog.owner, dialog.waiting_since, dialog.messages) == (DialogState.ANSWERED, ANNA, None, 2)
    quoting = core.when(
        c.Receive(contact=MARIA, message=Message(native=NativeId("w9"), reply_to=ReplyTo(native=NativeId("n7"))))
    )
    assert quoting[-1].message.reply_to.message == "1.2"


def test_it_claims_nothing_for_nobody(core, tells, echoes):
    tells(Profile(name="Мария"))
    echoes("n7")
    dialog = core.dialog()
    assert (dialog.state, dialog.owner, dialog.waiting_since) == (DialogState.NEW, None, dialog.opened_at)
    assert core.when(c.Claim(operator=ANNA, dialog=ONE, version=1))[0].operator == ANNA


def test_what_is_known_is_no_answer_from_elsewhere(core, tells, echoes):
    tells(Profile(name="Мария"))
    echoes("n7")
    assert echoes("n7", "И ещё раз") == []


def test_without_an_open_dialog_it_opens_none(core, tells, echoes):
    (notice,) = echoes("n6")
    assert isinstance(notice, e.NoticeRaised)
    tells(Profile(name="Мария"))
    core.when(c.Claim(operator=ANNA, dialog=ONE, version=1))
    core.when(c.Close(operator=ANNA, dialog=ONE, version=2))
    (notice,) = echoes("n7")
    assert isinstance(notice, e.NoticeRaised)


def test_what_an_operator_took_back_is_not_told_as_the_clients_deletion(core):
    core.writes()
    core.claims(ANNA)
    [said] = core.says(ANNA)
    core.rows.know(AccountId("shop"), MARIA, NativeId("900"), said.id)
    heard = c.ReceiveDelete(MARIA, (NativeId("101"), NativeId("900")))
    assert [one.id for one in core.when(heard)] == ["1.1", said.id], "somebody took it away in the messenger itself"
    core.when(c.DeleteReply(operator=ANNA, message_id=said.id))
    assert [one.id for one in core.when(heard)] == ["1.1"]


# ── what they answer ──────────────────────────────────────────────────────────────────────────────────


def test_what_is_answered_and_not_known_here_comes_with_its_words_and_files(core):
    photo = Media(kind=MediaKind.PHOTO, remote="r")
    answered = ReplyTo(native=NativeId("old"), told="Роза", attachments=(photo,))
    received = core.when(c.Receive(contact=MARIA, message=Message(native=NativeId("w1"), text="да", reply_to=answered)))
    said = received[-1].message
    assert said.reply_to == ReplyTo(native=NativeId("old"), quote="Роза", brought=1)
    (brought,) = said.attachments
    assert (brought.kind, brought.remote, brought.file) == (MediaKind.PHOTO, "r", "1.1.0")


def test_what_is_answered_and_known_here_is_not_brought_again(core):
    first = core.writes(text="первое")[-1].message.native
    answered = ReplyTo(native=first, told="первое", attachments=(Media(kind=MediaKind.PHOTO, remote="r"),))
    said = core.writes(text="да", reply_to=answered)[-1].message
    assert (said.reply_to, said.attachments) == (ReplyTo(native=first, message="1.1"), ())
