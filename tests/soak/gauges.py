"""What the soak measures of its own process, and its verdict on that."""

from __future__ import annotations

import asyncio
import os
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

TICK = 0.02
SAMPLE = 1.0

GROWTH = 0.08
"""The share by which memory under load may be larger in the last fifth of the run than in its second."""
SLACK = 4.0
"""MB that are no growth: one large answer more or less in flight."""


@dataclass(frozen=True)
class Gauges:
    """The process at one moment; `rss` in MB. The threads are without those of the event loop's executor: asyncssh's
    use of it starts up to six (`min(32, cores + 4)`), one after the other, which stay by design.
    """

    rss: float
    descriptors: int
    threads: int
    tasks: int


def gauges() -> Gauges:
    """The process now. Called on the event loop."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        pages = int(statm.read().split()[1])
    size = os.sysconf("SC_PAGE_SIZE")
    return Gauges(
        pages * size / 1e6,
        len(os.listdir("/proc/self/fd")) - 1,
        sum(not thread.name.startswith("asyncio_") for thread in threading.enumerate()),
        len(asyncio.all_tasks()),
    )


@dataclass
class Watch:
    """Samples the gauges, and notices when the event loop stands still. `stall` in seconds."""

    samples: list[Gauges] = field(default_factory=list)
    stall: float = 0.0

    async def run(self) -> None:
        """Until it is cancelled."""
        due = time.monotonic()
        while True:
            before = time.monotonic()
            await asyncio.sleep(TICK)
            now = time.monotonic()
            self.stall = max(self.stall, now - before - TICK)
            if now >= due:
                due = now + SAMPLE
                self.samples.append(gauges())

    def most(self) -> Gauges:
        """The highest of each."""
        return Gauges(
            max(one.rss for one in self.samples),
            max(one.descriptors for one in self.samples),
            max(one.threads for one in self.samples),
            max(one.tasks for one in self.samples),
        )


def memory_growth(samples: Sequence[Gauges]) -> tuple[float, float]:
    """Medians of memory in the second and in the last fifth of a run, in MB."""
    fifth = max(1, len(samples) // 5)
    memory = [one.rss for one in samples]
    return statistics.median(memory[fifth : 2 * fifth] or memory), statistics.median(memory[-fifth:])


def leaks(before: Gauges, after: Gauges, samples: Sequence[Gauges]) -> list[str]:
    """What there is more of after the run than before it, in words; empty where nothing leaked."""
    found = [
        f"{name}: {was} before, {now} after"
        for name, was, now in (
            ("descriptors", before.descriptors, after.descriptors),
            ("threads", before.threads, after.threads),
            ("tasks", before.tasks, after.tasks),
        )
        if now > was
    ]
    early, late = memory_growth(samples)
    if late > early * (1 + GROWTH) + SLACK:
        found.append(f"memory: {early:.1f} MB in the second fifth of the run, {late:.1f} MB in the last")
    return found
