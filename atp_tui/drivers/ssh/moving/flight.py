"""How many bytes are on their way to or from a host, and how far that has come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from ....model.moving import Moved, MoveSink

T = TypeVar("T")

ALL_IN_FLIGHT = 64 << 20
"""Bytes of all hosts together that may be under way: half of them may wait in this program."""

MOST_IN_FLIGHT = 2 << 20
"""Bytes of one host: OpenSSH's window of a channel."""

LEAST_IN_FLIGHT = 256 << 10

TOLD_EACH = 0.25
"""Seconds between two words about how far a host has come."""


class Shares:
    """What each transfer may have under way: less, where there are many."""

    def __init__(self) -> None:
        self._transfers = 0

    def join(self) -> None:
        """One transfer more."""
        self._transfers += 1

    def leave(self) -> None:
        """One transfer less."""
        self._transfers -= 1

    @property
    def each(self) -> int:
        """Bytes."""
        return max(LEAST_IN_FLIGHT, min(MOST_IN_FLIGHT, ALL_IN_FLIGHT // max(1, self._transfers)))


class Flight:
    """The bytes under way of one transfer."""

    def __init__(self, shares: Shares) -> None:
        self._shares = shares
        self._used = 0
        self._room = asyncio.Event()

    async def take(self, size: int) -> None:
        """Wait until so many bytes more may be under way; where there are none, any number."""
        while self._used and self._used + size > self._shares.each:
            self._room.clear()
            await self._room.wait()
        self._used += size

    def more(self, size: int) -> None:
        """So many bytes more are under way, which nothing waits for: they have come already."""
        self._used += size

    def give(self, size: int) -> None:
        """So many bytes have arrived."""
        self._used -= size
        self._room.set()


class Batch:
    """Requests of one file that nobody waits for one by one: what goes wrong with the first of them counts.

    A block of it ends once all of them have; a cancel waits for none, and nothing more comes of them.
    """

    def __init__(self, flight: Flight) -> None:
        self.error: Exception | None = None
        self._flight = flight
        self._open = 0
        self._left = False
        self._idle = asyncio.Event()
        self._idle.set()

    def add(self, future: asyncio.Future[T], then: Callable[[T], object], size: int) -> None:
        """Have `then` called with the future's value; `size` bytes are under way until then."""
        self._open += 1
        self._idle.clear()

        def ended(done: asyncio.Future[T]) -> None:
            self._flight.give(size)
            try:
                if self._left:
                    done.cancelled() or done.exception()  # asked for, that asyncio does not print it
                elif not done.cancelled():
                    then(done.result())
            except Exception as error:  # noqa: BLE001 - it is raised where the block ends
                self.error = self.error or error
            self._open -= 1
            if not self._open:
                self._idle.set()

        future.add_done_callback(ended)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            while self._open and not isinstance(error, asyncio.CancelledError):
                await self._idle.wait()
        finally:
            self._left = True
        if error is None and self.error is not None:
            raise self.error


class Tally:
    """What has come over, told to the sink now and then."""

    def __init__(self, sink: MoveSink) -> None:
        self._sink = sink
        self._loop = asyncio.get_running_loop()
        self._told = 0.0
        self.done = 0
        self.total = 0
        self.files = 0

    def expect(self, size: int) -> None:
        """So many bytes more are to come."""
        self.total += size
        self._tell()

    def came(self, size: int) -> None:
        """So many bytes have come over."""
        self.done += size
        self._tell()

    def whole(self) -> None:
        """A file is whole."""
        self.files += 1
        self._tell()

    def _tell(self) -> None:
        if self._loop.time() - self._told >= TOLD_EACH:
            self.tell()

    def tell(self) -> None:
        """Tell it now."""
        self._told = self._loop.time()
        self._sink.moved(Moved(self.done, self.total, self.files))
