"""Which line has which number: the lines of trouble first, then the groups with their hosts. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import field
from typing import NamedTuple

from ..model.data_class import dataclass
from .grouping import Path
from .query import TROUBLE_KEY
from .troubles import Common


@dataclass(slots=True)
class Node:
    """A line with a key (none where that is empty), and below it as many hosts as `below`.

    `path` is that of a group, a `leaf` where hosts and no groups stand in it; `cause` that of a line of trouble. Both
    None: the line over the causes. `folded`: it has hosts or groups of which there is no line.
    """

    key: str
    below: int
    folded: bool
    path: Path | None = None
    leaf: bool = True
    cause: Common | None = None

    @property
    def lines(self) -> int:
        return self.below + bool(self.key)


class Stretch(NamedTuple):
    """`number` of the hosts below a node, from number `first` on, and whether its own line comes before them."""

    node: Node
    head: bool
    first: int
    number: int


@dataclass(slots=True)
class Layout:
    """Nodes in their order. `pinned` is the number of lines that tell of trouble, `total` that of all."""

    nodes: list[Node] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    leaves: dict[Path, int] = field(default_factory=dict)
    pinned: int = 0
    total: int = 0

    def add(self, node: Node) -> None:
        """Put another node behind those that are there."""
        self.numbers[node.key] = len(self.nodes)
        if node.path is not None and node.leaf:
            self.leaves[node.path] = len(self.nodes)
        self.nodes.append(node)
        self.starts.append(self.total)
        self.total += node.lines
        if node.path is None:
            self.pinned = self.total

    def line_of(self, key: str) -> int | None:
        """The number of the line of a node."""
        number = self.numbers.get(key) if key else None
        return None if number is None else self.starts[number]

    def stretches(self, first: int, count: int) -> Iterator[Stretch]:
        """What stands in `count` lines from that number on."""
        if count <= 0 or first >= self.total:
            return
        for number in range(max(0, bisect_right(self.starts, first) - 1), len(self.nodes)):
            node, start = self.nodes[number], self.starts[number]
            if start >= first + count:
                return
            head = bool(node.key)
            skipped = max(0, first - start - head)
            wanted = min(node.below, first + count - start - head) - skipped
            if (head and start >= first) or wanted > 0:
                yield Stretch(node, head and start >= first, skipped, max(0, wanted))


def laid_out(
    causes: Sequence[Common],
    order: Sequence[Path],
    sizes: Callable[[Path], int],
    key_of: Callable[[Path], str],
    folded: Collection[str],
    opened: Collection[str],
) -> Layout:
    """The lines of these causes and of the groups with these paths, in this order; `sizes` gives a group's hosts."""
    layout = Layout()
    if causes:
        closed = TROUBLE_KEY in folded
        layout.add(Node(TROUBLE_KEY, 0, closed))
        for each in () if closed else causes:
            is_open = each.key in opened
            layout.add(Node(each.key, len(each.hosts) if is_open else 0, not is_open, cause=each))
    outer: Path | None = None
    hidden = False
    for path in order:
        if len(path) > 1 and path[:1] != outer:
            outer = path[:1]
            key = key_of(outer)
            hidden = key in folded
            layout.add(Node(key, 0, hidden, outer, leaf=False))
        if not hidden:
            key = key_of(path)
            is_folded = key in folded
            layout.add(Node(key, 0 if is_folded else sizes(path), is_folded, path))
    return layout
