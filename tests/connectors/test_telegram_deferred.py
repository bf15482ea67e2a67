"""aiogram's models are built when they are used: told by a fresh interpreter, for here they may be in use already."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

LAZY = """
from pydantic import BaseModel
own = vars(BaseModel)["model_rebuild"]
from gateway.connectors.telegram import parse
from aiogram import methods, types
assert vars(BaseModel)["model_rebuild"] is own, "pydantic is left as it was"
kinds = [one for name in (*types.__all__, *methods.__all__)
         for one in [getattr(types, name, None) or getattr(methods, name)]
         if isinstance(one, type) and issubclass(one, BaseModel)]
theirs = [one for one in kinds if issubclass(one, types.TelegramObject)]
built = [one.__name__ for one in theirs if one.__pydantic_complete__]
assert len(theirs) > 300 and len(built) < 30, built
"""

USED = """
chat = {"id": 1, "type": "private"}
game = types.Game.model_validate({"title": "t", "description": "d", "photo": [
    {"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]})
assert game.photo[0].file_id == "f"
assert methods.SendPoll(chat_id=1, question="?", options=[types.InputPollOption(text="a")]).options[0].text == "a"
[item] = parse({"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": chat, "text": "hello",
    "from": {"id": 1, "is_bot": False, "first_name": "Ann"}}})
assert item.item.message.text == "hello"
from aiogram.methods.base import Response
assert Response[list[types.Update]].model_validate({"ok": True, "result": [{"update_id": 7}]}).result[0].update_id == 7
full = {**chat, "accent_color_id": 0, "max_reaction_count": 1, "accepted_gift_types": dict.fromkeys(
    types.AcceptedGiftTypes.model_fields, True)}
assert Response[types.ChatFullInfo].model_validate({"ok": True, "result": full}).result.id == 1
"""

EVERY = """
for one in kinds:
    one.model_rebuild()
    assert one.__pydantic_complete__, one
"""


def run(*pieces: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "".join(pieces)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_nothing_is_built_before_it_is_used() -> None:
    run(LAZY)


def test_what_is_used_is_built_by_itself() -> None:
    run(LAZY, USED)


def test_every_model_finds_the_names_that_it_speaks_of() -> None:
    run(LAZY, EVERY)
