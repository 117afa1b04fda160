"""The targets of one job that wait for their turn, and the hosts and jump hosts that bound how many are worked on."""

from __future__ import annotations

from collections import deque
from enum import Enum, auto
from heapq import heappop, heappush, heapreplace

from ..model.data_class import dataclass
from ..model.outcome import Outcome
from ..model.target import TargetId


class Place:
    """A host, or a jump host, and the work there over all jobs.

    Its limit is the lowest that a job with targets there asks for: a job that is careful with a host is not undone by
    another one.
    """

    __slots__ = ("_jobs", "limit", "running")

    def __init__(self) -> None:
        self.running = 0
        self.limit = 0
        """How many targets may be worked on here at a time."""
        self._jobs: dict[str, tuple[int, int]] = {}  # by job: its limit, its targets here that have not ended

    @property
    def free(self) -> bool:
        return self.running < self.limit

    def join(self, job: str, limit: int) -> None:
        """A target of `job` is here."""
        self.limit = min(limit, self.limit) if self._jobs else limit
        self._jobs[job] = limit, self._jobs.get(job, (limit, 0))[1] + 1

    def leave(self, job: str) -> bool:
        """A target of `job` has ended; whether the place is deserted now."""
        limit, left = self._jobs.pop(job)
        if left > 1:
            self._jobs[job] = limit, left - 1
        else:
            self.limit = min([limit for limit, _ in self._jobs.values()], default=0)
        return not self._jobs


class Stage(Enum):
    """Where a target is on its way. STOPPING: the end of its attempt was asked for, and is not known yet; it has its
    places as before. LATER: an attempt has failed, and the next one has its moment."""

    WAITING = auto()
    RUNNING = auto()
    STOPPING = auto()
    LATER = auto()
    ENDED = auto()


@dataclass(slots=True, eq=False)
class Item:
    """One target of one job.

    `tries` counts its attempts. `begun`: the work itself has begun in the attempt that runs. `left`: nobody waits for
    the end of that attempt any more. `last` is what the attempt before came to. `number` is its place in the order of
    its job's backlog while it waits.
    """

    job: str
    target: TargetId
    host: Place
    jump: Place | None
    stage: Stage = Stage.WAITING
    tries: int = 0
    begun: bool = False
    left: bool = False
    last: Outcome | None = None
    number: int = -1


class _Queue:
    """The items of one host, first come, first served. `parked`: the host is full, so nothing of it is looked at."""

    __slots__ = ("items", "parked")

    def __init__(self) -> None:
        self.items: deque[tuple[int, Item]] = deque()
        self.parked = False

    def first(self) -> int | None:
        """The number of the first item that still waits; None for none."""
        while self.items and (self.items[0][1].number != self.items[0][0]):
            self.items.popleft()  # cancelled, or put to the end again
        return self.items[0][0] if self.items else None


class Backlog:
    """Gives the waiting items in the order in which they came, passing over those whose host or jump host is full.

    Neither ten thousand targets behind one jump host nor a host with a thousand domains make a step longer: only the
    first item of each host is in a heap, one heap for each jump host, and a full host is out of it until `unpark`.
    """

    def __init__(self) -> None:
        self._next = 0
        self._queues: dict[Place, _Queue] = {}
        self._heads: dict[Place | None, list[tuple[int, Place]]] = {}

    def put(self, item: Item) -> None:
        """To the end of the order."""
        item.stage, item.number = Stage.WAITING, self._next
        self._next += 1
        queue = self._queues.get(item.host)
        if queue is None:
            queue = self._queues[item.host] = _Queue()
            heappush(self._heads.setdefault(item.jump, []), (item.number, item.host))
        queue.items.append((item.number, item))

    def drop(self, item: Item) -> None:
        """It waits no longer."""
        item.number = -1

    def unpark(self, host: Place) -> None:
        """The host may have a place free again."""
        queue = self._queues.get(host)
        if queue is None or not queue.parked:
            return
        number = queue.first()
        if number is None:
            del self._queues[host]
        else:
            queue.parked = False
            heappush(self._heads.setdefault(queue.items[0][1].jump, []), (number, host))

    def pick(self) -> Item | None:
        """Take the first item out whose host and jump host are free; None where there is none."""
        first: tuple[int, Place] | None = None
        for jump in tuple(self._heads):
            if jump is None or jump.free:
                head = self._head(jump)
                if head is not None and (first is None or head < first):
                    first = head
        if first is None:
            return None
        _, item = self._queues[first[1]].items.popleft()
        item.number = -1
        return item

    def _head(self, jump: Place | None) -> tuple[int, Place] | None:
        """The first item of a free host behind `jump`, as (number, host)."""
        heap = self._heads[jump]
        while heap:
            number, host = heap[0]
            queue = self._queues[host]
            first = queue.first()
            if first is None:
                heappop(heap)
                del self._queues[host]
            elif first != number:
                heapreplace(heap, (first, host))
            elif not host.free:
                heappop(heap)
                queue.parked = True
            else:
                return heap[0]
        del self._heads[jump]
        return None
