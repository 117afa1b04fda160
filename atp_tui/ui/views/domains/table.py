"""The list of the domains of all hosts: marks, folds, a filter, orders and groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from textwrap import wrap
from typing import ClassVar, Protocol

from textual import events
from textual.binding import BindingType
from textual.message import Message

from ....monitor.domain_query import (
    AnyDomainLine,
    DomainGroupLine,
    DomainGroups,
    DomainLine,
    DomainPage,
    DomainQuery,
    DomainSort,
)
from ...glyphs import UNICODE, Glyphs
from ...marks import Marks
from ...shown import assembled
from ...text import cut, safe, width_of
from ...widgets.lines import LinesView, Spans
from ...widgets.paged import PagedLines
from ...words import sentence
from .columns import DomainColumns, domain_columns
from .drawing import draw_domain_line, draw_group_line
from .keys import DOMAINS

MORE = 0.05
"""Seconds until the next part of a fleet that is looked at for the first time is asked for."""


class DomainPages(Protocol):
    """Where the list reads its lines; the port to the fleet is one."""

    def now(self) -> float: ...
    def domain_page(self, query: DomainQuery) -> DomainPage: ...
    def domain_place(self, query: DomainQuery, key: str) -> int | None: ...
    def domain_keys(self, query: DomainQuery, group: str | None = None) -> tuple[str, ...]: ...


class DomainTable(LinesView[AnyDomainLine]):
    """Shows the lines that `asked` has in the fleet, from the first call of `look` on; to be called on each change."""

    BINDINGS: ClassVar[list[BindingType]] = [*DOMAINS]
    DEFAULT_CSS = """
    DomainTable { width: 1fr; height: 1fr; }
    """

    class Moved(Message):
        """The cursor, the marks or the filter differ."""

    class DomainOpened(Message):
        """Enter on a domain, or a double click."""

        def __init__(self, line: DomainLine) -> None:
            super().__init__()
            self.line = line

    def __init__(
        self, fleet: DomainPages, *, glyphs: Glyphs = UNICODE, marks: Marks | None = None, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._marks = marks if marks is not None else Marks()
        self._fleet = fleet
        self._glyphs = glyphs
        self._query = DomainQuery()
        self._paged: PagedLines[DomainPage, AnyDomainLine] | None = None
        self._now = 0.0
        self._chosen: tuple[str, ...] = ()

    # What is shown

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that a person has chosen, see `columns.NAMES`; empty: those that there is room for."""
        return self._chosen

    @columns.setter
    def columns(self, chosen: tuple[str, ...]) -> None:
        self._chosen = chosen
        self._retitle()
        self.redraw()

    @property
    def asked(self) -> DomainQuery:
        """The filter, the order, the grouping, the folded groups and the marked domains."""
        return self._query

    @property
    def head(self) -> DomainPage | None:
        """What was last read; None before the first look."""
        return None if self._paged is None else self._paged.head

    def look(self) -> None:
        """Take over what the fleet is now."""
        query = self._query
        first = self._paged is None or not len(self._paged)
        self._paged = PagedLines(
            lambda first, count: self._fleet.domain_page(replace(query, first=first, count=count)),
            lambda page: page.lines,
            lambda key: self._fleet.domain_place(query, key),
            max(0, self.scroll_offset.y),
            self._look_later,
        )
        head = self._paged.head
        self._now = head.now
        self.set_lines(self._paged)
        if first and len(self._paged) > 1 and query.groups is not DomainGroups.NONE:
            self.cursor_to(1)
        self._retitle()
        self._look_for_more()

    def on_show(self) -> None:
        """What could not be read at once is read on only in sight, and this may be the first time that it is."""
        self._look_for_more()

    def _look_for_more(self) -> None:
        if self.is_mounted and self._paged is not None and not self._paged.head.complete:
            self.set_timer(MORE, self._look_in_sight)

    def _look_later(self) -> None:
        if self.is_attached:
            self.call_later(self.look)

    def _look_in_sight(self) -> None:
        if self.is_attached and self.is_on_screen:
            self.look()

    def grow_old(self) -> None:
        """A second has gone by: the ages of the lines in view are others."""
        self._now = max(self._now, self._fleet.now())
        self.redraw()

    def ask(self, query: DomainQuery) -> None:
        """Show the lines of another query."""
        if query != self._query:
            self._query = query
            if self._paged is not None:
                self.look()

    # Drawing

    def draw(self, line: AnyDomainLine, width: int) -> Spans:
        if isinstance(line, DomainGroupLine):
            return draw_group_line(line, width, self._glyphs)
        return draw_domain_line(line, width, self._columns(), self._now, self._glyphs)

    def _columns(self) -> DomainColumns:
        """Those of a list with a scrollbar: a filter that lets it go must not move the figures."""
        head, width = self.head, self.size.width - 1
        if head is None:
            return domain_columns(width, 0, 0, 0, self._query.groups)
        return domain_columns(width, head.names, head.usual, head.hosts, self._query.groups, head.about, self._chosen)

    def placeholder(self) -> Sequence[str]:
        head = self.head
        if head is None:
            return ("Loading …",)
        change = f"Press {self._glyphs.keys.sign('screen.filter')} to change it."
        if (problem := head.problem) is not None:
            width = max(self.scrollable_content_region.width - 2, 10)
            return (sentence(problem.reason) + problem.place, *wrap(safe(problem.hint), width), change)
        if head.known:
            found = f"None of {head.known:,} VMs match" if head.known > 1 else "The one VM does not match"
            return (f"{found} /{safe(self._query.filter)}", change)
        fleet = self._glyphs.keys.sign("view.fleet")
        return ("No VM on any host that has answered.", f"Press {fleet} to see how the hosts are.")

    def on_resize(self, event: events.Resize) -> None:
        self._retitle()

    def _retitle(self) -> None:
        """`VMs 410 of 1,204 / web`, and the heads of the columns, which that is cut for."""
        width = self.scrollable_content_region.width
        heads = self._columns().heads() if self.lines else ()
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
        """The words of the title in `room` cells: what matters most are the filter and the numbers."""
        query, head = self._query, self.head
        number = ""
        if head is not None and head.problem is None and head.known:
            number = f" {head.shown:,} of {head.known:,}" if query.filter else f" {head.known:,}"
            number += "" if head.complete else " …"
        turned = ", turned round" if query.reverse else ""
        order = f" by {query.sort}{turned}" if turned or query.sort is not DomainSort.TROUBLE else ""
        wanted = f" / {safe(query.filter)}" if query.filter else ""
        marked = self._marked_words()
        marked = f" {self._glyphs.separator} {marked}" if marked else ""
        choices = (
            f"VMs{number}{order}{wanted}{marked}", f"VMs{number}{wanted}{marked}", f"VMs{number}{wanted}",
            f"VMs{wanted}", wanted.strip(),
        )  # fmt: skip
        words = next((each for each in choices if each and width_of(each) + 2 <= room), wanted.strip() or "VMs")
        return f" {cut(safe(words), max(room - 2, 0), self._glyphs.ellipsis)} "

    def _marked_words(self) -> str:
        """What commands go to before what the cursor is on: the marked domains, else the hosts marked elsewhere."""
        hosts = len(self._marks.hosts)
        if self.head is not None and self.head.marked:
            return f"{self.head.marked:,} marked"
        return f"{hosts:,} host{'s' * (hosts != 1)} marked" if hosts else ""

    # Keys

    @property
    def cursor_keys(self) -> tuple[str, ...]:
        """The keys of what the cursor is on: one domain, or all of a group."""
        match self.cursor_line:
            case DomainLine(key=key):
                return (key,)
            case DomainGroupLine(key=key):
                return self._fleet.domain_keys(self._query, key)
        return ()

    def line_highlighted(self, line: AnyDomainLine | None) -> None:
        self.post_message(self.Moved())

    def line_opened(self, line: AnyDomainLine) -> None:
        if isinstance(line, DomainLine):
            self.post_message(self.DomainOpened(line))
        elif line.folded:
            self.action_unfold()
        else:
            self.action_fold()

    def action_toggle_mark(self) -> None:
        keys, marked = frozenset(self.cursor_keys), self._query.marked
        self._mark(marked - keys if keys <= marked else marked | keys)

    def action_mark_shown(self) -> None:
        self._mark(self._query.marked | frozenset(self._fleet.domain_keys(self._query)))

    def action_unmark(self) -> None:
        if self._marks.hosts and (self.head is None or not self.head.marked):
            self._marks.hosts = frozenset()
            self._retitle()
            self.post_message(self.Moved())
        self._mark(frozenset())

    def action_sort(self) -> None:
        every = tuple(DomainSort)
        self.ask(replace(self._query, sort=every[(every.index(self._query.sort) + 1) % len(every)]))

    def action_reverse(self) -> None:
        self.ask(replace(self._query, reverse=not self._query.reverse))

    def action_group(self) -> None:
        every = tuple(DomainGroups)
        self.ask(replace(self._query, groups=every[(every.index(self._query.groups) + 1) % len(every)]))

    def action_fold(self) -> None:
        group = self._group_at_cursor()
        if group and not self._query.filter:
            self.cursor_to_key(group)
            self.ask(replace(self._query, folded=self._query.folded | {group}))

    def action_unfold(self) -> None:
        group = self._group_at_cursor()
        if group:
            self.ask(replace(self._query, folded=self._query.folded - {group}))

    def _group_at_cursor(self) -> str:
        match self.cursor_line:
            case DomainLine(group=group):
                return group
            case DomainGroupLine(key=key):
                return key
        return ""

    def _mark(self, marked: frozenset[str]) -> None:
        if marked != self._query.marked:
            self.ask(replace(self._query, marked=marked))
            self.post_message(self.Moved())
