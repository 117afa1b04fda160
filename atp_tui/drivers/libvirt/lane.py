"""The lane of one libvirt connection: its handle lives and dies on threads of the crew; only plain data leaves.

A lane has no thread of its own while nothing is called. What waits for its turn here, waits for this host alone.
"""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from ...model.errors import CallFailed, CallTimeout, ConnectionLost
from ...model.message import Message, told
from ...model.say import Say
from .crew import Crew, Report
from .failures import call_failure

T = TypeVar("T")

DEPART_AGAIN = 0.1
"""Seconds until a lane that could get no thread for its farewell asks again."""

_DEPTH = 3


class _Job:
    """A call, and the future of who waits for it."""

    __slots__ = ("function", "future")

    def __init__(self, function: Callable[[Any], Any], future: asyncio.Future[Any]) -> None:
        self.function = function
        self.future = future


class Lane:
    """Runs functions of one connection's handle, at most `limit` at a time; the first job sets the handle.

    `on_lost` is called on the loop when a call shows that the connection is dead. `farewell` runs on a thread after the
    last call, where nothing can be using the handle any more: closing a handle under a running call is a crash.
    """

    def __init__(
        self,
        crew: Crew,
        host: str,
        limit: int,
        on_lost: Callable[[ConnectionLost], None],
        farewell: Callable[[Any], None],
    ) -> None:
        self.host = host
        self.handle: Any = None
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._loop = asyncio.get_running_loop()
        self._crew = crew
        self._limit = limit
        self._on_lost = on_lost
        self._farewell = farewell
        self._waiting: set[asyncio.Future[Any]] = set()
        # Shared with the threads, under the lock: jobs that wait for one, how many work here, whether more may come.
        self._lock = threading.Lock()
        self._queue: deque[_Job] = deque()
        self._threads = 0
        self._stopped = False
        self._used = False

    @property
    def busy(self) -> bool:
        """Whether somebody waits for an answer."""
        return any(not future.done() for future in self._waiting)

    async def call(self, function: Callable[[Any], T], timeout: float | None) -> T:
        """Return function(handle), run on a thread.

        Raises what it raised (libvirt's errors as model errors), CallTimeout after `timeout` seconds, ConnectionLost
        when the lane ends, CallFailed where no thread can be started, TypeError for a value that holds a libvirt
        handle. After a time-out or a cancel the thread finishes alone, and what it brings is dropped.
        """
        if self._stopped:
            raise ConnectionLost(told(Say.LINK_CLOSED), host=self.host)
        future: asyncio.Future[T] = self._loop.create_future()
        self._waiting.add(future)
        if timeout is not None:
            self._crew.deadlines.watch(future, timeout, partial(self._too_late, timeout))
        try:
            self._begin(_Job(function, future))
            return await future
        finally:
            self._waiting.discard(future)
            if timeout is not None:
                self._crew.deadlines.forget(future)

    def _too_late(self, timeout: float) -> CallTimeout:
        return CallTimeout(told(Say.NO_ANSWER, limit=timeout), host=self.host)

    def _begin(self, job: _Job) -> None:
        if not self._used:
            self._used = True
            self._crew.enter(self._limit)
        with self._lock:
            if self._threads >= self._limit:
                self._queue.append(job)
                return
            self._threads += 1
        try:
            self._crew.run(partial(self._work, job))
        except RuntimeError as error:
            with self._lock:
                self._threads -= 1
            raise CallFailed(told(Say.NO_THREAD_FOR_CALL, why=str(error)), host=self.host) from error

    def stop(self, reason: Message | None = None) -> None:
        """Take no more calls, and end once those there are have been made. With a reason, all calls end with it."""
        if reason is not None:
            for future in self._waiting:
                if not future.done():
                    future.set_exception(ConnectionLost(reason, host=self.host))
        with self._lock:
            if self._stopped:
                return
            self._stopped = True
            idle = not self._threads
        if not self._used:
            self._farewell(None)
            self._end()
        elif idle:
            self._depart()

    def _depart(self) -> None:
        try:
            self._crew.run(self._last)
        except RuntimeError:  # no thread is to be had now; on the loop's own the goodbye could hang
            self._loop.call_later(DEPART_AGAIN, self._depart)

    def _done(self, job: _Job, value: Any, error: BaseException | None) -> None:
        if not job.future.done():
            if error is None:
                job.future.set_result(value)
            else:
                job.future.set_exception(error)
        if isinstance(error, ConnectionLost):
            self._on_lost(error)

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    # -- on the threads ------------------------------------------------------------------------------------------------

    def _work(self, job: _Job) -> Report | None:
        """Make this call, and go on with those that wait."""
        while True:
            # a call that nobody waits for any more is not begun
            value, error = (None, None) if job.future.done() else self._perform(job.function)
            report = partial(self._tell, self._done, job, value, error)
            del value, error
            following, last = self._take()
            if following is None and not last:
                return report
            report()
            if following is None:
                return self._last()
            job = following
            del report

    def _take(self) -> tuple[_Job | None, bool]:
        """The next job. Where there is none, this thread is done here; then, whether it was the last there will be."""
        with self._lock:
            if self._queue:
                return self._queue.popleft(), False
            self._threads -= 1
            return None, self._stopped and not self._threads

    def _last(self) -> Report:
        handle, self.handle = self.handle, None
        self._farewell(handle)
        del handle
        self._crew.leave(self._limit)
        return partial(self._tell, self._end)

    def _perform(self, function: Callable[[Any], Any]) -> tuple[Any, BaseException | None]:
        try:
            value = function(self.handle)
            if _holds_handle(value, _DEPTH):
                raise TypeError(
                    f"the function returned a {_name(value)} that holds a libvirt handle; handles stay on their lane: "
                    "return plain data"
                )
        except BaseException as raised:  # noqa: BLE001 - whatever it is belongs to the caller, who waits on the loop
            # the frames of the function hold handles, which must be freed here and not where the error ends up
            traceback.clear_frames(raised.__traceback__)
            return None, call_failure(raised, self.handle, self.host)
        return value, None

    def _tell(self, callback: Callable[..., object], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *args)
        except RuntimeError:
            return  # the loop is closed: nobody is left to be told


def _name(value: object) -> str:
    return type(value).__qualname__


def _holds_handle(value: object, depth: int) -> bool:
    """Whether a value is of libvirt's types, or a container whose first item holds one.

    One item stands for all: a list of a thousand statistics must not be searched through.
    """
    if type(value).__module__.startswith("libvirt"):
        return True
    if depth and isinstance(value, list | tuple | set | frozenset | dict) and value:
        if isinstance(value, tuple):
            return any(_holds_handle(item, depth - 1) for item in value[:8])
        first = next(iter(value))
        if isinstance(value, dict) and _holds_handle(value[first], depth - 1):
            return True
        return _holds_handle(first, depth - 1)
    return False
