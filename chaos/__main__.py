"""`python -m chaos`: goes through the rooms that are named, or all, prints the report and saves a whole run.

A room is a module with `TITLE` and `async enter(run) -> Outcome`; adding one is adding it to ROOMS. The first room that
is not clean ends the run: what it leaves stays to be looked at, and the line to repeat it is printed.
"""

import argparse
import asyncio
import shlex
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from chaos import (
    kills,
    letters,
    mutations,
    pauses,
    points,
    poison,
    pollers,
    rights,
    rolling,
    sockets,
    stores,
    trims,
    upgrades,
    vendors,
)
from chaos.report import Report
from chaos.room import Outcome, Room, Run

ROOMS: dict[str, Room] = {
    "sockets": Room(sockets.TITLE, sockets.enter),
    "points": Room(points.TITLE, points.enter),
    "trims": Room(trims.TITLE, trims.enter),
    "letters": Room(letters.TITLE, letters.enter),
    "kills": Room(kills.TITLE, kills.enter),
    "pauses": Room(pauses.TITLE, pauses.enter),
    "rolling": Room(rolling.TITLE, rolling.enter),
    "upgrades": Room(upgrades.TITLE, upgrades.enter),
    "rights": Room(rights.TITLE, rights.enter),
    "stores": Room(stores.TITLE, stores.enter),
    "vendors": Room(vendors.TITLE, vendors.enter),
    "pollers": Room(pollers.TITLE, pollers.enter),
    "poison": Room(poison.TITLE, poison.enter),
    "mutations": Room(mutations.TITLE, mutations.enter),
}
"""In the order in which they are gone through."""
BESIDE = (("sockets", "trims", "letters", "pauses"),)
"""Rooms that mostly wait for time to pass: they are gone through together."""
APART = ("mutations",)
"""Rooms that are long by themselves and break nothing but bodies: gone through when they are named."""
PAGE = Path(__file__).parents[1] / "docs" / "chaos.md"
SEED = 20261125


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos", description="Breaks what the gateway stands on.")
    named = f"some of {', '.join(ROOMS)}; all but {', '.join(APART)} without any"
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=named)
    parser.add_argument("--short", action="store_true", help="each room for a moment: does it run at all")
    parser.add_argument("--seed", type=int, default=SEED, help="of everything that is left to chance")
    parser.add_argument("--save", type=Path, help=f"where the report goes (a whole run that is not short: {PAGE.name})")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.rooms if name not in ROOMS]:
        parser.error(f"there is no room {', '.join(unknown)}; there are {', '.join(ROOMS)}")
    return arguments


async def _go_through(arguments: argparse.Namespace) -> Report:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    began = time.monotonic()
    outcomes: dict[str, Outcome] = {}
    for names in rows(arguments.rooms or [name for name in ROOMS if name not in APART]):
        async with asyncio.TaskGroup() as group:
            tasks = {name: group.create_task(_enter(name, arguments)) for name in names}
        outcomes |= {ROOMS[name].title: one.result() for name, one in tasks.items()}
        if any(one.result().problems for one in tasks.values()):
            break
    return Report(
        command=shlex.join(["python", "-m", "chaos", *sys.argv[1:]]),
        outcomes=outcomes,
        minutes=(time.monotonic() - began) / 60,
    )


def rows(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Rooms in their order, some of them at the same time."""
    left = list(names)
    while left:
        beside = next((row for row in BESIDE if left[0] in row), (left[0],))
        yield (row := tuple(name for name in left if name in beside))
        left = [name for name in left if name not in row]


async def _enter(name: str, arguments: argparse.Namespace) -> Outcome:
    """One room. What it breaks off with is what is wrong with it; its folder is kept then."""
    folder = Path(tempfile.mkdtemp(prefix=f"chaos-{name}-"))
    _tell(f"{name} …")
    run = Run(folder, seed=arguments.seed, is_short=arguments.short)
    began = time.monotonic()
    try:
        outcome = await ROOMS[name].enter(run)
    except Exception as error:  # noqa: BLE001 - a room that breaks off is not passed, whatever broke it
        traceback.print_exception(error)
        outcome = Outcome(load="Broken off", said={}, injected={}, faults=[f"{type(error).__name__}: {error}"])
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _tell(f"{name}: {len(outcome.problems)} problems after {time.monotonic() - began:.0f} s")
    if not outcome.problems:
        shutil.rmtree(folder, ignore_errors=True)
        return outcome
    again = shlex.join(
        ["python", "-m", "chaos", name, "--seed", str(arguments.seed), *(["--short"] if arguments.short else [])]
    )
    (folder / "problems.txt").write_text("\n".join(outcome.problems), encoding="utf-8")
    _tell(f"its problems, logs and data are in {folder}; repeat it with: {again}")
    return msgspec.structs.replace(outcome, notes=[*outcome.notes, f"Repeat it with `{again}`"])


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - for the person at the terminal


def main() -> int:
    """The exit code: 0 only where every room is clean and its faults were really injected."""
    arguments = _arguments()
    try:
        report = asyncio.run(_go_through(arguments))
    except (asyncio.CancelledError, KeyboardInterrupt):
        _tell("ended before it was done: nothing is saved")
        return 130
    page = report.markdown()
    print(page)  # noqa: T201 - the report is what was asked for
    whole: dict[tuple[str, ...], Path] = {(): PAGE, **{(name,): PAGE.with_name(f"{name}.md") for name in APART}}
    target = arguments.save or (None if arguments.short else whole.get(tuple(arguments.rooms)))
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page, encoding="utf-8")
    return 0 if report.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
