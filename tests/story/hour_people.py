"""Who plays the busy hour: clients on their messengers, a guest on the shop's site, operators; each on a real page."""

import re

from playwright.async_api import expect

from tests.story.product import until
from tests.story.shop import Chat
from tests.story.test_browser import SLOW_MS, Phone

TOKEN = re.compile(r"[ок]-\d{4}")
"""What makes each word of the hour one of a kind: "о-" of operators, "к-" of clients."""


class Client:
    """One client, as their screen shows it. Words of operators are told by their tokens."""

    can_be_corrected = False
    forgets_the_oldest = False

    def __init__(self, name):
        self.name = name
        self.owner = None
        self.last = ""
        """The newest token that the client wrote."""
        self.meant = []
        """Tokens that operators meant for this client, in their order."""

    async def write(self, text):
        raise NotImplementedError

    async def texts(self):
        """What stands on the screen, a text for each message, without what is quoted in it."""
        raise NotImplementedError

    async def tokens(self):
        """The operators' tokens on the screen."""
        found = [token for text in await self.texts() for token in TOKEN.findall(text)]
        return [one for one in found if one.startswith("о-")]


class PhoneClient(Client):
    """A client with a messenger."""

    def __init__(self, name, page, user, *, can_be_corrected, starts):
        super().__init__(name)
        self.phone = Phone(page, user)
        self.can_be_corrected = can_be_corrected
        self._starts = starts

    async def write(self, text):
        if self._starts:
            await self.phone.it.locator("[data-start]").click()
            self._starts = False
        await self.phone.writes(text)
        await self.phone.sees(text)

    async def texts(self):
        return await self.phone.it.locator("[data-message]").evaluate_all(
            """all => all.map(one => {
                const copy = one.cloneNode(true);
                copy.querySelectorAll("[data-quote]").forEach(quote => quote.remove());
                return copy.textContent;
            })"""
        )


class Guest(Client):
    """A visitor of the shop, logged in there."""

    can_be_corrected = True
    forgets_the_oldest = True

    def __init__(self, name, page):
        super().__init__(name)
        self.chat = Chat(page)

    async def write(self, text):
        if not await self.chat.panel.is_visible():
            await self.chat.open()
        await self.chat.write(text)
        await expect(self.chat.row(text)).to_be_visible(timeout=SLOW_MS)

    async def texts(self):
        return await self.chat.rows.locator(".text").all_inner_texts()


class Operator:
    """An operator's phone, and what the rules say of whom a word without reply-to is for (DESIGN.md, section 12)."""

    def __init__(self, name, phone):
        self.name, self.phone = name, phone
        self.clients = []
        self.current = None
        self.others = set()
        """Clients of this operator, but the current one, who wrote since a word or a press said whom it is for."""
        self.is_known = True
        """False after what the rules leave open: then a plain word may be asked about, or go to the current client."""

    def __str__(self):
        names = ", ".join(one.name for one in self.others)
        sure = "" if self.is_known else ", perhaps"
        return f"{self.name} → {self.current and self.current.name}{sure} (wrote since: {names or 'nobody'})"

    def turns_to(self, client):
        """A word to a client, or a button of theirs, makes them the current one."""
        self.current, self.is_known = client, True
        self.others.clear()

    def hears(self, client):
        if client is not self.current:
            self.others.add(client)

    def gives_away(self, client):
        """The client is this operator's no longer."""
        self.clients.remove(client)
        client.owner = None
        if client is self.current:
            self.current = None
        if client in self.others:
            self.others.discard(client)
            self.is_known = False

    def takes(self, client):
        self.clients.append(client)
        client.owner = self
        self.turns_to(client)

    def messages(self, *words):
        """Messages on the phone with all of these words."""
        found = self.phone.it.locator("[data-message]")
        for one in words:
            found = found.filter(has_text=one)
        return found

    async def sees(self, *words):
        await expect(self.messages(*words).last).to_be_visible(timeout=SLOW_MS)
        return self.messages(*words).last

    async def says(self, text, to=None):
        """Writes; in answer to the message with all the words of `to`, or to what names a client: their newest words,
        or, where these had been answered before the client came here, the card."""
        if to is None:
            await self.phone.writes(text)
        else:
            message = self.told(*to).last if isinstance(to, tuple) else await self._copy_of(to)
            # Shown on focus as on hover; a message that arrives moves the list away under a pointer, never the focus.
            reply = message.locator("[data-reply]")
            await reply.focus()
            await reply.click()
            await self.phone.writes(text)

    def told(self, *words):
        """Messages of the bot alone: what the operator wrote quotes the same words, and a command names nobody."""
        found = self.phone.it.locator("article.theirs")
        for one in words:
            found = found.filter(has_text=one)
        return found

    async def _copy_of(self, client):
        copies = self.told(client.last)
        found = (copies if await copies.count() else self.told(client.name, "Вы отвечаете")).last
        await expect(found).to_be_visible(timeout=SLOW_MS)
        return found

    async def presses(self, label, *words):
        """The button of the newest message that has these words and such a button."""
        button = self.phone.page.locator("[data-button]").filter(has_text=label)
        message = self.messages(*words).filter(has=button).last
        await expect(message).to_be_visible(timeout=SLOW_MS)
        await message.locator("[data-button]", has_text=label).last.click()

    async def is_marked(self, text):
        """Whether the messenger has taken the operator's words: a mark on them says so."""
        mark = self.messages(text).last.locator("[data-reaction]")
        await until(lambda: _any(mark), f"{self.name}: «{text}» is marked")


async def _any(locator):
    return await locator.count() > 0
