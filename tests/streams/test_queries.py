from gateway.model.codec import encode
from gateway.model.commands import Role
from gateway.model.ids import AccountId, ContactId, DialogId, LineId, OperatorId
from gateway.model.messages import Profile
from gateway.model.state import Contact, Dialog, Invite, Line, Operator
from gateway.streams import queries
from gateway.streams.connection import Store
from gateway.streams.keys import Keys

SHOP, ANNA, OLGA = AccountId("shop"), ContactId("anna"), OperatorId("501")
ONE, TWO = DialogId("1"), DialogId("2")
DIALOG = Dialog(id=ONE, line=LineId("sales"), account=SHOP, contact=ANNA, client="Анна", opened_at=5)
CONTACT = Contact(account=SHOP, id=ANNA, profile=Profile("Анна"), dialog=ONE)
OPERATOR = Operator(id=OLGA, name="Ольга", role=Role.ADMIN)
LINE = Line(id=LineId("sales"), title="Продажи")
INVITE = Invite("digest", Role.OPERATOR, (), 7, OLGA)


async def test_an_empty_desk_answers_with_nothing(store: Store) -> None:
    assert await queries.dialog(store, ONE) is None
    assert await queries.dialogs(store, []) == {}
    assert await queries.contact(store, SHOP, ANNA) is None
    assert await queries.contacts(store, []) == {}
    assert await queries.operators(store) == {}
    assert await queries.lines(store) == {}
    assert await queries.invite(store, "digest") is None
    assert await queries.last_number(store) == 0
    assert await queries.waiting(store) == []
    assert await queries.mine(store, OLGA) == []
    assert await queries.shown(store, ONE) == set()
    assert await queries.count_stopped(store, SHOP, ANNA) == 0
    assert await queries.stopped(store, SHOP, ANNA) == []
    assert await queries.due_timers(store, 10, 10) == []
    assert await queries.counts(store) == queries.Counts(waiting=0, timers=0, dead=0, last_dialog=0)


async def test_rows_are_read_as_the_plan_wrote_them(store: Store, keys: Keys) -> None:
    await store.note(
        [
            ("SET", keys.dialog(ONE), encode(DIALOG)),
            ("HSET", keys.contact(SHOP, ANNA), "row", encode(CONTACT), "blocked", 0),
            ("HSET", keys.people, OLGA, encode(OPERATOR)),
            ("HSET", keys.lines, "sales", encode(LINE)),
            ("HSET", keys.invites, "digest", encode(INVITE)),
            ("HSET", keys.desk, "number", 2),
        ]
    )
    assert await queries.dialog(store, ONE) == DIALOG
    assert await queries.dialogs(store, [TWO, ONE]) == {ONE: DIALOG}
    assert await queries.contact(store, SHOP, ANNA) == CONTACT
    assert await queries.contacts(store, [(SHOP, ContactId("x")), (SHOP, ANNA)]) == {(SHOP, ANNA): CONTACT}
    assert await queries.operators(store) == {OLGA: OPERATOR}
    assert await queries.lines(store) == {LINE.id: LINE}
    assert await queries.invite(store, "digest") == INVITE
    assert await queries.last_number(store) == 2


async def test_the_servers_memory_is_told(store: Store) -> None:
    memory = await queries.memory(store)
    assert 0 < memory.used < memory.limit


async def test_lists_are_in_their_order(store: Store, keys: Keys) -> None:
    await store.note(
        [
            ("ZADD", keys.waiting, 20, ONE, 10, TWO),
            ("ZADD", keys.mine(OLGA), 5, TWO, 6, ONE),
            ("SADD", keys.shown(ONE), OLGA, "502"),
            ("ZADD", keys.timers, 300, "sales|1|close", 100, "sales|2|close", 200, "sales|3|close"),
            ("XADD", keys.dead, "1-0", "p", "x"),
            ("HSET", keys.contact(SHOP, ANNA), "stopped", 3),
        ]
    )
    assert await queries.waiting(store) == [TWO, ONE]
    assert await queries.waiting(store, 1) == [TWO]
    assert await queries.mine(store, OLGA) == [TWO, ONE]
    assert await queries.shown(store, ONE) == {OLGA, OperatorId("502")}
    assert await queries.count_stopped(store, SHOP, ANNA) == 3
    assert await queries.due_timers(store, 200, 10) == [("sales|2|close", 100), ("sales|3|close", 200)]
    assert await queries.due_timers(store, 200, 1) == [("sales|2|close", 100)]
    assert await queries.counts(store) == queries.Counts(waiting=2, timers=3, dead=1, last_dialog=0)
