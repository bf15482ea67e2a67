"""Methods about the bot itself: who it is, its name and texts, its commands and menu button."""

from collections.abc import Callable

from sandbox.telegram.calls import Call, method
from sandbox.telegram.errors import bad_request
from sandbox.wire import Json, encode

_MAX_COMMANDS = 100
_TEXTS = {"Name": ("name", 64), "Description": ("description", 512), "ShortDescription": ("short_description", 120)}


@method("getMe")
def get_me(call: Call) -> Json:
    return {
        **call.bot.as_user(),
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def _getter(field: str) -> Callable[[Call], object]:
    def get(call: Call) -> Json:
        language = call.parameters.text("language_code")
        profile = call.bot.profile
        usual = call.bot.name if field == "name" else ""
        return {field: profile.get(f"{field}:{language}", profile.get(f"{field}:", usual))}

    return get


def _setter(field: str, limit: int) -> Callable[[Call], object]:
    def set_text(call: Call) -> bool:
        text = call.parameters.text(field)
        if len(text) > limit:
            raise bad_request(f"bot {field.replace('_', ' ')} is too long")
        call.bot.profile[f"{field}:{call.parameters.text('language_code')}"] = text
        call.world.keep_bot(call.bot)
        return True

    return set_text


for _title, (_field, _limit) in _TEXTS.items():
    method(f"getMy{_title}")(_getter(_field))
    method(f"setMy{_title}")(_setter(_field, _limit))


def _scope(call: Call) -> str:
    """Whom a list of commands is for, as a key: scope and language."""
    scope = call.parameters.object("scope") or {"type": "default"}
    return f"{encode(dict(sorted(scope.items()))).decode()}:{call.parameters.text('language_code')}"


@method("setMyCommands")
def set_my_commands(call: Call) -> bool:
    commands = call.parameters.list("commands")
    if len(commands) > _MAX_COMMANDS:
        raise bad_request("can't use more than 100 bot commands")
    for command in commands:
        if not isinstance(command, dict) or not command.get("command"):
            raise bad_request("BOT_COMMAND_INVALID")
        if not command.get("description"):
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    call.bot.commands[_scope(call)] = [
        {"command": one["command"].removeprefix("/"), "description": one["description"]} for one in commands
    ]
    call.world.keep_bot(call.bot)
    return True


@method("getMyCommands")
def get_my_commands(call: Call) -> list[Json]:
    return call.bot.commands.get(_scope(call), [])


@method("deleteMyCommands")
def delete_my_commands(call: Call) -> bool:
    call.bot.commands.pop(_scope(call), None)
    call.world.keep_bot(call.bot)
    return True


@method("setChatMenuButton")
def set_chat_menu_button(call: Call) -> bool:
    call.bot.menu_buttons[call.parameters.text("chat_id")] = call.parameters.object("menu_button") or {
        "type": "default"
    }
    call.world.keep_bot(call.bot)
    return True


@method("getChatMenuButton")
def get_chat_menu_button(call: Call) -> Json:
    return call.bot.menu_buttons.get(call.parameters.text("chat_id"), {"type": "commands"})
