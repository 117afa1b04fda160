"""Files are counted before an attempt: none is begun that could meet the limit, and none is refused for nothing."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
from types import FunctionType

import pytest

from atp_tui.drivers import descriptors
from atp_tui.drivers.descriptors import LIBVIRT, Descriptors, in_use
from atp_tui.model.causes import Cause
from atp_tui.model.errors import ConnectFailed
from atp_tui.model.exhausted import exhausted, reserve_of
from atp_tui.model.say import Say
from atp_tui.transport.driver import Progress


class Machine:
    """A limit of open files, and how many are open."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, free: int) -> None:
        limit = 8192
        self.open, self.counts = limit - reserve_of(limit) - free, 0
        monkeypatch.setattr(descriptors, "in_use", self.count)
        monkeypatch.setattr(descriptors, "_limit", lambda: limit)

    def count(self) -> int:
        self.counts += 1
        return self.open


def test_what_is_open_is_counted() -> None:
    before = in_use()
    ends = os.pipe()
    assert in_use() == before + 2
    for end in ends:
        os.close(end)


def test_where_nobody_tells_the_lowest_free_number_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(path: str) -> list[str]:
        raise FileNotFoundError(path)

    monkeypatch.setattr(os, "listdir", fails)
    assert 3 <= in_use() < 1000


async def test_an_attempt_that_does_not_fit_is_refused_as_this_machines_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, room = Machine(monkeypatch, free=5), Descriptors()
    async with room.room(LIBVIRT, Progress()):
        machine.open += LIBVIRT
    with pytest.raises(ConnectFailed) as refused:
        async with room.room(LIBVIRT, Progress()):
            raise AssertionError("it was begun")
    assert (refused.value.kind, refused.value.permanent) == (Cause.THIS_MACHINE, False)
    assert refused.value.reason.id is Say.TOO_MANY_FILES


async def test_room_that_others_may_yet_give_back_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, room = Machine(monkeypatch, free=LIBVIRT), Descriptors()
    begun, progress, end = asyncio.Event(), Progress(), asyncio.Event()

    async def other() -> None:
        async with room.room(LIBVIRT, Progress()):
            begun.set()
            await end.wait()

    async def second() -> int:
        async with room.room(LIBVIRT, progress):
            return machine.open

    first = asyncio.create_task(other())
    await begun.wait()
    waiting = asyncio.create_task(second())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not waiting.done() and progress.kind is Cause.THIS_MACHINE
    assert progress.known is not None and progress.known.id is Say.TOO_MANY_FILES
    end.set()  # it has failed, and has left nothing open
    assert await waiting == machine.open
    assert progress == Progress()
    await first


async def test_a_thousand_attempts_with_room_are_counted_some_ten_times(monkeypatch: pytest.MonkeyPatch) -> None:
    machine, room = Machine(monkeypatch, free=4000), Descriptors()
    for _ in range(1000):
        async with room.room(LIBVIRT, Progress()):
            machine.open += LIBVIRT
    assert machine.counts <= 12


async def test_what_is_full_is_not_counted_for_each_host_that_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """To count 20,000 files takes 17 ms: thousands of hosts that are refused would take all the time there is."""
    machine, room = Machine(monkeypatch, free=LIBVIRT), Descriptors()
    async with room.room(LIBVIRT, Progress()):
        machine.open += LIBVIRT
    machine.counts = 0
    for _ in range(100):
        with pytest.raises(ConnectFailed):
            async with room.room(LIBVIRT, Progress()):
                raise AssertionError("it was begun")
    assert machine.counts == 1
    machine.open -= LIBVIRT
    room._full_until = float("-inf")  # as a second later
    async with room.room(LIBVIRT, Progress()):
        assert machine.counts == 2


def test_a_program_that_could_not_be_started_is_a_limit_and_a_full_socket_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("subprocess._fork_exec", FunctionType(refuses.__code__, vars(subprocess)))
    with pytest.raises(BlockingIOError) as failed:
        subprocess.Popen(["true"])
    found = exhausted(failed.value)
    assert found is not None and found.id is Say.NO_PROCESS
    assert exhausted(BlockingIOError(errno.EAGAIN, "x")) is None


def refuses(*_: object) -> int:
    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
