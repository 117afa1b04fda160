"""The lines that one filter, one grouping and one sort have: pages are cut from them, and what is asked of them is
answered without lines being made. Where hosts stand is in `placing`."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from ..model.order import natural
from .grouping import Path, by_name, key_of
from .host_filter import Expressions
from .layout import Layout, Node, Stretch, laid_out
from .placing import Placing, Rows, id_of
from .query import (
    TAG,
    TROUBLE_KEY,
    CauseLine,
    GroupLine,
    GroupSums,
    HostLine,
    Line,
    Page,
    Query,
    RollUp,
    TroubleLine,
    host_key,
    lost_key,
)
from .rollup import group_sums, roll_up
from .rows import Known
from .troubles import Common, most_common

T = TypeVar("T")

MOST_GROUPS = 8
"""Groups that the line of a cause names at most."""


class Arrangement:
    """The lines for one filter, one order and one grouping. `note` says which hosts changed; reading takes that into
    account."""

    def __init__(
        self,
        source: Rows,
        filter: str = "",
        sort: str = "trouble",
        group: tuple[str, ...] = (TAG,),
        reverse: bool = False,
        expressions: Expressions | None = None,
    ) -> None:
        self._source = source
        self._grouping = group
        self._at = Placing(source, filter, sort, group, reverse, expressions)
        self._layouts: dict[tuple[int, frozenset[str], frozenset[str]], Layout] = {}
        self.note = self._at.note

    # -- what is asked -------------------------------------------------------------------------------------------

    def page(self, query: Query, now: float) -> Page:
        """The page that `query` asks for. Its filter, sort and grouping must be those of this arrangement."""
        layout = self._laid_out(query)
        if self._at.problem is not None:
            return Page(now, self._at.version, known=self._at.known, problem=self._at.problem)
        first = max(0, min(query.first, layout.total))
        marks = self._marks(query.marked)
        lines: list[Line] = []
        for stretch in layout.stretches(first, query.count):
            if stretch.head:
                lines.append(self._head(stretch.node, marks, query.marked))
            lines += self._hosts_of(stretch, query.marked)
        longest, usual = self._at.widths
        at = self._at
        return Page(
            now, at.version, first, tuple(lines), layout.total, at.known, len(at.placed), longest, usual,
            pinned=layout.pinned, marked=marks.total(),
        )  # fmt: skip

    def place(self, key: str, query: Query) -> int | None:
        """The number of the line of that key; None where there is none, as of a host whose group is folded."""
        layout = self._laid_out(query)
        found = layout.line_of(key)
        kind, _, name = key.partition(" ")
        if found is not None or name not in self._at.placed:
            return found
        if kind == "lost":
            cause = self._at.troubles.cause_of(name)
            number = None if cause is None else layout.numbers.get(cause.key)
            if cause is None or number is None or layout.nodes[number].folded:
                return None
            return layout.starts[number] + 1 + bisect_left(cause.hosts, natural(name), key=natural)
        placed = self._at.placed[name]
        number = layout.leaves.get(placed.path) if kind == "host" else None
        if number is None or layout.nodes[number].folded:
            return None
        head = bool(layout.nodes[number].key)
        return layout.starts[number] + head + bisect_left(self._at.groups[placed.path].keys, placed.key)

    def hosts(self, key: str | None = None) -> tuple[str, ...]:
        """The ids of the hosts below the line of that key, of a group or a cause, or of all that pass the filter; in
        their order."""
        self._at.refresh()
        return tuple(self._hosts_below(key))

    def group_of(self, host_id: str) -> str | None:
        """The key of the group in which a host stands, "" where there are no groups; None for one that does not pass
        the filter."""
        self._at.refresh()
        placed = self._at.placed.get(host_id)
        return None if placed is None else key_of(placed.path, self._grouping)

    def between(self, query: Query, one: str, other: str) -> tuple[str, ...]:
        """The hosts from the line of one key to that of another one, in order: of lines that are folded all."""
        places = [place for key in (one, other) if (place := self.place(key, query)) is not None]
        found: dict[str, None] = {}
        if places:
            for stretch in self._laid_out(query).stretches(min(places), max(places) + 1 - min(places)):
                if stretch.head and stretch.node.folded:
                    found |= dict.fromkeys(self._hosts_below(stretch.node.key))
                found |= dict.fromkeys(self._ids(stretch))
        return tuple(found)

    def following(self, query: Query, key: str, step: int) -> str | None:
        """The key of the next line (`step` 1) or the one before (-1), going round: of a host in trouble, or of a folded
        group that has one; while a filter is set of any host. None where there is none such.
        """
        layout = self._laid_out(query)
        here = self.place(key, query)
        here = (layout.pinned - (step > 0)) if here is None or here < layout.pinned else here
        wanted = list(self._wanted_lines(layout))[:: 1 if step > 0 else -1]
        ahead = (key for number, key in wanted if (number > here if step > 0 else number < here))
        return next(ahead, wanted[0][1] if wanted else None)

    def sums(self, key: str) -> GroupSums | None:
        """The hosts below the line of that key added up; None where there is no host."""
        hosts = self.hosts(key)
        return group_sums(self._looks(hosts)) if hosts else None

    # -- lines ---------------------------------------------------------------------------------------------------

    def _laid_out(self, query: Query) -> Layout:
        self._at.refresh()
        folded = query.folded if self._at.wanted is None else query.folded & {TROUBLE_KEY}
        which = self._at.sizes, folded, query.opened
        layout = self._layouts.get(which)
        if layout is None:
            layout = laid_out(
                self._at.troubles.causes(),
                self._at.paths(),
                lambda path: len(self._at.groups[path].keys),
                lambda path: key_of(path, self._grouping),
                folded,
                query.opened,
            )
            self._layouts = {which: layout}
        return layout

    def _marks(self, marked: frozenset[str]) -> Counter[Path]:
        """How many hosts of each innermost group are marked."""
        return Counter(self._at.placed[host].path for host in marked if host in self._at.placed)

    def _head(self, node: Node, marks: Counter[Path], marked: frozenset[str]) -> Line:
        """The line of a node itself."""
        if node.cause is not None:
            return self._cause(node.cause, node.folded, marked)
        if node.path is None:
            causes = self._at.troubles.causes()
            number = sum(self._at.troubles.cause_of(host) is not None for host in marked)
            return TroubleLine(
                node.key, node.folded, len(self._at.troubles), sum(each.causes for each in causes), number
            )
        paths = self._below(node.path)
        groups = [self._at.groups[path] for path in paths]
        counts = _together(group.counts for group in groups)
        causes_of = _together(group.causes for group in groups) if node.folded else None
        return GroupLine(
            key=node.key,
            by=self._grouping[len(node.path) - 1],
            name=node.path[-1],
            depth=len(node.path) - 1,
            folded=node.folded,
            counts=tuple([(state, number) for state, number in counts.items() if number]),
            hosts=sum(len(group.keys) for group in groups),
            marked=sum(marks[path] for path in paths) if marks else 0,
            cause=most_common(causes_of) if causes_of else None,
            figures=self._figures(node.path, paths),
        )

    def _cause(self, cause: Common, folded: bool, marked: frozenset[str]) -> CauseLine:
        message, trouble = cause.why
        groups = dict.fromkeys(self._at.placed[host].path[0] for host in cause.hosts if self._grouping)
        names = sorted(groups, key=lambda name: by_name((name,)))[:MOST_GROUPS]
        return CauseLine(
            cause.key, folded, len(cause.hosts), len(marked.intersection(cause.hosts)), cause.state, message, trouble,
            cause.jump, cause.subnet, cause.causes, cause.hosts[0], tuple(names),
        )  # fmt: skip

    def _figures(self, path: Path, paths: Sequence[Path]) -> RollUp:
        found = self._at.rolled.get(path)
        if found is None:
            hosts = [id_of(key) for each in paths for key in self._at.groups[each].keys]
            found = self._at.rolled[path] = roll_up(self._looks(hosts))
        return found

    def _hosts_of(self, stretch: Stretch, marked: frozenset[str]) -> Iterator[HostLine]:
        """The lines of the hosts below a node."""
        node = stretch.node
        named, depth = (lost_key, 1) if node.cause is not None else (host_key, len(node.path or ()))
        for host in self._ids(stretch):
            row = self._source.row(host)
            assert row is not None, "a host that has gone is noted before it is read"
            yield HostLine(named(host), node.key, row, host in marked, depth)

    def _ids(self, stretch: Stretch) -> Sequence[str]:
        node, last = stretch.node, stretch.first + stretch.number
        if node.cause is not None:
            return node.cause.hosts[stretch.first : last]
        if node.path is None or not node.leaf or not stretch.number:
            return ()
        return [id_of(key) for key in self._at.groups[node.path].keys[stretch.first : last]]

    def _hosts_below(self, key: str | None) -> Iterator[str]:
        causes = self._at.troubles.causes()
        if key == TROUBLE_KEY:
            yield from (host for each in causes for host in each.hosts)
            return
        for each in causes:
            if each.key == key:
                yield from each.hosts
                return
        for path in self._at.paths():
            if key is None or key == key_of(path, self._grouping) or key == key_of(path[:1], self._grouping):
                yield from (id_of(each) for each in self._at.groups[path].keys)

    def _below(self, path: Path) -> list[Path]:
        """The innermost groups of a group."""
        depth = len(path)
        return [path] if path in self._at.groups else [each for each in self._at.paths() if each[:depth] == path]

    def _looks(self, hosts: Iterable[str]) -> Iterator[Known]:
        return (known for known in map(self._source.look, hosts) if known is not None)

    def _wanted_lines(self, layout: Layout) -> Iterator[tuple[int, str]]:
        """The numbers and keys of the lines that `following` stops at."""
        for node, start in zip(layout.nodes, layout.starts, strict=True):
            if node.path is None:
                continue
            if node.folded:
                if any(self._at.groups[path].causes for path in self._below(node.path)):
                    yield start, node.key
            elif node.leaf:
                for number, key in enumerate(self._at.groups[node.path].keys, start + bool(node.key)):
                    host = id_of(key)
                    if self._at.wanted is not None or self._at.placed[host].ill is not None:
                        yield number, host_key(host)


def _together(counters: Iterable[Counter[T]]) -> Counter[T]:
    """All of them in one; the only one as it is."""
    first, *others = counters
    if not others:
        return first
    whole = Counter(first)
    for each in others:
        whole.update(each)
    return whole
