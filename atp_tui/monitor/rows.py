"""What readers of the fleet get: frozen rows."""

from __future__ import annotations

from dataclasses import dataclass

from ..model.causes import Trouble
from ..model.connection import ConnectionState
from ..model.node import DomainReading, NodeReading


@dataclass(frozen=True, slots=True)
class HostRow:
    """What one line of the host tree shows. Moments are monotonic seconds; shares are 0 to 1; None: not known.

    `since`, `cause`, `attempt`, `next_attempt_at`, `retries`, `trouble` and `answers_ssh` are the host's status.
    `sampled_at` is the moment of the newest sample; the figures are those of that sample, however old. `history` is the
    CPU share of the last samples, oldest first (NaN where there was none). `marked` hosts and the like are the screen's
    business, not in here.
    """

    id: str
    address: str
    tags: tuple[str, ...]
    state: ConnectionState
    cause: str | None
    since: float
    attempt: int
    next_attempt_at: float | None
    retries: bool
    trouble: Trouble | None
    answers_ssh: bool
    takes_commands: bool
    has_virt: bool
    sampled_at: float | None
    cpu: float | None
    memory: float | None
    rtt: float | None
    requests_per_second: float | None
    errors_per_second: float | None
    running: int | None
    domains: int | None
    history: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class DomainRow:
    """One domain in the host panel. Rates are per second between the two newest samples; None: not known."""

    reading: DomainReading
    cpu: float | None
    rx_rate: float | None
    tx_rate: float | None
    history: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class HostDetail:
    """What the panel shows of one host beside its connections. Histories are oldest first, NaN for a missing sample."""

    row: HostRow
    node: NodeReading | None
    domains: tuple[DomainRow, ...]
    cpu: tuple[float, ...]
    memory: tuple[float, ...]
    requests: tuple[float, ...]
    rtt: tuple[float, ...]
