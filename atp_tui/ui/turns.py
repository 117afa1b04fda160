"""Work that is done in turns of a few milliseconds, between which a person's keys are heard."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

LONGEST_TURN = 0.008
"""Seconds of the event loop that a turn may have; its last step ends it, however long that takes."""

PAUSE = 0.001
"""Seconds between two turns."""


class Turns:
    """Takes the steps of one piece of work; another one takes its place. `timer` calls something after some seconds."""

    def __init__(self, timer: Callable[[float, Callable[[], None]], object]) -> None:
        self._timer = timer
        self._steps: Iterator[None] | None = None

    def begin(self, steps: Iterator[None], done: Callable[[], object]) -> None:
        """Begin on these steps at once, and call `done` behind the last; those begun before are left, undone."""
        self._steps = steps

        def go_on() -> None:
            if self._steps is not steps:
                return
            begun = time.monotonic()
            for _ in steps:
                if time.monotonic() - begun > LONGEST_TURN:
                    self._timer(PAUSE, go_on)
                    return
            self._steps = None
            done()

        go_on()

    def leave(self) -> None:
        """Take no further step."""
        self._steps = None
