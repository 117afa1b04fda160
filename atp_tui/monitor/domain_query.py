"""What is asked of the domains of all hosts, and the page of lines that answers it. Plain data."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from ..model.data_class import dataclass
from ..model.problem import Problem
from .query import PAGE
from .rows import DomainCounts, DomainRow, HostRow


class DomainSort(StrEnum):
    """The orders of domains: what needs a person first, by name, by host, or the largest figure first."""

    TROUBLE = "trouble"
    NAME = "name"
    HOST = "host"
    CPU = "cpu"
    MEMORY = "mem"
    DISK = "disk"
    NET = "net"


class DomainGroups(StrEnum):
    """What domains stand together by: nothing, their host, the first tag of their host, or their state."""

    NONE = "none"
    HOST = "host"
    TAG = "tag"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class DomainQuery:
    """Which lines are wanted: those of the domains that pass `filter` (see domain_filter), in groups. `sort` is turned
    round where `reverse` says so.

    `folded` and `marked` are keys of groups and of domains; while a filter is set no group is folded, as in Query. The
    page has `count` lines from line number `first` on, counted from 0.
    """

    filter: str = ""
    sort: DomainSort = DomainSort.TROUBLE
    groups: DomainGroups = DomainGroups.NONE
    folded: frozenset[str] = frozenset()
    marked: frozenset[str] = frozenset()
    first: int = 0
    count: int = PAGE
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class DomainGroupLine:
    """The line over a group. `name` "": the hosts of its domains have no tag."""

    key: str
    name: str
    folded: bool
    counts: DomainCounts
    domains: int
    marked: int


@dataclass(frozen=True, slots=True)
class DomainLine:
    """The line of one domain. `fresh`: its figures are those of now, but those that its row names in `kept`.

    `group` is the key of its group's line, "" where there is none.
    """

    key: str
    group: str
    host: str
    row: DomainRow
    fresh: bool
    marked: bool


AnyDomainLine = DomainGroupLine | DomainLine


class AboutWidths(NamedTuple):
    """Characters of the longest title, operating system, address and list of tags that any domain has, or had."""

    title: int = 0
    os: int = 0
    address: int = 0
    tags: int = 0


NO_WIDTHS = AboutWidths()


@dataclass(frozen=True, slots=True)
class DomainPage:
    """Some of the lines that a query has, as they are at the moment `now`.

    `version`, `first`, `total` and `problem` are as in Page. `known` domains are on all hosts, `shown` of them pass the
    filter, and `marked` of those that are asked for as marked are there. `names` and `hosts` are the numbers of
    characters of the longest name and host, `usual` one that nine names of ten have at most, `about` those of what
    their metadata say. Not `complete`: there are more, which are still being put in order; to be asked for again at
    once.
    """

    now: float
    version: int = 0
    first: int = 0
    lines: tuple[AnyDomainLine, ...] = ()
    total: int = 0
    known: int = 0
    shown: int = 0
    marked: int = 0
    names: int = 0
    usual: int = 0
    hosts: int = 0
    about: AboutWidths = NO_WIDTHS
    complete: bool = True
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class DomainDetail:
    """One domain at the moment `now`, and the row of its host.

    `series` has its last values as monitor/domain_record has them: "cpu" as a share of its processors, "memory" in KiB,
    "disk" and "net" in bytes a second; oldest first, NaN for what is not known. There are none of one that is gone.
    """

    now: float
    host: HostRow
    row: DomainRow
    fresh: bool
    series: tuple[tuple[str, tuple[float, ...]], ...]


@dataclass(frozen=True, slots=True)
class Described:
    """The XML of a domain, without secrets; none where `problem` says why. A description beyond measure is cut."""

    xml: str = ""
    problem: Problem | None = None


def domain_key(host: str, uuid: str) -> str:
    """The key of a domain's line. No id of a host has a slash."""
    return f"{host}/{uuid}"


def host_of(key: str) -> str:
    """The host in the key of a domain."""
    return key.partition("/")[0]


def domain_group_key(name: str) -> str:
    """The key of a group's line. No host, tag or state is empty."""
    return f"group {name}"
