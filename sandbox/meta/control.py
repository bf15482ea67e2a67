"""Meta's part of the control API: acts, dialogs, files for the page, apps and accounts, and webhooks that are held."""

from typing import TypeVar

import msgspec
from aiohttp import web

from sandbox.instagram.people import People as InstagramPeople
from sandbox.instagram.staff import Staff as InstagramStaff
from sandbox.meta.acts import Act
from sandbox.meta.control_acts import ActRequest, on_instagram, on_whatsapp
from sandbox.meta.meta import Meta
from sandbox.meta.records import Account, App, Message
from sandbox.meta.views import show_account, show_app, show_dialog, show_message
from sandbox.toolkit.acts import ActError
from sandbox.toolkit.control import (
    Route,
    before,
    convert,
    file_reply,
    history_reply,
    json_reply,
    no_file,
    no_history,
    read_act,
    read_object,
)
from sandbox.toolkit.stand_in import ControlPart, Shown
from sandbox.toolkit.uploads import Upload, from_base64, sample_file
from sandbox.whatsapp.people import People as WhatsappPeople
from sandbox.whatsapp.staff import Staff as WhatsappStaff
from sandbox.wire import Json

_SAMPLES = {"image": "photo", "sticker": "sticker", "video": "video", "audio": "audio", "voice": "voice",
            "document": "document", "file": "document"}  # fmt: skip


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


class MetaControl(ControlPart):
    """Plays the people of both messengers, the businesses' staff, and the dashboard of the apps."""

    def __init__(self, meta: Meta, whatsapp: tuple[WhatsappPeople, WhatsappStaff],
                 instagram: tuple[InstagramPeople, InstagramStaff]) -> None:  # fmt: skip
        self._meta = meta
        self._whatsapp = whatsapp
        self._instagram = instagram

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/sandbox/api/meta/dialogs/{account_id}/{user_id}", self.dialog),
            Route("POST", "/sandbox/api/meta/apps/{name}", self.change_app),
            Route("POST", "/sandbox/api/meta/accounts/{account_id}", self.change_account),
            Route("POST", "/sandbox/api/meta/hold", self.hold),
            Route("POST", "/sandbox/api/meta/release", self.release),
            Route("GET", "/sandbox/meta/files/{file_id}", self.file),
        ]

    def state(self) -> Json:
        world = self._meta.world
        shown = {
            "apps": [show_app(one) for one in world.apps.values()],
            "accounts": [show_account(one) for one in world.accounts.values()],
            "dialogs": [show_dialog(self._meta, one) for one in world.dialogs.values()],
        }
        return {"meta": shown}

    async def act(self, messenger: str, given: Json, files: list[Upload]) -> Json:
        act = read_act(given, ActRequest, messenger)
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

    def show(self, message: Message) -> Shown:
        return Shown(show_message(self._meta.world, message), message.id)

    async def dialog(self, request: web.Request) -> web.Response:
        """A page of one dialog; who looks at the newest has read them."""
        account_id, user_id = request.match_info["account_id"], int(request.match_info["user_id"])
        world = self._meta.world
        dialog = world.dialogs.get((account_id, user_id))
        if dialog is None:
            return no_history()
        if before(request) is None:
            people = self._whatsapp[0] if world.messenger(dialog) == "whatsapp" else self._instagram[0]
            people.read(user_id, account_id)
        return history_reply(
            request, lambda below: world.history(dialog, below), lambda message: show_message(world, message)
        )

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
        return json_reply({"ok": True, "app": show_app(app)})

    async def change_account(self, request: web.Request) -> web.Response:
        account = self._meta.world.accounts.get(request.match_info["account_id"])
        if account is None:
            raise ActError(f"There is no account {request.match_info['account_id']}.")
        names = ("token", "is_subscribed", "fields", "is_test_number", "may_tag_human")
        _set(account, await _change(request, AccountChange), names)
        self._meta.world.keep_account(account)
        return json_reply({"ok": True, "account": show_account(account)})

    async def hold(self, _request: web.Request) -> web.Response:
        """From now on webhooks wait, to leave together."""
        self._meta.sender.hold()
        return json_reply({"ok": True})

    async def release(self, _request: web.Request) -> web.Response:
        return json_reply({"ok": True, "posts": [one.id for one in self._meta.sender.release()]})

    async def file(self, request: web.Request) -> web.Response:
        file = self._meta.media.known(request.match_info["file_id"])
        return file_reply(self._meta.media.content(file), file.mime) if file is not None else no_file()


async def _change(request: web.Request, wanted: type[Change]) -> Change:
    return convert(await read_object(request), wanted)


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
    return from_base64(act.bytes_base64, act.file_name or sample.name, act.mime or sample.mime)
