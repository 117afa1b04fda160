"""What a person is told of a host or connection that is not connected: what happened, and what comes next.

All sentences of that kind are made here, each with the short form for where there is little room.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from ...model.causes import LONGEST_SHORT, Remedy, Trouble
from ...model.connection import ConnectionState
from ...model.message import Message
from ...monitor.rows import HostRow
from ..format import age, countdown
from ..keymap import Keymap
from ..text import cut
from ..words import sentence, short

_S = ConnectionState


class Step(NamedTuple):
    """What comes next, in words and in fewer of them; both empty where there is nothing to say."""

    long: str
    short: str


NOTHING = Step("", "")
TRYING, FIRST_TRY = Step("trying now", "now"), Step("first try", "first try")

RETRY = "action.retry"
PRESSED = {Remedy.TRUST_KEY: "action.trust-key", Remedy.LOG_IN: "action.log-in", Remedy.RETRY: RETRY}
"""The id of the key that brings each remedy about. A key is told only where pressing it changes something."""

CHANNELS = {"virt": "libvirt", "ssh": "ssh"}
"""Channels as the screen names them."""


class Standing(Protocol):
    """What HostRow, HostStatus and ConnectionSnapshot have in common."""

    @property
    def state(self) -> ConnectionState: ...
    @property
    def cause(self) -> Message | None: ...
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
    return sentence(standing.cause) if standing.cause is not None else ""


def brief_of(standing: Standing, ellipsis: str = "…") -> str:
    """Why it is not connected, in LONGEST_SHORT cells at most; empty where nothing went wrong."""
    words = short(standing.trouble) if standing.trouble is not None else cause_of(standing)
    return cut(words, LONGEST_SHORT, ellipsis)


def channel_of(standing: Standing) -> str:
    """Which of the host's channels failed, as `libvirt`; empty where that is not known."""
    channel = standing.trouble.channel if standing.trouble is not None else None
    return CHANNELS[channel] if channel is not None else ""


def next_step(standing: Standing, now: float, keys: Keymap) -> Step:
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
        return TRYING if standing.attempt or standing.cause is not None else FIRST_TRY
    remedy = standing.trouble.remedy if standing.trouble is not None else Remedy.RETRY
    if remedy is Remedy.MEND:
        return Step("not retried", "")
    aim = "" if remedy is not Remedy.RETRY else " to connect" if standing.state is _S.DISCONNECTED else " to retry"
    key = keys.sign(PRESSED[remedy])
    return Step(f"press {key}{aim}", f"press {key}") if key else NOTHING


def mended(keys: Keymap) -> str:
    """The step of Remedy.MEND where there is room for all of it."""
    return f"not retried: {keys.sign(RETRY)} tries again once that is mended"


def silence(row: HostRow, now: float) -> str:
    """`silent 6 s` of a host that is connected and has missed samples; else empty."""
    return f"silent {age(now - row.silent_since)}" if row.silent_since is not None else ""


def counts_down(standing: Standing) -> bool:
    """Whether its words change by themselves as time goes."""
    return standing.next_attempt_at is not None and standing.state is not _S.CONNECTED
