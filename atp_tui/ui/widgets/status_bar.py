"""The line at the top: the fleet in one glance."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from ...model.connection import ConnectionState
from ...monitor.fleet import HostRow
from ..format import rate
from ..glyphs import STATE_ORDER, UNICODE, Glyphs
from ..text import safe

SHOWN_ALWAYS = (ConnectionState.CONNECTED, ConnectionState.RECONNECTING, ConnectionState.FAILED)
"""States whose count is shown at 0 too: figures that come and go would move the ones beside them."""


@dataclass(frozen=True, slots=True)
class FleetSummary:
    """The fleet added up. Rates are None where no host has a fresh figure.

    `stale`: some of the domains are as a host that is not connected last had them.
    """

    states: tuple[tuple[ConnectionState, int], ...]
    running: int
    domains: int
    requests: float | None
    errors: float | None
    stale: bool = False


def summarise(rows: Iterable[HostRow]) -> FleetSummary:
    """Add up the rows. Hosts that are not connected count with their last known domains, but with no rates."""
    states: Counter[ConnectionState] = Counter()
    running = domains = 0
    requests: float | None = None
    errors: float | None = None
    stale = False
    for row in rows:
        states[row.state] += 1
        running += row.running or 0
        domains += row.domains or 0
        stale |= bool(row.domains) and row.state is not ConnectionState.CONNECTED
        if row.state is ConnectionState.CONNECTED and row.requests_per_second is not None:
            requests = (requests or 0.0) + row.requests_per_second
            errors = (errors or 0.0) + (row.errors_per_second or 0.0)
    counts = tuple((state, states[state]) for state in STATE_ORDER if states[state] or state in SHOWN_ALWAYS)
    return FleetSummary(counts, running, domains, requests, errors, stale)


class StatusBar(Widget):
    """Shows a FleetSummary, the jobs that run, and the time; what does not fit is left out, the least needed first."""

    snapshot: reactive[FleetSummary] = reactive(FleetSummary((), 0, 0, None, None))
    jobs: reactive[int] = reactive(0)
    clock: reactive[str] = reactive("")

    def __init__(self, source: str, glyphs: Glyphs = UNICODE, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._source = safe(source)

    def on_mount(self) -> None:
        self.tick()

    def tick(self) -> None:
        """Take over the time of day."""
        self.clock = time.strftime("%H:%M:%S")

    def render(self) -> Content:
        now = self.snapshot
        width = self.size.width
        states = [Content.styled(f"{self._glyphs.state(state)} {count}  ", f"${state.value}" if count else "$dim")
                  for state, count in now.states]  # fmt: skip
        jobs = f"{self.jobs} job{'s' * (self.jobs != 1)} running  " if self.jobs else ""
        left = [
            (0, Content.styled(" atp  ", "bold $title-focus")),
            (4, Content.styled(f"{self._source}  ", "$title")),
            (0, Content("").join(states)),
            (2, Content.styled(f" VMs {now.running}/{now.domains}  ", "$dim" if now.stale else "")),
            (3, Content(f"{rate(now.requests)} req/s  ")),
            (3, Content.styled(f"{rate(now.errors)} err/s  ", "$failed" if now.errors else "")),
            (1, Content.styled(jobs, "$connecting")),
        ]
        clock = Content(f"{self.clock} ")
        for least in range(5, -1, -1):  # leave out whole kinds until the rest fits
            shown = [part for need, part in left if need < max(least, 1)]
            used = sum(part.cell_length for part in shown)
            if used + clock.cell_length <= width or least <= 1:
                break
        gap = max(0, width - used - clock.cell_length)
        return Content("").join([*shown, Content(" " * gap), clock]).truncate(width)
