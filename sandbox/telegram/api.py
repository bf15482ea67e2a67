"""The Bot API over HTTP: /bot<token>/<method> and /file/bot<token>/<path>; faults are made to happen here.

The ledger hears what truly happened, whatever the client is let know. Tokens are in the paths: never log them.
"""

import inspect
import re
from typing import NamedTuple

from aiohttp import web

from sandbox.telegram.calls import Call, DescribedResult
from sandbox.telegram.errors import INTERNAL, METHOD_NOT_FOUND, NOT_FOUND, UNAUTHORIZED, ApiError, too_many_requests
from sandbox.telegram.faults import FaultRule
from sandbox.telegram.methods import METHODS
from sandbox.telegram.parameters import Parameters, read_parameters
from sandbox.telegram.records import Bot
from sandbox.telegram.telegram import Telegram
from sandbox.telegram.webhooks import CallInAnswer
from sandbox.toolkit.wire_faults import answer, hold_back, serve_file
from sandbox.wire import Json, encode

_TOKEN = re.compile(r"\d{1,20}:[A-Za-z0-9_-]{30,50}")
_IGNORED_IN_ANSWERS = frozenset({"setwebhook", "deletewebhook", "close", "logout"})


class _Outcome(NamedTuple):
    status: int
    body: Json


class BotApi:
    """The routes of one stand-in."""

    def __init__(self, telegram: Telegram) -> None:
        self._telegram = telegram

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_route("*", "/bot{token}/{method}", self.call)
        router.add_get("/file/bot{token}/{path:.+}", self.download)
        router.add_route("*", "/bot{rest:.*}", self.not_found)
        router.add_route("*", "/file/bot{rest:.*}", self.not_found)

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Answers one method call."""
        try:
            bot = self._authorized(request)
        except ApiError as error:
            return _refusal(error)
        name = request.match_info["method"]
        fault = self._telegram.faults.draw(bot.id, name)
        if fault is not None and fault.fault == "timeout" and not fault.accepted:
            self._note(bot, name, _Outcome(0, {}), Parameters({}), fault)
        await hold_back(fault)
        outcome = await self._run(request, bot, name, fault)
        return await answer(request, encode(outcome.body), fault, outcome.status)

    async def not_found(self, _request: web.Request) -> web.Response:
        """Answers a path that is no call."""
        return _refusal(ApiError(*NOT_FOUND))

    async def _run(self, request: web.Request, bot: Bot, name: str, fault: FaultRule | None) -> _Outcome:
        parameters = Parameters({})
        try:
            limit = self._telegram.settings.max_upload_bytes
            parameters = await read_parameters(request.headers, request.content, request.query, limit)
            if fault is not None:
                _refuse(fault)
            result = await execute(self._telegram, bot, name, parameters)
            if fault is not None and fault.fault == "duplicate":
                result = self._with_repeats(bot, result)
            outcome = _accepted(result)
        except ApiError as error:
            outcome = _Outcome(error.code, error.body())
        self._note(bot, name, outcome, parameters, fault)
        return outcome

    def _with_repeats(self, bot: Bot, updates: object) -> object:
        assert isinstance(updates, list)
        repeated = self._telegram.queue(bot).repeat_confirmed()
        for update in repeated:
            self._telegram.ledger.add("update_offered", bot_id=bot.id, update_id=update.update_id, via="duplicate")
        return [*(update.body for update in repeated), *updates]

    def _note(self, bot: Bot, name: str, outcome: _Outcome, parameters: Parameters, fault: FaultRule | None) -> None:
        result = outcome.body.get("result")
        if fault is None and name.lower() == "getupdates" and not result and outcome.status == 200:  # noqa: PLR2004
            return  # an empty poll is no event
        sent = result if isinstance(result, list) else [result]
        messages = [one for one in sent if isinstance(one, dict) and "message_id" in one]
        texts = [message.get("text", message.get("caption")) for message in messages]
        self._telegram.ledger.add(
            "call",
            bot_id=bot.id,
            method=name,
            chat_id=parameters.values.get("chat_id"),
            outcome="accepted" if outcome.body.get("ok") else "refused",
            message_ids=[message["message_id"] for message in messages] or None,
            text=next((text for text in texts if text), None),
            error_code=outcome.body.get("error_code"),
            description=outcome.body.get("description") if not outcome.body.get("ok") else None,
            fault=fault.fault if fault is not None else None,
        )

    async def download(self, request: web.Request) -> web.StreamResponse:
        """Answers a file link."""
        try:
            bot = self._authorized(request)
            fault = self._telegram.faults.draw(bot.id, "file")
            file = self._telegram.files.follow(request.match_info["path"], bot.id)
            content = self._telegram.files.content(file) if file is not None else None
            if content is None:
                raise ApiError(*NOT_FOUND)
        except ApiError as error:
            return _refusal(error)
        await hold_back(fault)
        gone, broken = _refusal(ApiError(*NOT_FOUND)), _refusal(ApiError(*INTERNAL))
        return await serve_file(request, content, "application/octet-stream", fault, gone=gone, broken=broken)

    def _authorized(self, request: web.Request) -> Bot:
        token = request.match_info["token"]
        bot = self._telegram.world.bot_by_token(token)
        if bot is None:
            raise ApiError(*(UNAUTHORIZED if _TOKEN.fullmatch(token) else NOT_FOUND))
        return bot


async def execute(telegram: Telegram, bot: Bot, name: str, parameters: Parameters) -> object:
    """Runs a method by its name (in any case) and returns its result; raises ApiError."""
    function = METHODS.get(name.lower())
    unknown = {one.lower() for one in telegram.settings.unknown_methods}
    if function is None or name.lower() in unknown:
        raise ApiError(*METHOD_NOT_FOUND)
    result = function(Call(telegram, bot, parameters))
    return await result if inspect.isawaitable(result) else result


def call_in_answer(telegram: Telegram, bot: Bot) -> CallInAnswer:
    """The function that runs a method which a bot put into its answer to a webhook's post."""

    async def call(parameters: Parameters) -> None:
        name = parameters.text("method").lower()
        if name and name not in _IGNORED_IN_ANSWERS and not name.startswith("get"):
            await execute(telegram, bot, name, parameters)

    return call


def _accepted(result: object) -> _Outcome:
    if isinstance(result, DescribedResult):
        return _Outcome(200, {"ok": True, "result": result.result, "description": result.description})
    return _Outcome(200, {"ok": True, "result": result})


def _refuse(fault: FaultRule) -> None:
    """Raises the refusals that come before anything is accepted."""
    if fault.fault == "429":
        raise too_many_requests(fault.retry_after)
    if fault.fault == "500":
        raise ApiError(*INTERNAL)


def _refusal(error: ApiError) -> web.Response:
    return web.Response(status=error.code, body=encode(error.body()), content_type="application/json")
