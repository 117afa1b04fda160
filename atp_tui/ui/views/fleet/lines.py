"""The lines of the host tree, read from the fleet a page at a time as they are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, overload

from ....monitor.query import PAGE, Line, Page, Query


class Pages(Protocol):
    """Where the tree reads its lines; the port to the fleet is one."""

    def now(self) -> float: ...
    def page(self, query: Query) -> Page: ...
    def place(self, query: Query, key: str) -> int | None: ...
    def hosts(self, query: Query, group: str | None = None) -> tuple[str, ...]: ...
    def group_of(self, query: Query, host_id: str) -> str | None: ...


class TreeLines(Sequence[Line]):
    """All lines of a query, of which those near line `around` are read at once, others when they are asked for.

    What was read stays as it is. `stale` is called where a later page shows that lines have changed their places
    meanwhile: then it is time for new ones.
    """

    def __init__(self, pages: Pages, query: Query, around: int, stale: Callable[[], object]) -> None:
        self._pages = pages
        self._query = query
        self._stale = stale
        self._read: dict[int, Page] = {}
        self.head = self._page(around // PAGE)
        if self.head.total <= self.head.first and self.head.total:  # there are fewer lines than there were
            self.head = self._page((self.head.total - 1) // PAGE)

    @property
    def places(self) -> Mapping[str, int]:
        """Where the line of a key is."""
        return _Places(self._pages, self._query, self)

    def __len__(self) -> int:
        return self.head.total

    @overload
    def __getitem__(self, index: int) -> Line: ...
    @overload
    def __getitem__(self, index: slice) -> list[Line]: ...
    def __getitem__(self, index: int | slice) -> Line | list[Line]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        page = self._page(index // PAGE)
        if not page.lines and page.total:  # lines have gone meanwhile: the last one is the nearest there is
            page = self._pages.page(replace(self._query, first=page.total - 1, count=1))
        if not page.lines:
            page = self.head
        return page.lines[max(0, min(index - page.first, len(page.lines) - 1))]

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
        place = self._pages.place(self._query, key)
        if place is None or place >= len(self._lines):
            raise KeyError(key)
        return place

    def __iter__(self) -> Iterator[str]:
        return (line.key for line in self._lines)

    def __len__(self) -> int:
        return len(self._lines)
