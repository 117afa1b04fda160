"""The lines below the head of a group of equal answers."""

from __future__ import annotations

from ...executor.difference import Change, changes
from ...executor.fold import Part
from ..words import sentence
from .lines import Piece, Spans, drawn
from .output_line import shown_line, shown_spans

MOST_LINES = 5000
"""Lines shown of one block."""


class GroupBody:
    """The lines of an unfolded group, by number: its error, its output, what is to say about it, how it differs."""

    def __init__(
        self, part: Part, output: bytes, against: str | None, reference: bytes | None, spilled: str = ""
    ) -> None:
        self._output = output.rstrip(b"\n") if output else b""
        self._lines: list[bytes] | None = None
        lines = self._output.count(b"\n") + 1 if output else 0
        self._shown = min(lines, MOST_LINES)
        self._above: list[Spans] = [drawn((sentence(part.error), "failed"))] if part.error is not None else []
        self._below: list[Spans] = []
        if lines > MOST_LINES:
            self._below.append(drawn((f"… only the first {MOST_LINES} lines are shown here", "dim")))
        if part.cut:
            self._below.append(drawn(("… there was more output than is kept", "dim")))
            self._below += [drawn((f"all of it: {spilled}", "dim"))] if spilled else []
        if against is not None and reference and output:
            told = [drawn(*told_change(change)) for change in changes(output, reference)]
            self._below += [drawn((f"against {against}:", "dim")), *told] if told else []
        self.count = len(self._above) + self._shown + len(self._below)

    def __call__(self, number: int) -> Spans:
        if number < len(self._above):
            return self._above[number]
        number -= len(self._above)
        if number >= self._shown:
            return self._below[number - self._shown]
        if self._lines is None:
            self._lines = self._output.split(b"\n", MOST_LINES)
        return shown_spans(self._lines[number])


def told_change(change: Change) -> tuple[Piece, ...]:
    """A line as it differs, with signs that need no colour: `- gone`, `+ new`, `~ 6.1.0-[-49-]{+56+}`."""
    if len(change) == 1:
        ((sign, line),) = change
        return ((f"{sign} {shown_line(line)}", _ROLES[sign]),)
    pieces = [(_SIGNED[sign].format(shown_line(text)), _ROLES[sign]) for sign, text in change]
    return (("~ ", "dim"), *pieces)


_ROLES = {" ": "text", "-": "failed", "+": "connected"}
_SIGNED = {" ": "{}", "-": "[-{}-]", "+": "{{+{}+}}"}
"""As wdiff and `git diff --word-diff` write it."""
