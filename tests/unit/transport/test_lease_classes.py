"""Samples are not held up by work, however long that takes and however little a connection carries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from atp_tui.model.connection import ConnectionState
from atp_tui.model.errors import CallTimeout, CheckoutTimeout, TooManyWaiters
from atp_tui.transport.connection import HostConnection
from atp_tui.transport.core import PoolCore
from atp_tui.transport.driver import Link, OpenRequest
from atp_tui.transport.manager import TransportManager
from atp_tui.transport.slot import LeaseClass, Waiter
from tests.fakes.driver import FakeDriver, FakeLink
from tests.fakes.virtual_time import run_virtual
from tests.unit.transport.pooled import POOL, managed, with_pool
from tests.unit.transport.settled import now, tcp_host

T = TypeVar("T")
S = ConnectionState


class SingleLink(FakeLink):
    """Carries one request at a time, as libvirt's older client library does; a call that was given up goes on there."""

    def __init__(self, driver: FakeDriver, request: OpenRequest) -> None:
        super().__init__(driver, request)
        self.max_requests = 1
        self.hangs: Callable[[Any], object] | None = None
        self.release = asyncio.Event()
        self._turn = asyncio.Lock()
        self._far_side: set[asyncio.Task[None]] = set()

    async def ping(self, timeout: float) -> None:
        await self._in_turn(timeout, hangs=False)
        self.pings += 1

    async def call(self, function: Callable[[Any], T], timeout: float) -> T:
        await self._in_turn(timeout, hangs=function is self.hangs)
        return function(self)

    async def _in_turn(self, timeout: float, *, hangs: bool) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def work() -> None:
            async with self._turn:
                if done.done():  # nobody waits any more: not begun
                    return
                await self.release.wait() if hangs else await asyncio.sleep(self.latency)
            if not done.done():
                done.set_result(None)

        task = asyncio.ensure_future(work())
        self._far_side.add(task)
        task.add_done_callback(self._far_side.discard)
        try:
            async with asyncio.timeout(None if timeout == float("inf") else timeout):
                await done
        except TimeoutError as error:
            raise CallTimeout(f"no answer within {timeout:g} s") from error

    def abort(self) -> None:
        super().abort()
        for task in self._far_side:
            task.cancel()


class SingleDriver(FakeDriver):
    """Its links are SingleLinks, on which a call of `agent` hangs."""

    async def open(self, request: OpenRequest) -> Link:
        self.attempts.append(now())
        await asyncio.sleep(self.open_time)
        link = SingleLink(self, request)
        link.hangs = agent
        self.links.append(link)
        self.live.add(link)
        return link


def agent(virt: Any) -> str:
    return "done"


async def hang(connection: HostConnection) -> str:
    return await connection.call(agent, 10_000.0)


async def figures(connection: HostConnection) -> int:
    await connection.call(lambda virt: None)
    return connection.id


async def sampled(manager: TransportManager, **limits: Any) -> float:
    """Ask for figures as the monitor does; the seconds that took."""
    begun = now()
    await manager.execute_on_host("a", figures, lease_class=LeaseClass.SAMPLE, **limits)
    return now() - begun


@pytest.mark.parametrize("hung", [1, 2, 3, 40])
@pytest.mark.parametrize("most", [2, 3])
def test_calls_that_hang_hold_no_sample_up_where_a_connection_carries_one(hung: int, most: int) -> None:
    """The first sample waits for an opening at most, and the others for nothing: their connection is kept."""

    async def main() -> None:
        driver = SingleDriver()
        async with managed(driver, with_pool(max_connections_per_host=most)) as manager:
            await manager.add_host(tcp_host())
            calls = [asyncio.create_task(manager.execute_on_host("a", hang)) for _ in range(hung)]
            await asyncio.sleep(1)
            times = []
            for _ in range(20):
                times.append(await sampled(manager))
                await asyncio.sleep(0.5)
            assert max(times[:1]) < 0.1
            assert max(times[1:]) < 0.01
            assert len(driver.live) <= most
            assert not any(call.done() for call in calls)
            for link in driver.links:
                assert isinstance(link, SingleLink)
                link.release.set()
            if hung <= most - 1:
                assert await asyncio.gather(*calls) == ["done"] * hung
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)

    run_virtual(main())


def test_all_work_is_done_in_the_end_with_samples_between() -> None:
    async def main() -> None:
        driver = SingleDriver()
        async with managed(driver) as manager:
            await manager.add_host(tcp_host())
            work = [asyncio.create_task(manager.execute_on_host("a", figures)) for _ in range(50)]
            asked = [asyncio.create_task(sampled(manager)) for _ in range(50)]
            assert len(await asyncio.gather(*work)) == 50
            assert len(await asyncio.gather(*asked)) == 50

    run_virtual(main())


@pytest.mark.parametrize("ends", ["cancelled", "out of time"])
@pytest.mark.parametrize("answers", [True, False])
def test_nobody_waits_behind_a_call_that_was_given_up(ends: str, answers: bool) -> None:
    """Its connection is lent again once it has answered a question, and lost where it does not answer in time."""

    async def main() -> None:
        driver = SingleDriver()
        async with managed(driver) as manager:
            await manager.add_host(tcp_host())
            await sampled(manager)
            link = driver.links[0]
            assert isinstance(link, SingleLink)
            call = asyncio.create_task(manager.execute_on_host("a", lambda one: one.call(agent, 5.0)))
            await asyncio.sleep(1 if ends == "cancelled" else 5.1)
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
            took = [await sampled(manager) for _ in range(4)]
            assert max(took) < 0.1, "another connection is opened, and lent"
            if answers:
                link.release.set()
            await asyncio.sleep(11)
            states = [one.state for one in manager._entries["a"].main.connections()]
            assert link.alive is answers
            assert S.CONNECTED in states
            ids = {await manager.execute_on_host("a", figures) for _ in range(4)}
            assert (1 in ids) is answers

    run_virtual(main())


def test_where_one_connection_is_all_there_may_be_work_has_it_and_samples_come_first() -> None:
    async def main() -> None:
        driver = SingleDriver()
        async with managed(driver, with_pool(max_connections_per_host=1)) as manager:
            await manager.add_host(tcp_host())
            order: list[str] = []

            async def note(word: str, lease_class: LeaseClass) -> None:
                await manager.execute_on_host("a", figures, lease_class=lease_class)
                order.append(word)

            call = asyncio.create_task(manager.execute_on_host("a", hang))
            await asyncio.sleep(1)
            others = [asyncio.create_task(note(f"work {n}", LeaseClass.WORK)) for n in range(2)]
            await asyncio.sleep(1)
            others.append(asyncio.create_task(note("sample", LeaseClass.SAMPLE)))
            await asyncio.sleep(1)
            link = driver.links[0]
            assert isinstance(link, SingleLink)
            link.release.set()
            await asyncio.gather(call, *others)
            assert order == ["sample", "work 0", "work 1"]

    run_virtual(main())


def test_work_that_fills_its_queue_leaves_room_for_samples() -> None:
    """max_waiters counts the callers of a class."""

    async def main() -> None:
        async with managed(SingleDriver(), with_pool(max_connections_per_host=1, max_waiters=2)) as manager:
            await manager.add_host(tcp_host())
            await sampled(manager)
            calls = [asyncio.create_task(manager.execute_on_host("a", hang)) for _ in range(3)]
            await asyncio.sleep(1)
            with pytest.raises(TooManyWaiters):
                await manager.execute_on_host("a", figures)
            with pytest.raises(CheckoutTimeout):
                await sampled(manager, timeout=1)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)

    run_virtual(main())


def test_a_watch_waits_for_no_place() -> None:
    """Neither while all places are taken, nor behind callers that wait for the first connection with it."""
    core: PoolCore[None] = PoolCore(POOL, lambda count: 0)
    work, second, watch = Waiter[None](), Waiter[None](), Waiter[None](lease_class=LeaseClass.WATCH)
    slot = core.enqueue(work).open[0]
    core.enqueue(second)
    core.enqueue(watch)
    assert core.opened(slot, 0.0, 0.0).assign == ((watch, slot), (work, slot))
    assert core.acquire(LeaseClass.WATCH) is slot
    assert (slot.active_uses, slot.pins) == (1, 2)
