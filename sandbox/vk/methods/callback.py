"""The Callback servers of a community: adding, changing, and which events go to which."""

from urllib.parse import urlsplit

from sandbox.vk.calls import Call, method
from sandbox.vk.errors import VkError, missing
from sandbox.vk.methods.groups import read_events, read_version, shown_events
from sandbox.vk.records import CallbackServer
from sandbox.wire import Json

_MOST_SERVERS = 10
_LONGEST_TITLE = 14
_LONGEST_SECRET = 50
_CREATOR = 1


@method("groups.getCallbackConfirmationCode")
def get_confirmation_code(call: Call) -> Json:
    call.check_group()
    return {"code": call.community.confirmation_code}


@method("groups.getCallbackServers")
def get_servers(call: Call) -> Json:
    call.check_group()
    wanted = call.parameters.integers("server_ids")
    servers = [one for one in call.community.servers if not wanted or one.id in wanted]
    return {"count": len(servers), "items": [_shown(one) for one in servers]}


@method("groups.addCallbackServer")
def add_server(call: Call) -> Json:
    call.check_group()
    url, title, secret = _described(call)
    community = call.community
    if len(community.servers) >= _MOST_SERVERS:
        raise VkError(2000)
    server = CallbackServer(id=community.next_server_id, url=url, title=title, secret=secret)
    community.next_server_id += 1
    community.servers.append(server)
    call.world.renew_confirmation(community)
    call.vk.sender.confirm(community, server)
    return {"server_id": server.id}


@method("groups.editCallbackServer")
def edit_server(call: Call) -> int:
    call.check_group()
    server = _server(call)
    server.url, server.title, server.secret = _described(call)
    call.world.renew_confirmation(call.community)
    call.vk.sender.confirm(call.community, server)
    return 1


@method("groups.deleteCallbackServer")
def delete_server(call: Call) -> int:
    call.check_group()
    call.community.servers.remove(_server(call))
    call.world.keep_community(call.community)
    return 1


@method("groups.getCallbackSettings")
def get_settings(call: Call) -> Json:
    call.check_group()
    server = _server(call)
    return {"api_version": server.api_version, "events": shown_events(server.events)}


@method("groups.setCallbackSettings")
def set_settings(call: Call) -> int:
    call.check_group()
    server = _server(call)
    server.api_version = read_version(call, server.api_version)
    server.events = read_events(call, server.events)
    call.world.keep_community(call.community)
    return 1


def _described(call: Call) -> tuple[str, str, str]:
    url, title, secret = (call.parameters.text(name).strip() for name in ("url", "title", "secret_key"))
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise missing("url is invalid")
    if not title or len(title) > _LONGEST_TITLE:
        raise missing(f"title should be 1 to {_LONGEST_TITLE} characters long")
    if len(secret) > _LONGEST_SECRET or not all(one.isascii() and one.isalnum() for one in secret):
        raise missing("secret_key is invalid")
    return url, title, secret


def _server(call: Call) -> CallbackServer:
    number = call.parameters.needed("server_id")
    server = next((one for one in call.community.servers if one.id == number), None)
    if server is None:
        raise missing("server_id is invalid")
    return server


def _shown(server: CallbackServer) -> Json:
    return {
        "id": server.id,
        "title": server.title,
        "creator_id": _CREATOR,
        "url": server.url,
        "secret_key": server.secret,
        "status": server.status,
    }
