"""The Graph API over HTTP for both messengers, and the hosts of their files; faults are made to happen here.

Which messenger is meant follows from the token. The ledger hears what truly happened, whatever the client is let know.
"""

import inspect
import json
from collections.abc import Callable
from typing import NamedTuple

import msgspec
from aiohttp import hdrs, web

from sandbox.instagram.calls import ALL as INSTAGRAM_CALLS
from sandbox.meta.calls import EDGES, RESOLVERS, Call, Edge
from sandbox.meta.errors import KNOWN, PARAMETER, TOKEN, Flavour, GraphError, unknown_node
from sandbox.meta.faults import FaultRule
from sandbox.meta.media import ROOT
from sandbox.meta.meta import Meta
from sandbox.meta.records import Account, Messenger
from sandbox.meta.signing import proof
from sandbox.toolkit.uploads import Upload, read_form
from sandbox.toolkit.wire_faults import answer, hold_back, serve_file
from sandbox.whatsapp.calls import ALL as WHATSAPP_CALLS
from sandbox.wire import Json, decode, encode

_SCHEMES = ("Bearer ", "OAuth ")
_SERVER_ERROR = 500
_GATEWAY_PAGE = (
    "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Sorry, something went wrong.</h1></body>"
)


class _Asked(NamedTuple):
    values: Json
    files: dict[str, Upload]
    token: str


class _Outcome(NamedTuple):
    status: int
    body: Json
    error: GraphError | None
    after: list[Callable[[], None]]


class GraphApi:
    """The routes of both stand-ins."""

    def __init__(self, meta: Meta) -> None:
        assert WHATSAPP_CALLS
        assert INSTAGRAM_CALLS
        self._meta = meta

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_route("*", r"/{version:v\d+\.\d+}/{path:.*}", self.call)
        router.add_route("*", r"/{path:(?:me|\d{10,})(?:/.*)?|refresh_access_token}", self.call)
        router.add_get(f"{ROOT}/{{file_id}}", self.download)

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Answers one call."""
        try:
            asked = await _read(request)
            accounts = self._authorized(asked)
        except GraphError as error:
            return web.json_response(error.body("whatsapp"), status=error.status)
        messenger, account = accounts[0].messenger, accounts[0]
        node, _, path = request.match_info["path"].strip("/").partition("/")
        found = RESOLVERS[messenger](self._meta, accounts, node)
        edge = EDGES.get((messenger, found[0], request.method, path)) if found is not None else None
        if found is None or edge is None:
            refused = unknown_node(request.method, node)
            return web.json_response(refused.body(_flavour(account)), status=refused.status)
        account = found[1]
        fault = self._meta.faults.draw(account.id, edge.name, messenger)
        await hold_back(fault)
        call = Call(self._meta, account, node, asked.values, asked.files)
        outcome = await self._run(edge, call, fault)
        self._note(edge, call, outcome, fault)
        if fault is not None and fault.fault == "502":
            return web.Response(status=502, text=_GATEWAY_PAGE, content_type="text/html")
        return await self._tell(request, outcome, fault)

    def _authorized(self, asked: _Asked) -> list[Account]:
        accounts = self._meta.world.accounts_of(asked.token) if asked.token else []
        if not accounts:
            said = (
                "Invalid OAuth access token - Cannot parse access token"
                if asked.token
                else "An access token is required"
            )
            raise GraphError(TOKEN, said)
        app = self._meta.world.apps[accounts[0].app]
        given = asked.values.get("appsecret_proof")
        if (given is not None or app.is_proof_wanted) and given != proof(app.secret, asked.token):
            raise GraphError(PARAMETER, "Invalid appsecret_proof provided in the API argument")
        return accounts

    async def _run(self, edge: Edge, call: Call, fault: FaultRule | None) -> _Outcome:
        try:
            if fault is not None and fault.fault in {"error", "500", "502"}:
                raise _asked_for(fault)
            result = edge.function(call)
            body = await result if inspect.isawaitable(result) else result
            return _Outcome(200, body, None, call.after)
        except GraphError as error:
            return _Outcome(error.status, error.body(_flavour(call.account)), error, [])

    async def _tell(self, request: web.Request, outcome: _Outcome, fault: FaultRule | None) -> web.StreamResponse:
        """What is to happen after the answer happens when its bytes are on their way, or never will be."""
        try:
            response = await answer(request, encode(outcome.body), fault, outcome.status)
            if request.transport is not None and not request.transport.is_closing():
                await response.prepare(request)
                await response.write_eof()
            return response
        finally:
            for act in outcome.after:
                act()

    def _note(self, edge: Edge, call: Call, outcome: _Outcome, fault: FaultRule | None) -> None:
        message = call.object("message") or call.object("text") or {}
        recipient = call.object("recipient")
        self._meta.ledger.add(
            "call",
            messenger=call.account.messenger,
            bot_id=call.account.id,
            method=edge.name,
            chat_id=(recipient or {}).get("id") or call.values.get("to") or call.values.get("recipient"),
            outcome="refused" if outcome.error else "accepted",
            message_ids=[call.message_id] if call.message_id else None,
            tracker=call.values.get("biz_opaque_callback_data"),
            text=message.get("text") or message.get("body"),
            error_code=outcome.error.code if outcome.error else None,
            description=outcome.error.title if outcome.error else None,
            fault=fault.fault if fault is not None else None,
        )

    async def download(self, request: web.Request) -> web.StreamResponse:
        """A file at its signed address; WhatsApp's wants the token as well."""
        media, query = self._meta.media, request.query
        file = media.follow(request.match_info["file_id"], query.get("ext", ""), query.get("hash", ""))
        content = media.content(file) if file is not None else None
        gone = web.Response(status=404, text="URL signature expired")
        if file is None or content is None:
            return gone
        account = self._meta.world.accounts.get(file.account_id)
        if account is not None and account.messenger == "whatsapp" and _bearer(request) != account.token:
            return web.Response(status=401, text="Unauthorized")
        messenger: Messenger = account.messenger if account is not None else "instagram"
        fault = self._meta.faults.draw(file.account_id, "file", messenger)
        await hold_back(fault)
        status = 502 if fault is not None and fault.fault == "502" else 500
        broken = web.Response(status=status, text=_GATEWAY_PAGE, content_type="text/html")
        return await serve_file(request, content, file.mime, fault, gone=gone, broken=broken)


async def _read(request: web.Request) -> _Asked:
    """Parameters of a call from wherever a client may put them: query, JSON, form, multipart."""
    values: Json = dict(request.query)
    files: dict[str, Upload] = {}
    if request.content_type.startswith("multipart/"):
        form = await read_form(request)
        values.update(form.fields)
        files.update(form.files)
    elif request.content_type == "application/json":
        values.update(_parsed(await request.read()))
    else:
        values.update({name: value for name, value in (await request.post()).items() if isinstance(value, str)})
    for name, value in values.items():  # forms carry objects as JSON
        if isinstance(value, str) and value.startswith(("{", "[")):
            values[name] = _lenient(value)
    token = _bearer(request) or str(values.get("access_token", ""))
    return _Asked({name: value for name, value in values.items() if name != "access_token"}, files, token)


def _parsed(content: bytes) -> Json:
    if not content:
        return {}
    try:
        body = decode(content)
    except msgspec.DecodeError:
        raise GraphError(PARAMETER, "The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise GraphError(PARAMETER, "The request body must be a JSON object.")
    return body


def _lenient(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _bearer(request: web.Request) -> str:
    given = request.headers.get(hdrs.AUTHORIZATION, "")
    return next((given.removeprefix(one).strip() for one in _SCHEMES if given.startswith(one)), "")


def _flavour(account: Account) -> Flavour:
    if account.messenger == "whatsapp":
        return "whatsapp"
    return "instagram" if account.token.startswith("IG") else "facebook"


def _asked_for(fault: FaultRule) -> GraphError:
    """The refusal of a fault."""
    if fault.fault == "error":
        return GraphError(fault.error_code, subcode=fault.error_subcode)
    return GraphError(1, KNOWN[1].title, status=_SERVER_ERROR)
