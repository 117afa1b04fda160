"""The host tree: every host of the fleet under its group, trouble first, with marks, folds and a filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import wrap
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message

from ....monitor.metrics import find_metric
from ....monitor.query import GroupLine, HostLine, Line, Query, Sort, host_key, orders
from ...glyphs import UNICODE, Glyphs
from ...shown import assembled
from ...text import cut, safe, width_of
from ...widgets.host_words import counts_down
from ...widgets.lines import LinesView, Spans
from ...words import sentence
from .drawing import Columns, columns, draw_group, draw_host
from .keys import HOSTS
from .lines import Pages, TreeLines

TICK = 0.2
"""Seconds between two looks at the countdowns in view."""

TICKS_PER_AGE = 5
"""Every so many of them all lines in view are looked at, for figures grow old while no news comes."""


class HostTree(LinesView[Line]):
    """Shows the lines that `asked` has in the fleet, from the first call of `look` on; to be called on each change."""

    BINDINGS: ClassVar[list[BindingType]] = [*HOSTS]

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
        fleet: Pages,
        *,
        glyphs: Glyphs = UNICODE,
        file: Path | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._fleet = fleet
        self._glyphs = glyphs
        self._file = safe(str(file or "hosts.toml"))
        self._query = Query()
        self._tree: TreeLines | None = None
        self._hosts_at_cursor: tuple[str, tuple[str, ...]] | None = None
        self._now = 0.0
        self._ticks = 0

    # What is shown

    @property
    def asked(self) -> Query:
        """The filter, the order, the folded groups and the marked hosts."""
        return self._query

    @property
    def has_fleet(self) -> bool:
        """Whether it has been told of hosts, be they hidden by the filter."""
        return self._tree is not None and self._tree.head.known > 0

    def look(self) -> None:
        """Take over what the fleet is now."""
        first = self._tree is None or not len(self._tree)
        self._tree = TreeLines(self._fleet, self._query, max(0, self.scroll_offset.y), self._look_later)
        self._now = self._tree.head.now
        self._hosts_at_cursor = None
        self.set_lines(self._tree)
        if first and len(self._tree) > 1:
            self.cursor_to(1)  # on the first host rather than on its group, so that its panel is there at once
        self._retitle()

    def _look_later(self) -> None:
        if self.is_attached:
            self.call_later(self.look)

    def search(self, filter: str) -> None:
        """Show only hosts that pass a filter."""
        self._ask(replace(self._query, filter=filter))

    def mark(self, hosts: frozenset[str]) -> None:
        """Let these hosts be the marked ones."""
        self._ask(replace(self._query, marked=hosts))

    def _ask(self, query: Query) -> None:
        if query != self._query:
            self._query = query
            if self._tree is not None:
                self.look()

    @property
    def shown_hosts(self) -> tuple[str, ...]:
        """The ids of the hosts that pass the filter, folded ones too."""
        return self._fleet.hosts(self._query)

    @property
    def cursor_hosts(self) -> tuple[str, ...]:
        """What the cursor is on: one host, or all shown hosts of a group; empty in an empty tree."""
        match self.cursor_line:
            case HostLine(row=row):
                return (row.id,)
            case GroupLine(key=key):
                if self._hosts_at_cursor is None or self._hosts_at_cursor[0] != key:
                    self._hosts_at_cursor = key, self._fleet.hosts(self._query, key)
                return self._hosts_at_cursor[1]
        return ()

    @property
    def sort(self) -> str:
        return self._query.sort

    @sort.setter
    def sort(self, sort: str) -> None:
        self._ask(replace(self._query, sort=sort))

    def show_host(self, host_id: str) -> bool:
        """Put the cursor on a host, unfolding its group; False where the filter hides it or there is none such."""
        group = self._fleet.group_of(self._query, host_id)
        if group is not None:
            self._ask(replace(self._query, folded=self._query.folded - {group}))
        return self.cursor_to_key(host_key(host_id))

    def cursor_to_key(self, key: str) -> bool:
        """As LinesView; among the lines as they are now, since another one may have come to its place meanwhile."""
        if self._tree is not None:
            self.look()
        return super().cursor_to_key(key)

    # Drawing

    def draw(self, line: Line, width: int) -> Spans:
        if isinstance(line, GroupLine):
            return draw_group(line, width, self._glyphs)
        at = self._columns(width)
        return draw_host(line, width, at, self._now, self._glyphs)

    def _columns(self, width: int) -> Columns:
        head = self._tree.head if self._tree is not None else None
        return columns(width, head.longest if head is not None else 0, head.usual if head is not None else 0)

    def placeholder(self) -> Sequence[str]:
        if self._tree is None:
            return ("Loading …",)
        head = self._tree.head
        if (problem := head.problem) is not None:
            width = max(self.scrollable_content_region.width - 2, 10)
            words = [sentence(problem.reason) + problem.place, *wrap(safe(problem.hint), width)]
            return (*words, self._other_filter())
        if head.known:
            found = f"None of {head.known} hosts" if head.known > 1 else "The one host does not"
            return (f"{found} match{'es' if head.known > 1 else ''} /{safe(self._query.filter)}", self._other_filter())
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
        self._now = self._fleet.now()
        self._ticks += 1
        if self._ticks % TICKS_PER_AGE == 0:
            self.redraw()
        else:
            self.redraw(lambda line: isinstance(line, HostLine) and counts_down(line.row))

    def _retitle(self) -> None:
        """`Hosts`, what is unusual about them, and the heads of the columns, which that is cut for."""
        width = self.scrollable_content_region.width
        heads = self._columns(width).heads() if self.lines else ()
        heads = tuple((end, name) for end, name in heads if end <= width - 2)
        room = heads[0][0] - len(heads[0][1]) - 3 if heads else max(width - 2, 0)
        words = self._title_words(room)
        parts: list[str | tuple[str, str]] = [words]
        used = width_of(words) + 1  # the line begins left of the title
        for end, name in heads:
            gap = max(0, end - used - len(name) - 1)
            parts += [(self._glyphs.rule * gap, "not bold $rule"), (f" {name} ", "not bold $dim")]
            used = end + 1
        self.set_title(assembled(*parts))

    def _title_words(self, room: int) -> str:
        """The words of the title in `room` cells: the filter matters most, then the order, then the number of marks."""
        metric = find_metric(self._query.sort)
        order = self._query.sort if metric is None else metric.head
        by_order = "" if order == Sort.TROUBLE else f" by {order}"
        wanted = f" / {safe(self._query.filter)}" if self._query.filter else ""
        marked = len(self._query.marked)
        marks = f" {self._glyphs.separator} {marked} marked" if marked else ""
        choices = (f"Hosts{by_order}{wanted}{marks}", f"Hosts{by_order}{wanted}", f"Hosts{wanted}", wanted.strip())
        fitting = (choice for choice in choices if choice and width_of(choice) + 2 <= room)
        words = next(fitting, wanted.strip() or "Hosts")
        return f" {cut(safe(words), max(room - 2, 0), self._glyphs.ellipsis)} "

    # Keys

    def line_highlighted(self, line: Line | None) -> None:
        self.post_message(self.HostHighlighted(line.row.id if isinstance(line, HostLine) else None))

    def line_opened(self, line: Line) -> None:
        if isinstance(line, HostLine):
            self.post_message(self.HostOpened(line.row.id))
        elif line.folded:
            self.action_unfold()
        else:
            self.action_fold()

    def action_toggle_mark(self) -> None:
        hosts = frozenset(self.cursor_hosts)
        marked = self._query.marked
        self._mark(marked - hosts if hosts <= marked else marked | hosts)

    def action_mark_shown(self) -> None:
        self._mark(self._query.marked | frozenset(self.shown_hosts))

    def action_unmark(self) -> None:
        self._mark(frozenset())

    def action_sort(self) -> None:
        every = orders()
        self.sort = every[(every.index(self._query.sort) + 1) % len(every)]

    def action_fold(self) -> None:
        group = self._group_at_cursor()
        if group is not None and not self._query.filter:
            self.cursor_to_key(group)
            self._ask(replace(self._query, folded=self._query.folded | {group}))

    def action_unfold(self) -> None:
        group = self._group_at_cursor()
        if group is not None:
            self._ask(replace(self._query, folded=self._query.folded - {group}))

    def _group_at_cursor(self) -> str | None:
        match self.cursor_line:
            case HostLine(group=group):
                return group
            case GroupLine(key=key):
                return key
        return None

    def _mark(self, marked: frozenset[str]) -> None:
        if marked != self._query.marked:
            self.mark(marked)
            self.post_message(self.MarksChanged(marked))
