"""The first bytes that a command says, for those of its exit statuses that may need a word of explanation."""

from __future__ import annotations

import asyncio

from ..model.outcome import OutputSink, Stream

TELLING = frozenset({1, 127})
"""Exit statuses of which a shell, or a server without one, says why in the output."""

_MOST = 2048


class FirstWords:
    """An OutputSink before another one."""

    __slots__ = ("_sink", "first")

    def __init__(self, sink: OutputSink) -> None:
        self._sink = sink
        self.first = b""
        """The beginning of all that was said, of both streams."""

    def __call__(self, stream: Stream, data: bytes) -> asyncio.Future[None] | None:
        if len(self.first) < _MOST:
            self.first += data[:_MOST]
        return self._sink(stream, data)
