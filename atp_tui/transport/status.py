"""What can be read of a connection, and what a pool's connections add up to. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..model.connection import ConnectionSnapshot, ConnectionState, HostStatus
from ..model.errors import TransportError
from ..model.events import ConnectionChanged
from ..model.settings import Channel
from .lifecycle import Lifecycle
from .metrics import Metrics
from .opened import Opened

_S = ConnectionState
_RANK = {_S.CONNECTED: 0, _S.RECONNECTING: 1, _S.CONNECTING: 2, _S.FAILED: 3, _S.DRAINING: 4, _S.DISCONNECTED: 5}
"""From the state closest to being usable downward."""


def host_status(
    host_id: str,
    lives: Iterable[Lifecycle],
    *,
    last_error: TransportError | None,
    changed_at: float,
    draining: bool,
) -> HostStatus:
    """The status of a host with these connections in its main pool: that of the one closest to being usable.

    Where there is none, the last error is why, and `changed_at` since when.
    """
    best = min(lives, key=lambda life: _RANK[life.state], default=None)
    if best is not None:
        return HostStatus(best.standing, host_id)
    none = Lifecycle(changed_at)
    none.error = last_error
    return HostStatus(replace(none.standing, retries=not draining), host_id)


def connection_changed(
    now: float, host_id: str, channel: Channel, connection_id: int, before: ConnectionState, life: Lifecycle
) -> ConnectionChanged:
    """The news of the transition that a connection has just made from `before`, at the moment `now`."""
    return ConnectionChanged(
        at=now,
        host_id=host_id,
        channel=channel,
        connection_id=connection_id,
        before=before,
        after=life.state,
        cause=life.cause,
        attempt=life.attempt,
        next_attempt_at=life.next_attempt_at,
        closing=life.closing,
    )


def connection_snapshot(
    connection_id: int, channel: Channel, life: Lifecycle, counters: Metrics, opened: Opened | None
) -> ConnectionSnapshot:
    """A connection at this moment; its uses are filled in by the pool, which counts them."""
    moved = opened.link.bytes_moved() if opened is not None else None
    return ConnectionSnapshot(
        standing=life.standing,
        id=connection_id,
        channel=channel,
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
        closing=life.closing,
    )
