"""One WhatsApp number, connected. Translates and calls; durability, order and retry are the runtime's.

Updates come through a Meta app that several numbers may share (`Routed`): the app proves who sends, and what is for
this number is read here.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from yarl import URL

from gateway.connectors.contract import (
    Capabilities,
    Connector,
    Download,
    Known,
    Part,
    Registration,
    Template,
    Tools,
)
from gateway.connectors.toolkit.settings import rates_of
from gateway.connectors.toolkit.values import listed, table
from gateway.connectors.whatsapp.answers import Rejected, sent_id
from gateway.connectors.whatsapp.client import Client
from gateway.connectors.whatsapp.downloads import Downloads
from gateway.connectors.whatsapp.media import DOCUMENT, DOCUMENT_LIMIT, RULES
from gateway.connectors.whatsapp.parse import parse
from gateway.connectors.whatsapp.render import CAPTION_LIMIT, MESSAGES, TEMPLATE, TEXT_LIMIT, render
from gateway.connectors.whatsapp.settings import Settings
from gateway.connectors.whatsapp.templates import chosen, filled, read_template
from gateway.connectors.whatsapp.values import words
from gateway.errors import TryLater, Unauthorized, Uncertain
from gateway.model.abilities import Reactions, TextRule
from gateway.model.commands import Inbound
from gateway.model.ids import ContactId, NativeId
from gateway.model.messages import Media
from gateway.model.outgoing import Outgoing, Receipt

CHANNEL = "whatsapp"
REACTIONS = frozenset(
    ["👍", "👎", "❤️", "😂", "😮", "😢", "🙏", "🔥", "👏", "🎉", "💯", "✅", "👌", "😁", "🤔", "👀", "😍", "🤝"]
)
"""Those that people use; WhatsApp takes every emoji."""
_FIELDS = "name,language,status,category,components"
_REPEATS_DAYS = 7


class WhatsAppConnector:
    """Sends, fetches and reads for one number."""

    channel = CHANNEL

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self.capabilities = Capabilities(
            text=TextRule(limit=TEXT_LIMIT, caption_limit=CAPTION_LIMIT, unit="chars"),
            media=RULES,
            reactions=Reactions(REACTIONS, near=None),
            edits=False,
            deletes=False,
            quotes=True,
            buttons=True,
            typing=True,
            read_marks=True,
            fetch_limit=DOCUMENT_LIMIT,
            resend_ms=None,
            repeats_days=_REPEATS_DAYS,
            rates=rates_of(settings),
        )
        self._settings, self._tools = settings, tools
        self._client = Client(settings.token, settings.api_url, tools.http)
        self._downloads = Downloads(self._client, tools.http)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._tools.account})"

    @property
    def app(self) -> str:
        """The Meta app, by its name in the settings."""
        return self._settings.app

    @property
    def addresses(self) -> tuple[str, ...]:
        """The number's, and its business account's."""
        return self._settings.addresses

    async def read(self, update: dict[str, Any]) -> Sequence[Inbound]:
        """See parse.py: nothing has to be asked for first."""
        return parse(update)

    def render(self, contact: ContactId, outgoing: Outgoing, known: Known) -> Sequence[Part]:
        """See render.py."""
        return render(contact, outgoing, known, list_button=self._settings.list_button)

    async def send(self, contact: ContactId, part: Part) -> Receipt:  # noqa: ARG002 - the request says whom it is for
        """Brings the file to WhatsApp, then calls once; again as a document only after the first was refused."""
        request = dict(part.request)
        if part.method == TEMPLATE:
            request["template"] = await self._template(table(request["template"]))
        upload = request.pop("upload", None)
        if upload is None:
            return await self._called(request)
        try:
            return await self._called(await self._with_file(request, part, upload))
        except Rejected:
            if request["type"] == DOCUMENT:
                raise
            kind = request.pop("type")
            body = {**request.pop(kind), "filename": upload["name"]}
            body.pop("voice", None)
            plain = {**request, "type": DOCUMENT, DOCUMENT: body}
            receipt = await self._called(await self._with_file(plain, part, upload))
            return Receipt(receipt.natives, note="sent as a file: WhatsApp did not take it otherwise")

    async def _called(self, request: Mapping[str, Any]) -> Receipt:
        said = await self._client.post(f"{self._settings.phone_number_id}/{MESSAGES}", request)
        if "status" in request:
            # A mark makes nothing new, and has no id.
            if said.get("success") is not True:
                raise Uncertain("WhatsApp answered a read mark without saying whether it took it")
            return Receipt()
        native = sent_id(said)
        return Receipt() if request["type"] == "reaction" else Receipt((NativeId(native),))

    async def _with_file(self, request: Mapping[str, Any], part: Part, upload: Mapping[str, str]) -> dict[str, Any]:
        path = self._tools.files.path(part.files[0])
        number = self._settings.phone_number_id
        identity = await self._client.upload(number, path, upload["name"], upload["mime"])
        kind = request["type"]
        return {**request, kind: {"id": identity, **request[kind]}}

    async def _template(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """The template as WhatsApp has it now, filled: only it knows where its variables stand."""
        found = await self._client.whole_list(
            f"{self._settings.waba_id}/message_templates", fields=_FIELDS, name=wanted["name"], limit="100"
        )
        return filled(chosen(found, wanted["name"], wanted["language"]), wanted["values"])

    async def templates(self) -> Sequence[Template]:
        """The approved ones that words alone can fill."""
        path = f"{self._settings.waba_id}/message_templates"
        raw = await self._client.whole_list(path, fields=_FIELDS, status="APPROVED", limit="100")
        found = [one for one in map(read_template, raw) if one is not None]
        return sorted(found, key=lambda one: (one.name, one.language or ""))

    def fetch(self, media: Media) -> AbstractAsyncContextManager[Download]:
        """See downloads.py."""
        return self._downloads.open(media)

    async def register(self, address: str | None) -> None:  # noqa: ARG002 - the address is the app's, not the account's
        """Subscribes the app to what happens in the business account; again does no harm."""
        said = await self._subscription("POST")
        if said.get("success") is not True:
            raise TryLater("WhatsApp did not say whether the app is subscribed", after=0.0)

    async def registration(self, address: str | None) -> Registration:
        """Whether an app is subscribed to the business account, and hears of it at our address."""
        said = await self._subscription("GET")
        apps = [table(one) for one in listed(said.get("data"))]
        mode = f"through the app {self.app}"
        if not apps:
            drift = "no app is subscribed to the WhatsApp Business account; `gateway run` will subscribe it"
            return Registration(mode, drift)
        others = [words(one.get("override_callback_uri")) for one in apps if one.get("override_callback_uri")]
        if len(others) == len(apps) and address not in others:
            # Only the host: the rest of somebody else's address may be a secret.
            host = URL(others[0]).host if others[0].startswith(("https://", "http://")) else "another address"
            return Registration(mode, f"WhatsApp delivers to {host}, not to our address: take that out in the app")
        return Registration(mode)

    async def _subscription(self, method: str) -> Mapping[str, Any]:
        path = f"{self._settings.waba_id}/subscribed_apps"
        try:
            return await (self._client.post(path, {}) if method == "POST" else self._client.get(path))
        except Uncertain as error:
            raise TryLater(str(error), after=0.0) from None

    async def whoami(self) -> str:
        """The number and the name that clients see."""
        number = self._settings.phone_number_id
        said = await self._client.get(number, fields="display_phone_number,verified_name")
        shown = words(said.get("display_phone_number"), 64)
        if not shown:
            raise Unauthorized(f"WhatsApp shows no number {number}: are `phone_number_id` and `token` of one business?")
        return " ".join(filter(None, (shown, f"({words(said.get('verified_name'), 200)})")))

    async def close(self) -> None:
        """Leaves no socket behind."""
        await self._tools.http.close()


def connect(settings: Settings, tools: Tools) -> Connector:
    """The account's connector."""
    return WhatsAppConnector(settings, tools)
