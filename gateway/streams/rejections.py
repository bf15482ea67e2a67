"""What Redis has refused, in words: which command, on which key, and what whoever looks after it can do. Pure.

Such a refusal is no entry's fault and no network's: it lasts until somebody has mended it.
"""

import re
from collections.abc import Sequence

from gateway.errors import CommandRejected
from gateway.streams.keys import Keys

_LOOKED = re.compile(r"REFUSED (?P<code>[A-Z]+) (?P<command>[A-Z]+) (?P<key>\S+)")
"""How `may.lua` names what would be refused, before anything is written."""
_GOES_ON = "Nothing is lost, and the gateway goes on by itself then"


def rejection(said: str, command: Sequence[object], address: str, keys: Keys) -> CommandRejected:
    """The error with a sentence about `said`, Redis' own words to `command` (of a script its name, then a key)."""
    root = keys.of_name("")
    name, *words = [one.decode(errors="replace") if isinstance(one, bytes) else str(one) for one in command]
    key = next((one for one in words if one.startswith(root)), "")
    if looked := _LOOKED.match(said):
        said, name, key = looked["code"], looked["command"], looked["key"]
    elif "ACL failure" in said or "executing the script" in said:
        said = "NOPERM " + said
    what = f"{name} on {key}" if key else name
    return CommandRejected(_sentence(said, what, address, root), what=what)


def _sentence(said: str, what: str, address: str, root: str) -> str:
    if said.startswith(("NOAUTH", "WRONGPASS")) or "invalid username-password" in said.lower():
        return f"Redis at {address} does not let the gateway in: {said}. Set user and password in redis_url right"
    if said.startswith(("NOPERM", "No permissions")) or "no permissions" in said:
        return (
            f"Redis at {address} refused {what}: its user has no right to it. Give the user of redis_url all commands"
            f" on the keys {root}* again (ACL SETUSER <user> +@all ~{root}*). {_GOES_ON}"
        )
    if said.startswith(("WRONGTYPE", "Operation against a key")):
        return (
            f"Redis at {address} refused {what}: something of another type stands under that key, which the gateway did"
            f" not put there. Look at it (TYPE, DUMP) and move it away (RENAME). {_GOES_ON}"
        )
    if "equal or smaller than the target stream top item" in said:
        return (
            f"Redis at {address} refused {what}: entries stand in that stream that no commit has finished. The gateway"
            " begins behind them when it takes the work over again; nothing is lost"
        )
    return f"Redis at {address} refused {what}: {said or 'without a word'}. Mend that. {_GOES_ON}"
