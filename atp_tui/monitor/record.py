"""One host as the monitor remembers it: status, last sample, rings of figures; rows are made of it when asked for."""

from __future__ import annotations

import math

from ..model import events
from ..model.causes import Trouble
from ..model.connection import ConnectionState, HostStatus
from ..model.host import HostInfo
from ..model.message import Message
from ..model.node import DomainState, NodeReading, Oddity, SystemReading
from . import metrics
from .domain_record import HostDomains
from .freshness import Freshness
from .hearing import FIRST_MISSING, Hearing
from .lives import Lives
from .rows import DomainCounts, HostDetail, HostRow, count_domains
from .series import NAN, Series, bounded, rate, share_of_growth

ROW_HISTORY = 32
"""Figures in a row's sparkline; the panel's charts have all."""


class HostRecord:
    """Takes events of one host; makes its row and detail, each once per change.

    What is counted or sorted by is read here (`rows.Known`), as in its rows: most of these are never made.
    """

    def __init__(self, host: HostInfo, status: HostStatus, history: int, interval: float | None = None) -> None:
        self.id = host.id
        self.status = status
        self._describe(host)
        self._history = history
        self._interval = math.inf if interval is None else interval
        self._last: events.HostSampled | None = None
        self._kept = tuple([metric for metric in metrics.METRICS if metric.series])
        self._cpu_column = [metric.name for metric in self._kept].index("cpu")
        self._series = Series(history, len(self._kept))
        self.errors_per_second: float | None = None
        self.requests_per_second: float | None = None
        self.cpu: float | None = None
        self.memory: float | None = None
        self._vms: DomainCounts | None = None
        self._states: tuple[DomainState, ...] = ()
        self._counts = DomainCounts()
        self._row: HostRow | None = None
        self._counted: tuple[float, float, float] | None = None
        self._error: Message | None = None
        self.odd: Oddity | None = None
        self._hearing = Hearing(interval, status, ROW_HISTORY)
        self._verdict = self._hearing.verdict()
        self.of_domains = HostDomains(self._hearing)
        self.lives = Lives()

    def describe(self, host: HostInfo) -> None:
        """The host's description has changed."""
        self._describe(host)
        self._row = None

    def _describe(self, host: HostInfo) -> None:
        self.host, self.address, self.tags = host, host.host, host.tags
        self.metadata = tuple(host.metadata.items())
        over_ssh = host.over_ssh or host.main_channel == "ssh"
        self._over_ssh = over_ssh
        self._place_behind()

    def _place_behind(self) -> None:
        jump = self.host.jump_host or self.status.jump if self._over_ssh else None
        self.jump = None if jump is None else jump.removesuffix(":22")

    def moved(self, status: HostStatus) -> None:
        """The host's status has changed."""
        elsewhere = status.jump != self.status.jump
        self.status = status
        if elsewhere:
            self._place_behind()
        self._row = None
        if status.state is not ConnectionState.CONNECTED:
            self._error = None
        self._hearing.moved(status)
        self._verdict = self._hearing.verdict()

    def grow_old(self, now: float) -> bool:
        """It is `now`, and nothing need have come: whether the row looks different for that."""
        if not self._hearing.look(now):
            return False
        before, self._verdict = self._verdict, self._hearing.verdict()
        if self._verdict == before:
            return False
        self._row = None
        return True

    def sampled(self, sample: events.HostSampled) -> None:
        """Take a sample: figures of this moment, and what counters gained since the last one."""
        before, self._last = self._last, sample
        self.cpu = _cpu_share(before, sample)
        self.memory = _memory_share(sample)
        self._vms = None
        if before is not None and sample.at - before.at >= FIRST_MISSING * self._interval:
            self._leave_gap(before.at, sample.at)
        self._count(sample)
        self._error = None
        self._note(sample.odd)
        self._series.append([metric.read(self) for metric in self._kept])
        self.of_domains.take(sample)
        self._heard(sample.at, sample=True)

    def failed(self, failure: events.SampleFailed) -> None:
        """A sample has failed. A host whose answer is an error is not silent; its figures grow old all the same."""
        if self.status.state is ConnectionState.CONNECTED:
            self._count(failure)
            self._note(failure.odd)
            if failure.answered:
                self._error = failure.cause
                self._heard(failure.at, sample=False)
            self._row = None

    def spoil(self, cause: Message, at: float | None = None) -> None:
        """What the host last said cannot be shown, for `cause`: none of it is kept. `at` is the moment of a sample."""
        self._last = self.cpu = self.memory = self._vms = None
        self.of_domains.clear()
        self._error = cause
        if at is not None:
            self._hearing.heard(at, sample=False)
            self._verdict = self._hearing.verdict()
        self._row = None

    def _note(self, odd: Oddity | None) -> None:
        """Count what was no figure, and keep what the newest of it was."""
        if odd is not None:
            self.odd = Oddity(odd.times + (self.odd.times if self.odd is not None else 0), odd.what)

    def _count(self, news: events.HostSampled | events.SampleFailed) -> None:
        """What the counters of requests and errors gained since they were last read."""
        before, self._counted = self._counted, (news.at, news.requests, news.errors)
        if before is None:
            return
        seconds = news.at - before[0]
        self.requests_per_second = rate(before[1], news.requests, seconds)
        self.errors_per_second = rate(before[2], news.errors, seconds)

    def _heard(self, at: float, *, sample: bool) -> None:
        self._hearing.heard(at, sample=sample)
        self._verdict = self._hearing.verdict()
        self._row = None

    def _leave_gap(self, before: float, after: float) -> None:
        """Samples that did not come leave their places empty: a chart that closed up would hide the outage."""
        missed = self._hearing.missed(before, after, self._history)
        for _ in range(missed):
            self._series.append([None] * len(self._kept))

    @property
    def node(self) -> NodeReading | None:
        return self._last.node if self._last else None

    @property
    def system(self) -> SystemReading | None:
        return self._last.system if self._last else None

    @property
    def rtt(self) -> float | None:
        return self._last.rtt if self._last else None

    @property
    def state(self) -> ConnectionState:
        return self.status.state

    @property
    def cause(self) -> Message | None:
        return self.status.cause

    @property
    def trouble(self) -> Trouble | None:
        return self.status.trouble

    @property
    def sampled_at(self) -> float | None:
        return self._last.at if self._last else None

    @property
    def silent_since(self) -> float | None:
        return self._verdict.silent_since

    @property
    def sample_error(self) -> Message | None:
        return self._error if self._verdict.silent_since is None else None  # a silent host answers nothing

    @property
    def fresh(self) -> bool:
        return self.status.state is ConnectionState.CONNECTED and self._verdict.freshness is Freshness.FRESH

    @property
    def shown_state(self) -> ConnectionState:
        return self.status.state if self._verdict.silent_since is None else ConnectionState.RECONNECTING

    @property
    def vms(self) -> DomainCounts | None:
        last = self._last
        if self._vms is None and last is not None and last.node is not None:  # counted once, where somebody looks
            states = self.of_domains.states
            if states is not self._states:  # most samples find all as it was
                self._states, self._counts = states, count_domains(states)
            self._vms = self._counts
        return self._vms

    @property
    def domains(self) -> int | None:
        return None if self.vms is None else self.vms.all

    def row(self) -> HostRow:
        """The line of the host."""
        if self._row is None:
            self._row = self._make_row()
        return self._row

    def detail(self) -> HostDetail:
        """Everything for the host's panel. Made anew on each call: one host at a time is looked at."""
        return HostDetail(
            row=self.row(),
            node=self.node,
            system=self.system,
            domains=self.of_domains.rows(),
            series={metric.name: self._to_now(column) for column, metric in enumerate(self._kept)},
        )

    def _to_now(self, column: int) -> tuple[float, ...]:
        """The figures with the gap that has grown since the newest one: a chart ends at this moment."""
        return (*self._series.values(column), *self._gap(self._series.size))[-self._series.size :]

    def _gap(self, most: int) -> list[float]:
        return [NAN] * self._hearing.missing(most)

    def _make_row(self) -> HostRow:
        host, status, last = self.host, self.status, self._last
        verdict = self._verdict
        return HostRow(
            id=host.id,
            address=host.host,
            tags=host.tags,
            metadata=self.metadata,
            state=status.state,
            cause=status.cause,
            since=status.since,
            attempt=status.attempt,
            next_attempt_at=status.next_attempt_at,
            retries=status.retries,
            trouble=status.trouble,
            answers_ssh=status.answers_ssh,
            takes_commands=host.takes_commands and status.state is not ConnectionState.DISABLED,
            has_virt=host.uri is not None,
            sampled_at=last.at if last else None,
            freshness=verdict.freshness,
            silent_since=verdict.silent_since,
            sample_error=self.sample_error,
            cpu=self.cpu,
            memory=self.memory,
            rtt=self.rtt,
            requests_per_second=self.requests_per_second,
            errors_per_second=self.errors_per_second,
            vms=self.vms,
            history=(*self._series.values(self._cpu_column)[-ROW_HISTORY:], *([NAN] * verdict.missing))[-ROW_HISTORY:],
            node=last.node if last else None,
            system=last.system if last else None,
            odd=self.odd,
            jump=self.jump,
        )


def _cpu_share(before: events.HostSampled | None, after: events.HostSampled) -> float | None:
    """The host's busy share between two samples, libvirt's where it has one, else that of /proc.

    None where a counter is missing or the host was started again.
    """
    if before is None:
        return None
    share_of_node = _busy_share(before.node, after.node)
    return _busy_share(before.system, after.system) if share_of_node is None else share_of_node


def _busy_share(before: NodeReading | SystemReading | None, after: NodeReading | SystemReading | None) -> float | None:
    if before is None or after is None:
        return None
    return share_of_growth(before.cpu_busy, after.cpu_busy, before.cpu_idle, after.cpu_idle)


def _memory_share(sample: events.HostSampled) -> float | None:
    share_of_node = _taken_share(sample.node)
    return _taken_share(sample.system) if share_of_node is None else share_of_node


def _taken_share(reading: NodeReading | SystemReading | None) -> float | None:
    if reading is None or (free := reading.memory_free_kib) is None or (total := reading.memory_kib) <= 0:
        return None
    return bounded(1 - free / total)
