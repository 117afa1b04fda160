"""The lines of the host tree, read from the fleet a page at a time as they are looked at."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Protocol

from ....engine.fleet import Detail
from ....monitor.query import GroupSums, HostLine, Line, Page, Query, host_key
from ...widgets.paged import PagedLines
from .unfolded import DomainBelow, Domains, Inserted

Shown = Line | DomainBelow
"""A line of the tree."""


class Pages(Protocol):
    """Where the tree reads its lines; the port to the fleet is one."""

    def now(self) -> float: ...
    def page(self, query: Query) -> Page: ...
    def place(self, query: Query, key: str) -> int | None: ...
    def hosts(self, query: Query, group: str | None = None) -> tuple[str, ...]: ...
    def group_of(self, query: Query, host_id: str) -> str | None: ...
    def between(self, query: Query, one: str, other: str) -> tuple[str, ...]: ...
    def following(self, query: Query, key: str, step: int) -> str | None: ...
    def sums(self, query: Query, key: str) -> GroupSums | None: ...
    def detail(self, host_id: str) -> Detail | None: ...


class TreeLines(PagedLines[Page, Shown]):
    """All lines of a query, read as PagedLines, and below the hosts of `unfolded` those of their domains."""

    def __init__(
        self,
        pages: Pages,
        query: Query,
        around: int,
        stale: Callable[[], object],
        unfolded: Collection[str] = (),
        domains: Domains | None = None,
    ) -> None:
        self._pages = pages
        self._query = query
        self.below = Inserted(self._unfolded(unfolded), domains or Domains(pages.detail))
        if self.below.total and isinstance(place := self.below.find(around), int):
            around = place
        super().__init__(self._some, lambda page: page.lines, self._number, around, stale)

    def __len__(self) -> int:
        return super().__len__() + self.below.total

    def line_at(self, number: int) -> Shown:
        if self.below.total:
            found = self.below.find(number)
            if isinstance(found, DomainBelow):
                return found
            number = found
        return super().line_at(number)

    def _some(self, first: int, count: int) -> Page:
        return self._pages.page(replace(self._query, first=first, count=count))

    def _number(self, key: str) -> int | None:
        """The number of the line with that key, those of domains counted."""
        if key.startswith("domain "):
            return self.below.place_of(key)
        place = self._pages.place(self._query, key)
        return None if place is None else self.below.shown_at(place)

    def _unfolded(self, hosts: Collection[str]) -> list[tuple[int, HostLine]]:
        """The lines of these hosts with their numbers, as they come; those that have none are left out."""
        places = [self._pages.place(self._query, host_key(host)) for host in hosts]
        found = []
        for place in sorted(place for place in places if place is not None):
            (*_, line) = self._some(place, 1).lines
            if isinstance(line, HostLine):
                found.append((place, line))
        return found
