"""The view of the domains of all hosts. Marks are of domains; commands go to their hosts, and where there are no such
marks to the hosts that are marked in the other views."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar

from textual import on
from textual.app import ComposeResult

from ....model.near import nearest
from ....model.quoting import redacted
from ....monitor.domain_query import DomainGroups, DomainLine, DomainPage, DomainSort
from ...places import Place
from ...text import safe
from ...widgets.lines import LinesView
from ..turning import UNCLEAR, sort_as_written, sort_written, turned_by
from ..view import Pointed, View, ViewServices
from .columns import NAMES, columns_named
from .table import DomainTable

E = TypeVar("E", bound=StrEnum)


class DomainsView(View):
    """One list; Enter on a domain opens its own view."""

    def __init__(self, given: ViewServices) -> None:
        super().__init__(id="domains")
        self._fleet = given.fleet
        self._tell = given.tell
        self._marks = given.marks
        self._hosts: tuple[frozenset[str], DomainPage | None, tuple[str, ...]] | None = None
        self.table = DomainTable(given.fleet, glyphs=given.glyphs, marks=given.marks, id="domain-table")

    def compose(self) -> ComposeResult:
        yield self.table

    def look(self, described: bool) -> None:
        self.table.look()

    def tick(self) -> None:
        self.table.grow_old()

    def take_focus(self) -> None:
        self.table.focus()

    @property
    def is_ready(self) -> bool:
        head = self.table.head
        return head is not None and head.known > 0

    @property
    def pointed(self) -> Pointed:
        marked = self._marked_hosts() or self._marks.known(self._fleet)
        return Pointed(marked, self._fleet.domain_hosts(self.table.cursor_keys))

    def _marked_hosts(self) -> tuple[str, ...]:
        """Asked for at each move of the cursor: thousands of domains may be marked, so it is read once a look."""
        marked, head = self.table.asked.marked, self.table.head
        if self._hosts is None or self._hosts[0] is not marked or self._hosts[1] is not head:
            self._hosts = marked, head, self._fleet.domain_hosts(marked)
        return self._hosts[2]

    def subject(self, needs: str) -> str:
        line = self.table.cursor_line
        if needs == "domain":
            return domain_subject(line) if isinstance(line, DomainLine) else ""
        return super().subject(needs)

    @property
    def filter(self) -> str:
        return self.table.asked.filter

    def search(self, text: str) -> None:
        self.table.ask(replace(self.table.asked, filter=text))
        self.post_message(self.Moved())

    @property
    def settings(self) -> tuple[tuple[str, str], ...]:
        asked = self.table.asked
        order = sort_as_written(asked.sort.value, turned=asked.reverse)
        sort = () if order == DomainSort.TROUBLE else (("sort", order),)
        groups = () if asked.groups is DomainGroups.NONE else (("group", asked.groups.value),)
        names = {column: name for name, column in NAMES.items()}
        columns = ",".join([names[column] for column in self.table.columns])
        return sort + groups + ((("columns", columns),) if columns else ())

    @property
    def list(self) -> LinesView[Any]:
        return self.table

    @property
    def commands(self) -> Mapping[str, Callable[[str], object]]:
        return {"sort": self._sort, "reverse": self._reverse, "group": self._group, "columns": self._columns}

    def _sort(self, written: str) -> None:
        name, turned = sort_written(written)
        order = self._chosen("mem" if name == "memory" else name, DomainSort, "order")
        if order is not None:
            self.table.ask(replace(self.table.asked, sort=order, reverse=turned))

    def _reverse(self, text: str) -> None:
        turned = turned_by(text, now=self.table.asked.reverse)
        if turned is None:
            self._tell(UNCLEAR, True)
        else:
            self.table.ask(replace(self.table.asked, reverse=turned))

    def _group(self, name: str) -> None:
        groups = self._chosen(name, DomainGroups, "grouping")
        if groups is not None:
            self.table.ask(replace(self.table.asked, groups=groups))

    def _columns(self, names: str) -> None:
        try:
            self.table.columns = columns_named(names)
        except ValueError as error:
            self._tell(str(error), True)

    def _chosen(self, name: str, of: type[E], what: str) -> E | None:
        if name in [each.value for each in of]:
            return of(name)
        near = nearest(name, [each.value for each in of], 1)
        meant = f"did you mean {near[0]}? " if near else ""
        self._tell(f"no {what} {safe(redacted(name))}: {meant}there are {', '.join(of)}", True)
        return None

    @on(DomainTable.Moved)
    def _moved(self) -> None:
        self.post_message(self.Moved())

    @on(DomainTable.DomainOpened)
    def _opened(self, message: DomainTable.DomainOpened) -> None:
        self.post_message(self.PlaceRequested(Place("domain", domain_subject(message.line))))


def domain_subject(line: DomainLine) -> str:
    """`host/name`, as a person reads it: no id of a host has a slash, so that a name may have some."""
    return f"{line.host}/{line.row.reading.name}"
