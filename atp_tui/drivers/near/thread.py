"""A daemon thread that carries out calls in their order, while there is something to do."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")

_Call = Callable[[], None]


class FileThread:
    """Calls that may block on a disk, one after the other. The thread is there while a block of `used` runs."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._users = 0

    @contextlib.contextmanager
    def used(self) -> Iterator[None]:
        """Have the thread while the block runs."""
        if not self._users:
            self._calls = queue.SimpleQueue()
            threading.Thread(target=_work, args=(self._calls,), name=self._name, daemon=True).start()
        self._users += 1
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                self._calls.put(None)

    def begin(self, function: Callable[[], T]) -> asyncio.Future[T]:
        """Have it called; the future of its value, or of what it raises. Cancelled, it is called all the same."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[T] = loop.create_future()

        def settle(value: T | None, error: Exception | None) -> None:
            if result.done():
                return
            if error is None:
                result.set_result(value)  # type: ignore[arg-type] # there is a value where there is no error
            else:
                result.set_exception(error)

        def call() -> None:
            value: T | None = None
            failure: Exception | None = None
            try:
                value = function()
            except Exception as error:  # noqa: BLE001 - any error belongs to the caller, on the loop
                failure = error
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(settle, value, failure)

        self._calls.put(call)
        return result

    def later(self, function: Callable[[], object]) -> None:
        """Have it called, whatever it comes to."""

        def call() -> None:
            with contextlib.suppress(OSError):
                function()

        self._calls.put(call)


def _work(calls: queue.SimpleQueue[_Call | None]) -> None:
    while (call := calls.get()) is not None:
        call()
        del call  # it holds what was read until the next one comes
