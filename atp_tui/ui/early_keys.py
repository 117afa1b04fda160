"""Keys that were typed before a question could be read: they are no answer to it."""

from __future__ import annotations

import math
import time
from typing import TypeVar

from textual import events

from .focus import FocusInSight

QUIET = 0.3
"""Seconds without a key, from a question's appearing on, before it listens."""

HELD = 1.0
"""The same where the key is the one that opened it: one that is held down repeats after 0.25 to 0.66 s only."""

Answer = TypeVar("Answer")


class EarlyKeys:
    """Decides which keys came too early. All times are seconds of one clock.

    A key that came too early begins the wait anew: one that is held, or a burst that goes on, never gets through.
    """

    def __init__(self, opened_by: str) -> None:
        self._opened_by = opened_by
        self._noise = math.inf

    def appeared(self, at: float) -> None:
        """The dialogue is on the screen since `at`."""
        self._noise = at

    @property
    def has_appeared(self) -> bool:
        return self._noise < math.inf

    def is_early(self, key: str, at: float) -> bool:
        """Whether a key that was read at `at` came too early."""
        early = at < self._noise + (HELD if key == self._opened_by else QUIET)
        if early:
            self._noise = max(self._noise, at)
        else:
            self._opened_by = ""  # no key repeats any more once another one is pressed
        return early


class HearsNothingAtFirst(FocusInSight[Answer]):
    """A screen that asks. The keys of the burst that opened it, or of a person who types on, are no answer."""

    _early: EarlyKeys | None = None

    def on_mount(self) -> None:
        self._early = EarlyKeys(getattr(self.app, "last_key", ""))
        self.call_after_refresh(self.appeared)

    def appeared(self, at: float | None = None) -> None:
        """It can be read, from now on or since `at` (seconds of time.monotonic)."""
        if self._early is not None:
            self._early.appeared(time.monotonic() if at is None else at)

    @property
    def is_shown(self) -> bool:
        """Whether it has been drawn."""
        return self._early is not None and self._early.has_appeared

    def is_early(self, event: events.Key | events.Paste) -> bool:
        """Whether this is no answer, since it came before the question could be read."""
        key = event.key if isinstance(event, events.Key) else ""
        return self._early is None or self._early.is_early(key, event.time)
