"""Two operators and seven clients, who all talk: words are typed as Telegram brings them, and traced to whom they went.

The bot's messages are here as the native map knows them (cards, copies, sentences, lists). Whom a word is meant for
says the oracle, which sees only what stands on the screens.
"""

import random
from collections import Counter
from typing import Any, NamedTuple

from gateway.model import commands as c
from gateway.model import events as e
from gateway.model.commands import Role
from gateway.model.ids import (
    ContactId,
    DialogId,
    NativeId,
    OperatorId,
    SentId,
    card_at,
    copy_at,
    dialog_of,
    naming,
    notice_at,
    sent_to_client,
    template_at,
)
from gateway.model.messages import Message, Profile
from gateway.model.outgoing import SendMessage, SendTemplate, Template
from gateway.model.state import CloseReason
from gateway.operator_bot.inbound.buttons import Action, button_data
from gateway.operator_bot.inbound.targets import lookups, resolve
from tests.router.conftest import Core
from tests.router.rules.oracle import Answer, Oracle

CLIENTS = ("Мария", "Иван", "Пётр", "Ольга", "Степан", "Нина", "Фёдор")
STAFF = (("501", "Анна", Role.ADMIN), ("502", "Борис", Role.OPERATOR))
ORDER = Template("order_ready", "ru", "Заказ {{1}} готов.", 1)
SHOWN = 60
"""So many of the newest messages in a chat are answered."""


class Asked(NamedTuple):
    """A question of the bot that waits for its answer."""

    who: str
    ask: str
    word: str
    choices: tuple[tuple[DialogId, str], ...]
    fills: DialogId | None
    """The words may be the values of a template, for this client."""


class Play:
    """Seeded: the same seed plays the same."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.core, self.oracle, self.counts = Core(), Oracle(), Counter[str]()
        self.core.rows.operators = {
            who: row for who, row in self.core.rows.operators.items() if who in {one for one, *_ in STAFF}
        }
        self.contacts = {name: ContactId(f"90{number}") for number, name in enumerate(CLIENTS, 1)}
        self.names = {contact: name for name, contact in self.contacts.items()}
        self.dialogs: dict[str, DialogId] = {}
        """The newest dialog of each client."""
        self.client_of: dict[DialogId, str] = {}
        self.chats: dict[str, dict[NativeId, SentId]] = {who: {} for who, *_ in STAFF}
        self.asked: list[Asked] = []
        self.ended: list[tuple[str, str, str | None, bool, int]] = []
        """Client, who ended it, whose it was, whether it was their current one, and the dialog's version since."""
        self.expected: dict[str, str] = {}
        """Each word that must reach somebody, and whom."""
        self.reached: dict[str, list[str]] = {}
        self._native = 1000

    # ── the play ──────────────────────────────────────────────────────────────────────────────────────

    def run(self, words: int) -> Counter[str]:
        """Plays until so many words were typed, and answers what was counted.

        Raises:
            AssertionError: words went where the bot should have asked, or the other way round, or reached nobody.
        """
        for name in CLIENTS:
            self._client_writes(name)
            self._claim(STAFF[0][0] if name != CLIENTS[-1] else STAFF[1][0], name)
        steps = {
            self._plain: 9, self._answer_one: 7, self._answer_a_list: 2, self._note: 1, self._a_client_writes: 9,
            self._focus: 3, self._claim_one: 3, self._finish: 1, self._finish_by_command: 1, self._undo: 2,
            self._finish_by_reply: 1,
            self._clock_finishes: 0.3, self._pick_template: 0.7, self._fill: 0.7, self._answer_question: 3,
        }  # fmt: skip
        doings, weights = list(steps), list(steps.values())
        while self.counts["words"] < words:
            self.chance.choices(doings, weights)[0]()
            if self.asked and self.chance.random() < 0.6:
                self._answer_question()
        self.counts["reached"] = len(self.reached)
        self.counts["misdirected"] = sum(whom != [self.expected.get(word)] for word, whom in self.reached.items())
        missing = [word for word in self.expected if word not in self.reached]
        assert not missing, f"these reached nobody: {missing}"
        return self.counts

    # ── clients ───────────────────────────────────────────────────────────────────────────────────────

    def _a_client_writes(self) -> None:
        self._client_writes(self.chance.choice(CLIENTS))

    def _client_writes(self, name: str) -> None:
        self._native += 1
        message = Message(native=NativeId(str(self._native)), at=self.core.now, text="Вопрос")
        events = self._when(c.Receive(contact=self.contacts[name], message=message, profile=Profile(name=name)))
        for one in events:
            if isinstance(one, e.DialogOpened):
                self.dialogs[name], self.client_of[one.dialog] = one.dialog, name
            if isinstance(one, e.MessageReceived):
                for who, *_ in STAFF:
                    self._stands(who, card_at(self.dialogs[name], OperatorId(who)))
                owner = self.oracle.owner.get(name)
                if owner is not None:
                    self._stands(owner, copy_at(one.id, OperatorId(owner)))
        self.oracle.writes(name)

    def _clock_finishes(self) -> None:
        client = self._one_of(list(self.oracle.owner))
        if client is not None:
            closed = e.DialogClosed(dialog=self.dialogs[client], reason=CloseReason.AUTO)
            self.core.happens(closed)
            self.oracle.ends(client, None)

    # ── words ─────────────────────────────────────────────────────────────────────────────────────────

    def _plain(self) -> None:
        who = self._somebody()
        self._typed(who, self.oracle.plain(who), self._word())

    def _answer_one(self) -> None:
        """In answer to any message of the bot, or one's own, that names one client."""
        who, client = self._somebody(), self.chance.choice(CLIENTS)
        shown = [native for native, sent in self.chats[who].items() if self._names(sent) == [client]]
        if shown:
            self._typed(who, self.oracle.named(who, client), self._word(), replied=self.chance.choice(shown[-SHOWN:]))

    def _answer_a_list(self) -> None:
        """In answer to a list that names several, or a message that names nobody."""
        who = self._somebody()
        named = self.chance.sample(CLIENTS, self.chance.choice([0, 2, 3]))
        numbers = [self.dialogs[one] for one in named]
        sentence = notice_at(f"list{self._native}", OperatorId(who))
        native = self._stands(who, naming(sentence, numbers) if numbers else sentence)
        self._typed(who, self.oracle.several(who, named), self._word(), replied=native)

    def _typed(self, who: str, meant: str | Answer, word: str, *, replied: NativeId | None = None) -> None:
        self.counts["words"] += 1
        fills = replied is None and who in self.oracle.filling
        was_named = None if replied is None else self._one_named(who, replied)
        native, events = self._message(who, word, replied)
        questions = [one for one in events if isinstance(one, e.TargetAsked)]
        refused = [one for one in events if isinstance(one, e.CommandRefused)]
        if meant is Answer.ASK:
            self.counts["asked"] += 1
            assert len(questions) == 1, f"{word}: the bot should have asked, but {events}"
            self._asked(who, questions[0], word, fills=fills)
        elif meant is Answer.REFUSE:
            self.counts["refused"] += 1
            assert len(refused) == 1, f"{word}: nobody can be told it, but {events}"
            if was_named is not None:
                self.oracle.balks(who, was_named)
        else:
            self.expected[word] = meant
            assert not questions, f"{word}: plainly for {meant}, and the bot asked"
            assert not refused, f"{word}: plainly for {meant}, and it was refused: {refused}"
            self.chats[who][native] = sent_to_client(next(one.id for one in events if isinstance(one, e.ReplyAccepted)))
            self.oracle.chooses(who, meant)

    def _note(self) -> None:
        who = self._somebody()
        meant = self.oracle.plain(who, is_text=False)
        _, events = self._message(who, "// заметка", None)
        if meant is Answer.ASK:
            [question] = events
            assert isinstance(question, e.TargetAsked)
            self._asked(who, question, "", fills=False)
        elif meant is Answer.REFUSE:
            assert isinstance(events[0], e.CommandRefused)
        else:
            assert isinstance(events[0], e.NoteAdded)
            assert self.client_of[events[0].dialog] == meant

    # ── questions ─────────────────────────────────────────────────────────────────────────────────────

    def _asked(self, who: str, question: e.TargetAsked, word: str, *, fills: bool) -> None:
        assert (question.filling is not None) == fills
        filled = None if question.filling is None else question.filling.dialog
        assert {client for _, client in question.choices} >= set(self.oracle.mine(who))
        self.asked.append(Asked(who, question.ask, word, question.choices, filled))
        self.oracle.asks(who, question.ask)

    def _answer_question(self) -> None:
        if not self.asked:
            return
        one = self.asked[self.chance.randrange(len(self.asked))]
        can = [client for _, client in one.choices if self.oracle.named(one.who, client) == client]
        if one.fills is not None and self.chance.random() < 0.3:
            self._fill_by_question(one)
        elif not can or self.chance.random() < 0.25:
            self._press(one.who, button_data(Action.DROP, ask=one.ask))
            self._settled(one)
            self.oracle.drops(one.who, one.ask)
        else:
            client = self.chance.choice(can)
            number = next(number for number, name in one.choices if name == client)
            events = self._press(one.who, button_data(Action.CHOOSE, number, ask=one.ask))
            self._settled(one)
            self._done(one, client, events)

    def _done(self, one: Asked, client: str, events: list[e.Event]) -> None:
        if not one.word:
            closed = [event for event in events if isinstance(event, e.DialogClosed)]
            if closed:
                self._has_ended(client, one.who)
                self.oracle.drops(one.who, one.ask)
                return
            assert any(isinstance(event, e.NoteAdded) for event in events), events
            if self.oracle.owner[client] == one.who:
                self.oracle.chooses(one.who, client)
            else:
                self.oracle.drops(one.who, one.ask)
            return
        self.expected[one.word] = client
        self.oracle.chooses(one.who, client)

    def _settled(self, one: Asked) -> None:
        self.asked.remove(one)
        if one.fills is not None:
            self.oracle.filling.pop(one.who, None)

    # ── templates ─────────────────────────────────────────────────────────────────────────────────────

    def _pick_template(self) -> None:
        who = self._somebody()
        client = self._one_of(self.oracle.mine(who))
        if client is None:
            return
        self.core.when(c.RecordTemplates(self.dialogs[client], OperatorId(who), (ORDER,)))
        self._press(who, button_data(Action.TEMPLATE, self.dialogs[client], ask=ORDER.id))
        self._stands(who, template_at(self.dialogs[client], ORDER.id, OperatorId(who)))
        self.oracle.filling[who] = client

    def _fill(self) -> None:
        """The values in answer to the bot's question for them."""
        who = self._somebody()
        client = self.oracle.filling.get(who)
        if client is None or self.oracle.named(who, client) != client:
            return
        word = self._word()
        self.counts["words"] += 1
        sent = template_at(self.dialogs[client], ORDER.id, OperatorId(who))
        native = next((native for native, one in self.chats[who].items() if one == sent), None)
        if native is None:
            return
        self._message(who, word, native)
        self.expected[ORDER.filled((word,))] = client
        del self.oracle.filling[who]
        self.oracle.chooses(who, client)

    def _fill_by_question(self, one: Asked) -> None:
        client = self.oracle.filling.get(one.who)
        number = None if client is None else self.dialogs[client]
        if client is None or self.oracle.named(one.who, client) != client or number != one.fills:
            return
        events = self._press(one.who, button_data(Action.FILL, number, ask=one.ask))
        assert any(isinstance(event, e.ReplyAccepted) for event in events), events
        self._settled(one)
        self.expected[ORDER.filled((one.word,))] = client
        self.oracle.chooses(one.who, client)

    # ── presses and endings ───────────────────────────────────────────────────────────────────────────

    def _focus(self) -> None:
        who, client = self._somebody(), self.chance.choice(CLIENTS)
        number = self.dialogs[client]
        self._press(who, button_data(Action.FOCUS, number))
        if self.oracle.owner.get(client, "nobody") == who:
            self.oracle.chooses(who, client)
        else:
            self.oracle.balks(who, client)

    def _claim_one(self) -> None:
        self._claim(self._somebody(), self.chance.choice(CLIENTS))

    def _claim(self, who: str, client: str) -> None:
        number = self.dialogs[client]
        self._press(who, button_data(Action.CLAIM, number, version=self.core.dialog(number).version))
        if self.oracle.owner.get(client, "nobody") is None:
            self.oracle.chooses(who, client)
        else:
            self.oracle.balks(who, client)

    def _finish(self) -> None:
        """By the button on a card or in a list: an admin may finish anybody's."""
        who = self._somebody()
        client = self._one_of(list(self.oracle.owner) if who == STAFF[0][0] else self.oracle.mine(who))
        if client is not None and self.oracle.owner[client] is not None:
            number = self.dialogs[client]
            self._press(who, button_data(Action.CLOSE, number, version=self.core.dialog(number).version))
            self._has_ended(client, who)

    def _finish_by_reply(self) -> None:
        """By `/close` in answer to what names a client: they are the current one, and gone."""
        who = self._somebody()
        client = self._one_of(self.oracle.mine(who))
        shown = [native for native, sent in self.chats[who].items() if self._names(sent) == [client]]
        if client is not None and shown:
            _, events = self._message(who, "/close", shown[-1])
            if any(isinstance(one, e.CommandRefused) for one in events):
                return  # what was answered is of a dialog that is finished already
            self.oracle.chooses(who, client)
            self._has_ended(client, who)

    def _finish_by_command(self) -> None:
        who = self._somebody()
        meant = self.oracle.plain(who, is_text=False)
        _, events = self._message(who, "/close", None)
        if meant is Answer.ASK:
            [question] = events
            assert isinstance(question, e.TargetAsked)
            self._asked(who, question, "", fills=False)
        elif meant is Answer.REFUSE:
            assert isinstance(events[0], e.CommandRefused)
        else:
            assert self.client_of[events[0].dialog] == meant
            self._has_ended(meant, who)

    def _has_ended(self, client: str, who: str) -> None:
        self.counts["finished"] += 1
        owner = self.oracle.owner[client]
        was_current = owner is not None and self.oracle.current.get(owner) == client
        version = self.core.dialog(self.dialogs[client]).version
        self.ended.append((client, who, owner, was_current, version))
        self.oracle.ends(client, who)

    def _undo(self) -> None:
        if not self.ended:
            return
        client, who, owner, was_current, version = self.ended.pop()
        events = self._press(who, button_data(Action.UNDO, self.dialogs[client], version=version))
        if any(isinstance(one, e.DialogRestored) for one in events):
            self.counts["undone"] += 1
            self.oracle.is_restored(client, owner, was_current=was_current)

    # ── the wire ──────────────────────────────────────────────────────────────────────────────────────

    def _message(self, who: str, text: str, replied: NativeId | None) -> tuple[NativeId, list[e.Event]]:
        self._native += 1
        chat: dict[str, Any] = {"id": int(who), "type": "private", "first_name": "x"}
        raw = {"message_id": self._native, "date": 1, "chat": chat, "from": {"id": int(who), "is_bot": False}}
        answer = {} if replied is None else {"reply_to_message": {"message_id": int(replied), "date": 1, "chat": chat}}
        raw = {**raw, "from": {**chat, "is_bot": False}, "text": text, **answer}
        update = {"update_id": self._native, "message": raw}
        _, wanted = lookups(update)
        command = resolve(update, {one: self.chats[who][one] for one in wanted if one in self.chats[who]})
        assert command is not None
        return NativeId(str(self._native)), self._when(command)

    def _press(self, who: str, data: str) -> list[e.Event]:
        self._native += 1
        chat = {"id": int(who), "type": "private", "first_name": "x"}
        under = {"message_id": 7, "date": 1, "chat": chat}
        query = {"id": f"p{self._native}", "from": {**chat, "is_bot": False}, "data": data, "message": under}
        command = resolve({"update_id": self._native, "callback_query": query}, {})
        assert command is not None
        return self._when(command)

    def _when(self, command: c.Command) -> list[e.Event]:
        events = self.core.when(command, after_ms=self.chance.choice([1, 300, 4_000, 20_000]))
        for one in self.core.left:
            if isinstance(one.job, SendMessage | SendTemplate):
                word = self._text_of(one.job)
                self.reached.setdefault(word, []).append(self.names[one.contact])
        return events

    def _text_of(self, job: SendMessage | SendTemplate) -> str:
        return job.message.text if isinstance(job, SendMessage) else ORDER.filled(job.values)

    def _stands(self, who: str, sent: SentId) -> NativeId:
        """The bot's message stands in this operator's chat."""
        known = next((native for native, one in self.chats[who].items() if one == sent), None)
        if known is not None:
            return known
        self._native += 1
        native = NativeId(str(self._native))
        self.chats[who][native] = sent
        return native

    def _names(self, sent: SentId) -> list[str]:
        if sent.startswith("!"):
            return []
        return [self.client_of[dialog_of(sent.split("@")[0])]]  # type: ignore[arg-type]

    def _one_named(self, who: str, replied: NativeId) -> str | None:
        named = self._names(self.chats[who][replied])
        return named[0] if named else None

    def _word(self) -> str:
        return f"слово {self.counts['words'] + 1}"

    def _somebody(self) -> str:
        return self.chance.choices([one for one, *_ in STAFF], [4, 1])[0]

    def _one_of(self, clients: list[str]) -> str | None:
        return self.chance.choice(sorted(clients)) if clients else None
