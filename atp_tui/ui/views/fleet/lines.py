"""The lines of the host tree, read from the fleet a page at a time as they are looked at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, overload

from ....engine.fleet import Detail
from ....monitor.query import PAGE, GroupSums, HostLine, Line, Page, Query, host_key
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


class TreeLines(Sequence[Shown]):
    """All lines of a query, of which those near line `around` are read at once, others when they are asked for, and
    below the hosts of `unfolded` those of their domains.

    What was read stays as it is. `stale` is called where a later page shows that lines have changed their places
    meanwhile: then it is time for new ones.
    """

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
        self._stale = stale
        self._read: dict[int, Page] = {}
        self.below = Inserted(self._unfolded(unfolded), domains or Domains(pages.detail))
        if self.below.total and isinstance(place := self.below.find(around), int):
            around = place
        self.head = self._page(around // PAGE)
        if self.head.total <= self.head.first and self.head.total:  # there are fewer lines than there were
            self.head = self._page((self.head.total - 1) // PAGE)

    @property
    def places(self) -> Mapping[str, int]:
        """Where the line of a key is."""
        return _Places(self._pages, self._query, self)

    def __len__(self) -> int:
        return self.head.total + self.below.total

    @overload
    def __getitem__(self, index: int) -> Shown: ...
    @overload
    def __getitem__(self, index: slice) -> list[Shown]: ...
    def __getitem__(self, index: int | slice) -> Shown | list[Shown]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        if self.below.total:
            found = self.below.find(index)
            if isinstance(found, DomainBelow):
                return found
            index = found
        page = self._page(index // PAGE)
        if not page.lines and page.total:  # lines have gone meanwhile: the last one is the nearest there is
            page = self._pages.page(replace(self._query, first=page.total - 1, count=1))
        if not page.lines:
            page = self.head
        return page.lines[max(0, min(index - page.first, len(page.lines) - 1))]

    def _unfolded(self, hosts: Collection[str]) -> list[tuple[int, HostLine]]:
        """The lines of these hosts with their numbers, as they come; those that have none are left out."""
        places = [self._pages.place(self._query, host_key(host)) for host in hosts]
        found = []
        for place in sorted(place for place in places if place is not None):
            (*_, line) = self._pages.page(replace(self._query, first=place, count=1)).lines
            if isinstance(line, HostLine):
                found.append((place, line))
        return found

    def _page(self, number: int) -> Page:
        page = self._read.get(number)
        if page is None:
            query = replace(self._query, first=number * PAGE, count=PAGE)
            page = self._read[number] = self._pages.page(query)
            if page.version != next(iter(self._read.values())).version:
                self._stale()
        return page


class _Places(Mapping[str, int]):
    def __init__(self, pages: Pages, query: Query, lines: TreeLines) -> None:
        self._pages = pages
        self._query = query
        self._lines = lines

    def __getitem__(self, key: str) -> int:
        below = self._lines.below
        place = below.place_of(key) if key.startswith("domain ") else self._pages.place(self._query, key)
        if place is not None and not key.startswith("domain "):
            place = below.shown_at(place)
        if place is None or place >= len(self._lines):
            raise KeyError(key)
        return place

    def __iter__(self) -> Iterator[str]:
        return (line.key for line in self._lines)

    def __len__(self) -> int:
        return len(self._lines)
