"""The end of an application has a limit: the terminal is given back, and then the program is ended, whatever hangs.

A handler that never ends, a loop that stands still, a thread that asyncio waits for: none of them may keep a person
from the shell. What sees to that is a thread of its own, since the event loop may be the very thing that hangs.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textual.app import App

if TYPE_CHECKING:
    from .driver import Driver

_log = logging.getLogger(__name__)

GIVE_BACK = 0.8
"""Seconds from the key or the signal that leaves an application until the terminal is taken out of its hands. Writing
to a terminal that takes nothing may take Output's patience on top."""

HARD_END = 2.7
"""Seconds until the program is ended."""

LAST_WORDS = 0.2
"""Seconds for what is said to the log at a hard end: a thread that hangs may hold its lock."""

FAILED = 70
"""The exit status of an application that has failed, as in cli/crash."""


class Leaving(threading.Thread):
    """Waits until an application is left, and then for its end. `begin` and `over` may be called more than once."""

    def __init__(self, app: App[Any]) -> None:
        super().__init__(name="leaving", daemon=True)
        self._app = app
        self._status: int | None = None
        self.lent: Callable[[], object] | None = None
        """Gives the terminal back where it is lent to a session. From any thread."""
        self._over = threading.Event()
        self._begun = threading.Lock()  # held until it begins: what a signal's handler calls may wait for nothing
        self._begun.acquire()

    def begin(self, status: int | None = None) -> None:
        """The application is being left; `status` is the exit status where it does not tell itself. From any thread,
        and from a signal's handler."""
        if self._status is None:
            self._status = status
        with suppress(RuntimeError):  # it has begun already
            self._begun.release()

    def over(self) -> None:
        """The application has ended, and the program goes on."""
        self._over.set()
        self.begin()

    def run(self) -> None:
        self._begun.acquire()
        if not self._over.wait(GIVE_BACK):
            self._give_back()
            if not self._over.wait(HARD_END - GIVE_BACK):
                self._end()

    def _give_back(self) -> None:
        driver: Driver | None = self._app._driver  # type: ignore[assignment] # Textual has no public way to it
        if driver is not None:
            driver.give_back()
        if self.lent is not None:
            self.lent()

    def _end(self) -> None:
        last_words = threading.Thread(target=_say, daemon=True)
        with suppress(RuntimeError):  # this machine has no further thread
            last_words.start()
            last_words.join(LAST_WORDS)
        failed = self._app._exception is not None  # Textual has no public way to it
        os._exit(FAILED if failed else self._app.return_code or self._status or 0)


def _say() -> None:
    # What goes on on other machines ends with the connections to them.
    _log.error("the screen was left and did not end within %g s: it was ended", HARD_END)
    logging.shutdown()
