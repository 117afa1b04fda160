"""What a person is told of a host or connection that is not connected: what happened, and what comes next.

What is told of a host follows from its facts here; the words are those of `words` and `step_words`.
"""

from __future__ import annotations

from typing import Protocol

from ...model.causes import LONGEST_SHORT, Remedy, Trouble
from ...model.connection import ConnectionState
from ...model.message import Message, told
from ...model.say import Say
from ...monitor.metrics import unmade
from ...monitor.rows import HostRow
from ..format import age, countdown
from ..keymap import Keymap
from ..step_words import Next, Step, step
from ..text import ELLIPSIS, Safe, cut, safe
from ..words import sentence, short

_S = ConnectionState

RETRY = "action.retry"
PRESSED = {Remedy.TRUST_KEY: "action.trust-key", Remedy.LOG_IN: "action.log-in", Remedy.RETRY: RETRY}
"""The id of the key that brings each remedy about. A key is told only where pressing it changes something."""

CHANNELS = {"virt": "libvirt", "ssh": "ssh"}
"""Channels as the screen names them."""


class Caused(Protocol):
    """Something that is as it is for a reason."""

    @property
    def cause(self) -> Message | None: ...
    @property
    def trouble(self) -> Trouble | None: ...


class Standing(Caused, Protocol):
    """What HostRow, HostStatus and ConnectionSnapshot have in common."""

    @property
    def state(self) -> ConnectionState: ...
    @property
    def attempt(self) -> int: ...
    @property
    def next_attempt_at(self) -> float | None: ...
    @property
    def retries(self) -> bool: ...


def cause_of(standing: Caused) -> Safe:
    """Why it is not connected, in safe text, all of it; empty where nothing went wrong."""
    return sentence(standing.cause) if standing.cause is not None else safe("")


def brief_of(standing: Caused, ellipsis: Safe = ELLIPSIS) -> Safe:
    """Why it is not connected, in LONGEST_SHORT cells at most; empty where nothing went wrong."""
    words = short(standing.trouble) if standing.trouble is not None else cause_of(standing)
    return cut(words, LONGEST_SHORT, ellipsis)


def channel_of(standing: Caused) -> str:
    """Which of the host's channels failed, as `libvirt`; empty where that is not known."""
    channel = standing.trouble.channel if standing.trouble is not None else None
    return CHANNELS[channel] if channel is not None else ""


def next_step(standing: Standing, now: float, keys: Keymap) -> Step:
    """What happens next by itself, or the key that makes it happen; nothing while connected."""
    if standing.state is _S.CONNECTED:
        return step(Next.NOTHING)
    if standing.state is _S.DRAINING:
        return step(Next.CLOSING)
    if standing.state is _S.DISABLED:
        key = keys.sign("action.enable-host")
        return step(Next.PRESS_TO_ENABLE, key=key) if key else step(Next.NOTHING)
    if standing.next_attempt_at is not None:
        left = standing.next_attempt_at - now
        return step(Next.LATER, left=countdown(left)) if left > 0 else step(Next.TRYING)
    if standing.state in (_S.CONNECTING, _S.RECONNECTING):
        return step(Next.TRYING if standing.attempt or standing.cause is not None else Next.FIRST_TRY)
    remedy = standing.trouble.remedy if standing.trouble is not None else Remedy.RETRY
    if remedy is Remedy.MEND:
        return step(Next.NOT_RETRIED)
    key = keys.sign(PRESSED[remedy])
    if not key:
        return step(Next.NOTHING)
    if remedy is not Remedy.RETRY:
        return step(Next.PRESS, key=key)
    return step(Next.PRESS_TO_CONNECT if standing.state is _S.DISCONNECTED else Next.PRESS_TO_RETRY, key=key)


def mended(keys: Keymap) -> str:
    """The step of Remedy.MEND where there is room for all of it."""
    return step(Next.MENDED, key=keys.sign(RETRY)).long


def silence(row: HostRow, now: float) -> str:
    """`silent 6 s` of a host that is connected and has missed samples; else empty."""
    return f"silent {age(now - row.silent_since)}" if row.silent_since is not None else ""


def answers_errors(row: HostRow) -> Safe:
    """`answers errors: …` of a host that is connected and whose answers are errors; else empty."""
    return safe(f"answers errors: {sentence(row.sample_error)}" if row.sample_error is not None else "")


def nonsense(row: HostRow) -> Safe:
    """`answers nonsense: cpu.time is a text (12 so far)` of a host that has done so; else empty."""
    if row.odd is None:
        return safe("")
    return safe(f"{sentence(told(Say.ANSWERS_NONSENSE, what=row.odd.what))} ({row.odd.times} so far)")


def figures_unmade(row: HostRow) -> Safe:
    """`cannot be made of its answers: load (see the log)` of a host of which that is so; else empty."""
    titles = unmade(row)
    return safe(sentence(told(Say.FIGURES_UNMADE, figures=", ".join(titles))) if titles else "")


def counts_down(standing: Standing) -> bool:
    """Whether its words change by themselves as time goes."""
    return standing.next_attempt_at is not None and standing.state is not _S.CONNECTED
