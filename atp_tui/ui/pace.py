"""When a screen is painted: as soon as a key has done its work, else so many times a second and no more.

Textual's own timer of a screen keeps to a grid of moments. A screen that has something to paint soon after a frame
waits for the second next moment of it, 17 to 33 ms. The fleet changes by itself ten times a second, so that many a key
came soon after a frame; and what follows a key by a message, as the panel follows the cursor, always does. To paint for
each of these messages costs three frames a key, so that one frame is painted when the key has come to rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual import events
from textual.screen import UPDATE_PERIOD, Screen

from .compositor import OneMap

if TYPE_CHECKING:
    from textual.timer import Timer

    _Screen = Screen[Any]
else:
    _Screen = object  # Textual would look for the styles of a screen behind its first base alone


LONGEST = UPDATE_PERIOD / 2
"""Seconds that a frame waits for a key to come to rest."""


class Pace:
    """Calls `paint` once after each `resume`: `UPDATE_PERIOD` seconds after the frame before at the earliest. Where
    somebody waits (`is_awaited`) it is at `rest`, and after `LONGEST` seconds. All else is what a screen asks of its
    timer."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, paint: Callable[[], object], is_awaited: Callable[[], bool]
    ) -> None:
        self._loop = loop
        self._paint = paint
        self._is_awaited = is_awaited
        self._painted_at = float("-inf")
        self._due: asyncio.TimerHandle | None = None

    def resume(self) -> None:
        """There is something to paint."""
        now = self._loop.time()
        due = now + LONGEST if self._is_awaited() else max(now, self._painted_at + UPDATE_PERIOD)
        if self._due is None or due < self._due.when():
            self._stop()
            self._due = self._loop.call_at(due, self.rest)

    def rest(self) -> None:
        """The key has done all that it does: if there is something to paint, this is the moment."""
        if self._due is not None:
            self._stop()
            self._paint()

    def pause(self) -> None:
        """It is painted now."""
        self._painted_at = self._loop.time()
        self._stop()

    def _stop(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None


class Paced(_Screen):
    """What a screen has before its other bases to be painted so. The application says by `is_awaited` whether a person
    waits; of one that does not say so nobody does."""

    _pace: Pace | None = None
    _styled_for = -1

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._compositor = OneMap()

    def on_mount(self) -> None:
        self._styled_for = self.app._css_update_count

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Textual would apply all styles once more as it comes into sight, also where they are those of before."""
        event.refresh_styles = self._styled_for != self.app._css_update_count
        self._styled_for = self.app._css_update_count

    def _compositor_refresh(self) -> None:
        # Textual paints a screen below as well where nothing of it is seen, and for that all of the one on top anew
        if self._is_hidden:
            self._dirty_widgets.clear()
            self._compositor._dirty_regions.clear()
        elif not (self._layout_required and self._repaint_required):  # else all of it is painted in a moment, once
            super()._compositor_refresh()

    @property
    def _is_hidden(self) -> bool:
        """Whether a screen on top leaves nothing of this one to be seen: it is painted anew when that one goes."""
        stack = self.app.screen_stack
        return self in stack and any(above.styles.background.a == 1 for above in stack[stack.index(self) + 1 :])

    @property
    def _update_timer(self) -> Timer:
        # Textual has no public way to this; it asks the timer of a screen for nothing but these two
        if self._pace is None:
            loop = asyncio.get_running_loop()
            self._pace = Pace(loop, self._paint, lambda: getattr(self.app, "is_awaited", False))
        return self._pace  # type: ignore[return-value]

    def rest(self) -> None:
        """As Pace.rest."""
        if self._pace is not None:
            self._pace.rest()

    def _paint(self) -> None:
        """As Textual's timer does it: not any more once the application ends, and a defect ends it."""
        if self.app._exit or not self.is_running:
            return
        try:
            with self._context():
                self._on_timer_update()
        except Exception as error:  # noqa: BLE001 - it is told as any other of the application is
            self.app._handle_exception(error)
