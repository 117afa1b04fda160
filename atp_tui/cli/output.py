"""What headless verbs print. A reader that is slow, or gone, never holds the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import queue
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from ..model.errors import ActionFailed
from ..ui.text import safe


def line_of(host: str, text: str) -> str:
    """`host: text`, with nothing in it that a terminal would obey."""
    return f"{safe(host)}: {safe(text)}\n"


def standard_output() -> TextIO:
    """Standard output. Raises ActionFailed where whoever has started the program has closed it."""
    stream: TextIO | None = sys.stdout
    if stream is None:
        raise ActionFailed("there is no standard output to write to")
    return stream


def emit(text: str) -> None:
    """Print to standard output, quietly where its reader has gone. Raises ActionFailed where it cannot be written.

    What the terminal's encoding lacks is replaced: a name in another script is no reason to fail.
    """
    stream = standard_output()
    data = text.encode(stream.encoding or "utf-8", "replace")
    try:
        stream.flush()
        stream.buffer.write(data)
        stream.buffer.flush()
    except OSError as error:
        # the interpreter flushes once more at its end: give it somewhere to flush to
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if not isinstance(error, BrokenPipeError):
            raise unwritable(error) from error


def emit_json(value: object) -> None:
    """Print one JSON object as RFC 8259 has it, which knows no NaN. Raises ValueError for a value that holds one."""
    emit(json.dumps(value, indent=2, allow_nan=False) + "\n")


def unwritable(error: OSError) -> ActionFailed:
    """What is to be said of an error in writing to standard output."""
    return ActionFailed(f"standard output cannot be written: {error.strerror}")


def complain(message: str) -> None:
    """One message, or several lines of them, on standard error, if there is one."""
    with contextlib.suppress(OSError, AttributeError):
        for line in message.splitlines():
            sys.stderr.write(f"atp-tui: {safe(line)}\n")  # Python escapes there what the encoding lacks
        sys.stderr.flush()


WAITING = 256 << 10
"""Bytes that may wait to be written before `room` waits for the reader."""

HURRY = 1.0
"""Seconds that a reader who stands still has for the rest, once the person wants to leave."""


class LiveOutput:
    """Writes while a job runs, from a thread of its own: `| less` stops reading for as long as a person reads.

    `on_gone` is called on the event loop when what is written reaches nobody any more; `gone` says why. A standard
    error that cannot be written to is no such reason, but that its reader has left is: `2>&1 | head`. A writer of much
    awaits `room` before the next piece: what waits is bounded by that.
    """

    def __init__(self, on_gone: Callable[[], object]) -> None:
        self._queue: queue.SimpleQueue[tuple[int, bytes] | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._on_gone = on_gone
        self.gone: OSError | None = None
        self._waiting = 0
        self._room: asyncio.Future[None] | None = None
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._write, name="output", daemon=True)

    def out(self, text: str) -> None:
        """To standard output."""
        self._put(1, text)

    def err(self, text: str) -> None:
        """To standard error."""
        self._put(2, text)

    async def room(self) -> None:
        """Wait until the reader has taken all but WAITING bytes, or takes no more at all."""
        while self._waiting > WAITING and self.gone is None and not self._ended.done():
            self._room = self._loop.create_future()
            await self._room

    def _put(self, descriptor: int, text: str) -> None:
        if text and not self._ended.done():
            data = text.encode(errors="replace")
            self._waiting += len(data)
            self._queue.put((descriptor, data))

    def hurry(self) -> None:
        """From now on wait HURRY seconds at most for the reader to take what is there."""
        self._loop.call_later(HURRY, self._end)

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
        while (item := self._queue.get()) is not None:
            descriptor, data = item
            size = len(data)
            while data and descriptor not in lost:
                try:
                    data = data[os.write(descriptor, data) :]
                except OSError as error:
                    lost.add(descriptor)
                    if descriptor == 1 or isinstance(error, BrokenPipeError):
                        self._tell(self._reader_gone, error)
            self._tell(self._written, size)
        self._tell(self._end)

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
