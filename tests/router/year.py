"""A desk that lives through a year in fast time: the real owner and notifier on a real Redis, the clock is the test's.

What a clock would do by itself is done by hand: entries have the fast moment, and whatever expires comes nearer to its
end by as much as the clock goes on.
"""

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any

import msgspec
from msgspec import Struct

from gateway.archive.history import HistoryPage
from gateway.model import commands as c
from gateway.model.codec import decode, encode
from gateway.model.commands import Entry, Role, View
from gateway.model.ids import (
    AccountId,
    ContactId,
    DialogId,
    FileId,
    LineId,
    MessageId,
    NativeId,
    OperatorId,
    SentId,
    message_of_sent,
)
from gateway.model.messages import Media, MediaKind, Message, Origin, Profile
from gateway.model.outgoing import DeliveryStatus, Fetch, ListTemplates, Outbound, SendMessage, SendTemplate, Template
from gateway.model.state import Dialog
from gateway.operator_bot.outbound.entry_notifier import NotifierContext
from gateway.operator_bot.outbound.notifier import Notifier
from gateway.operator_bot.texts.phrases import Texts
from gateway.router.owner import Owner
from gateway.streams import journal, ownership, queries
from gateway.streams.connection import Store
from gateway.streams.intake import Intake, Offer
from gateway.streams.ownership import Lease

SALES, SHOP, STAFF = LineId("sales"), AccountId("shop"), AccountId("staff")
ANNA, BORIS, VERA = OperatorId("501"), OperatorId("502"), OperatorId("503")
PEOPLE = (ANNA, BORIS, VERA)
REGULAR = ContactId("regular")
"""A client whose dialog is never finished."""
HOUR = 3600_000
DAY = 24 * HOUR
NEW = 3
"""Clients a day who have never been here before."""
LONG_AGO = 200 * NEW
"""Which client is here again so long after their row has gone."""
LOST = 0.3
"""Which part of files never comes, of words nobody hears of again, and of the others nobody knows whether they came."""

_OWN = c.ConfigureLine | c.ConfigureAdmin
"""What does not come through the operators' bot."""
_Said = c.FromChannel | c.RecordDelivery | c.RecordFile | c.RecordTemplates | c.RecordAccount
_OLDER = """
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do
  local left = redis.call('PTTL', key)
  if left >= 0 and not string.find(key, ':lease:', 1, true) then
    if left <= tonumber(ARGV[2]) then redis.call('DEL', key) else
      redis.call('PEXPIRE', key, left - tonumber(ARGV[2])) end
  end
end
"""
_SIZES = """
local found = {}
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do
  local blocked = redis.call('TYPE', key).ok == 'hash' and redis.call('HGET', key, 'blocked') == '1'
  found[#found + 1] = { key, redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0), blocked and 1 or 0 }
end
return found
"""


class Size(Struct):
    """How much there is of one kind of key: keys, their bytes, and those of the largest."""

    keys: int = 0
    bytes: int = 0
    largest: int = 0


class _Plain:
    """Staff's updates here hold the command itself."""

    def lookups(self, update: Mapping[str, Any]) -> tuple[None, Sequence[NativeId]]:
        del update
        return None, ()

    def resolve(self, update: Mapping[str, Any], sent: Mapping[NativeId, SentId]) -> c.StaffCommand:
        del sent
        return msgspec.convert(update, c.StaffCommand)


class _NoHistory:
    async def page(self, account: AccountId, contact: ContactId, page: int, size: int) -> HistoryPage:
        del account, contact, size
        return HistoryPage((), page, 0, 0)


class Year:
    """A busy desk; `day` is how many have gone by."""

    def __init__(self, store: Store, started: int) -> None:
        """`started` in milliseconds, not before this machine's own clock: streams take no older entries."""
        self.store, self.now, self.day = store, started, 0
        self.intake = Intake(store, clock=lambda: self.now)
        self.chance = random.Random(1)
        self.served: set[str] = set()
        """Kinds of what was refused or handled, to see that the year is one."""
        self._number = 0
        self._work: list[Outbound] = []
        """What has left the outboxes and is not done yet."""
        self._tasks: list[asyncio.Task[None]] = []

    # ── the desk at work ──────────────────────────────────────────────────────────────────────────────

    async def opens(self) -> None:
        """The roles begin, and people come."""
        owning, telling = await Lease.take(self.store, "owner"), await Lease.take(self.store, "notifier")
        assert owning is not None
        assert telling is not None
        self.lease = owning
        owner = Owner(
            self.store,
            self.intake,
            lines=[SALES],
            staff=STAFF,
            resolver=_Plain(),
            clock=lambda: self.now,
            observe=lambda _inbox, command, outcome, _waited: self.served.add(f"{command} {outcome}"),
        )
        context = NotifierContext(
            account=STAFF,
            username="desk_bot",
            channels={SHOP: "telegram"},
            templating={SHOP},
            texts=Texts.load("ru"),
            zone=UTC,
            history=_NoHistory(),
            offers=self.intake,
            clock=lambda: self.now,
        )
        self._leases = (owning, telling)
        self.notifier = Notifier(self.store, context)
        self._tasks = [asyncio.create_task(owner.run(owning)), asyncio.create_task(self.notifier.run(telling))]
        line = c.ConfigureLine(SALES, "Продажи", auto_close_ms=4 * HOUR, quiet_ms=60_000)
        await self._staff([line, c.ConfigureAdmin(operator=ANNA), *map(self._invite, PEOPLE[1:])])
        await self._staff(c.Enter(operator=who, profile=Profile(name=who), invite=who) for who in PEOPLE)

    async def closes(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for lease in self._leases:
            await lease.release()
        await self.intake.close()

    async def goes_on(self) -> None:
        """A day."""
        await self._passes(9 * HOUR)
        await self._clients()
        await self._operators()
        await self._senders()
        await self._passes(2 * HOUR)
        await self._finish()
        await self._passes(13 * HOUR)
        self.day += 1
        await self.store.ask("EVAL", _OLDER, 0, self._root, DAY)

    async def sizes(self) -> dict[str, Size]:
        """What there is, by kind of key, after what all have read is dropped and the senders have taken what is said:
        how far the notifier was when they last did hangs on this machine's speed."""
        await self._trims()
        await self._take_outbox()
        found: dict[str, Size] = {}
        for key, size, blocked in await self.store.ask("EVAL", _SIZES, 0, self._root):
            kind = self.store.keys.name_of(key.decode()).split(":")[0] + (" (blocked)" if blocked else "")
            row = found.setdefault(kind, Size())
            row.keys, row.bytes, row.largest = row.keys + 1, row.bytes + size, max(row.largest, size)
        return found

    # ── what happens in a day ─────────────────────────────────────────────────────────────────────────

    async def _clients(self) -> None:
        """New ones, somebody who was here weeks or a year ago, and the regular one."""
        first = self.day * NEW
        new = [ContactId(f"c{first + number}") for number in range(NEW)]
        again = [ContactId(f"c{first - ago}") for ago in (30, 150) if first >= ago]
        if self.day % 6 == 0 and first >= LONG_AGO:
            again.append(ContactId(f"c{first - LONG_AGO + 1}"))
        said: list[_Said] = [
            c.Receive(contact=contact, message=self._message(), profile=Profile(name=f"К {contact}"))
            for contact in (*new, *again, REGULAR)
        ]
        if self.day % 3 == 0:
            said.append(c.Receive(contact=ContactId(f"start{self.day}"), message=self._message(), start="ad"))
        if self.day % 2 == 0:
            # Another id of somebody new: the one before stays as a signpost.
            said.append(c.ReceiveAlias(contact=ContactId(f"n{first}"), former=new[0]))
        if self.day % 5 == 0:
            said += [c.RecordAccount(parked=True, problem="the token was revoked"), c.RecordAccount(parked=False)]
            said.append(c.Notice(about="limits", detail=str(self.day), alarming=True))
        for number in range(2):
            said.append(c.ReceiveStatus(REGULAR, NativeId(f"unknown {self._next()}"), DeliveryStatus.DELIVERED))
            said.append(c.ReceiveEcho(REGULAR, self._message(f"сам {number}")))
        await self._offers(said)

    async def _operators(self) -> None:
        waiting = await self._rows(await queries.waiting(self.store, -1))
        await self._staff(
            c.Claim(operator=PEOPLE[place % 3], dialog=one.id, version=one.version, press="p")
            for place, one in enumerate(waiting)
        )
        people = await queries.operators(self.store)
        said: list[c.StaffCommand] = []
        for who in PEOPLE:
            for dialog in await self._rows(people[who].dialogs):
                if dialog.contact == REGULAR:
                    await self._attends(who, dialog.id)
                elif dialog.waits:
                    said.append(self._reply(who, f"слова {self._next()}", dialog.id))
            # Typed plainly with several clients: the bot asks, and nobody answers.
            said.append(self._reply(who, "кому это?"))
            said += [c.Look(operator=who, view=View.MINE), c.Look(operator=who, view=View.WAITING)]
        await self._staff(said)

    async def _attends(self, who: OperatorId, dialog: DialogId) -> None:
        """Words, one with a file, some that are taken back, and two by template."""
        photo = Media(kind=MediaKind.PHOTO, remote=f"p{self._next()}")
        texts = ("слова", "и ещё", "беру назад", "и это")
        said = [self._reply(who, f"{text} {self._next()}", dialog) for text in texts]
        held = self._reply(who, "фото", dialog, photo)
        await self._staff([*said, held, c.Look(operator=who, view=View.TEMPLATES, dialog=dialog)])
        await self._lists_templates()
        row = (await self._rows([dialog]))[0]
        template = c.SayTemplate(operator=who, template="hello", values=("Мария",), dialog=dialog)
        back = [MessageId(f"{dialog}.{number}") for number in row.replies[-3:-1]]
        taken = [c.DeleteReply(operator=who, message_id=one) for one in back]
        await self._staff([template, template, *taken])

    async def _finish(self) -> None:
        """Some are finished by hand, some are blocked, go back to the queue, or are left to the clocks."""
        people, said = await queries.operators(self.store), list[c.StaffCommand]()
        for who in PEOPLE:
            theirs = [one for one in await self._rows(people[who].dialogs) if one.contact != REGULAR]
            for place, one in enumerate(theirs):
                if place == 0 and self.day % 10 == 0:
                    said.append(c.Block(operator=who, dialog=one.id, version=one.version))
                elif place == 1 and self.day % 4 == 0:
                    said.append(c.Release(operator=who, dialog=one.id, version=one.version))
                elif place % 2 == 0:
                    said.append(c.Close(operator=who, dialog=one.id, version=one.version, press="p"))
        said.append(self._invite(f"link {self.day}"))
        if self.day % 7 == 0:
            said += [c.SetDuty(operator=BORIS, on=False), c.SetDuty(operator=BORIS, on=True)]
        await self._staff(said)
        # Whoever has the last word is never finished by a clock.
        await self._offers([c.Receive(contact=REGULAR, message=self._message("А ещё?"))])

    async def _lists_templates(self) -> None:
        """What the vendor answers to who asks for its templates."""
        known = (Template("hello", "ru", "Здравствуйте, {{1}}!", 1),)
        await self._take_outbox()
        asked = [one.job for one in self._work if isinstance(one.job, ListTemplates)]
        self._work = [one for one in self._work if not isinstance(one.job, ListTemplates)]
        await self._offers([c.RecordTemplates(one.dialog, one.operator, known) for one in asked])

    async def _senders(self) -> None:
        """The accounts' senders: most words arrive, of some nobody ever hears, some files are lost."""
        said: list[_Said] = []
        await self._take_outbox()
        for outbound in self._work:
            job = outbound.job
            if isinstance(job, Fetch):
                problem = "gone" if self.chance.random() < LOST else None
                said.append(c.RecordFile(job.message, job.file or FileId(""), 900, "image/jpeg", problem))
            elif isinstance(job, SendMessage | SendTemplate) and self.chance.random() > LOST:
                message = message_of_sent(job.sent)
                assert message is not None
                status = DeliveryStatus.UNKNOWN if self.chance.random() < LOST else DeliveryStatus.SENT
                natives = (NativeId(f"v{self._next()}"),)
                said.append(c.RecordDelivery(outbound.contact, message, status, natives=natives))
        self._work = []
        await self._offers(said)

    async def _take_outbox(self) -> None:
        """What the accounts are to do leaves their outboxes."""
        for account in (SHOP, STAFF):
            key = self.store.keys.outbox(account)
            found = await self.store.ask("XRANGE", key, "-", "+")
            if found:
                await self.store.note([("XDEL", key, *(entry for entry, _ in found))])
            read = [decode(fields[b"p"], Outbound) for _, fields in found]
            self._work += [one for one in read if account == SHOP or isinstance(one.job, Fetch)]

    # ── how ───────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _root(self) -> str:
        return self.store.keys.of_name("")

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _message(self, text: str = "Добрый день, есть ли красные розы?") -> Message:
        return Message(native=NativeId(f"m{self._next()}"), at=self.now, text=text)

    async def _rows(self, dialogs: Sequence[DialogId]) -> list[Dialog]:
        return list((await queries.dialogs(self.store, dialogs)).values())

    async def _passes(self, ms: int) -> None:
        """The clock goes on: what is due comes due, and what is said from now on is said now."""
        self.now += ms
        tick = encode(Entry(c.Expire(dialog=DialogId(""), timer="", due=self.now)))
        for inbox in (self.store.keys.inbox(SALES), self.store.keys.staff):
            await self.store.ask("XADD", inbox, f"{self.now}-*", "p", tick)
        await self._settles()

    def _reply(self, who: OperatorId, text: str, dialog: DialogId | None = None, *files: Media) -> c.Reply:
        origin = Origin(contact=ContactId(who), native=NativeId(f"o{self._next()}"))
        return c.Reply(operator=who, origin=origin, message=Message(text=text, attachments=files), dialog=dialog)

    def _invite(self, digest: str) -> c.MakeInvite:
        until = self.now + DAY
        return c.MakeInvite(operator=ANNA, digest=digest, role=Role.OPERATOR, lines=(), expires_at=until)

    async def _offers(self, said: Sequence[_Said]) -> None:
        """What comes through the shop's account, checked for repeats and blocks as ever."""
        if said:
            inbox = self.store.keys.inbox(SALES)
            await self.intake.offer(
                [
                    Offer(inbox, SHOP, f"k{self._next()}", Entry(one, SHOP), getattr(one, "contact", None))
                    for one in said
                ],
                seconds=30,
            )
            await self._settles()

    async def _staff(self, commands: Iterable[c.StaffCommand | c.ConfigureLine | c.ConfigureAdmin]) -> None:
        said = [
            one if isinstance(one, _OWN) else c.StaffUpdate(msgspec.Raw(msgspec.json.encode(one))) for one in commands
        ]
        if said:
            inbox = self.store.keys.staff
            await self.intake.offer([Offer(inbox, None, f"k{self._next()}", Entry(one)) for one in said], seconds=30)
            await self._settles()

    async def _settles(self) -> None:
        """Until the owner has nothing left, and the notifier neither."""
        inboxes = (self.store.keys.inbox(SALES), self.store.keys.staff)
        async with asyncio.timeout(60):
            while True:
                for task in self._tasks:
                    if task.done():
                        task.result()
                # In this order: what is not due any more has entered its inbox.
                due, read, *ends = await self.store.ask_all(
                    [
                        ("ZCOUNT", self.store.keys.timers, "-inf", self.now),
                        ("HMGET", self.store.keys.cursors, *map(self.store.keys.name_of, inboxes)),
                        *(("XREVRANGE", one, "+", "-", "COUNT", 1) for one in inboxes),
                    ]
                )
                if not due and all(not end or end[0][0] == at for end, at in zip(ends, read, strict=True)):
                    break
                await asyncio.sleep(0.002)

    async def _trims(self) -> None:
        """What the owner does by itself every few seconds; the archive has read all."""
        end = await journal.journal_end(self.store)
        async with asyncio.timeout(60):
            while self.notifier.position < end:
                await asyncio.sleep(0.01)
        await self.store.note([("HSET", self.store.keys.cursors, "archive", end)])
        cursors = await ownership.read_cursors(self.store)
        for inbox in (self.store.keys.inbox(SALES), self.store.keys.staff):
            await ownership.trim(self.store, self.lease, inbox, cursors[self.store.keys.name_of(inbox)])
        await ownership.trim(self.store, self.lease, self.store.keys.journal, f"{end}-0")
