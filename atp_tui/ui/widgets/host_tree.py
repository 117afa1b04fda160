"""The host tree: every host of the fleet under its group, trouble first, with marks, folds and a filter."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import wrap
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message

from ...monitor.metrics import find_metric
from .. import bindings
from ..glyphs import UNICODE, Glyphs
from ..text import cut, safe, width_of
from .host_words import counts_down
from .lines import LinesView, Spans
from .tree_drawing import columns, draw_group, draw_host
from .tree_model import (
    FleetSnapshot,
    GroupLine,
    HostLine,
    Sort,
    TreeLine,
    TreeModel,
    TreeOptions,
    build_tree,
    host_key,
    orders,
)

TICK = 0.2
"""Seconds between two looks at the countdowns in view."""

TICKS_PER_AGE = 5
"""Every so many of them all lines in view are looked at, for figures grow old while no news comes."""


class HostTree(LinesView[TreeLine]):
    """Shows `snapshot`; a new one may come at any rate. `clock` must be the one that the snapshot's moments are of."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings.HOSTS]

    class HostHighlighted(Message):
        """The cursor has come to another host, or off the hosts onto a group (None)."""

        def __init__(self, host_id: str | None) -> None:
            super().__init__()
            self.host_id = host_id

    class HostOpened(Message):
        """Enter on a host, or a double click."""

        def __init__(self, host_id: str) -> None:
            super().__init__()
            self.host_id = host_id

    class MarksChanged(Message):
        """These hosts are marked now; later snapshots should say so too."""

        def __init__(self, marked: frozenset[str]) -> None:
            super().__init__()
            self.marked = marked

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        glyphs: Glyphs = UNICODE,
        file: Path | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._clock = clock
        self._glyphs = glyphs
        self._file = safe(str(file or "hosts.toml"))
        self._snapshot = FleetSnapshot(loaded=False)
        self._options = TreeOptions()
        self._model = TreeModel((), (), 0, 0)
        self._now = 0.0
        self._ticks = 0

    # What is shown

    @property
    def snapshot(self) -> FleetSnapshot:
        return self._snapshot

    @snapshot.setter
    def snapshot(self, snapshot: FleetSnapshot) -> None:
        self._snapshot = snapshot
        self._now = snapshot.now
        self._rebuild()

    @property
    def shown_hosts(self) -> tuple[str, ...]:
        """The ids of the hosts that pass the filter, folded ones too."""
        return self._model.shown

    @property
    def cursor_hosts(self) -> tuple[str, ...]:
        """What the cursor is on: one host, or all shown hosts of a group; empty in an empty tree."""
        match self.cursor_line:
            case HostLine(row=row):
                return (row.id,)
            case GroupLine(hosts=hosts):
                return hosts
        return ()

    @property
    def sort(self) -> str:
        return self._options.sort

    @sort.setter
    def sort(self, sort: str) -> None:
        self._arrange(replace(self._options, sort=sort))

    def show_host(self, host_id: str) -> bool:
        """Put the cursor on a host, unfolding its group; False where the filter hides it or there is none such."""
        for line in self._model.lines:
            if isinstance(line, GroupLine) and line.folded and host_id in line.hosts:
                self._arrange(replace(self._options, folded=self._options.folded - {line.key}))
                break
        return self.cursor_to_key(host_key(host_id))

    def _rebuild(self) -> None:
        first = not self._model.lines
        self._model = build_tree(self._snapshot, self._options)
        self.set_lines(self._model.lines)
        if first and len(self._model.lines) > 1:
            self.cursor_to(1)  # on the first host rather than on its group, so that its panel is there at once
        self._retitle()

    def _arrange(self, options: TreeOptions) -> None:
        if options != self._options:
            self._options = options
            self._rebuild()

    # Drawing

    def draw(self, line: TreeLine, width: int) -> Spans:
        if isinstance(line, GroupLine):
            return draw_group(line, width, self._glyphs)
        at = columns(width, self._model.id_width, self._model.usual)
        return draw_host(line, width, at, self._now, self._glyphs)

    def placeholder(self) -> Sequence[str]:
        if not self._snapshot.loaded:
            return ("Loading …",)
        if (problem := self._model.problem) is not None:
            width = max(self.scrollable_content_region.width - 2, 10)
            place = f" (column {problem.column})" if (problem.column or 1) > 1 else ""
            words = [safe(problem.message) + place, *wrap(safe(problem.hint or ""), width)]
            return (*words, self._other_filter())
        hosts = len(self._snapshot.rows)
        if hosts:
            found = f"None of {hosts} hosts" if hosts > 1 else "The one host does not"
            return (f"{found} match{'es' if hosts > 1 else ''} /{safe(self._snapshot.filter)}", self._other_filter())
        leave = self._glyphs.keys.sign("screen.quit")
        where, then = f"They belong in {self._file}.", f"Press {leave}, write them there, and start again,"
        return ("No hosts yet.", where, then, "or look around: atp-tui demo")

    def _other_filter(self) -> str:
        return f"Press {self._glyphs.keys.sign('screen.filter')} to change it."

    def on_mount(self) -> None:
        self.set_interval(TICK, self._tick)

    def on_resize(self, event: events.Resize) -> None:
        self._retitle()

    def _tick(self) -> None:
        self._now = max(self._now, self._clock())
        self._ticks += 1
        if self._ticks % TICKS_PER_AGE == 0:
            self.redraw()
        else:
            self.redraw(lambda line: isinstance(line, HostLine) and counts_down(line.row))

    def _retitle(self) -> None:
        """`Hosts`, what is unusual about them, and the heads of the columns, which that is cut for."""
        width = self.scrollable_content_region.width
        heads = columns(width, self._model.id_width, self._model.usual).heads() if self._model.lines else ()
        heads = tuple((end, name) for end, name in heads if end <= width - 2)
        room = heads[0][0] - len(heads[0][1]) - 3 if heads else max(width - 2, 0)
        words = self._title_words(room)
        parts: list[Content | str | tuple[str, str]] = [words]
        used = width_of(words) + 1  # the line begins left of the title
        for end, name in heads:
            gap = max(0, end - used - len(name) - 1)
            parts += [(self._glyphs.rule * gap, "not bold $rule"), (f" {name} ", "not bold $dim")]
            used = end + 1
        self.set_title(Content.assemble(*parts))

    def _title_words(self, room: int) -> str:
        """The words of the title in `room` cells: the filter matters most, then the order, then the number of marks."""
        metric = find_metric(self._options.sort)
        order = self._options.sort if metric is None else metric.head
        by_order = "" if order == Sort.TROUBLE else f" by {order}"
        wanted = f" / {safe(self._snapshot.filter)}" if self._snapshot.filter else ""
        marked = len(self._snapshot.marked)
        marks = f" {self._glyphs.separator} {marked} marked" if marked else ""
        choices = (f"Hosts{by_order}{wanted}{marks}", f"Hosts{by_order}{wanted}", f"Hosts{wanted}", wanted.strip())
        fitting = (choice for choice in choices if choice and width_of(choice) + 2 <= room)
        words = next(fitting, wanted.strip() or "Hosts")
        return f" {cut(words, max(room - 2, 0), self._glyphs.ellipsis)} "

    # Keys

    def line_highlighted(self, line: TreeLine | None) -> None:
        self.post_message(self.HostHighlighted(line.row.id if isinstance(line, HostLine) else None))

    def line_opened(self, line: TreeLine) -> None:
        if isinstance(line, HostLine):
            self.post_message(self.HostOpened(line.row.id))
        elif line.folded:
            self.action_unfold()
        else:
            self.action_fold()

    def action_toggle_mark(self) -> None:
        hosts = frozenset(self.cursor_hosts)
        marked = self._snapshot.marked
        self._mark(marked - hosts if hosts <= marked else marked | hosts)

    def action_mark_shown(self) -> None:
        self._mark(self._snapshot.marked | frozenset(self.shown_hosts))

    def action_unmark(self) -> None:
        self._mark(frozenset())

    def action_sort(self) -> None:
        every = orders()
        self.sort = every[(every.index(self._options.sort) + 1) % len(every)]

    def action_fold(self) -> None:
        group = self._group_at_cursor()
        if group is not None and not self._snapshot.filter:
            self.cursor_to_key(group.key)
            self._arrange(replace(self._options, folded=self._options.folded | {group.key}))

    def action_unfold(self) -> None:
        group = self._group_at_cursor()
        if group is not None:
            self._arrange(replace(self._options, folded=self._options.folded - {group.key}))

    def _group_at_cursor(self) -> GroupLine | None:
        hosts = self.cursor_hosts[:1]
        for line in self._model.lines:
            if isinstance(line, GroupLine) and hosts and hosts[0] in line.hosts:
                return line
        return None

    def _mark(self, marked: frozenset[str]) -> None:
        if marked != self._snapshot.marked:
            self._snapshot = replace(self._snapshot, marked=marked)
            self._rebuild()
            self.post_message(self.MarksChanged(marked))
