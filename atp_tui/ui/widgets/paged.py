"""Lines that are read from the fleet a page at a time, as they are looked at: the model of a list of any length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, Protocol, TypeVar, overload

from ...monitor.query import PAGE
from .lines import Keyed

L = TypeVar("L", bound=Keyed)
L_co = TypeVar("L_co", bound=Keyed, covariant=True)


class LinesPage(Protocol[L_co]):
    """Some of the lines there are; `version` differs where lines have changed their places since another page."""

    @property
    def version(self) -> int: ...
    @property
    def first(self) -> int: ...
    @property
    def lines(self) -> tuple[L_co, ...]: ...
    @property
    def total(self) -> int: ...


P = TypeVar("P", bound=LinesPage[Keyed])


class PagedLines(Sequence[L], Generic[P, L]):
    """All lines, of which those near line `around` are read at once, others when they are asked for.

    `read` gives the page from a line on, of so many lines; `place` the number of the line of a key. What was read
    stays as it is. `stale` is called where a later page shows that lines have changed their places meanwhile: then it
    is time for new ones.
    """

    def __init__(
        self,
        read: Callable[[int, int], P],
        lines_of: Callable[[P], Sequence[L]],
        place: Callable[[str], int | None],
        around: int,
        stale: Callable[[], object],
    ) -> None:
        self._reads = read
        self._lines_of = lines_of
        self._place = place
        self._stale = stale
        self._read: dict[int, P] = {}
        self.head: P = self._page(around // PAGE)
        if self.head.total <= self.head.first and self.head.total:  # there are fewer lines than there were
            self.head = self._page((self.head.total - 1) // PAGE)

    @property
    def places(self) -> Mapping[str, int]:
        """Where the line of a key is."""
        return _Places(self._place, self)

    def __len__(self) -> int:
        return self.head.total

    @overload
    def __getitem__(self, index: int) -> L: ...
    @overload
    def __getitem__(self, index: slice) -> list[L]: ...
    def __getitem__(self, index: int | slice) -> L | list[L]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self.line_at(index % len(self))

    def line_at(self, number: int) -> L:
        """The line with that number among those that are read from the fleet, counted from 0."""
        page = self._page(number // PAGE)
        if not page.lines and page.total:  # lines have gone meanwhile: the last one is the nearest there is
            page = self._reads(page.total - 1, 1)
        if not page.lines:
            page = self.head
        return self._lines_of(page)[max(0, min(number - page.first, len(page.lines) - 1))]

    def _page(self, number: int) -> P:
        page = self._read.get(number)
        if page is None:
            page = self._read[number] = self._reads(number * PAGE, PAGE)
            if page.version != next(iter(self._read.values())).version:
                self._stale()
        return page


class _Places(Mapping[str, int]):
    def __init__(self, place: Callable[[str], int | None], lines: Sequence[Keyed]) -> None:
        self._place = place
        self._lines = lines

    def __getitem__(self, key: str) -> int:
        place = self._place(key)
        if place is None or place >= len(self._lines):
            raise KeyError(key)
        return place

    def __iter__(self) -> Iterator[str]:
        return (line.key for line in self._lines)

    def __len__(self) -> int:
        return len(self._lines)
