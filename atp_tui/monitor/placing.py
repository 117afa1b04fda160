"""Where each host that passes a filter stands, by one order and one grouping, kept up to date by what changed.

To sort ten thousand hosts for each of the fleet's changes would cost more than all the rest of the program.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import field
from itertools import count
from typing import Protocol, TypeVar

from ..model.connection import ConnectionState
from ..model.data_class import dataclass
from ..model.errors import ConfigError
from ..model.problem import Problem, problem_of
from .grouping import Path, by_name, pather
from .host_filter import Expressions, Predicate, filter_of
from .orders import Key, ordering
from .query import RollUp
from .rows import HostRow, Known
from .troubles import Ill, Troubles, Why, ill, places_of

T = TypeVar("T")

REBUILD_FROM = 4
"""Where more than one host of so many has another place, all of them are sorted anew: that is faster by then."""

FEW_MOVES = 100
"""So many hosts are moved one by one in any case."""

_VERSIONS = count(1)
"""No two placings have one in common: one that is made anew, since it had been dropped, answers the same query."""


class Rows(Protocol):
    """Where rows are read; FleetView is one.

    `look` gives what is known of a host without a row made of it, to be read at once: it goes on changing.
    """

    def rows(self) -> tuple[HostRow, ...]: ...
    def row(self, host_id: str) -> HostRow | None: ...
    def look(self, host_id: str) -> Known | None: ...


@dataclass(slots=True)
class Placed:
    """Where a host stands, and what it adds to the sums of its group."""

    path: Path
    key: Key
    state: ConnectionState
    ill: Ill | None


@dataclass(slots=True)
class Group:
    """The hosts of an innermost group. `rank` is its place among the others, as the order of the hosts has it."""

    keys: list[Key] = field(default_factory=list)
    counts: Counter[ConnectionState] = field(default_factory=Counter)
    causes: Counter[Why] = field(default_factory=Counter)
    rank: int = 0


class Placing:
    """`note` says which hosts changed; `refresh` takes that into account, and all else is what it then left.

    `version` differs where hosts have come, gone or changed places, or their troubles have. `rolled` is for whoever
    adds up groups: it is emptied when hosts have changed. `widths` are the length of the
    longest id of all hosts, and the one that nine ids of ten have at most.
    """

    def __init__(
        self,
        source: Rows,
        filter: str,
        sort: str,
        group: tuple[str, ...],
        reverse: bool,
        expressions: Expressions | None = None,
    ) -> None:
        self._source = source
        self._expressions = expressions
        self._filter = filter
        self._order = ordering(sort, reverse)
        self._key = self._order.key
        self._path_of = pather(group)
        self.wanted: Predicate | None = None
        self.problem: Problem | None = None
        self.placed: dict[str, Placed] = {}
        self.groups: dict[Path, Group] = {}
        self.troubles = Troubles(self._in_places)
        self.rolled: dict[Path, RollUp] = {}
        self.widths = 0, 0
        self.known = 0
        self.version = 0
        self.sizes = 0
        """Differs where a group or a cause has another number of hosts."""
        self._paths: list[Path] | None = None
        self._places: Mapping[str, int] | None = None
        self._all = True
        self._dirty: set[str] = set()
        self._drift = 0

    def note(self, hosts: Collection[str] | None) -> None:
        """The rows of these hosts look different; None: hosts came, went or are described otherwise."""
        if hosts is None:
            self._all = True
        elif not self._all:
            self._dirty.update(hosts)

    def paths(self) -> list[Path]:
        """The paths of the groups, those with the worst hosts first where hosts are sorted so, then by their names."""
        if self._paths is None:
            worst: dict[Path, int] = {}
            for path, group in self.groups.items():
                worst[path[:1]] = min(group.rank, worst.get(path[:1], group.rank))
            self._paths = sorted(
                self.groups,
                key=lambda path: (worst[path[:1]], by_name(path[:1]), self.groups[path].rank, by_name(path)),
            )
        return self._paths

    def refresh(self) -> None:
        """Take over what has changed."""
        self._drift = len(self._dirty) + self._drift * self._order.drifts
        many = self._order.by_figures and self._drift * REBUILD_FROM > len(self.placed)
        if self._all or many:
            self._rebuild()
        elif self._dirty and self.problem is None:
            self.rolled.clear()  # few groups are in sight, and most of these have a host that has changed
            left = FEW_MOVES + len(self.placed) // REBUILD_FROM
            for host_id in self._dirty:
                left -= self._follow(host_id)
                if left < 0:
                    self._rebuild()
                    break
        self._all = False
        self._dirty.clear()

    def _rebuild(self) -> None:
        rows = self._source.rows()
        self.version = next(_VERSIONS)
        self.known, self._drift = len(rows), 0
        self.placed, self.groups, self.rolled, self._paths = {}, {}, {}, None
        self.sizes += 1
        self.troubles.clear()
        self._places = None
        self.widths = _widths([len(row.id) for row in rows])
        try:
            self.wanted, self.problem = filter_of(self._filter, rows, self._expressions), None
        except ConfigError as error:
            self.problem = problem_of(error)
            return
        wanted = rows if self.wanted is None else tuple(filter(self.wanted, rows))
        path_of, groups, all_placed = self._path_of, self.groups, self.placed
        if self._order.drifts:
            self._order.learn((path_of(row), row) for row in wanted)
        for row in wanted:  # each host goes through here where many have changed: what it calls counts
            placed = self._placed_of(row)
            all_placed[row.id] = placed
            group = groups.get(placed.path)
            if group is None:
                group = groups[placed.path] = Group()
            group.keys.append(placed.key)
            group.counts[placed.state] += 1
            if placed.ill is not None:
                group.causes[placed.ill.why] += 1
                self.troubles.change(row.id, placed.ill)
        for group in groups.values():
            group.keys.sort()
            group.rank = self._order.rank(group.keys)

    def _follow(self, host_id: str) -> bool:
        """Take over what a host is now; whether its line has come, gone or moved."""
        known, was = self._wanted_look(host_id), self.placed.get(host_id)
        now = None if known is None else self._placed_of(known)
        if now == was:
            return False
        moved = now is None or was is None or (now.path, now.key) != (was.path, was.key)
        if moved or (was and was.ill) != (now and now.ill):
            self.version = next(_VERSIONS)
        if was is not None:
            keys = self.groups[was.path].keys
            if moved:
                del keys[bisect_left(keys, was.key)]
            self._discount(host_id, was)
        if now is not None:
            self._count(host_id, now)
            if moved:
                insort(self.groups[now.path].keys, now.key)
        for there in (was, now) if moved else ():
            if there is not None:
                self._rank(there.path)
        return moved

    def _rank(self, path: Path) -> None:
        """A host has come to a group, left it, or moved in it."""
        group = self.groups.get(path)
        if group is not None and not group.keys:
            del self.groups[path]
            self._paths = None
        elif group is not None and group.rank != (rank := self._order.rank(group.keys)):
            group.rank = rank
            self._paths = None

    def _in_places(self) -> Mapping[str, int]:
        """As places_of, of all hosts: the filter makes no place smaller."""
        if self._places is None:
            self._places = places_of(self._source.rows())
        return self._places

    def _wanted_look(self, host_id: str) -> Known | None:
        """What is known of a host that passes the filter; None for any other."""
        if self.wanted is None:
            return self._source.look(host_id)
        row = self._source.row(host_id)  # a filter is held against rows
        return row if row is not None and self.wanted(row) else None

    def _placed_of(self, row: Known) -> Placed:
        path = self._path_of(row)
        return Placed(path, self._key(row, path), row.shown_state, ill(row))

    def _count(self, host_id: str, placed: Placed) -> None:
        group = self.groups.get(placed.path)
        if group is None:
            group = self.groups[placed.path] = Group()
            self._paths = None
        group.counts[placed.state] += 1
        if placed.ill is not None:
            group.causes[placed.ill.why] += 1
            self.troubles.change(host_id, placed.ill)
        self.placed[host_id] = placed
        self.sizes += 1

    def _discount(self, host_id: str, placed: Placed) -> None:
        group = self.groups[placed.path]
        group.counts[placed.state] -= 1
        if placed.ill is not None:
            _take_one(group.causes, placed.ill.why)
            self.troubles.change(host_id, None)
        del self.placed[host_id]
        self.sizes += 1


def _widths(lengths: list[int]) -> tuple[int, int]:
    """The length of the longest id, and the one that nine ids of ten have at most."""
    if len(lengths) < 2:
        return (lengths[0], lengths[0]) if lengths else (0, 0)
    ordered = sorted(lengths)
    return ordered[-1], ordered[-1 - -(-len(ordered) // 10)]


def id_of(key: Key) -> str:
    """The id of the host with that key."""
    text = key[-1][1]
    assert isinstance(text, str)
    return text


def _take_one(counter: Counter[T], key: T) -> None:
    """One less of it. To subtract another Counter costs a walk over all keys: a fleet has as many causes as hosts."""
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
