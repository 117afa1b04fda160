"""Two streams joined: what arrives on each goes to the other one, each direction at the other's pace and to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from ..transport.driver import RawStream


class ClosingStream(RawStream, Protocol):
    """A stream of this machine. `abort` tells its peer of a failure."""

    def close(self) -> None:
        """End it once all that was written has gone."""
        ...


Count = Callable[[int], None]


class Joined:
    """A near stream and a far one. `near_half` is the receiver of the near one, `far_half` that of the far one.

    `sent` and `received` are told the bytes of each piece.
    """

    def __init__(self, near: ClosingStream, sent: Count, received: Count) -> None:
        self.near = near
        self.far: RawStream | None = None
        self.near_half = _Half(lambda: self.far, sent, self._half_over, self._near_ended)
        self.far_half = _Half(lambda: self.near, received, self._half_over, self._far_ended)
        self._over = asyncio.Event()
        self._halves = 0

    async def ended(self) -> None:
        """Wait until both streams are done with; cancelled, both are cut."""
        try:
            await self._over.wait()
        finally:
            self.near.abort()
            if self.far is not None:
                self.far.abort()

    def _half_over(self) -> None:
        self._halves += 1
        if self._halves == 2:
            self.near.close()

    def _near_ended(self, error: Exception | None) -> None:
        whole = self._halves == 2 and error is None
        if self.far is None or self.far_half.over or not whole:  # else the far side ends it, once it has taken all
            self._over.set()

    def _far_ended(self, error: Exception | None) -> None:
        if error is not None or self.near_half.over:
            self._over.set()
        else:
            self.near.close()


class _Half:
    """transport.driver.HalvesReceiver: one direction."""

    def __init__(
        self,
        other: Callable[[], RawStream | None],
        count: Count,
        half: Callable[[], None],
        end: Callable[[Exception | None], None],
    ) -> None:
        self.over = False
        self._other = other
        self._count = count
        self._half = half
        self._end = end

    def data(self, data: bytes) -> None:
        self._count(len(data))
        if (other := self._other()) is not None:
            other.write(data)

    def half_ended(self) -> None:
        if (other := self._other()) is not None:
            other.write_eof()
        self._half()

    def ended(self, error: Exception | None) -> None:
        if not self.over:
            self.over = True
            self._end(error)

    def pause_writing(self) -> None:
        if (other := self._other()) is not None:
            other.pause_reading()

    def resume_writing(self) -> None:
        if (other := self._other()) is not None:
            other.resume_reading()
