"""What readers of the fleet get: frozen rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from ..model.causes import Trouble
from ..model.connection import ConnectionState
from ..model.data_class import dataclass
from ..model.message import Message
from ..model.node import NO_METADATA, DomainMetadata, DomainReading, DomainState, NodeReading, Oddity, SystemReading
from .freshness import Freshness

_D = DomainState

OFF = frozenset({_D.SHUTOFF, _D.NOSTATE})
"""States in which nothing is used, and what is told of the memory is what it may have."""


class DomainCounts(NamedTuple):
    """Domains by what a person must know of them; together they are all. `up` run, or are shutting down.

    `paused` are also those that suspended themselves. `unknown` are those of which libvirt says "no state".
    """

    up: int = 0
    paused: int = 0
    crashed: int = 0
    off: int = 0
    unknown: int = 0

    @property
    def all(self) -> int:
        return sum(self)

    def plus(self, other: DomainCounts) -> DomainCounts:
        """Both together."""
        return DomainCounts(*(mine + its for mine, its in zip(self, other, strict=True)))


def count_domains(states: Iterable[DomainState]) -> DomainCounts:
    """Domains in these states, counted."""
    count = list(states).count  # a host has few domains: eight walks in C cost less than one in Python
    return DomainCounts(
        up=count(_D.RUNNING) + count(_D.BLOCKED) + count(_D.SHUTDOWN),
        paused=count(_D.PAUSED) + count(_D.PMSUSPENDED),
        crashed=count(_D.CRASHED),
        off=count(_D.SHUTOFF),
        unknown=count(_D.NOSTATE),
    )


class Figures(Protocol):
    """Where a metric is read: a row, or the record that rows are made of. Shares are 0 to 1; None: not known.

    `node` and `system` are the readings of the newest sample; the other ones are made of several, or counted here.
    """

    @property
    def id(self) -> str: ...
    @property
    def node(self) -> NodeReading | None: ...
    @property
    def system(self) -> SystemReading | None: ...
    @property
    def cpu(self) -> float | None: ...
    @property
    def memory(self) -> float | None: ...
    @property
    def rtt(self) -> float | None: ...
    @property
    def requests_per_second(self) -> float | None: ...
    @property
    def errors_per_second(self) -> float | None: ...
    @property
    def vms(self) -> DomainCounts | None: ...


class Known(Figures, Protocol):
    """What is known of a host, as HostRow has it: a row, or the record that rows are made of."""

    @property
    def address(self) -> str: ...
    @property
    def tags(self) -> tuple[str, ...]: ...
    @property
    def metadata(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def jump(self) -> str | None: ...
    @property
    def state(self) -> ConnectionState: ...
    @property
    def cause(self) -> Message | None: ...
    @property
    def trouble(self) -> Trouble | None: ...
    @property
    def sampled_at(self) -> float | None: ...
    @property
    def silent_since(self) -> float | None: ...
    @property
    def sample_error(self) -> Message | None: ...
    @property
    def fresh(self) -> bool: ...
    @property
    def shown_state(self) -> ConnectionState: ...
    @property
    def domains(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class HostRow:
    """What one line of the host tree shows.

    Moments are instants of the program's clock, in seconds since 1970; shares are 0 to 1; None: not known.
    `since`, `cause`, `attempt`, `next_attempt_at`, `retries`, `trouble` and `answers_ssh` are the host's status.
    `sampled_at` is the moment of the newest sample; the figures are those of that sample, and `freshness` says how far
    they can be trusted. `metadata` is the description's, as pairs of key and value. `jump` is the jump host that it
    is reached through first, where hosts.toml names one.
    `silent_since` is the moment of the host's last word where it is connected and has missed two samples.
    `sample_error` is why the newest sample failed, where the host answers and its answer is an error. `history` is the
    CPU share of the last samples, oldest first (NaN where there was none). `node` and `system` are the newest sample's
    readings, so that a metric can be any figure of them. `odd` counts the answers that were no figures since the host
    is watched. `marked` hosts and the like are the
    screen's business, not in here.
    """

    id: str
    address: str
    tags: tuple[str, ...]
    metadata: tuple[tuple[str, str], ...]
    state: ConnectionState
    cause: Message | None
    since: float
    attempt: int
    next_attempt_at: float | None
    retries: bool
    trouble: Trouble | None
    answers_ssh: bool
    takes_commands: bool
    has_virt: bool
    sampled_at: float | None
    freshness: Freshness
    silent_since: float | None
    sample_error: Message | None
    cpu: float | None
    memory: float | None
    rtt: float | None
    requests_per_second: float | None
    errors_per_second: float | None
    vms: DomainCounts | None
    history: tuple[float, ...]
    node: NodeReading | None = None
    system: SystemReading | None = None
    odd: Oddity | None = None
    jump: str | None = None

    @property
    def fresh(self) -> bool:
        """Whether its figures are those of now: a sum may count them, a widget may show them in full colour."""
        return self.state is ConnectionState.CONNECTED and self.freshness is Freshness.FRESH

    @property
    def shown_state(self) -> ConnectionState:
        """The state whose sign it wears and that it counts as: a silent host is no connected one to a person."""
        return self.state if self.silent_since is None else ConnectionState.RECONNECTING

    @property
    def running(self) -> int | None:
        """The domains that are up."""
        return None if self.vms is None else self.vms.up

    @property
    def domains(self) -> int | None:
        """All domains, running or not."""
        return None if self.vms is None else self.vms.all


@dataclass(frozen=True, slots=True)
class DomainRow:
    """One domain. Rates are per second between the two newest samples of it; None: not known.

    Rates are in bytes. `cpu` is the share of its own processors, and `history` has its last values, oldest first. `at`
    is the moment of the figures. Where an answer lacks any (the domain is locked by a migration, or has just begun
    anew) the last ones are kept: those are named in `kept` ("cpu", "net", "disk"), and are of the moment `kept_at`. A
    domain that is in no answer any more is `gone`, and all of it is of the moment `at`. `about` has no age: it is read
    when a domain appears, begins or ends, and now and then (see metadata_plan).
    """

    reading: DomainReading
    cpu: float | None
    rx_rate: float | None
    tx_rate: float | None
    history: tuple[float, ...]
    read_rate: float | None = None
    write_rate: float | None = None
    at: float = 0.0
    kept: tuple[str, ...] = ()
    kept_at: float | None = None
    gone: bool = False
    about: DomainMetadata = NO_METADATA

    @property
    def oldest(self) -> float:
        """The moment of the oldest of its figures."""
        return self.at if self.kept_at is None else self.kept_at

    @property
    def memory(self) -> float | None:
        """The share of the memory that it may have, None while it is off."""
        reading = self.reading
        if reading.state in OFF or reading.memory_max_kib <= 0:
            return None
        return reading.memory_kib / reading.memory_max_kib


@dataclass(frozen=True, slots=True)
class HostDetail:
    """What the panel shows of one host beside its connections.

    `series` holds the last values of each metric that has a series, by the metric's name: oldest first, NaN for a
    sample that is missing.
    """

    row: HostRow
    node: NodeReading | None
    system: SystemReading | None
    domains: tuple[DomainRow, ...]
    series: Mapping[str, tuple[float, ...]]
