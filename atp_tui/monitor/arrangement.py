"""The rows in the order of one filter and one sort, kept up to date by the hosts that changed: pages are cut from it.

Making ten thousand lines for each of the fleet's changes would cost more than all the rest of the program.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol, TypeVar

from ..model.causes import Trouble
from ..model.connection import ConnectionState
from ..model.errors import ConfigError
from ..model.message import Message
from ..model.order import natural
from ..model.problem import Problem, problem_of
from . import metrics
from .host_filter import Predicate, filter_of
from .query import CommonCause, GroupLine, HostLine, Line, Page, Query, Sort, group_key, host_key
from .rows import HostRow, Known

T = TypeVar("T")

_S = ConnectionState
_TROUBLE = {state: rank for rank, state in enumerate((_S.FAILED, _S.RECONNECTING, _S.CONNECTING, _S.DRAINING))}
NO_TROUBLE = len(_TROUBLE)

REBUILD_FROM = 4
"""Where more than one host of so many has another place, all of them are sorted anew: that is faster by then."""

FEW_MOVES = 100
"""So many hosts are moved one by one in any case."""

_VERSIONS = count(1)
"""No two arrangements have one in common: one that is made anew, since it had been dropped, answers the same query."""

_Key = tuple[Any, ...]  # what hosts are sorted by; it ends with the natural order of the id, which holds the id itself
_Why = tuple[Message | None, Trouble | None]


class Rows(Protocol):
    """Where rows are read; FleetView is one.

    `look` gives what is known of a host without a row made of it, to be read at once: it goes on changing.
    """

    def rows(self) -> tuple[HostRow, ...]: ...
    def row(self, host_id: str) -> HostRow | None: ...
    def look(self, host_id: str) -> Known | None: ...


def trouble_rank(row: Known) -> int:
    """How much a host needs a person, the most first; NO_TROUBLE for one that does not."""
    if row.sample_error is not None and not row.fresh:  # it is connected, and nothing is known of it all the same
        return _TROUBLE[_S.RECONNECTING]
    return _TROUBLE.get(row.shown_state, NO_TROUBLE)


@dataclass(slots=True)
class _Placed:
    """Where a host stands, and what it adds to the sums of its group."""

    tag: str | None
    key: _Key
    state: ConnectionState
    why: _Why | None


@dataclass(slots=True)
class _Group:
    keys: list[_Key] = field(default_factory=list)
    counts: Counter[ConnectionState] = field(default_factory=Counter)
    causes: Counter[_Why] = field(default_factory=Counter)


class Arrangement:
    """The lines for one filter and one order. `note` says which hosts changed; reading takes that into account."""

    def __init__(self, source: Rows, filter: str = "", sort: str = Sort.TROUBLE) -> None:
        self._source = source
        self._filter = filter
        metric = metrics.find_metric(sort)
        self._sorts_figures = metric is not None
        self._key: Callable[[Known], _Key] = (
            metrics.ranking(metric) if metric is not None else _by_name if sort == Sort.NAME else _by_trouble
        )
        self._wanted: Predicate | None = None
        self._problem: Problem | None = None
        self._placed: dict[str, _Placed] = {}
        self._groups: dict[str | None, _Group] = {}
        self._tags: list[str | None] = []
        self._lengths: Counter[int] = Counter()
        self._known = 0
        self._all = True
        self._dirty: set[str] = set()
        self._starts: dict[frozenset[str], list[int]] = {}
        self._version = 0

    def note(self, hosts: Collection[str] | None) -> None:
        """The rows of these hosts look different; None: hosts came, went or are described otherwise."""
        if hosts is None:
            self._all = True
        elif not self._all:
            self._dirty.update(hosts)

    def page(self, query: Query, now: float) -> Page:
        """The page that `query` asks for. Its filter and its sort must be those of this arrangement."""
        self._refresh()
        if self._problem is not None:
            return Page(now, self._version, known=self._known, problem=self._problem)
        folded = self._folded(query)
        starts = self._starts_of(folded)
        first = max(0, min(query.first, starts[-1]))
        marks = self._marks(query.marked)
        lines: list[Line] = []
        for number in range(bisect_left(starts, first + 1) - 1, len(self._tags)):
            if starts[number] >= first + query.count:
                break
            tag = self._tags[number]
            lines += self._lines(tag, folded, marks, query, first - starts[number])
        longest, usual = self._widths()
        return Page(
            now, self._version, first, tuple(lines[: query.count]), starts[-1], self._known, len(self._placed), longest,
            usual,
        )  # fmt: skip

    def place(self, key: str, query: Query) -> int | None:
        """The number of the line of that key; None where there is none, as of a host whose group is folded."""
        self._refresh()
        folded = self._folded(query)
        starts = self._starts_of(folded)
        kind, _, name = key.partition(" ")
        if kind == "group":
            tag = name or None
            return starts[self._tags.index(tag)] if tag in self._groups else None
        placed = self._placed.get(name)
        if placed is None or group_key(placed.tag) in folded:
            return None
        return starts[self._tags.index(placed.tag)] + 1 + bisect_left(self._groups[placed.tag].keys, placed.key)

    def hosts(self, group: str | None = None) -> tuple[str, ...]:
        """The ids of the hosts of a group, by its key, or of all that pass the filter; in their order."""
        self._refresh()
        tags = [tag for tag in self._tags if group is None or group_key(tag) == group]
        return tuple([_id_of(key) for tag in tags for key in self._groups[tag].keys])

    def group_of(self, host_id: str) -> str | None:
        """The key of the group in which a host stands; None for one that does not pass the filter."""
        self._refresh()
        placed = self._placed.get(host_id)
        return None if placed is None else group_key(placed.tag)

    # -- pages ---------------------------------------------------------------------------------------------------

    def _folded(self, query: Query) -> frozenset[str]:
        return query.folded if self._wanted is None else frozenset()

    def _starts_of(self, folded: frozenset[str]) -> list[int]:
        """The number of each group's line, in the order of the groups, and behind them the number of all lines."""
        starts = self._starts.get(folded)
        if starts is None:
            starts = [0]
            for tag in self._tags:
                below = 0 if group_key(tag) in folded else len(self._groups[tag].keys)
                starts.append(starts[-1] + 1 + below)
            self._starts = {folded: starts}
        return starts

    def _marks(self, marked: frozenset[str]) -> Counter[str | None]:
        """How many hosts of each group are marked."""
        return Counter(self._placed[host].tag for host in marked if host in self._placed)

    def _lines(
        self, tag: str | None, folded: frozenset[str], marks: Counter[str | None], query: Query, skip: int
    ) -> list[Line]:
        """The lines of one group without the first `skip` of them, as many as a page has at most."""
        group, key = self._groups[tag], group_key(tag)
        is_folded = key in folded
        lines: list[Line] = []
        if skip <= 0:
            counts = tuple([(state, number) for state, number in group.counts.items() if number])
            cause = _common(group.causes) if is_folded else None
            lines.append(GroupLine(key, tag, is_folded, counts, len(group.keys), marks[tag], cause))
        if not is_folded:
            below = max(0, skip - 1)
            for each in group.keys[below : below + query.count]:
                row = self._source.row(_id_of(each))
                assert row is not None, "a host that has gone is noted before it is read"
                lines.append(HostLine(host_key(row.id), key, row, row.id in query.marked))
        return lines

    def _widths(self) -> tuple[int, int]:
        """The length of the longest id, and the one that nine ids of ten have at most."""
        longest = max(self._lengths, default=0)
        number = len(self._placed)
        if number < 2:
            return longest, longest
        beyond = -(-number // 10)
        for length in sorted(self._lengths, reverse=True):
            if beyond < self._lengths[length]:
                return longest, length
            beyond -= self._lengths[length]
        return longest, 0

    # -- keeping up ----------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        many = self._sorts_figures and len(self._dirty) * REBUILD_FROM > len(self._placed)
        if self._all or many:
            self._rebuild()
        elif self._dirty and self._problem is None:
            left = FEW_MOVES + len(self._placed) // REBUILD_FROM
            for host_id in self._dirty:
                left -= self._follow(host_id)
                if left < 0:
                    self._rebuild()
                    break
        self._all = False
        self._dirty.clear()

    def _rebuild(self) -> None:
        rows = self._source.rows()
        self._version = next(_VERSIONS)
        self._known = len(rows)
        self._placed, self._groups, self._tags, self._starts = {}, {}, [], {}
        self._lengths = Counter()
        try:
            self._wanted, self._problem = filter_of(self._filter, rows), None
        except ConfigError as error:
            self._problem = problem_of(error)
            return
        for row in rows:
            if self._wanted is None or self._wanted(row):
                placed = self._placed_of(row)
                self._count(row.id, placed)
                self._groups[placed.tag].keys.append(placed.key)
        for group in self._groups.values():
            group.keys.sort()

    def _follow(self, host_id: str) -> bool:
        """Take over what a host is now; whether its line has come, gone or moved."""
        known, was = self._wanted_look(host_id), self._placed.get(host_id)
        now = None if known is None else self._placed_of(known)
        if now == was:
            return False
        moved = now is None or was is None or (now.tag, now.key) != (was.tag, was.key)
        if moved:
            self._version = next(_VERSIONS)
        if was is not None:
            keys = self._groups[was.tag].keys
            if moved:
                del keys[bisect_left(keys, was.key)]
            self._discount(host_id, was)
        if now is not None:
            self._count(host_id, now)
            if moved:
                insort(self._groups[now.tag].keys, now.key)
        if was is not None and not self._groups[was.tag].keys:
            del self._groups[was.tag]
            self._tags.remove(was.tag)
        return moved

    def _wanted_look(self, host_id: str) -> Known | None:
        """What is known of a host that passes the filter; None for any other."""
        if self._wanted is None:
            return self._source.look(host_id)
        row = self._source.row(host_id)  # a filter is held against rows
        return row if row is not None and self._wanted(row) else None

    def _placed_of(self, row: Known) -> _Placed:
        tag = row.tags[0] if row.tags else None
        return _Placed(tag, self._key(row), row.shown_state, _why(row))

    def _count(self, host_id: str, placed: _Placed) -> None:
        group = self._groups.get(placed.tag)
        if group is None:
            group = self._groups[placed.tag] = _Group()
            insort(self._tags, placed.tag, key=_group_order)
        group.counts[placed.state] += 1
        if placed.why is not None:
            group.causes[placed.why] += 1
        self._lengths[len(host_id)] += 1
        self._placed[host_id] = placed
        self._starts = {}

    def _discount(self, host_id: str, placed: _Placed) -> None:
        group = self._groups[placed.tag]
        group.counts[placed.state] -= 1
        if placed.why is not None:
            _take_one(group.causes, placed.why)
        _take_one(self._lengths, len(host_id))
        del self._placed[host_id]
        self._starts = {}


def _why(row: Known) -> _Why | None:
    """Why a host is down, by the class of the cause where it has one: the channel counts for nothing then."""
    if row.cause is None or row.state is _S.CONNECTED:
        return None
    trouble = row.trouble
    return (row.cause, None) if trouble is None else (None, Trouble(trouble.cause, trouble.detail, trouble.remedy))


def _by_trouble(row: Known) -> _Key:
    return trouble_rank(row), natural(row.id)


def _by_name(row: Known) -> _Key:
    return (natural(row.id),)


def _group_order(tag: str | None) -> _Key:
    return tag is None, natural(tag or "")


def _id_of(key: _Key) -> str:
    text = key[-1][1]
    assert isinstance(text, str)
    return text


def _take_one(counter: Counter[T], key: T) -> None:
    """One less of it. To subtract another Counter costs a walk over all keys: a fleet has as many causes as hosts."""
    counter[key] -= 1
    if not counter[key]:
        del counter[key]


def _common(causes: Counter[_Why]) -> CommonCause | None:
    if not causes:
        return None
    (cause, trouble), number = causes.most_common(1)[0]
    return CommonCause(number, cause, trouble)
