"""The heat map's view: it asks for the cells in view, and knows what is marked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from textual import on
from textual.app import ComposeResult

from ....model.connection import ConnectionState
from ....model.order import natural
from ....model.quoting import redacted
from ....monitor.cells import Cell
from ....monitor.metrics import METRICS, Metric, find_metric
from ....monitor.orders import Sort
from ....monitor.query import Query, group_key
from ...format import NOT_KNOWN, WRITE
from ...places import Place
from ...shown import assembled
from ...text import safe
from ...words import state_word
from ..fleet.headings import UNTAGGED
from ..marking import mark_named
from ..view import Pointed, View, ViewServices
from .cells import HeatCells
from .drawing import Scale, legend, scale_for

_S = ConnectionState

SORTED_EACH = 10
"""Seconds between two looks at which host is the worst: cells that change their places at each sample say nothing."""

WORST = (_S.FAILED, _S.RECONNECTING, _S.CONNECTING, _S.DRAINING, _S.DISCONNECTED)
"""The states of hosts that are not connected, the worst first."""


class HeatView(View):
    """By group, or the worst first: hosts that are not connected, then by their figures."""

    def __init__(self, given: ViewServices) -> None:
        super().__init__(id="heat")
        self._fleet = given.fleet
        self._glyphs = given.glyphs
        self._tell = given.tell
        self._marks = given.marks
        self.cells = HeatCells(given.glyphs, given.marks, id="heat-cells")
        self._query = Query(sort=Sort.NAME)
        self._metric: Metric = METRICS[0]
        self._scale: Scale | None = None
        self._worst_first = False
        self._since_sorted = 0
        self._groups: list[tuple[str, tuple[str, ...]]] = []
        self._known = 0

    def compose(self) -> ComposeResult:
        yield self.cells

    def take_focus(self) -> None:
        self.cells.focus()

    @property
    def is_ready(self) -> bool:
        return bool(self.cells.map.order)

    @property
    def pointed(self) -> Pointed:
        at = self.cells.at
        return Pointed(self._marks.known(self._fleet), () if at is None else (at,))

    @property
    def filter(self) -> str:
        return self._query.filter

    @property
    def settings(self) -> tuple[tuple[str, str], ...]:
        return (("figure", self._metric.name),) if self._metric is not METRICS[0] else ()

    def search(self, text: str) -> None:
        self._query = Query(filter=text, sort=Sort.NAME)
        self.look(True)
        self.post_message(self.Moved())

    def show_host(self, host_id: str) -> bool:
        return self.cells.go_to(host_id)

    def tick(self) -> None:
        self._since_sorted += 1
        is_due = self._worst_first and self._since_sorted >= SORTED_EACH
        if is_due or self._query.filter:  # hosts may have come to pass it, or pass it no more
            self.look(True)

    # What is shown

    def look(self, described: bool) -> None:
        if described or not self._groups:
            self._arrange()
        wanted = self.cells.in_view()
        cells = {cell.id: cell for cell in self._fleet.cells(wanted, self._metric.name)}
        figures = [cell.figure for cell in cells.values() if cell.figure is not None and cell.fresh]
        self._scale = scale_for(self._metric, figures, self._scale)
        self.cells.update(cells, self._scale, self._metric.form)
        self._retitle(cells)

    def _arrange(self) -> None:
        """Which hosts there are, in their groups or the worst first, and where each cell stands."""
        self._since_sorted = 0
        page = self._fleet.page(Query(filter=self._query.filter, sort=Sort.NAME, count=1))
        self._known, problem = page.known, page.problem
        if self._worst_first:
            cells = self._fleet.cells(self._fleet.hosts(self._query), self._metric.name)
            self._groups = [("", tuple(cell.id for cell in sorted(cells, key=_badness)))]
        else:
            tags = sorted((each.tag for each in self._fleet.summary().groups), key=_tag_order)
            found = ((tag, self._fleet.hosts(self._query, group_key(tag))) for tag in tags)
            self._groups = [(UNTAGGED if tag is None else tag, ids) for tag, ids in found if ids]
        self._marks.known(self._fleet)
        self.cells.lay_out(self._groups, problem, self._query.filter, self._known)

    def _retitle(self, cells: dict[str, Cell]) -> None:
        metric, scale = self._metric, self._scale or Scale(1.0)
        at = self.cells.at
        cell = None if at is None else cells.get(at)
        order = "worst first" if self._worst_first else ""
        filter = f" / {safe(self._query.filter)}" if self._query.filter else ""
        shown = f" {len(self.cells.map.order)} of {self._known}" if self._query.filter else ""
        marked = f" {self._glyphs.separator} {len(self.cells.marked)} marked" if self.cells.marked else ""
        title = f" {metric.title}{filter}{shown}{marked} "
        parts: list[str | tuple[str, str]] = [title, (f" {legend(metric, scale, self._glyphs)} ", "not bold $dim")]
        if order:
            parts.append((f" {order} ", "not bold $dim"))
        if cell is not None:
            figure = NOT_KNOWN if cell.figure is None else WRITE[metric.form](cell.figure).strip()
            told = figure if cell.state is ConnectionState.CONNECTED else state_word(cell.state)
            colour = cell.state.value if cell.fresh or cell.state is not ConnectionState.CONNECTED else "dim"
            parts.append((f" {safe(cell.id)} {told} ", f"not bold ${colour}"))
        self.cells.set_title(assembled(*parts))

    # Keys

    @on(HeatCells.Moved)
    def _moved(self) -> None:
        self.look(False)
        self.post_message(self.Moved())

    @on(HeatCells.Opened)
    def _opened(self, message: HeatCells.Opened) -> None:
        self.post_message(self.PlaceRequested(Place("host", message.host_id)))

    @property
    def commands(self) -> Mapping[str, Callable[[str], object]]:
        return {
            "figure": self._choose_figure,
            "mark": lambda text: mark_named(self._fleet, text, self.cells, self._tell, marks=True),
            "unmark": lambda text: mark_named(self._fleet, text, self.cells, self._tell, marks=False),
        }

    def _choose_figure(self, name: str) -> None:
        metric = find_metric(name)
        if metric is None:
            known = ", ".join(each.name for each in METRICS)
            self._tell(f"no figure {safe(redacted(name))}: there are {known}", True)
        else:
            self._colour_by(metric)

    def _colour_by(self, metric: Metric) -> None:
        self._metric, self._scale = metric, None
        self.look(self._worst_first)

    @on(HeatCells.FigureRequested)
    def _next_figure(self) -> None:
        at = METRICS.index(self._metric) if self._metric in METRICS else -1
        self._colour_by(METRICS[(at + 1) % len(METRICS)])

    @on(HeatCells.OrderRequested)
    def _other_order(self) -> None:
        self._worst_first = not self._worst_first
        self.look(True)


def _tag_order(tag: str | None) -> tuple[bool, object]:
    return tag is None, natural(tag or "")


def _badness(cell: Cell) -> tuple[int, float, object]:
    """Hosts that are not connected come first, those that a person is needed for before the others; then the largest
    figures, then those that are not known, and at last those that are disabled."""
    rank = WORST.index(cell.state) if cell.state in WORST else len(WORST) + (cell.state is _S.DISABLED)
    return rank, math.inf if cell.figure is None else -cell.figure, natural(cell.id)
