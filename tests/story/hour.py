"""A busy hour by clicking: two operators and seven clients on six channels, in a real Chromium, `make run` behind it.

The play knows whom each word is meant for and what the rules (DESIGN.md, section 12) say of it: that it goes, or that
the bot asks. Every screen is read after every word, and once more at the end. `tests/story/test_hour.py` plays some
minutes of it; the whole: `CHROMIUM=… python -m tests.story.hour --minutes 60 --seed 7`.
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections import Counter, deque
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import async_playwright, expect

from tests.story.hour_people import Client, Guest, Operator, PhoneClient
from tests.story.product import Product, until
from tests.story.test_browser import ARGUMENTS, SHOTS, SLOW_MS, Phone

NAMES = {
    "Мария Соколова": (True, True),
    "Иван Петров": (True, True),
    "Ирина Волкова": (True, False),
    "Артём Гусев": (False, False),
    "Олег Туманов": (False, False),
    "Карина Лис": (False, False),
}
"""Clients with a phone: whether a correction reaches their messenger, and whether they press "Start" first."""
GUEST = "Ольга Ветрова"
ASKED = "Кому это отправить?"
QUIET_SECONDS = 0.4
"""How long a word that the bot asks about is looked for on the clients' screens, though it must not be there."""


class Misdirected(AssertionError):
    """A word stands on the screen of somebody whom it was not meant for."""


class Hour:
    """The play: steps by chance, each looked at before the next."""

    def __init__(self, chance, clients, operators, shoot):
        self.clients, self.operators, self.shoot = clients, operators, shoot
        self.counts = Counter()
        self.trace = deque(maxlen=12)
        """The newest steps, and whom each operator writes to after them."""
        self._chance, self._number = chance, 0
        self._steps = {
            self.client_writes: 26,
            self.plain_word: 24,
            self.answer: 14,
            self.choice: 8,
            self.correction: 4,
            self.note: 5,
            self.photo: 3,
            self.ending: 4,
            self.undone_ending: 3,
            self.return_to_queue: 3,
            self.history: 3,
        }

    def token(self, side):
        self._number += 1
        return f"{side}-{self._number:04}"

    async def begin(self):
        """Everybody writes; each client finds an operator."""
        for number, client in enumerate(self.clients):
            await self.new_words(client)
            await self.claim(self.operators[number % 2], client)

    async def step(self):
        what = self._chance.choices([*self._steps], [*self._steps.values()])[0]
        if await what() is not False:
            self.counts[what.__name__] += 1
            self.trace.append(f"{what.__name__}: {', '.join(str(one) for one in self.operators)}")

    # ── clients ───────────────────────────────────────────────────────────────────────────────────────

    async def client_writes(self):
        client = self._chance.choice(self.clients)
        await self.new_words(client)
        if client.owner is None:
            await self.claim(self._chance.choice(self.operators), client)

    async def new_words(self, client, *, hidden_from=None):
        client.last = self.token("к")
        await client.write(f"{client.last} вопрос")
        if client.owner is None:
            for one in self.operators:
                if one is not hidden_from:
                    await one.sees(client.last)
        else:
            await client.owner.sees(client.last)
            client.owner.hears(client)

    # ── operators ─────────────────────────────────────────────────────────────────────────────────────

    async def claim(self, operator, client):
        await operator.presses("Ответить", client.last)
        await operator.sees(client.name, "Вы отвечаете")
        operator.takes(client)

    async def plain_word(self):
        """Words without reply-to: they go to the current client, or the bot asks; which, the rules say."""
        operator = self._chance.choice(self.operators)
        if not operator.clients:
            return False
        goes = operator.current if operator.current is not None and not operator.others else None
        word = self.token("о")
        await operator.says(f"{word} без адреса")
        came = await self._comes_or_is_asked(operator, word)
        if came is not None:
            if came is not operator.current or (operator.is_known and goes is None):
                raise Misdirected(f"{operator.name}: {word} went to {came.name}, the rules say: {goes and goes.name}")
            self.counts["went at once"] += 1
            operator.turns_to(came)
            return await self._stands_only_with(came, word, operator)
        if operator.is_known and goes is not None:
            raise AssertionError(f"{operator.name}: {word} is asked about, though it is for {goes.name}")
        self.counts["asked"] += 1
        if self.counts["asked"] == 1:
            await self.shoot("asked")
        await asyncio.sleep(QUIET_SECONDS)
        await self._stands_only_with(None, word)
        if self._chance.random() < 0.1:
            await operator.presses("Никому", ASKED, word)
            await expect(operator.messages(ASKED, word)).to_have_count(0, timeout=SLOW_MS)
            await self._stands_only_with(None, word)
            self.counts["sent to nobody"] += 1
            operator.is_known = False
            return None
        meant = self._chance.choice(operator.clients)
        await operator.presses(meant.name, ASKED, word)
        operator.turns_to(meant)
        await self._stands_only_with(meant, word, operator)
        return None

    async def answer(self):
        """Words with reply-to, to a copy of the client's words: theirs, whoever was the current one."""
        operator, client = self._pair()
        if client is None:
            return False
        word = self.token("о")
        await operator.says(f"{word} в ответ", to=client)
        operator.turns_to(client)
        await self._stands_only_with(client, word, operator)
        return None

    async def choice(self):
        """ "Писать сюда" in the list of dialogs, then words: they are not asked about."""
        operator, client = self._pair()
        if client is None or client is operator.current:
            return False
        lists = operator.messages("Ваши диалоги")
        shown = await lists.count()
        await operator.says("/my")
        await expect(lists).to_have_count(shown + 1, timeout=SLOW_MS)
        await operator.presses(f"Писать сюда: {client.name}", "Ваши диалоги", client.name)
        operator.turns_to(client)
        await operator.sees("✍️ Пишете: ", client.name)
        return None

    async def correction(self):
        operator, client = self._pair()
        if client is None or not client.can_be_corrected:
            return False
        word, right = self.token("о"), self.token("о")
        await operator.says(f"{word} ошибка", to=client)
        operator.turns_to(client)
        await self._stands_only_with(client, word, operator)
        await operator.phone.corrects(f"{word} ошибка", f"{right} верно")
        client.meant.remove(word)
        await self._stands_only_with(client, right)
        return None

    async def note(self):
        """A hidden note: no client may ever see it."""
        operator, client = self._pair()
        if client is None:
            return False
        word = self.token("о")
        await operator.says(f"// {word} заметка", to=client)
        await operator.is_marked(word)
        operator.turns_to(client)
        await self._stands_only_with(None, word)
        return None

    async def photo(self):
        client = self._chance.choice([one for one in self.clients if isinstance(one, PhoneClient)])
        if client.owner is None:
            return False
        before = await client.owner.phone.it.locator("[data-photo]").count()
        await client.phone.sends("photo")
        await expect(client.owner.phone.it.locator("[data-photo]")).to_have_count(before + 1, timeout=SLOW_MS)
        client.owner.hears(client)
        return None

    async def ending(self):
        operator, client = self._pair()
        if client is None:
            return False
        await self._close(operator, client)
        operator.gives_away(client)
        return None

    async def undone_ending(self):
        operator, client = self._pair()
        if client is None:
            return False
        await self._close(operator, client)
        undone = operator.messages(f"Снова открыт: {client.name}")
        shown = await undone.count()
        await operator.presses("Отменить", f"Завершён: {client.name}")
        await expect(undone).to_have_count(shown + 1, timeout=SLOW_MS)
        operator.is_known = False
        return None

    async def return_to_queue(self):
        """ "Вернуть в очередь" on the card: the other operator, or the same one, takes the client."""
        operator, client = self._pair()
        if client is None:
            return False
        await operator.presses("Вернуть в очередь", client.name, "Вы отвечаете")
        operator.gives_away(client)
        await self.new_words(client, hidden_from=operator)
        [other] = [one for one in self.operators if one is not operator]
        await self.claim(other, client)
        return None

    async def history(self):
        """The client's history, and words with reply-to to it."""
        operator, client = self._pair()
        if client is None:
            return False
        # One that was asked for before stands there too, and looks the same.
        histories = operator.told(f"История: {client.name}")
        shown = await histories.count()
        await operator.presses("История", client.name, "Вы отвечаете")
        await expect(histories).to_have_count(shown + 1, timeout=SLOW_MS)
        word = self.token("о")
        await operator.says(f"{word} по истории", to=(f"История: {client.name}",))
        operator.turns_to(client)
        await self._stands_only_with(client, word, operator)
        return None

    async def shift_ends(self):
        """One goes off and returns all dialogs; the other takes every one; then both are there again."""
        off, stays = self._chance.sample(self.operators, 2)
        await off.says("/off")
        if off.clients:
            await off.presses("Вернуть в очередь (", "Что с ними сделать?")
        await off.sees("Вы не на смене")
        await self.shoot("off")
        for client in list(off.clients):
            off.gives_away(client)
            await stays.presses("Ответить", client.name)
            await stays.sees(client.name, "Вы отвечаете")
            stays.takes(client)
        await off.says("/on")
        await off.sees("Вы на смене")

    async def end(self):
        """All screens once more: each client has all that was meant for them, once, and nothing else."""
        for client in self.clients:
            there = Counter(await client.tokens())
            strange = [one for one in there if one not in client.meant]
            if strange:
                raise Misdirected(f"{client.name} has {strange}")
            missing = Counter(client.meant) - there
            # The site's chat keeps a client's newest entries (gateway/streams/live.py): in an hour the oldest go.
            gone = client.meant[: missing.total()] if client.forgets_the_oldest else []
            assert missing == Counter(gone), f"{client.name}: {missing} is not there"
            assert not there - Counter(client.meant), f"{client.name} has something twice"
        self.counts["words of operators"] = sum(len(one.meant) for one in self.clients)
        self.counts["misdirected"] = 0

    # ── looking ───────────────────────────────────────────────────────────────────────────────────────

    def _pair(self):
        operator = self._chance.choice(self.operators)
        return operator, self._chance.choice(operator.clients) if operator.clients else None

    async def _close(self, operator, client):
        # The same client may have been finished before: that sentence, and its button, stand there too.
        endings = operator.messages(f"Завершён: {client.name}")
        shown = await endings.count()
        await operator.says("/close", to=client)
        await expect(endings).to_have_count(shown + 1, timeout=SLOW_MS)
        operator.turns_to(client)

    async def _who_has(self, word):
        return [one for one in self.clients if word in await one.tokens()]

    async def _comes_or_is_asked(self, operator, word):
        """The client who has the word now, or None: the bot asks whom it is for."""
        found = []

        async def is_decided():
            found[:] = await self._who_has(word)
            return bool(found) or await operator.messages(ASKED, word).count() > 0

        await until(is_decided, lambda: f"{operator.name}: {word} goes, or is asked about")
        return found[0] if found else None

    async def _stands_only_with(self, client, word, operator=None):
        if client is not None:
            await until(lambda: _has(client, word), lambda: f"{client.name} has {word}")
            client.meant.append(word)
        if operator is not None:
            await operator.is_marked(word)
        others = [one.name for one in await self._who_has(word) if one is not client]
        if others:
            raise Misdirected(f"{word}, meant for {client and client.name}, stands with {others}")


async def _has(client: Client, word):
    return word in await client.tokens()


@asynccontextmanager
async def opened(folder, chromium, seed):
    """The product, three pages before it (the operators' desk, the clients' phones, the shop), and everybody there."""
    wrong = []
    async with Product(folder, "--no-limits") as product, async_playwright() as playwright:
        await product.start()
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        ids = {one["name"]: one["id"] for one in (await product.state())["users"]}
        staff = [name for name in ids if name.startswith(("Анна", "Борис"))]

        async def page_at(path, width, height):
            context = await browser.new_context(viewport={"width": width, "height": height}, locale="ru-RU")
            page = await context.new_page()
            page.set_default_timeout(SLOW_MS)
            page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
            page.on("console", lambda told: wrong.append(f"console: {told.text}") if told.type == "error" else None)
            await page.goto(product.url + path)
            return page

        async def phones(shown, width, height):
            page = await page_at("", width, height)
            await expect(page.locator("[data-gateway]")).to_have_attribute("data-gateway", "running", timeout=SLOW_MS)
            await page.locator("[data-people]").click()
            for name, number in ids.items():
                await page.locator(f'[data-show-phone="{number}"]').set_checked(name in shown)
            await page.locator("[data-show-shop]").set_checked(False)
            await page.keyboard.press("Escape")
            return page

        desk, street = await phones(staff, 1100, 1000), await phones(NAMES, 2400, 900)
        shop = await page_at("/shop/", 900, 800)
        await log_in(shop)
        operators = [Operator(name, Phone(desk, ids[name])) for name in staff]
        clients = [
            *(
                PhoneClient(name, street, ids[name], can_be_corrected=corrected, starts=starts)
                for name, (corrected, starts) in NAMES.items()
            ),
            Guest(GUEST, shop),
        ]

        async def shoot(name):
            SHOTS.mkdir(exist_ok=True)
            for place, page in (("desk", desk), ("street", street), ("shop", shop)):
                await page.screenshot(path=SHOTS / f"hour-{name}-{place}.png")

        yield Hour(random.Random(seed), clients, operators, shoot), product, wrong
        await browser.close()


async def log_in(page):
    await page.get_by_role("button", name="Войти").click()
    await expect(page.get_by_role("button", name="Войти")).to_have_count(0)


async def play(folder, chromium, seed, *, goes_on, told=lambda line: None):
    """Plays while `goes_on(steps)`; answers the counts. Raises AssertionError for what is not as it should be."""
    async with opened(folder, chromium, seed) as (hour, product, wrong):
        await hour.begin()
        await hour.shoot("begin")
        steps = 0
        while goes_on(steps):
            try:
                await hour.step()
            except AssertionError as error:
                await hour.shoot("wrong")
                error.add_note("\n".join(hour.trace))
                raise
            steps += 1
            if steps % 30 == 15:
                await hour.shift_ends()
            if steps % 100 == 0:
                await hour.shoot(f"{steps:04}")
                told(f"{steps} steps: {dict(hour.counts)}")
        await hour.end()
        await hour.shoot("end")
        loud = [line for line in product.output.splitlines() if "ERROR" in line or "Traceback" in line]
        assert not wrong, wrong
        assert not loud, loud
        return hour.counts


def say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    until_when = time.monotonic() + given.minutes * 60
    with tempfile.TemporaryDirectory() as folder:
        counts = asyncio.run(
            play(
                Path(folder),
                chromium,
                given.seed,
                goes_on=lambda _: time.monotonic() < until_when,
                told=say,
            )
        )
    for name, count in counts.most_common():
        say(f"{count:6} {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
