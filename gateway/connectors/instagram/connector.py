"""One Instagram account, connected. Translates and calls; durability, order and retry are the runtime's.

Updates come through the account's Meta app (gateway/connectors/runtime/apps.py), which proves who sends them.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from gateway.connectors.contract import Capabilities, Download, Known, Part, Registration, Tools
from gateway.connectors.instagram.answers import SEND, Rejected, sent_native
from gateway.connectors.instagram.attachments import HOSTS
from gateway.connectors.instagram.client import ME, Client
from gateway.connectors.instagram.envelope import read_profile
from gateway.connectors.instagram.media import RULES
from gateway.connectors.instagram.parse import parse
from gateway.connectors.instagram.people import People
from gateway.connectors.instagram.reactions import EMOJIS, LOVE, NEAR
from gateway.connectors.instagram.receiving import Lookup
from gateway.connectors.instagram.registration import Subscription
from gateway.connectors.instagram.render import TEXT_LIMIT, render
from gateway.connectors.instagram.settings import Settings
from gateway.connectors.instagram.uploads import upload
from gateway.connectors.instagram.values import identity
from gateway.connectors.toolkit.downloads import opened, require_fetchable, told_by
from gateway.connectors.toolkit.settings import rates_of
from gateway.connectors.toolkit.values import table, words
from gateway.errors import FileProblem, Unauthorized
from gateway.model.abilities import Reactions, TextRule
from gateway.model.commands import Inbound
from gateway.model.ids import ContactId, NativeId
from gateway.model.messages import Media, Profile
from gateway.model.outgoing import Outgoing, Receipt

CHANNEL = "instagram"
FETCH_LIMIT = 100 * 1024 * 1024
_NOT_SERVED = "Meta's server answered {status} when asked for a file"
_QUOTE = "reply_to"


class InstagramConnector:
    """Sends, fetches and reads what the app brings."""

    channel = CHANNEL

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self.capabilities = Capabilities(
            text=TextRule(limit=TEXT_LIMIT, caption_limit=0, unit="bytes", formatting=False),
            media=RULES,
            reactions=Reactions(frozenset({EMOJIS[LOVE]}), near=NEAR),
            edits=False,
            deletes=False,
            quotes=True,
            buttons=True,
            typing=True,
            read_marks=True,
            fetch_limit=FETCH_LIMIT,
            resend_ms=None,
            repeats_days=2,
            rates=rates_of(settings),
        )
        self._settings = settings
        self._tools = tools
        self._client = Client(settings.token, settings.api_url, settings.api_version, tools.http)
        self._people = People(self._client)
        self._lookup = Lookup(self._client, self._people)
        self._subscription = Subscription(self._client, settings)

    def __repr__(self) -> str:
        return f"InstagramConnector({self._tools.account})"

    @property
    def app(self) -> str:
        """The Meta app's name in the settings."""
        return self._settings.app

    @property
    def addresses(self) -> tuple[str, ...]:
        """By which of Meta's ids parts of an update are this account's."""
        return self._settings.addresses

    async def read(self, update: dict[str, Any]) -> Sequence[Inbound]:
        """What the account's part of a webhook's body means, with what it lacked asked for."""
        return parse(await self._lookup.completed(update))

    def render(self, contact: ContactId, outgoing: Outgoing, known: Known) -> Sequence[Part]:
        """See render.py."""
        return render(contact, outgoing, known)

    async def send(self, contact: ContactId, part: Part) -> Receipt:
        """Brings the file to Meta, then calls once; again without the quote only after Meta has refused it with one."""
        request = dict(part.request)
        way = request.pop("upload", None)
        if way is not None:
            attached = await upload(self._client, way, self._tools.files.path(part.files[0]))
            request["message"] = {"attachment": {"type": way["as"], "payload": {"attachment_id": attached}}}
        note = None
        try:
            answer = await self._client.post(f"{ME}/messages", request, method=part.method)
        except Rejected:
            # What is quoted may be gone by now: the words matter more.
            if _QUOTE not in request:
                raise
            bare = {name: value for name, value in request.items() if name != _QUOTE}
            answer = await self._client.post(f"{ME}/messages", bare, method=part.method)
            note = "sent without the quoted words"
        if part.method != SEND:
            return Receipt()
        native = NativeId(sent_native(answer))
        self._lookup.remember(native, contact)
        return Receipt(natives=(native,), note=note)

    def fetch(self, media: Media) -> AbstractAsyncContextManager[Download]:
        """The bytes at a file's address; Meta signs it for a time and gives no other one later."""
        return self._fetch(media)

    @asynccontextmanager
    async def _fetch(self, media: Media) -> AsyncIterator[Download]:
        require_fetchable(media, FETCH_LIMIT)
        async with opened(self._tools.http, media.remote, hosts=HOSTS, failed=_NOT_SERVED) as download:
            if download is None:
                raise FileProblem("Instagram no longer hands the file out")
            yield told_by(download, media)

    async def profile(self, contact: ContactId) -> Profile | None:
        """The client's name and page, where they let the account see them."""
        return read_profile(await self._people.ask(contact))

    async def register(self, address: str | None) -> None:  # noqa: ARG002 - the app's; entered in its dashboard
        """Subscribes the app to the account's updates."""
        await self._subscription.register()

    async def registration(self, address: str | None) -> Registration:  # noqa: ARG002 - as above
        """See registration.Subscription."""
        return await self._subscription.registration(datetime.now(UTC).date())

    async def whoami(self) -> str:
        """The account's name, and until when its token is good."""
        settings = self._settings
        if settings.login == "facebook":
            page = await self._client.get(str(settings.page_id), fields="name,instagram_business_account{id,username}")
            told = table(page.get("instagram_business_account"))
            own = identity(told.get("id"))
        else:
            told = await self._client.get(ME, fields="user_id,username")
            own = identity(told.get("user_id"))
        if own != settings.instagram_id:
            shown = own or "no professional account"
            raise Unauthorized(
                f"the token and `instagram_id` do not belong together: the token shows {shown}, "
                f"the settings {settings.instagram_id}"
            )
        return f"@{words(told.get('username'))}{self._subscription.token_says(datetime.now(UTC).date())}"

    async def close(self) -> None:
        """Leaves no task and no socket behind."""
        await self._lookup.close()
        await self._tools.http.close()


def connect(settings: Settings, tools: Tools) -> InstagramConnector:
    """The account's connector."""
    return InstagramConnector(settings, tools)
