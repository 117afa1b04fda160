"""Lines of many hosts in one order, by their times, as they come. Pure: no clock of its own.

The rule. The place of a line is its own time, but never later than its arrival here, and never before the line of its
host that came before it. A line without a time stays with the line before it. Each waits for `window` seconds after its
arrival, for lines of other hosts that were written before it. So of hosts whose clocks agree, lines come out by their
times where they arrive within the window. A host whose clock is behind waits for nobody, and nobody waits for it; of
one whose clock is ahead the moment of arrival counts. No line is lost, and lines of one host keep their order.

What may wait is bounded: of a host that sends more, the first lines come out before their time.
"""

from __future__ import annotations

from collections import deque
from heapq import heapify, heappop, heappush, heapreplace
from typing import Generic, TypeVar

T = TypeVar("T")

WINDOW = 0.5
"""Seconds."""

MOST_LINES = 2000
"""Lines of one host that wait at most."""

MOST_BYTES = 1 << 20
"""Bytes of one host that wait at most."""

MOST_IN_ALL = 32 << 20
"""Bytes of all hosts that wait at most."""


class _Block(Generic[T]):
    """A line with those that stay with it. `place` orders blocks, `due` is when it comes out at the latest."""

    __slots__ = ("due", "items", "number", "place", "queue", "size")

    def __init__(self, queue: _Queue[T], place: float, number: int, due: float, item: T, size: int) -> None:
        self.queue = queue
        self.place = place
        self.number = number
        self.due = due
        self.items = [item]
        self.size = size

    @property
    def waits(self) -> bool:
        """Whether it has not come out."""
        return bool(self.items)


class _Queue(Generic[T]):
    """What waits of one host. `last` is the place of the last line that came, `stamped`: lines of it have times."""

    __slots__ = ("blocks", "last", "lines", "size", "stamped")

    def __init__(self) -> None:
        self.blocks: deque[_Block[T]] = deque()
        self.lines = 0
        self.size = 0
        self.last = float("-inf")
        self.stamped = False


class Merge(Generic[T]):
    """Takes lines with `add`, gives them back in their order with `out`.

    `now` is of a clock that does not leap; times and arrivals are of the wall clock. All are in seconds.
    """

    def __init__(
        self,
        window: float = WINDOW,
        *,
        most_lines: int = MOST_LINES,
        most_bytes: int = MOST_BYTES,
        most_in_all: int = MOST_IN_ALL,
    ) -> None:
        self._window = window
        self._most_lines = most_lines
        self._most_bytes = most_bytes
        self._most_in_all = most_in_all
        self._hosts: dict[str, _Queue[T]] = {}
        self._heads: list[tuple[float, int, _Block[T]]] = []  # the first block of each host; some have come out since
        self._came: deque[_Block[T]] = deque()  # in the order of their moments
        self._ready: list[T] = []
        self._number = 0
        self._size = 0
        self._waiting = 0  # blocks

    def add(
        self, host: str, item: T, size: int, at: float | None, arrived: float, now: float, *, is_mark: bool = False
    ) -> None:
        """The next line of a host, of `size` bytes. `at` is the time that it begins with, None for none. `is_mark`: we
        say it of the host, so that its time says nothing of whether the host's lines have times."""
        queue = self._hosts.setdefault(host, _Queue())
        if at is None and queue.stamped:
            self._stay(queue, item, size)
        else:
            queue.stamped = queue.stamped or (at is not None and not is_mark)
            queue.last = max(queue.last, arrived if at is None else min(at, arrived))
            self._number += 1
            block = _Block(queue, queue.last, self._number, now + self._window, item, size)
            queue.blocks.append(block)
            self._came.append(block)
            self._waiting += 1
            if len(queue.blocks) == 1:
                self._put(block)
            queue.lines += 1
            queue.size += size
            self._size += size
        self._bound(queue)

    def _stay(self, queue: _Queue[T], item: T, size: int) -> None:
        """A line that stays with the one before it: where that has come out, it comes out now."""
        if not queue.blocks:
            self._ready.append(item)
            return
        block = queue.blocks[-1]
        block.items.append(item)
        block.size += size
        queue.lines += 1
        queue.size += size
        self._size += size

    def out(self, now: float) -> list[T]:
        """What comes out by now, in its order."""
        came = self._came
        while came and (came[0].due <= now or not came[0].waits):
            block = came.popleft()
            while block.waits:
                self._pop()
        return self._taken()

    def rest(self) -> list[T]:
        """All that waits."""
        return self.out(float("inf"))

    @property
    def due(self) -> float | None:
        """When something comes out next, by the clock of `now`; None where nothing waits."""
        if self._ready:
            return float("-inf")
        while self._came and not self._came[0].waits:
            self._came.popleft()
        return self._came[0].due if self._came else None

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return self._size

    def _bound(self, queue: _Queue[T]) -> None:
        while queue.blocks and (queue.lines > self._most_lines or queue.size > self._most_bytes):
            self._leave(queue)
        while self._size > self._most_in_all:
            self._pop()
        if len(self._came) > 2 * self._waiting + 1000:  # of a flood most have come out before their moment
            self._came = deque(block for block in self._came if block.waits)

    def _pop(self) -> None:
        """Let the first of all come out."""
        while not self._heads[0][2].waits:
            heappop(self._heads)
        block = self._heads[0][2]
        queue = block.queue
        self._take(block)
        if queue.blocks:
            head = queue.blocks[0]
            heapreplace(self._heads, (head.place, head.number, head))
        else:
            heappop(self._heads)

    def _leave(self, queue: _Queue[T]) -> None:
        """Let the first of a host come out, before others perhaps."""
        self._take(queue.blocks[0])
        if queue.blocks:
            self._put(queue.blocks[0])

    def _put(self, block: _Block[T]) -> None:
        heappush(self._heads, (block.place, block.number, block))
        if len(self._heads) > 2 * len(self._hosts) + 16:  # those that have left before their turn
            self._heads = [each for each in self._heads if each[2].waits]
            heapify(self._heads)

    def _take(self, block: _Block[T]) -> None:
        queue = block.queue
        queue.blocks.popleft()
        queue.lines -= len(block.items)
        queue.size -= block.size
        self._size -= block.size
        self._waiting -= 1
        self._ready += block.items
        block.items = []

    def _taken(self) -> list[T]:
        taken, self._ready = self._ready, []
        return taken
