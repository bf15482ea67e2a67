"""The community about itself, and its Long Poll settings."""

from sandbox.vk.calls import Call, method
from sandbox.vk.errors import VkError, missing
from sandbox.vk.feed import EVENTS
from sandbox.vk.longpoll import access
from sandbox.vk.records import Community, version_of
from sandbox.wire import Json

_LISTED_SINCE = (5, 139)
_PERMISSIONS = {"photos": 4, "messages": 4096, "docs": 131_072, "manage": 262_144}


@method("groups.getById")
def get_by_id(call: Call) -> object:
    given = call.parameters.words("group_ids") or call.parameters.words("group_id")
    names = given or [str(call.community.id)]
    known = {name: one for one in call.world.communities.values() for name in (str(one.id), one.screen_name)}
    found = [known[name] for name in names if name in known]
    if not found:
        raise VkError(100, "group_ids is invalid")
    groups = [_shown(call, one) for one in found]
    return {"groups": groups, "profiles": []} if call.version >= _LISTED_SINCE else groups


def _shown(call: Call, community: Community) -> Json:
    base = call.vk.files.base
    photos = {f"photo_{side}": f"{base}/vk/files/community_{side}.png" for side in (50, 100, 200)}
    return {
        "id": community.id,
        "name": community.name,
        "screen_name": community.screen_name,
        "is_closed": 0,
        "type": "group",
        **photos,
        **({"description": community.description} if "description" in call.parameters.text("fields") else {}),
    }


@method("groups.getTokenPermissions")
def get_token_permissions(_call: Call) -> Json:
    named = [{"name": name, "setting": bit} for name, bit in _PERMISSIONS.items()]
    return {"mask": sum(_PERMISSIONS.values()), "permissions": named}


@method("groups.getLongPollServer")
def get_long_poll_server(call: Call) -> Json:
    call.check_group()
    if not call.community.longpoll.is_enabled:
        raise missing("longpoll for this group is not enabled")
    return access(call.vk, call.community)._asdict()


@method("groups.getLongPollSettings")
def get_long_poll_settings(call: Call) -> Json:
    call.check_group()
    settings = call.community.longpoll
    return {
        "is_enabled": settings.is_enabled,
        "api_version": settings.api_version,
        "events": shown_events(settings.events),
    }


@method("groups.setLongPollSettings")
def set_long_poll_settings(call: Call) -> int:
    call.check_group()
    settings = call.community.longpoll
    if "enabled" in call.parameters:
        settings.is_enabled = call.parameters.flag("enabled")
    settings.api_version = read_version(call, settings.api_version)
    settings.events = read_events(call, settings.events)
    call.world.keep_community(call.community)
    return 1


def shown_events(names: list[str]) -> Json:
    return {name: int(name in names) for name in sorted(EVENTS)}


def read_events(call: Call, before: list[str]) -> list[str]:
    """Kinds that the call turns on or off; those that it does not name stay as they were."""
    on = set(before)
    for name in EVENTS:
        if name in call.parameters:
            (on.add if call.parameters.flag(name) else on.discard)(name)
    return sorted(on)


def read_version(call: Call, before: str) -> str:
    version = call.parameters.text("api_version") or before
    if version_of(version) == (0, 0):
        raise missing("api_version is invalid")
    return version
