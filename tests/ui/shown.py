"""Rows behind the port that the host tree reads, arranged by the real rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from atp_tui.engine.fleet import Detail
from atp_tui.monitor.arrangements import Arrangements
from atp_tui.monitor.query import GroupLine, GroupSums, HostLine, Line, Page, Query, group_key, host_key
from atp_tui.monitor.rows import DomainRow, HostRow, Known
from atp_tui.ui.views.fleet.tree import HostTree

from .rows import NOW, detail


class ShownRows:
    """A fleet of these rows, at a moment that the test sets."""

    def __init__(self, rows: Iterable[HostRow] = (), now: Callable[[], float] = lambda: NOW) -> None:
        self._arrangements = Arrangements(self)
        self.now = now
        self.domains: dict[str, tuple[DomainRow, ...]] = {}
        self.put(rows)

    def put(self, rows: Iterable[HostRow]) -> None:
        """Let it be these rows from now on."""
        self._rows = {row.id: row for row in rows}
        self._arrangements.note(None)

    def rows(self) -> tuple[HostRow, ...]:
        return tuple(self._rows.values())

    def row(self, host_id: str) -> HostRow | None:
        return self._rows.get(host_id)

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

    def between(self, query: Query, one: str, other: str) -> tuple[str, ...]:
        return self._arrangements.between(query, one, other)

    def following(self, query: Query, key: str, step: int) -> str | None:
        return self._arrangements.following(query, key, step)

    def sums(self, query: Query, key: str) -> GroupSums | None:
        return self._arrangements.sums(query, key)

    def detail(self, host_id: str) -> Detail | None:
        row = self.row(host_id)
        return None if row is None else Detail(self.now(), detail(row, *self.domains.get(host_id, ())), (), None)


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
    page = page_of(rows, folded=folded)
    line = page.lines[page.pinned]
    assert isinstance(line, GroupLine)
    return line
