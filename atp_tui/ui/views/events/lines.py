"""The lines of what has happened, read from the fleet a page at a time as they are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol, overload

from ....monitor.happening import AnyLine, HappeningPage, HappeningQuery
from ....monitor.query import PAGE


class Happens(Protocol):
    """Where they are read; the port to the fleet is one."""

    def happened(self, query: HappeningQuery) -> HappeningPage: ...


class EventLines(Sequence[AnyLine]):
    """All lines of a query. Those near line `around` are read at once, others when they are asked for.

    What was read stays as it is. `stale` is called where a later page shows that something has happened meanwhile.
    """

    def __init__(self, fleet: Happens, query: HappeningQuery, around: int, stale: Callable[[], object]) -> None:
        self._fleet = fleet
        self._query = query
        self._stale = stale
        self._read: dict[int, HappeningPage] = {}
        self.head = self._page(around // PAGE)
        """The first page that was read."""

    @property
    def places(self) -> Mapping[str, int]:
        """Where the line of a key is."""
        return _Places(self._fleet, self._query, self)

    def __len__(self) -> int:
        return self.head.total

    @overload
    def __getitem__(self, index: int) -> AnyLine: ...
    @overload
    def __getitem__(self, index: slice) -> list[AnyLine]: ...
    def __getitem__(self, index: int | slice) -> AnyLine | list[AnyLine]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        page = self._page(index // PAGE)
        if not page.lines and page.total:  # lines have gone meanwhile: the last one is the nearest there is
            page = self._fleet.happened(replace(self._query, first=page.total - 1, count=1))
        if not page.lines:
            page = self.head
        return page.lines[max(0, min(index - page.first, len(page.lines) - 1))]

    def _page(self, number: int) -> HappeningPage:
        page = self._read.get(number)
        if page is None:
            page = self._fleet.happened(replace(self._query, first=number * PAGE, count=PAGE))
            self._read[number] = page
            if page.version != next(iter(self._read.values())).version:
                self._stale()
        return page


class _Places(Mapping[str, int]):
    def __init__(self, fleet: Happens, query: HappeningQuery, lines: EventLines) -> None:
        self._fleet = fleet
        self._query = query
        self._lines = lines

    def __getitem__(self, key: str) -> int:
        place = self._fleet.happened(replace(self._query, find=key, count=0)).place
        if place is None or place >= len(self._lines):
            raise KeyError(key)
        return place

    def __iter__(self) -> Iterator[str]:
        return (line.key for line in self._lines)

    def __len__(self) -> int:
        return len(self._lines)
