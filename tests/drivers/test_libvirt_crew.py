"""The threads that lanes share."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from atp_tui.drivers.libvirt import crew as crew_module
from atp_tui.drivers.libvirt.crew import Crew, Work
from atp_tui.drivers.libvirt.lane import Lane
from atp_tui.model.errors import CallFailed
from atp_tui.model.message import text

from .leftovers import nothing_left_since, settled

HANG = 10.0


def a_lane(crew: Crew, limit: int = 1) -> Lane:
    return Lane(crew, "kvm01", limit, lambda error: None, lambda handle: None)


async def ended(*lanes: Lane) -> None:
    for lane in lanes:
        lane.stop()
    async with asyncio.timeout(HANG):
        for lane in lanes:
            await lane.ended


async def test_a_hundred_hanging_calls_delay_no_other_lane() -> None:
    before = await settled()
    crew, release = Crew(), threading.Event()
    lanes = [a_lane(crew) for _ in range(100)]
    hanging = [asyncio.create_task(lane.call(lambda _: release.wait(HANG), HANG)) for lane in lanes]
    await asyncio.sleep(0)
    other = a_lane(crew)
    assert await other.call(lambda _: "answered", HANG) == "answered"
    assert not any(task.done() for task in hanging)
    release.set()
    await asyncio.gather(*hanging)
    await ended(other, *lanes)
    await nothing_left_since(before)


async def test_a_burst_of_short_calls_needs_few_threads() -> None:
    crew, threads = Crew(), set[int]()
    lanes = [a_lane(crew) for _ in range(300)]
    await asyncio.gather(*(lane.call(lambda _: threads.add(threading.get_ident()), HANG) for lane in lanes))
    assert 1 <= len(threads) < 150
    await ended(*lanes)


async def test_lanes_that_take_turns_need_one_thread() -> None:
    crew = Crew()
    lanes = [a_lane(crew) for _ in range(20)]
    idents = [await lane.call(lambda _: threading.get_ident(), HANG) for lane in lanes for _ in range(3)]
    assert len(set(idents)) == 1
    await ended(*lanes)


async def test_few_threads_stay_and_none_after_the_last_lane(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew_module, "IDLE_MOST", 3)
    before = await settled()
    crew = Crew()
    lanes = [a_lane(crew) for _ in range(8)]
    together = threading.Barrier(8)
    await asyncio.gather(*(lane.call(lambda _: together.wait(HANG), HANG) for lane in lanes))
    await _come_down_to(3)
    await ended(*lanes[2:])
    await _come_down_to(2)  # no more than the calls of two lanes
    await ended(lanes[1])
    assert await lanes[0].call(lambda _: "still", HANG) == "still"
    await ended(lanes[0])
    await nothing_left_since(before)


async def _come_down_to(threads: int) -> None:
    for _ in range(int(HANG / 0.01)):
        if _calling() == threads:
            break
        await asyncio.sleep(0.01)
    assert _calling() == threads


def _calling() -> int:
    return sum(thread.name == "libvirt-call" for thread in threading.enumerate())


async def test_a_lane_that_never_called_keeps_no_thread_waiting() -> None:
    before = await settled()
    crew = Crew()
    forgotten, unused, used = a_lane(crew), a_lane(crew), a_lane(crew)
    await used.call(lambda _: None, HANG)
    await ended(unused, used)
    await nothing_left_since(before)
    assert not forgotten.ended.done()


async def test_waiting_jobs_are_made_by_the_thread_that_is_there_in_their_order() -> None:
    lane, order = a_lane(Crew()), list[int]()

    def note(number: int) -> Any:
        return lambda _: order.append(number)

    await asyncio.gather(*(lane.call(note(number), HANG) for number in range(50)))
    assert order == list(range(50))
    await ended(lane)


async def test_a_thread_that_cannot_be_started_is_the_callers_error_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crew = Crew()
    lane = a_lane(crew)

    def refuse(work: object) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(crew, "run", refuse)
        with pytest.raises(CallFailed, match="no thread is to be had for the call: can't start"):
            await lane.call(lambda _: None, HANG)
    assert await lane.call(lambda _: "works again", HANG) == "works again"
    await ended(lane)


async def test_a_lane_that_gets_no_thread_for_its_farewell_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    farewells: list[object] = []
    crew = Crew()
    lane = Lane(crew, "kvm01", 1, lambda error: None, farewells.append)

    def connect(_: Any) -> None:
        lane.handle = "the handle"

    await lane.call(connect, HANG)

    def refuse(work: object) -> None:
        refused.set()
        raise RuntimeError("can't start new thread")

    refused = asyncio.Event()
    with monkeypatch.context() as patched:
        patched.setattr(crew, "run", refuse)
        lane.stop(text("over"))
        async with asyncio.timeout(HANG):
            await refused.wait()
        assert not lane.ended.done()
    async with asyncio.timeout(HANG):
        await lane.ended
    assert farewells == ["the handle"]


class _BusyCrew(Crew):
    """Is brought more work while its first thread is being started."""

    def __init__(self, more: Work) -> None:
        super().__init__()
        self._more: Work | None = more

    def _start(self) -> None:
        more, self._more = self._more, None
        if more is not None:
            self.run(more)
        super()._start()


async def test_work_that_comes_while_a_thread_starts_does_not_wait_for_a_call_that_hangs() -> None:
    loop, release, done = asyncio.get_running_loop(), threading.Event(), asyncio.Event()

    def hang() -> None:
        release.wait(HANG)

    def tell() -> None:
        loop.call_soon_threadsafe(done.set)

    before = await settled()
    crew = _BusyCrew(tell)
    crew.enter(2)
    crew.run(hang)
    async with asyncio.timeout(HANG / 2):
        await done.wait()
    release.set()
    crew.leave(2)
    await nothing_left_since(before)
