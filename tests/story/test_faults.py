"""The short fault run: SIGKILLs of the gateway and of Redis under a bounded load, judged by the ledger.

What people really said and saw is read at the sandbox; what the gateway remembers, in the archive's file.
"""

import asyncio
import os
import random
import re
import signal

import pytest

from tests.story.ledger import Ledger
from tests.story.stage import Stage, button, labels, until, words

GATEWAY_KILLS = 10
REDIS_KILLS = 3
CUSTOMERS = 8
SEED = 20261124
QUIET_SECONDS = 60


@pytest.mark.timeout(300)  # ten starts, on a machine that does other things beside
async def test_nothing_is_lost_doubled_or_swapped_over_kills(tmp_path):
    chance = random.Random(SEED)
    async with Stage(tmp_path) as stage:
        await stage.open()
        run = FaultRun(stage, chance)
        await run.play()
        await run.settle()
        ledger = run.judge()
        assert ledger.faults() == [], stage.gateway.log[-3000:]
        said, replied = (sum(map(len, one.values())) for one in (ledger.written, ledger.replied))
        assert (run.gateway_kills, run.redis_kills) == (GATEWAY_KILLS, REDIS_KILLS)
        assert said >= 10 * GATEWAY_KILLS, "too little load for the kills to meet anything"
        assert replied >= 3 * GATEWAY_KILLS


class FaultRun:
    def __init__(self, stage, chance):
        self.stage, self.chance = stage, chance
        self.written = {}
        self.replied = {}
        self.gateway_kills = self.redis_kills = 0
        self.over = asyncio.Event()

    async def play(self):
        from sandbox.cast import CastUser  # noqa: PLC0415

        people = [
            self.stage.sandbox.add_user(CastUser(id=910_000_000 + number, name=f"Клиент{number}", bots=["shop_bot"]))
            for number in range(CUSTOMERS)
        ]
        players = [asyncio.create_task(self.customer(one.id, number)) for number, one in enumerate(people)]
        players += [asyncio.create_task(self.operator(one)) for one in (self.stage.anna, self.stage.boris)]
        try:
            for number in range(GATEWAY_KILLS):
                await asyncio.sleep(self.chance.uniform(0.5, 2.0))
                if number % 4 == 3:
                    await self.kill_redis()
                    await asyncio.sleep(self.chance.uniform(0.2, 1.0))
                await self.stage.gateway.kill()
                self.gateway_kills += 1
                await self.stage.gateway.start()
            while self.redis_kills < REDIS_KILLS:
                await self.kill_redis()
                await asyncio.sleep(1)
        finally:
            self.over.set()
        await asyncio.gather(*players)

    async def kill_redis(self):
        pid = int((self.stage.data / "redis" / "server.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        self.redis_kills += 1

    async def customer(self, customer, number):
        said = self.written.setdefault(customer, [])
        while not self.over.is_set():
            text = f"сообщение {number}-{len(said) + 1}."
            self.stage.writes(customer, text)
            said.append(text)
            await asyncio.sleep(self.chance.uniform(0.1, 0.5))

    async def operator(self, operator):
        """Claims every card and answers some of what it sees, by reply-to, as a person with two hands."""
        answered = set()
        while not self.over.is_set():
            for message in self.stage.chat(operator):
                if self.over.is_set():
                    return
                if not message.is_out:
                    continue
                if "Ответить" in labels(message):
                    row, column = button(message, "Ответить")
                    await self.stage.sandbox.people.press(
                        operator, self.stage.desk, message.message_id, row, column, wait=False
                    )
                    await asyncio.sleep(0.05)
                elif "Завершить" in labels(message):
                    name = re.search(r"Клиент(\d+)", words(message))
                    seen = len([one for one in self.stage.chat(operator) if not one.is_out])
                    if name and (message.message_id, seen // 3) not in answered:
                        answered.add((message.message_id, seen // 3))
                        self.answer(operator, 910_000_000 + int(name[1]), message)
                        await asyncio.sleep(self.chance.uniform(0.05, 0.3))
            await asyncio.sleep(0.1)

    def answer(self, operator, customer, message):
        said = self.replied.setdefault(customer, [])
        text = f"ответ {customer - 910_000_000}-{len(said) + 1}."
        self.stage.says(operator, text, reply_to=message.message_id)
        said.append(text)

    async def settle(self):
        """Waits until nobody has anything left to do."""
        said = sum(map(len, self.written.values()))
        replies = sum(map(len, self.replied.values()))

        async def recorded():
            found = self.stage.rows("SELECT side, count(*) FROM messages GROUP BY side")
            return dict(found) == {"client": said, "operator": replies}

        def told():
            rows = self.stage.rows("SELECT side, count(*) FROM messages GROUP BY side")
            return f"all in the archive: {rows} of {said} and {replies}"

        await until(recorded, told, seconds=QUIET_SECONDS)

        async def quiet():
            return not await self.stage.gateway.unfinished()

        async def shown():
            return not self.unseen()

        await until(quiet, "the outboxes are empty", seconds=QUIET_SECONDS)
        await until(shown, lambda: f"all shown: {sorted(self.unseen())[:5]}", seconds=QUIET_SECONDS)
        self.leftovers = await self.stage.gateway.unfinished()

    def unseen(self):
        return {text for said in self.written.values() for text in said} - self.shown()

    def shown(self):
        stage = self.stage
        found = set()
        for operator in (stage.anna, stage.boris):
            for message in stage.chat(operator):
                for version in [message.body, *earlier(stage, operator, message)]:
                    found.update(re.findall(r"сообщение \d+-\d+\.", str(version.get("text", ""))))
        return found

    def judge(self):
        stage = self.stage
        marks = {}
        for operator in (stage.anna, stage.boris):
            for message in stage.chat(operator):
                if not message.is_out:
                    marks[words(message)] = {one.emoji for one in message.reactions if one.by == "bot"}
        every = [text for said in self.replied.values() for text in said]
        return Ledger(
            written=self.written,
            archived=[text for (text,) in stage.rows("SELECT text FROM messages WHERE side = 'client' ORDER BY seq")],
            shown=self.shown(),
            replied=self.replied,
            delivered={
                one: [words(message) for message in stage.chat(one, stage.shop) if message.is_out]
                for one in self.written
            },
            archived_replies=[
                text for (text,) in stage.rows("SELECT text FROM messages WHERE side = 'operator' ORDER BY seq")
            ],
            unknown={text for text in every if "🤔" in marks.get(text, ())},
            refused={text for text in every if "💔" in marks.get(text, ())},
            leftovers=self.leftovers,
        )


def earlier(stage, operator, message):
    """What an edited card said before, from the sandbox's ledger."""
    return [
        {"text": row.get("text", "")}
        for row in stage.sandbox.ledger.since()
        if row.get("chat_id") == operator and row.get("message_id") == message.message_id
    ]
