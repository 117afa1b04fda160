"""What a running host has written last."""

from __future__ import annotations

from collections import deque

from ...executor.progress import last_state, rest_of
from ...executor.reader import TargetOutput
from .output_line import LINE_BYTES, shown_line

LIVE_LINES = 200
"""Lines of a running host that are kept; the whole output comes with its result."""


class Live:
    """The last lines of a running host, in bounded memory. Of those that come, only the ones looked at become text."""

    __slots__ = ("lines", "partial")

    def __init__(self) -> None:
        self.lines: deque[tuple[bytes, str]] = deque(maxlen=LIVE_LINES)
        self.partial = {"stdout": b"", "stderr": b""}

    def take(self, event: TargetOutput) -> None:
        role = "text" if event.stream == "stdout" else "reconnecting"
        # a million lines may have come: no more are taken apart than are kept
        *whole, rest = (self.partial[event.stream] + event.data).rsplit(b"\n", LIVE_LINES + 1)
        for line in whole[-LIVE_LINES:]:
            self.lines.append((last_state(line)[: LINE_BYTES + 1], role))
        self.partial[event.stream] = _bounded(rest_of(rest))

    def last(self) -> str:
        """The text of the last row."""
        for stream in ("stderr", "stdout"):
            if self.partial[stream]:
                return shown_line(self.partial[stream])
        return shown_line(self.lines[-1][0]) if self.lines else ""

    def rows(self) -> list[tuple[bytes, str]]:
        partial = [(self.partial["stdout"], "text"), (self.partial["stderr"], "reconnecting")]
        return [*self.lines, *((data, role) for data, role in partial if data)]


def _bounded(rest: bytes) -> bytes:
    ended = rest.endswith(b"\r")  # which says that what comes next writes over it, however long it is
    return rest[: LINE_BYTES + 1] + (b"\r" if ended and len(rest) > LINE_BYTES + 1 else b"")
