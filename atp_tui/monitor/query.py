"""What is asked of the fleet's rows, and the page of lines that answers it. Plain data."""

from __future__ import annotations

from ..model.causes import Trouble
from ..model.connection import ConnectionState
from ..model.data_class import dataclass
from ..model.message import Message
from ..model.problem import Problem
from .rows import DomainCounts, HostRow

PAGE = 64
"""Lines of a page where a query names no other number: more than a screen has."""

TAG = "tag"
"""Groups hosts by their first tag."""
STATE = "state"
"""Groups hosts by the state that their rows show; those that have fallen silent stand apart."""
BY_TAG = "tag:"
"""Stands before the beginning of a tag: `tag:rack` groups hosts by the first of their tags that begins so."""
MOST_DEEP = 2
"""How deep groups are nested at most."""

TROUBLE_KEY = "trouble"
"""The key of the line over the causes of trouble."""


@dataclass(frozen=True, slots=True)
class Query:
    """Which lines are wanted: those of the hosts that pass `filter` (see host_filter), in groups.

    `group` says by what, from the outermost on, MOST_DEEP at most: TAG, STATE, BY_TAG with the beginning of a tag, or a
    key of the metadata; () for no groups. `sort` is one of `orders`, turned round where `reverse` says so.
    `folded` are keys of groups whose hosts have no line; while a filter is set no group is folded, since that would
    hide what was searched for. `opened` are keys of causes below which their hosts have lines. `marked` are the ids of
    the chosen hosts. The page has `count` lines from line number `first` on, counted from 0.
    """

    filter: str = ""
    sort: str = "trouble"
    folded: frozenset[str] = frozenset()
    marked: frozenset[str] = frozenset()
    first: int = 0
    count: int = PAGE
    group: tuple[str, ...] = (TAG,)
    reverse: bool = False
    opened: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CommonCause:
    """The most frequent cause among hosts that are in trouble, and how many of them have it."""

    number: int
    cause: Message | None
    trouble: Trouble | None


@dataclass(frozen=True, slots=True)
class RollUp:
    """Figures of a group. `fresh` of its hosts have fresh ones: `cpu` and `memory` are the means of these, shares of 0
    to 1, and `vms` their domains; None where none of them is known."""

    fresh: int
    cpu: float | None
    memory: float | None
    vms: DomainCounts | None


@dataclass(frozen=True, slots=True)
class GroupLine:
    """The line over a group. `by` is the part of `Query.group`, `name` what its hosts have there; None: they have none.

    `depth` is 0 for the outermost groups. `hosts` is the number of its hosts, `marked` that of the chosen ones.
    `counts` has the number of hosts in each state that their rows show, without zeros. `cause` is there while folded.
    """

    key: str
    by: str
    name: str | None
    depth: int
    folded: bool
    counts: tuple[tuple[ConnectionState, int], ...]
    hosts: int
    marked: int
    cause: CommonCause | None
    figures: RollUp


@dataclass(frozen=True, slots=True)
class TroubleLine:
    """The line over the causes of trouble: how many hosts are in trouble for how many causes, and how many marked."""

    key: str
    folded: bool
    hosts: int
    causes: int
    marked: int


@dataclass(frozen=True, slots=True)
class CauseLine:
    """One cause of trouble, for all hosts that have it.

    `state` is the worst that one of them shows. `jump` is the jump host that they are all behind, or `subnet` the one
    that they are all in, where they were lost together. `causes` is more than 1 for the line of the causes that have
    none of their own. `first` is the id of the first host, `groups` are the names of their groups.
    """

    key: str
    folded: bool
    hosts: int
    marked: int
    state: ConnectionState
    cause: Message | None
    trouble: Trouble | None
    jump: str | None
    subnet: str | None
    causes: int
    first: str
    groups: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class HostLine:
    """The line of one host, and the key of the line that it stands under: a group's or a cause's; "" for none.

    `depth` is the number of groups around it.
    """

    key: str
    group: str
    row: HostRow
    marked: bool
    depth: int = 1


Line = GroupLine | TroubleLine | CauseLine | HostLine


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the lines that a query has, as they are at the moment `now`.

    `version` differs where lines have come, gone or changed places since another page of the same query.
    `first` is the number of the first of them, `total` that of all lines, of which the first `pinned` tell of trouble.
    `known` hosts are in the fleet, `shown` of them pass the filter, and so do `marked` of the chosen ones. `longest` is
    the number of characters of the longest id in the fleet, and nine ids of ten have `usual` at most: a single long one
    must not take the room of all. `problem` says what is wrong with the filter; there are no lines then.
    """

    now: float
    version: int = 0
    first: int = 0
    lines: tuple[Line, ...] = ()
    total: int = 0
    known: int = 0
    shown: int = 0
    longest: int = 0
    usual: int = 0
    problem: Problem | None = None
    pinned: int = 0
    marked: int = 0


@dataclass(frozen=True, slots=True)
class Lost:
    """The hosts of a group that are in trouble for one cause: `number` of them, of which the first ones are named."""

    number: int
    cause: Message | None
    trouble: Trouble | None
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupSums:
    """The hosts of a group, or those of a cause, added up.

    `states` are as in a GroupLine, `silent` of them have fallen silent. `highest` has the host with the highest figure
    for "cpu" and "memory", with the figure, among those whose figures are fresh. `unseen` are the domains of the other
    hosts as last known. `causes` has the hosts that are in trouble, those with the most frequent cause first.
    """

    hosts: int
    states: tuple[tuple[ConnectionState, int], ...]
    silent: int
    figures: RollUp
    highest: tuple[tuple[str, str, float], ...]
    unseen: int
    causes: tuple[Lost, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """By what the hosts can be grouped: the keys of their metadata and their tags, each in natural order."""

    metadata: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def group_key(name: str | None, by: str = TAG, above: str = "") -> str:
    """The key of a group's line. No name is empty: hosts without one have a group of their own. `above` is the key of
    the group that it stands in."""
    part = (name or "").replace("\\", "\\\\").replace("\n", "\\n")
    part = part if by == TAG else f"{by}:{part}"  # no tag has a colon
    return f"{above}\n{part}" if above else f"group {part}"


def group_above(key: str) -> str | None:
    """The key of the group in which that of a group stands; None for the outermost."""
    above, inner, _ = key.rpartition("\n")
    return above if inner else None


def host_key(host_id: str) -> str:
    """The key of a host's line in its group."""
    return f"host {host_id}"


def lost_key(host_id: str) -> str:
    """The key of a host's line below its cause."""
    return f"lost {host_id}"
