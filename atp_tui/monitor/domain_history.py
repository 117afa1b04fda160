"""What the counters of a host's domains gained from sample to sample, side by side in few arrays.

A thousand hosts add a sample each second, and by then what they added before has left the processor's caches: the cost
of a sample is the memory that it touches. So a sample is appended in place, and an object of its own is kept only of
what differs. Gains are in single precision, which is half of what the counters would need.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from operator import sub
from typing import NamedTuple, TypeVar

from .series import NAN

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
    """The domains at one moment. `counters` are those of CPU of all, then RECEIVED, then SENT, -1 for none; `whole`:
    none is missing. `memory` is in KiB, -1 while off; `disk` is what went to and from their disks a second when these
    were asked for last, NaN for none."""

    at: float
    listed: Listed
    counters: array[int]
    whole: bool
    memory: array[int]
    disk: array[float]

    def counted(self, which: int, place: int) -> int:
        """A counter of the domain at that place."""
        return self.counters[which * len(self.listed.uuids) + place]

    def gains(self, last: Frame) -> Sequence[float]:
        """What each counter gained since `last`, in their order; NaN for one that fell, or was or is not there."""
        if self.listed is last.listed:
            if self.whole and last.whole:  # in C: this runs for each domain of each sample
                gained = [*map(sub, self.counters, last.counters)]
                if min(gained, default=0) >= 0:
                    return gained
            before: Sequence[int] = last.counters
        else:
            places, size = last.listed.places, len(last.listed.uuids)
            at = [places.get(uuid) for uuid in self.listed.uuids]
            before = [-1 if p is None else last.counters[w * size + p] for w in range(COUNTERS) for p in at]
        return [now - was if now >= was >= 0 else NAN for was, now in zip(before, self.counters, strict=True)]


class Past(NamedTuple):
    """What is kept of a sample beside its gains: as in Frame."""

    at: float
    listed: Listed
    memory: array[int]
    disk: array[float]


class _Stretch:
    """Samples one after the other that have the same domains. `gains` are since the sample before. Of `memory` and
    `disk` there is an array for each sample from which on another one held, with that sample's place."""

    __slots__ = ("at", "disk", "gains", "listed", "memory")

    def __init__(self, listed: Listed) -> None:
        self.listed = listed
        self.at = array("d")
        self.gains = array("f")
        self.memory: list[tuple[int, array[int]]] = []
        self.disk: list[tuple[int, array[float]]] = []

    def append(self, frame: Frame, gains: Sequence[float]) -> None:
        at = self.at
        if not self.memory or self.memory[-1][1] is not frame.memory:
            self.memory.append((len(at), frame.memory))
        if not self.disk or self.disk[-1][1] is not frame.disk:
            self.disk.append((len(at), frame.disk))
        at.append(frame.at)
        self.gains.extend(gains)
        if len(at) >= _MOST + _ROOM:
            self._cut(len(at) - _MOST)

    def _cut(self, gone: int) -> None:
        del self.at[:gone]
        del self.gains[: gone * COUNTERS * len(self.listed.uuids)]
        self.memory, self.disk = _without(self.memory, gone), _without(self.disk, gone)

    def gained(self, which: int, uuid: str, first: int) -> Iterable[float]:
        """What a counter of one domain gained with each sample from that place on, NaN where it is not known."""
        number = len(self.listed.uuids)
        place = self.listed.places.get(uuid)
        if place is None:
            return repeat(NAN, len(self.at) - first)
        return self.gains[(first * COUNTERS + which) * number + place :: COUNTERS * number]

    def newest(self, which: int) -> array[float]:
        """What a counter of each domain gained with the newest sample."""
        number = len(self.listed.uuids)
        first = len(self.gains) + (which - COUNTERS) * number
        return self.gains[first : first + number]

    def past(self, number: int) -> Past:
        """The sample at that place."""
        return Past(self.at[number], self.listed, _held(self.memory, number), _held(self.disk, number))


class DomainHistory:
    """The last samples; `newest` is the last one of them, which came `seconds` after the one before, 0.0 where there is
    none. Only the newest and what differs are objects."""

    __slots__ = ("_past", "_stretch", "newest", "seconds")

    def __init__(self) -> None:
        self._past: list[_Stretch] = []
        self._stretch: _Stretch | None = None
        self.newest: Frame | None = None
        self.seconds = 0.0

    def append(self, frame: Frame, gains: Sequence[float] | None = None) -> None:
        """Add a sample. Its `memory` and `disk` are the very arrays of the one before where nothing differs. `gains`
        are those of `Frame.gains` since the newest one, where they are known."""
        stretch, last = self._stretch, self.newest
        if last is None:
            gains = [NAN] * len(frame.counters)
        elif gains is None:
            gains = frame.gains(last)
        self.seconds = 0.0 if last is None else frame.at - last.at
        if stretch is None or stretch.listed is not frame.listed:
            if stretch is not None:
                self._past.append(stretch)
            stretch = self._stretch = _Stretch(frame.listed)
        stretch.append(frame, gains)
        self.newest = frame
        if self._past:
            kept = len(stretch.at)
            for number in range(len(self._past) - 1, -1, -1):
                if kept >= _MOST:
                    del self._past[: number + 1]
                    break
                kept += len(self._past[number].at)

    def rates(self, which: int) -> list[float]:
        """What a counter of each domain of the newest sample gained a second; NaN where that is not known."""
        if self._stretch is None:
            return []
        gains, seconds = self._stretch.newest(which), self.seconds
        return [gain / seconds for gain in gains] if seconds > 0 else [NAN] * len(gains)

    def rate(self, which: int, place: int) -> float | None:
        """As `rates`, of the domain at that place; None where it is not known."""
        if self._stretch is None or self.seconds <= 0:
            return None
        gains = self._stretch.gains
        gain = gains[len(gains) + (which - COUNTERS) * len(self._stretch.listed.uuids) + place]
        return gain / self.seconds if gain == gain else None

    def samples(self) -> Sequence[Past]:
        """All samples that are kept, oldest first."""
        found = []
        for past in self._backwards():
            found.append(past)
            if len(found) == _MOST:
                break
        return found[::-1]

    def gained(self, which: int, uuid: str) -> tuple[list[float], list[float]]:
        """A counter of one domain in all samples that are kept, oldest first: when each came, and what it gained since
        the one before, NaN where it is not known. A list asks it of each of its domains."""
        moments: list[float] = []
        found: list[float] = []
        for stretch in self._stretches():
            first = max(0, len(stretch.at) - (_MOST - len(moments)))
            moments[:0] = stretch.at[first:]
            found[:0] = stretch.gained(which, uuid, first)
            if len(moments) >= _MOST:
                break
        return moments, found

    def _stretches(self) -> Iterable[_Stretch]:
        """From the newest one back."""
        return () if self._stretch is None else (self._stretch, *reversed(self._past))

    def _backwards(self) -> Iterator[Past]:
        for stretch in self._stretches():
            for number in range(len(stretch.at) - 1, -1, -1):
                yield stretch.past(number)


def _without(held: list[tuple[int, array[N]]], gone: int) -> list[tuple[int, array[N]]]:
    """What held, once so many of the oldest samples are gone."""
    first = max(number for number, (since, _) in enumerate(held) if since <= gone)
    return [(max(0, since - gone), values) for since, values in held[first:]]


def _held(held: list[tuple[int, array[N]]], number: int) -> array[N]:
    """What held at a sample."""
    return next(values for since, values in reversed(held) if since <= number)
