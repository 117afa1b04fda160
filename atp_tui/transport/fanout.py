"""One task on many hosts: a bounded number at a time, each with its own fate, results as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeVar

from ..model.errors import CallTimeout
from ..model.message import told
from ..model.outcome import TaskResult
from ..model.say import Say
from .clock import Clock

T = TypeVar("T")

PerHost = Callable[[str], Awaitable[T]]


class FanOut(Generic[T]):
    """Runs `one(host_id)` for each host, at most `limit` at a time, and owns the tasks that do it."""

    def __init__(self, host_ids: Iterable[str], one: PerHost[T], clock: Clock, *, limit: int) -> None:
        if limit < 1:
            raise ValueError(f"a fan-out of {limit} runs nothing; it must be 1 or more")
        self._left = list(enumerate(host_ids))
        self._left.reverse()
        self._one = one
        self._clock = clock
        self._limit = limit
        self._stopping = False
        self._begun: dict[int, tuple[str, float]] = {}
        self._results: asyncio.Queue[tuple[int, TaskResult[T]]] = asyncio.Queue()

    async def results(self, overall: float | None) -> AsyncGenerator[tuple[int, TaskResult[T]], None]:
        """(place in the order asked, result) as they come; what is not done after `overall` seconds is a CallTimeout.

        Leaving the iteration early cancels what still runs, and waits for it to be gone.
        """
        end = None if overall is None else self._clock.monotonic() + overall
        expected = len(self._left)
        workers = [asyncio.ensure_future(self._work()) for _ in range(min(self._limit, expected))]
        try:
            for _ in range(expected):
                # The limit is around this await alone: held over a yield it would cancel the reader's own code.
                async with self._clock.timeout(None if end is None else end - self._clock.monotonic()):
                    result = await self._results.get()
                yield result
        except TimeoutError:
            await self._stop(workers)
            for late in self._unfinished(overall or 0.0):
                yield late
        finally:
            await self._stop(workers)

    async def _stop(self, workers: Sequence[asyncio.Future[None]]) -> None:
        self._stopping = True  # a task may swallow its cancel: its worker must not go on with the next host
        for worker in workers:
            worker.cancel()
        if workers:
            try:
                await asyncio.wait(workers)
            except asyncio.CancelledError:
                for worker in workers:
                    worker.cancel()  # they hear of a second cancel, too: what ends on the far side is not waited for
                raise

    def _unfinished(self, overall: float) -> Iterable[tuple[int, TaskResult[T]]]:
        while not self._results.empty():
            yield self._results.get_nowait()
        now = self._clock.monotonic()
        rest = [(place, host_id, now - begun) for place, (host_id, begun) in self._begun.items()]
        rest += [(place, host_id, 0.0) for place, host_id in self._left]
        for place, host_id, spent in sorted(rest):
            error = CallTimeout(told(Say.NOT_DONE, limit=overall), host=host_id)
            yield place, TaskResult(host_id, None, error, spent)

    async def _work(self) -> None:
        while self._left and not self._stopping:
            place, host_id = self._left.pop()
            begun = self._clock.monotonic()
            self._begun[place] = host_id, begun
            result = await self._attempt(host_id, begun)
            del self._begun[place]
            self._results.put_nowait((place, result))

    async def _attempt(self, host_id: str, begun: float) -> TaskResult[T]:
        try:
            value = await self._one(host_id)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise  # the fan-out ends
            failure: BaseException = error  # something inside the task was cancelled: this host's affair alone
        except Exception as error:  # noqa: BLE001 - a crash in a task is its host's result, whatever it is
            failure = error
        else:
            return TaskResult(host_id, value, None, self._clock.monotonic() - begun)
        return TaskResult(host_id, None, failure, self._clock.monotonic() - begun)
