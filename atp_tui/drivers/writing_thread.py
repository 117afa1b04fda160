"""A thread that writes what the event loop gives it, in the order in which it came."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Generic, Self, TypeVar

Item = TypeVar("Item")


class WritingThread(ABC, Generic[Item]):
    """Runs while the block runs; the end of the block waits until all is written.

    `name` is that of the thread, `most` the bytes that may wait before `room` waits for it.
    """

    def __init__(self, name: str, most: int) -> None:
        self._most = most
        self._queue: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._waiting = 0
        self._room: asyncio.Future[None] | None = None
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    async def room(self) -> None:
        """Wait until all but `most` bytes are written, or nothing is written any more."""
        while self._holds_up():
            self._room = self._loop.create_future()
            await self._room

    async def __aenter__(self) -> Self:
        self._thread.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._queue.put(None)
        await self._ended

    @abstractmethod
    def _work(self, items: Iterator[Item]) -> None:
        """Write the items, in the thread."""

    def _holds_up(self) -> bool:
        return self._waiting > self._most and not self._ended.done()

    def _put(self, item: Item, size: int = 0) -> None:
        """Give the thread an item; of its `size` in bytes `_written` is to be told once it is written."""
        self._waiting += size
        self._queue.put(item)

    def _run(self) -> None:
        try:
            self._work(iter(self._queue.get, None))
        finally:  # nobody waits for a thread that is gone
            self._tell(self._end)

    def _tell(self, what: Callable[..., object], *arguments: object) -> None:
        """Have it called on the event loop."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: the program did not wait for this thread
            self._loop.call_soon_threadsafe(what, *arguments)

    def _written(self, size: int) -> None:
        self._waiting -= size
        if self._waiting <= self._most:
            self._wake()

    def _wake(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)
        self._wake()
