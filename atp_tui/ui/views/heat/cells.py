"""The widget of the heat map: rows of cells, a cursor that moves among them, and the marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message

from ....model.problem import Problem
from ....monitor.cells import Cell
from ....monitor.metrics import Form
from ...glyphs import Glyphs
from ...marks import Marks
from ...text import safe
from ...widgets.lines import LinesView, Spans
from ...words import sentence
from .drawing import Scale, draw_row
from .keys import HEAT
from .layout import HeatMap, HeatRow, lay_out

AROUND = 8
"""Rows beyond those in view whose cells are asked for too: one that is scrolled to is there at once."""


class HeatCells(LinesView[HeatRow]):
    """Posts Moved where the cursor or the marks differ, Opened, FigureRequested and OrderRequested."""

    SHOWS_CURSOR: ClassVar[bool] = False  # the cursor is on a cell
    BINDINGS: ClassVar[list[BindingType]] = [*HEAT]

    class Moved(Message):
        """The cursor has come to another host, other hosts are marked, or other rows are in view."""

    class Opened(Message):
        """Enter on a host, or a double click."""

        def __init__(self, host_id: str) -> None:
            super().__init__()
            self.host_id = host_id

    class FigureRequested(Message):
        """Colour by the next figure."""

    class OrderRequested(Message):
        """The worst first, or by group again."""

    def __init__(self, glyphs: Glyphs, marks: Marks, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._marks = marks
        self.map: HeatMap = lay_out((), 1)
        self.at: str | None = None
        self._groups: Sequence[tuple[str, Sequence[str]]] = ()
        self._cells: Mapping[str, Cell] = {}
        self._scale = Scale(1.0)
        self._form = Form.SHARE
        self._problem: Problem | None = None
        self._filter = ""
        self._known = 0

    @property
    def marked(self) -> frozenset[str]:
        """The marked hosts, which are those of the tree."""
        return self._marks.hosts

    # What is shown

    def lay_out(
        self, groups: Sequence[tuple[str, Sequence[str]]], problem: Problem | None, filter: str, known: int
    ) -> None:
        """Take over which hosts there are. The cursor stays on its host, or goes where that one was."""
        self._groups, self._problem, self._filter, self._known = groups, problem, filter, known
        self._place()

    def _place(self) -> None:
        before = self.map
        room = self.scrollable_content_region
        self.map = lay_out(self._groups, max(1, room.width), room.height)
        if self.at not in self.map.places:
            where = before.places.get(self.at or "")
            near = self.map.nearest(min(where[0], len(self.map.rows) - 1), where[1]) if where is not None else None
            self.at = near or next(iter(self.map.order), None)
        self.set_lines(self.map.rows)

    def update(self, cells: Mapping[str, Cell], scale: Scale, form: Form) -> None:
        """Take over the figures of the cells in view, and how they are written."""
        self._cells, self._scale, self._form = cells, scale, form
        self.redraw()

    def in_view(self) -> list[str]:
        """The hosts whose cells can be seen, and those near by."""
        top = max(0, self.scroll_offset.y - AROUND)
        rows = self.map.rows[top : top + self.scrollable_content_region.height + 2 * AROUND]
        return [each for row in rows for _, shelf in row.shelves for each in shelf.ids]

    def on_resize(self, event: events.Resize) -> None:
        self._place()
        self._follow()
        self.post_message(self.Moved())  # other rows are in view

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self.post_message(self.Moved())

    def draw(self, line: HeatRow, width: int) -> Spans:
        return draw_row(line, self.map, self._cells, self._scale, self._form, self.marked, self.at, self._glyphs)

    def placeholder(self) -> Sequence[str]:
        change = f"Press {self._glyphs.keys.sign('screen.filter')} to change it."
        if self._problem is not None:
            return (sentence(self._problem.reason) + self._problem.place, change)
        if self._known:
            return (f"None of {self._known} hosts matches /{safe(self._filter)}", change)
        return ("No hosts yet.",)

    # The cursor

    def go_to(self, host_id: str) -> bool:
        """Put the cursor on a host; False where it is not shown."""
        if host_id not in self.map.places:
            return False
        self._move(host_id)
        return True

    def _move(self, host_id: str | None) -> None:
        if host_id is not None and host_id != self.at:
            self.at = host_id
            self._follow()
            self.post_message(self.Moved())

    def _follow(self) -> None:
        if self.at is not None:
            self.cursor_to(self.map.places[self.at][0])

    def move_by(self, steps: int) -> None:
        self._move(self.map.below(self.at or "", steps))

    def move_to(self, index: int) -> None:
        self._move(self.map.order[min(index, len(self.map.order) - 1)] if self.map.order else None)

    def move_to_end(self, direction: int) -> None:
        self._move(self.map.order[0 if direction < 0 else -1] if self.map.order else None)

    def action_sideways(self, step: int) -> None:
        self._move(self.map.beside(self.at or "", step * (self.count.take() or 1)))

    def action_open(self) -> None:
        if self.at is not None:
            self.post_message(self.Opened(self.at))

    def on_click(self, event: events.Click) -> None:
        event.prevent_default()
        offset = event.get_content_offset(self)
        host_id = None if offset is None else self.map.at(offset.y + self.scroll_offset.y, offset.x)
        if host_id is not None:
            self._move(host_id)
            if event.chain == 2:
                self.action_open()

    def action_figure(self) -> None:
        self.post_message(self.FigureRequested())

    def action_sort(self) -> None:
        self.post_message(self.OrderRequested())

    # Marks

    def action_toggle_mark(self) -> None:
        if self.at is not None:
            self.mark_as_person(self.marked ^ {self.at})

    def action_mark_shown(self) -> None:
        self.mark_as_person(self.marked | frozenset(self.map.order))

    def action_invert(self) -> None:
        self.mark_as_person(self.marked ^ frozenset(self.map.order))

    def action_unmark(self) -> None:
        self.mark_as_person(frozenset())

    def mark_as_person(self, marked: frozenset[str]) -> None:
        """Let these hosts be the marked ones."""
        if marked != self.marked:
            self._marks.hosts = marked
            self.redraw()
            self.post_message(self.Moved())
