"""The lines of the fleet in the tree of hosts: what is shown, in which order, in which columns, under which title."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import wrap

from textual import events

from ....monitor.metrics import Metric
from ....monitor.query import (
    CauseLine,
    GroupLine,
    GroupSums,
    HostLine,
    Page,
    Query,
    TroubleLine,
    group_above,
    host_key,
)
from ...glyphs import UNICODE, Glyphs
from ...marks import Marks
from ...shown import assembled
from ...text import safe, width_of
from ...widgets.host_words import brief_of, counts_down
from ...widgets.lines import LinesView, Spans
from ...words import sentence
from .drawing import Columns, columns, draw_host
from .headings import draw_cause, draw_group, draw_trouble, group_name
from .lines import Pages, Shown, TreeLines
from .title import At, title_words
from .unfolded import DomainBelow, Domains, draw_domain

TICK = 0.2
"""Seconds between two looks at the countdowns in view."""

TICKS_PER_AGE = 5
"""Every so many of them all lines in view are looked at, for figures grow old while no news comes."""


class FleetLines(LinesView[Shown]):
    """Shows the lines that `asked` has in the fleet, from the first call of `look` on; to be called on each change."""

    def __init__(
        self,
        fleet: Pages,
        *,
        glyphs: Glyphs = UNICODE,
        file: Path | None = None,
        tell: Callable[[str, bool], None] = lambda text, wrong: None,
        groupings: Callable[[], Sequence[tuple[str, ...]]] = lambda: (),
        marks: Marks | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`tell` says something in the line at the bottom, as what went wrong where the second is true; `groupings`
        gives those that a key goes through; `marks` are shared with other views. A range of marks is open where
        `_range` has its first key and the marks of before; while `_looks`, it is the fleet that moves the cursor."""
        super().__init__(id=id, classes=classes)
        self._fleet = fleet
        self._tell = tell
        self._groupings = groupings
        self._marks = marks if marks is not None else Marks()
        self._glyphs = glyphs
        self._file = safe(str(file or "hosts.toml"))
        self._query = Query()
        self._tree: TreeLines | None = None
        self._hosts_at_cursor: tuple[str, tuple[str, ...]] | None = None
        self._columns_chosen: tuple[Metric, ...] = ()
        self._unfolded: frozenset[str] = frozenset()
        self._domains = Domains(fleet.detail)
        self._range: tuple[str, frozenset[str]] | None = None
        self._looks = False
        self._is_touched = False
        self._told: object = None
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
        before = self._tree
        first = before is None or not len(before)
        top, place = max(0, self.scroll_offset.y), self.cursor_place
        in_view = self._in_view(place)
        tree = TreeLines(self._fleet, self._query, top, self._look_later, self._unfolded, self._domains)
        self._tree = tree
        self._now = tree.head.now
        self._hosts_at_cursor = None
        self._looks = True
        try:
            self.set_lines(tree)
        finally:
            self._looks = False
        if first and len(tree) > 1:
            # on the first host rather than on its group, so that its panel is there at once
            super().cursor_to(tree.head.pinned + len(self._query.group))
        elif not self._is_touched:
            self.scroll_to(y=0, animate=False, force=True)
        elif before is not None:
            moved = self.cursor_place - place if in_view else tree.head.pinned - before.head.pinned
            self._keep_still(top, before.head.pinned, moved)
        self._retitle()

    def cursor_to(self, index: int) -> None:
        """As LinesView. Until a person has moved, the beginning is in sight, wherever the first host goes meanwhile:
        while a fleet connects, groups change their places, and what is wrong stands on top."""
        self._is_touched = True
        super().cursor_to(index)

    def on_mouse_scroll_down(self) -> None:
        self._is_touched = True

    def on_mouse_scroll_up(self) -> None:
        self._is_touched = True

    def _keep_still(self, top: int, pinned: int, moved: int) -> None:
        """Where lines have come or gone above the cursor, so that its line has another number, it stays where it is on
        the screen with what is around it. At the very top nothing is held: there new trouble comes into sight."""
        if moved and top > pinned:
            self.scroll_to(y=max(0, top + moved), animate=False, force=True)

    def _look_later(self) -> None:
        if self.is_attached:
            self.call_later(self.look)

    def search(self, filter: str) -> None:
        """Show only hosts that pass a filter."""
        self._ask(replace(self._query, filter=filter))

    def fold(self, keys: frozenset[str]) -> None:
        """Let these groups be the folded ones."""
        self._ask(replace(self._query, folded=keys))

    def mark(self, hosts: frozenset[str]) -> None:
        """Let these hosts be the marked ones."""
        self._marks.hosts = hosts
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
            case DomainBelow(host=host):
                return (host,)
            case GroupLine(key=key) | CauseLine(key=key) | TroubleLine(key=key):
                if self._hosts_at_cursor is None or self._hosts_at_cursor[0] != key:
                    self._hosts_at_cursor = key, self._fleet.hosts(self._query, key)
                return self._hosts_at_cursor[1]
        return ()

    @property
    def sort(self) -> str:
        """The order of the hosts in a group, one of `orders`."""
        return self._query.sort

    @sort.setter
    def sort(self, sort: str) -> None:
        self._ask(replace(self._query, sort=sort))

    @property
    def order(self) -> tuple[str, bool]:
        """The order, and whether it is turned round."""
        return self._query.sort, self._query.reverse

    @order.setter
    def order(self, order: tuple[str, bool]) -> None:
        sort, reverse = order
        self._ask(replace(self._query, sort=sort, reverse=reverse))

    @property
    def grouping(self) -> tuple[str, ...]:
        """As Query.group."""
        return self._query.group

    @grouping.setter
    def grouping(self, group: tuple[str, ...]) -> None:
        self._ask(replace(self._query, group=group))

    @property
    def columns(self) -> tuple[Metric, ...]:
        """The columns that a person has chosen, in their order; none: the program's own."""
        return self._columns_chosen

    @columns.setter
    def columns(self, chosen: tuple[Metric, ...]) -> None:
        self._columns_chosen = chosen
        self._retitle()
        self.redraw()

    @property
    def heading(self) -> tuple[str, GroupSums | None]:
        """What the cursor is on where that is no host: its name, which may hold anything, and its sums."""
        match self.cursor_line:
            case GroupLine(key=key, by=by, name=name):
                title = group_name(by, name)
            case CauseLine(key=key) as line:
                title = brief_of(line) if line.causes == 1 else "other causes"
            case TroubleLine(key=key):
                title = "trouble"
            case _:
                return "", None
        return title, self._fleet.sums(self._query, key)

    def show_host(self, host_id: str) -> bool:
        """Put the cursor on a host, unfolding its group; False where the filter hides it or there is none such."""
        group = self._fleet.group_of(self._query, host_id)
        while group:
            self._ask(replace(self._query, folded=self._query.folded - {group}))
            group = group_above(group)
        return self.cursor_to_key(host_key(host_id))

    def cursor_to_key(self, key: str) -> bool:
        """As LinesView; among the lines as they are now, since another one may have come to its place meanwhile."""
        if self._tree is not None:
            self.look()
        return super().cursor_to_key(key)

    # Drawing

    def draw(self, line: Shown, width: int) -> Spans:
        match line:
            case HostLine():
                return draw_host(line, width, self._columns(width), self._now, self._glyphs)
            case GroupLine():
                return draw_group(line, width, self._glyphs)
            case CauseLine():
                return draw_cause(line, width, self._glyphs)
            case TroubleLine():
                return draw_trouble(line, width, self._glyphs)
            case DomainBelow():
                at = self._columns(width)
                return draw_domain(line, width, at.id + at.word, self._glyphs)

    def _columns(self, width: int) -> Columns:
        head = self._tree.head if self._tree is not None else None
        longest, usual = (0, 0) if head is None else (head.longest, head.usual)
        return columns(width, longest, usual, self._columns_chosen or None)

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
        head = self._tree.head if self._tree is not None else Page(self._now)
        at = At(self.cursor_place + 1 if self.lines else 0, len(self.lines), self._range is not None)
        columns = self._columns(width)
        told = width, columns, self._query, at, head.known, head.shown, head.marked, head.problem
        if told == self._told:
            return  # at most looks it says what it said before
        self._told = told
        heads = columns.heads() if self.lines else ()
        heads = tuple((end, name) for end, name in heads if end <= width - 2)
        wanted = width_of(safe(f" / {self._query.filter} ")) if self._query.filter else 0
        while heads and _room(heads, width) < min(wanted, width // 2):
            heads = heads[1:]  # a filter hides hosts: it is told before the heads of columns are
        room = _room(heads, width)
        words = title_words(self._query, head, at, room, self._glyphs)
        parts: list[str | tuple[str, str]] = [words]
        used = width_of(words) + 1  # the line begins left of the title
        for end, name in heads:
            gap = max(0, end - used - len(name) - 1)
            parts += [(self._glyphs.rule * gap, "not bold $rule"), (f" {name} ", "not bold $dim")]
            used = end + 1
        self.set_title(assembled(*parts))


def _room(heads: Sequence[tuple[int, str]], width: int) -> int:
    """The cells left of the first head, in a line of `width`."""
    return heads[0][0] - len(heads[0][1]) - 3 if heads else max(width - 2, 0)
