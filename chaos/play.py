"""A room's play: sandbox, people and gateway, the end of it, and the judge's look at what became of every word.

Truth is what stands in people's chats and tabs at the sandbox; against it stand the archive's file and Redis.
"""

import asyncio
import random
import re
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self

from chaos.cast import Size
from chaos.crowd import Crowd
from chaos.deployment import ROLES, Deployment, tail
from chaos.forks import Forks
from chaos.room import Injected, Outcome, Run
from sandbox.server import Sandbox
from tests.story.ledger import Ledger
from tests.story.process import until
from tests.story.stage import words

BY_ROLE: Mapping[str, Sequence[str]] = {role: [role] for role in ROLES}
"""A process for each role."""
_WHOLE, _SHORT = Size(300, 100.0, 25.0), Size(24, 15.0, 6.0)
_SAID = re.compile(r"сообщение (?:Клиент|Гость)\d+-\d+\.")
_BAD = {"unknown": ("🤔", "Неизвестно, дошло ли"), "failed": ("💔", "Не доставлено")}
"""How an operator is told of a reply that did not end well: by a mark on it, and in words."""
_STANDS_STILL = 90.0
"""Seconds without any progress after which the end is judged as it is."""
_LONGEST_END, _SHORT_END = 420, 150
_TELL_EVERY = 15.0
_CLOSED = 10
"""Dialogs that are closed at the end, to see what they leave."""
_GONE_SECONDS = 20.0


class Play:
    """`async with Play(run, slots) as play`: everybody is there and every dialog is claimed."""

    def __init__(
        self,
        run: Run,
        slots: Mapping[str, Sequence[str]] = BY_ROLE,
        *,
        size: Size | None = None,
        environment: Mapping[str, str] | None = None,
        user: str = "",
    ) -> None:
        """`user` is whom the processes are to Redis; empty: its default one."""
        self.run = run
        self.chance = random.Random(run.seed)  # noqa: S311 - a seed
        self.leftovers: list[str] = []
        self.dead = 0
        """Dead letters that the room has made on purpose."""
        self._slots, self._more, self._user = slots, dict(environment or {}), user
        self._size = size or (_SHORT if run.is_short else _WHOLE)
        self._stack = AsyncExitStack()
        self._shown: set[str] = set()
        self._looked = 0

    async def __aenter__(self) -> Self:
        try:
            self.forks = await self._stack.enter_async_context(Forks())
            # A poller that is killed again and again asks for the same again and again: Telegram would slow it down.
            sandbox = Sandbox(limits=False, same_offset_hold_ms=0, same_offset_single_ms=0)
            self.sandbox = await self._stack.enter_async_context(sandbox)
            self.crowd = Crowd(self.sandbox, self._size, self.chance)
            self.gateway = await self._stack.enter_async_context(
                Deployment(
                    self.run.folder,
                    self.forks,
                    {**self.crowd.environment, **self._more},
                    self._slots,
                    random.Random(self.chance.random()),  # noqa: S311 - a seed
                    user=self._user,
                )
            )
            await self._stack.enter_async_context(self.crowd)
            await self.crowd.enter(self.gateway.url)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    # ── the end ───────────────────────────────────────────────────────────────────────────────────────

    async def end(self) -> None:
        """Nobody says more; waits until all is done, or nothing moves any more. Then everything is put away."""
        await self.crowd.hush()
        self.crowd.set_faults([])
        for slot in self.gateway.slots.values():
            slot.gate.arm(None)
            slot.gate.drop_share = slot.gate.delay_share = 0.0
        clock = asyncio.get_running_loop().time
        began = moved = clock()
        before: tuple[int, ...] = ()
        told = clock()
        while waits := await self._waits():
            self.crowd.check()
            if (now := self._progress()) != before:
                before, moved = now, clock()
            if clock() - moved > _STANDS_STILL or clock() - began > self.run.pick(_LONGEST_END, _SHORT_END):
                self.leftovers += [f"after {clock() - began:.0f} s still waiting: {one}" for one in waits]
                break
            if clock() - told > _TELL_EVERY:
                told = clock()
                self.run.tell(f"after {clock() - began:.0f} s: {'; '.join(waits)}")
            await asyncio.sleep(0.3)
        self.run.tell(f"it ends {clock() - began:.0f} s after the last word")
        await self._close_dialogs()
        await self._put_away()

    def judge(self) -> Ledger:
        """What was said, against what arrived."""
        rows = self.rows("SELECT side, text, status FROM messages ORDER BY seq")
        status = {text: state for side, text, state in rows if side == "operator"}
        self._look_at_operators()
        visitors = self.crowd.visitors
        return Ledger(
            written=self.crowd.written,
            archived=[text for side, text, _ in rows if side == "client"],
            shown=self._shown,
            replied=self.crowd.replied,
            delivered={
                **{name: self._chat(*one) for name, one in self.crowd.customers.items()},
                **{name: one.screen.texts("operator") for name, one in visitors.items()},
            },
            archived_replies=[text for side, text, _ in rows if side == "operator"],
            unknown={text for text, state in status.items() if state == "unknown"},
            refused={text for text, state in status.items() if state == "failed"},
            screens={name: [one.screen.texts()] for name, one in visitors.items()},
            leftovers=[*self.leftovers, *self._untold(status)],
        )

    def outcome(self, injected: Mapping[str, Injected], *, load: str = "", notes: Sequence[str] = ()) -> Outcome:
        """The room's page. What is unclean is told with the end of the logs in a folder that stays."""
        ledger, crowd = self.judge(), self.crowd
        faults = ledger.faults()
        repeated = sum(row.get("via") == "duplicate" for row in self.sandbox.ledger.since())
        spoken = max(crowd.spoke_seconds, 1.0)
        statuses = Counter(str(state) for (state,) in self.rows("SELECT status FROM messages WHERE side = 'operator'"))
        return Outcome(
            load=(
                f"{self._size.clients} dialogs on 4 lines, half over Telegram and half at the widget; "
                f"{self._size.messages:.0f} messages/s and {self._size.replies:.0f} replies/s wanted "
                f"for {spoken:.0f} s, {crowd.said / spoken:.0f} and {crowd.answered / spoken:.0f} came; "
                f"seed {self.run.seed}" + (f"; {load}" if load else "")
            ),
            said={
                "messages of clients": crowd.said,
                "replies of operators": crowd.answered,
                **{f"replies that ended {state}": count for state, count in sorted(statuses.items())},
                "updates that Telegram delivered again": repeated,
                "frames that visitors sent again": crowd.repeated_frames,
                "starts of processes": sum(slot.starts for slot in self.gateway.slots.values()),
                "of them because one did not find Redis": self.gateway.began_again,
            },
            injected=injected,
            faults=faults,
            notes=[
                *notes,
                f"{crowd.held_back} messages and replies were held back, because too many were waiting",
                *([f"the logs end with\n{self.logs()}"] if faults and self.run.is_short else []),
            ],
        )

    def logs(self) -> str:
        return "\n".join(f"{name}: {tail(slot.log)[-1500:]}" for name, slot in self.gateway.slots.items())

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of the archive, read as anybody with sqlite3 could."""
        with sqlite3.connect(f"file:{self.gateway.data / 'archive.db'}?mode=ro", uri=True) as archive:
            return archive.execute(query, parameters).fetchall()

    # ── inside ────────────────────────────────────────────────────────────────────────────────────────

    async def _waits(self) -> list[str]:
        """What is not done yet, in words."""
        crowd, found = self.crowd, []
        if crowd.waiting:
            found.append(f"{crowd.waiting} messages are taken by no gateway")
        counted: Counter[str] = Counter()
        unsettled = 0
        for side, status, count in self.rows("SELECT side, status, count(*) FROM messages GROUP BY side, status"):
            counted[side] += count
            unsettled += count if side == "operator" and status in {None, "queued"} else 0
        for side, wanted in (("client", crowd.said), ("operator", crowd.answered)):
            if counted[side] < wanted:
                found.append(f"{counted[side]} of {wanted} messages of the {side} side are in the archive")
        if unsettled:
            found.append(f"{unsettled} replies have no end")
        self._look_at_operators()
        if len(self._shown) < crowd.said:
            found.append(f"{len(self._shown)} of {crowd.said} messages were shown to an operator")
        short = sum(
            len(one.screen.messages) < len(crowd.written.get(name, ())) + len(crowd.replied.get(name, ()))
            for name, one in crowd.visitors.items()
        )
        if short:
            found.append(f"{short} tabs do not show all")
        try:
            found += await self.gateway.unfinished()
        except Exception as error:  # noqa: BLE001 - whatever keeps Redis from answering
            found.append(str(error))
        return found

    def _progress(self) -> tuple[int, ...]:
        [(rows,)] = self.rows("SELECT count(*) FROM messages")
        return (self.crowd.waiting, rows, len(self._shown), len(self.sandbox.ledger.since(self._looked)))

    def _look_at_operators(self) -> None:
        operators = {str(one.user) for one in self.crowd.operators}
        for row in self.sandbox.ledger.since(self._looked):
            self._looked = row["seq"]
            if row["kind"] == "call" and str(row.get("chat_id")) in operators:
                self._shown.update(_SAID.findall(str(row.get("text", ""))))

    def _chat(self, user: int, bot: int) -> list[str]:
        chat = self.sandbox.world.chats[bot, user]
        return [words(one) for one in self.sandbox.world.history(chat) if one.is_out][::-1]

    def _untold(self, status: Mapping[str, str | None]) -> list[str]:
        """Replies that did not end well, and whose operator is told so neither by a mark on them nor in words."""
        bad = {text: state for text, state in status.items() if state in _BAD}
        told = {text: seen for one in self.crowd.operators for text, seen in one.told().items()} if bad else {}
        return [
            f"{text} ended {state}, and its operator sees {told.get(text)}"
            for text, state in bad.items()
            if not any(one == _BAD[str(state)][0] or _BAD[str(state)][1] in one for one in told.get(text, ()))
        ]

    async def _close_dialogs(self) -> None:
        """Some dialogs are closed; nothing of them may go on."""
        owners = self.crowd.owners()
        names = sorted(owners)[:: max(len(owners) // _CLOSED, 1)][:_CLOSED]
        for name in names:
            await owners[name].close(name)

        async def closed() -> bool:
            [(count,)] = self.rows("SELECT count(*) FROM dialogs WHERE closed_at IS NOT NULL")
            return bool(count >= len(names)) and not await self.gateway.unfinished()

        try:
            await until(closed, f"{len(names)} dialogs are closed", seconds=_STANDS_STILL)
        except AssertionError as error:
            self.leftovers.append(str(error))
        self.leftovers += await self.gateway.timers_of_closed()
        if (dead := await self.gateway.dead_letters()) != self.dead:
            self.leftovers.append(f"{dead} dead letters, {self.dead} were made on purpose")

    async def _put_away(self) -> None:
        """Visitors go, processes are told to go, and nothing of them stays."""
        await self.crowd.leave()
        ports = {slot.port for slot in self.gateway.with_role("web")}

        async def are_shut() -> bool:
            return not (ports & _established())

        try:
            await until(are_shut, "no socket of a visitor stays open", seconds=_GONE_SECONDS)
        except AssertionError as error:
            self.leftovers.append(str(error))
        for slot in reversed(self.gateway.slots.values()):
            code = await self.gateway.stop(slot)
            if code:
                self.leftovers.append(f"{slot.name} ended with {code} when it was told to stop")
        self.leftovers += [f"process {pid} is alive" for pid in self.forks.alive]
        for folder in ("files", "uploads"):
            self.leftovers += [f"a file {one.name} in {folder}/" for one in _files(self.gateway.data / folder)]


def _established() -> set[int]:
    """Ports of this machine that somebody is connected to."""
    found = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, *_ = line.split()
        if state == "01":
            found.add(int(local.rpartition(":")[2], 16))
    return found


def _files(folder: Path) -> list[Path]:
    return [one for one in folder.rglob("*") if one.is_file()] if folder.is_dir() else []
