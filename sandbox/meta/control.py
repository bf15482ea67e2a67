"""Meta's part of the control API: acts, dialogs, files for the page, apps and accounts, and webhooks that are held.

The routes are registered by sandbox.control; whoever reaches them plays every person.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import TypeVar

import msgspec
from aiohttp import web

from sandbox.instagram.people import People as InstagramPeople
from sandbox.instagram.staff import Staff as InstagramStaff
from sandbox.meta.acts import Act
from sandbox.meta.control_acts import ActRequest, on_instagram, on_whatsapp
from sandbox.meta.meta import Meta
from sandbox.meta.records import Account, App
from sandbox.meta.views import show_account, show_app, show_dialog, show_message
from sandbox.toolkit.acts import ActError
from sandbox.toolkit.uploads import Upload, sample_file
from sandbox.whatsapp.people import People as WhatsappPeople
from sandbox.whatsapp.staff import Staff as WhatsappStaff
from sandbox.wire import Json, decode, encode

_PAGE = 50
_SAMPLES = {"image": "photo", "sticker": "sticker", "video": "video", "audio": "audio", "voice": "voice",
            "document": "document", "file": "document"}  # fmt: skip
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class AppChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the dashboard changes of an app; a callback is taken only if it shakes hands."""

    callback_url: str | None = None
    verify_token: str | None = None
    secret: str | None = None
    is_proof_wanted: bool | None = None


class AccountChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    token: str | None = None
    is_subscribed: bool | None = None
    fields: list[str] | None = None
    is_test_number: bool | None = None
    may_tag_human: bool | None = None


Change = TypeVar("Change", AppChange, AccountChange)


class MetaControl:
    """Whoever may use it is the other module's business."""

    def __init__(self, meta: Meta, whatsapp: tuple[WhatsappPeople, WhatsappStaff],
                 instagram: tuple[InstagramPeople, InstagramStaff]) -> None:  # fmt: skip
        self._meta = meta
        self._whatsapp = whatsapp
        self._instagram = instagram

    def routes(self) -> list[tuple[str, str, Handler]]:
        return [
            ("GET", "/sandbox/api/meta/dialogs/{account_id}/{user_id}", self.dialog),
            ("POST", "/sandbox/api/meta/apps/{name}", self.change_app),
            ("POST", "/sandbox/api/meta/accounts/{account_id}", self.change_account),
            ("POST", "/sandbox/api/meta/hold", self.hold),
            ("POST", "/sandbox/api/meta/release", self.release),
            ("GET", "/sandbox/meta/files/{file_id}", self.file),
        ]

    def state(self) -> Json:
        world = self._meta.world
        return {
            "apps": [show_app(one) for one in world.apps.values()],
            "accounts": [show_account(one) for one in world.accounts.values()],
            "dialogs": [show_dialog(self._meta, one) for one in world.dialogs.values()],
        }

    async def act(self, messenger: str, given: Json, files: list[Upload]) -> Json:
        """Does what a person does; raises ActError."""
        try:
            act = msgspec.convert(given, ActRequest)
        except msgspec.ValidationError as error:
            raise ActError(f"This is no act on {messenger}: {error}.") from error
        uploads = files or ([_given_file(act)] if act.do in _SAMPLES else [])
        if messenger == "whatsapp":
            done = on_whatsapp(*self._whatsapp, act, uploads)
        else:
            done = on_instagram(*self._instagram, act, uploads)
        return self._answered(done)

    def _answered(self, done: Act) -> Json:
        answered: Json = {"ok": True, "event_id": done.event_id}
        message, world = done.message, self._meta.world
        if message is not None and world.message_anywhere(world.accounts[message.account_id], message.id) is not None:
            answered["message"] = show_message(world, message)
        return answered

    async def dialog(self, request: web.Request) -> web.Response:
        """A page of one dialog, oldest first; who looks at the newest has read them."""
        account_id, user_id = request.match_info["account_id"], int(request.match_info["user_id"])
        dialog = self._meta.world.dialogs.get((account_id, user_id))
        if dialog is None:
            return _json({"messages": [], "more": False})
        before = int(request.query["before"]) if "before" in request.query else None
        limit = int(request.query.get("limit", _PAGE))
        newest_first = list(islice(self._meta.world.history(dialog, before), limit + 1))
        if before is None:
            people = self._whatsapp[0] if self._meta.world.messenger(dialog) == "whatsapp" else self._instagram[0]
            people.read(user_id, account_id)
        messages = [show_message(self._meta.world, one) for one in newest_first[:limit]]
        return _json({"messages": messages[::-1], "more": len(newest_first) > limit})

    async def change_app(self, request: web.Request) -> web.Response:
        """Sets an app's secret, verify token and callback, as the dashboard does."""
        app = self._meta.world.apps.get(request.match_info["name"])
        if app is None:
            raise ActError(f"There is no app {request.match_info['name']}.")
        change = await _change(request, AppChange)
        _set(app, change, ("verify_token", "secret", "is_proof_wanted"))
        self._meta.world.keep_app(app)
        if change.callback_url and not await self._meta.set_callback(app, change.callback_url):
            raise ActError("The callback URL or verify token couldn't be validated: the challenge was not answered.")
        return _json({"ok": True, "app": show_app(app)})

    async def change_account(self, request: web.Request) -> web.Response:
        account = self._meta.world.accounts.get(request.match_info["account_id"])
        if account is None:
            raise ActError(f"There is no account {request.match_info['account_id']}.")
        names = ("token", "is_subscribed", "fields", "is_test_number", "may_tag_human")
        _set(account, await _change(request, AccountChange), names)
        self._meta.world.keep_account(account)
        return _json({"ok": True, "account": show_account(account)})

    async def hold(self, _request: web.Request) -> web.Response:
        """From now on webhooks wait, to leave together."""
        self._meta.sender.hold()
        return _json({"ok": True})

    async def release(self, _request: web.Request) -> web.Response:
        return _json({"ok": True, "posts": [one.id for one in self._meta.sender.release()]})

    async def file(self, request: web.Request) -> web.Response:
        file = self._meta.media.known(request.match_info["file_id"])
        content = self._meta.media.content(file) if file is not None else None
        if file is None or content is None:
            return web.Response(status=404, text="There is no such file.")
        # A stranger's file must never run as a page of this address.
        headers = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}
        return web.Response(body=content, content_type=file.mime, headers=headers)


async def _change(request: web.Request, wanted: type[Change]) -> Change:
    return msgspec.convert(decode(await request.read() or b"{}"), wanted)


def _set(record: App | Account, change: msgspec.Struct, names: tuple[str, ...]) -> None:
    for name in names:
        value = getattr(change, name)
        if value is not None:
            setattr(record, name, value)


def _given_file(act: ActRequest) -> Upload:
    """The file inside the JSON, or a sample of its kind when there is none."""
    sample = sample_file(_SAMPLES[act.do])
    if act.bytes_base64 is None:
        return sample
    try:
        content = base64.b64decode(act.bytes_base64, validate=True)
    except binascii.Error:
        raise ActError("bytes_base64 is no base64.") from None
    return Upload(act.file_name or sample.name, act.mime or sample.mime, content)


def _json(body: object) -> web.Response:
    return web.Response(body=encode(body), content_type="application/json")
