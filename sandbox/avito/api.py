"""Avito's API over HTTP, its token endpoint and its file hosts; faults are made to happen here.

The ledger hears what truly happened, whatever the client is let know. Secrets and tokens are never logged.
"""

import hmac
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from aiohttp import hdrs, web

from sandbox.avito.avito import Avito
from sandbox.avito.calls import METHODS, Call
from sandbox.avito.errors import AvitoError, no_token, not_found, old_token
from sandbox.avito.faults import FaultRule
from sandbox.avito.files import AVATARS, IMAGES, SIZES, VOICES
from sandbox.avito.methods import ALL
from sandbox.avito.records import Seller
from sandbox.toolkit.uploads import Upload, read_form
from sandbox.toolkit.wire_faults import answer, hold_back, serve_file
from sandbox.wire import Json, encode

_BEARER = "Bearer "
_BROKEN = "Internal Server Error"
_UNAUTHORIZED, _BAD_REQUEST = 401, 400
_ACCOUNT = "accounts/{user_id}"
_CHAT = f"{_ACCOUNT}/chats/{{chat_id}}"
_ROUTES = (
    ("GET", "/core/v1/accounts/self", "self"),
    ("POST", "/messenger/v3/webhook", "subscribe"),
    ("POST", "/messenger/v1/webhook/unsubscribe", "unsubscribe"),
    ("POST", "/messenger/v1/subscriptions", "subscriptions"),
    ("GET", f"/messenger/v2/{_ACCOUNT}/chats", "chats"),
    ("GET", f"/messenger/v2/{_CHAT}", "chat"),
    ("GET", f"/messenger/v3/{_CHAT}/messages/", "messages"),
    ("POST", f"/messenger/v1/{_CHAT}/messages", "send"),
    ("POST", f"/messenger/v1/{_CHAT}/messages/image", "send_image"),
    ("POST", f"/messenger/v1/{_CHAT}/messages/{{message_id}}", "delete"),
    ("POST", f"/messenger/v1/{_CHAT}/read", "read"),
    ("POST", f"/messenger/v1/{_ACCOUNT}/uploadImages", "upload"),
    ("GET", f"/messenger/v1/{_ACCOUNT}/getVoiceFiles", "voices"),
    ("POST", f"/messenger/v2/{_ACCOUNT}/blacklist", "blacklist"),
)
_WITHOUT_TARIFF = frozenset({"self"})
"""What a seller may ask without having paid for the messenger's API."""


class _Outcome(NamedTuple):
    status: int
    body: object
    error: AvitoError | None
    headers: dict[str, str]


def _refusal(error: AvitoError, headers: dict[str, str] | None = None) -> _Outcome:
    return _Outcome(error.status, error.body(), error, {**(headers or {}), **error.headers()})


class AvitoApi:
    """The routes of one stand-in."""

    def __init__(self, avito: Avito) -> None:
        assert ALL
        self._avito = avito

    def add_routes(self, router: web.UrlDispatcher) -> None:
        for path in ("/token", "/token/"):
            router.add_post(path, self.token)
        for verb, path, name in _ROUTES:
            router.add_route(verb, path, self._caller(name))
        for root in ("core", "messenger"):
            router.add_route("*", f"/{root}/{{rest:.*}}", self.unknown)
        router.add_get(f"{IMAGES}/{{size}}/{{image_id}}.jpg", self.image)
        router.add_get(f"{VOICES}/{{number:\\d+}}.mp4", self.voice)

    async def unknown(self, request: web.Request) -> web.StreamResponse:
        """No such path, or not with this verb."""
        return await _reply(request, _refusal(not_found()), None)

    async def token(self, request: web.Request) -> web.StreamResponse:
        """Gives out a token for the seller's own id and secret."""
        form = await request.post()
        client_id, secret = str(form.get("client_id", "")), str(form.get("client_secret", ""))
        seller = next((one for one in self._avito.world.sellers.values() if one.client_id == client_id), None)
        fault = self._avito.faults.draw(seller.id if seller is not None else 0, "token")
        await hold_back(fault)
        try:
            _fail(fault)
        except AvitoError as error:
            return await _reply(request, _refusal(error), fault)
        if form.get("grant_type") != "client_credentials":
            return await _reply(request, _oauth_refusal(_BAD_REQUEST, "unsupported_grant_type"), fault)
        if seller is None or not hmac.compare_digest(seller.client_secret.encode(), secret.encode()):
            return await _reply(request, _oauth_refusal(_UNAUTHORIZED, "invalid_client"), fault)
        body: Json = {
            "access_token": self._avito.give_token(seller),
            "expires_in": self._avito.settings.avito_token_ms // 1000,
            "token_type": "Bearer",
        }
        self._avito.ledger.add("call", messenger="avito", bot_id=seller.id, method="token", outcome="accepted")
        return await _reply(request, _Outcome(200, body, None, {}), fault)

    def _caller(self, name: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def call(request: web.Request) -> web.StreamResponse:
            try:
                seller, token = self._authorized(request)
            except AvitoError as error:
                return await _reply(request, _refusal(error), None)
            fault = self._avito.faults.draw(seller.id, name)
            await hold_back(fault)
            if fault is not None and fault.fault == "token":
                self._avito.expire_tokens(seller, token)
            outcome = await self._run(request, seller, name, fault)
            return await _reply(request, outcome, fault)

        return call

    def _authorized(self, request: web.Request) -> tuple[Seller, str]:
        given = request.headers.get(hdrs.AUTHORIZATION, "")
        token = given.removeprefix(_BEARER).strip() if given.startswith(_BEARER) else ""
        found = self._avito.world.seller_by_token(token)
        if found is None:
            raise no_token()
        seller, until = found
        if until <= self._avito.clock.now_ms():
            raise old_token()
        return seller, token

    async def _run(self, request: web.Request, seller: Seller, name: str, fault: FaultRule | None) -> _Outcome:
        allowance = self._avito.limits.take(seller.id, self._avito.clock.now_ms())
        files: dict[str, Upload] = {}
        body = b""
        if name == "upload" and request.content_type.startswith("multipart/"):
            files = dict((await read_form(request)).files)
        else:
            body = await request.read()
        call = Call(self._avito, seller, path=request.match_info, query=request.query, body=body, files=files)
        try:
            _fail(fault)
            if allowance.retry_after:
                raise AvitoError(429, retry_after=allowance.retry_after)
            if not seller.is_paid and name not in _WITHOUT_TARIFF:
                raise AvitoError(402)
            call.check_account()
            outcome = _Outcome(200, METHODS[name](call), None, allowance.headers())
        except AvitoError as error:
            outcome = _refusal(error, allowance.headers())
        self._note(request, call, name, outcome, fault)
        return outcome

    def _note(self, request: web.Request, call: Call, name: str, outcome: _Outcome, fault: FaultRule | None) -> None:
        sent = outcome.body if name in {"send", "send_image"} and outcome.error is None else None
        self._avito.ledger.add(
            "call",
            messenger="avito",
            bot_id=call.seller.id,
            method=name,
            chat_id=request.match_info.get("chat_id"),
            outcome="refused" if outcome.error else "accepted",
            message_ids=[sent["id"]] if isinstance(sent, dict) else None,
            text=sent["content"].get("text") if isinstance(sent, dict) else None,
            error_code=outcome.error.status if outcome.error else None,
            description=outcome.error.message if outcome.error else None,
            fault=fault.fault if fault is not None else None,
        )

    async def image(self, request: web.Request) -> web.StreamResponse:
        """A picture's size; no token is wanted, nor looked at."""
        size = request.match_info["size"]
        file = self._avito.files.by_image_id(request.match_info["image_id"])
        found = self._avito.files.image(file, size) if file is not None and size in (*SIZES, *AVATARS) else None
        return await self._serve(request, found)

    async def voice(self, request: web.Request) -> web.StreamResponse:
        """A voice by its link, for an hour."""
        number, query = int(request.match_info["number"]), request.query
        file = self._avito.files.follow_voice(number, query.get("until", ""), query.get("sign", ""))
        content = self._avito.files.content(file) if file is not None else None
        return await self._serve(request, None if file is None or content is None else (content, file.mime))

    async def _serve(self, request: web.Request, found: tuple[bytes, str] | None) -> web.StreamResponse:
        fault = self._avito.faults.draw(None, "file")
        await hold_back(fault)
        status = fault.status if fault is not None else 0
        gone, broken = web.Response(status=404, text="Not Found"), web.Response(status=status or 500, text=_BROKEN)
        return gone if found is None else await serve_file(request, *found, fault, gone=gone, broken=broken)


def _fail(fault: FaultRule | None) -> None:
    """Raises what a fault wants to be refused, before anything is done."""
    match fault:
        case FaultRule(fault="429"):
            raise AvitoError(429, retry_after=fault.retry_after)
        case FaultRule(fault="500"):
            raise AvitoError(fault.status or 500)
        case FaultRule(fault="402"):
            raise AvitoError(402)
        case FaultRule(fault="token"):
            raise old_token()
        case FaultRule(fault="error"):
            raise AvitoError(fault.status or 400, fault.message)
        case _:
            return


def _oauth_refusal(status: int, code: str) -> _Outcome:
    """The token endpoint speaks as OAuth does."""
    error = AvitoError(status, code)
    return _Outcome(status, {"error": code, "error_description": code.replace("_", " ")}, error, {})


async def _reply(request: web.Request, outcome: _Outcome, fault: FaultRule | None) -> web.StreamResponse:
    response = await answer(request, encode(outcome.body), fault, outcome.status)
    response.headers.update(outcome.headers)
    return response
