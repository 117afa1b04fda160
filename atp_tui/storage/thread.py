"""The thread that waits for the disk. The event loop hands it writes and questions, and is never held up."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ..model.data_class import dataclass
from ..transport.clock import Clock, LoopClock
from .backlog import Backlog, Rank

if TYPE_CHECKING:  # SQLite is loaded by the thread itself, since no first frame and no command is to wait for it
    from .keeper import Keeper, Question, Write
    from .place import Told

T = TypeVar("T")

_log = logging.getLogger(__name__)

MOST_WAITING = 64 << 20
"""Bytes that may wait for a disk that is slow; see Backlog."""

BATCH = 8 << 20
"""Bytes of one transaction. Its rows are in memory twice, and another program waits for so long."""

ANSWER_LIMIT = 10.0
"""Seconds until a question to a disk that hangs is answered with nothing."""

CLOSE_LIMIT = 2.0
"""Seconds that the end waits for the last writes."""


@dataclass(frozen=True, slots=True)
class _Put:
    write: Write
    size: int


@dataclass(frozen=True, slots=True)
class _Asked:
    question: Question[Any]
    settle: Callable[[Any, Exception | None], None]
    writes: bool


@dataclass(frozen=True, slots=True)
class _End:
    """Nothing comes after it."""


_Item = _Put | _Asked | _End


class StorageThread:
    """Runs a Keeper on a daemon thread. `make` makes it there, given where its words go. One object for one event loop.

    Everything queued is done in its order: a question sees all that was put before it. Many writes that wait become
    one transaction. `told` is called on the event loop with words for a person, which may hold a path. A disk that
    hangs keeps this thread from ending, and no more than that: the program may quit without it.
    """

    def __init__(
        self,
        make: Callable[[Told], Keeper],
        told: Told,
        clock: Clock | None = None,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._make = make
        self._told = told
        self._clock = clock or LoopClock()
        self._queue: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._backlog = Backlog(most_waiting)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Future[None] | None = None
        self._closing = False
        self._losing = False
        self._hanging = False

    def start(self) -> None:
        """Begin, on the running event loop. Where the system has no thread left nothing is kept, which is told."""
        self._loop = asyncio.get_running_loop()
        self._ended = self._loop.create_future()
        try:
            threading.Thread(target=self._run, name="storage", daemon=True).start()
        except RuntimeError as error:
            _log.error("the storage's thread cannot be started: %s", error)
            self._end()

    async def close(self, limit: float = CLOSE_LIMIT) -> None:
        """Write all that waits and end, in `limit` seconds at most; how much was not written then is told."""
        if self._ended is None or self._closing:
            return
        self._closing = True
        self._queue.put(_End())
        try:
            async with self._clock.timeout(limit):
                await asyncio.shield(self._ended)
        except TimeoutError:
            waiting = self._backlog.waiting
            self._told(
                f"the disk does not answer: {waiting} bytes were not kept" if waiting else "the disk does not answer"
            )

    def put(self, write: Write, rank: Rank, size: int, count: int = 1) -> bool:
        """Queue a write of about `size` bytes, with `count` things in it; whether there was room."""
        if self._is_over() or not self._backlog.take(rank, size, count):
            self._lose()
            return False
        self._queue.put(_Put(write, size))
        return True

    def refuse(self, rank: Rank, count: int = 1) -> None:
        """Count, and tell, things that are left out because the job that they belong to had no room."""
        self._backlog.refuse(rank, count)
        self._lose()

    async def ask(self, question: Question[T], nothing: T, *, writes: bool = False) -> T:
        """The answer to a question. `nothing`, and words, where the disk hangs or the question fails; after `close`.

        `writes`: it does, so that it is asked of the file that is there now.
        """
        if self._loop is None or self._is_over():
            return nothing
        answer: asyncio.Future[T] = self._loop.create_future()

        def settle(value: T, error: Exception | None) -> None:
            if answer.done():
                return
            if error is not None:
                self._told(f"the records could not be read: {_reason(error)}")
            answer.set_result(nothing if error is not None else value)

        self._queue.put(_Asked(question, settle, writes))
        try:
            async with self._clock.timeout(ANSWER_LIMIT):
                return await answer
        except TimeoutError:
            if not self._hanging:
                self._hanging = True
                self._told("the disk does not answer: the records cannot be shown")
            return nothing

    def _is_over(self) -> bool:
        return self._closing or (self._ended is not None and self._ended.done())

    def _lose(self) -> None:
        if not self._losing and not self._is_over():
            self._losing = True
            self._told("more comes than the disk takes: some records are left out from now on")

    def _written(self, size: int) -> None:
        self._backlog.written(size)
        self._hanging = False
        if self._losing and self._backlog.waiting == 0:
            self._losing = False
            self._told(f"the disk has caught up; not kept: {self._backlog.losses()}")

    def _end(self) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(None)
            if not self._closing:
                self._told("the thread that keeps jobs has failed: nothing is kept from now on")

    # All methods from here on run on the thread.

    def _post(self, function: Callable[..., object], *arguments: object) -> None:
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop is closed: the program did not wait for this disk
            self._loop.call_soon_threadsafe(function, *arguments)

    def _run(self) -> None:
        try:
            keeper = self._make(lambda words: self._post(self._told, words))
            keeper.attempt()
            self._serve(keeper)
            keeper.close()
        except Exception as error:  # noqa: BLE001 - nothing else would tell of it
            _log.error("the storage's thread failed", exc_info=error)
        finally:
            self._post(self._end)

    def _serve(self, keeper: Keeper) -> None:
        more = False
        while True:
            try:
                item = self._queue.get(timeout=0.0 if more else keeper.due())
            except queue.Empty:
                keeper.attempt()
                more = more and keeper.trim()
                continue
            batch, behind = self._gather(item)
            if batch:
                more = self._write(keeper, batch)
            if isinstance(behind, _Asked):
                self._answer(keeper, behind)
            elif isinstance(behind, _End):
                return

    def _gather(self, item: _Item) -> tuple[list[_Put], _Item | None]:
        """The writes that wait, as many as fit in a transaction, and the other item behind them, if there is any."""
        batch: list[_Put] = []
        size = 0
        while isinstance(item, _Put):
            batch.append(item)
            size += item.size
            if size >= BATCH:
                return batch, None
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return batch, None
        return batch, item

    def _write(self, keeper: Keeper, batch: list[_Put]) -> bool:
        """Whether something is too old after that."""
        more = False
        try:
            keeper.write([put.write for put in batch])
            more = keeper.trim()
        except Exception as error:  # noqa: BLE001 - the thread goes on, and a person is told
            self._post(self._told, f"{len(batch)} records could not be kept: {_reason(error)}")
        self._post(self._written, sum(put.size for put in batch))
        return more

    def _answer(self, keeper: Keeper, asked: _Asked) -> None:
        value: Any = None
        failure: Exception | None = None
        try:
            if asked.writes:
                keeper.renew()
            value = keeper.read(asked.question)
        except Exception as error:  # noqa: BLE001 - any error belongs to the caller, on the loop
            failure = error
        self._post(asked.settle, value, failure)


def _reason(error: Exception) -> str:
    from .words import reason

    return reason(error)
