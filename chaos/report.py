"""The fault run's page: each room with its load, the faults that were really injected, and what they brought about."""

import os
import platform
from collections.abc import Mapping

import msgspec

from chaos.room import Outcome

_SHOWN = 20
"""Problems of a room that are told one by one."""


class Report(msgspec.Struct, frozen=True):
    """A run of some rooms, by their titles."""

    command: str
    outcomes: Mapping[str, Outcome]
    minutes: float

    @property
    def is_clean(self) -> bool:
        return not any(one.problems for one in self.outcomes.values())

    def markdown(self) -> str:
        """The whole page."""
        written = (
            f"Written by `{self.command}` in {self.minutes:.0f} minutes on {len(os.sched_getaffinity(0))} cores, "
            f"{platform.system()} {platform.release()}, Python {platform.python_version()}. "
            f"{'Clean.' if self.is_clean else '**Not clean.**'}"
        )
        lines = ["# Chaos", "", written, ""]
        for title, outcome in self.outcomes.items():
            lines += [f"## {title}", "", f"{outcome.load}.", "", "| what | count | at least |", "|---|---|---|"]
            lines += [f"| {what} | {count:,} | |" for what, count in outcome.said.items()]
            lines += [f"| fault: {kind} | {one.count:,} | {one.least:,} |" for kind, one in outcome.injected.items()]
            lines += [f"| problems found | {len(outcome.problems):,} | |", ""]
            lines += [f"- **{problem}**" for problem in outcome.problems[:_SHOWN]]
            lines += [f"- {note}" for note in outcome.notes]
            lines.append("")
        return "\n".join(lines)
