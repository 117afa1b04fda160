"""What a person is told of a host or connection that is not connected: what happened, and what comes next."""

from __future__ import annotations

from typing import Protocol

from ...model.connection import ConnectionState
from ...monitor.rows import HostRow
from ..format import age, countdown
from ..text import safe

_S = ConnectionState

TRYING, FIRST_TRY = "trying now", "first try"

NEXT_BY_KEY = {"HostKeyRejected": "press K", "CredentialWanted": "press P", "AuthFailed": "press r to retry"}
"""What helps where nothing is retried, by the class of the error; the rest is `press r to retry` too."""


class Standing(Protocol):
    """What HostRow, HostStatus and ConnectionSnapshot have in common."""

    @property
    def state(self) -> ConnectionState: ...
    @property
    def cause(self) -> str | None: ...
    @property
    def attempt(self) -> int: ...
    @property
    def next_attempt_at(self) -> float | None: ...
    @property
    def retries(self) -> bool: ...
    @property
    def error_class(self) -> str | None: ...


def cause_of(standing: Standing) -> str:
    """Why it is not connected, in safe text; empty where nothing went wrong."""
    return safe(standing.cause) if standing.cause else ""


def next_step(standing: Standing, now: float) -> str:
    """What happens next by itself, or the key that makes it happen; empty while connected."""
    if standing.state is _S.CONNECTED:
        return ""
    if standing.state is _S.DRAINING:
        return "closing"
    if standing.next_attempt_at is not None:
        left = standing.next_attempt_at - now
        return f"next try in {countdown(left)}" if left > 0 else TRYING
    if standing.state in (_S.CONNECTING, _S.RECONNECTING):
        return TRYING if standing.attempt or standing.cause else FIRST_TRY
    if standing.state is _S.DISCONNECTED:
        return "press r to connect"
    return NEXT_BY_KEY.get(standing.error_class or "", "press r to retry")


def silence(row: HostRow, now: float) -> str:
    """`silent 6 s` of a host that is connected and has missed samples; else empty."""
    return f"silent {age(now - row.silent_since)}" if row.silent_since is not None else ""


def counts_down(standing: Standing) -> bool:
    """Whether its words change by themselves as time goes."""
    return standing.next_attempt_at is not None and standing.state is not _S.CONNECTED
