"""Standard output and standard error while a job runs. A reader that is slow, or gone, never holds the event loop."""

from __future__ import annotations

import contextlib
import os
import select
import stat
from collections.abc import Callable, Iterator

from ..model.text import Printed, Safe
from .writing_thread import WritingThread

WAITING = 256 << 10
"""Bytes that may wait to be written before `room` waits for the reader."""

AT_A_TIME = 128 << 10
"""Bytes after which it is told that they are written, while more waits: each time the event loop is woken for it."""

HURRY = 1.0
"""Seconds that a reader who stands still has for the rest, once the person wants to leave."""

_ERASE = b"\r\x1b[K"


class LiveOutput(WritingThread[tuple[int | None, bytes]]):
    """Writes while a job runs, from a thread of its own: `| less` stops reading for as long as a person reads.

    `on_gone` is called on the event loop when what is written reaches nobody any more; `gone` says why. A standard
    error that cannot be written to is no such reason, but that its reader has left is: `2>&1 | head`. A writer of much
    awaits `room` before the next piece: what waits is bounded by that. `out` and `err` are descriptors.
    """

    def __init__(self, on_gone: Callable[[], object], out: int = 1, err: int = 2) -> None:
        super().__init__("output", WAITING)
        self._out = out
        self._err = err
        self._on_gone = on_gone
        self.gone: OSError | None = None
        self._status = ""
        self._disturbed = False
        self._stands = False

    def out(self, text: Printed) -> None:
        """To standard output."""
        self._print(self._out, text)

    def err(self, text: Printed) -> None:
        """To standard error."""
        self._print(self._err, text)

    def status(self, text: Safe) -> None:
        """A line on standard error, a terminal, that stands until anything else is written; "" takes it away.

        It waits for the end of a line that is being written, and is part of no output.
        """
        if self._ended.done() or (text == self._status and not self._disturbed):
            return
        self._status, self._disturbed = text, False
        self._put((None, text.encode(errors="replace")))

    def wipe(self) -> None:
        """Take that line away now: for a signal that ends the program, where neither the loop nor a lock may be waited
        for, nor a terminal that stands still."""
        if self._stands:
            with contextlib.suppress(OSError, ValueError):
                if select.select([], [self._err], [], 0)[1]:
                    os.write(self._err, _ERASE)

    def _print(self, descriptor: int, text: Printed) -> None:
        if text and not self._ended.done():
            data = text.encode(errors="replace")
            self._disturbed = True
            self._put((descriptor, data), len(data))

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

    def _holds_up(self) -> bool:
        return super()._holds_up() and self.gone is None  # it takes no more at all

    def _work(self, items: Iterator[tuple[int | None, bytes]]) -> None:
        lost: set[int] = set()
        open_line = False
        aside = _is_file(self._out)
        written = 0
        for descriptor, data in items:
            if descriptor is None:
                if not open_line and (self._stands or data):
                    self._write_all(self._err, _ERASE + data, lost)
                    self._stands = bool(data)
            else:
                if not (aside and descriptor == self._out):
                    self._take_away(lost)
                    open_line = not data.endswith(b"\n")
                self._write_all(descriptor, data, lost)
                written += len(data)
            if written >= AT_A_TIME or (written and self._queue.empty()):
                self._tell(self._written, written)
                written = 0
        self._take_away(lost)

    def _take_away(self, lost: set[int]) -> None:
        if self._stands:
            self._write_all(self._err, _ERASE, lost)
            self._stands = False

    def _write_all(self, descriptor: int, data: bytes, lost: set[int]) -> None:
        while data and descriptor not in lost:
            try:
                data = data[os.write(descriptor, data) :]
            except OSError as error:
                lost.add(descriptor)
                if descriptor == self._out or isinstance(error, BrokenPipeError):
                    self._tell(self._reader_gone, error)

    def _reader_gone(self, error: OSError) -> None:
        if self.gone is None:
            self.gone = error
            self._wake()
            self._on_gone()


def _is_file(descriptor: int) -> bool:
    """Whether nobody sees there what is written, so that no line need be taken away before it."""
    try:
        return stat.S_ISREG(os.fstat(descriptor).st_mode)
    except OSError:
        return False
