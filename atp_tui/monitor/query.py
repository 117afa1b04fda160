"""What is asked of the fleet's rows, and the page of lines that answers it. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ..model.causes import Trouble
from ..model.connection import ConnectionState
from ..model.message import Message
from ..model.problem import Problem
from . import metrics
from .rows import HostRow

PAGE = 64
"""Lines of a page where a query names no other number: more than a screen has."""


class Sort(StrEnum):
    """The orders of the hosts in a group beside those by a metric: what needs a person first, or by id alone."""

    TROUBLE = "trouble"
    NAME = "name"


def orders() -> tuple[str, ...]:
    """Every order there is: those of Sort, then one by each metric, by its name."""
    return (*Sort, *(metric.name for metric in metrics.METRICS))


@dataclass(frozen=True, slots=True)
class Query:
    """Which lines are wanted: those of the hosts that pass `filter` (see host_filter), grouped by their first tag.

    `sort` is one of `orders`. `folded` are keys of groups whose hosts have no line; while a filter is set no group is
    folded, since that would hide what was searched for. `marked` are the ids of the chosen hosts. The page has `count`
    lines from line number `first` on, counted from 0.
    """

    filter: str = ""
    sort: str = Sort.TROUBLE.value
    folded: frozenset[str] = frozenset()
    marked: frozenset[str] = frozenset()
    first: int = 0
    count: int = PAGE


@dataclass(frozen=True, slots=True)
class CommonCause:
    """The most frequent cause among hosts that are not connected, and how many of them have it."""

    number: int
    cause: Message | None
    trouble: Trouble | None


@dataclass(frozen=True, slots=True)
class GroupLine:
    """The line over a group. `tag` None: its hosts have none.

    `hosts` is the number of its hosts, `marked` that of the chosen ones. `counts` has the number of hosts in each state
    that their rows show, without zeros. `cause` is there while folded.
    """

    key: str
    tag: str | None
    folded: bool
    counts: tuple[tuple[ConnectionState, int], ...]
    hosts: int
    marked: int
    cause: CommonCause | None


@dataclass(frozen=True, slots=True)
class HostLine:
    """The line of one host, and the key of its group's line."""

    key: str
    group: str
    row: HostRow
    marked: bool


Line = GroupLine | HostLine


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the lines that a query has, as they are at the moment `now`.

    `version` differs where lines have come, gone or changed places since another page of the same query.
    `first` is the number of the first of them, `total` that of all lines. `known` hosts are in the fleet, `shown` of
    them pass the filter. `longest` is the number of characters of the longest id among these, and nine ids of ten have
    `usual` at most: a single long one must not take the room of all. `problem` says what is wrong with the filter;
    there are no lines then.
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


def group_key(tag: str | None) -> str:
    """The key of a group's line. No tag is empty: hosts without one have a group of their own."""
    return f"group {tag or ''}"


def host_key(host_id: str) -> str:
    """The key of a host's line."""
    return f"host {host_id}"
