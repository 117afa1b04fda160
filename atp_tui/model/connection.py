"""The states of a connection, the legal ways between them, and what one can read of a connection at any moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum

from .causes import Trouble
from .data_class import dataclass
from .message import Message
from .settings import Channel


class ConnectionState(StrEnum):
    """Where a connection is in its life."""

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    FAILED = "failed"
    DRAINING = "draining"
    DISABLED = "disabled"
    """Of a host alone: it is not to be connected to, and has no connection."""

    __hash__ = str.__hash__  # Enum's own is written in Python


class Closed(StrEnum):
    """Why a connection was closed for good. The values are the ids that JSON counts by."""

    IDLE = "idle"
    """Nobody has used it for idle_timeout, and there are enough of them."""
    LIFETIME = "lifetime"
    RESIZED = "resized"
    """There are more than the maximum, which is lower now."""
    FAILED = "failed"
    """It could not be opened, and nobody waits for it."""
    LOST = "lost"
    """It was lost, and nobody waits for it."""
    ENDED = "closed"
    """The work that had it has closed it."""
    DISCONNECTED = "disconnected"
    """A person, or a program that uses this one, wants the host disconnected."""
    RECONFIGURED = "reconfigured"
    """hosts.toml says another way to the host."""
    REMOVED = "removed"
    """hosts.toml has the host no more, or disables it."""
    DRAINED = "drained"
    """Its pool was closed, as all are at the end of the program."""
    CUT = "cut"
    """It was still in use when the time for that was over."""

    __hash__ = str.__hash__  # Enum's own is written in Python


_S = ConnectionState

TRANSITIONS: Mapping[ConnectionState, frozenset[ConnectionState]] = {
    _S.DISCONNECTED: frozenset({_S.CONNECTING}),
    # a failed first attempt goes on as RECONNECTING (there is a next attempt) or ends as FAILED (there is none)
    _S.CONNECTING: frozenset({_S.CONNECTED, _S.RECONNECTING, _S.FAILED, _S.DRAINING, _S.DISCONNECTED}),
    _S.CONNECTED: frozenset({_S.RECONNECTING, _S.FAILED, _S.DRAINING, _S.DISCONNECTED}),
    # RECONNECTING to itself: one more attempt has failed and the next one has a new moment
    _S.RECONNECTING: frozenset({_S.RECONNECTING, _S.CONNECTED, _S.FAILED, _S.DRAINING, _S.DISCONNECTED}),
    # FAILED to itself: the slow lane's attempt failed too
    _S.FAILED: frozenset({_S.FAILED, _S.CONNECTING, _S.DRAINING, _S.DISCONNECTED}),
    _S.DRAINING: frozenset({_S.DISCONNECTED}),
    _S.DISABLED: frozenset(),
}
"""The one table of legal transitions; tests/unit holds each pair against it."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles over the last calls and the time of the newest one, in seconds; `samples`: how many calls."""

    p50: float
    p95: float
    p99: float
    samples: int
    last: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a connection is in its life, why, and what comes next.

    Moments are instants of the program's clock, in seconds since 1970. `since` is that of the last change of state,
    `next_attempt_at` the moment of the next attempt where one is waited for (None: an attempt runs now, or none will).
    `attempt` counts the failed attempts since the last good round trip. `retries` is False where only a person can
    bring it back. `cause` is what the last error tells; `trouble` is its class and remedy. Both are None where
    nothing went wrong.
    """

    state: ConnectionState
    cause: Message | None
    since: float
    attempt: int
    next_attempt_at: float | None
    retries: bool
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class HasStanding:
    """Data about a connection or a host, with its standing. The standing's fields can be read of it as well."""

    standing: Standing

    @property
    def state(self) -> ConnectionState:
        return self.standing.state

    @property
    def cause(self) -> Message | None:
        return self.standing.cause

    @property
    def since(self) -> float:
        return self.standing.since

    @property
    def attempt(self) -> int:
        return self.standing.attempt

    @property
    def next_attempt_at(self) -> float | None:
        return self.standing.next_attempt_at

    @property
    def retries(self) -> bool:
        return self.standing.retries

    @property
    def trouble(self) -> Trouble | None:
        return self.standing.trouble


@dataclass(frozen=True, slots=True)
class ConnectionSnapshot(HasStanding):
    """One connection at one moment. Moments are instants of the program's clock, in seconds since 1970.

    `closing` is why it is being closed for good, None while it is not.
    """

    id: int
    channel: Channel
    active_uses: int
    high_water: int
    total_requests: int
    error_count: int
    errors: Mapping[str, int] = field(hash=False)
    last_error: str | None
    last_error_at: float | None
    created_at: float
    last_active: float
    latency: Latency | None
    bytes_in: int | None
    bytes_out: int | None
    reconnects: int
    closing: Message | None = None


@dataclass(frozen=True, slots=True)
class CheckoutWaits:
    """How long callers waited for a connection, in seconds, over the last `checkouts`: 0 where one was free at once.

    A wait that its time limit ended counts by its length.
    """

    p50: float
    p95: float
    longest: float
    checkouts: int


@dataclass(frozen=True, slots=True)
class PoolStatistics:
    """A pool's figures: measures (now) and statistics (since its start). Reading them waits for nothing.

    `active_connections` are those in state connected; `max_uses`: the callers that one connection serves at a time.
    `closed` counts by reason. `connections` are those of the pool, and after them
    the ones that have left it and are still saying goodbye (draining), which no other figure counts.
    `checkout_times` counts checkouts by the upper bound of their wait in seconds, the last bound being infinite;
    `waits` is what the last of them waited, None before the first.
    """

    channel: Channel
    total_connections: int
    active_connections: int
    max_connections: int
    max_uses: int
    selection_strategy: str
    total_requests: int
    total_errors: int
    total_active_uses: int
    waiting: int
    opened: int
    closed: Mapping[Closed, int] = field(hash=False)
    checkout_times: Mapping[float, int] = field(hash=False)
    connections: tuple[ConnectionSnapshot, ...]
    waits: CheckoutWaits | None = None


@dataclass(frozen=True, slots=True)
class HostStatus(HasStanding):
    """What a host's connections add up to: connected when one is, else the state of the one closest to it.

    `standing` is that of that connection. `answers_ssh`: the host's hypervisor connections are
    down, and its SSH connection is up. `jump` is the first jump host that ssh_config has on the way to it, as
    `name:port`, once an attempt has gone there; hosts.toml's own is in the host's description.
    """

    host_id: str
    answers_ssh: bool = False
    jump: str | None = None
