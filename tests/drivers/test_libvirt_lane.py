"""The lane without libvirt: any object is a handle to it."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from typing import Any

import pytest

from atp_tui.drivers.libvirt.crew import Crew
from atp_tui.drivers.libvirt.lane import Lane
from atp_tui.model.errors import CallFailed, CallTimeout, ConnectionLost
from atp_tui.model.message import text

from .leftovers import nothing_left_since, settled

HANG = 10.0


class Handle:
    """Something that a lane may hold."""

    alive = True

    def isAlive(self) -> bool:
        return self.alive


class libvirtError(Exception):
    """Known by its name, as the binding's own is."""

    def get_error_code(self) -> int:
        return 42


class Ends:
    """What a lane tells its owner."""

    def __init__(self) -> None:
        self.lost: list[ConnectionLost] = []
        self.farewells: list[tuple[object, str]] = []

    def lane(self, limit: int = 5) -> Lane:
        return Lane(Crew(), "kvm01", limit, self.lost.append, self.farewell)

    def farewell(self, handle: object) -> None:
        self.farewells.append((handle, threading.current_thread().name))


async def stopped(lane: Lane) -> None:
    lane.stop(text("over"))
    async with asyncio.timeout(HANG):
        await lane.ended


async def test_threads_are_as_many_as_calls_at_once_and_no_more_than_the_limit() -> None:
    ends = Ends()
    lane = ends.lane(limit=3)
    together = threading.Barrier(3)

    def meet(_handle: Any) -> int:
        together.wait(HANG)
        return threading.get_ident()

    threads = await asyncio.gather(*(lane.call(meet, HANG) for _ in range(6)))
    assert len(set(threads)) == 3
    await stopped(lane)

    lane = ends.lane(limit=3)
    one_by_one = {await lane.call(lambda _: threading.get_ident(), HANG) for _ in range(5)}
    assert len(one_by_one) == 1
    await stopped(lane)


async def test_what_comes_late_touches_nothing() -> None:
    ends, release = Ends(), threading.Event()
    lane = ends.lane(limit=1)
    with pytest.raises(CallTimeout, match=r"0\.02 s"):
        await lane.call(lambda _: release.wait(HANG), 0.02)
    waiting = asyncio.create_task(lane.call(lambda _: "second", HANG))
    await asyncio.sleep(0)
    release.set()
    assert await waiting == "second"
    await stopped(lane)


async def test_a_call_that_nobody_waits_for_is_not_begun() -> None:
    ends, release = Ends(), threading.Event()
    begun: list[str] = []
    lane = ends.lane(limit=1)
    first = asyncio.create_task(lane.call(lambda _: release.wait(HANG), HANG))
    second = asyncio.create_task(lane.call(lambda _: begun.append("second"), HANG))
    await asyncio.sleep(0.01)
    second.cancel()
    release.set()
    await first
    await lane.call(lambda _: None, HANG)
    assert begun == []
    await stopped(lane)


async def test_a_deadline_does_not_wait_for_a_later_one_of_an_earlier_call() -> None:
    ends, release = Ends(), threading.Event()
    lane = ends.lane()
    first = asyncio.create_task(lane.call(lambda _: release.wait(HANG), HANG))
    await asyncio.sleep(0)
    for timeout in (0.1, 0.05):
        with pytest.raises(CallTimeout):
            await lane.call(lambda _: release.wait(HANG), timeout)
    assert not first.done(), "the first call has the longest limit"
    release.set()
    assert await first is True
    await stopped(lane)


async def test_the_handle_is_let_go_by_the_last_thread_after_the_last_call() -> None:
    before = await settled()
    ends, release = Ends(), threading.Event()
    lane = ends.lane()
    await lane.call(lambda _: setattr(lane, "handle", "the handle"), HANG)
    quick, slow = (asyncio.create_task(lane.call(lambda _, w=wait: w(), HANG)) for wait in (lambda: None, release.wait))  # type: ignore[misc]
    await quick
    lane.stop()
    with pytest.raises(ConnectionLost):
        await lane.call(lambda _: None, HANG)
    await asyncio.sleep(0.05)
    assert ends.farewells == []
    release.set()
    await slow
    async with asyncio.timeout(HANG):
        await lane.ended
    assert ends.farewells == [("the handle", "libvirt-call")]
    await nothing_left_since(before)


async def test_a_libvirt_error_is_a_failed_call_or_a_lost_connection() -> None:
    ends, handle = Ends(), Handle()
    lane = ends.lane()
    await lane.call(lambda _: setattr(lane, "handle", handle), HANG)

    def fail(_handle: Any) -> None:
        raise libvirtError("Domain not found:\n no domain")

    with pytest.raises(CallFailed, match="Domain not found: no domain") as caught:
        await lane.call(fail, HANG)
    assert caught.value.code == 42
    assert caught.value.host == "kvm01"
    assert isinstance(caught.value.__cause__, libvirtError)
    assert ends.lost == []

    handle.alive = False
    with pytest.raises(ConnectionLost):
        await lane.call(fail, HANG)
    assert len(ends.lost) == 1
    await stopped(lane)


async def test_an_error_brings_no_handle_out_with_its_frames() -> None:
    lane = Ends().lane()

    def fail(_handle: Any) -> None:
        held = Handle()
        seen.append(weakref.ref(held))
        raise ValueError("with a handle in the frame")

    seen: list[weakref.ref[Handle]] = []
    with pytest.raises(ValueError, match="with a handle") as caught:
        await lane.call(fail, HANG)
    gc.collect()
    assert caught.value.__traceback__ is not None
    assert seen[0]() is None
    await stopped(lane)


async def test_the_end_of_iteration_does_not_get_lost() -> None:
    lane = Ends().lane()
    with pytest.raises(RuntimeError, match="StopIteration"):
        await lane.call(lambda _: next(iter(())), HANG)
    await stopped(lane)
