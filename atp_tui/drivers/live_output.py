"""Standard output and standard error while a job runs. A reader that is slow, or gone, never holds the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import stat
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from ..model.text import Printed, Safe

WAITING = 256 << 10
"""Bytes that may wait to be written before `room` waits for the reader."""

HURRY = 1.0
"""Seconds that a reader who stands still has for the rest, once the person wants to leave."""

_ERASE = b"\r\x1b[K"


class LiveOutput:
    """Writes while a job runs, from a thread of its own: `| less` stops reading for as long as a person reads.

    `on_gone` is called on the event loop when what is written reaches nobody any more; `gone` says why. A standard
    error that cannot be written to is no such reason, but that its reader has left is: `2>&1 | head`. A writer of much
    awaits `room` before the next piece: what waits is bounded by that. `out` and `err` are descriptors.
    """

    def __init__(self, on_gone: Callable[[], object], out: int = 1, err: int = 2) -> None:
        self._out = out
        self._err = err
        self._queue: queue.SimpleQueue[tuple[int | None, bytes] | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._on_gone = on_gone
        self.gone: OSError | None = None
        self._waiting = 0
        self._status = ""
        self._disturbed = False
        self._room: asyncio.Future[None] | None = None
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._write, name="output", daemon=True)

    def out(self, text: Printed) -> None:
        """To standard output."""
        self._put(self._out, text)

    def err(self, text: Printed) -> None:
        """To standard error."""
        self._put(self._err, text)

    def status(self, text: Safe) -> None:
        """A line on standard error, a terminal, that stands until anything else is written; "" takes it away.

        It waits for the end of a line that is being written, and is part of no output.
        """
        if self._ended.done() or (text == self._status and not self._disturbed):
            return
        self._status, self._disturbed = text, False
        self._queue.put((None, text.encode(errors="replace")))

    async def room(self) -> None:
        """Wait until the reader has taken all but WAITING bytes, or takes no more at all."""
        while self._waiting > WAITING and self.gone is None and not self._ended.done():
            self._room = self._loop.create_future()
            await self._room

    def _put(self, descriptor: int, text: Printed) -> None:
        if text and not self._ended.done():
            data = text.encode(errors="replace")
            self._waiting += len(data)
            self._disturbed = True
            self._queue.put((descriptor, data))

    def hurry(self) -> None:
        """From now on wait HURRY seconds at most for the reader to take what is there. More may come much later."""
        self._loop.call_later(HURRY, self._end_if_still_waiting, self._waiting > 0)

    def _end_if_still_waiting(self, waited: bool) -> None:
        if self._ended.done():
            return
        if waited and self._waiting:
            self._end()
        else:
            self.hurry()

    async def __aenter__(self) -> Self:
        self._thread.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._queue.put(None)
        await self._ended

    def _write(self) -> None:
        lost: set[int] = set()
        stands = open_line = False
        aside = _is_file(self._out)
        while (item := self._queue.get()) is not None:
            descriptor, data = item
            if descriptor is None:
                if not open_line and (stands or data):
                    self._write_all(self._err, _ERASE + data, lost)
                    stands = bool(data)
                continue
            if not (aside and descriptor == self._out):
                if stands:
                    self._write_all(self._err, _ERASE, lost)
                    stands = False
                open_line = not data.endswith(b"\n")
            self._write_all(descriptor, data, lost)
            self._tell(self._written, len(data))
        if stands:
            self._write_all(self._err, _ERASE, lost)
        self._tell(self._end)

    def _write_all(self, descriptor: int, data: bytes, lost: set[int]) -> None:
        while data and descriptor not in lost:
            try:
                data = data[os.write(descriptor, data) :]
            except OSError as error:
                lost.add(descriptor)
                if descriptor == self._out or isinstance(error, BrokenPipeError):
                    self._tell(self._reader_gone, error)

    def _tell(self, what: Callable[..., object], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the program did not wait for this reader
            self._loop.call_soon_threadsafe(what, *arguments)

    def _written(self, size: int) -> None:
        self._waiting -= size
        if self._waiting <= WAITING:
            self._wake()

    def _wake(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    def _reader_gone(self, error: OSError) -> None:
        if self.gone is None:
            self.gone = error
            self._wake()
            self._on_gone()

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)
        self._wake()


def _is_file(descriptor: int) -> bool:
    """Whether nobody sees there what is written, so that no line need be taken away before it."""
    try:
        return stat.S_ISREG(os.fstat(descriptor).st_mode)
    except OSError:
        return False
