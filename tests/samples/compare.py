"""Compares how the gateway reads ../shared/samples with our reading of it in this folder.

The samples are other people's data: they stay where they are, and what stands here holds none of it: kinds, ids,
what is attached and how long the texts are. Run by `.ci/run` where the samples lie beside the clone;
`--write` writes the readings anew, to be checked by eye against the channel's documentation.

    .venv/bin/python tests/samples/compare.py [--write] [FOLDER]
"""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

from gateway.connectors.registry import channel, channel_names  # noqa: E402 - a script finds the clone by itself
from gateway.model.commands import Inbound  # noqa: E402
from gateway.model.messages import Attachment, Media, Message, Unsupported  # noqa: E402

Json = dict[str, Any]


def reading(item: Inbound) -> Json:
    """What was made of one item, without a word of it."""
    found: Json = {"key": item.key, "kind": item.item.__struct_config__.tag}
    for name in ("contact", "native", "press", "natives", "reachable", "about", "alarming", "reason"):
        value = getattr(item.item, name, None)
        if value not in {None, ()}:
            found[name] = value
    if (emojis := getattr(item.item, "emojis", None)) is not None:
        found["emojis"] = len(emojis)
    if (start := getattr(item.item, "start", None)) is not None:
        found["start_length"] = len(start)
    if isinstance(message := getattr(item.item, "message", None), Message):
        found["message"] = reading_of_message(message)
    return found


def reading_of_message(message: Message) -> Json:
    found: Json = {
        "native": message.native,
        "at": message.at,
        "text_length": len(message.text),
        "entities": [f"{one.kind} {one.offset}+{one.length}" for one in message.entities],
        "attachments": [reading_of_attachment(one) for one in message.attachments],
        "reply_to": message.reply_to.native if message.reply_to else None,
        "quote_length": len(message.reply_to.quote or "") if message.reply_to else None,
        "group": message.group,
        "is_forwarded": message.forwarded_from is not None,
    }
    return {name: value for name, value in found.items() if value not in (None, [], 0, False)}


def reading_of_attachment(one: Attachment) -> Json:
    match one:
        case Media():
            sizes = {name: getattr(one, name) for name in ("mime", "size", "width", "height", "duration")}
            found = {"kind": one.kind.value, **sizes, "has_name": one.name is not None}
            return {name: value for name, value in found.items() if value is not None}
        case Unsupported():
            return {"kind": f"Unsupported({one.of})", "hint_length": len(one.hint or "")}
        case _:
            fields = [name for name in one.__struct_fields__ if getattr(one, name) not in {None, ""}]
            return {"kind": one.__struct_config__.tag, "fields": fields}


def read(name: str, path: Path) -> list[Json]:
    """The readings of one sample; `parse` may neither raise nor say nothing."""
    package = channel(name)
    found = [reading(item) for update in package.unpack(path.read_bytes()) for item in package.parse(update)]
    if not found:
        raise AssertionError("it vanished silently")
    return found


def differences(samples: Path, *, write: bool) -> Iterator[str]:
    for name in channel_names():
        folder, ours = samples / name, HERE / name
        if not folder.is_dir():
            continue
        paths = sorted(folder.glob("*.json"))
        for path in paths:
            golden = ours / f"{path.stem}.expected.json"
            try:
                text = json.dumps(read(name, path), ensure_ascii=False, indent=2) + "\n"
            except Exception as error:
                yield f"{name}/{path.name}: {type(error).__name__}: {error}"
                continue
            if write:
                ours.mkdir(exist_ok=True)
                golden.write_text(text, encoding="utf-8")
            elif not golden.is_file():
                yield f"{name}/{path.name}: not read yet; run with --write and check the reading by eye"
            elif golden.read_text(encoding="utf-8") != text:
                yield f"{name}/{path.name}: read differently from {golden.relative_to(ROOT)}"
        known = {f"{path.stem}.expected.json" for path in paths}
        yield from (f"{name}/{one.name}: its sample is gone" for one in ours.glob("*.json") if one.name not in known)


def main(arguments: Iterable[str]) -> int:
    given = list(arguments)
    folders = [one for one in given if not one.startswith("--")]
    samples = Path(folders[0]) if folders else ROOT.parent / "shared" / "samples"
    if not samples.is_dir():
        sys.stdout.write(f"there are no samples at {samples}\n")
        return 1
    found = list(differences(samples, write="--write" in given))
    sys.stdout.write("\n".join(found or ["every sample is read as before"]) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
