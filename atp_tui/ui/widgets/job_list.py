"""The jobs of this session, newest first: a line each, the one whose answers are shown under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ...model.connection import ConnectionState
from ..glyphs import UNICODE, Glyphs
from ..messages import JobChosen
from ..shown import styled, together
from ..text import Safe, fit, safe
from .answers import clip
from .lines import LinesView, Piece, Spans, drawn

_S = ConnectionState

PAUSED = "paused"

STATES = {
    "waiting": _S.DISCONNECTED,
    "running": _S.CONNECTING,
    PAUSED: _S.RECONNECTING,
    "cancelling": _S.DRAINING,
    "cancelled": _S.DISCONNECTED,
    "unconfirmed": _S.FAILED,
    "failed": _S.FAILED,
    "done": _S.CONNECTED,
}
"""What a job is doing in one word; it wears the glyph and the colour of a state."""

STATE_WIDTH = max(map(len, STATES))
TIME_WIDTH = 6

MOST_ROWS = 5
"""Jobs that are in view at a time."""


class JobLine(NamedTuple):
    """One job. `target` names its hosts in short, `state` is one of STATES, `lasted` a time in words.

    Of its `hosts`, so many have `ended`: some `well`, some `badly`, and those that a cancel has `called_off`. `counts`
    tells all of them, in words with their roles. `began` is the time of day, or the day.
    """

    key: str
    number: int
    title: Safe
    state: str
    lasted: str
    hosts: int
    ended: int
    well: int
    badly: int
    called_off: int
    target: Safe
    began: str
    counts: tuple[Piece, ...]


class JobLines(LinesView[JobLine]):
    """The cursor is on the job that is shown. Posts JobChosen."""

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._follows = False

    def show(self, jobs: Sequence[JobLine], shown: str | None) -> None:
        """Take over how the jobs are now; the cursor stands on the one with the key `shown`."""
        self._follows = True
        self.set_lines(jobs)
        if shown is not None and (self.cursor_line is None or self.cursor_line.key != shown):
            # which brings it into view: not at each look, since a wheel may have moved the list
            self.cursor_to_key(shown)
        self._follows = False

    def line_highlighted(self, line: JobLine | None) -> None:
        if line is not None and not self._follows:
            self.post_message(JobChosen(line.key))


class JobList(JobLines):
    """Shows nothing until there are two jobs: the title of the answers tells all of a single one. Posts JobChosen."""

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:
        super().__init__(glyphs=glyphs, id=id)
        self._digits = (0, 0)
        self._some_called_off = False

    def on_mount(self) -> None:
        keys = self._glyphs.keys
        hints = [f"{keys.sign(f'screen.{id}')} {word}" for id, word in (("older-job", "older"), ("newer-job", "newer"))]
        self.set_title(together(styled(" jobs  "), styled("  ".join(hints), "not bold $dim"), styled(" ")))

    def show(self, jobs: Sequence[JobLine], shown: str | None) -> None:
        self.set_class(len(jobs) > 1, "-several")
        lines = jobs if len(jobs) > 1 else ()
        if not lines and not self.lines:
            return
        height = min(len(lines), MOST_ROWS) + 1  # and the title
        if self.styles.height is None or self.styles.height.value != height:
            self.styles.height = height
        self._digits = (
            max((len(str(line.number)) for line in lines), default=0),
            max((len(str(line.hosts)) for line in lines), default=0),
        )
        self._some_called_off = any(line.called_off for line in lines)
        super().show(lines, shown)

    def line_opened(self, line: JobLine) -> None:
        self.post_message(JobChosen(line.key, opened=True))

    def draw(self, line: JobLine, width: int) -> Spans:
        state = STATES[line.state]
        numbers, hosts = self._digits
        spans = drawn(
            (" ", "text"), (f"#{line.number}".rjust(numbers + 1), "dim"),
            (f" {self._glyphs.state(state)} {line.state:<{STATE_WIDTH}}", state.value),
            (f" {line.ended:>{hosts}}/{line.hosts:<{hosts}}", "text"),
            self._tallied(line.well, _S.CONNECTED), self._tallied(line.badly, _S.FAILED),
            *([self._tallied(line.called_off, _S.DISCONNECTED)] if self._some_called_off else []),
            (f" {fit(safe(line.lasted), TIME_WIDTH, right=True)}  ", "dim"), (line.title, "text"),
        )  # fmt: skip
        return clip(spans, width)

    def _tallied(self, hosts: int, state: ConnectionState) -> tuple[str, str]:
        """How many hosts ended so, in cells of one width; blank for none."""
        words = f" {self._glyphs.state(state)}{hosts}" if hosts else ""
        return words.ljust(self._digits[1] + 2), state.value
