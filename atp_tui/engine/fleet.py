"""The port to the fleet: all that a surface reads of it and asks of it. Plain data crosses it, and nothing else.

What crosses could come from another process: no tuple of all rows, no event of a single host, no closure, no exception.
Moments are instants of the fleet's own clock, in seconds since 1970: that clock is set once, when the engine is made,
and then runs evenly. So the age of something is the difference to `now`, whatever happens to the machine's time of day.

Reading waits for nothing. It gives what is known here; `changes` says when there is something else to read.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from ..model.data_class import dataclass
from .fleet_jobs import FleetJobs

if TYPE_CHECKING:
    from ..actions.action import Invocation
    from ..actions.policy import Admission
    from ..config.form import FormField
    from ..config.imports.offer import ImportAsked, Offered
    from ..model.connection import PoolStatistics
    from ..model.credential import Secret
    from ..model.forward import Forward
    from ..model.freeze import Frozen
    from ..model.guest import GuestSaid
    from ..model.message import Message
    from ..model.problem import Problem
    from ..model.questions import KeyQuestion, Locked, LoginQuestion, PasswordQuestion, Touch
    from ..model.reload import Reload
    from ..model.target import TargetId
    from ..monitor.cells import Cell
    from ..monitor.domain_query import Described, DomainDetail, DomainPage, DomainQuery
    from ..monitor.happening import HappeningPage, HappeningQuery
    from ..monitor.lives import Life
    from ..monitor.query import Fields, GroupSums, Page, Query
    from ..monitor.rows import HostDetail, HostRow
    from ..monitor.tally import Summary, Waiting
    from .forwards import ForwardNews
    from .resolved import Resolved, TargetWords
    from .try_out import TryStep


@dataclass(frozen=True, slots=True)
class Change:
    """Something differs from the change before. `urgent`: a state is among it, which nobody should wait for.

    `described`: hosts may have come or gone, or be described otherwise. `number` rises with each change.
    """

    number: int
    urgent: bool
    described: bool


@dataclass(frozen=True, slots=True)
class Detail:
    """Everything about one host at the moment `now`: its row, figures and domains, and the pools of its connections.

    `uri` is how it is reached, as a person knows it: "qemu+ssh"; None for SSH alone. `lives` is what became of its
    connections in the last hour, as far as it was watched: in the answer to a question there is none.
    """

    now: float
    host: HostDetail
    pools: tuple[PoolStatistics, ...]
    uri: str | None
    lives: tuple[Life, ...] = ()


class Wanted(Enum):
    """What a host is asked for: all of its figures, and the round-trip time for itself; or its domains alone, and their
    metadata."""

    FIGURES = "figures"
    DOMAINS = "domains"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one host said when it was asked. The figures are of this one answer; there are none where `problem` is.

    Where it says that metadata of domains are missing, the domains are there all the same.
    """

    detail: Detail
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """The hosts that expressions mean together, once those were asked on which a condition hangs.

    `left_out` are the hosts of which it is not known even then, each with the problem why, where there is one. There
    are no `ids` where `problem` says what is wrong.
    """

    ids: tuple[str, ...] = ()
    left_out: tuple[tuple[str, Problem | None], ...] = ()
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Forms:
    """What may be filled in of each of some hosts in hosts.toml; nothing where `problem` says why.

    `files` are the names of the included files in which they stand, if they do.
    """

    fields: tuple[tuple[FormField, ...], ...] = ()
    problem: Problem | None = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlaceInFile:
    """The path of a file, and a line in it, from 1; None: the line is not known."""

    file: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Importable:
    """What a source of hosts has to offer to hosts.toml; nothing where `problem` says why."""

    entries: tuple[Offered, ...] = ()
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What an invocation would change in hosts.toml, as `diff -u` has it; `problem` says why it would be refused."""

    difference: str = ""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class JobTicket:
    """A job that was started. `title` is the work in one line, not yet safe for a terminal."""

    id: str
    title: str
    targets: tuple[TargetId, ...]
    started_at: float


@dataclass(frozen=True, slots=True)
class Performed:
    """How an invocation ended: `problem` None where it was carried out, with the job that it has started, if it did.

    Of an edit of hosts.toml, `what` was done in words, and `note` is what went wrong beside it, if anything did.
    """

    job: JobTicket | None = None
    problem: Problem | None = None
    what: str = ""
    note: str = ""


class Fleet(FleetJobs, Protocol):
    """The hosts of one program, wherever they are watched, and their jobs."""

    # -- what is known -------------------------------------------------------------------------------------------

    def now(self) -> float:
        """This instant of the fleet's clock."""
        ...

    def changes(self) -> AsyncIterator[Change]:
        """Every change from now on, those that nobody waited for in one; the first comes at once."""
        ...

    def summary(self) -> Summary:
        """The fleet added up."""
        ...

    def page(self, query: Query) -> Page:
        """Some of the lines that a query has."""
        ...

    def place(self, query: Query, key: str) -> int | None:
        """The number of the line of that key; None where there is none, as of a host whose group is folded."""
        ...

    def hosts(self, query: Query, group: str | None = None) -> tuple[str, ...]:
        """The ids of the hosts that pass the filter, of all groups or of the group or cause with the key `group`, in
        their order."""
        ...

    def between(self, query: Query, one: str, other: str) -> tuple[str, ...]:
        """The ids of the hosts from the line of one key to that of another one; of lines that are folded all."""
        ...

    def following(self, query: Query, key: str, step: int) -> str | None:
        """The key of the next line after that of `key` (`step` 1) or before it (-1), going round, that is of a host in
        trouble or of a folded group which has one; while a filter is set of any host. None where there is none such."""
        ...

    def sums(self, query: Query, key: str) -> GroupSums | None:
        """The hosts of the group or the cause of that key added up; None where there is none such."""
        ...

    def fields(self) -> Fields:
        """By what the hosts can be grouped."""
        ...

    def group_of(self, query: Query, host_id: str) -> str | None:
        """The key of the group in which a host stands, "" where there are no groups; None for a host that does not pass
        the filter."""
        ...

    def rows(self, ids: Collection[str]) -> tuple[HostRow, ...]:
        """The rows of these hosts, in this order; hosts that are not there are left out."""
        ...

    def cells(self, ids: Collection[str], metric: str) -> tuple[Cell, ...]:
        """These hosts with the figure of the metric of that name, in this order; hosts that are not there are left out.
        As `rows`, but so cheap that all hosts in view of a heat map may be asked for."""
        ...

    def known(self, ids: Collection[str]) -> tuple[str, ...]:
        """Those of these hosts that are there, in the order of the fleet."""
        ...

    def runnable(self, ids: Collection[str]) -> tuple[str, ...]:
        """Those of these hosts that are there and take commands, in this order."""
        ...

    def happened(self, query: HappeningQuery) -> HappeningPage:
        """Some of the lines of what has happened: changes of hosts and of their domains, refusals, hosts that came and
        went. The newest are kept, and how many older ones were dropped is told."""
        ...

    def detail(self, host_id: str) -> Detail | None:
        """Everything about one host; None for a host that is not there."""
        ...

    def resolve(self, expression: str) -> Resolved:
        """The hosts that an expression of the target language names: `@rack1&state:connected`, `kvm[01-18]`."""
        ...

    def target_words(self) -> TargetWords:
        """What may stand behind an @ of the target language, for completion."""
        ...

    # -- domains; the key of one is host/uuid --------------------------------------------------------------------

    def domain_page(self, query: DomainQuery) -> DomainPage:
        """Some of the lines that a query has."""
        ...

    def domain_place(self, query: DomainQuery, key: str) -> int | None:
        """As `place`."""
        ...

    def domain_keys(self, query: DomainQuery, group: str | None = None) -> tuple[str, ...]:
        """The keys of the domains that pass the filter, of all groups or of that with the key `group`, in order."""
        ...

    def domain_hosts(self, keys: Collection[str]) -> tuple[str, ...]:
        """The hosts of those of these domains that are there, in the order of the fleet."""
        ...

    def domain(self, host_id: str, which: str) -> DomainDetail | None:
        """The domain of that name, or else of that uuid, on a host; None where none is, or has been just now."""
        ...

    # -- what hosts are asked now, each within the time that it has to connect ------------------------------------

    async def ask(self, ids: Collection[str], wanted: Wanted) -> tuple[Answer, ...]:
        """The answers of these hosts, in this order; hosts that are not there are left out."""
        ...

    async def describe_domain(self, host_id: str, uuid: str) -> Described:
        """What a domain is made of, in libvirt's XML."""
        ...

    async def guest_of(self, host_id: str, uuid: str) -> GuestSaid:
        """What a domain's agent says of it: within 5 seconds at most, and one question at a time on a host."""
        ...

    async def settle(self, expressions: Sequence[str]) -> Settled:
        """The hosts that expressions mean together, which may name hosts that are described and not watched.

        What hosts.toml says needs no host. Those on which a condition hangs are asked, and only these.
        """
        ...

    def reload(self) -> Reload:
        """What became of the file of the hosts, where somebody has changed it since the start."""
        ...

    def frozen(self) -> Frozen:
        """What is frozen now, and until when."""
        ...

    def forwards(self) -> tuple[Forward, ...]:
        """The forwards that are open, in the order in which they were opened."""
        ...

    def forward_news(self) -> AsyncIterator[ForwardNews]:
        """What is to be told of forwards from now on."""
        ...

    def looked_at(self, host_id: str) -> None:
        """A person looks at a host: an attempt to connect that it waits for comes sooner. Harmless, however often."""
        ...

    # -- questions to a person; they are answered by invocations -------------------------------------------------

    def waiting(self) -> tuple[Waiting, ...]:
        """The hosts that wait for a person to look at a key or to log in, the most dangerous cause first."""
        ...

    def key_question(self, host_id: str) -> KeyQuestion | None:
        """The host key that keeps a host from being connected; None where no key does, or no such host is there."""
        ...

    def password_question(self, host_id: str) -> PasswordQuestion | None:
        """The password that keeps a host from being connected; None where none does, or no such host is there."""
        ...

    def touch(self) -> Touch | None:
        """The security key that is to be touched now, by whoever sits before it; None: none is."""
        ...

    def login_question(self, host_id: str, /) -> LoginQuestion | None:
        """What a login over SSH waits for a person to answer: that of this host, else the one that is open for longest.
        None: no login waits."""
        ...

    def locked(self) -> Locked | None:
        """Whether the screen is locked, by the action "lock", and what unlocks it; None: it is not."""
        ...

    async def unlock(self, secret: Secret | None, /) -> bool:
        """Unlock it by a password or passphrase that was in use, or, where there was none, by None. Whether it is open
        now."""
        ...

    # -- the file of the hosts, which is edited by invocations ----------------------------------------------------

    async def forms(self, host_ids: Sequence[str]) -> Forms:
        """What may be filled in of each of these hosts, as the file has them all at one moment; of a new host where the
        id is ""."""
        ...

    async def preview(self, invocation: Invocation) -> Preview:
        """What an invocation would change in the file; nothing is written."""
        ...

    async def place_of(self, host_id: str) -> PlaceInFile | None:
        """Where a host stands in hosts.toml or a file that it includes; where one of them is wrong, the place of the
        first mistake. None: there is no file."""
        ...

    async def importable(self, asked: ImportAsked) -> Importable:
        """What a source of hosts has to offer to the file; nothing is written, and no host is contacted."""
        ...

    def try_out(self, host_id: str, edit: Invocation | None = None) -> AsyncIterator[TryStep]:
        """Connect to the host of that id as the file would describe it after `edit`; None: as it does now.
        Nothing is written, no host key is taken for good, and no connection of the fleet is used. The first step that
        fails is the last. Whoever stops reading ends the attempt."""
        ...

    # -- what is done --------------------------------------------------------------------------------------------

    def admit(self, invocation: Invocation) -> Admission:
        """Whether it would be carried out."""
        ...

    def decline(self, invocation: Invocation, reason: Message | None = None) -> None:
        """Put on record that it was refused for `reason`, or, without one, that a person has not agreed to it."""
        ...

    async def perform(self, invocation: Invocation) -> Performed:
        """Carry it out, through the one door."""
        ...
