"""Why a connection was closed for good, as it is told. Pure."""

from __future__ import annotations

from ..model.connection import Closed
from ..model.message import Message, told
from ..model.say import Say
from ..model.settings import PoolConfig


def why_closed(reason: Closed, settings: PoolConfig) -> Message:
    """The reason with what of the settings made it one."""
    match reason:
        case Closed.IDLE:
            return told(Say.CLOSED_IDLE, limit=settings.idle_timeout)
        case Closed.LIFETIME:
            return told(Say.CLOSED_LIFETIME, limit=settings.max_lifetime)
        case Closed.RESIZED:
            return told(Say.CLOSED_RESIZED, number=settings.max_connections_per_host)
    return told(_PLAIN[reason])


_PLAIN = {
    Closed.FAILED: Say.CLOSED_FAILED,
    Closed.LOST: Say.CLOSED_LOST,
    Closed.ENDED: Say.CLOSED_ENDED,
    Closed.DISCONNECTED: Say.CLOSED_DISCONNECTED,
    Closed.RECONFIGURED: Say.CLOSED_RECONFIGURED,
    Closed.REMOVED: Say.CLOSED_REMOVED,
    Closed.DRAINED: Say.CLOSED_DRAINED,
    Closed.CUT: Say.CLOSED_CUT,
}
