"""When the screen is locked: once nobody has touched anything for a while, or by the command."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine

from textual.app import App

from ..actions.action import Invocation
from ..engine.fleet import Fleet

LEAST = 0.05
"""Seconds between two looks whether the time has come."""


class Locking:
    """`begin` it with the application, `active` with each key, `look` at each change of the fleet. `after` are seconds,
    infinity for never."""

    def __init__(
        self,
        app: App[object],
        fleet: Fleet,
        person: str,
        after: float,
        spawn: Callable[[Coroutine[None, None, None]], object],
    ) -> None:
        self._app = app
        self._fleet = fleet
        self._person = person
        self._after = after
        self._spawn = spawn
        self._touched = 0.0
        self._is_lent = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_locked(self) -> bool:
        """Whether nothing is shown."""
        return self._fleet.locked() is not None

    def active(self) -> bool:
        """A person has touched something. False: after such a time that it is locked now, and this does nothing: the
        first key on a machine that has slept may come before any timer."""
        if self._after == math.inf:
            return True
        if self._timer is not None and not (self.is_locked or self._is_lent) and self._left() <= 0:
            self.end()
            self._time_is_over()
            return False
        self._touch()
        return True

    def _touch(self) -> None:
        self._touched = asyncio.get_running_loop().time()

    def _left(self) -> float:
        return self._touched + self._after - asyncio.get_running_loop().time()

    def begin(self) -> None:
        """From now on, time counts, but while a shell or an editor has the terminal: a person types there."""
        self._app.app_suspend_signal.subscribe(self._app, lambda _: self._lend(True), immediate=True)
        self._app.app_resume_signal.subscribe(self._app, lambda _: self._lend(False), immediate=True)
        self._touch()
        self._look_again(self._after)

    def _lend(self, lent: bool) -> None:
        self._is_lent = lent
        self._touch()

    def end(self) -> None:
        """Lock nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def look(self) -> None:
        """Show the lock where it is locked and something else is on top."""
        if self.is_locked and not self.covers():
            self._app.clear_notifications()
            from .screens.lock import LockScreen

            self._app.push_screen(LockScreen(self._fleet))

    def covers(self) -> bool:
        """Whether the lock is what is seen."""
        from .screens.lock import LockScreen

        return isinstance(self._app.screen, LockScreen)

    def _look_again(self, delay: float) -> None:
        if delay < math.inf:
            self._timer = asyncio.get_running_loop().call_later(max(delay, LEAST), self._time_is_over)

    def _time_is_over(self) -> None:
        left = self._left()
        if left > 0:
            self._look_again(left)
            return
        if not (self.is_locked or self._is_lent):
            self._spawn(self._lock())
        self._touch()
        self._look_again(self._after)

    async def _lock(self) -> None:
        await self._fleet.perform(Invocation("lock", (), {}, self._person))
        self.look()
