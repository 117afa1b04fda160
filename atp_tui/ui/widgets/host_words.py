"""What a person is told of a host or connection that is not connected: what happened, and what comes next.

All sentences of that kind are made here, each with the short form for where there is little room.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from ...model.causes import LONGEST_SHORT, Remedy, Trouble
from ...model.connection import ConnectionState
from ...monitor.rows import HostRow
from ..format import age, countdown
from ..text import cut, safe

_S = ConnectionState


class Step(NamedTuple):
    """What comes next, in words and in fewer of them; both empty where there is nothing to say."""

    long: str
    short: str


NOTHING = Step("", "")
TRYING, FIRST_TRY = Step("trying now", "now"), Step("first try", "first try")

_BY_REMEDY = {
    Remedy.TRUST_KEY: Step("press K", "press K"),
    Remedy.LOG_IN: Step("press P", "press P"),
    Remedy.RETRY: Step("press r to retry", "press r"),
    Remedy.MEND: Step("not retried", ""),
}
"""Where nothing is tried again by itself. A key stands there only where pressing it changes something."""

MENDED = "not retried: r tries again once that is mended"
"""The step of Remedy.MEND where there is room for all of it."""

CHANNELS = {"virt": "libvirt", "ssh": "ssh"}
"""Channels as the screen names them."""


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
    def trouble(self) -> Trouble | None: ...


def cause_of(standing: Standing) -> str:
    """Why it is not connected, in safe text, all of it; empty where nothing went wrong."""
    return safe(standing.cause) if standing.cause else ""


def brief_of(standing: Standing, ellipsis: str = "…") -> str:
    """Why it is not connected, in LONGEST_SHORT cells at most; empty where nothing went wrong."""
    words = safe(standing.trouble.short) if standing.trouble is not None else cause_of(standing)
    return cut(words, LONGEST_SHORT, ellipsis)


def channel_of(standing: Standing) -> str:
    """Which of the host's channels failed, as `libvirt`; empty where that is not known."""
    channel = standing.trouble.channel if standing.trouble is not None else None
    return CHANNELS[channel] if channel is not None else ""


def next_step(standing: Standing, now: float) -> Step:
    """What happens next by itself, or the key that makes it happen; nothing while connected."""
    if standing.state is _S.CONNECTED:
        return NOTHING
    if standing.state is _S.DRAINING:
        return Step("closing", "closing")
    if standing.next_attempt_at is not None:
        left = standing.next_attempt_at - now
        short = f"in {countdown(left)}"
        return Step(f"next try {short}", short) if left > 0 else TRYING
    if standing.state in (_S.CONNECTING, _S.RECONNECTING):
        return TRYING if standing.attempt or standing.cause else FIRST_TRY
    remedy = standing.trouble.remedy if standing.trouble is not None else Remedy.RETRY
    if standing.state is _S.DISCONNECTED and remedy is Remedy.RETRY:
        return Step("press r to connect", "press r")
    return _BY_REMEDY[remedy]


def silence(row: HostRow, now: float) -> str:
    """`silent 6 s` of a host that is connected and has missed samples; else empty."""
    return f"silent {age(now - row.silent_since)}" if row.silent_since is not None else ""


def counts_down(standing: Standing) -> bool:
    """Whether its words change by themselves as time goes."""
    return standing.next_attempt_at is not None and standing.state is not _S.CONNECTED
