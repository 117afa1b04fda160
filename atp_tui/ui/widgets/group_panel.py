"""The panel of a group of hosts: how they are, their figures together, and why some are lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical

from ...model.data_class import dataclass
from ...monitor.metrics import find_metric
from ...monitor.query import GroupSums
from ..format import NOT_KNOWN, WRITE, percent
from ..glyphs import STATE_ORDER, UNICODE, Glyphs
from ..shown import styled
from ..text import cut, safe, width_of
from ..words import state_word
from .host_words import brief_of
from .lines import LinesView, Piece, Spans, drawn

LABEL = 10
"""Cells of the word before a figure."""


@dataclass(frozen=True, slots=True)
class SumLine:
    """One line of the panel, drawn already."""

    key: str
    spans: Spans


def sum_lines(of: GroupSums, width: int, glyphs: Glyphs) -> tuple[SumLine, ...]:
    """The lines in `width` cells: hosts by state, VMs, CPU and memory, then the causes of those that are lost."""
    rows: list[tuple[Piece, ...]] = [*_states(of, glyphs), *_figures(of, glyphs)]
    if of.causes:
        lost = sum(cause.number for cause in of.causes)
        rows += [(), ((f" {_hosts(lost)} in trouble", "strong"),)]
        for cause in of.causes:
            words = brief_of(cause) or safe("lost")
            names = ", ".join(cause.hosts) + f" {glyphs.ellipsis}" * (cause.number > len(cause.hosts))
            rows.append(((f"   {cause.number:>5,} {glyphs.separator} {words}", "text"), (f"  {names}", "dim")))
    return tuple(SumLine(str(number), _within(row, width, glyphs)) for number, row in enumerate(rows))


def _states(of: GroupSums, glyphs: Glyphs) -> list[tuple[Piece, ...]]:
    number = dict(of.states)
    rows: list[tuple[Piece, ...]] = [((f" {_hosts(of.hosts)}", "strong"),)]
    for state in STATE_ORDER:
        if number.get(state):
            sign = (f"   {number[state]:>5,} {glyphs.state(state)} ", state.value)
            silent = f", {of.silent} of them silent" if of.silent and state.value == "reconnecting" else ""
            rows.append((sign, (f"{state_word(state)}{silent}", "text")))
    return rows


def _figures(of: GroupSums, glyphs: Glyphs) -> list[tuple[Piece, ...]]:
    """Figures say of how many hosts they are: those of the others are old, or there are none."""
    figures, highest = of.figures, {name: (host, figure) for name, host, figure in of.highest}
    rows: list[tuple[Piece, ...]] = [
        (),
        ((" figures ", "strong"), (f"of {figures.fresh:,} of {of.hosts:,} hosts", "dim")),
    ]
    for name, mean in (("cpu", figures.cpu), ("memory", figures.memory)):
        metric = find_metric(name)
        title = name if metric is None else metric.title
        row: list[Piece] = [
            (f"   {title:<{LABEL}}", "dim"),
            (f"{percent(mean)} mean", "text" if mean is not None else "dim"),
        ]
        if name in highest and metric is not None:
            host, figure = highest[name]
            row.append((f"   {WRITE[metric.form](figure)} ", "text"))
            row.append((host, "text"))
        rows.append(tuple(row))
    rows.append(((f"   {'VMs':<{LABEL}}", "dim"), *_domains(of)))
    return rows


def _domains(of: GroupSums) -> list[Piece]:
    vms = of.figures.vms
    if vms is None:
        words = [f"  {NOT_KNOWN}"]
    else:
        named = (("up", vms.up), ("paused", vms.paused), ("crashed", vms.crashed), ("off", vms.off))
        words = [f"{number:,} {word}" for word, number in named if number or word == "up"]
        words += [f"{vms.unknown:,} without state"] * bool(vms.unknown)
    unseen: list[Piece] = [(f"  {of.unseen:,} unknown", "dim")] if of.unseen else []
    return [(f"{words[0]:>8}" + "".join(f"  {each}" for each in words[1:]), "dim" if vms is None else "text"), *unseen]


def _hosts(number: int) -> str:
    return f"{number:,} host{'s' * (number != 1)}"


def _within(row: Sequence[Piece], width: int, glyphs: Glyphs) -> Spans:
    """The pieces of a row in `width` cells."""
    pieces: list[Piece] = []
    left = width
    for text, role in row:
        shown = cut(safe(text), left, glyphs.ellipsis)
        pieces.append((shown, role))
        left -= width_of(shown)
    return drawn(*pieces)


class GroupLines(LinesView[SumLine], can_focus=False):
    """They are looked at, not walked through."""

    SHOWS_CURSOR: ClassVar[bool] = False
    DEFAULT_CSS = """
    GroupLines { overflow-y: hidden; height: 1fr; }
    """

    def draw(self, line: SumLine, width: int) -> Spans:
        return line.spans


class GroupPanel(Vertical):
    """Stands in the place of the host's panel while the cursor is on a group or a cause."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    GroupPanel { display: none; width: 1fr; height: 1fr; }
    MainScreen.-normal GroupPanel { width: 6fr; }
    MainScreen.-normal GroupPanel.-shown, MainScreen.-wide GroupPanel.-shown {
        display: block; border-left: solid $rule;
    }
    MainScreen.-normal HostPanel.-replaced, MainScreen.-wide HostPanel.-replaced { display: none; }
    """

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._title = ""
        self._sums: GroupSums | None = None
        self._lines = GroupLines()

    def compose(self) -> ComposeResult:
        yield self._lines

    def show(self, title: str, sums: GroupSums | None) -> None:
        """Show the sums of a group under its name, which may hold anything."""
        self._title, self._sums = title, sums
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        self._draw()

    def _draw(self) -> None:
        width = max(1, self.size.width)
        self._lines.set_lines(() if self._sums is None else sum_lines(self._sums, width, self._glyphs))
        room = max(0, width - 4)
        self._lines.set_title(styled(f" {cut(safe(self._title), room, self._glyphs.ellipsis)} " if self._title else ""))
