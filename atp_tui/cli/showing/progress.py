"""The line about a run while it goes on, on a terminal that standard error is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ...drivers.live_output import LiveOutput
from ...executor.folding import fold_names
from ...executor.motion import Motion
from ...model.moving import Moved
from ...model.outcome import CommandResult, Outcome
from ...model.text import Safe, safe

INTERVAL = 0.1
"""Seconds between two looks at what the line should be."""

FEW = 8
"""So many hosts that still run are named."""


class Progress:
    """What has become of the hosts of a run so far. No clock, no terminal."""

    def __init__(self, hosts: int) -> None:
        self._hosts = hosts
        self._running: dict[str, None] = {}
        self._done = 0
        self._ok = 0
        self._motion = Motion(hosts)

    def started(self, host: str) -> None:
        """The command begins on a host, or begins anew."""
        self._running[host] = None

    def ended(self, result: CommandResult) -> None:
        """A host is done."""
        self._running.pop(result.host, None)
        self._done += 1
        self._ok += result.outcome is Outcome.OK

    def moved(self, host: str, moved: Moved, at: float) -> None:
        """How far a host has come that files are sent to, or fetched from, at a moment in seconds."""
        self._motion.take(host, moved, at)

    def line(self, width: int, *, leaving: bool = False, now: float = 0.0) -> Safe:
        """It in fewer cells than `width`; the names of hosts that still run where these are few and there is room.

        `leaving`: a person has asked for the end.
        """
        failed = self._done - self._ok
        parts = [f"{self._done}/{self._hosts} done", f"{self._ok} ok", f"{failed} failed", f"{len(self._running)} run"]
        if self._motion:
            parts.append(self._motion.told(now))
        if leaving:
            parts.append("cancelled, Ctrl+C again quits at once")
        text = ", ".join(parts)
        if self._running and len(self._running) <= FEW:
            named = f"{text}: {fold_names(tuple(self._running))}"
            # an id may have letters of two cells
            if len(named) < (width if named.isascii() else width // 2):
                text = named
        return safe(text[: max(0, width - 1)])


def may_draw() -> bool:
    """Whether standard error is a terminal on which a line can be taken away again."""
    try:
        return os.isatty(2) and os.environ.get("TERM", "") not in ("", "dumb")
    except OSError:
        return False


@contextmanager
def drawn(
    progress: Progress, live: LiveOutput, draws: Callable[[], bool], leaving: Callable[[], bool]
) -> Iterator[None]:
    """Keep the line on the terminal while the block runs, whenever `draws`."""
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle

    def draw() -> None:
        nonlocal timer
        if draws() and _in_front():
            live.status(progress.line(_width(), leaving=leaving(), now=loop.time()))
        timer = loop.call_later(INTERVAL, draw)

    timer = loop.call_later(INTERVAL, draw)
    try:
        yield
    finally:
        timer.cancel()
        live.status(safe(""))


def _in_front() -> bool:
    """Whether the terminal is ours, and not the shell's that has put us behind an `&`."""
    try:
        return os.tcgetpgrp(2) == os.getpgrp()
    except OSError:  # it is no terminal that controls us
        return True


def _width() -> int:
    try:
        return os.get_terminal_size(2).columns or 80
    except OSError:
        return 80
