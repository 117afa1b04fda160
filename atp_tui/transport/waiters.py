"""The callers that wait for a connection of one pool: a queue for each class of lease."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Generic, TypeVar

from .slot import LeaseClass, Waiter

C = TypeVar("C")


class Waiters(Generic[C]):
    """Watches are served first, since they take no place, then samples, then work; each class in order of coming."""

    __slots__ = ("_of_class", "samples", "watches", "work")

    def __init__(self) -> None:
        self.watches: OrderedDict[Waiter[C], None] = OrderedDict()
        self.samples: OrderedDict[Waiter[C], None] = OrderedDict()
        self.work: OrderedDict[Waiter[C], None] = OrderedDict()
        self._of_class = {
            LeaseClass.WATCH: self.watches,
            LeaseClass.SAMPLE: self.samples,
            LeaseClass.WORK: self.work,
        }

    def __len__(self) -> int:
        return len(self.watches) + len(self.samples) + len(self.work)

    def __iter__(self) -> Iterator[Waiter[C]]:
        """In the order in which they are served."""
        for queue in (self.watches, self.samples, self.work):
            yield from queue

    def of(self, lease_class: LeaseClass) -> int:
        """How many of a class wait."""
        return len(self._of_class[lease_class])

    def add(self, waiter: Waiter[C]) -> bool:
        """Put a caller at the end of its queue; whether it is the only one there."""
        queue = self._of_class[waiter.lease_class]
        queue[waiter] = None
        return len(queue) == 1

    def discard(self, waiter: Waiter[C]) -> None:
        """Forget a caller; one that does not wait is not missed."""
        self._of_class[waiter.lease_class].pop(waiter, None)

    def first(self) -> Waiter[C] | None:
        """The caller that is served next."""
        return next(iter(self.watches or self.samples or self.work), None)

    def clear(self) -> None:
        """Forget all."""
        for queue in self._of_class.values():
            queue.clear()
