"""Output beyond what is kept of a job, where the job asks for it: handed on to files, with all that came before it."""

from __future__ import annotations

import asyncio
from typing import Protocol

from ..model.outcome import Stream
from ..model.target import TargetId


class Spill(Protocol):
    """Takes output for files. It never blocks, and never fails a job: where it cannot write, a person is told."""

    def add(self, job: str, target: TargetId, stream: Stream, data: bytes) -> None:
        """More of a stream, in its order."""
        ...

    def room(self) -> asyncio.Future[None] | None:
        """What a sender has to wait for, since more waits than the disk takes; None where there is room."""
        ...

    def restart(self, job: str, target: TargetId) -> None:
        """The work is begun anew: what was written of it before is no part of the output."""
        ...

    def end(self, job: str, target: TargetId) -> None:
        """Nothing more comes of a target."""
        ...

    def folder(self, job: str) -> str:
        """The directory of the files of a job; "" where it has none."""
        ...


class Spilling:
    """One target's part of it. `Capture` calls it where something does not fit."""

    def __init__(self, spill: Spill, job: str, target: TargetId) -> None:
        self._spill = spill
        self._job = job
        self._target = target
        self._begun: set[Stream] = set()

    def excess(self, stream: Stream, before: bytes | bytearray, data: bytes) -> None:
        """`data` of a stream is not kept whole; `before` was, and goes in front of it the first time."""
        if stream not in self._begun:
            self._begun.add(stream)
            self._spill.add(self._job, self._target, stream, bytes(before))
        self._spill.add(self._job, self._target, stream, data)

    def room(self) -> asyncio.Future[None] | None:
        """As Spill.room, where something goes there."""
        return self._spill.room() if self._begun else None

    def restart(self) -> None:
        """As Spill.restart."""
        if self._begun:
            self._begun.clear()
            self._spill.restart(self._job, self._target)

    def end(self) -> None:
        """As Spill.end."""
        if self._begun:
            self._spill.end(self._job, self._target)
