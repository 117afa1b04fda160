"""The line at the top: the fleet in one glance."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from ...model.connection import ConnectionState
from ...model.freeze import Frozen
from ...monitor.metrics import find_metric
from ...monitor.tally import Summary
from ..format import NOT_KNOWN, WRITE
from ..frozen_words import frozen_sign
from ..glyphs import STATE_ORDER, UNICODE, Glyphs
from ..messages import CommandLineRequested
from ..shown import styled, together
from ..sums import NAME_OF_STATE
from ..text import cut, safe

SHOWN_ALWAYS = (ConnectionState.CONNECTED, ConnectionState.RECONNECTING, ConnectionState.FAILED)
"""States whose count is shown at 0 too: figures that come and go would move the ones beside them."""

WRONG = frozenset({"errors"})
"""Sums that tell of something wrong where they are no zero."""

CRUMB = 24
"""Cells of a place in the path."""


class Part(NamedTuple):
    """Some words of the line. `need` says how easily they are left out (0: never); a click on them does `line`, a line
    of the `:` commands; "" for words that do nothing."""

    need: int
    words: Content
    line: str = ""


class StatusBar(Widget):
    """Shows the fleet added up, the jobs and the time; what does not fit is left out, the least needed first.

    Posts CommandLineRequested where a sum was clicked.
    """

    snapshot: reactive[Summary | None] = reactive(None)
    """None: nothing is known of the fleet yet."""
    job: reactive[bool] = reactive(False)
    """Whether the job whose answers are shown runs."""
    others: reactive[int] = reactive(0)
    """How many jobs run beside it: out of sight, and never left out here."""
    clock: reactive[str] = reactive("")
    crumbs: reactive[tuple[str, ...]] = reactive(())
    """The places above the first view, from the lowest one to that in sight; they may hold anything."""

    frozen: reactive[tuple[str, str]] = reactive(("", ""))
    """As frozen_words.frozen_sign."""

    wrong: reactive[str] = reactive("")
    """What is wrong with the file of the hosts, in a few words."""

    def __init__(
        self,
        source: str,
        glyphs: Glyphs = UNICODE,
        *,
        read_only: bool = False,
        frozen: Callable[[], Frozen] = Frozen,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._now_frozen = frozen
        self._read_only = "read-only  " * read_only
        self._glyphs = glyphs
        self._source = safe(source)
        self._ends: list[tuple[int, str]] = []
        """Of each part that is shown, the column behind it and what a click on it does."""

    def on_mount(self) -> None:
        self.tick()

    def tick(self) -> None:
        """Take over the time of day, and what is frozen now."""
        self.frozen = frozen_sign(self._now_frozen())
        self.clock = time.strftime("%H:%M:%S")

    def render(self) -> Content:
        now = self.snapshot or Summary()
        width = self.size.width
        number = dict(now.states)
        always = SHOWN_ALWAYS if self.snapshot is not None else ()
        counts = [(state, number.get(state, 0)) for state in STATE_ORDER if state in number or state in always]
        states = [
            Part(0, styled(f"{self._glyphs.state(state)} {count}  ", f"${state.value}" if count else "$dim"),
                 _only(NAME_OF_STATE[state]) if count else "")
            for state, count in counts
        ]  # fmt: skip
        left: list[Part] = [
            Part(0, styled(" atp  ", "bold $title-focus")),
            Part(5, styled(f"{self._source}{'' if self.crumbs else '  '}", "$title")),
            Part(1, self._path()),
            Part(0, styled(self._read_only, "bold")),
            *self._frozen(),
            Part(1, styled(self.wrong, "$failed")),
            *states,
            *self._among(now),
            *self._domains(now),
            *sum_parts(now),
            self._jobs(),
        ]
        clock = styled(f"{self.clock} ")
        for least in range(6, -1, -1):  # leave out whole kinds until the rest fits
            shown = [part for part in left if part.need < max(least, 1)]
            used = sum(part.words.cell_length for part in shown)
            if used + clock.cell_length <= width or least <= 1:
                break
        gap = max(0, width - used - clock.cell_length)
        self._ends, end = [], 0
        for part in shown:
            end += part.words.cell_length
            self._ends.append((end, part.line))
        return together(*(part.words for part in shown), styled(" " * gap), clock).truncate(width)

    def on_click(self, event: events.Click) -> None:
        line = next((line for end, line in self._ends if event.x < end), "")
        if line:
            name, _, argument = line.partition(" ")
            self.post_message(CommandLineRequested(name, argument))

    def _path(self) -> Content:
        """Where one is: `› VMs › kvm01/web`."""
        between = f" {self._glyphs.folded} "
        words = "".join(between + cut(safe(crumb), CRUMB, self._glyphs.ellipsis) for crumb in self.crumbs)
        return styled(f"{words}  " if words else "", "$title-focus")

    def _frozen(self) -> list[Part]:
        """That something is frozen, which is never left out, and why."""
        sign, why = self.frozen
        if not sign:
            return []
        return [
            Part(0, styled(f"{safe(sign)}  ", "bold $connecting")),
            *[Part(3, styled(f"({safe(why)})  ", "$connecting"))] * bool(why),
        ]

    def _jobs(self) -> Part:
        if self.others:
            return Part(0, styled(f"+{self.others} job{'s' * (self.others != 1)} running  ", "$connecting"), "jobs")
        return Part(1, styled("1 job running  " if self.job else "", "$connecting"), "jobs")

    def _among(self, now: Summary) -> list[Part]:
        """How many of the hosts that count as lost have only fallen silent, and how many wait for a person."""
        silent = Part(1, styled(f"({now.silent} silent)  ", "$reconnecting"), _only("silent"))
        waiting = Part(3, styled(f"({now.waiting} waiting)  ", "$failed"), _only("waiting"))
        return [*[silent] * (now.silent > 0), *[waiting] * (now.waiting > 0)]

    def _domains(self, now: Summary) -> list[Part]:
        """`VMs 410 up 2 paused 18 off`: together they are all that fresh figures tell of; the rest is not known now."""
        if now.vms is None:
            parts = [Part(2, styled(f" VMs {NOT_KNOWN}  ", "$dim"))]
        else:
            up, paused, crashed, off, unknown = now.vms
            parts = [
                Part(2, styled(f" VMs {up} up "), _only("up")),
                *[Part(2, styled(f"{paused} paused ", "$reconnecting"), _only("paused"))] * (paused > 0),
                *[Part(2, styled(f"{crashed} crashed ", "$failed"), _only("crashed"))] * (crashed > 0),
                Part(3, styled(f"{off} off "), _only("off")),
                *[Part(3, styled(f"{unknown} without state "), _only("no"))] * (unknown > 0),
            ]
        if now.unseen:
            parts.append(Part(3, styled(f"{now.unseen} unknown ", "$dim"), _only("unknown")))
        return [*parts, Part(2, styled(" "))]


def sum_parts(now: Summary) -> list[Part]:
    """`   14 req/s`: each figure that is added up over the fleet."""
    found: list[Part] = []
    for name, figure in now.sums:
        metric = find_metric(name)
        if metric is not None:
            words = f"{WRITE[metric.form](figure)} {metric.head}  "
            colour = "$dim" if figure is None else "$failed" if figure and name in WRONG else ""
            found.append(Part(4, styled(words, colour), _only(name)))
    return found


def _only(name: str) -> str:
    """What a click on the sum of that name does."""
    return f"only {name}"
