"""How a job looks in the list of all jobs, in a given width. Pure: a line in, spans out.

     #3 ✕ failed       uname -r              kvm[01-18]  14:02:11   0.4 s  16 ok · 1 unreachable · 1 failed

Columns depend on the width, the commands and the hosts of the jobs alone, so that no job that goes on moves any.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ...glyphs import Glyphs
from ...text import cut, cut_middle, fit, safe, width_of
from ...widgets.answers import clip
from ...widgets.job_list import STATE_WIDTH, STATES, TIME_WIDTH, JobLine
from ...widgets.lines import Spans, drawn

GAP = 2
"""Cells between two columns."""

LEAST_COMMAND = 24
"""Cells of the longest command that come before all other columns."""

BEGAN = len("14:03:12")
TARGET, LONGEST_TARGET = 20, 60
OUTCOMES, LEAST_OUTCOMES = 26, 14
"""Cells in which the usual counts have room, and in which they still say something."""


class Columns(NamedTuple):
    """Widths in cells, 0 for a column that has no room. `outcomes` comes last, and has what is left."""

    number: int
    command: int
    target: int
    began: int
    took: int
    outcomes: int

    def heads(self) -> tuple[tuple[int, str], ...]:
        """The name of each column behind the command, with the cell after its last letter."""
        place, found = 2 + self.number + 3 + STATE_WIDTH + GAP + self.command, []
        for width, name, right in (
            (self.target, "hosts", False), (self.began, "began", True), (self.took, "took", True),
            (self.outcomes, "ended", False),
        ):  # fmt: skip
            if width:
                found.append((place + GAP + (width if right else len(name)), name))
                place += GAP + width
        return tuple(found)


def columns(width: int, lines: Sequence[JobLine]) -> Columns:
    """Share `width` cells out: the command comes first, then the time, how hosts ended, the hosts, the beginning. What
    is left goes to the command, then to the hosts, then to how these ended."""
    number = 1 + max((len(str(line.number)) for line in lines), default=1)
    longest = max((width_of(line.title) for line in lines), default=0)
    names = min(max((width_of(line.target) for line in lines), default=0), LONGEST_TARGET)
    command = min(longest, LEAST_COMMAND)
    left = width - 2 - number - 3 - STATE_WIDTH - GAP - command - 1

    def taken(size: int) -> int:
        nonlocal left
        if left < GAP + size:
            return 0
        left -= GAP + size
        return size

    took = taken(TIME_WIDTH)
    outcomes = taken(OUTCOMES) or taken(max(LEAST_OUTCOMES, left - GAP))
    target = taken(min(names, TARGET)) if names else 0
    began = taken(BEGAN)
    more = max(0, min(longest - command, left))
    wider = max(0, min(names - target, left - more)) if target else 0
    left = max(0, left - more - wider)
    return Columns(number, command + more, target + wider, began, took, outcomes + left if outcomes else 0)


def draw_job(line: JobLine, width: int, at: Columns, glyphs: Glyphs, *, marked: bool) -> Spans:
    """One job; its hosts are marked, or not all of them."""
    state = STATES[line.state]
    spans = drawn(
        (" ", "text"), ("*" if marked else " ", "mark"), (f"#{line.number}".rjust(at.number), "dim"),
        (f" {glyphs.state(state)} {line.state:<{STATE_WIDTH}}  ", state.value),
        (fit(cut(line.title, at.command, glyphs.ellipsis), at.command), "text"),
        (f"  {fit(cut_middle(line.target, at.target, glyphs.ellipsis), at.target)}" if at.target else "", "dim"),
        (f"  {line.began:>{at.began}}" if at.began else "", "dim"),
        (f"  {fit(safe(line.lasted), at.took, right=True)}" if at.took else "", "text"),
    )  # fmt: skip
    if not at.outcomes:
        return clip(spans, width)
    between = (f" {glyphs.separator} ", "dim")
    counts = drawn(*(piece for each in line.counts for piece in (between, each)))[1:]
    return clip((*spans, *drawn(("  ", "text")), *clip(counts, at.outcomes)), width)
