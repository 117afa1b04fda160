"""What all libvirt connections share: threads, as many as calls are under way, and a timer for their time limits.

A thread for each connection would cost 45 kB of memory and 0.1 ms of opening for every host, most of which are idle
most of the time. This is no executor with a limit: whoever brings work gets a thread at once, an idle one or a new one,
so a call that hangs takes only its own. They are daemon threads: one that hangs cannot keep the program from quitting.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue

from ...transport.clock import LoopClock
from ...transport.deadlines import Deadlines

IDLE_MOST = 32
"""Threads that are kept with nothing to do, at 30 kB each, while there are no more of them than calls that all lanes
can make at once. A time limit on their waiting would cost each call 5 µs."""

Report = Callable[[], None]
Work = Callable[[], Report | None]
"""What it returns is called once the thread is free again: whoever hears of a result finds its thread idle."""


class Crew:
    """Threads on demand. Few stay idle, and all leave with the last lane.

    A new thread takes the oldest work that waits, and starts the next one where there is more. So nobody on the event
    loop waits for more than one start, and a burst of short calls needs far fewer threads than it has calls.
    """

    def __init__(self) -> None:
        self.deadlines = Deadlines(LoopClock())
        self._lock = threading.Lock()
        self._idle: list[SimpleQueue[Work | None]] = []
        self._waiting: deque[Work] = deque()
        self._starting = False
        self._threads = 0
        self._calls = 0

    def enter(self, calls: int) -> None:
        """There is one more lane, which may bring so many calls at a time."""
        with self._lock:
            self._calls += calls

    def leave(self, calls: int) -> None:
        """A lane has brought its last work; `calls` as for `enter`."""
        with self._lock:
            self._calls -= calls
            too_many = max(0, self._threads - self._calls)
            leaving, self._idle = self._idle[:too_many], self._idle[too_many:]
            self._threads -= len(leaving)
        for inbox in leaving:
            inbox.put(None)

    def run(self, work: Work) -> None:
        """Have `work`, which must not raise, done at once. Raises RuntimeError where no thread can be started."""
        with self._lock:
            inbox = self._idle.pop() if self._idle else None
            if inbox is None:
                self._waiting.append(work)
                if self._starting:
                    return
                self._starting = True
        if inbox is not None:
            inbox.put(work)
            return
        try:
            self._start()
        except RuntimeError:
            with self._lock:
                self._starting = False
                if work not in self._waiting:  # another thread came free and took it
                    return
                self._waiting.remove(work)
            raise

    def _start(self) -> None:
        threading.Thread(target=self._serve, name="libvirt-call", daemon=True).start()

    # -- on the threads ------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        inbox: SimpleQueue[Work | None] = SimpleQueue()
        work = self._first()
        while work is not None:
            report = work()
            del work  # it may hold a handle, which must not stay alive until there is more to do
            with self._lock:
                following = self._waiting.popleft() if self._waiting else None
                staying = following is not None or (self._threads <= self._calls and len(self._idle) < IDLE_MOST)
                if not staying:
                    self._threads -= 1
                elif following is None:
                    self._idle.append(inbox)
            if report is not None:
                report()
                del report
            if not staying:
                return
            work = inbox.get() if following is None else following
            del following

    def _first(self) -> Work | None:
        """What a new thread begins with. Where more waits, another thread is started before that can hang."""
        with self._lock:
            work = self._waiting.popleft() if self._waiting else None
            self._starting = bool(self._waiting)
            more = self._starting
            self._threads += work is not None  # without work it leaves again
        if more:
            try:
                self._start()
            except RuntimeError:  # no more threads are to be had: what waits is done by those that come free
                with self._lock:
                    self._starting = False
        return work
