"""A host that is tried: its steps as they come, until they end or a person stops them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.timer import Timer
from textual.worker import Worker

from ...engine.try_out import TryState, TryStep
from ..shown import styled
from .lines import LinesView, Spans
from .try_words import Outcome, TryLine, joined, lines_of

EACH = 0.5
"""Seconds between two looks at how long a step takes."""


class TryLines(LinesView[TryLine], can_focus=False):
    """`signs` are the keys that its sentences name, as `try_words.lines_of` has them."""

    SHOWS_CURSOR: ClassVar[bool] = False

    def __init__(self, signs: Mapping[str, str], *, id: str) -> None:
        super().__init__(id=id)
        self._signs = signs
        self._steps: tuple[TryStep, ...] = ()
        self._outcome: Outcome | None = None
        self._refusal = ""
        self._begun = 0.0
        self._worker: Worker[None] | None = None
        self._timer: Timer | None = None

    def on_mount(self) -> None:
        super().on_mount()
        self.set_title(styled(" test connection "))
        self._timer = self.set_interval(EACH, self._show, pause=True)

    @property
    def is_trying(self) -> bool:
        """Whether steps are still to come."""
        return self._worker is not None and self._outcome is None

    def try_out(self, steps: AsyncIterator[TryStep]) -> None:
        """Show these steps as they come, in the place of any others."""
        self._steps, self._outcome, self._refusal, self._begun = (), None, "", time.monotonic()
        self._worker = self.run_worker(self._follow(steps), group="try", exclusive=True)
        if self._timer is not None:
            self._timer.resume()
        self._show()

    def refuse(self, why: str) -> None:
        """Say why nothing is tried."""
        self.stop()
        self._steps, self._outcome, self._refusal = (), Outcome.FAILED, why
        self._show()

    def stop(self) -> None:
        """End what is tried; harmless where nothing is."""
        if self._worker is not None and self.is_trying:
            self._worker.cancel()
            self._end(Outcome.STOPPED)

    async def _follow(self, steps: AsyncIterator[TryStep]) -> None:
        async for step in steps:
            if step.state is TryState.TRYING:
                self._begun = time.monotonic()
            self._steps = joined(self._steps, step)
            self._show()
        went_well = all(step.problem is None for step in self._steps)
        self._end(Outcome.WELL if went_well else Outcome.FAILED)

    def _end(self, outcome: Outcome) -> None:
        self._outcome = outcome
        if self._timer is not None:
            self._timer.pause()
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self._show()

    def _show(self) -> None:
        width = self.scrollable_content_region.width
        waited = time.monotonic() - self._begun
        lines = lines_of(self._steps, waited, self._outcome, self._signs, width)
        grows = len(lines) != len(self.lines)
        self.set_lines(lines)
        if grows:
            self.cursor_to(len(lines) - 1)  # the newest is in sight

    def draw(self, line: TryLine, width: int) -> Spans:
        return line.spans

    def placeholder(self) -> Sequence[str]:
        return (self._refusal or "Reading hosts.toml.",)
