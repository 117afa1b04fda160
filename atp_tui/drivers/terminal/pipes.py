"""The near end of a session without a terminal: standard input, output and error, whatever these are."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from types import TracebackType

from ...model.outcome import Stream
from ...transport.driver import FarShell
from ..writing_thread import WritingThread

PIECE = 64 << 10
"""Bytes of one read."""

WAITING = 256 << 10
"""Bytes that may wait to be written before the far side is held up."""

LAST_WORDS = 0.5
"""Seconds that a reader has for what has come, where a signal ends the program: one that stands still ends nothing."""


class NearPipes(WritingThread[tuple[int, bytes]]):
    """transport.driver.NearShell. Its output is written by a thread: a reader may be slow.

    `gone` says why nobody takes standard output any more.
    """

    def __init__(self, read: int = 0, out: int = 1, err: int = 2) -> None:
        super().__init__("output", WAITING)
        self._in, self._streams = read, {"stdout": out, "stderr": err}
        self._far: FarShell | None = None
        self._reading: asyncio.Task[None] | None = None
        self._may_write = asyncio.Event()
        self._may_write.set()
        self.gone: OSError | None = None

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reading is not None:
            self._reading.cancel()
        if kind is not None and issubclass(kind, asyncio.CancelledError):
            self._queue.put(None)
            await asyncio.wait([self._ended], timeout=LAST_WORDS)
            return
        await super().__aexit__(kind, error, trace)

    def begun(self, far: FarShell) -> None:
        self._far = far
        self._reading = asyncio.create_task(self._read(far))

    def output(self, stream: Stream, data: bytes) -> asyncio.Future[None] | None:
        if self.gone is not None:
            return None
        self._put((self._streams[stream], data), len(data))
        if not self._holds_up():
            return None
        if self._room is None or self._room.done():
            self._room = self._loop.create_future()
        return self._room

    def pause_writing(self) -> None:
        self._may_write.clear()

    def resume_writing(self) -> None:
        self._may_write.set()

    async def _read(self, far: FarShell) -> None:
        while True:
            await self._may_write.wait()
            try:
                await self._readable()
                data = os.read(self._in, PIECE)
            except BlockingIOError:
                continue
            except OSError:  # there is no standard input
                data = b""
            if not data:
                far.write_eof()
                return
            far.write(data)

    async def _readable(self) -> None:
        ready = asyncio.Event()
        try:
            self._loop.add_reader(self._in, ready.set)
        except PermissionError:  # a file, which never waits
            await asyncio.sleep(0)
            return
        try:
            await ready.wait()
        finally:
            self._loop.remove_reader(self._in)

    def _work(self, items: Iterator[tuple[int, bytes]]) -> None:
        for descriptor, data in items:
            rest = data
            try:
                while rest and self.gone is None:
                    rest = rest[os.write(descriptor, rest) :]
            except OSError as error:
                if descriptor == self._streams["stdout"]:
                    self._tell(self._nobody_reads, error)
            self._tell(self._written, len(data))

    def _nobody_reads(self, error: OSError) -> None:
        if self.gone is None:
            self.gone = error
            self._wake()
            if self._far is not None:
                self._far.leave()
