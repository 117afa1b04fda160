"""Which happenings have one line together: what befell many for one cause, and what goes to and fro. Pure.

Each happening is in exactly one heap. A heap has one line from MANY of its happenings on where the same befell many,
and always where one host goes to and fro; else each of its happenings has a line of its own.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import field

from ..model.data_class import dataclass
from .happening import (
    AnsweredAgain,
    DomainMoved,
    FellSilent,
    FileRead,
    Gathered,
    Happening,
    HostMoved,
    NewsLost,
    Noted,
    StateMoved,
)

MANY = 3
"""Hosts, or domains of one host, from which on they have one line: of two, both names are worth more than a number."""

TOGETHER = 5.0
"""Seconds from the first of them within which the same befalls many at once."""

STEADY = 5
"""Changes within a PERIOD up to which each has a line of its own. With one more the host, or the domain, flaps."""

PERIOD = 60.0
"""Seconds. Flapping is over once nothing has changed for as long."""


@dataclass(slots=True, eq=False)
class Heap:
    """Happenings that may have one line. `numbers` holds them, oldest first, with what each is of."""

    id: int
    why: Gathered
    began: float
    last: float
    numbers: dict[int, str] = field(default_factory=dict)
    is_one: bool = False
    """Whether they have one line. Once they have, they keep it, however many of them are dropped."""
    common: Hashable = None
    """What its happenings have in common, where more may come."""
    _subjects: set[str] | None = None  # made with the third one: most happenings stay alone

    @property
    def key(self) -> str:
        """The key of the line."""
        return f"gathered {self.id}"

    def put(self, number: int, at: float, subject: str) -> None:
        """Take the next happening."""
        self.numbers[number] = subject
        self.last = max(self.last, at)
        if self._subjects is not None:
            self._subjects.add(subject)

    def drop(self, number: int) -> str:
        """Let a happening go; gives what it is of."""
        subject = self.numbers.pop(number)
        if self._subjects is not None:
            self._subjects.discard(subject)
        return subject

    def has(self, subject: str) -> bool:
        """Whether it has a happening of that host, or domain."""
        if self._subjects is None:
            if len(self.numbers) < MANY:
                return subject in self.numbers.values()
            self._subjects = set(self.numbers.values())
        return subject in self._subjects


def subject_of(happening: Happening) -> str:
    """What it is of: a host, or a domain of a host."""
    what = happening.what
    return f"{happening.host}/{what.uuid}" if isinstance(what, DomainMoved) else happening.host


def shared_by(happening: Happening) -> Hashable | None:
    """What happenings have in common that may have one line; None for what has always its own."""
    match happening.what:
        case StateMoved(after=after, cause=cause, trouble=trouble):
            why = cause if trouble is None else trouble.cause
            return happening.kind, happening.place, after, why
        case FellSilent() | AnsweredAgain() as what:
            return type(what), happening.place
        case DomainMoved(before=before, after=after, reason=reason):
            return happening.host, before, after, reason
        case HostMoved(move=move):
            return move
        case Noted(message=message):
            return message
        case FileRead() | NewsLost():
            return None


class Gathering:
    """Takes happenings in the order of their numbers, and lets the oldest go."""

    def __init__(self) -> None:
        self._heap_of: dict[int, Heap] = {}
        self._shared: dict[Hashable, Heap] = {}
        self._flapping: dict[str, Heap] = {}
        self._recent: dict[str, list[tuple[int, float]]] = {}  # STEADY of each, and no more: of 7,000 domains

    @property
    def heap_of(self) -> Mapping[int, Heap]:
        """The heap of each happening, by its number."""
        return self._heap_of

    def add(self, happening: Happening) -> None:
        """Take the next one. Its number must be higher than all before."""
        subject = subject_of(happening)
        changes = not isinstance(happening.what, HostMoved | FileRead | Noted | NewsLost)
        if changes and self._joins_flapping(happening, subject):
            return
        heap = self._shared_heap(happening, subject)
        self._put(heap, happening.number, happening.at, subject)
        heap.is_one = heap.is_one or len(heap.numbers) >= MANY
        if changes:
            self._note_change(happening, subject)

    def drop(self, number: int) -> None:
        """Forget a happening: the oldest that is kept."""
        heap = self._heap_of.pop(number)
        subject = heap.drop(number)
        if not heap.numbers:
            self._forget(heap, subject)
        recent = self._recent.get(subject)
        if recent and recent[0][0] <= number:
            del recent[0]
            if not recent:
                del self._recent[subject]

    # -- the same befalls many -----------------------------------------------------------------------------------

    def _shared_heap(self, happening: Happening, subject: str) -> Heap:
        common = shared_by(happening)
        if common is None:
            return Heap(happening.number, Gathered.SHARED, happening.at, happening.at)
        heap = self._shared.get(common)
        if heap is None or happening.at - heap.began > TOGETHER or heap.has(subject):
            self._shared.pop(common, None)
            self._close_old(happening.at)
            heap = Heap(happening.number, Gathered.SHARED, happening.at, happening.at, common=common)
            self._shared[common] = heap
        return heap

    def _close_old(self, now: float) -> None:
        """Heaps that nothing can join any more are not looked for any more; the oldest stand first."""
        while self._shared:
            common, heap = next(iter(self._shared.items()))
            if now - heap.began <= TOGETHER:
                break
            del self._shared[common]

    # -- to and fro ----------------------------------------------------------------------------------------------

    def _joins_flapping(self, happening: Happening, subject: str) -> bool:
        heap = self._flapping.get(subject)
        if heap is None:
            return False
        if happening.at - heap.last > PERIOD:
            del self._flapping[subject]
            return False
        self._put(heap, happening.number, happening.at, subject)
        return True

    def _note_change(self, happening: Happening, subject: str) -> None:
        """Where it is one change too many, those of the last minute go into a heap of their own. What many hosts
        share is no flapping of each of them: it stays where it is."""
        recent = self._recent.setdefault(subject, [])
        recent.append((happening.number, happening.at))
        while happening.at - recent[0][1] > PERIOD:
            del recent[0]
        alone = [(number, at) for number, at in recent if number in self._heap_of and not self._heap_of[number].is_one]
        if len(alone) <= STEADY:
            return
        heap = Heap(happening.number, Gathered.FLAPPING, alone[0][1], happening.at, is_one=True)
        for number, at in alone:
            before = self._heap_of[number]
            before.drop(number)
            if not before.numbers:
                self._forget(before, subject)
            self._put(heap, number, at, subject)
        self._flapping[subject] = heap
        del self._recent[subject]

    # -- heaps ---------------------------------------------------------------------------------------------------

    def _put(self, heap: Heap, number: int, at: float, subject: str) -> None:
        heap.put(number, at, subject)
        self._heap_of[number] = heap

    def _forget(self, heap: Heap, subject: str) -> None:
        if self._flapping.get(subject) is heap:
            del self._flapping[subject]
        if self._shared.get(heap.common) is heap:
            del self._shared[heap.common]
