"""The bot itself: who it is, and its menu of commands."""

from sandbox.max.calls import SUCCESS, Call, method
from sandbox.max.errors import wrong
from sandbox.max.shapes import bot_info
from sandbox.wire import Json

_MOST_COMMANDS = 32
_LONGEST_NAME, _LONGEST_DESCRIPTION = 64, 128


@method("me")
def me(call: Call) -> Json:
    return bot_info(call.world, call.bot, call.server.clock.now_ms())


@method("commands")
def set_commands(call: Call) -> Json:
    """Replaces the menu."""
    given = call.object().get("commands")
    if not isinstance(given, list) or len(given) > _MOST_COMMANDS:
        raise wrong(f"commands: size must be between 0 and {_MOST_COMMANDS}")
    call.bot.commands = [_command(one) for one in given]
    call.world.keep_bot(call.bot)
    for dialog in call.world.dialogs.values():
        if dialog.bot_id == call.bot.id:
            call.world.tell("state", dialog)
    return SUCCESS


def _command(given: object) -> Json:
    name = given.get("name") if isinstance(given, dict) else None
    if not isinstance(given, dict) or not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME:
        raise wrong(f"commands: name: size must be between 1 and {_LONGEST_NAME}")
    described = given.get("description")
    if described is None:
        return {"name": name}
    if not isinstance(described, str) or not 0 < len(described) <= _LONGEST_DESCRIPTION:
        raise wrong(f"commands: description: size must be between 1 and {_LONGEST_DESCRIPTION}")
    return {"name": name, "description": described}
