"""`python -m bench`: runs the groups that are named, or all, prints one table and saves a whole run as docs/bench.md.

A group is a module with `TITLE` and `async rows(bench) -> list[Row]`; adding one is adding it to GROUPS.
"""

import argparse
import os
import shlex
import signal
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from bench import burst, core, flood, latency, onecore, recording, scale, sockets, webhook
from bench.load import pace
from bench.run import Bench, Group
from bench.table import Report

GROUPS: dict[str, Group] = {
    "webhook": Group(webhook.TITLE, webhook.rows),
    "core": Group(core.TITLE, core.rows),
    "latency": Group(latency.TITLE, latency.rows),
    "scale": Group(scale.TITLE, scale.rows),
    "recorder": Group(recording.TITLE, recording.rows),
    "burst": Group(burst.TITLE, burst.rows),
    "onecore": Group(onecore.TITLE, onecore.rows),
    "sockets": Group(sockets.TITLE, sockets.rows),
    "flood": Group(flood.TITLE, flood.rows),
}
"""In the order in which they run and stand in the table."""
PAGE = Path(__file__).parents[1] / "docs" / "bench.md"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures the gateway on this machine.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"some of {', '.join(GROUPS)}; all without any")
    parser.add_argument("--quick", action="store_true", help="small loads, once each: does it run, and roughly how")
    parser.add_argument("--repeats", type=int, default=3, help="how often each figure is taken (default: 3)")
    parser.add_argument("--save", type=Path, help=f"where the table goes (a whole run that is not quick: {PAGE.name})")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.groups if name not in GROUPS]:
        parser.error(f"there is no group {', '.join(unknown)}; there are {', '.join(GROUPS)}")
    return arguments


async def _measure(arguments: argparse.Namespace) -> Report:
    names = arguments.groups or list(GROUPS)
    began, load_before = time.monotonic(), os.getloadavg()
    groups, paces = {}, {}
    for name in names:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            bench = Bench(Path(folder), quick=arguments.quick, repeats=1 if arguments.quick else arguments.repeats)
            print(f"{name} …", file=sys.stderr, flush=True)  # noqa: T201 - for the person at the terminal
            title, before = GROUPS[name].title, pace()
            groups[title] = await GROUPS[name].rows(bench)
            paces[title] = before, pace()
    return Report(
        command=shlex.join(["python", "-m", "bench", *sys.argv[1:]]),
        groups=groups,
        load_before=load_before,
        load_after=os.getloadavg(),
        minutes=(time.monotonic() - began) / 60,
        paces=paces,
    )


def main() -> int:
    """The exit code: 0 where everything was measured, whatever the figures are."""
    arguments = _arguments()
    # As Ctrl-C does: what was started is ended, the servers in sessions of their own too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    page = uvloop.run(_measure(arguments)).markdown()  # as `gateway run` does, for parts measured in this process
    print(page)  # noqa: T201 - the table is what was asked for
    target = arguments.save or (None if arguments.groups or arguments.quick else PAGE)
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
