"""What happened, past tense, frozen. The hub carries these from the transport upward."""

from __future__ import annotations

from .connection import ConnectionState, HostStatus
from .data_class import dataclass
from .host import HostInfo
from .message import Message
from .node import DomainMetadata, DomainReading, NodeReading, Oddity, SystemReading
from .reload import Reload
from .settings import Channel


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at the instant `at` of the program's clock, in seconds since 1970."""

    at: float


@dataclass(frozen=True, slots=True)
class HostAdded(Event):
    host: HostInfo


@dataclass(frozen=True, slots=True)
class HostUpdated(Event):
    host: HostInfo


@dataclass(frozen=True, slots=True)
class HostRemoved(Event):
    host_id: str


@dataclass(frozen=True, slots=True)
class ConnectionChanged(Event):
    """One legal transition of one connection; `next_attempt_at` is set when it now waits for its next attempt.

    `closing` is why it is closed for good, from the transition to draining on.
    """

    host_id: str
    channel: Channel
    connection_id: int
    before: ConnectionState
    after: ConnectionState
    cause: Message | None
    attempt: int
    next_attempt_at: float | None
    closing: Message | None = None


@dataclass(frozen=True, slots=True)
class HostChanged(Event):
    """A host's connections add up to something else than before."""

    status: HostStatus


@dataclass(frozen=True, slots=True)
class HostSampled(Event):
    """A sample of a host has arrived: its node's figures, its domains, and the round-trip time in seconds.

    `node` is None for a host with SSH alone. `requests` and `errors` are the counters of all its pools. `system` is
    what its /proc says, None where no SSH connection is open or the far side is not Linux. `odd` is what of its answers
    was no figure, and is left out; None: nothing. `disks`: those of the domains were asked for.
    """

    host_id: str
    node: NodeReading | None
    domains: tuple[DomainReading, ...]
    rtt: float
    requests: float
    errors: float
    system: SystemReading | None = None
    odd: Oddity | None = None
    disks: bool = True


@dataclass(frozen=True, slots=True)
class SampleFailed(Event):
    """A sample of a connected host has failed for `cause`. `answered`: the host did answer, with an error.

    `requests`, `errors` and `odd` are as in HostSampled.
    """

    host_id: str
    cause: Message
    answered: bool
    requests: float
    errors: float
    odd: Oddity | None = None


@dataclass(frozen=True, slots=True)
class DomainsDescribed(Event):
    """The metadata of some domains of a host have been read; each stands behind the uuid of its domain."""

    host_id: str
    domains: tuple[tuple[str, DomainMetadata], ...]


@dataclass(frozen=True, slots=True)
class HostNoted(Event):
    """There is something that a person should know of a host, and that changes nothing of it yet."""

    host_id: str
    message: Message


@dataclass(frozen=True, slots=True)
class ConfigReloaded(Event):
    """The file of the hosts was changed by somebody, and has been read again. The hosts' own events came before."""

    reload: Reload


@dataclass(frozen=True, slots=True)
class QuestionsChanged(Event):
    """What logins wait for a person to answer is something else than before."""


@dataclass(frozen=True, slots=True)
class EventsLost(Event):
    """A slow subscriber's queue was full: the oldest `count` events were dropped before this one."""

    count: int
