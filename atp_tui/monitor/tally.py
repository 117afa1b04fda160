"""The fleet added up, kept up to date by the hosts that changed."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Collection, Iterable
from typing import NamedTuple

from ..model.causes import Cause, Remedy, Trouble
from ..model.connection import ConnectionState
from ..model.data_class import dataclass
from ..model.message import Message
from ..model.order import NaturalKey, natural
from . import metrics
from .placing import Rows
from .rows import DomainCounts, HostRow, Known
from .troubles import DANGER, NO_TROUBLE, trouble_rank

WORST = 5
"""Hosts that a summary names as the worst ones."""

_PARTS = 1_000_000
"""Figures are added up as whole numbers of millionths: what is taken off again leaves no rest, as it does of floats."""


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

    `silent` of them are connected and have fallen silent; they count as reconnecting. `waiting` of them wait for a
    person to look at a key or to log in. `vms` and `sums` (by the names
    of their metrics, in base units) are of fresh figures alone, None where no host has any;
    `unseen` are the domains of the other hosts as last known. `worst` are the hosts that need a person most, `calls`
    for each remedy the host of the most dangerous cause.
    """

    hosts: int = 0
    states: tuple[tuple[ConnectionState, int], ...] = ()
    silent: int = 0
    waiting: int = 0
    vms: DomainCounts | None = None
    unseen: int = 0
    sums: tuple[tuple[str, float | None], ...] = ()
    groups: tuple[GroupCounts, ...] = ()
    worst: tuple[HostRow, ...] = ()
    calls: tuple[Waiting, ...] = ()


_Millionths = tuple[int | None, ...]
"""Of one host: the metrics that are added up."""


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
        self._figures: dict[str, _Millionths] = {}
        self._sums = [0] * len(self._summed)
        self._known = [0] * len(self._summed)
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
        found = [
            Waiting(known.id, known.trouble, known.cause)
            for known in map(self._source.look, self._troubled)
            if known is not None and known.trouble is not None and known.trouble.cause in DANGER
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
        pairs = zip(self._sums, self._known, strict=True)
        sums = [total / _PARTS if known else None for total, known in pairs]
        waiting = self.waiting()
        worst = heapq.nsmallest(WORST, self._troubled, key=self._troubled.__getitem__)
        return Summary(
            hosts=len(self._counted),
            states=tuple(by_state.items()),
            silent=self._silent,
            waiting=len(waiting),
            vms=vms,
            unseen=self._unseen,
            sums=tuple((metric.name, figure) for metric, figure in zip(self._summed, sums, strict=True)),
            groups=tuple(GroupCounts(tag, tuple(states)) for tag, states in groups.items()),
            worst=tuple(row for row in map(self._source.row, worst) if row is not None),
            calls=_calls(waiting),
        )

    def _refresh(self) -> None:
        if self._all:
            self._clear()
            for row in self._source.rows():
                self._add(row)
        else:
            for host_id in self._dirty:
                self._follow(host_id, self._source.look(host_id))
        self._all = False
        self._dirty.clear()

    def _follow(self, host_id: str, row: Known | None) -> None:
        was = self._counted.get(host_id)
        if row is not None:
            self._add(row, was)
        elif was is not None:
            self._change(was, -1)
            self._add_up(host_id, None)
            for kept in (self._counted, self._troubled):
                kept.pop(host_id, None)

    def _add(self, row: Known, was: _Counted | None = None) -> None:
        host_id, fresh = row.id, row.fresh
        tag, silent = row.tags[0] if row.tags else None, row.silent_since is not None
        vms, unseen = (row.vms, 0) if fresh else (None, row.domains or 0)
        # past the class's own constructor, which is written in Python: each host is added up each second
        counted = tuple.__new__(_Counted, (tag, row.shown_state, silent, vms, unseen))
        if counted != was:  # of most samples nothing is that is counted
            if was is not None:
                self._change(was, -1)
            self._change(counted, 1)
            self._counted[host_id] = counted
        figures = [metric.read(row) for metric in self._summed] if fresh else None
        self._add_up(host_id, None if figures is None else tuple(map(_millionths, figures)))
        rank = trouble_rank(row)
        if rank < NO_TROUBLE or row.trouble is not None:
            self._troubled[host_id] = rank, natural(host_id)
        else:
            self._troubled.pop(host_id, None)

    def _add_up(self, host_id: str, figures: _Millionths | None) -> None:
        """Put a host's figures in the place of those that it had; None: it has none any more."""
        was = self._figures.get(host_id)
        if figures == was:
            return
        for by, each in ((-1, was), (1, figures)):
            for place, figure in enumerate(each or ()):
                if figure is not None:
                    self._sums[place] += by * figure
                    self._known[place] += by
        if figures is None:
            del self._figures[host_id]
        else:
            self._figures[host_id] = figures

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


def _millionths(figure: float | None) -> int | None:
    if figure is None:
        return None
    parts = figure * _PARTS
    return round(parts) if math.isfinite(parts) else None  # a figure near the largest float has no millionths


def _calls(waiting: Iterable[Waiting]) -> tuple[Waiting, ...]:
    """For each remedy the first host that waits for it."""
    found: dict[Remedy, Waiting] = {}
    for each in waiting:
        if each.trouble.cause is not Cause.KEY_REVOKED:
            found.setdefault(each.trouble.remedy, each)
    return tuple(found[remedy] for remedy in (Remedy.TRUST_KEY, Remedy.LOG_IN) if remedy in found)
