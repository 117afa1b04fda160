"""The fleet added up, kept up to date by the hosts that changed."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from ..model.causes import Cause, Remedy, Trouble
from ..model.connection import ConnectionState
from ..model.message import Message
from ..model.order import NaturalKey, natural
from . import metrics
from .arrangement import NO_TROUBLE, Rows, trouble_rank
from .rows import DomainCounts, HostRow

WORST = 5
"""Hosts that a summary names as the worst ones."""

DANGER = (
    Cause.KEY_REVOKED,
    Cause.KEY_CHANGED,
    Cause.KEY_UNKNOWN,
    Cause.PASSWORD_REFUSED,
    Cause.WANTS_PASSWORD,
)
"""What a person should look at first: a changed key may be somebody in between, a new one rarely is."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A host that waits for a person, and why. Nothing of a revoked key can be answered; all others have a remedy.

    `cause` is all that was said of it.
    """

    host_id: str
    trouble: Trouble
    cause: Message | None = None


@dataclass(frozen=True, slots=True)
class GroupCounts:
    """The hosts of one group (None: those without a tag) by the state that their rows show, without zeros."""

    tag: str | None
    states: tuple[tuple[ConnectionState, int], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """The fleet added up. Each host counts once in `states`, by the state that its row shows; there are no zeros.

    `silent` of them are connected and have fallen silent; they count as reconnecting. `vms`, `errors` (a second) and
    `sums` (by the names of their metrics, in base units) are of fresh figures alone, None where no host has any;
    `unseen` are the domains of the other hosts as last known. `worst` are the hosts that need a person most, `calls`
    for each remedy the host of the most dangerous cause.
    """

    hosts: int = 0
    states: tuple[tuple[ConnectionState, int], ...] = ()
    silent: int = 0
    vms: DomainCounts | None = None
    unseen: int = 0
    sums: tuple[tuple[str, float | None], ...] = ()
    errors: float | None = None
    groups: tuple[GroupCounts, ...] = ()
    worst: tuple[HostRow, ...] = ()
    calls: tuple[Waiting, ...] = ()


class _Counted(NamedTuple):
    """What one host adds."""

    tag: str | None
    state: ConnectionState
    silent: bool
    vms: DomainCounts | None
    unseen: int


class Tally:
    """The sums over `source`. `note` says which hosts changed; reading takes that into account."""

    def __init__(self, source: Rows) -> None:
        self._source = source
        self._all = True
        self._dirty: set[str] = set()
        self._summary: Summary | None = None
        self._clear()

    def _clear(self) -> None:
        self._counted: dict[str, _Counted] = {}
        self._states: Counter[tuple[str | None, ConnectionState]] = Counter()
        self._silent = self._unseen = self._with_vms = 0
        self._vms = DomainCounts()
        self._summed = tuple([metric for metric in metrics.METRICS if metric.sums])
        self._figures: dict[str, tuple[float | None, ...]] = {}
        self._troubled: dict[str, tuple[int, NaturalKey]] = {}

    def note(self, hosts: Collection[str] | None) -> None:
        """As Arrangement.note."""
        self._summary = None
        if hosts is None:
            self._all = True
        elif not self._all:
            self._dirty.update(hosts)

    def summary(self) -> Summary:
        """The sums as they are now. Made once a change."""
        if self._summary is None:
            self._refresh()
            self._summary = self._made()
        return self._summary

    def waiting(self) -> tuple[Waiting, ...]:
        """The hosts that wait for a person to look at a key or to log in, the most dangerous cause first."""
        self._refresh()
        rows = (self._source.row(host_id) for host_id in self._troubled)
        found = [
            Waiting(row.id, row.trouble, row.cause)
            for row in rows
            if row is not None and row.trouble is not None and row.trouble.cause in DANGER
        ]
        return tuple(sorted(found, key=lambda each: (DANGER.index(each.trouble.cause), natural(each.host_id))))

    def _made(self) -> Summary:
        vms = self._vms if self._with_vms else None
        groups: dict[str | None, list[tuple[ConnectionState, int]]] = {}
        for (tag, state), number in self._states.items():
            groups.setdefault(tag, []).append((state, number))
        by_state: Counter[ConnectionState] = Counter()
        for (_, state), number in self._states.items():
            by_state[state] += number
        columns = zip(*self._figures.values(), strict=True) if self._figures else [()] * (1 + len(self._summed))
        errors, *sums = map(_sum, columns)
        worst = heapq.nsmallest(WORST, self._troubled, key=self._troubled.__getitem__)
        return Summary(
            hosts=len(self._counted),
            states=tuple(by_state.items()),
            silent=self._silent,
            vms=vms,
            unseen=self._unseen,
            sums=tuple((metric.name, figure) for metric, figure in zip(self._summed, sums, strict=True)),
            errors=errors,
            groups=tuple(GroupCounts(tag, tuple(states)) for tag, states in groups.items()),
            worst=tuple(row for row in map(self._source.row, worst) if row is not None),
            calls=_calls(self.waiting()),
        )

    def _refresh(self) -> None:
        if self._all:
            self._clear()
            for row in self._source.rows():
                self._add(row)
        else:
            for host_id in self._dirty:
                self._follow(host_id, self._source.row(host_id))
        self._all = False
        self._dirty.clear()

    def _follow(self, host_id: str, row: HostRow | None) -> None:
        was = self._counted.get(host_id)
        if row is not None:
            self._add(row, was)
        elif was is not None:
            self._change(was, -1)
            for kept in (self._counted, self._figures, self._troubled):
                kept.pop(host_id, None)

    def _add(self, row: HostRow, was: _Counted | None = None) -> None:
        host_id, fresh = row.id, row.fresh
        counted = _Counted(
            row.tags[0] if row.tags else None,
            row.shown_state,
            row.silent_since is not None,
            row.vms if fresh else None,
            0 if fresh else row.domains or 0,
        )
        if counted != was:  # of most samples nothing is that is counted
            if was is not None:
                self._change(was, -1)
            self._change(counted, 1)
            self._counted[host_id] = counted
        if fresh:
            self._figures[host_id] = (row.errors_per_second, *[metric.read(row) for metric in self._summed])
        else:
            self._figures.pop(host_id, None)
        rank = trouble_rank(row)
        if rank < NO_TROUBLE or row.trouble is not None:
            self._troubled[host_id] = rank, natural(host_id)
        else:
            self._troubled.pop(host_id, None)

    def _change(self, counted: _Counted, by: int) -> None:
        place = counted.tag, counted.state
        self._states[place] += by
        if not self._states[place]:
            del self._states[place]
        self._silent += by * counted.silent
        self._unseen += by * counted.unseen
        if counted.vms is not None:
            self._with_vms += by
            self._vms = DomainCounts(*[mine + by * its for mine, its in zip(self._vms, counted.vms, strict=True)])


def _sum(figures: Iterable[float | None]) -> float | None:
    """The sum of those that are known. Made from the start each time: what is taken off again would leave a rest."""
    known = [figure for figure in figures if figure is not None]
    return math.fsum(known) if known else None


def _calls(waiting: Iterable[Waiting]) -> tuple[Waiting, ...]:
    """For each remedy the first host that waits for it."""
    found: dict[Remedy, Waiting] = {}
    for each in waiting:
        if each.trouble.cause is not Cause.KEY_REVOKED:
            found.setdefault(each.trouble.remedy, each)
    return tuple(found[remedy] for remedy in (Remedy.TRUST_KEY, Remedy.LOG_IN) if remedy in found)
