"""What one target of a job has said so far, kept in bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..model.data_class import dataclass
from ..model.message import Message
from ..model.moving import Moved
from ..model.outcome import CommandResult, ExitStatus, Stream
from .spilling import Spilling


class Budget:
    """The bytes a whole job may keep, shared by its targets: a thousand hosts at their own limit would be gigabytes.

    They are part of what all jobs may keep, the budget `above`, where there is one. `make_room` is called where less
    than `wanted` bytes are left, before some are refused: it may give others back.
    """

    def __init__(
        self, size: int, above: Budget | None = None, make_room: Callable[[int], object] | None = None
    ) -> None:
        self._left = size
        self._used = 0
        self._above = above
        self._make_room = make_room

    @property
    def left(self) -> int:
        """Bytes that may still be kept."""
        return self._left

    def take(self, wanted: int) -> int:
        """How many of `wanted` bytes may be kept; they count as kept from now on."""
        if wanted > self._left and self._make_room is not None:
            self._make_room(wanted)
        granted = min(wanted, self._left)
        if self._above is not None:
            granted = self._above.take(granted)
        self._left -= granted
        self._used += granted
        return granted

    def give_back(self, size: int) -> None:
        """So many bytes are kept no longer."""
        self._left += size
        self._used -= size
        if self._above is not None:
            self._above.give_back(size)

    def give_all_back(self) -> None:
        """Nothing of it is kept any longer."""
        self.give_back(self._used)


@dataclass(frozen=True, slots=True)
class Lost:
    """That followed work has stopped at a wall-clock moment, and is begun anew; see reader.TargetLost."""

    at: float
    error: Message | None
    begun: bool
    status: ExitStatus | None


class Capture:
    """One target's output, cut after `limit` bytes a stream, and its result once there is one.

    The beginning is kept, not the end: what is cut is dropped on arrival, so that nothing slows the sender's loop.
    `spilling` takes all of a stream of which something is dropped. `place` is that of the target in the order of its
    job. The moments are of the wall clock: when the work began, when something was last heard, when its end was asked
    for, when it ended. `moved` is how far the work has come, where it tells so.
    """

    def __init__(self, limit: int, budget: Budget, place: int = 0, spilling: Spilling | None = None) -> None:
        self.place = place
        self._spilling = spilling
        self._limit = limit
        self._budget = budget
        self._buffers: dict[Stream, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        self.truncated = False
        self._cut: set[Stream] = set()  # streams that go to files
        self.begun_at: float | None = None
        self.heard_at = 0.0
        self.stopping_at: float | None = None
        self.ended_at = 0.0
        self.moved: Moved | None = None
        self.moved_at = 0.0
        self.result: CommandResult | None = None
        self.lost: Lost | None = None

    @property
    def heard(self) -> bool:
        """Whether there was any output."""
        return self.heard_at > 0

    def begin(self, at: float) -> bool:
        """The work begins at `at`. True where it has begun before: what was kept of that is dropped."""
        again = self.begun_at is not None
        self.begun_at = at
        if again:
            self.moved = None
            self._forget()
        return again

    def lose(self, lost: Lost) -> None:
        """The work has stopped, and is begun anew. What a reader has not heard yet of an attempt that had begun stays:
        since then output may be missing."""
        if self.lost is None or not self.lost.begun:
            self.lost = lost

    def take_lost(self) -> Lost | None:
        """What is to be told of that, once."""
        lost, self.lost = self.lost, None
        return lost

    def drained(self) -> asyncio.Future[None] | None:
        """None: the work need not wait before it is begun anew."""
        return None

    def _forget(self) -> None:
        self._budget.give_back(sum(map(len, self._buffers.values())))
        self._buffers = {"stdout": bytearray(), "stderr": bytearray()}
        self.truncated = False
        self._cut.clear()
        if self._spilling is not None:
            self._spilling.restart()

    def add(self, stream: Stream, data: bytes) -> bool:
        """Keep what fits. False where nothing did: there is no news."""
        if self.result is not None:
            return False
        buffer = self._buffers[stream]
        if self._spilling is None and self.truncated and len(buffer) == self._limit:
            return False  # most of what a talkative host says comes after that
        kept = self._budget.take(min(len(data), self._limit - len(buffer)))
        if self._spilling is not None and (kept < len(data) or stream in self._cut):
            self._spilling.excess(stream, buffer, data)
            self._cut.add(stream)
        self.truncated |= kept < len(data)
        buffer += data if kept == len(data) else data[:kept]
        return kept > 0

    def room(self) -> asyncio.Future[None] | None:
        """What the sender has to wait for where what is too much goes to files; else that is dropped."""
        return None if self._spilling is None else self._spilling.room()

    def spilled(self) -> None:
        """Nothing more comes."""
        if self._spilling is not None:
            self._spilling.end()

    def read(self, stream: Stream, offset: int = 0) -> bytes:
        """The kept bytes of a stream from `offset` on."""
        if self.result is not None:
            whole = self.result.stdout if stream == "stdout" else self.result.stderr
            return whole[offset:]
        return bytes(memoryview(self._buffers[stream])[offset:])

    def kept(self, stream: Stream) -> bytes:
        """What a stream's part of the result is."""
        return bytes(self._buffers[stream])

    def shared(self) -> None:
        """The same output is kept for another target already: it counts once."""
        self._budget.give_back(sum(map(len, self._buffers.values())))

    def end(self, result: CommandResult, at: float) -> None:
        """The result holds the output from now on; no byte is kept twice."""
        self.result, self.ended_at = result, at
        self._buffers.clear()


FLOW_LIMIT = 64 << 10
"""Bytes of a target that may wait for the reader before its sender is asked to wait; two of SSH's largest packets."""

_SMALL = 1 << 10
"""Bytes of a piece from which on it waits as it came; smaller ones, each of which costs an object, are joined."""


class Flow(Capture):
    """One target's output on its way to a single reader: all of it passes through, and nothing is kept of it here.

    Where more than FLOW_LIMIT bytes wait, `room` is a future that is done once the reader has taken them. `copy` takes
    the beginning of the output for the log; what it has holds nobody up.
    """

    def __init__(self, place: int, copy: Capture) -> None:
        super().__init__(0, Budget(0), place)
        self.copy = copy
        self._pieces: dict[Stream, list[bytes | bytearray]] = {"stdout": [], "stderr": []}
        self._waiting = 0
        self._room: asyncio.Future[None] | None = None
        self._empty: asyncio.Future[None] | None = None

    def add(self, stream: Stream, data: bytes) -> bool:
        """Let it wait for the reader; it is never cut."""
        if self.result is not None:
            return False
        pieces = self._pieces[stream]
        if len(data) >= _SMALL:
            pieces.append(data)
        elif pieces and isinstance(pieces[-1], bytearray):
            pieces[-1] += data
        else:
            pieces.append(bytearray(data))
        self._waiting += len(data)
        self.copy.add(stream, data)
        return bool(data)

    def room(self) -> asyncio.Future[None] | None:
        """What the sender has to wait for; None where there is room."""
        if self._waiting <= FLOW_LIMIT:
            return self.copy.room()
        if self._room is None:
            self._room = asyncio.get_running_loop().create_future()
        return self._room

    def read(self, stream: Stream, offset: int = 0) -> bytes:
        """All that waits, also after the end; the reader has it from now on, so there is no offset."""
        pieces, self._pieces[stream] = self._pieces[stream], []
        taken = bytes(pieces[0]) if len(pieces) == 1 else b"".join(pieces)
        self._waiting -= len(taken)
        if self._room is not None and self._waiting <= FLOW_LIMIT:
            if not self._room.done():
                self._room.set_result(None)
            self._room = None
        self._tell_empty()
        return taken

    def take_lost(self) -> Lost | None:
        """As Capture.take_lost."""
        lost = super().take_lost()
        self._tell_empty()
        return lost

    def drained(self) -> asyncio.Future[None] | None:
        """What work waits for before it is begun anew, so that all that was said before, and that it was lost, is read
        before what it says next; None where the reader has all of it."""
        if self.lost is None and not self._waiting:
            return None
        if self._empty is None or self._empty.done():
            self._empty = asyncio.get_running_loop().create_future()
        return self._empty

    def _tell_empty(self) -> None:
        if self._empty is not None and self.drained() is None:
            if not self._empty.done():
                self._empty.set_result(None)
            self._empty = None

    def kept(self, stream: Stream) -> bytes:
        """Nothing: the reader has it."""
        return b""

    def shared(self) -> None:
        """Nothing of it counts as kept."""

    def spilled(self) -> None:
        """As Capture.spilled."""
        self.copy.spilled()

    def end(self, result: CommandResult, at: float) -> None:
        """What still waits is for the reader."""
        self.result, self.ended_at = result, at

    def _forget(self) -> None:
        """What was said before is on its way to the reader, or there already; the copy is begun anew."""
        self.copy._forget()
