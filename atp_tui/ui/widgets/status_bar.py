"""The line at the top: the fleet in one glance."""

from __future__ import annotations

import time

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from ...model.connection import ConnectionState
from ...monitor.metrics import find_metric
from ...monitor.tally import Summary
from ..format import NOT_KNOWN, WRITE, rate
from ..glyphs import STATE_ORDER, UNICODE, Glyphs
from ..shown import styled, together
from ..text import cut, safe

SHOWN_ALWAYS = (ConnectionState.CONNECTED, ConnectionState.RECONNECTING, ConnectionState.FAILED)
"""States whose count is shown at 0 too: figures that come and go would move the ones beside them."""

CRUMB = 24
"""Cells of a place in the path."""

Part = tuple[int, Content]
"""How easily a part is left out (0: never), and the part."""


class StatusBar(Widget):
    """Shows the fleet added up, the jobs and the time; what does not fit is left out, the least needed first."""

    snapshot: reactive[Summary | None] = reactive(None)
    """None: nothing is known of the fleet yet."""
    job: reactive[bool] = reactive(False)
    """Whether the job whose answers are shown runs."""
    others: reactive[int] = reactive(0)
    """How many jobs run beside it: out of sight, and never left out here."""
    clock: reactive[str] = reactive("")
    crumbs: reactive[tuple[str, ...]] = reactive(())
    """The places above the first view, from the lowest one to that in sight; they may hold anything."""

    wrong: reactive[str] = reactive("")
    """What is wrong with the file of the hosts, in a few words."""

    def __init__(
        self, source: str, glyphs: Glyphs = UNICODE, *, read_only: bool = False, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._read_only = "read-only  " * read_only
        self._glyphs = glyphs
        self._source = safe(source)

    def on_mount(self) -> None:
        self.tick()

    def tick(self) -> None:
        """Take over the time of day."""
        self.clock = time.strftime("%H:%M:%S")

    def render(self) -> Content:
        now = self.snapshot or Summary()
        width = self.size.width
        number = dict(now.states)
        always = SHOWN_ALWAYS if self.snapshot is not None else ()
        counts = [(state, number.get(state, 0)) for state in STATE_ORDER if state in number or state in always]
        states = [styled(f"{self._glyphs.state(state)} {count}  ", f"${state.value}" if count else "$dim")
                  for state, count in counts]  # fmt: skip
        left: list[Part] = [
            (0, styled(" atp  ", "bold $title-focus")),
            (5, styled(f"{self._source}{'' if self.crumbs else '  '}", "$title")),
            (1, self._path()),
            (0, styled(self._read_only, "bold")),
            (1, styled(self.wrong, "$failed")),
            (0, together(*states)),
            *self._silent(now),
            *self._domains(now),
            *sum_parts(now),
            (4, styled(f"{rate(now.errors)} err/s  ", _colour_of_errors(now.errors))),
            self._jobs(),
        ]
        clock = styled(f"{self.clock} ")
        for least in range(6, -1, -1):  # leave out whole kinds until the rest fits
            shown = [part for need, part in left if need < max(least, 1)]
            used = sum(part.cell_length for part in shown)
            if used + clock.cell_length <= width or least <= 1:
                break
        gap = max(0, width - used - clock.cell_length)
        return together(*shown, styled(" " * gap), clock).truncate(width)

    def _path(self) -> Content:
        """Where one is: `› VMs › kvm01/web`."""
        between = f" {self._glyphs.folded} "
        words = "".join(between + cut(safe(crumb), CRUMB, self._glyphs.ellipsis) for crumb in self.crumbs)
        return styled(f"{words}  " if words else "", "$title-focus")

    def _jobs(self) -> Part:
        if self.others:
            return 0, styled(f"+{self.others} job{'s' * (self.others != 1)} running  ", "$connecting")
        return 1, styled("1 job running  " if self.job else "", "$connecting")

    def _silent(self, now: Summary) -> list[Part]:
        """How many of the hosts that count as lost have only fallen silent."""
        if not now.silent:
            return []
        return [(1, styled(f"({now.silent} silent)  ", "$reconnecting"))]

    def _domains(self, now: Summary) -> list[Part]:
        """`VMs 410 up 2 paused 18 off`: together they are all that fresh figures tell of; the rest is not known now."""
        if now.vms is None:
            parts: list[Part] = [(2, styled(f" VMs {NOT_KNOWN}  ", "$dim"))]
        else:
            up, paused, crashed, off, unknown = now.vms
            parts = [
                (2, styled(f" VMs {up} up ")),
                *[(2, styled(f"{paused} paused ", "$reconnecting"))] * (paused > 0),
                *[(2, styled(f"{crashed} crashed ", "$failed"))] * (crashed > 0),
                (3, styled(f"{off} off ")),
                *[(3, styled(f"{unknown} without state "))] * (unknown > 0),
            ]
        if now.unseen:
            parts.append((3, styled(f"{now.unseen} unknown ", "$dim")))
        return [*parts, (2, styled(" "))]


def sum_parts(now: Summary) -> list[Part]:
    """`   14 req/s`: each figure that is added up over the fleet."""
    found: list[Part] = []
    for name, figure in now.sums:
        metric = find_metric(name)
        if metric is not None:
            words = f"{WRITE[metric.form](figure)} {metric.head}  "
            found.append((4, styled(words, "$dim" if figure is None else "")))
    return found


def _colour_of_errors(errors: float | None) -> str:
    return "$dim" if errors is None else "$failed" if errors else ""
