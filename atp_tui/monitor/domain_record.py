"""The domains of one host as the monitor remembers them: what their counters gained, sample by sample."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from operator import lt
from typing import NamedTuple

from ..model import events
from ..model.node import DomainReading, DomainState
from .domain_disks import NO_RATES, DiskCounters, DiskRates
from .hearing import Hearing
from .rows import OFF, DomainRow
from .series import NAN, bounded, rate

DOMAIN_HISTORY = 32
"""Samples that are kept of each domain: there may be a hundred domains a host."""

GONE_FOR = 60.0
"""Seconds that a domain is told of after the first answer in which it is missing."""

CPU, NET, DISK = range(3)
"""The counters: nanoseconds, and bytes in both directions together."""

NAMES = ("cpu", "net", "disk")

_NS = 1e9


class Listed:
    """Which domains an answer has, in its order. Frames with the same ones share it: `is` tells that they have."""

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


class _Frame(NamedTuple):
    """The domains at one moment. `counters` are those of CPU of all, then of NET, -1 for none; `memory` is in KiB, -1
    while off; `disk` is what went to and from their disks a second when these were asked for last, NaN for none."""

    at: float
    listed: Listed
    counters: array[int]
    memory: array[int]
    disk: array[float]


class HostDomains:
    """The last samples of a host's domains, and rows made of them when they are asked for."""

    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing
        self._last: events.HostSampled | None = None
        self._before: events.HostSampled | None = None
        self._frames: deque[_Frame] = deque(maxlen=DOMAIN_HISTORY + 1)
        self._disks = DiskCounters()
        self._disk_rates: DiskRates = {}
        self._kept: dict[str, DomainRow] = {}
        self._states: list[DomainState] | None = None
        self.gone: dict[str, DomainRow] = {}
        """The last rows of those that are missing in the newest answers, by uuid."""

    def take(self, sample: events.HostSampled) -> None:
        """Take a sample."""
        rates = self._disks.take(sample) if sample.disks else self._disk_rates
        frame = self._frame(sample, rates)
        if self._frames:
            last = self._frames[-1]
            # a counter that fell, or came no more, is less than it was
            if (
                frame.listed is not last.listed
                or True in map(lt, frame.counters, last.counters)
                or (frame.disk is not last.disk and _lost(last.disk, frame.disk))
            ):
                self._hold(frame, sample)
        self._before, self._last, self._states, self._disk_rates = self._last, sample, None, rates
        self._frames.append(frame)
        if self._kept:
            self._kept = {uuid: row for uuid, row in self._kept.items() if self._lacks(uuid, row)}
        if self.gone:
            places = frame.listed.places
            self.gone = {
                uuid: row for uuid, row in self.gone.items() if uuid not in places and sample.at - row.at < GONE_FOR
            }

    def clear(self) -> None:
        """Nothing that was said of them counts."""
        self._last = self._before = self._states = None
        self._frames.clear()
        self._disks, self._disk_rates = DiskCounters(), {}
        self._kept.clear()
        self.gone.clear()

    @property
    def at(self) -> float | None:
        """The moment of the newest sample."""
        return None if self._last is None else self._last.at

    @property
    def listed(self) -> Listed | None:
        """The domains of the newest sample; the same object as long as they are the same ones under the same names."""
        return self._frames[-1].listed if self._frames else None

    @property
    def states(self) -> list[DomainState]:
        """Their states, in that order."""
        if self._states is None:
            self._states = [] if self._last is None else [domain.state for domain in self._last.domains]
        return self._states

    def reading(self, place: int) -> DomainReading:
        """What the newest sample says of the domain at that place."""
        assert self._last is not None
        return self._last.domains[place]

    def rows(self) -> tuple[DomainRow, ...]:
        """All domains of the newest sample, in its order."""
        return () if self._last is None else tuple([self.row(place) for place in range(len(self._last.domains))])

    def row(self, place: int) -> DomainRow:
        """The domain at that place of the newest sample."""
        return replace(self._whole_row(place), history=self._to_now(self._shares(self.reading(place))))

    def series(self, uuid: str) -> dict[str, tuple[float, ...]]:
        """The last values of a domain, oldest first, NaN for what is not known: "cpu" as a share of its processors,
        "memory" in KiB, "disk" and "net" in bytes a second. Empty for a domain that is not in the newest sample."""
        place = None if self.listed is None else self.listed.places.get(uuid)
        if place is None:
            return {}
        found = {"cpu": self._shares(self.reading(place)), "memory": self._held(uuid, _memory_of)}
        found |= {"disk": self._rates(uuid, DISK), "net": self._rates(uuid, NET)}
        return {name: self._to_now(values) for name, values in found.items()}

    def rates(self, which: int) -> list[float]:
        """What a counter of each domain gained a second between the two newest samples, in their order; NaN where that
        is not known. As in `row`, for all of them at once: they are sorted and searched by it."""
        if not self._frames:
            return []
        found = self._gains(which)
        if which == CPU and self._last is not None:
            domains = self._last.domains
            found = [
                min(gain / _NS / domain.vcpus, 1.0) if domain.vcpus else NAN
                for gain, domain in zip(found, domains, strict=True)
            ]
        for uuid, row in self._kept.items():
            place = self._frames[-1].listed.places[uuid]
            if found[place] != found[place]:
                found[place] = _figure_of(row, which)
        return found

    def _gains(self, which: int) -> list[float]:
        """What a counter of each domain gained a second since the sample before; NaN where that is not known."""
        now = self._frames[-1]
        if which == DISK:
            return list(now.disk)
        if len(self._frames) < 2 or (seconds := now.at - (last := self._frames[-2]).at) <= 0:
            return [NAN] * len(now.listed.uuids)
        after, before = _column(now, which), _column(last, which)
        if now.listed is not last.listed:
            places = last.listed.places
            before = array("q", [-1 if (at := places.get(uuid)) is None else before[at] for uuid in now.listed.uuids])
        return [(b - a) / seconds if b >= a >= 0 else NAN for a, b in zip(before, after, strict=True)]

    def memory_shares(self) -> list[float]:
        """As `DomainRow.memory` of each domain, NaN for None."""
        if self._last is None:
            return []
        return [
            domain.memory_kib / domain.memory_max_kib if domain.memory_max_kib > 0 and domain.state not in OFF else NAN
            for domain in self._last.domains
        ]

    # -- samples -------------------------------------------------------------------------------------------------

    def _frame(self, sample: events.HostSampled, rates: DiskRates) -> _Frame:
        domains, last = sample.domains, self._frames[-1] if self._frames else None
        uuids = tuple([domain.uuid for domain in domains])
        names = tuple([domain.name for domain in domains])
        if last is not None and last.listed.uuids == uuids and last.listed.names == names:
            listed = last.listed
        else:
            listed = Listed(uuids, names)
        counters = array("q", [-1 if (time := domain.cpu_time) is None else time for domain in domains])
        counters.extend([_both(domain.rx_bytes, domain.tx_bytes) for domain in domains])
        memory = array("q", [-1 if domain.state in OFF else domain.memory_kib for domain in domains])
        if last is not None and last.memory == memory:
            memory = last.memory  # most of them have what they had
        # past the class's own constructor, which is written in Python
        return tuple.__new__(
            _Frame, (sample.at, listed, counters, memory, self._disk_frame(sample, listed, memory, rates))
        )

    def _disk_frame(
        self, sample: events.HostSampled, listed: Listed, memory: array[int], rates: DiskRates
    ) -> array[float]:
        """What went to and from the disks of each domain a second. Between two readings of them the last one stands,
        but for a domain that is off by now."""
        last = self._frames[-1] if self._frames else None
        if rates is self._disk_rates and last is not None and last.listed is listed and last.memory is memory:
            return last.disk  # the same ones are off, too
        found = array("d")
        for domain in sample.domains:
            one, other = NO_RATES if domain.state in OFF else rates.get(domain.uuid, NO_RATES)
            found.append(NAN if one is None or other is None else one + other)
        return found

    def _hold(self, frame: _Frame, sample: events.HostSampled) -> None:
        """Before `sample` is taken: keep the last figures of the domains that it lacks, or of which it lacks any."""
        last = self._frames[-1]
        for place, uuid in enumerate(last.listed.uuids):
            now = frame.listed.places.get(uuid)
            if now is None:
                self.gone[uuid] = replace(self._whole_row(place), gone=True)
            elif uuid not in self._kept and sample.domains[now].state not in OFF and _fell(last, place, frame, now):
                row = self._row(place)
                if any(_is_known(row, which) for which in (CPU, NET, DISK)):
                    self._kept[uuid] = row

    def _lacks(self, uuid: str, kept: DomainRow) -> bool:
        """Whether the newest sample still lacks a figure that is kept of a domain."""
        listed = self.listed
        place = None if listed is None else listed.places.get(uuid)
        return place is not None and self.reading(place).state not in OFF and bool(_lacking(self._row(place), kept))

    # -- rows ----------------------------------------------------------------------------------------------------

    def _row(self, place: int) -> DomainRow:
        """What the two newest samples say, without the history."""
        assert self._last is not None
        domain, before = self._last.domains[place], self._reading_before(place)
        off = domain.state in OFF
        read, written = NO_RATES if off else self._disk_rates.get(domain.uuid, NO_RATES)
        if before is None or self._before is None:
            return DomainRow(domain, None, None, None, (), read_rate=read, write_rate=written, at=self._last.at)
        seconds = self._last.at - self._before.at
        used = rate(before.cpu_time, domain.cpu_time, seconds)
        return DomainRow(
            reading=domain,
            cpu=None if used is None or domain.vcpus < 1 else bounded(used / _NS / domain.vcpus),
            rx_rate=rate(before.rx_bytes, domain.rx_bytes, seconds),
            tx_rate=rate(before.tx_bytes, domain.tx_bytes, seconds),
            history=(),
            read_rate=read,
            write_rate=written,
            at=self._last.at,
        )

    def _whole_row(self, place: int) -> DomainRow:
        """As `_row`, with what is kept in the place of what is not known."""
        row = self._row(place)
        kept = self._kept.get(row.reading.uuid)
        if kept is None:
            return row
        lacking = _lacking(row, kept)
        if CPU in lacking:
            row = replace(row, cpu=kept.cpu)
        if NET in lacking:
            row = replace(row, rx_rate=kept.rx_rate, tx_rate=kept.tx_rate)
        if DISK in lacking:
            row = replace(row, read_rate=kept.read_rate, write_rate=kept.write_rate)
        return replace(row, kept=tuple([NAMES[which] for which in lacking]), kept_at=kept.at)

    def _reading_before(self, place: int) -> DomainReading | None:
        """What the sample before the newest one says of the domain at that place of the newest one."""
        if self._before is None or len(self._frames) < 2:
            return None
        now, last = self._frames[-1].listed, self._frames[-2].listed
        if now is last:
            return self._before.domains[place]
        at = last.places.get(now.uuids[place])
        return None if at is None else self._before.domains[at]

    def _shares(self, domain: DomainReading) -> list[float]:
        """Shares of the domain's own processors between each two samples, oldest first."""
        if domain.vcpus < 1:
            return [NAN] * max(0, len(self._frames) - 1)
        scale = _NS * domain.vcpus
        return [used if used != used else min(used / scale, 1.0) for used in self._rates(domain.uuid, CPU)]

    def _rates(self, uuid: str, which: int) -> list[float]:
        """What a counter gained a second between each two samples, oldest first; samples that did not come leave their
        places empty."""
        if which == DISK:
            return self._held(uuid, lambda frame, place: frame.disk[place])
        found: list[float] = []
        last: tuple[float, int] | None = None
        for frame in self._frames:
            place = frame.listed.places.get(uuid)
            count = -1 if place is None else frame.counters[which * len(frame.listed.uuids) + place]
            if last is not None:
                before, gone_by = last[1], frame.at - last[0]
                found += [NAN] * self._hearing.missed(last[0], frame.at, DOMAIN_HISTORY)
                found.append((count - before) / gone_by if count >= before >= 0 and gone_by > 0 else NAN)
            last = frame.at, count
        return found

    def _held(self, uuid: str, value: Callable[[_Frame, int], float]) -> list[float]:
        """As `_rates`, of what each sample but the oldest one holds itself: `value` gives it by the domain's place."""
        found: list[float] = []
        last: float | None = None
        for frame in self._frames:
            if last is not None:
                found += [NAN] * self._hearing.missed(last, frame.at, DOMAIN_HISTORY)
                place = frame.listed.places.get(uuid)
                found.append(NAN if place is None else value(frame, place))
            last = frame.at
        return found

    def _to_now(self, values: list[float]) -> tuple[float, ...]:
        """The values with the gap that has grown since the newest one: a chart ends at this moment."""
        return (*values, *([NAN] * self._hearing.missing(DOMAIN_HISTORY)))[-DOMAIN_HISTORY:]


def _both(one: int | None, other: int | None) -> int:
    """Two counters together, -1 for none. Two of 63 bits may have a sum of 64, which no array of ours holds."""
    if one is None or other is None:
        return -1
    return both if (both := one + other) < 1 << 63 else -1


def _memory_of(frame: _Frame, place: int) -> float:
    return NAN if frame.memory[place] < 0 else float(frame.memory[place])


def _column(frame: _Frame, which: int) -> array[int]:
    size = len(frame.listed.uuids)
    return frame.counters[which * size : (which + 1) * size]


def _fell(before: _Frame, place: int, after: _Frame, now: int) -> bool:
    """Whether any counter of a domain is less than it was, or is there no more."""
    sizes = len(before.listed.uuids), len(after.listed.uuids)
    was, disk = before.disk[place], after.disk[now]
    return (was == was and disk != disk) or any(
        after.counters[which * sizes[1] + now] < before.counters[which * sizes[0] + place] for which in (CPU, NET)
    )


def _lost(before: array[float], after: array[float]) -> bool:
    """Whether any of these was known and is no more."""
    return any(b == b and a != a for b, a in zip(before, after, strict=True))


def _figure_of(row: DomainRow, which: int) -> float:
    """The figure of a counter, NaN where it is not known."""
    if which == CPU:
        return NAN if row.cpu is None else row.cpu
    one, other = (row.rx_rate, row.tx_rate) if which == NET else (row.read_rate, row.write_rate)
    return NAN if one is None or other is None else one + other


def _lacking(row: DomainRow, kept: DomainRow) -> list[int]:
    """The figures that are not known and are kept."""
    return [which for which in (CPU, NET, DISK) if _is_known(kept, which) and not _is_known(row, which)]


def _is_known(row: DomainRow, which: int) -> bool:
    figure = _figure_of(row, which)
    return figure == figure
