"""What one host of a job has said so far, kept in bounded memory."""

from __future__ import annotations

from ..model.outcome import CommandResult, ExitStatus, Stream


class Budget:
    """The bytes a whole job may keep, shared by its hosts: a thousand hosts at their own limit would be gigabytes."""

    def __init__(self, size: int) -> None:
        self._left = size

    def take(self, wanted: int) -> int:
        """How many of `wanted` bytes may be kept; they count as kept from now on."""
        granted = min(wanted, self._left)
        self._left -= granted
        return granted


class Capture:
    """One host's output, cut after `limit` bytes a stream, and its result once there is one.

    The beginning is kept, not the end: what is cut is dropped on arrival, so that nothing slows the sender's loop.
    """

    def __init__(self, limit: int, budget: Budget) -> None:
        self._limit = limit
        self._budget = budget
        self._buffers: dict[Stream, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        self.truncated = False
        self.started_at: float | None = None
        self.status: ExitStatus | None = None
        self.result: CommandResult | None = None

    def add(self, stream: Stream, data: bytes) -> bool:
        """Keep what fits. False where nothing did: there is no news."""
        if self.result is not None:
            return False
        buffer = self._buffers[stream]
        kept = self._budget.take(min(len(data), self._limit - len(buffer)))
        self.truncated |= kept < len(data)
        buffer += data if kept == len(data) else data[:kept]
        return kept > 0

    def read(self, stream: Stream, offset: int = 0) -> bytes:
        """The kept bytes of a stream from `offset` on."""
        if self.result is not None:
            whole = self.result.stdout if stream == "stdout" else self.result.stderr
            return whole[offset:]
        return bytes(memoryview(self._buffers[stream])[offset:])

    def end(self, result: CommandResult) -> None:
        """The result holds the output from now on; no byte is kept twice."""
        self.result = result
        self._buffers.clear()
