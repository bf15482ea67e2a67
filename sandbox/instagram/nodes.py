"""Everything of Instagram's Graph API but sending: the account and its subscription, profiles, messages, history."""

import base64
import re
from datetime import UTC, datetime

from sandbox.instagram import shapes
from sandbox.meta.calls import RESOLVERS, Call, edge
from sandbox.meta.errors import GraphError, required, unknown_node, wrong
from sandbox.meta.meta import Meta
from sandbox.meta.records import Account, Dialog, Message, Person
from sandbox.wire import Json

FIELDS = frozenset(
    {
        "messages", "messaging_postbacks", "messaging_seen", "message_reactions", "messaging_referral",
        "messaging_handover", "messaging_optins", "message_edit", "standby", "comments", "live_comments", "mentions",
        "story_insights",
    }
)  # fmt: skip
_READABLE = 20
_REFRESH_S = 5_183_944


def resolve(meta: Meta, accounts: list[Account], node: str) -> tuple[str, Account] | None:
    account = accounts[0]
    if node == "refresh_access_token":
        return "token", account
    if node in {"me", account.id, account.owner_id, _scoped(account)}:
        return "account", account
    person = meta.world.person_by(igsid=node)
    if person is not None:
        return "person", account
    if meta.world.message_anywhere(account, node) is not None:
        return "message", account
    return ("thread", account) if any(_thread(one) == node for one in _dialogs(meta, account)) else None


RESOLVERS["instagram"] = resolve


def _scoped(account: Account) -> str:
    """What Instagram's own login calls `id`: scoped to the app, and not the id of the webhooks."""
    return f"24{account.id[2:]}"


def _fields(call: Call, default: str) -> set[str]:
    """Names at the top of `fields`, without what stands in braces."""
    flat = re.sub(r"\{[^{}]*\}", "", re.sub(r"\{[^{}]*\}", "", call.text("fields", default)))
    return {*re.findall(r"\w+", flat), "id"}


def _picked(whole: Json, wanted: set[str]) -> Json:
    return {name: value for name, value in whole.items() if name in wanted and value is not None}


@edge("instagram", "account", "GET", "", "account")
def account_itself(call: Call) -> Json:
    account, wanted = call.account, _fields(call, "id")
    if not account.token.startswith("IG"):
        bound: Json = {"id": account.id, "username": account.username}
        page: Json = {"id": account.owner_id, "name": account.name, "instagram_business_account": bound}
        known = {"id": account.id, "name": account.name, "username": account.username}
        return _picked(known if call.node == account.id else page, wanted)
    return _picked(
        {
            "id": _scoped(account),
            "user_id": account.id,
            "username": account.username,
            "name": account.name,
            "account_type": "BUSINESS",
        },
        wanted,
    )


@edge("instagram", "token", "GET", "", "refresh")
def refresh(call: Call) -> Json:
    if call.text("grant_type") != "ig_refresh_token":
        raise wrong("(#100) Param grant_type must be ig_refresh_token")
    return {"access_token": call.account.token, "token_type": "bearer", "expires_in": _REFRESH_S}


@edge("instagram", "account", "GET", "subscribed_apps", "subscribed_apps")
def subscribed(call: Call) -> Json:
    if not call.account.is_subscribed:
        return {"data": []}
    app = call.world.apps[call.account.app]
    return {"data": [{"id": app.id, "name": app.name, "subscribed_fields": call.account.fields}]}


@edge("instagram", "account", "POST", "subscribed_apps", "subscribe")
def subscribe(call: Call) -> Json:
    given = call.values.get("subscribed_fields")
    fields = [str(one) for one in given] if isinstance(given, list) else re.findall(r"\w+", str(given or ""))
    if not fields:
        raise required("subscribed_fields")
    unknown = [one for one in fields if one not in FIELDS]
    if unknown:
        raise wrong(
            f'(#100) Param subscribed_fields[0] must be one of {{{", ".join(sorted(FIELDS))}}} - got "{unknown[0]}".'
        )
    return _set_subscribed(call, fields)


@edge("instagram", "account", "DELETE", "subscribed_apps", "unsubscribe")
def unsubscribe(call: Call) -> Json:
    return _set_subscribed(call, [])


def _set_subscribed(call: Call, fields: list[str]) -> Json:
    call.account.is_subscribed, call.account.fields = bool(fields), fields
    call.world.keep_account(call.account)
    return {"success": True}


@edge("instagram", "person", "GET", "", "profile")
def profile(call: Call) -> Json:
    """Who it is, for an account that the person has written to."""
    person = call.world.person_by(igsid=call.node)
    dialog = call.world.dialogs.get((call.account.id, person.id)) if person is not None else None
    if person is None or dialog is None or person.is_gone:
        raise unknown_node("GET", call.node)
    if person.is_profile_closed or dialog.is_blocked or not dialog.opened_at:
        raise GraphError(230)
    avatar = call.meta.media.known(person.avatar) if person.avatar else None
    return _picked(
        {
            "id": person.igsid,
            "name": person.name,
            "username": person.username,
            "profile_pic": call.meta.media.link(avatar, call.meta.settings.instagram_profile_url_ms)
            if avatar
            else None,
            "follower_count": 128,
            "is_verified_user": False,
            "is_user_follow_business": True,
            "is_business_follow_user": False,
        },
        _fields(call, "name,username,profile_pic"),
    )


@edge("instagram", "message", "GET", "", "message")
def message(call: Call) -> Json:
    """One message as it stands now, which is how an edit is read."""
    one = call.world.message_anywhere(call.account, call.node)
    assert one is not None
    if one.is_gone:
        raise unknown_node("GET", call.node)
    return _picked(_shown(call, one), _fields(call, "id,created_time"))


def _shown(call: Call, one: Message) -> Json:
    person, account = call.world.people[one.person_id], call.account
    business, user = {"username": account.username, "id": account.id}, {"username": person.username, "id": person.igsid}
    whose, whom = (business, user) if one.is_out else (user, business)
    attachments = shapes.attachments_of(call.meta, one)
    return {
        "id": one.id,
        "created_time": datetime.fromtimestamp(one.at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "from": whose,
        "to": {"data": [whom]},
        "message": "" if one.files else one.text,
        "attachments": {"data": [_attachment(one) for one in attachments]} if attachments else None,
        "reply_to": {"mid": one.reply_to} if one.reply_to else None,
    }


def _attachment(given: Json) -> Json:
    kind, url = given["type"], given["payload"].get("url")
    return {
        f"{kind}_data" if kind in {"image", "video"} else "file_url": {"url": url}
        if kind in {"image", "video"}
        else url
    }


@edge("instagram", "account", "GET", "conversations", "conversations")
def conversations(call: Call) -> Json:
    """Dialogs, of one person if asked so; with their newest messages where `fields` names them."""
    found = [
        one
        for one in _dialogs(call.meta, call.account)
        if call.text("user_id") in {"", call.world.people[one.person_id].igsid}
    ]
    return {"data": [_conversation(call, one, "id,updated_time") for one in found]}


@edge("instagram", "thread", "GET", "", "conversation")
def conversation(call: Call) -> Json:
    dialog = next(one for one in _dialogs(call.meta, call.account) if _thread(one) == call.node)
    return _conversation(call, dialog, "id")


def _conversation(call: Call, dialog: Dialog, default: str) -> Json:
    newest = [one for one in call.world.history(dialog) if not one.is_gone][:_READABLE]
    inner = re.search(r"messages(?:\.limit\(\d+\))?\{([^{}]*)", call.text("fields"))
    wanted = {*re.findall(r"\w+", inner[1] if inner else "id,created_time"), "id"}
    people: list[Person] = [call.world.people[dialog.person_id]]
    return _picked(
        {
            "id": _thread(dialog),
            "updated_time": _shown(call, newest[0])["created_time"],
            "participants": {"data": [{"id": one.igsid, "username": one.username} for one in people]},
            "messages": {"data": [_picked(_shown(call, one), wanted) for one in newest]},
        },
        _fields(call, default),
    )


def _dialogs(meta: Meta, account: Account) -> list[Dialog]:
    """Those in which there is anything."""
    return [
        one for one in meta.world.dialogs.values()
        if one.account_id == account.id and any(not message.is_gone for message in meta.world.history(one))
    ]  # fmt: skip


def _thread(dialog: Dialog) -> str:
    name = f"ig_thread:{dialog.account_id}:{dialog.person_id}"
    return base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")
