"""MAX's API over HTTP at /max, its upload and file hosts; faults are made to happen here.

The ledger hears what truly happened, whatever the client is let know. Tokens are never logged.
"""

import hmac
import inspect
import re
from collections.abc import Awaitable, Callable, Hashable
from typing import NamedTuple
from urllib.parse import quote

from aiohttp import hdrs, web

from sandbox.max.calls import METHODS, Call
from sandbox.max.errors import MaxError, not_allowed, not_found, not_ready, too_many, unsuccessful, wrong_token
from sandbox.max.faults import FaultRule, proxys_page
from sandbox.max.files import FILES, ROOT, UPLOADS
from sandbox.max.max import Max
from sandbox.max.methods import ALL
from sandbox.max.records import Bot
from sandbox.max.uploads import Answer, take_form, take_piece
from sandbox.toolkit.uploads import read_form
from sandbox.toolkit.wire_faults import answer, hold_back, serve_file
from sandbox.wire import Json, encode

_ROUTES = (
    ("GET", "/me", "me"),
    ("PATCH", "/me/commands", "commands"),
    ("GET", "/updates", "updates"),
    ("GET", "/subscriptions", "subscriptions"),
    ("POST", "/subscriptions", "subscribe"),
    ("DELETE", "/subscriptions", "unsubscribe"),
    ("GET", "/messages", "messages"),
    ("POST", "/messages", "send"),
    ("PUT", "/messages", "edit"),
    ("DELETE", "/messages", "delete"),
    ("GET", "/messages/{message_id}", "message"),
    ("POST", "/answers", "answer"),
    ("POST", "/chats/{chat_id}/actions", "action"),
    ("GET", "/chats/{chat_id}", "chat"),
    ("POST", "/uploads", "uploads"),
    ("GET", "/videos/{token}", "video"),
)
_KNOWN_PATHS = [re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for _, path, _ in _ROUTES]
_INTO_A_CHAT = frozenset({"send", "edit", "delete", "answer"})
_LIMIT_OF_PIECES = 1024 * 1024 * 1024


class _Outcome(NamedTuple):
    status: int
    body: Json
    error: MaxError | None


class MaxApi:
    """The routes of one stand-in."""

    def __init__(self, server: Max) -> None:
        assert ALL
        self._max = server

    def add_routes(self, router: web.UrlDispatcher) -> None:
        for verb, path, name in _ROUTES:
            router.add_route(verb, f"{ROOT}{path}", self._caller(name))
        router.add_post(f"{UPLOADS}/{{key}}", self.upload)
        router.add_get(f"{FILES}/{{number:\\d+}}/{{name}}", self.download)
        router.add_route("*", f"{ROOT}/{{rest:.*}}", self.unknown)

    async def unknown(self, request: web.Request) -> web.StreamResponse:
        """No such path, or not with this verb."""
        path = request.path.removeprefix(ROOT)
        is_known = any(one.fullmatch(path) for one in _KNOWN_PATHS)
        error = not_allowed(f"Method {request.method} is not allowed") if is_known else not_found(f"Path {path}")
        return await answer(request, encode(error.body()), None, error.status)

    def _caller(self, name: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def call(request: web.Request) -> web.StreamResponse:
            bot = self._authorized(request)
            if bot is None:
                error = wrong_token()
                return await answer(request, encode(error.body()), None, error.status)
            fault = self._max.faults.draw(bot.id, name)
            await hold_back(fault)
            if fault is not None and fault.fault == "502":
                return proxys_page()
            outcome = await self._run(request, bot, name, fault)
            response = await answer(request, encode(outcome.body), fault, outcome.status)
            if fault is not None and fault.fault == "429" and fault.retry_after is not None:
                response.headers["Retry-After"] = str(fault.retry_after)
            return response

        return call

    def _authorized(self, request: web.Request) -> Bot | None:
        """The token stands in the header as it is: neither behind `Bearer` nor in the query."""
        given = request.headers.get(hdrs.AUTHORIZATION, "").encode()
        bots = self._max.world.bots.values()
        return next((one for one in bots if hmac.compare_digest(one.token.encode(), given)), None)

    async def _run(self, request: web.Request, bot: Bot, name: str, fault: FaultRule | None) -> _Outcome:
        body = await request.read()
        call = Call(self._max, bot, path=request.match_info, query=request.query, body=body)
        try:
            refused = _refused(fault)
            if refused is None:
                if not self._max.limits.admit(self._counted(call, name), self._max.clock.now_ms()):
                    raise too_many()
                result = METHODS[name](call)
                done = await result if inspect.isawaitable(result) else result
                outcome = _Outcome(200, self._repeated(bot, done, fault), None)
            else:
                outcome = _Outcome(200, refused, MaxError(200, refused["code"], refused["message"]))
        except MaxError as error:
            outcome = _Outcome(error.status, error.body(), error)
        self._note(call, name, outcome, fault)
        if fault is not None and fault.fault == "500" and outcome.error is None:  # it was done, and is not told
            broken = _broken(fault)
            return _Outcome(broken.status, broken.body(), broken)
        return outcome

    def _counted(self, call: Call, name: str) -> dict[Hashable, int]:
        settings, bot = self._max.settings, call.bot
        wanted: dict[Hashable, int] = {bot.id: settings.max_per_second}
        if name == "updates":
            wanted[bot.id, name] = settings.max_polls_per_second
        if name in _INTO_A_CHAT:
            wanted[bot.id, name, _chat_of(call, name)] = settings.max_per_chat_second
        return wanted

    def _repeated(self, bot: Bot, done: Json, fault: FaultRule | None) -> Json:
        """Updates that were read already come once more in front of the new ones."""
        if fault is None or fault.fault != "duplicate":
            return done
        again = self._max.feed.read_again(bot)
        for event in again:
            self._max.ledger.add("update_offered", **event.named())
        return {**done, "updates": [*(one.body for one in again), *done["updates"]]}

    def _note(self, call: Call, name: str, outcome: _Outcome, fault: FaultRule | None) -> None:
        sent = outcome.body.get("message") if name == "send" and outcome.error is None else None
        body = sent["body"] if isinstance(sent, dict) else None
        self._max.ledger.add(
            "call",
            messenger="max",
            bot_id=call.bot.id,
            method=name,
            chat_id=call.query.get("chat_id") or call.path.get("chat_id"),
            outcome="refused" if outcome.error else "accepted",
            message_ids=[body["mid"]] if body is not None else None,
            text=body["text"] if body is not None else None,
            error_code=outcome.error.code if outcome.error else None,
            description=outcome.error.message if outcome.error else None,
            fault=fault.fault if fault is not None else None,
        )

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Takes one file, whole or in pieces, at an address that was given out for it; no token is looked at."""
        ticket = self._max.files.ticket(request.match_info["key"])
        if ticket is None:
            return await answer(request, encode(not_found("Upload url").body()), None, 404)
        fault = self._max.faults.draw(ticket.bot_id, "upload")
        await hold_back(fault)
        kind = fault.fault if fault is not None else ""
        if kind == "500":
            return proxys_page()
        try:
            if kind == "forbidden":
                raise MaxError(400, "upload.error", "File extension is forbidden")
            if request.content_type.startswith("multipart/"):
                told = take_form(self._max, ticket, await read_form(request))
            else:
                piece = await request.content.read(_LIMIT_OF_PIECES)
                told = take_piece(self._max, ticket, request.headers, piece)
        except MaxError as error:
            told = Answer(encode(error.body()), "application/json", error.status)
        if kind == "xml":
            told = Answer(b"<error>upload failed</error>", "text/xml")
        response = await answer(request, told.body, fault, told.status)
        response.content_type = told.mime
        return response

    async def download(self, request: web.Request) -> web.StreamResponse:
        """Answers a file's signed address; no token is wanted, nor looked at."""
        number, query = int(request.match_info["number"]), request.query
        file = self._max.files.follow(number, query.get("expires", ""), query.get("sig", ""))
        content = self._max.files.content(file) if file is not None else None
        gone = web.Response(status=404, text="Not Found")
        if file is None or content is None:
            return gone
        fault = self._max.faults.draw(None, "file")
        await hold_back(fault)
        response = await serve_file(request, content, file.mime, fault, gone=gone, broken=proxys_page())
        if not response.prepared:
            name = quote(quote(file.name, ""), "")
            response.headers[hdrs.CONTENT_DISPOSITION] = f'attachment; filename="{name}"'
        return response


def _refused(fault: FaultRule | None) -> Json | None:
    """Raises what a fault wants to be refused before anything is done, or returns the body of a 200 that says no."""
    match fault:
        case FaultRule(fault="429"):
            raise too_many()
        case FaultRule(fault="500", accepted=False):
            raise _broken(fault)
        case FaultRule(fault="token"):
            raise wrong_token()
        case FaultRule(fault="not_ready"):
            raise not_ready()
        case FaultRule(fault="error"):
            raise MaxError(fault.status or 400, fault.code or "proto.payload", fault.message)
        case FaultRule(fault="success_false"):
            return unsuccessful(fault.code or "internal.error", fault.message or "Something went wrong")
        case _:
            return None


def _broken(fault: FaultRule) -> MaxError:
    status = fault.status or 500
    return MaxError(status, "internal.error" if status == 500 else "service.unavailable", "Internal error")  # noqa: PLR2004


def _chat_of(call: Call, name: str) -> int | str:
    """Which chat a call goes into, as far as it can be told before it is looked at."""
    if name == "send":
        user_id = call.query.get("user_id", "")
        return call.query.get("chat_id") or (str(call.bot.id ^ int(user_id)) if user_id.isdecimal() else "")
    if name == "answer":
        press = call.server.presses.get(call.query.get("callback_id", ""))
        return str(press.chat_id) if press is not None else ""
    found = call.world.by_mid(call.bot, call.query.get("message_id", ""))
    return str(found[0].chat_id) if found is not None else ""
