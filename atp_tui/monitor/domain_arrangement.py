"""The domains of one filter, order and grouping: pages are cut from it. Made anew where the index has changed."""

from __future__ import annotations

import logging
import math
from bisect import bisect_left
from collections.abc import Collection, Sequence
from itertools import count
from operator import attrgetter

from ..model.errors import ConfigError
from ..model.fence import Fence
from ..model.node import DomainReading, DomainState
from ..model.order import natural
from ..model.problem import Problem, problem_of
from .domain_detail import domain_detail
from .domain_filter import DomainPredicate, HostFigures, compares_figures, domain_filter_of
from .domain_index import GONE, STATE_ORDER, DomainIndex, DomainSource, Entry
from .domain_query import (
    AnyDomainLine,
    DomainDetail,
    DomainGroupLine,
    DomainGroups,
    DomainLine,
    DomainPage,
    DomainQuery,
    DomainSort,
    domain_group_key,
    host_of,
)
from .host_filter import Expressions, version_of
from .rows import DomainCounts, DomainRow

_log = logging.getLogger(__name__)

KEPT = 4
"""Filters, orders and groupings that are kept: those of the views a person goes back and forth between."""

SORTED_EACH = 5.0
"""Seconds between two orders by a figure: lines that change their places with each sample cannot be read."""

_VERSIONS = count(1)
"""As in arrangement.py."""

_FIGURES = {DomainSort.CPU: "cpu", DomainSort.MEMORY: "mem", DomainSort.DISK: "disk", DomainSort.NET: "net"}

_COUNTED = {"crashed": "crashed", "paused": "paused", "suspended": "paused", "shut off": "off", GONE: "unknown",
            "no state": "unknown"}  # fmt: skip


class _Group:
    __slots__ = ("counts", "entries", "name")

    def __init__(self, name: str, entries: list[Entry]) -> None:
        self.name = name
        self.entries = entries
        self.counts: DomainCounts | None = None


class DomainArrangement:
    """The lines for one filter, order and grouping over `index`. `note` says of which hosts there are new figures."""

    def __init__(
        self,
        index: DomainIndex,
        filter: str,
        sort: DomainSort,
        groups: DomainGroups,
        reverse: bool = False,
        expressions: Expressions | None = None,
    ) -> None:
        self._index = index
        self._fence = Fence(_log)
        self._sort = sort
        self._reverse = reverse
        self._by = groups
        self._figure = _FIGURES.get(sort)
        self._problem: Problem | None = None
        self._wanted: DomainPredicate | None = None
        try:
            self._wanted = domain_filter_of(filter, expressions)
        except ConfigError as error:
            self._problem = problem_of(error)
        by_targets = version_of(expressions, filter) is not None  # they may hang on any figure
        self._compares = self._wanted is not None and (compares_figures(filter) or by_targets)
        self._now = self._sorted_at = -math.inf
        self._dirty: set[str] = set()
        self._stamps: dict[str, int] = {}
        self._passing: dict[str, list[Entry]] = {}
        self._values: dict[Entry, float] = {}
        self._seen_version = -1
        self._groups: list[_Group] = []
        self._shown = 0
        self._starts: dict[frozenset[str], list[int]] = {}
        self._marked: tuple[frozenset[str], int, int] = frozenset(), 0, 0
        self.version = 0

    def note(self, hosts: Collection[str]) -> None:
        """There are new figures of these hosts."""
        if self._compares or self._figure is not None:
            self._dirty.update(hosts)

    def page(self, query: DomainQuery, now: float) -> DomainPage:
        """The page that `query` asks for. Filter, order and grouping must be those of this arrangement."""
        self._now = max(self._now, now)
        self._refresh()
        index = self._index
        if self._problem is not None:
            return DomainPage(now, self.version, known=len(index.entries), problem=self._problem)
        folded = self._folded(query)
        starts = self._starts_of(folded)
        first = max(0, min(query.first, starts[-1]))
        lines: list[AnyDomainLine] = []
        for number in range(max(0, bisect_left(starts, first + 1) - 1), len(self._groups)):
            if starts[number] >= first + query.count:
                break
            lines += self._lines(self._groups[number], folded, query, first - starts[number])
        return DomainPage(
            now=now,
            version=self.version,
            first=first,
            lines=tuple(lines[: query.count]),
            total=starts[-1],
            known=len(index.entries),
            shown=self._shown,
            marked=self._count_marked(query.marked),
            names=index.names,
            usual=index.usual,
            hosts=index.hosts,
            about=index.about,
            complete=index.complete,
        )

    def place(self, query: DomainQuery, key: str) -> int | None:
        """The number of the line of that key; None where there is none, as of a domain whose group is folded."""
        self._refresh()
        starts, folded = self._starts_of(self._folded(query)), self._folded(query)
        entry = self._index.find(key)
        for number, group in enumerate(self._groups):
            if self._key_of(group) == key:
                return starts[number]
            if entry is not None and self._key_of(group) not in folded and entry in group.entries:
                return starts[number] + bool(self._key_of(group)) + group.entries.index(entry)
        return None

    def keys(self, group: str | None) -> tuple[str, ...]:
        """The keys of the domains of a group, by its key, or of all that pass the filter; in their order."""
        self._refresh()
        return tuple([
            entry.key for each in self._groups if group is None or self._key_of(each) == group for entry in each.entries
        ])  # fmt: skip

    # -- pages ---------------------------------------------------------------------------------------------------

    def _count_marked(self, marked: frozenset[str]) -> int:
        counted, version, number = self._marked
        if counted is not marked or version != self._index.version:  # thousands may be marked, and pages are many
            number = sum(self._index.find(key) is not None for key in marked)
            self._marked = marked, self._index.version, number
        return number

    def _folded(self, query: DomainQuery) -> frozenset[str]:
        return query.folded if self._wanted is None else frozenset()

    def _key_of(self, group: _Group) -> str:
        """The key of the group's line, "" where it has none."""
        return "" if self._by is DomainGroups.NONE else domain_group_key(group.name)

    def _starts_of(self, folded: frozenset[str]) -> list[int]:
        """The number of each group's first line, and behind them the number of all lines."""
        starts = self._starts.get(folded)
        if starts is None:
            starts = [0]
            for group in self._groups:
                key = self._key_of(group)
                starts.append(starts[-1] + bool(key) + (0 if key in folded else len(group.entries)))
            self._starts = {folded: starts}
        return starts

    def _lines(self, group: _Group, folded: frozenset[str], query: DomainQuery, skip: int) -> list[AnyDomainLine]:
        """The lines of one group without the first `skip` of them, as many as a page has at most."""
        key = self._key_of(group)
        lines: list[AnyDomainLine] = []
        if key and skip <= 0:
            if group.counts is None:
                group.counts = _count(group.entries)
            marked = sum(entry.key in query.marked for entry in group.entries) if query.marked else 0
            lines.append(DomainGroupLine(key, group.name, key in folded, group.counts, len(group.entries), marked))
        if key not in folded or not key:
            below = max(0, skip - bool(key))
            for entry in group.entries[below : below + query.count]:
                row = self._row_of(entry)
                lines.append(DomainLine(entry.key, key, entry.host.id, row, entry.fresh, entry.key in query.marked))
        return lines

    def _row_of(self, entry: Entry) -> DomainRow:
        """The domain; where no row can be made of what its host has said, its name alone."""
        try:
            return entry.row
        except Exception as error:  # noqa: BLE001 - it costs that domain its figures, not the others their lines
            self._fence.caught(error, "a VM of %s cannot be shown", entry.host.id)
            nothing = DomainReading(entry.name, entry.uuid, DomainState.NOSTATE, 0, 0, 0, None, None, None)
            return DomainRow(nothing, None, None, None, ())

    # -- keeping up ----------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        self._index.refresh()
        if self._problem is not None:
            return
        changed = self._index.version != self._seen_version
        is_due = self._compares or self._now - self._sorted_at >= SORTED_EACH
        if not changed and not (self._dirty and is_due):
            return
        dirty, self._dirty = self._dirty, set()
        self._sorted_at = self._now
        self._seen_version = self._index.version
        if self._wanted is not None or self._figure is not None:
            self._look_at(dirty, changed)
        self._arrange()

    def _look_at(self, dirty: set[str], changed: bool) -> None:
        """Hold the filter against the domains of the hosts that have changed, and read what they are sorted by."""
        hosts = dirty
        if changed:
            stamps = self._index.stamps
            hosts = dirty | {host for host, stamp in stamps.items() if self._stamps.get(host) != stamp}
            for gone in self._stamps.keys() - stamps.keys():
                self._passing.pop(gone, None)
            self._stamps = dict(stamps)
        for host in hosts:
            self._passing.pop(host, None)
            entries = self._index.of(host)
            if not entries:
                continue
            try:
                self._look_at_host(host, entries)
            except Exception as error:  # noqa: BLE001 - as in `_row_of`
                self._fence.caught(error, "the VMs of %s cannot be compared", host)
                self._values |= dict.fromkeys(entries, math.inf)

    def _look_at_host(self, host: str, entries: Collection[Entry]) -> None:
        figures = HostFigures(next(iter(entries)).host)
        if (wanted := self._wanted) is not None:
            entries = self._passing[host] = [entry for entry in entries if wanted(entry, figures)]
        if self._figure is not None:
            values = figures.of(self._figure)
            for entry in entries:
                value = values[entry.place]
                # the largest first, or the smallest, then what is not known
                self._values[entry] = math.inf if value != value else value if self._reverse else -value

    def _arrange(self) -> None:
        entries: Sequence[Entry] = self._index.entries
        if self._wanted is not None:
            passing = {entry for found in self._passing.values() for entry in found}
            entries = [entry for entry in entries if entry in passing]
        if self._figure is not None:
            if len(self._values) > 2 * len(entries) + 100:  # of domains that went
                self._values = {entry: self._values[entry] for entry in entries}
            entries = sorted(entries, key=self._values.__getitem__)
        elif self._sort is DomainSort.TROUBLE:
            entries = sorted(entries, key=attrgetter("rank"), reverse=self._reverse)
        elif self._sort is DomainSort.HOST:
            places = {
                host: place for place, host in enumerate(sorted({entry.host.id for entry in entries}, key=natural))
            }
            entries = sorted(entries, key=lambda entry: places[entry.host.id], reverse=self._reverse)
        elif self._reverse:
            entries = entries[::-1]
        groups = self._grouped(entries)
        if [(each.name, each.entries) for each in groups] != [(each.name, each.entries) for each in self._groups]:
            self.version = next(_VERSIONS)
        self._groups, self._shown, self._starts = groups, len(entries), {}

    def _grouped(self, entries: Sequence[Entry]) -> list[_Group]:
        if self._by is DomainGroups.NONE:
            return [_Group("", list(entries))] if entries else []
        found: dict[str, list[Entry]] = {}
        if self._by is DomainGroups.STATE:
            for entry in entries:
                found.setdefault(entry.state, []).append(entry)
            return [_Group(name, found[name]) for name in sorted(found, key=STATE_ORDER.index)]
        by_host = self._by is DomainGroups.HOST
        for entry in entries:
            host = entry.host
            name = host.id if by_host else host.tags[0] if host.tags else ""
            found.setdefault(name, []).append(entry)
        return [_Group(name, found[name]) for name in sorted(found, key=lambda name: (not name, natural(name)))]


class DomainArrangements:
    """Answers queries over the domains of `source`; `note` says which hosts changed. It costs nothing until somebody
    has asked for a page."""

    def __init__(self, source: DomainSource, expressions: Expressions | None = None) -> None:
        self._index = DomainIndex(source)
        self._expressions = expressions
        self._fence = Fence(_log)
        self._source = source
        self._kept: dict[tuple[str, DomainSort, DomainGroups, bool], tuple[object, DomainArrangement]] = {}

    def note(self, hosts: Collection[str] | None) -> None:
        """As Arrangement.note."""
        if not self._kept:
            return
        self._index.note(hosts)
        known = self._source.host_ids if hosts is None else hosts
        for _, arrangement in self._kept.values():
            arrangement.note(known)

    def of(self, query: DomainQuery) -> DomainArrangement:
        """The arrangement for a query."""
        which = query.filter, query.sort, query.groups, query.reverse
        version = version_of(self._expressions, query.filter)
        kept, arrangement = self._kept.pop(which, (None, None))
        if arrangement is None or kept != version:
            arrangement = DomainArrangement(self._index, *which, self._expressions)
        self._kept[which] = version, arrangement  # the last one in use at the end
        if len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return arrangement

    def detail(self, host_id: str, which: str, now: float) -> DomainDetail | None:
        """As `domain_detail`."""
        return domain_detail(self._source, host_id, which, now, self._fence)

    def hosts(self, keys: Collection[str]) -> set[str]:
        """The hosts of those of these domains that are there."""
        self._index.refresh()
        return {host_of(key) for key in keys if self._index.find(key) is not None}


def _count(entries: Sequence[Entry]) -> DomainCounts:
    counts = dict.fromkeys(DomainCounts._fields, 0)
    for entry in entries:
        counts[_COUNTED.get(entry.state, "up")] += 1
    return DomainCounts(**counts)
