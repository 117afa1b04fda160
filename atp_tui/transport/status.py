"""What can be read of a connection, and what a pool's connections add up to. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model.connection import ConnectionSnapshot, ConnectionState, HostStatus
from .driver import Link

if TYPE_CHECKING:
    from .connection import HostConnection
    from .pool import ConnectionPool

_S = ConnectionState
_RANK = {_S.CONNECTED: 0, _S.RECONNECTING: 1, _S.CONNECTING: 2, _S.FAILED: 3, _S.DRAINING: 4, _S.DISCONNECTED: 5}
"""From the state closest to being usable downward."""


def pool_status(pool: ConnectionPool) -> HostStatus:
    """The status of the host whose main pool this is: that of the connection closest to being usable."""
    best = min(pool.connections(), key=lambda one: _RANK[one.state], default=None)
    error = pool.last_error if best is None else best.error
    return HostStatus(
        host_id=pool.host.id,
        state=_S.DISCONNECTED if best is None else best.state,
        cause=None if error is None else error.message,
        since=pool.changed_at if best is None else best.since,
        attempt=0 if best is None else best.attempt,
        next_attempt_at=None if best is None else best.next_attempt_at,
        retries=not pool.core.draining if best is None else best.retries,
        error_class=None if error is None else type(error).__name__,
    )


def snapshot(connection: HostConnection, link: Link | None) -> ConnectionSnapshot:
    """A connection at this moment; its uses are filled in by the pool, which counts them."""
    counters, error = connection.counters, connection.error
    moved = link.bytes_moved() if link is not None else None
    return ConnectionSnapshot(
        id=connection.id,
        channel=connection.channel,
        state=connection.state,
        cause=None if error is None else error.message,
        error_class=None if error is None else type(error).__name__,
        since=connection.since,
        attempt=connection.attempt,
        next_attempt_at=connection.next_attempt_at,
        retries=connection.retries,
        active_uses=0,
        high_water=0,
        total_requests=counters.total_requests,
        error_count=counters.error_count,
        errors=dict(counters.errors),
        last_error=counters.last_error,
        last_error_at=counters.last_error_at,
        created_at=counters.created_at,
        last_active=counters.last_active,
        latency=counters.latency(),
        bytes_in=moved[0] if moved else None,
        bytes_out=moved[1] if moved else None,
        reconnects=counters.reconnects,
    )
