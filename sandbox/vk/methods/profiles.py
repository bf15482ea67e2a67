"""users.get, and the server's time."""

from sandbox.vk.calls import Call, method
from sandbox.vk.errors import VkError, missing
from sandbox.vk.records import Person
from sandbox.wire import Json

_MOST = 1000
_NOBODY = "https://vk.com/images/camera_200.png"
_PHOTOS = frozenset({"photo_50", "photo_100", "photo_200", "photo_max"})


@method("users.get")
def get_users(call: Call) -> list[Json]:
    names = call.parameters.words("user_ids") or call.parameters.words("user_id")
    if not names:
        raise missing("user_ids is undefined")
    if len(names) > _MOST:
        raise missing(f"user_ids should contain less than {_MOST} items")
    known = {name: one for one in call.world.people.values() for name in (str(one.id), one.screen_name) if name}
    found = [known[name] for name in names if name in known]
    if not found and not all(name.isdigit() for name in names):
        raise VkError(113)
    return [_shown(call, person) for person in found]


def _shown(call: Call, person: Person) -> Json:
    if person.is_deactivated:
        return {"id": person.id, "first_name": "DELETED", "last_name": "", "deactivated": "deleted"}
    first, last = person.names
    shown: Json = {
        "id": person.id,
        "first_name": first,
        "last_name": last,
        "can_access_closed": True,
        "is_closed": False,
    }
    wanted = set(call.parameters.words("fields"))
    if wanted & {"screen_name", "domain"}:
        shown |= dict.fromkeys(wanted & {"screen_name", "domain"}, person.screen_name or f"id{person.id}")
    avatar = call.vk.files.get(person.avatar) if person.avatar is not None else None
    shown |= dict.fromkeys(wanted & _PHOTOS, call.vk.files.link(avatar) if avatar is not None else _NOBODY)
    if "has_photo" in wanted:
        shown["has_photo"] = int(avatar is not None)
    return shown


@method("utils.getServerTime")
def get_server_time(call: Call) -> int:
    return call.vk.clock.now_s()
