"""What has happened in the fleet, what is asked of that, and the page of lines that answers it. Plain data.

Moments are instants of the program's clock, in seconds since 1970.
"""

from __future__ import annotations

from enum import StrEnum

from ..model.causes import Trouble
from ..model.connection import ConnectionState
from ..model.data_class import dataclass
from ..model.message import Message
from ..model.node import DomainState
from ..model.problem import Problem
from ..model.reload import Reload
from .query import PAGE


class HappeningKind(StrEnum):
    """What a happening is of; the value is what the filter takes after `kind:`."""

    STATE = "state"
    SILENCE = "silence"
    REFUSAL = "refusal"
    """A host key or a log-in was refused."""
    DOMAIN = "vm"
    HOSTS = "hosts"
    """A host came into the fleet, left it, or is described otherwise."""
    FILE = "file"
    """The file of the hosts was changed while the program runs."""
    NOTE = "note"
    """What a person should know of a host, such as that a certificate ends soon."""
    LOSS = "loss"


@dataclass(frozen=True, slots=True)
class StateMoved:
    """A host has another state than `before` (None: it is new), in which it was for `lasted` seconds.

    States that it only passes through, connecting and draining, are left out. Where both are the same, the cause is
    another one: a refusal. `attempt` counts the failed attempts since the last good round trip.
    """

    before: ConnectionState | None
    after: ConnectionState
    cause: Message | None
    trouble: Trouble | None
    attempt: int
    lasted: float | None


@dataclass(frozen=True, slots=True)
class FellSilent:
    """A connected host has missed its samples; its last word was at the moment `since`."""

    since: float


@dataclass(frozen=True, slots=True)
class AnsweredAgain:
    """A host that had been silent for so many seconds has answered."""

    silent: float


@dataclass(frozen=True, slots=True)
class DomainMoved:
    """A domain is in another state. `before` None: it was not there; `after` None: it is not there any more.

    `reason` is libvirt's, as in DomainReading.
    """

    name: str
    uuid: str
    before: DomainState | None
    after: DomainState | None
    reason: str | None


class HostMove(StrEnum):
    """How the list of hosts has changed by one host."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    DISABLED = "disabled"
    ENABLED = "enabled"


@dataclass(frozen=True, slots=True)
class HostMoved:
    """The list of hosts has changed."""

    move: HostMove


@dataclass(frozen=True, slots=True)
class FileRead:
    """The file of the hosts was changed by somebody, and read again. What that did to hosts came before."""

    reload: Reload


@dataclass(frozen=True, slots=True)
class Noted:
    """There is something that a person should know of a host."""

    message: Message


@dataclass(frozen=True, slots=True)
class NewsLost:
    """So many events came faster than they were taken, and are not known. States were read anew after it."""

    count: int


What = StateMoved | FellSilent | AnsweredAgain | DomainMoved | HostMoved | FileRead | Noted | NewsLost


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that has happened at the moment `at`. `number` rises by one with each, from 1.

    `host` is the id of its host, "" where it is of none. `tags` and `place` are those that the host had then; the
    place is what it has in common with its neighbours: "behind jump-2", "192.0.2.0/24"; None where that is not known.
    """

    number: int
    at: float
    kind: HappeningKind
    host: str
    tags: tuple[str, ...]
    place: str | None
    what: What


class Gathered(StrEnum):
    """Why several happenings have one line."""

    SHARED = "shared"
    """The same befell many within seconds, in one place and for one cause."""
    FLAPPING = "flapping"
    """One host, or one domain, goes to and fro."""


@dataclass(frozen=True, slots=True)
class HappeningQuery:
    """Which lines are wanted: those of the happenings that pass `filter` (see happening_filter).

    `host`: of that host alone, each with a line of its own; the filter counts for nothing then. `unfolded` are keys of
    lines whose happenings have lines of their own below. `since` is the number of a happening: later ones are counted.
    `find` is the key of a line whose place is wanted. The page has `count` lines from line number `first` on, from 0.
    """

    filter: str = ""
    host: str = ""
    unfolded: frozenset[str] = frozenset()
    newest_first: bool = True
    since: int = 0
    find: str = ""
    first: int = 0
    count: int = PAGE


@dataclass(frozen=True, slots=True)
class HappeningLine:
    """The line of one happening; `inside`: it stands below the line that it is gathered in."""

    key: str
    happening: Happening
    inside: bool = False


@dataclass(frozen=True, slots=True)
class GatheredLine:
    """One line of `count` happenings, from the moment `began` to that of `last`, which is the newest of them.

    `hosts` are their hosts, each once.
    """

    key: str
    why: Gathered
    unfolded: bool
    count: int
    hosts: tuple[str, ...]
    began: float
    last: Happening


@dataclass(frozen=True, slots=True)
class DayLine:
    """The lines below it are of another day than those above, or than today: of the local day of the moment `at`."""

    key: str
    at: float


AnyLine = HappeningLine | GatheredLine | DayLine


@dataclass(frozen=True, slots=True)
class HappeningPage:
    """Some of the lines that a query has, as they are at the moment `now`.

    `version` differs where anything has happened since another page. `first` is the number of the first line here,
    `total` that of all lines, `place` that of the line with the key `find`; a happening that is gathered is found at
    the line that it is gathered in. `newest` is the number of the newest happening of all; `newer` have passed the
    filter since the query's `since`. `kept` happenings are known, `passing` of them pass; `dropped` older ones are not
    kept any more. `longest` is the length of the longest host id of the fleet's happenings. `problem` says what is
    wrong with the filter; there are no lines then.
    """

    now: float
    version: int = 0
    first: int = 0
    lines: tuple[AnyLine, ...] = ()
    total: int = 0
    place: int | None = None
    newest: int = 0
    newer: int = 0
    kept: int = 0
    passing: int = 0
    dropped: int = 0
    longest: int = 0
    problem: Problem | None = None


def happening_key(number: int) -> str:
    """The key of the line of one happening."""
    return f"event {number}"
