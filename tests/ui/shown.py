"""Rows behind the port that the host tree reads, arranged by the real rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from atp_tui.monitor.arrangements import Arrangements
from atp_tui.monitor.query import GroupLine, HostLine, Line, Page, Query, group_key, host_key
from atp_tui.monitor.rows import HostRow, Known
from atp_tui.ui.views.fleet.tree import HostTree

from .rows import NOW


class ShownRows:
    """A fleet of these rows, at a moment that the test sets."""

    def __init__(self, rows: Iterable[HostRow] = (), now: Callable[[], float] = lambda: NOW) -> None:
        self._rows = tuple(rows)
        self._arrangements = Arrangements(self)
        self.now = now

    def put(self, rows: Iterable[HostRow]) -> None:
        """Let it be these rows from now on."""
        self._rows = tuple(rows)
        self._arrangements.note(None)

    def rows(self) -> tuple[HostRow, ...]:
        return self._rows

    def row(self, host_id: str) -> HostRow | None:
        return next((row for row in self._rows if row.id == host_id), None)

    def look(self, host_id: str) -> Known | None:
        return self.row(host_id)

    def page(self, query: Query) -> Page:
        return self._arrangements.page(query, self.now())

    def place(self, query: Query, key: str) -> int | None:
        return self._arrangements.place(query, key)

    def hosts(self, query: Query, group: str | None = None) -> tuple[str, ...]:
        return self._arrangements.hosts(query, group)

    def group_of(self, query: Query, host_id: str) -> str | None:
        return self._arrangements.group_of(query, host_id)


def show(tree: HostTree, rows: Iterable[HostRow], *, filter: str = "", marked: frozenset[str] = frozenset()) -> None:
    """Let the tree show these rows."""
    assert isinstance(tree._fleet, ShownRows)
    tree._fleet.put(rows)
    tree._query = replace(tree.asked, filter=filter, marked=marked)
    tree.look()


def page_of(rows: Iterable[HostRow], filter: str = "", sort: str = "trouble", folded: Iterable[str] = ()) -> Page:
    """All lines of these rows."""
    return ShownRows(rows).page(Query(filter, sort, frozenset(folded), count=100_000))


def lines_of(rows: Iterable[HostRow], **asked: str) -> tuple[Line, ...]:
    """As page_of: its lines."""
    return page_of(rows, **asked).lines


def line_of(row: HostRow, *, marked: bool = False) -> HostLine:
    """The line of a host."""
    return HostLine(host_key(row.id), group_key(row.tags[0] if row.tags else None), row, marked)


def group_of(rows: Iterable[HostRow], folded: Iterable[str] = ()) -> GroupLine:
    """The first group's line."""
    line = page_of(rows, folded=folded).lines[0]
    assert isinstance(line, GroupLine)
    return line
