"""The counters of a host's domains at the last samples, side by side in few arrays.

A thousand hosts add a sample each second, and by then what they added before has left the processor's caches: the cost
of a sample is the memory that it touches. So a sample is appended in place, and an object of its own is kept only of
what differs.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from typing import NamedTuple, TypeVar

N = TypeVar("N", int, float)

DOMAIN_HISTORY = 32
"""Samples that are kept of each domain beside the oldest one, from which the first gain is counted: there may be a
hundred domains a host."""

CPU, RECEIVED, SENT = range(3)
"""The counters: nanoseconds, and bytes of both directions."""

COUNTERS = 3

_MOST = DOMAIN_HISTORY + 1
_ROOM = 8
"""Samples by which an array outgrows those that are kept until it is cut: cutting moves all of it."""


class Listed:
    """Which domains an answer has, in its order. Samples with the same ones share it: `is` tells that they have."""

    __slots__ = ("_places", "names", "uuids")

    def __init__(self, uuids: tuple[str, ...], names: tuple[str, ...]) -> None:
        self.uuids = uuids
        self.names = names
        self._places: dict[str, int] | None = None

    @property
    def places(self) -> Mapping[str, int]:
        """The place of each uuid. Made where somebody looks."""
        if self._places is None:
            self._places = {uuid: place for place, uuid in enumerate(self.uuids)}
        return self._places


class Frame(NamedTuple):
    """The domains at one moment. `counters` are those of CPU of all, then RECEIVED, then SENT, -1 for none; `memory` is
    in KiB, -1 while off; `disk` is what went to and from their disks a second when these were asked for last, NaN for
    none."""

    at: float
    listed: Listed
    counters: array[int]
    memory: array[int]
    disk: array[float]

    def counted(self, which: int, place: int) -> int:
        """A counter of the domain at that place."""
        return self.counters[which * len(self.listed.uuids) + place]

    def column(self, which: int) -> array[int]:
        """A counter of each domain."""
        size = len(self.listed.uuids)
        return self.counters[which * size : (which + 1) * size]


class _Stretch:
    """Samples one after the other that have the same domains. Of `memory` and `disk` there is an array for each
    sample from which on another one held, with that sample's place."""

    __slots__ = ("at", "counters", "disk", "listed", "memory")

    def __init__(self, listed: Listed) -> None:
        self.listed = listed
        self.at = array("d")
        self.counters = array("q")
        self.memory: list[tuple[int, array[int]]] = []
        self.disk: list[tuple[int, array[float]]] = []

    def append(self, frame: Frame) -> None:
        at = self.at
        if not self.memory or self.memory[-1][1] is not frame.memory:
            self.memory.append((len(at), frame.memory))
        if not self.disk or self.disk[-1][1] is not frame.disk:
            self.disk.append((len(at), frame.disk))
        at.append(frame.at)
        self.counters.extend(frame.counters)
        if len(at) >= _MOST + _ROOM:
            self._cut(len(at) - _MOST)

    def _cut(self, gone: int) -> None:
        del self.at[:gone]
        del self.counters[: gone * COUNTERS * len(self.listed.uuids)]
        self.memory, self.disk = _without(self.memory, gone), _without(self.disk, gone)

    def counts(self, which: int, uuid: str, first: int) -> Iterable[int]:
        """A counter of one domain in the samples from that place on, -1 for none."""
        number = len(self.listed.uuids)
        place = self.listed.places.get(uuid)
        if place is None:
            return repeat(-1, len(self.at) - first)
        return self.counters[(first * COUNTERS + which) * number + place :: COUNTERS * number]

    def frame(self, number: int) -> Frame:
        """The sample at that place."""
        size = COUNTERS * len(self.listed.uuids)
        counters = self.counters[number * size : (number + 1) * size]
        return Frame(self.at[number], self.listed, counters, _held(self.memory, number), _held(self.disk, number))


class DomainHistory:
    """The last samples; `newest` is the last one of them. Only that one and what differs are objects."""

    __slots__ = ("_before", "_past", "_stretch", "newest")

    def __init__(self) -> None:
        self._past: list[_Stretch] = []
        self._stretch: _Stretch | None = None
        self._before: Frame | None = None
        self.newest: Frame | None = None

    def append(self, frame: Frame) -> None:
        """Add a sample. Its `memory` and `disk` are the very arrays of the one before where nothing differs."""
        stretch = self._stretch
        if stretch is None or stretch.listed is not frame.listed:
            if stretch is not None:
                self._past.append(stretch)
            stretch = self._stretch = _Stretch(frame.listed)
        stretch.append(frame)
        self._before, self.newest = None, frame
        if self._past:
            kept = len(stretch.at)
            for number in range(len(self._past) - 1, -1, -1):
                if kept >= _MOST:
                    del self._past[: number + 1]
                    break
                kept += len(self._past[number].at)

    def before(self) -> Frame | None:
        """The sample before the newest one. Made once a sample, where somebody looks: a list asks for each domain."""
        if self._before is None:
            frames = self._backwards()
            next(frames, None)
            self._before = next(frames, None)
        return self._before

    def frames(self) -> Sequence[Frame]:
        """All samples that are kept, oldest first."""
        found = []
        for frame in self._backwards():
            found.append(frame)
            if len(found) == _MOST:
                break
        return found[::-1]

    def counts(self, which: int, uuid: str) -> tuple[list[float], list[int]]:
        """A counter of one domain in all samples that are kept, oldest first: when each came, and what it had, -1 for
        none. A list asks it of each of its domains, so that no frame, which has those of all, is made for it."""
        moments: list[float] = []
        found: list[int] = []
        for stretch in self._stretches():
            first = max(0, len(stretch.at) - (_MOST - len(moments)))
            moments[:0] = stretch.at[first:]
            found[:0] = stretch.counts(which, uuid, first)
            if len(moments) >= _MOST:
                break
        return moments, found

    def _stretches(self) -> Iterable[_Stretch]:
        """From the newest one back."""
        return () if self._stretch is None else (self._stretch, *reversed(self._past))

    def _backwards(self) -> Iterator[Frame]:
        for stretch in self._stretches():
            for number in range(len(stretch.at) - 1, -1, -1):
                yield stretch.frame(number)


def _without(held: list[tuple[int, array[N]]], gone: int) -> list[tuple[int, array[N]]]:
    """What held, once so many of the oldest samples are gone."""
    first = max(number for number, (since, _) in enumerate(held) if since <= gone)
    return [(max(0, since - gone), values) for since, values in held[first:]]


def _held(held: list[tuple[int, array[N]]], number: int) -> array[N]:
    """What held at a sample."""
    return next(values for since, values in reversed(held) if since <= number)
