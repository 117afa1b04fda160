"""The domains of one host as the monitor remembers them: what their counters gained, sample by sample."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from operator import add, lt
from typing import Any

from ..model import events
from ..model.node import NO_METADATA, DomainMetadata, DomainReading, DomainState
from . import domain_history as history
from .domain_disks import NO_RATES, DiskCounters, DiskRates
from .domain_history import DOMAIN_HISTORY, DomainHistory, Frame, Listed, Past
from .hearing import Hearing
from .rows import OFF, DomainRow
from .series import NAN, bounded

GONE_FOR = 60.0
"""Seconds that a domain is told of after the first answer in which it is missing."""

CPU, NET, DISK = range(3)
"""The figures: a share of the processors, and bytes a second in both directions together."""

NAMES = ("cpu", "net", "disk")

_NS = 1e9
_COUNTERS_OF = {CPU: (history.CPU,), NET: (history.RECEIVED, history.SENT)}
_NO_COLUMNS: tuple[tuple[Any, ...], ...] = ((),) * len(DomainReading._fields)


class HostDomains:
    """The last samples of a host's domains, and rows made of them when they are asked for."""

    __slots__ = (
        "_disk_rates", "_disks", "_hearing", "_history", "_kept", "_last", "begun_anew", "described", "gone", "moved",
        "states",
    )  # fmt: skip

    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing
        self._last: events.HostSampled | None = None
        self._history = DomainHistory()
        self._disks = DiskCounters()
        self._disk_rates = NO_RATES
        self._kept: dict[str, DomainRow] = {}
        self.states: tuple[DomainState, ...] = ()
        """Those of the newest sample, in its order; the very same object while they stay as they are."""
        self.gone: dict[str, DomainRow] = {}
        """The last rows of those that are missing in the newest answers, by uuid."""
        self.described: Mapping[str, DomainMetadata] = {}
        """The metadata of those of which they were read, by uuid; another object where any of them has changed."""
        self.moved = False
        """Whether domains have come, gone, another state or begun anew; until whoever reads it takes it back."""
        self.begun_anew: set[str] = set()
        """The uuids of those whose processors' time fell: they were started again between two samples. They stay until
        whoever reads them takes them out."""

    def take(self, sample: events.HostSampled) -> None:
        """Take a sample."""
        (frame, states, rates), last = self._frame(sample), self._history.newest
        gains: Sequence[float] | None = None
        if last is not None:
            gains = frame.gains(last)
            if (
                frame.listed is not last.listed
                or _any_fell(last, frame, gains)
                or (frame.disk is not last.disk and _lost(last.disk, frame.disk))
            ):
                self._hold(last, frame, sample)
        self._last, self._disk_rates = sample, rates
        if states != self.states:
            self.states = states
            self.moved = True
        self._history.append(frame, gains)
        if self._kept:
            self._kept = {uuid: row for uuid, row in self._kept.items() if self._lacks(uuid, row)}
        if self.gone:
            places = frame.listed.places
            self.gone = {
                uuid: row for uuid, row in self.gone.items() if uuid not in places and sample.at - row.at < GONE_FOR
            }

    def describe(self, found: Iterable[tuple[str, DomainMetadata]]) -> bool:
        """Take the metadata of domains, by uuid. Whether any of them differ."""
        known = self.described
        news = {uuid: about for uuid, about in found if known.get(uuid) != about}  # of one that says nothing, too
        if not news:
            return False
        present = self.gone.keys() | (self.listed.places.keys() if self.listed is not None else ())
        self.described = {uuid: about for uuid, about in {**known, **news}.items() if uuid in present}
        return True

    def clear(self) -> None:
        """Nothing that was said of them counts."""
        self._last, self.states = None, ()
        self._history = DomainHistory()
        self._disks, self._disk_rates = DiskCounters(), NO_RATES
        self._kept.clear()
        self.gone.clear()

    @property
    def at(self) -> float | None:
        """The moment of the newest sample."""
        return None if self._last is None else self._last.at

    @property
    def listed(self) -> Listed | None:
        """The domains of the newest sample; the same object as long as they are the same ones under the same names."""
        return None if self._history.newest is None else self._history.newest.listed

    def reading(self, place: int) -> DomainReading:
        """What the newest sample says of the domain at that place."""
        assert self._last is not None
        return self._last.domains[place]

    def rows(self) -> tuple[DomainRow, ...]:
        """All domains of the newest sample, in its order."""
        return () if self._last is None else tuple([self.row(place) for place in range(len(self._last.domains))])

    def row(self, place: int) -> DomainRow:
        """The domain at that place of the newest sample."""
        return self._whole_row(place, self._to_now(self._shares(self.reading(place))))

    def series(self, uuid: str) -> dict[str, tuple[float, ...]]:
        """The last values of a domain, oldest first, NaN for what is not known: "cpu" as a share of its processors,
        "memory" in KiB, "disk" and "net" in bytes a second. Empty for a domain that is not in the newest sample."""
        place = None if self.listed is None else self.listed.places.get(uuid)
        if place is None:
            return {}
        found = {"cpu": self._shares(self.reading(place)), "memory": self._held(uuid, _memory_of)}
        found |= {"disk": self._held(uuid, lambda frame, at: frame.disk[at]), "net": self._traffic(uuid)}
        return {name: self._to_now(values) for name, values in found.items()}

    def rates(self, which: int) -> list[float]:
        """What a counter of each domain gained a second between the two newest samples, in their order; NaN where that
        is not known. As in `row`, for all of them at once: they are sorted and searched by it."""
        if self._history.newest is None:
            return []
        found, places = self._gains(self._history.newest, which), self._history.newest.listed.places
        if which == CPU and self._last is not None:
            domains = self._last.domains
            found = [
                min(gain / _NS / domain.vcpus, 1.0) if domain.vcpus else NAN
                for gain, domain in zip(found, domains, strict=True)
            ]
        for uuid, row in self._kept.items():
            place = places[uuid]
            if found[place] != found[place]:
                found[place] = _figure_of(row, which)
        return found

    def _gains(self, now: Frame, which: int) -> list[float]:
        """What the counters of each domain gained a second since the sample before; NaN where that is not known."""
        if which == DISK:
            return list(now.disk)
        gains = [self._history.rates(counter) for counter in _COUNTERS_OF[which]]
        return gains[0] if len(gains) == 1 else [*map(add, *gains)]

    def memory_shares(self) -> list[float]:
        """As `DomainRow.memory` of each domain, NaN for None."""
        if self._last is None:
            return []
        return [
            domain.memory_kib / domain.memory_max_kib if domain.memory_max_kib > 0 and domain.state not in OFF else NAN
            for domain in self._last.domains
        ]

    # -- samples -------------------------------------------------------------------------------------------------

    def _frame(self, sample: events.HostSampled) -> tuple[Frame, tuple[DomainState, ...], DiskRates]:
        """What is kept of a sample, the states of its domains, and the rates of their disks."""
        last = self._history.newest
        # column by column, in C where all is as usual: this runs for each domain of each sample
        columns = tuple(zip(*sample.domains, strict=True)) or _NO_COLUMNS
        names, uuids, states, _, memory_kib, _, cpu, received, sent, _, read, written = columns
        if last is not None and last.listed.uuids == uuids and last.listed.names == names:
            listed = last.listed
        else:
            listed = Listed(uuids, names)
        counts = (*cpu, *received, *sent)
        whole = None not in counts
        counters = array("q", counts if whole else [-1 if count is None else count for count in counts])
        if OFF.isdisjoint(states):
            memory = array("q", memory_kib)
        else:
            memory = array("q", [-1 if state in OFF else kib for state, kib in zip(states, memory_kib, strict=True)])
        if last is not None and last.memory == memory:
            memory = last.memory  # most of them have what they had
        rates = self._disks.take(sample.at, listed, read, written) if sample.disks else self._disk_rates
        if rates is self._disk_rates and last is not None and last.listed is listed and last.memory is memory:
            disk = last.disk  # the same ones are off, too
        else:
            disk = _both_ways(listed, states, rates)
        # past the class's own constructor, which is written in Python
        return tuple.__new__(Frame, (sample.at, listed, counters, whole, memory, disk)), states, rates

    def _hold(self, last: Frame, frame: Frame, sample: events.HostSampled) -> None:
        """Before `sample` is taken: keep the last figures of the domains that it lacks, or of which it lacks any."""
        self.moved = True
        for place, uuid in enumerate(last.listed.uuids):
            now = frame.listed.places.get(uuid)
            if now is None:
                self.gone[uuid] = replace(self._whole_row(place), gone=True)
                continue
            if 0 <= frame.counted(history.CPU, now) < last.counted(history.CPU, place):
                self.begun_anew.add(uuid)
            if uuid not in self._kept and sample.domains[now].state not in OFF and _fell(last, place, frame, now):
                row = self._row(place)
                if any(_is_known(row, which) for which in (CPU, NET, DISK)):
                    self._kept[uuid] = row

    def _lacks(self, uuid: str, kept: DomainRow) -> bool:
        """Whether the newest sample still lacks a figure that is kept of a domain."""
        listed = self.listed
        place = None if listed is None else listed.places.get(uuid)
        return place is not None and self.reading(place).state not in OFF and bool(_lacking(self._row(place), kept))

    # -- rows ----------------------------------------------------------------------------------------------------

    def _row(self, place: int, shares: tuple[float, ...] = ()) -> DomainRow:
        """What the two newest samples say; `shares` are its history."""
        assert self._last is not None
        domain = self._last.domains[place]
        read, written = (None, None) if domain.state in OFF else self._disk_rates.of(domain.uuid)
        used, received, sent = (self._history.rate(which, place) for which in range(history.COUNTERS))
        return DomainRow(
            reading=domain,
            cpu=None if used is None or domain.vcpus < 1 else bounded(used / _NS / domain.vcpus),
            rx_rate=received,
            tx_rate=sent,
            history=shares,
            read_rate=read,
            write_rate=written,
            at=self._last.at,
            about=self.described.get(domain.uuid, NO_METADATA),
        )

    def _whole_row(self, place: int, shares: tuple[float, ...] = ()) -> DomainRow:
        """As `_row`, with what is kept in the place of what is not known."""
        row = self._row(place, shares)
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

    def _shares(self, domain: DomainReading) -> list[float]:
        """Shares of the domain's own processors between each two samples, oldest first."""
        scale = _NS * domain.vcpus
        return [
            NAN if scale <= 0 else used if used != used else min(used / scale, 1.0)
            for used in self._rates(domain.uuid, history.CPU)
        ]

    def _traffic(self, uuid: str) -> list[float]:
        """Bytes a second in both directions between each two samples, oldest first."""
        return [*map(add, self._rates(uuid, history.RECEIVED), self._rates(uuid, history.SENT))]

    def _rates(self, uuid: str, counter: int) -> list[float]:
        """What a counter gained a second between each two samples, oldest first; samples that did not come leave their
        places empty."""
        moments, gains = self._history.gained(counter, uuid)
        found: list[float] = []
        for before, at, gain in zip(moments, moments[1:], gains[1:], strict=False):
            found += [NAN] * self._hearing.missed(before, at, DOMAIN_HISTORY)
            # the very object: rows are compared, and no other NaN is equal to itself
            found.append(gain / (at - before) if gain == gain and at > before else NAN)
        return found

    def _held(self, uuid: str, value: Callable[[Past, int], float]) -> list[float]:
        """As `_rates`, of what each sample but the oldest one holds itself: `value` gives it by the domain's place."""
        found: list[float] = []
        last: float | None = None
        for frame in self._history.samples():
            if last is not None:
                found += [NAN] * self._hearing.missed(last, frame.at, DOMAIN_HISTORY)
                place = frame.listed.places.get(uuid)
                found.append(NAN if place is None else value(frame, place))
            last = frame.at
        return found

    def _to_now(self, values: list[float]) -> tuple[float, ...]:
        """The values with the gap that has grown since the newest one: a chart ends at this moment."""
        return (*values, *([NAN] * self._hearing.missing(DOMAIN_HISTORY)))[-DOMAIN_HISTORY:]


def _both_ways(listed: Listed, states: Sequence[DomainState], rates: DiskRates) -> array[float]:
    """What went to and from the disks of each domain a second. Between two readings of them the last one stands, but
    for a domain that is off by now."""
    found = array("d")
    for uuid, state in zip(listed.uuids, states, strict=True):
        read, written = (None, None) if state in OFF else rates.of(uuid)
        found.append(NAN if read is None or written is None else read + written)
    return found


def _memory_of(frame: Past, place: int) -> float:
    return NAN if frame.memory[place] < 0 else float(frame.memory[place])


def _fell(before: Frame, place: int, after: Frame, now: int) -> bool:
    """Whether any counter of a domain is less than it was, or is there no more."""
    was, disk = before.disk[place], after.disk[now]
    return (was == was and disk != disk) or any(
        after.counted(which, now) < before.counted(which, place) for which in range(history.COUNTERS)
    )


def _any_fell(before: Frame, after: Frame, gains: Sequence[float]) -> bool:
    """Whether any counter of the same domains fell, or came no more: then it is less than it was."""
    if before.whole and after.whole:
        return NAN in gains  # the very object, as `Frame.gains` puts it in
    return True in map(lt, after.counters, before.counters)


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
