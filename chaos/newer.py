"""The gateway of the next version: a copy of this one that raises the version, and writes what only that one reads.

What clients say, what is told of it and what is sent are new in it, so a stream of either is in flight at once.
"""

import re
import shutil
from pathlib import Path

from chaos.forks import ROOT

_NEW = {
    "commands/channel.py": ("Receive",),
    "events/messages.py": ("MessageReceived",),
    "events/replies.py": ("ReplyAccepted",),
    "outgoing.py": ("SendMessage",),
}
"""By file of the model: what is new in it."""
_VERSION = re.compile(r"^VERSION = (\d+)$", re.MULTILINE)
_IMPORT = "from msgspec import Struct\n"


def build(folder: Path) -> Path:
    """Makes the copy in an empty folder, and answers its root.

    Raises:
        LookupError: the model was rewritten, and this file was not.
    """
    leave_out = shutil.ignore_patterns("__pycache__", "node_modules")
    for name in ("gateway", "chaos"):
        shutil.copytree(ROOT / name, folder / name, ignore=leave_out)
    model = folder / "gateway" / "model"
    codec = model / "codec.py"
    text = codec.read_text()
    found = _VERSION.search(text)
    if found is None:
        raise LookupError("gateway/model/codec.py does not say VERSION = a number")
    version = int(found[1]) + 1
    codec.write_text(_VERSION.sub(f"VERSION = {version}", text))
    for file, names in _NEW.items():
        path = model / file
        text = _once(path.read_text(), re.escape(_IMPORT), f"from typing import ClassVar\n{_IMPORT}")
        for name in names:
            text = _once(text, rf"(class {name}\(.*\):\n)", rf"\1    SINCE: ClassVar[int] = {version}\n")
        path.write_text(text)
    return folder


def _once(text: str, pattern: str, new: str) -> str:
    changed, times = re.subn(pattern, new, text)
    if times != 1:
        raise LookupError(f"{pattern} stands {times} times in the model")
    return changed
