"""The API over HTTP at /method/<name>, the upload servers and the file hosts; faults are made to happen here.

The ledger hears what truly happened, whatever the client is let know. Tokens are in the parameters: never log them.
"""

import inspect
from typing import NamedTuple

from aiohttp import web

from sandbox.toolkit.uploads import read_form
from sandbox.toolkit.wire_faults import answer, hold_back, serve_file
from sandbox.vk.calls import METHODS, Call
from sandbox.vk.errors import VkError
from sandbox.vk.faults import FaultRule, gateway_page
from sandbox.vk.files import ROOT, Ticket
from sandbox.vk.longpoll import LongPoll
from sandbox.vk.methods import ALL
from sandbox.vk.parameters import Parameters, read_parameters
from sandbox.vk.records import Community, version_of
from sandbox.vk.uploads import take_upload
from sandbox.vk.vk import Vk
from sandbox.wire import Json, encode

_OLDEST_VERSION = (5, 81)
_TOO_OLD = (
    'versions below 5.81 are deprecated. Version param should be passed as "v". '
    '"version" param is invalid and not supported. For more information go to https://vk.com/dev/constant_version_updates'
)
_NO_VERSION = 'v is required. Version param should be passed as "v". "version" param is invalid and not supported.'
_CAPTCHA, _FLOOD = 14, 9


class _Outcome(NamedTuple):
    body: Json
    error: VkError | None


class VkApi:
    """The routes of one stand-in."""

    def __init__(self, vk: Vk) -> None:
        assert ALL
        self._vk = vk

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_route("*", "/method/{name}", self.call)
        router.add_post("/vk/upload/{kind}/{ticket}", self.upload)
        router.add_get(f"{ROOT}/{{number:\\d+}}/{{name}}", self.download)
        LongPoll(self._vk).add_routes(router)

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Answers one method call, a refused one with status 200 as well."""
        name = request.match_info["name"]
        parameters = await read_parameters(request)
        try:
            community = self._authorized(name, parameters)
        except VkError as error:
            return await answer(request, encode(error.body(name, parameters.values)), None)
        fault = self._vk.faults.draw(community.id, name)
        await hold_back(fault)
        if fault is not None and fault.fault == "500":
            self._note(community, name, parameters, _Outcome({}, VkError(10)), fault)
            return gateway_page()
        outcome = await self._run(community, name, parameters, fault)
        return await answer(request, encode(outcome.body), fault)

    def _authorized(self, name: str, parameters: Parameters) -> Community:
        if "v" not in parameters:
            raise VkError(8, _NO_VERSION)
        if version_of(parameters.text("v")) < _OLDEST_VERSION:
            raise VkError(8, _TOO_OLD)
        if name.lower() not in METHODS:
            raise VkError(3)
        token = parameters.text("access_token")
        if not token:
            raise VkError(5, "no access_token passed.")
        community = self._vk.world.community_by_token(token)
        if community is None:
            raise VkError(5, "invalid access_token (4).")
        return community

    async def _run(self, community: Community, name: str, parameters: Parameters, fault: FaultRule | None) -> _Outcome:
        try:
            if fault is not None and fault.fault == "error":
                raise _asked_for(fault.error_code)
            if not self._vk.limits.admits_call(community.id, self._vk.clock.now_ms()):
                raise VkError(6)
            result = METHODS[name.lower()](Call(self._vk, community, parameters))
            outcome = _Outcome({"response": await result if inspect.isawaitable(result) else result}, None)
        except VkError as error:
            outcome = _Outcome(error.body(name, parameters.values), error)
        self._note(community, name, parameters, outcome, fault)
        return outcome

    def _note(
        self, community: Community, name: str, parameters: Parameters, outcome: _Outcome, fault: FaultRule | None
    ) -> None:
        response = outcome.body.get("response")
        self._vk.ledger.add(
            "call",
            messenger="vk",
            bot_id=community.id,
            method=name,
            chat_id=parameters.values.get("peer_id") or parameters.values.get("user_id"),
            outcome="refused" if outcome.error else "accepted",
            message_ids=[response] if name == "messages.send" and isinstance(response, int) else None,
            random_id=parameters.values.get("random_id"),
            text=parameters.values.get("message"),
            error_code=outcome.error.code if outcome.error else None,
            description=outcome.error.message if outcome.error else None,
            fault=fault.fault if fault is not None else None,
        )

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Takes one file at an address that was given out for it."""
        ticket = self._vk.files.take_ticket(request.match_info["ticket"])
        if ticket is None:
            return web.json_response({"error": "ERR_UPLOAD_BAD_LINK: upload url is expired"})
        fault = self._vk.faults.draw(ticket.community_id, "upload")
        await hold_back(fault)
        if fault is not None and fault.fault == "500":
            return gateway_page()
        body = await self._uploaded(request, ticket, fault)
        return await answer(request, encode(body), fault)

    async def _uploaded(self, request: web.Request, ticket: Ticket, fault: FaultRule | None) -> Json:
        if fault is not None and fault.fault == "error":
            return {"error": "ERR_UPLOAD_FILE_NOT_UPLOADED: file not uploaded, please try again"}
        form = await read_form(request)
        return take_upload(self._vk, ticket, dict(form.files))

    async def download(self, request: web.Request) -> web.StreamResponse:
        """Answers a file's signed link; no token is wanted, nor looked at."""
        number, query = int(request.match_info["number"]), request.query
        file = self._vk.files.follow(number, query.get("until", ""), query.get("sign", ""))
        content = self._vk.files.content(file) if file is not None else None
        if file is None or content is None:
            return web.Response(status=404, text="Not Found")
        community_id = -file.owner_id if file.owner_id < 0 else 0
        fault = self._vk.faults.draw(community_id, "file")
        await hold_back(fault)
        gone = web.Response(status=404, text="Not Found")
        return await serve_file(request, content, file.mime, fault, gone=gone, broken=gateway_page())


def _asked_for(code: int) -> VkError:
    """The refusal of a fault, with what VK puts beside some codes."""
    if code == _CAPTCHA:
        image = "https://api.vk.com/captcha.php?sid=548747100691"
        return VkError(code, extra={"captcha_sid": "548747100691", "captcha_img": image})
    return VkError(code, "too much messages sent to user" if code == _FLOOD else "")
