"""Our event loop under the real binding: what libvirt itself would ask of it, asked by hand."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from atp_tui.drivers.libvirt.binding import load

HANG = 10.0
REPOSITORY = Path(__file__).resolve().parents[2]
READABLE, WRITABLE, HANGUP = 1, 2, 8


@pytest.fixture
def libvirt() -> Any:
    return load().libvirt


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:  # the test has closed it
            continue


class Heard:
    """Collects what a callback is called with, and on which thread."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.threads: set[str] = set()
        self._event = threading.Event()

    def __call__(self, *args: Any) -> None:
        self.calls.append(args)
        self.threads.add(threading.current_thread().name)
        self._event.set()

    def wait(self) -> None:
        assert self._event.wait(HANG), "not called"
        self._event.clear()


def eventually(true: Callable[[], object]) -> None:
    limit = time.monotonic() + HANG
    while not true():
        assert time.monotonic() < limit, "did not come true"
        time.sleep(0.005)


def test_a_descriptor_wakes_its_watch(libvirt: Any, pipe: tuple[int, int]) -> None:
    heard = Heard()
    watch = libvirt.virEventAddHandle(pipe[0], READABLE, heard, "mine")
    try:
        os.write(pipe[1], b"x")
        heard.wait()
        os.read(pipe[0], 1)
        assert heard.calls[0] == (watch, pipe[0], READABLE, "mine")
        assert heard.threads == {"libvirt-events"}
    finally:
        libvirt.virEventRemoveHandle(watch)


def test_watches_that_share_a_descriptor_hear_each_what_it_wants(libvirt: Any) -> None:
    ours, theirs = socket.socketpair()
    reads, writes = Heard(), Heard()
    with ours, theirs:
        reading = libvirt.virEventAddHandle(ours.fileno(), READABLE, reads, None)
        writing = libvirt.virEventAddHandle(ours.fileno(), WRITABLE, writes, None)
        writes.wait()
        libvirt.virEventUpdateHandle(writing, 0)
        assert reads.calls == []
        theirs.send(b"x")
        reads.wait()
        assert {call[2] for call in reads.calls} == {READABLE}
        theirs.close()
        eventually(lambda: reads.calls[-1][2] & HANGUP)
        assert {call[2] for call in writes.calls} == {WRITABLE}
        libvirt.virEventRemoveHandle(reading)
        libvirt.virEventRemoveHandle(writing)


def test_a_watch_that_wants_nothing_is_not_told_of_a_hang_up_until_it_asks(libvirt: Any, pipe: tuple[int, int]) -> None:
    heard, marker = Heard(), Heard()
    watch = libvirt.virEventAddHandle(pipe[0], 0, heard, None)
    os.close(pipe[1])
    timer = libvirt.virEventAddTimeout(1, marker, None)  # the loop has gone round at least once
    marker.wait()
    libvirt.virEventRemoveTimeout(timer)
    assert heard.calls == []
    libvirt.virEventUpdateHandle(watch, READABLE)
    heard.wait()
    libvirt.virEventRemoveHandle(watch)
    assert heard.calls[0][2] & HANGUP


def test_a_timer_repeats_until_it_is_switched_off(libvirt: Any) -> None:
    heard = Heard()
    timer = libvirt.virEventAddTimeout(1, heard, "mine")
    eventually(lambda: len(heard.calls) >= 3)
    libvirt.virEventUpdateTimeout(timer, -1)
    libvirt.virEventRemoveTimeout(timer)
    assert set(heard.calls) == {(timer, "mine")}


def test_a_timer_of_no_interval_leaves_room_for_others(libvirt: Any, pipe: tuple[int, int]) -> None:
    always, heard = Heard(), Heard()
    timer = libvirt.virEventAddTimeout(0, always, None)
    watch = libvirt.virEventAddHandle(pipe[0], READABLE, heard, None)
    os.write(pipe[1], b"x")
    heard.wait()
    libvirt.virEventRemoveTimeout(timer)
    libvirt.virEventRemoveHandle(watch)
    assert always.calls


def test_a_timer_can_be_moved_either_way(libvirt: Any) -> None:
    heard = Heard()
    timer = libvirt.virEventAddTimeout(60_000, heard, None)
    libvirt.virEventUpdateTimeout(timer, 120_000)
    libvirt.virEventUpdateTimeout(timer, 1)
    heard.wait()
    libvirt.virEventRemoveTimeout(timer)


def test_a_callback_may_remove_itself(libvirt: Any, pipe: tuple[int, int]) -> None:
    done, marker = Heard(), Heard()

    def once(watch: int, _fd: int, _events: int, _opaque: object) -> None:
        libvirt.virEventRemoveHandle(watch)
        done()

    libvirt.virEventAddHandle(pipe[0], READABLE, once, None)
    os.write(pipe[1], b"x")
    done.wait()
    timer = libvirt.virEventAddTimeout(1, marker, None)
    marker.wait()
    libvirt.virEventRemoveTimeout(timer)
    assert len(done.calls) == 1


def test_news_of_a_closed_descriptor_does_not_reach_the_next_of_its_number(libvirt: Any) -> None:
    blocked, released = threading.Event(), threading.Event()
    behind, again = threading.Event(), threading.Event()

    def hold(here: threading.Event, until: threading.Event) -> Callable[..., None]:
        def callback(watch: int, _fd: int, _events: int, _opaque: object) -> None:
            libvirt.virEventRemoveHandle(watch)
            here.set()
            until.wait(HANG)

        return callback

    heard, marker = Heard(), Heard()
    pairs = [os.pipe() for _ in range(4)]
    (first, wake_first), (second, wake_second), (victim, hang_up), (quiet, _) = pairs
    libvirt.virEventAddHandle(first, READABLE, hold(blocked, released), None)
    os.write(wake_first, b"x")
    assert blocked.wait(HANG)
    # the thread stands in a callback: the next round will bring both of these, in this order
    libvirt.virEventAddHandle(second, READABLE, hold(behind, again), None)
    watch = libvirt.virEventAddHandle(victim, READABLE, heard, None)
    os.write(wake_second, b"x")
    os.close(hang_up)
    released.set()
    assert behind.wait(HANG)
    libvirt.virEventRemoveHandle(watch)
    os.dup2(quiet, victim)
    watch = libvirt.virEventAddHandle(victim, READABLE, heard, None)
    again.set()
    timer = libvirt.virEventAddTimeout(1, marker, None)
    marker.wait()
    libvirt.virEventRemoveTimeout(timer)
    libvirt.virEventRemoveHandle(watch)
    for end in {number for pair in pairs for number in pair} - {hang_up}:
        os.close(end)
    assert heard.calls == []


COLLECTED_INSIDE = """
import os
from atp_tui.drivers.libvirt.eventloop import EventLoop

class Binding:
    def virEventRegisterImpl(self, *functions):
        self.add_handle, self.update_handle = functions[:2]

class Descriptor(int):
    # a dict asks for the hash in the midst of the event loop's work: there a collected handle would call in as well
    def __hash__(self):
        binding.update_handle(watch, 0)
        return int.__hash__(self)

binding = Binding()
EventLoop(binding).start()
watch = binding.add_handle(os.pipe()[0], 1, print, None)
binding.add_handle(Descriptor(os.pipe()[0]), 1, print, None)
print("through")
"""


def test_garbage_may_be_collected_inside() -> None:
    """Python may finalise a domain of a closed connection wherever it allocates; libvirt then calls the event loop."""
    code = [sys.executable, "-c", COLLECTED_INSIDE]
    ended = subprocess.run(code, cwd=REPOSITORY, capture_output=True, timeout=HANG, check=True)
    assert ended.stdout == b"through\n"
