"""One host as the monitor remembers it: status, last sample, rings of figures; rows are made of it when asked for."""

from __future__ import annotations

from array import array
from collections import deque
from typing import NamedTuple

from ..model.connection import HostStatus
from ..model.events import HostSampled
from ..model.host import HostInfo
from ..model.node import DomainReading, DomainState, NodeReading
from .rows import DomainRow, HostDetail, HostRow
from .series import NAN, Series, bounded, growth, rate, share

ROW_HISTORY = 32
"""Figures in a row's sparkline; the panel's charts have all."""

DOMAIN_HISTORY = 32
"""Samples that are kept of each domain: there may be a hundred domains a host."""

_ACTIVE = frozenset({DomainState.RUNNING, DomainState.BLOCKED, DomainState.PAUSED, DomainState.SHUTDOWN})

_NS = 1e9


class _DomainFrame(NamedTuple):
    """The CPU times of a host's domains at one moment, in ns, -1 for none; `uuids` is shared among frames."""

    at: float
    uuids: tuple[str, ...]
    cpu_times: array[int]


class HostRecord:
    """Takes events of one host; makes its row and detail, each once per change."""

    def __init__(self, host: HostInfo, status: HostStatus, history: int, interval: float | None = None) -> None:
        self.host = host
        self.status = status
        self._interval = interval
        self._last: HostSampled | None = None
        self._before: HostSampled | None = None
        self._cpu, self._memory, self._requests, self._rtt = (Series(history) for _ in range(4))
        self._spark: deque[float] = deque(maxlen=min(history, ROW_HISTORY))
        self._errors_per_second: float | None = None
        self._requests_per_second: float | None = None
        self._cpu_now: float | None = None
        self._memory_now: float | None = None
        self._frames: deque[_DomainFrame] = deque(maxlen=DOMAIN_HISTORY + 1)
        self._row: HostRow | None = None

    def describe(self, host: HostInfo) -> None:
        """The host's description has changed."""
        self.host = host
        self._row = None

    def moved(self, status: HostStatus) -> None:
        """The host's status has changed."""
        self.status = status
        self._row = None

    def sampled(self, sample: HostSampled) -> None:
        """Take a sample: figures of this moment, and what counters gained since the last one."""
        before, self._before, self._last = self._last, self._last, sample
        seconds = sample.at - before.at if before else 0.0
        old, new = before.node if before else None, sample.node
        self._cpu_now = _cpu_share(old, new)
        self._memory_now = _memory_share(new)
        self._requests_per_second = rate(before.requests, sample.requests, seconds) if before else None
        self._errors_per_second = rate(before.errors, sample.errors, seconds) if before else None
        self._leave_gap(seconds)
        self._cpu.append(self._cpu_now)
        self._spark.append(NAN if self._cpu_now is None else self._cpu_now)
        self._memory.append(self._memory_now)
        self._requests.append(self._requests_per_second)
        self._rtt.append(sample.rtt)
        self._frames.append(self._frame(sample))
        self._row = None

    def _leave_gap(self, seconds: float) -> None:
        """Samples that did not come leave their places empty: a chart that closed up would hide the outage."""
        missed = 0 if self._interval is None else round(seconds / self._interval) - 1
        if missed > 0:
            for series in (self._cpu, self._memory, self._requests, self._rtt):
                for _ in range(min(missed, series.size)):
                    series.append(None)
            self._spark.extend([NAN] * min(missed, ROW_HISTORY))

    def row(self) -> HostRow:
        """The line of the host."""
        if self._row is None:
            self._row = self._make_row()
        return self._row

    def detail(self) -> HostDetail:
        """Everything for the host's panel. Made anew on each call: one host at a time is looked at."""
        return HostDetail(
            row=self.row(),
            node=self._last.node if self._last else None,
            domains=self._domains(),
            cpu=self._cpu.values(),
            memory=self._memory.values(),
            requests=self._requests.values(),
            rtt=self._rtt.values(),
        )

    def _make_row(self) -> HostRow:
        host, status, last = self.host, self.status, self._last
        known = last is not None and last.node is not None
        domains = last.domains if last else ()
        return HostRow(
            id=host.id,
            address=host.host,
            tags=host.tags,
            state=status.state,
            cause=status.cause,
            since=status.since,
            attempt=status.attempt,
            next_attempt_at=status.next_attempt_at,
            retries=status.retries,
            trouble=status.trouble,
            answers_ssh=status.answers_ssh,
            takes_commands=host.takes_commands,
            has_virt=host.uri is not None,
            sampled_at=last.at if last else None,
            cpu=self._cpu_now,
            memory=self._memory_now,
            rtt=last.rtt if last else None,
            requests_per_second=self._requests_per_second,
            errors_per_second=self._errors_per_second,
            running=len([True for domain in domains if domain.state in _ACTIVE]) if known else None,
            domains=len(domains) if known else None,
            history=tuple(self._spark),
        )

    def _frame(self, sample: HostSampled) -> _DomainFrame:
        uuids = tuple([domain.uuid for domain in sample.domains])
        last = self._frames[-1].uuids if self._frames else ()
        times = array("q", [-1 if domain.cpu_time is None else domain.cpu_time for domain in sample.domains])
        return _DomainFrame(sample.at, last if last == uuids else uuids, times)

    def _domains(self) -> tuple[DomainRow, ...]:
        if self._last is None:
            return ()
        before = {domain.uuid: domain for domain in self._before.domains} if self._before else {}
        seconds = self._last.at - self._before.at if self._before else 0.0
        places = [{uuid: place for place, uuid in enumerate(frame.uuids)} for frame in self._frames]
        return tuple(self._domain(domain, before.get(domain.uuid), seconds, places) for domain in self._last.domains)

    def _domain(
        self, domain: DomainReading, before: DomainReading | None, seconds: float, places: list[dict[str, int]]
    ) -> DomainRow:
        history = self._domain_history(domain, places)
        cpu = history[-1] if history and history[-1] == history[-1] else None
        return DomainRow(
            reading=domain,
            cpu=cpu,
            rx_rate=rate(before.rx_bytes, domain.rx_bytes, seconds) if before else None,
            tx_rate=rate(before.tx_bytes, domain.tx_bytes, seconds) if before else None,
            history=history,
        )

    def _domain_history(self, domain: DomainReading, places: list[dict[str, int]]) -> tuple[float, ...]:
        """Shares of the domain's own processors between each two samples, oldest first."""
        shares: list[float] = []
        last: tuple[float, int | None] | None = None
        for frame, place in zip(self._frames, places, strict=True):
            at = place.get(domain.uuid)
            time = None if at is None or frame.cpu_times[at] < 0 else frame.cpu_times[at]
            if last is not None:
                used = rate(last[1], time, frame.at - last[0])
                figure = None if used is None or domain.vcpus < 1 else bounded(used / _NS / domain.vcpus)
                shares.append(NAN if figure is None else figure)
            last = frame.at, time
        return tuple(shares)


def _cpu_share(before: NodeReading | None, after: NodeReading | None) -> float | None:
    """The node's busy share between two readings; None where a counter is missing or the node was started again."""
    if before is None or after is None:
        return None
    return share(growth(before.cpu_busy, after.cpu_busy), growth(before.cpu_idle, after.cpu_idle))


def _memory_share(node: NodeReading | None) -> float | None:
    if node is None or node.memory_free_kib is None or node.memory_kib <= 0:
        return None
    return bounded(1 - node.memory_free_kib / node.memory_kib)
