"""Templates of a WhatsApp Business account: their list, and sending one.

Variables are positional ({{1}}) or named ({{name}}). Sources: CHANNELS.md 3.4.
"""

import re

from sandbox.meta.calls import Call, edge
from sandbox.meta.errors import GraphError, required, wrong
from sandbox.whatsapp.contents import Content
from sandbox.wire import Json

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_REFUSED = {"PAUSED": 132015, "DISABLED": 132016}
_LONGEST = 1024
_BAD_TEXT = re.compile(r"[\n\t]| {5,}")
_LIMIT, _MOST = 25, 100
_TEMPLATES = 6000


@edge("whatsapp", "waba", "GET", "message_templates", "templates")
def list_templates(call: Call) -> Json:
    """A page of the list; its cursor is a number of ours."""
    limit = max(1, min(_MOST, int(call.text("limit", str(_LIMIT)))))
    after = call.text("after")
    start = int(after) if after.isdigit() else 0
    fit = [
        one
        for one in call.account.templates
        if all(
            one[name].lower() == call.text(name).lower()
            for name in ("name", "status", "language")
            if name in call.values
        )
    ]
    page = fit[start : start + limit]
    if "fields" in call.values:
        wanted = {*re.findall(r"\w+", call.text("fields")), "id"}
        page = [{name: value for name, value in one.items() if name in wanted} for one in page]
    answer: Json = {"data": page}
    if page:
        answer["paging"] = {"cursors": {"before": str(start), "after": str(start + len(page))}}
    if "summary" in call.values:
        count = len(call.account.templates)
        counted = {"total_count": len(fit), "message_template_count": count, "message_template_limit": _TEMPLATES}
        answer["summary"] = {**counted, "are_translations_complete": True}
    if start + limit < len(fit):
        query = "&".join(
            f"{name}={call.values[name]}" for name in ("fields", "name", "status", "language") if name in call.values
        )
        own = f"{call.meta.media.base}/v23.0/{call.node}/message_templates?limit={limit}&after={start + limit}"
        answer["paging"]["next"] = f"{own}&{query}" if query else own
    return answer


def read_template(call: Call) -> tuple[Content, Json]:
    """What the person sees, and the template; raises GraphError for one that cannot be sent, or not so."""
    given = call.object("template")
    if given is None:
        raise GraphError(131008, details="template is required")
    name, language = given.get("name"), (given.get("language") or {}).get("code")
    if not name:
        raise required("template['name']")
    if not language:
        raise required("template['language']['code']")
    template = next((one for one in call.account.templates if (one["name"], one["language"]) == (name, language)), None)
    if template is not None and template["status"] in _REFUSED:
        raise GraphError(_REFUSED[template["status"]])
    if template is None or template["status"] != "APPROVED":
        raise GraphError(132001, details=f"template name ({name}) does not exist in {language}")
    components = [one for one in given.get("components") or [] if isinstance(one, dict)]
    body = _filled(template, components)
    buttons = tuple(_buttons(template, components))
    return Content(text=body, content={"name": name, "language": language}, buttons=buttons), template


def _filled(template: Json, components: list[Json]) -> str:
    text = next(str(one["text"]) for one in template["components"] if one["type"] == "BODY")
    given = [
        one
        for part in components
        if str(part.get("type", "")).lower() == "body"
        for one in part.get("parameters") or []
    ]
    wanted = list(dict.fromkeys(_VARIABLE.findall(text)))
    if len(given) != len(wanted):
        said = (
            f"number of localizable_params ({len(given)}) does not match the expected number of params ({len(wanted)})"
        )
        raise GraphError(132000, details=f"body: {said}")
    named = template["parameter_format"] == "NAMED"
    values: dict[str, str] = {}
    for place, one in zip(wanted, given, strict=True):
        name = str(one.get("parameter_name", "")) if named else place
        if name not in wanted:
            raise wrong("Parameter name is missing or empty" if not name else f"There is no parameter {name}")
        value = str(one.get("text", "")) if one.get("type") == "text" else str(one.get(str(one.get("type")), ""))
        if not value:
            raise GraphError(131008, details="Parameter of type text is missing text value")
        if _BAD_TEXT.search(value):
            raise wrong("Param text cannot have new-line/tab characters or more than 4 consecutive spaces")
        values[name] = value
    filled = _VARIABLE.sub(lambda found: values[found[1]], text)
    if len(filled) > _LONGEST:
        raise GraphError(132005, details=f"body: length of {len(filled)} exceeds {_LONGEST}")
    around = {one["type"]: str(one.get("text", "")) for one in template["components"]}
    return "\n".join(one for one in (around.get("HEADER"), filled, around.get("FOOTER")) if one)


def _buttons(template: Json, components: list[Json]) -> list[Json]:
    payloads = {
        str(part.get("index", "0")): str((part.get("parameters") or [{}])[0].get("payload", ""))
        for part in components
        if str(part.get("type", "")).lower() == "button"
    }
    shown = [button for one in template["components"] if one["type"] == "BUTTONS" for button in one["buttons"]]
    return [
        {"title": one["text"], "id": payloads.get(str(index)) or one["text"], "kind": "button"}
        for index, one in enumerate(shown)
    ]
