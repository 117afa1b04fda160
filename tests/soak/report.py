"""The table at the end of a soak."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass

from .gauges import Gauges, Watch, memory_growth
from .load import Load
from .recoveries import Recoveries


@dataclass(frozen=True)
class Report:
    """What a soak has found. `before` and `after`: with no manager alive. No problems: it is passed."""

    before: Gauges
    watch: Watch
    after: Gauges
    recoveries: Recoveries
    load: Load
    hosts: int
    problems: list[str]

    def table(self) -> str:
        """All figures, for a person."""
        most, (early, late) = self.watch.most(), memory_growth(self.watch.samples)
        times = sorted(self.recoveries.times) or [0.0]
        lines = [
            f"{'':<20}{'before':>9}{'most':>9}{'after':>9}",
            *(
                f"{name:<20}{getattr(self.before, key):>9.{digits}f}{getattr(most, key):>9.{digits}f}"
                f"{getattr(self.after, key):>9.{digits}f}"
                for name, key, digits in (
                    ("RSS, MB", "rss", 1),
                    ("descriptors", "descriptors", 0),
                    ("threads", "threads", 0),
                    ("tasks", "tasks", 0),
                )
            ),
            f"{'RSS under load':<20}{early:.1f} MB in the second fifth of the run, {late:.1f} MB in the last",
            f"{'hosts':<20}{self.hosts}",
            f"{'faults':<20}{_counts(self.recoveries.faults)}",
            f"{'recoveries':<20}{len(self.recoveries.times)}, median {statistics.median(times):.2f} s, "
            f"longest {times[-1]:.2f} s; {len(self.recoveries.overdue)} not in time",
            f"{'work':<20}{_counts(self.load.outcomes)}",
            f"{'errors':<20}{_counts(self.load.errors)}",
            f"{'longest stall':<20}{1000 * self.watch.stall:.0f} ms of the event loop; "
            f"work ended {1000 * max(0.0, self.load.overrun):.0f} ms past its time limit at most",
            *(f"PROBLEM {problem}" for problem in self.problems),
            "failed" if self.problems else "passed: nothing leaked, every host came back",
        ]
        return "\n".join(lines)


def _counts(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counted.items())) or "none"
