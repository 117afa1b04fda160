"""libvirt's event loop, implemented over epoll on one daemon thread for the whole program.

libvirt hands us its descriptors and timers through six functions, which it may call from any thread, with its own
locks held. Three rules follow. Our lock is never held while libvirt is called back, or the two orders of locking would
meet. What libvirt gave us with a watch or a timer is freed on this thread alone, between callbacks, so that it
outlives the last callback that may still be running. And our lock can be taken twice by one thread: Python may collect
garbage at any allocation, and a collected handle of libvirt's calls us from there.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import math
import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from ...model.libvirt import (
    VIR_EVENT_HANDLE_ERROR,
    VIR_EVENT_HANDLE_HANGUP,
    VIR_EVENT_HANDLE_READABLE,
    VIR_EVENT_HANDLE_WRITABLE,
)

Opaque = Any
"""The binding's tuple of capsules (callback, data, free function); it is handed back to the binding untouched."""

_TO_EPOLL = ((VIR_EVENT_HANDLE_READABLE, select.EPOLLIN), (VIR_EVENT_HANDLE_WRITABLE, select.EPOLLOUT))
_FROM_EPOLL = (
    (select.EPOLLIN, VIR_EVENT_HANDLE_READABLE),
    (select.EPOLLOUT, VIR_EVENT_HANDLE_WRITABLE),
    (select.EPOLLERR, VIR_EVENT_HANDLE_ERROR),
    (select.EPOLLHUP, VIR_EVENT_HANDLE_HANGUP),
)
_ALWAYS = VIR_EVENT_HANDLE_ERROR | VIR_EVENT_HANDLE_HANGUP

LATENESS = 1 / 64
"""The share of its interval that a timer may be late. A silent peer is found after interval × (count + 1) seconds of
keepalive; with libvirt's usual 5 and 3 this makes 0.3 s more of these 20 at most."""


class _Watch:
    """`events` are those that libvirt wants; `held` while its connection is being opened."""

    __slots__ = ("callback", "events", "fd", "held", "opaque")

    def __init__(self, fd: int, events: int, callback: Callable[..., object], opaque: Opaque, held: bool) -> None:
        self.fd = fd
        self.events = events
        self.held = held
        self.callback = callback
        self.opaque = opaque


class _Opening:
    __slots__ = ("adopt", "watches")

    def __init__(self, adopt: Callable[[int], None]) -> None:
        self.adopt = adopt
        self.watches: list[_Watch] = []


class _Timer:
    """`due` is the monotonic second of its next call, None while it is off; `queued` its place in the heap."""

    __slots__ = ("callback", "due", "interval", "opaque", "queued")

    def __init__(self, callback: Callable[..., object], opaque: Opaque) -> None:
        self.callback = callback
        self.opaque = opaque
        self.interval = 0.0
        self.due: float | None = None
        self.queued: float | None = None


def _together(due: float, interval: float) -> float:
    """The moment, a LATENESS of its interval later at most, at which timers of the same interval ring together.

    Each waking of the thread costs 0.1 ms, and 1,000 connections with a keepalive of 5 s have 200 timers a second.
    """
    grid = interval * LATENESS
    return math.ceil(due / grid) * grid if grid else due


class EventLoop:
    """One per process; `start` registers it, which has to happen before the first connection is opened."""

    def __init__(self, libvirt: ModuleType) -> None:
        self._libvirt = libvirt
        self._lock = threading.RLock()
        self._ids = itertools.count(1)
        self._epoll = select.epoll()
        self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._epoll.register(self._bell, select.EPOLLIN)
        self._watches: dict[int, _Watch] = {}
        self._by_fd: dict[int, list[int]] = {}
        self._masks: dict[int, int] = {}
        self._born: dict[int, int] = {}
        self._round = 0
        self._timers: dict[int, _Timer] = {}
        self._heap: list[tuple[float, int]] = []
        self._freed: list[Opaque] = []
        self._wakes_at = 0.0
        self._openings: dict[int, _Opening] = {}
        self._has_thread = self._is_registered = False

    def start(self) -> None:
        """Start the thread and register with libvirt. It ends with the process; libvirt has no way to unregister.

        Raises RuntimeError where no thread can be started; called again, it does what is still to be done.
        """
        if not self._has_thread:
            threading.Thread(target=self._run, name="libvirt-events", daemon=True).start()
            self._has_thread = True
        if not self._is_registered:
            self._register()
            self._is_registered = True

    def _register(self) -> None:
        self._libvirt.virEventRegisterImpl(
            self._add_handle,
            self._update_handle,
            self._remove_handle,
            self._add_timeout,
            self._update_timeout,
            self._remove_timeout,
        )

    @contextlib.contextmanager
    def opening(self, adopt: Callable[[int], None]) -> Iterator[None]:
        """While this thread opens a connection, call adopt(fd) for each descriptor that libvirt begins to watch.

        libvirt watches its socket from inside open, on the opening thread, after connecting and before the first byte
        is exchanged: the one moment at which we can learn which descriptor belongs to which connection. Until open
        returns, it reads the socket on the opening thread; were ours to read an end there first, the reason would be
        lost, and libvirt would leak a descriptor (seen with 9.0 and its own event loop alike). So watches are held
        back that long.
        """
        me = threading.get_ident()
        opening = self._openings[me] = _Opening(adopt)
        try:
            yield
        finally:
            del self._openings[me]
            with self._lock:
                for watch in opening.watches:
                    watch.held = False
                    if watch.fd in self._by_fd:
                        self._interest(watch.fd)

    # -- called by libvirt, on any thread ------------------------------------------------------------------------------

    def _add_handle(self, fd: int, events: int, callback: Callable[..., object], opaque: Opaque) -> int:
        opening = self._openings.get(threading.get_ident())
        added = _Watch(fd, events, callback, opaque, held=opening is not None)
        if opening is not None:
            opening.adopt(fd)
            opening.watches.append(added)
        with self._lock:
            watch = next(self._ids)
            self._watches[watch] = added
            self._born.setdefault(fd, self._round)
            self._by_fd.setdefault(fd, []).append(watch)
            self._interest(fd)
        return watch

    def _update_handle(self, watch: int, events: int) -> None:
        with self._lock:
            found = self._watches.get(watch)
            if found is not None and found.events != events:
                found.events = events
                self._interest(found.fd)

    def _remove_handle(self, watch: int) -> int:
        with self._lock:
            found = self._watches.pop(watch, None)
            if found is None:
                return -1
            shared = self._by_fd[found.fd]
            shared.remove(watch)
            self._interest(found.fd)
            if not shared:
                del self._by_fd[found.fd], self._born[found.fd]
            self._free(found.opaque)
        return 0

    def _add_timeout(self, interval: int, callback: Callable[..., object], opaque: Opaque) -> int:
        with self._lock:
            timer = next(self._ids)
            self._timers[timer] = _Timer(callback, opaque)
            self._schedule(timer, interval)
        return timer

    def _update_timeout(self, timer: int, interval: int) -> None:
        with self._lock:
            self._schedule(timer, interval)

    def _remove_timeout(self, timer: int) -> int:
        with self._lock:
            found = self._timers.pop(timer, None)
            if found is None:
                return -1
            self._free(found.opaque)
        return 0

    # -- with the lock held --------------------------------------------------------------------------------------------

    def _interest(self, fd: int) -> None:
        """Tell epoll what the watches of a descriptor want together; nothing wanted means not watched at all.

        libvirt takes its wish back while a calling thread polls the socket itself. Left in epoll with no wish, a
        socket that hung up meanwhile would be reported without end.
        """
        wanted = 0
        for watch in map(self._watches.__getitem__, self._by_fd[fd]):
            for flag, mask in _TO_EPOLL:
                if watch.events & flag and not watch.held:
                    wanted |= mask
        before = self._masks.get(fd, 0)
        if wanted == before:
            return
        if wanted and before:
            self._epoll.modify(fd, wanted)
        elif wanted:
            self._epoll.register(fd, wanted)
        else:
            with contextlib.suppress(OSError):  # closed already: the kernel has forgotten it by itself
                self._epoll.unregister(fd)
        if wanted:
            self._masks[fd] = wanted
        else:
            del self._masks[fd]

    def _schedule(self, timer: int, interval: int) -> None:
        """Set a timer to `interval` milliseconds from now, or off if negative.

        Keepalive puts its timer off with every message received. A timer that moves to a later moment keeps its place
        in the heap and is put back when that comes up; only an earlier one needs a new place, and may need the bell.
        """
        found = self._timers.get(timer)
        if found is None:
            return
        if interval < 0:
            found.due = None
            return
        found.interval = interval / 1000
        found.due = _together(time.monotonic() + found.interval, found.interval)
        if found.queued is None or found.due < found.queued:
            self._queue(timer, found, found.due)
            if found.due < self._wakes_at:
                self._ring()

    def _queue(self, timer: int, found: _Timer, moment: float) -> None:
        found.queued = moment
        heapq.heappush(self._heap, (moment, timer))

    def _free(self, opaque: Opaque) -> None:
        self._freed.append(opaque)
        self._ring()

    def _ring(self) -> None:
        os.eventfd_write(self._bell, 1)

    # -- on the thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            for fd, happened in self._epoll.poll(self._patience()):
                if fd == self._bell:
                    os.eventfd_read(self._bell)
                else:
                    self._dispatch(fd, happened)
            for timer, found in self._due():
                if timer in self._timers:  # an earlier callback may have removed it
                    found.callback(timer, found.opaque)
            with self._lock:
                freed, self._freed = self._freed, []
            for opaque in freed:
                self._libvirt.virEventInvokeFreeCallback(opaque)

    def _patience(self) -> float:
        """Seconds until the first timer is due, -1 if none is. A new round begins."""
        with self._lock:
            self._round += 1
            if self._freed:
                return 0
            self._wakes_at = self._heap[0][0] if self._heap else float("inf")
            return max(0.0, self._wakes_at - time.monotonic()) if self._heap else -1

    def _dispatch(self, fd: int, happened: int) -> None:
        """Call back who watches this descriptor.

        Numbers of descriptors are used again. What this round brought for one that was first watched during the round
        may be of its predecessor, whose hang-up would end a healthy connection; if it is not, the next round brings it
        again.
        """
        events = sum(flag for mask, flag in _FROM_EPOLL if happened & mask)
        with self._lock:
            watches = list(self._by_fd[fd]) if self._born.get(fd, self._round) < self._round else []
        for watch in watches:
            found = self._watches.get(watch)  # an earlier callback may have removed it
            if found is not None and found.events and not found.held and (mine := events & (found.events | _ALWAYS)):
                found.callback(watch, fd, mine, found.opaque)

    def _due(self) -> list[tuple[int, _Timer]]:
        """Take the timers that are due out of the heap, and give each its next moment."""
        now = time.monotonic()
        due: list[tuple[int, _Timer]] = []
        with self._lock:
            while self._heap and self._heap[0][0] <= now:
                queued, timer = heapq.heappop(self._heap)
                found = self._timers.get(timer)
                if found is None or found.queued != queued:
                    continue
                found.queued = None
                if found.due is None:
                    continue
                if found.due <= now:
                    due.append((timer, found))
                else:
                    self._queue(timer, found, found.due)
            for timer, found in due:
                found.due = _together(now + found.interval, found.interval)
                self._queue(timer, found, found.due)
        return due
