"""Watches one connection for silence: a real round trip whenever nothing was heard for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ..model.causes import Cause, seconds
from ..model.errors import CallTimeout, ConnectionLost
from ..model.message import told
from ..model.say import Say
from .clock import Clock, TimerHandle
from .driver import Link

SLACK = 0.001
"""A timer may fire a rounding error too early; that much is no reason to arm another one."""

TOGETHER = 1 / 64
"""The share of its delay that a timer may be late, to wake the event loop for several connections at once."""


LATE = 1.0
"""Seconds by which a limit is noticed too late where this program has stood still: stopped, asleep, starved."""


async def round_trip(clock: Clock, link: Link, limit: float) -> float:
    """The seconds that a ping takes, `limit` at most. Raises what the ping raises.

    A limit that ran out while this program stood still says nothing of the peer, whose answer may lie here unread: it
    is asked once more.
    """
    began = clock.monotonic()
    try:
        await link.ping(limit)
    except CallTimeout:
        now = clock.monotonic()
        if now - began <= limit + LATE:
            raise
        began = now
        await link.ping(limit)
    return clock.monotonic() - began


def silence(host: str, limit: float, error: CallTimeout) -> ConnectionLost:
    """The loss of a connection whose peer has not answered a heartbeat within `limit` seconds."""
    lost = ConnectionLost(told(Say.SILENT, limit=limit), host=host, kind=Cause.SILENT, detail=seconds(limit))
    lost.__cause__ = error
    return lost


class Heartbeat:
    """One timer while the connection is up, one task while it asks. An answer to anything counts as a beat.

    `ping` makes the round trip and deals with its failure itself.
    """

    __slots__ = ("_clock", "_interval", "_last_heard", "_name", "_ping", "_task", "_timer")

    def __init__(self, clock: Clock, ping: Callable[[], Awaitable[None]], *, name: str) -> None:
        self._clock = clock
        self._ping: Callable[[], Awaitable[None]] | None = ping
        self._name = name
        self._interval: float | None = None
        self._last_heard = clock.monotonic()
        self._timer: TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, interval: float) -> None:
        """The connection is up and has just been heard; ask after `interval` seconds of silence."""
        self.stop()
        self._interval = interval
        self.heard(self._clock.monotonic())
        self._arm(interval)

    def retime(self, interval: float) -> None:
        """Ask after `interval` seconds of silence from now on. Nothing happens while the connection is down."""
        if self._interval is None or self._interval == interval:
            return
        self._interval = interval
        if self._timer is not None:
            self._timer.cancel()
            self._arm(max(0.0, interval - (self._clock.monotonic() - self._last_heard)))

    def heard(self, now: float) -> None:
        """The peer has answered something."""
        self._last_heard = now

    def stop(self) -> None:
        """The connection is down; `stopped` waits for a question that is still under way."""
        self._interval = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def stopped(self) -> None:
        """Cancel the question under way, if any, and wait for its end."""
        self.stop()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def end(self) -> None:
        """Nothing will be asked any more. It lets go of its connection, which holds it."""
        self.stop()
        self._ping = None

    def check(self) -> asyncio.Task[None]:
        """Ask now. One question at a time: the task is that of the question under way."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._ask(), name=self._name)
            self._task.add_done_callback(self._asked)
        return self._task

    def _arm(self, delay: float) -> None:
        self._timer = self._clock.call_later(delay, self._due, delay * TOGETHER)

    def _due(self) -> None:
        self._timer = None
        if self._interval is None:
            return
        left = self._interval - (self._clock.monotonic() - self._last_heard)
        if left > SLACK:
            self._arm(left)
        else:
            self.check()

    async def _ask(self) -> None:
        try:
            if self._ping is not None:
                await self._ping()
        finally:
            if self._interval is not None and self._timer is None:
                self._arm(self._interval)

    def _asked(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if not task.cancelled():
            task.result()  # a defect in here must be loud, not a heartbeat that silently never comes
