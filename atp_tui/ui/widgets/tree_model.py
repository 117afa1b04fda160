"""The host tree without a screen: rows and options in, an ordered tuple of lines with keys out. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from ...model.causes import Cause
from ...model.connection import ConnectionState
from ...model.errors import ConfigError
from ...model.message import Message
from ...model.order import NaturalKey, natural
from ...monitor import metrics
from ...monitor.fleet import HostRow
from ...monitor.host_filter import filter_of
from ..glyphs import STATE_ORDER
from ..text import safe, width_of
from .host_words import brief_of

UNTAGGED = "untagged"
"""The name over the hosts that have no tag."""

_S = ConnectionState
_TROUBLE = {state: rank for rank, state in enumerate((_S.FAILED, _S.RECONNECTING, _S.CONNECTING, _S.DRAINING))}
_NO_TROUBLE = len(_TROUBLE)


class Sort(StrEnum):
    """The orders of the hosts in a group beside those by a metric: what needs a person first, or by id alone."""

    TROUBLE = "trouble"
    NAME = "name"


def orders() -> tuple[str, ...]:
    """Every order there is: those of Sort, then one by each metric, by its name."""
    return (*Sort, *(metric.name for metric in metrics.METRICS))


@dataclass(frozen=True, slots=True)
class FleetSnapshot:
    """What the host tree shows. `now` is the moment of the snapshot in monotonic seconds, `marked` the ids of the
    chosen hosts, `filter` an expression of `host_filter`. `loaded` False: which hosts there are is not known yet."""

    rows: tuple[HostRow, ...] = ()
    now: float = 0.0
    marked: frozenset[str] = frozenset()
    filter: str = ""
    loaded: bool = True


@dataclass(frozen=True, slots=True)
class TreeOptions:
    """How the tree is arranged: the order of hosts (one of `orders`), and the names of the groups that are folded."""

    sort: str = Sort.TROUBLE
    folded: frozenset[str] = field(default_factory=frozenset)


class GroupLine(NamedTuple):
    """The line over a group. `counts` by state in STATE_ORDER; `marked` of its hosts are chosen.

    `cause` is the most frequent one among its hosts that are not connected, with their number, while folded.
    """

    key: str
    name: str
    folded: bool
    counts: tuple[int, ...]
    hosts: tuple[str, ...]
    marked: int
    cause: tuple[int, str] | None


class HostLine(NamedTuple):
    """The line of one host."""

    key: str
    row: HostRow
    marked: bool


TreeLine = GroupLine | HostLine


class TreeModel(NamedTuple):
    """The lines in order, the ids of the hosts that pass the filter, the cells that the widest id takes,
    and those that nine ids of ten have room in: a single long one must not take the room of all.

    `problem` says what is wrong with the filter; there are no lines then.
    """

    lines: tuple[TreeLine, ...]
    shown: tuple[str, ...]
    id_width: int
    usual: int
    problem: ConfigError | None = None


def group_key(name: str) -> str:
    return f"group {name}"


def host_key(host_id: str) -> str:
    return f"host {host_id}"


def build_tree(snapshot: FleetSnapshot, options: TreeOptions) -> TreeModel:
    """Group the hosts that pass the filter by their first tag. While a filter is set no group is folded: it would
    hide what was searched for."""
    try:
        wanted = filter_of(snapshot.filter, snapshot.rows)
    except ConfigError as error:
        return TreeModel((), (), 0, 0, error)
    groups: dict[str | None, list[HostRow]] = {}
    for row in snapshot.rows:
        if wanted is None or wanted(row):
            groups.setdefault(row.tags[0] if row.tags else None, []).append(row)
    order = _order(options.sort)
    lines: list[TreeLine] = []
    for tag in sorted(groups, key=_group_order):
        rows = order(groups[tag])
        group = _group_line(tag, rows, options.folded if wanted is None else frozenset(), snapshot.marked)
        lines.append(group)
        if not group.folded:
            lines += [HostLine(f"host {row.id}", row, row.id in snapshot.marked) for row in rows]
    shown = tuple(row.id for rows in groups.values() for row in rows)
    widths = sorted(width_of(safe(host)) for host in shown)
    usual = widths[-1 - -(-len(widths) // 10)] if len(widths) > 1 else max(widths, default=0)
    return TreeModel(tuple(lines), shown, max(widths, default=0), usual)


def _order(name: str) -> Callable[[list[HostRow]], list[HostRow]]:
    """What sorts the rows of a group."""
    if (metric := metrics.find_metric(name)) is not None:
        return partial(sorted, key=metrics.ranking(metric))
    return partial(sorted, key=_by_name if name == Sort.NAME else _by_trouble)


def _by_trouble(row: HostRow) -> tuple[int, NaturalKey]:
    if row.sample_error is not None and not row.fresh:  # it is connected, and nothing is known of it all the same
        return _TROUBLE[_S.RECONNECTING], natural(row.id)
    return _TROUBLE.get(row.shown_state, _NO_TROUBLE), natural(row.id)


def _by_name(row: HostRow) -> NaturalKey:
    return natural(row.id)


def _group_order(tag: str | None) -> tuple[bool, NaturalKey]:
    return tag is None, natural(tag or "")


def _group_line(tag: str | None, rows: list[HostRow], folded: frozenset[str], marked: frozenset[str]) -> GroupLine:
    name = UNTAGGED if tag is None else tag
    key = group_key("" if tag is None else tag)  # no tag is empty: a tag "untagged" stays a group of its own
    counts = Counter(row.shown_state for row in rows)
    is_folded = key in folded
    return GroupLine(
        key,
        safe(name),
        is_folded,
        tuple(counts[state] for state in STATE_ORDER),
        tuple(row.id for row in rows),
        sum(row.id in marked for row in rows) if marked else 0,
        _common_cause(rows) if is_folded else None,
    )


_Why = Message | tuple[Cause, str]
"""A cause by its class and detail, where it has a class."""


def _common_cause(rows: Iterable[HostRow]) -> tuple[int, str] | None:
    """The cause that most of the hosts have that are down, by its class, and how many have it."""
    first: dict[_Why, HostRow] = {}
    causes: Counter[_Why] = Counter()
    for row in rows:
        if row.cause is not None and row.state is not _S.CONNECTED:
            why: _Why = row.cause if row.trouble is None else (row.trouble.cause, row.trouble.detail)
            first.setdefault(why, row)
            causes[why] += 1
    if not causes:
        return None
    why, number = causes.most_common(1)[0]
    return number, brief_of(first[why])
