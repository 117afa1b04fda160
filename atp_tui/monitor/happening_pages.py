"""The lines of what has happened, for one filter and order; kept until something happens. Pages are cut from them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from ..model.day import Day
from ..model.errors import ConfigError
from ..model.problem import Problem, problem_of
from .gathering import Heap
from .happening import (
    AnyLine,
    DayLine,
    Gathered,
    GatheredLine,
    Happening,
    HappeningLine,
    HappeningQuery,
    happening_key,
)
from .happening_filter import Passes, happening_filter

_Ref = tuple[int, Heap | None, bool]
"""A line before it is made: the number of a happening, and the heap below whose line it stands. The line of a heap
(True) has the number of its newest happening, that of a day the number of its first one, with a minus."""


class Passing:
    """The numbers of the happenings that pass one filter, oldest first. Each happening is held against it once."""

    def __init__(self, filter: str) -> None:
        self.numbers: deque[int] = deque()
        self.problem: Problem | None = None
        self._seen = 0
        self._passes: Passes | None = None
        try:
            self._passes = happening_filter(filter)
        except ConfigError as error:
            self.problem = problem_of(error)

    def follow(self, kept: Mapping[int, Happening], told: Mapping[int, str], first: int, newest: int) -> None:
        """Take over what has come, and what is not kept any more."""
        if self.problem is not None:
            return
        passes = self._passes
        for number in range(max(self._seen + 1, first), newest + 1):
            if passes is None or passes(kept[number], told[number]):
                self.numbers.append(number)
        self._seen = newest
        while self.numbers and self.numbers[0] < first:
            self.numbers.popleft()


class Lines:
    """All lines of a query, each made when it is asked for."""

    def __init__(
        self,
        numbers: Iterable[int],
        kept: Mapping[int, Happening],
        heap_of: Mapping[int, Heap] | None,
        query: HappeningQuery,
        now: float,
    ) -> None:
        """`heap_of` None: each happening has a line of its own."""
        self._kept = kept
        self._query = query
        self._of_heap: dict[int, list[int]] = {}
        self._heap_of = heap_of
        self._refs: list[_Ref] = []
        self._arrange(numbers, now)

    def __len__(self) -> int:
        return len(self._refs)

    def cut(self, first: int, count: int) -> tuple[AnyLine, ...]:
        """The lines from number `first` on."""
        return tuple([self._line(ref) for ref in self._refs[first : first + count]])

    def place(self, key: str) -> int | None:
        """The number of the line of that key, or of the one that it is gathered in."""
        kind, _, rest = key.partition(" ")
        if not rest.isdecimal():
            return None
        wanted = int(rest)
        if kind == "event":  # among numbers, since keys of five thousand lines take as long to make as all the rest
            found = self._first(ref[0] == wanted and not ref[2] for ref in self._refs)
            heap = self._heap_of.get(wanted) if self._heap_of is not None else None
            return found if found is not None or heap is None else self.place(heap.key)
        if kind == "gathered":
            return self._first(ref[2] and ref[1] is not None and ref[1].id == wanted for ref in self._refs)
        return self._first(ref[0] < 0 and self._key(ref) == key for ref in self._refs)

    @staticmethod
    def _first(found: Iterable[bool]) -> int | None:
        return next((place for place, each in enumerate(found) if each), None)

    # -- the order -----------------------------------------------------------------------------------------------

    def _arrange(self, numbers: Iterable[int], now: float) -> None:
        heads: list[tuple[int, Heap | None]] = []
        if self._heap_of is None:
            heads = [(number, None) for number in numbers]
        else:
            heads = self._gathered(numbers, self._heap_of)
        heads.sort(key=lambda head: head[0], reverse=self._query.newest_first)
        day = Day(now)
        for number, heap in heads:
            at = self._kept[number].at
            if not day.holds(at):
                day = Day(at)
                self._refs.append((-number, None, False))
            self._refs.append((number, heap, heap is not None))
            if heap is not None and heap.key in self._query.unfolded:
                inside = self._of_heap[heap.id]
                order = reversed(inside) if self._query.newest_first else iter(inside)
                self._refs += [(each, heap, False) for each in order]

    def _gathered(self, numbers: Iterable[int], heap_of: Mapping[int, Heap]) -> list[tuple[int, Heap | None]]:
        """The newest number of each line, with its heap where it has more than one."""
        heads: list[tuple[int, Heap | None]] = []
        heaps: dict[int, Heap] = {}
        for number in numbers:
            heap = heap_of[number]
            if not heap.is_one:
                heads.append((number, None))
                continue
            heaps[heap.id] = heap
            self._of_heap.setdefault(heap.id, []).append(number)
        for id, heap in heaps.items():
            members = self._of_heap[id]
            heads.append((members[-1], heap if len(members) > 1 else None))
        return heads

    # -- the lines -----------------------------------------------------------------------------------------------

    def _key(self, ref: _Ref) -> str:
        number, heap, is_head = ref
        if number < 0:
            return f"day {Day(self._kept[-number].at).begins:.0f}"
        return heap.key if heap is not None and is_head else happening_key(number)

    def _line(self, ref: _Ref) -> AnyLine:
        number, heap, is_head = ref
        if number < 0:
            return DayLine(self._key(ref), self._kept[-number].at)
        if heap is None or not is_head:
            return HappeningLine(self._key(ref), self._kept[number], heap is not None)
        members = self._of_heap[heap.id]
        hosts = tuple(dict.fromkeys(self._kept[each].host for each in members))
        unfolded = heap.key in self._query.unfolded
        return GatheredLine(
            heap.key, Gathered(heap.why), unfolded, len(members), hosts, self._kept[members[0]].at, self._kept[number]
        )
