"""What a pool's connections add up to, for a person. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model.connection import ConnectionState, HostStatus

if TYPE_CHECKING:
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
