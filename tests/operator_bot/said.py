"""Every sentence that the code may tell as a problem, found in the code itself, so that a new one is found too.

What is looked through is taken for a sentence wherever words stand beside each other; what nobody sees is left out by
what it is given to (a log, a notice that alarms nobody, a key), or by name in `UNSEEN`.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

import gateway
from gateway.model.messages import MediaKind

ROOT = Path(gateway.__file__).parent
ROOMS = ("connectors", "files", "errors.py", "model/codec.py", "streams/rejections.py", "monitor.py")
VALUE = "7"
"""In the place of whatever is not written in the code: a number fits where a name does."""
_SENTENCE = re.compile(r"[A-Za-z]{2,}'?s? [A-Za-z(`]|[A-Za-z]{2,} [0-9]+ [A-Za-z]|[a-z]: [a-z0-9]|[)\d] [a-z]{2,}")
_LOGS = frozenset({"debug", "info", "warning", "error", "exception", "compile", "sub", "search", "match", "fullmatch"})
_UNSHOWN = frozenset({
    "Ignored", "leave_out", "ValueError", "TypeError", "RuntimeError", "AssertionError", "SettingsError", "Field",
    "HttpRejection", "Call", "getLogger", "TypeVar", "Undecodable", "SystemExit", "Response", "match", "Probe",
    "Measure",
})  # fmt: skip
_KEYS = frozenset({"Inbound", "key"})


_CHANGES = (
    "comments: a comment under a post is no message to the account",
    "live_comments: a comment under a broadcast is no message to the account",
    "mentions: the account is named in somebody's post or comment, which is no message to it",
    "story_insights: figures of a story that ended",
    "comment_poll_response: an answer to a poll under a post",
    "story_poll_response: an answer to a poll in a story",
    "share_to_story: somebody shared a post of the account in their story",
    "follow: somebody follows the account",
    "creator_marketplace_projects: no message to the account",
)
UNSEEN = frozenset({
    # a webhook's answers, which its vendor reads
    "a wrong signature: is `secret` the app's own?", "not stored", "no answer from Redis",
    "a wrong verify token: is it the one that stands in the app?", "no account that could be made out", "try again",
    "not from Avito", "not an update", "another account's", "not from Telegram", "not an event", "not from VK",
    "another community's",
    # logs and figures
    "left out", "arrived after all", "has not arrived", "instagram look-up", "not profiled", "not fetched",
    # what a body was, in errors that are logged as unreadable
    "an update", "the body", "item 7 of the list", "an event", "what came is no JSON object with a frame in it",
    "not an envelope of the widget's server", "the body is nested too deeply", "the body is not JSON",
    "a frame is a JSON object with a type", "a frame 7 is not as the protocol says",
    # settings, and what `gateway check` says of them
    "there is no channel 7; there are 7", "Meta app", "Open Lines", "Long Poll", "Callback API", "through the app 7",
    "; nobody knows when its token ends: put the day it was made into `token_made`", "; its token is good until 7",
    "write an origin as https://shop.example.com or, for all its subdomains, https://*.example.com",
    # notices that alarm nobody, and what is left out with a reason
    "something else", "it could not be read", "from nobody who is named", "nobody who is named", "empty event",
    "it says that something happened, and not what", "it names nobody whom it could be from",
    "it does not say what was taken back", "it does not say whose message it is",
    "the message was sent by the bot itself", "an edit of what the assisted person had written",
    "what was said before the number was connected", "the address book of the WhatsApp Business app",
    "how forms fare", "what Meta guesses of a chat", "groups, and only private chats are answered",
    "an echo of what was sent through the API", "clicks on links of templates", "how payments are set up",
    "the partners of the business", "without a name", " without an id",
    "contact 7: the account took back what it had written to them",
    "contact 7: a message without its words, which come by themselves",
    *_CHANGES,
    # names of calls and forms that no sentence shows
    "marking a chat as read", "taking a message", "taking a message back", "asking for new messages", "take back",
    "vk_api sends forms and nothing else", "widget token", "widget file", "widget upload", "no update:7",
    "video note.7",
    # a kind, which kinds.py names
    "empty message",
    # vendors' own words, by which their refusals are known
    "user cannot be found", "business connection not found", "bot was blocked by the user", "user is deactivated",
    "bot can't initiate conversation", "bot can't send messages to bots", "bot was kicked", "bot is not a member",
    "chat not found", "user not found", "upgraded to a supergroup", "message to edit not found",
    "message can't be edited", "message can't be deleted", "message to react not found", "message text is empty",
    "file is too big", "wrong file_id", "invalid file_id", "message is not modified", "message to delete not found",
    "query is too old", "query id is invalid", "method not found", "ACL failure", "executing the script",
    "invalid username-password", "No permissions", "no permissions", "Operation against a key",
    "equal or smaller than the target stream top item",
    # lists of the API's fields, and a page's policy
    "photo live_photo animation video document audio voice video_note sticker venue location contact",
    "bold italic underline strikethrough spoiler code pre text_link blockquote expandable_blockquote",
    " ws://7 wss://7", "img-src 'self' blob: data:", "media-src blob:",
    # pieces of sentences that are looked at whole
    "get a new one (the README says where) and put it into the account's `token`", "; there may be more",
    "get a new key in the community (Manage, API usage, Access tokens) and put it into the account's `token`",
    "make a new one for the system user (Business settings, Users, System users) and put it into the account's `token`",
    "7; messages read from history: 77", "VK does not take this file7", "without a code",
    "Nothing is lost, and the gateway goes on by itself then",
})  # fmt: skip
"""What is a sentence, and nothing that a person sees in a chat."""
GIVEN = (
    "7: no answer in time",
    "VK does not take this file",
    "VK does not take this file: 7",
    "7 (7 of its 7 parts arrived)",
    "XADD on desk:7",
    "VK lost part of the events (failed 7); messages read from history: 7",
    "VK lost part of the events (failed 7); messages read from history: 7; there may be more",
    "contact 7",
    "unknown",
    "inbox:7: 7, 7 s",
    "7 MB",
)
"""What is put together where no reader of the code sees it; each is tested where it is made."""


def sentences() -> Mapping[str, str]:
    """Each sentence with `VALUE` in its places, and where it stands."""
    found: dict[str, str] = {}
    for room in ROOMS:
        path = ROOT / room
        for file in sorted(path.rglob("*.py")) if path.is_dir() else (path,):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            for line, text in _Reader(tree).read():
                found.setdefault(text, f"{file.relative_to(ROOT)}:{line}")
    return found


def sentences_of(source: str) -> dict[str, int]:
    """The same of one module, with the lines."""
    return {text: line for line, text in reversed(list(_Reader(ast.parse(source)).read()))}


def alarms() -> set[str]:
    """What the notices are about that admins hear of."""
    return {
        text
        for node, reader in _calls("Notice")
        if _alarms(node) and node.args
        for text in reader.texts(node.args[0])
        if text != VALUE
    }


def kinds() -> set[str]:
    """Every kind of content that the code itself names."""
    return {
        text
        for node, reader in _calls("Unsupported")
        for value in (*node.args[:1], *(one.value for one in node.keywords if one.arg == "of"))
        for text in reader.texts(value)
        if text != VALUE
    }


def _calls(name: str) -> Iterator[tuple[ast.Call, "_Reader"]]:
    for file in sorted((ROOT / "connectors").rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        reader = _Reader(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                yield node, reader


class _Reader:
    """One module."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name) and isinstance(node.value, ast.Constant | ast.JoinedStr)
        }

    def read(self) -> Iterator[tuple[int, str]]:
        yield from self._walk(self._tree)

    def _walk(self, node: ast.AST) -> Iterator[tuple[int, str]]:
        match node:
            case ast.Expr(value=ast.Constant()):
                return  # a docstring
            case ast.JoinedStr() | ast.Constant(value=str()):
                for text in dict.fromkeys(self.texts(node)):
                    if _SENTENCE.search(text) and "\n" not in text:
                        yield node.lineno, text
                for value in getattr(node, "values", ()):
                    if isinstance(value, ast.FormattedValue):
                        yield from self._walk(value.value)
            case ast.Call():
                yield from self._call(node)
            case ast.Assign(targets=[ast.Name(id="key")]):
                return
            case _:
                for child in ast.iter_child_nodes(node):
                    yield from self._walk(child)

    def _call(self, node: ast.Call) -> Iterator[tuple[int, str]]:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _UNSHOWN or (name in _LOGS and isinstance(node.func, ast.Attribute)):
            return
        children = [*node.args, *node.keywords]
        if name == "Notice":
            children = children[1:] if _alarms(node) else []
        elif name in _KEYS:
            children = children[1:]
        for child in (node.func, *children):
            yield from self._walk(child)

    def texts(self, node: ast.expr) -> list[str]:
        """What may stand there, with `VALUE` for what only the running code knows."""
        match node:
            case ast.Constant(value=str() as text):
                return [re.sub(r"{\w+}", VALUE, text)]  # what `format` fills in
            case ast.JoinedStr(values=values):
                return ["".join(parts) for parts in product(*(self.texts(one) for one in values))]
            case ast.FormattedValue(value=value) if "kind" in ast.unparse(value):
                return [one.value.replace("_", " ") for one in MediaKind] if "media" in ast.unparse(value) else [VALUE]
            case ast.FormattedValue(value=value):
                return self.texts(value)
            case ast.IfExp(body=body, orelse=orelse):
                return [*self.texts(body), *self.texts(orelse)]
            case ast.BoolOp(op=ast.Or(), values=values):
                return [text for one in values for text in self.texts(one)]
            case ast.Name(id=name) if name in self._constants:
                return self.texts(self._constants[name])
        return [VALUE]


def _alarms(node: ast.Call) -> bool:
    return any(
        one.arg == "alarming" and not (isinstance(one.value, ast.Constant) and one.value.value is False)
        for one in node.keywords
    )
